//! Lines of a text: finding their ends, and inserting and removing blocks of lines with the blank lines around them.

use std::ops::Range;

/// Returns the line ending that most lines of a text have.
pub(super) fn end_of_line(text: &str) -> &'static str {
    let (all, windows) = (text.matches('\n').count(), text.matches("\r\n").count());
    if windows * 2 > all { "\r\n" } else { "\n" }
}

/// Returns the start of the line that contains a byte.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or_else(|| if text.starts_with(MARK) { MARK.len_utf8() } else { 0 }, |end| end + 1)
}

/// Returns the end of the line that contains a byte, including the line ending.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

/// Returns the line that ends directly before a byte, unless the byte is the start of the text.
pub(super) fn line_above(text: &str, at: usize) -> Option<Range<usize>> {
    let before = at.checked_sub(1)?;
    text[..at].ends_with('\n').then(|| line_start(text, before)..at)
}

/// Returns the start of the comments directly above a line, but not before `floor`.
pub(super) fn comments_above(text: &str, line: usize, floor: usize) -> usize {
    let mut start = line;
    while let Some(above) = line_above(text, start).filter(|above| above.start >= floor) {
        // A directive for editors (`#:schema …`) belongs to the file, not to a rule.
        if !is_comment(&text[above.clone()]) || text[above.clone()].trim_start().starts_with("#:") {
            break;
        }
        start = above.start;
    }
    start
}

/// Returns the end of the comments directly below a line.
pub(super) fn comments_below(text: &str, line: usize) -> usize {
    let mut end = line;
    while end < text.len() {
        let next = line_end(text, end);
        if !is_comment(&text[end..next]) {
            break;
        }
        end = next;
    }
    end
}

/// Inserts a block of lines, with a blank line on either side where there is none.
pub(super) fn insert(text: &str, at: usize, block: &str) -> String {
    let end = end_of_line(text);
    let (before, after) = text.split_at(at);
    let mut new = before.to_owned();
    if !before.trim_start_matches(MARK).is_empty() {
        if !before.ends_with('\n') {
            new.push_str(end);
        }
        if line_above(&new, new.len()).is_some_and(|line| !is_blank(&new[line])) {
            new.push_str(end);
        }
    }
    new.push_str(block);
    if !block.ends_with('\n') {
        new.push_str(end);
    }
    if !after.is_empty() && !is_blank(&after[..line_end(after, 0)]) {
        new.push_str(end);
    }
    new.push_str(after);
    new
}

/// Removes blocks of lines, with the blank lines above each block, or below it if the block is the first.
pub(super) fn cut(text: &str, parts: &[Range<usize>]) -> String {
    let mut new = text.to_owned();
    for part in parts.iter().rev() {
        let (mut start, mut end) = (part.start, part.end);
        let blank_below = end < text.len() && is_blank(&text[end..line_end(text, end)]);
        if blank_below || end == text.len() {
            while let Some(above) = line_above(text, start).filter(|line| is_blank(&text[line.clone()])) {
                start = above.start;
            }
        }
        if line_above(text, start).is_none() {
            while end < text.len() && is_blank(&text[end..line_end(text, end)]) {
                end = line_end(text, end);
            }
        }
        new.replace_range(start..end, "");
    }
    new
}

pub(super) fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// The byte order mark that some editors write at the start of a file.
const MARK: char = '\u{feff}';
