//! Golden files: files with the expected output.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::Trouble;

/// The handling of differences between the output and the golden files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Golden {
    /// Compare the files.
    Keep,
    /// Rewrite the files, and fail nevertheless, so that no test run accepts changes by accident.
    Bless,
}

/// Compares a text with a golden file.
///
/// # Errors
/// Returns the difference, line by line.
pub fn compare(folder: &Path, name: &str, found: &str, golden: Golden) -> Result<(), Trouble> {
    let path = folder.join(name);
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if golden == Golden::Bless && (expected != found || !path.exists()) {
        fs::write(&path, found)?;
        return Err(format!("{name}: blessed").into());
    }
    if !path.exists() {
        return Err(format!("{name} is missing; its content would be:\n{found}").into());
    }
    if expected == found { Ok(()) } else { Err(format!("{name}:\n{}", difference(&expected, found)).into()) }
}

/// Returns the lines in which two texts differ, with surrounding lines.
fn difference(expected: &str, found: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    if old == new {
        return "only the line endings differ".to_owned();
    }
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let mut text = String::new();
    let mut show = |sign: char, lines: &[&str]| {
        for line in lines {
            let _ = writeln!(text, "{sign} {line}");
        }
    };
    show(' ', &old[head.saturating_sub(FRAME)..head]);
    show('-', &old[head..old.len() - tail]);
    show('+', &new[head..new.len() - tail]);
    show(' ', &old[old.len() - tail..(old.len() - tail + FRAME).min(old.len())]);
    text
}

const FRAME: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_lines_that_differ() {
        assert_eq!(difference("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nX\ne\nf\n"), "  b\n  c\n- d\n+ X\n  e\n  f\n");
        assert_eq!(difference("a\n", "a\na\n"), "  a\n+ a\n");
        assert_eq!(difference("a", "a\n"), "only the line endings differ");
    }
}
