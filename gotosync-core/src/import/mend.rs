//! What must be mended, as a file that can be imported again.

use std::fmt::Write;

use super::Format;
use crate::source::list::Trouble;

/// Writes every entry as it was, in the format of the file it came from.
pub(super) fn file(format: Format, name: &str, header: &str, troubles: &[Trouble]) -> Option<String> {
    if troubles.is_empty() {
        return None;
    }
    let mut text = String::new();
    match format {
        Format::Csv => {
            // Spreadsheets take a file without the mark for their own encoding.
            let plain = header.is_ascii() && troubles.iter().all(|trouble| trouble.text.is_ascii());
            text.push_str(if plain { "" } else { "\u{feff}" });
            text.push_str(header);
            text.push('\n');
            for trouble in troubles {
                text.push_str(&trouble.text);
                text.push('\n');
            }
        }
        Format::List => {
            let told = troubles.iter().try_for_each(|trouble| {
                let at = trouble.at;
                writeln!(text, "# {name}, line {}, column {}: {}", at.line, at.column, trouble.problem)?;
                // At the start of a line it would be a comment.
                writeln!(text, "{}{}", if trouble.text.starts_with('#') { ";" } else { "" }, trouble.text)
            });
            debug_assert!(told.is_ok(), "text is written to memory");
        }
    }
    Some(text)
}
