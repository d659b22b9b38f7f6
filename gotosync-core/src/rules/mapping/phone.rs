//! Formatting of phone numbers as E.164, by the numbering plans of all countries.
//!
//! The numbering plans are loaded with the first phone number, so rules without phone numbers never load them.

use rlibphonenumber::enums::Region;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat};

use crate::model::text::shown;

/// Formats a phone number as E.164. `country` applies to numbers without a country code.
///
/// An extension at the end of the number is removed.
pub(super) fn e164(number: &str, country: Option<&str>) -> Result<String, String> {
    let place = country.map_or_else(String::new, |country| format!(" in {country}"));
    let refused = || format!("`{}` is not a phone number{place}", shown(number, SHOWN));
    if number.len() > LONGEST {
        return Err(refused());
    }
    let country = match country {
        None => None,
        Some(name) => Some(find(name).ok_or_else(|| format!("`{name}` is not a country code with two letters"))?),
    };
    let parsed = PHONE_NUMBER_UTIL.parse(number, country).ok().filter(PhoneNumber::is_valid);
    parsed.map(|found| found.format_as(PhoneNumberFormat::E164).to_string()).ok_or_else(|| {
        let hint = if country.is_none() { "; a number without a country must begin with `+`" } else { "" };
        refused() + hint
    })
}

/// Returns `true` if a text is a country code (ISO 3166, two letters).
pub(super) fn is_country(name: &str) -> bool {
    find(name).is_some()
}

fn find(name: &str) -> Option<Region> {
    let region: Region = name.trim().to_ascii_uppercase().parse().ok()?;
    PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|_| region)
}

/// The maximum length of a text to parse, in bytes. No phone number with all its punctuation is longer.
const LONGEST: usize = 250;
/// The maximum number of characters of an invalid number that an error shows.
const SHOWN: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_numbers_as_e164() {
        for (number, country, written) in [
            ("030 123456", Some("DE"), "+4930123456"),
            ("+49 (0)30 / 123456", None, "+4930123456"),
            ("0049 30 123456", Some("de"), "+4930123456"),
            ("(212) 736-5000", Some("US"), "+12127365000"),
            ("tel:+1-212-736-5000", Some("DE"), "+12127365000"),
            ("+1 212 736 5000 ext. 12", Some("DE"), "+12127365000"),
            ("06 12345678", Some("IT"), "+390612345678"),
            // The country does not affect numbers with a country code, except for its prefix for international calls.
            ("+43 1 5123456", Some("US"), "+4315123456"),
            ("011 43 1 5123456", Some("US"), "+4315123456"),
            ("8 (812) 123-45-67", Some("RU"), "+78121234567"),
            ("+7 812 123-45-67", Some("DE"), "+78121234567"),
        ] {
            assert_eq!(e164(number, country).as_deref(), Ok(written), "{number}");
        }
    }

    #[test]
    fn rejects_invalid_numbers_with_their_text() {
        for (number, country) in [("12", Some("DE")), ("ask Ann", Some("DE")), ("", Some("DE")), ("030 123456", None)] {
            let problem = e164(number, country).unwrap_err();
            assert!(problem.contains(&format!("`{number}` is not a phone number")), "{problem}");
        }
        assert!(e164("030 123456", Some("Germany")).unwrap_err().contains("`Germany`"));
        let long = e164(&"1".repeat(100_000), Some("DE")).unwrap_err();
        assert!(long.len() < 100, "{long}");
        for hostile in
            ["+", "+++++", ";ext=", "tel:;phone-context=+", "+49;phone-context=", "\u{0661}\u{0662}", "x+49", "(((("]
        {
            let _ = e164(hostile, Some("DE"));
        }
    }
}
