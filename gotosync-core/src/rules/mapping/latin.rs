//! Transliteration of names to ASCII: German umlauts, Greek as on passports, and everything else by a table.

use std::borrow::Cow;

use crate::model::text::nfc;

/// The convention to follow where languages differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Letters without their accents: ü becomes u.
    Plain,
    /// The German convention: ü becomes ue.
    German,
}

impl Habit {
    /// The names of conventions in expressions.
    pub(super) const NAMES: &[&str] = &["de"];

    pub(super) fn named(name: &str) -> Option<Self> {
        (name == "de").then_some(Self::German)
    }
}

/// Transliterates text to ASCII, and stops once more than `limit` bytes are written.
///
/// ß becomes `ss`. Greek follows ISO 843 type 2 (ELOT 743) without its accents: Ελένη becomes `Eleni`, and Ευάγγελος becomes
/// `Evangelos`. Other scripts are transliterated roughly by sound. A character without a transliteration is omitted.
pub(super) fn ascii(text: &str, habit: Habit, limit: usize) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let text = nfc(text);
    let letters: Vec<char> = text.chars().collect();
    let mut plain = String::with_capacity(text.len());
    for (at, letter) in letters.iter().copied().enumerate() {
        if plain.len() > limit {
            break;
        }
        let own = match (letter, habit) {
            ('ß' | 'ẞ', _) => Some("ss"),
            (_, Habit::German) => umlaut(letter),
            (_, Habit::Plain) => None,
        };
        let own = own.or_else(|| greek(&letters, at));
        let written = own.or_else(|| deunicode::deunicode_char(letter)).unwrap_or_default();
        if !letter.is_uppercase() {
            plain.push_str(written);
        } else if in_capitals(&letters, at) {
            plain.push_str(&written.to_ascii_uppercase());
        } else {
            let first = written.len().min(1);
            plain.push_str(&written[..first].to_ascii_uppercase());
            plain.push_str(&written[first..].to_ascii_lowercase());
        }
    }
    Cow::Owned(plain.trim_end().to_owned())
}

/// Returns `true` if a capital letter is in a word of capitals (ΘΑΛΗΣ) and not only the first letter of a word (Θαλής).
fn in_capitals(letters: &[char], at: usize) -> bool {
    match letter_at(letters, at + 1) {
        Some(after) => after.is_uppercase(),
        None => at.checked_sub(1).is_some_and(|before| letters[before].is_uppercase()),
    }
}

fn letter_at(letters: &[char], at: usize) -> Option<char> {
    letters.get(at).copied().filter(|c| c.is_alphabetic())
}

fn umlaut(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ä' | 'Ä' => "ae",
        'ö' | 'Ö' => "oe",
        'ü' | 'Ü' => "ue",
        _ => return None,
    })
}

/// Returns the transliteration of a Greek letter where the standard differs from the general table. Letter case is ignored.
fn greek(letters: &[char], at: usize) -> Option<&'static str> {
    let small = |at: Option<usize>| {
        at.and_then(|at| letter_at(letters, at)).map(|letter| letter.to_lowercase().next().unwrap_or(letter))
    };
    let (before, after) = (small(at.checked_sub(1)), small(Some(at + 1)));
    Some(match small(Some(at))? {
        'η' | 'ή' => "i",
        'υ' | 'ύ' => match (before, after) {
            (Some('ο'), _) => "u",
            (Some('α' | 'ε' | 'η'), Some('θ' | 'κ' | 'ξ' | 'π' | 'σ' | 'ς' | 'τ' | 'φ' | 'χ' | 'ψ') | None) => {
                "f"
            }
            (Some('α' | 'ε' | 'η'), _) => "v",
            _ => "y",
        },
        'ϋ' | 'ΰ' => "y",
        'χ' => "ch",
        'φ' => "f",
        'β' => "v",
        'γ' if matches!(after, Some('γ' | 'ξ' | 'χ')) => "n",
        'μ' if after == Some('π') && before.is_none() => "b",
        'π' if before == Some('μ') && small(at.checked_sub(2)).is_none() => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transliterates_names_to_ascii() {
        for (name, plain) in [
            ("Groß GROẞ", "Gross GROSS"),
            ("İstanbul ılık", "Istanbul ilik"),
            ("Łukasz Źdźbło", "Lukasz Zdzblo"),
            ("Ελένη", "Eleni"),
            ("Ευάγγελος", "Evangelos"),
            ("Χρήστος Παπαδόπουλος", "Christos Papadopoulos"),
            ("Μπάμπης", "Bampis"),
            ("ΘΑΛΗΣ Θαλής Ψυχή", "THALIS Thalis Psychi"),
            ("Σταύρος Λευτέρης Ταΰγετος", "Stavros Lefteris Taygetos"),
            ("Jürgen Zoe\u{308} Ærø", "Jurgen Zoe Aero"),
            ("Đặng Thị Ngọc", "Dang Thi Ngoc"),
            ("Юрий", "Iurii"),
            ("北京", "Bei Jing"),
            ("\u{e000}x\u{301}", "x"),
        ] {
            assert_eq!(ascii(name, Habit::Plain, 4096), plain, "{name}");
        }
    }

    #[test]
    fn writes_umlauts_as_two_letters_for_german() {
        for (name, plain) in [("Jürgen Öztürk", "Juergen Oeztuerk"), ("ÄRGER Übel", "AERGER Uebel"), ("Zoë", "Zoe")]
        {
            assert_eq!(ascii(name, Habit::German, 4096), plain, "{name}");
        }
    }

    #[test]
    fn stops_at_the_limit() {
        assert!(ascii(&"北".repeat(100_000), Habit::Plain, 100).len() < 120);
    }
}
