//! Invalid entries as a file that an admin can correct and import again.

use std::fmt::Write;

use super::Format;
use crate::source::list::Trouble;

/// Writes the original text of every invalid entry, in the format of the imported file.
pub(super) fn file(format: Format, name: &str, header: &str, troubles: &[Trouble]) -> Option<String> {
    if troubles.is_empty() {
        return None;
    }
    let mut text = String::new();
    match format {
        Format::Csv => {
            // Without a byte order mark, spreadsheets would assume their default encoding.
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
            let written = troubles.iter().try_for_each(|trouble| {
                let at = trouble.at;
                writeln!(text, "# {name}, line {}, column {}: {}", at.line, at.column, trouble.problem)?;
                // The `;` keeps an entry that begins with `#` from becoming a comment.
                writeln!(text, "{}{}", if trouble.text.starts_with('#') { ";" } else { "" }, trouble.text)
            });
            debug_assert!(written.is_ok(), "writing to memory does not fail");
        }
    }
    Some(text)
}
