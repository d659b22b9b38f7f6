//! Text normalization, suggestions for mistyped words, and text for messages.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Normalizes a name for comparing and writing: Unicode NFC, no spaces at the ends, and single spaces between words.
///
///
/// Letter case is kept: `Macdonald` and `MacDonald` are different names.
pub fn normal_name(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.is_ascii() {
        return squeeze(Cow::Borrowed(trimmed));
    }
    squeeze(nfc(trimmed))
}

/// Normalizes text as a directory does when it compares case-insensitive strings: lower case, no spaces at the ends, and
/// single spaces between words (RFC 4518, insignificant space handling).
pub fn fold(text: &str) -> Cow<'_, str> {
    let plain = text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase() && !b.is_ascii_whitespace());
    if plain { Cow::Borrowed(text) } else { squeeze(Cow::Owned(text.trim().to_lowercase())) }
}

/// Converts text to Unicode NFC.
pub fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => Cow::Owned(text.nfc().collect()),
    }
}

/// Finds the word most similar to a mistyped one, if any is similar enough to be a likely correction.
pub fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let wanted = word.to_lowercase();
    words
        .into_iter()
        .map(|candidate| (distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count().min(wanted.chars().count()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns the edit distance of two words. If one is a prefix of the other, the distance is small regardless of their lengths.
fn distance(word: &str, other: &str) -> usize {
    let begins = word.len().min(other.len()) >= 4 && (word.starts_with(other) || other.starts_with(word));
    if begins { 2 } else { strsim::damerau_levenshtein(word, other) }
}

/// Formats a count with its noun: `1 person`, `3 people`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Prepares text from outside for a message: on one line, cut to at most `most` characters.
pub fn shown(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// The number of characters of a file's text that a message shows.
pub const SHOWN: usize = 60;

fn squeeze(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut before = 'x';
    let clean = text.chars().all(|c| {
        let fine = !c.is_whitespace() || (c == ' ' && before != ' ');
        before = c;
        fine
    });
    if clean { text } else { Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" ")) }
}

/// Formats a number of bytes in a readable unit: `857 kB`.
pub fn bytes(count: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    let unit = units.iter().find(|(_, size)| count >= *size);
    unit.map_or_else(
        || format!("{count} B"),
        |(name, size)| {
            let tenths = count / (size / 10);
            if tenths < 100 {
                format!("{}.{} {name}", tenths / 10, tenths % 10)
            } else {
                format!("{} {name}", tenths / 10)
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_bytes_in_the_best_unit() {
        let shown = [0, 999, 1_000, 9_999, 10_000, 856_820, 1_250_000, 2_000_000_000].map(bytes);
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "9.9 kB", "10 kB", "856 kB", "1.2 MB", "2.0 GB"]);
    }

    #[test]
    fn normalizes_names() {
        assert_eq!(normal_name(" Zoe\u{308}  A\u{30a}stro\u{308}m "), "Zoë Åström");
        assert!(matches!(normal_name("Mary"), Cow::Borrowed("Mary")));
        assert_eq!(fold("Oliver  TAYLOR"), "oliver taylor");
    }

    #[test]
    fn shows_text_on_one_line_and_cut_to_length() {
        for (text, expected) in [("", ""), ("Zoë", "Zoë"), ("Åsa\n\0", "Åsa  "), ("Åström", "Åströ…")] {
            assert_eq!(shown(text, 5), expected);
        }
    }

    #[test]
    fn suggests_only_similar_words() {
        let words = ["products", "user_group", "language"];
        assert_eq!(nearest("product", words), Some("products"));
        assert_eq!(nearest("usergroup", words), Some("user_group"));
        assert_eq!(nearest("colour", words), None);
    }
}
