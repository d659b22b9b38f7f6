//! Files that say what must come out.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::Trouble;

/// What to do about files that say what must come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Golden {
    /// Compare.
    Keep,
    /// Write them anew, and fail all the same: nobody blesses by accident.
    Bless,
}

/// Compares a text with a file.
///
/// # Errors
/// The difference, line by line.
pub fn compare(folder: &Path, name: &str, found: &str, golden: Golden) -> Result<(), Trouble> {
    let path = folder.join(name);
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if golden == Golden::Bless && (expected != found || !path.exists()) {
        fs::write(&path, found)?;
        return Err(format!("{name}: blessed").into());
    }
    if !path.exists() {
        return Err(format!("there is no {name}; it would be:\n{found}").into());
    }
    if expected == found { Ok(()) } else { Err(format!("{name}:\n{}", difference(&expected, found)).into()) }
}

/// The lines in which two texts differ, with those that frame them.
fn difference(expected: &str, found: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    if old == new {
        return "they differ in line ends only".to_owned();
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
        assert_eq!(difference("a", "a\n"), "they differ in line ends only");
    }
}
