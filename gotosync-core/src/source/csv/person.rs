//! Conversion of a row to the data of a person.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::columns::ColumnIndexes;
use super::rows::Row;
use crate::model::text::{SHOWN, fold, shown};
use crate::source::people::{NAMING, known_as};

/// The data in one row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// The id as the file has it; empty if no column is configured for it.
    pub(crate) id: String,
    /// The attributes that have a value, in the order of the configuration.
    pub(crate) attributes: Vec<(String, String)>,
    /// The names of the groups, without duplicates.
    pub(crate) groups: Vec<String>,
    /// `true` if the person is disabled.
    pub(crate) disabled: bool,
    /// The time at which the person's account expires.
    pub(crate) expires: Option<Timestamp>,
}

impl ColumnIndexes {
    /// Reads the data of a row.
    ///
    /// # Errors
    /// A description of the problem.
    pub(crate) fn facts(&self, row: &Row) -> Result<Facts, String> {
        let cell = |column: Option<usize>| column.map_or(Ok(""), |column| cell(&row.fields[column]));
        let id = cell(self.id)?;
        if self.id.is_some() && id.is_empty() {
            return Err("the id is empty".to_owned());
        }
        let mut facts = Facts { id: id.to_owned(), ..Facts::default() };
        for (attribute, column) in &self.attributes {
            let value = cell(Some(*column))?;
            if !value.is_empty() {
                facts.attributes.push((attribute.clone(), value.to_owned()));
            }
        }
        let mut seen = BTreeSet::new();
        for group in cell(self.groups)?.split([';', ',', '|', '\n']).map(str::trim).filter(|name| !name.is_empty()) {
            if seen.insert(fold(group)) {
                facts.groups.push(group.to_owned());
            }
        }
        let disabled = match cell(self.disabled)? {
            "" => false,
            word => yes_or_no(word).ok_or_else(|| unclear("disabled", word))?,
        };
        let enabled = match (self.enabled, cell(self.enabled)?) {
            (None, _) => true,
            (_, word) => yes_or_no(word).ok_or_else(|| unclear("enabled", word))?,
        };
        facts.disabled = disabled || !enabled;
        facts.expires =
            match cell(self.expires)? {
                "" => None,
                text => Some(end_of(text).ok_or_else(|| {
                    format!("`{text}` is not a date, expected one such as `2026-12-31` or `31.12.2026`")
                })?),
            };
        Ok(facts)
    }
}

impl Facts {
    /// Returns the name that the person is shown under: the first of full name, first and last name, common name, e-mail,
    /// and id that is not empty.
    pub(crate) fn name(&self) -> String {
        let value = |name: &str| {
            let found = self.attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
            found.map_or("", |(_, value)| value.as_str())
        };
        known_as(NAMING.map(value), &self.id)
    }
}

/// Returns the trimmed value of a cell. `="007"`, which spreadsheets use to keep leading zeros, is the value `007`.
///
/// # Errors
/// If the text could not be decoded, contains a control character, or is a formula.
fn cell(text: &str) -> Result<&str, String> {
    let text = text.trim();
    if text.contains('\u{fffd}') {
        return Err(format!("`{}` contains text that cannot be decoded", shown(text, SHOWN)));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n')) {
        return Err(format!("`{}` contains a control character", shown(text, SHOWN)));
    }
    match text.strip_prefix('=') {
        None => Ok(text),
        Some(formula) => {
            let value = formula.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let value = value.filter(|value| !value.contains('"')).map(str::trim);
            value.ok_or_else(|| format!("`{}` is a formula, expected a value", shown(text, SHOWN)))
        }
    }
}

fn yes_or_no(word: &str) -> Option<bool> {
    let word = fold(word);
    if YES.contains(&&*word) {
        Some(true)
    } else if NO.contains(&&*word) {
        Some(false)
    } else {
        None
    }
}

fn unclear(what: &str, word: &str) -> String {
    format!("`{}` in the column for `{what}` is neither yes nor no", shown(word, SHOWN))
}

/// Parses a date as the end of that day in UTC, or a time as it is.
fn end_of(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    let date = text.parse().ok().or_else(|| german(text))?;
    let next: Date = Date::tomorrow(date).ok()?;
    Some(next.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn german(text: &str) -> Option<Date> {
    let mut parts = text.split('.').map(|part| part.trim().parse::<i16>().ok());
    let (Some(Some(day)), Some(Some(month)), Some(Some(year)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().filter(|_| year >= 1000)
}

const YES: &[&str] = &["yes", "y", "ja", "j", "true", "wahr", "1", "x", "on", "active", "aktiv", "enabled"];
const NO: &[&str] = &["no", "n", "nein", "false", "falsch", "0", "-", "off", "inactive", "inaktiv", "disabled"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_cells_and_rejects_formulas_and_broken_text() {
        for (text, expected) in [
            (" Ann ", Ok("Ann")),
            ("=\"007\"", Ok("007")),
            ("+49 30 1", Ok("+49 30 1")),
            ("=1+1", Err("`=1+1` is a formula, expected a value")),
            ("a\0b", Err("`a b` contains a control character")),
            ("M\u{fffd}ller", Err("`M\u{fffd}ller` contains text that cannot be decoded")),
        ] {
            assert_eq!(cell(text).map_err(|problem| problem.clone()), expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn expires_at_the_end_of_the_last_day() {
        let next: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        for text in ["2026-12-31", "31.12.2026", "2027-01-01T01:00:00+01:00"] {
            assert_eq!(end_of(text), Some(next), "{text}");
        }
        for text in ["12/31/2026", "31.12.26", "2026-02-30", "soon", "9999-12-31x"] {
            assert_eq!(end_of(text), None, "{text}");
        }
    }
}
