//! The formats of setting values.

use crate::model::telephone::PhoneNumber;

/// The format of a value, independent of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Any text.
    Any,
    /// A name from the time zone database, such as `Europe/Berlin`, or `UTC`.
    TimeZone,
    /// Two to eight digits. GoTo does not document the format; this is inferred from the values that its API accepts.
    Extension,
    /// A phone number; its digits may be grouped in any way.
    PhoneNumber,
}

impl Form {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Any, Self::TimeZone, Self::Extension, Self::PhoneNumber];

    /// Returns the reason why a text does not have this format, or `None` if it does.
    pub fn problem(self, text: &str) -> Option<String> {
        let shown = text.escape_debug();
        match self {
            Self::Any => None,
            Self::TimeZone => {
                (!is_time_zone(text)).then(|| format!("`{shown}` is not a time zone such as `Europe/Berlin`"))
            }
            Self::Extension => {
                (!is_extension(text)).then(|| format!("`{shown}` is not an extension of two to eight digits"))
            }
            Self::PhoneNumber => {
                text.parse::<PhoneNumber>().err().map(|problem| format!("`{shown}` is invalid: {problem}"))
            }
        }
    }

    /// Returns an example value, in TOML.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Any => "\"Example\"",
            Self::TimeZone => "\"Europe/Berlin\"",
            Self::Extension => "\"2042\"",
            Self::PhoneNumber => "\"+15555550100\"",
        }
    }

    /// Returns `true` if a text has this format.
    pub fn accepts(self, text: &str) -> bool {
        self.problem(text).is_none()
    }
}

/// Returns `true` for `UTC` and for names with `/` between their parts. Only the account checks that the time zone exists.
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
    fn accepts_valid_values_and_rejects_invalid_ones() {
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
