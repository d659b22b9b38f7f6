//! The forms of values.

use crate::model::telephone::PhoneNumber;

/// The form that a value must have, whatever account it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Any text.
    Any,
    /// A name of the time zone database, as `Europe/Berlin`, or an abbreviation, as `UTC`.
    TimeZone,
    /// Two to eight digits (inferred from what the vendor's interface takes).
    Extension,
    /// A telephone number, however its digits are grouped.
    PhoneNumber,
}

impl Form {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Any, Self::TimeZone, Self::Extension, Self::PhoneNumber];

    /// Returns what is wrong with a text, or `None` if it has the form.
    pub fn problem(self, text: &str) -> Option<String> {
        let shown = text.escape_debug();
        match self {
            Self::Any => None,
            Self::TimeZone => (!is_time_zone(text)).then(|| format!("`{shown}` is no time zone as `Europe/Berlin`")),
            Self::Extension => (!is_extension(text)).then(|| format!("`{shown}` is no extension: two to eight digits")),
            Self::PhoneNumber => {
                text.parse::<PhoneNumber>().err().map(|problem| format!("`{shown}` cannot be used: {problem}"))
            }
        }
    }

    /// Returns a value of the form, in TOML.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Any => "\"Example\"",
            Self::TimeZone => "\"Europe/Berlin\"",
            Self::Extension => "\"2042\"",
            Self::PhoneNumber => "\"+15555550100\"",
        }
    }

    /// Says whether a text has the form.
    pub fn accepts(self, text: &str) -> bool {
        self.problem(text).is_none()
    }
}

/// A name of the time zone database: `UTC`, or names with `/` between them. Whether the database has it, the account decides.
fn is_time_zone(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b))
    };
    text == "UTC" || (text.contains('/') && text.split('/').all(part))
}

fn is_extension(text: &str) -> bool {
    (2..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_accept_what_accounts_accept() {
        for (form, fine, wrong) in [
            (
                Form::TimeZone,
                &["Europe/Berlin", "UTC", "Etc/GMT+5"][..],
                &["", "Berlin", "MEZ", "TBD", "W. Europe Standard Time"][..],
            ),
            (Form::Extension, &["12", "12345678"], &["", "1", "123456789", "12a"]),
            (Form::PhoneNumber, &["+1 (555) 555-0100"], &["", "12", "reception"]),
            (Form::Any, &["", "x"], &[]),
        ] {
            assert!(fine.iter().all(|text| form.accepts(text)), "{form:?}");
            assert!(wrong.iter().all(|text| form.problem(text).is_some()), "{form:?}");
        }
    }
}
