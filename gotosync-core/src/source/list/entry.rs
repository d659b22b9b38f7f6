//! One entry of a pasted list.

use super::{Entry, Part, TroubleKind};
use crate::model::email;
use crate::model::text::{SHOWN, shown};

/// Why an entry is no person yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) kind: TroubleKind,
    pub(super) why: String,
    pub(super) missing: Vec<Part>,
    pub(super) found: Option<Box<Entry>>,
}

/// Reads an entry, which has no space at its ends and is not empty.
pub(super) fn read(text: &str) -> Result<Entry, Problem> {
    let (name, email) = take_apart(text)?;
    let (first_name, last_name) = names(name)?;
    // Sooner or later somebody opens a list of users in a spreadsheet.
    if [&first_name, &last_name].iter().any(|name| name.starts_with('=')) {
        return Err(unreadable("a name begins with `=`, as a formula does"));
    }
    let entry = Entry { first_name, last_name, email: email.to_owned() };
    let parts = [(Part::FirstName, &entry.first_name), (Part::LastName, &entry.last_name), (Part::Email, &entry.email)];
    let missing: Vec<Part> = parts.iter().filter(|(_, value)| value.is_empty()).map(|(part, _)| *part).collect();
    // An address that is wrong must be mended whatever else is missing.
    if !entry.email.is_empty()
        && let Some(problem) = email::problem(&entry.email)
    {
        let why = format!("`{}`: {problem}", shown(&entry.email, SHOWN));
        return Err(Problem { kind: TroubleKind::Wrong, why, missing, found: Some(entry.into()) });
    }
    if missing.is_empty() {
        return Ok(entry);
    }
    let why = say_missing(&missing);
    Err(Problem { kind: TroubleKind::Partial, why, missing, found: Some(entry.into()) })
}

/// Names the parts that are missing.
pub(crate) fn say_missing(missing: &[Part]) -> String {
    let names: Vec<String> = missing.iter().map(|part| format!("the {part}")).collect();
    format!("{} {} missing", names.join(" and "), if names.len() == 1 { "is" } else { "are" })
}

fn unreadable(why: impl Into<String>) -> Problem {
    Problem { kind: TroubleKind::Unreadable, why: why.into(), missing: Vec::new(), found: None }
}

/// The name and the address of an entry; either may be empty, but not both.
fn take_apart(text: &str) -> Result<(&str, &str), Problem> {
    if text.chars().any(|c| c == '\u{fffd}' || (c.is_control() && c != '\t')) {
        return Err(unreadable("it holds a control character, or text that cannot be decoded"));
    }
    if let Some((name, rest)) = text.split_once('<') {
        let address = rest.strip_suffix('>').filter(|address| !address.contains(['<', '>']));
        let address = address.ok_or_else(|| unreadable("`<` and `>` do not stand around one address"))?;
        let address = address.trim();
        let address = address.strip_prefix("mailto:").unwrap_or(address);
        if address.contains(char::is_whitespace) || name.contains('@') {
            return Err(unreadable("there is more than one address, or none, around `<` and `>`"));
        }
        return Ok((name.trim(), address));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut addresses = words.iter().filter(|word| word.contains('@'));
    match (addresses.next(), addresses.next()) {
        (Some(_), Some(_)) => Err(unreadable("it holds two addresses: is a `;` missing between them?")),
        (Some(address), None) if words.last() == Some(address) => Ok((head(text, address), address)),
        (Some(address), None) if words.first() == Some(address) => Ok((text[address.len()..].trim(), address)),
        (Some(_), None) => Err(unreadable("the address stands in the middle of the name")),
        (None, _) => match *words {
            // What would be an address but for its `@`.
            [_, .., last] if words.len() > 2 && looks_like_an_address(last) => Ok((head(text, last), last)),
            [_, _, ..] => Ok((text, "")),
            _ => Err(unreadable("it is neither an address nor a first and a last name")),
        },
    }
}

/// What stands before the last word.
fn head<'t>(text: &'t str, last: &str) -> &'t str {
    text[..text.len() - last.len()].trim()
}

fn looks_like_an_address(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    // `Jr.`, `J.R.` and `St.John` are parts of names.
    let top = parts.last().is_some_and(|top| top.len() > 1 && top.bytes().all(|b| b.is_ascii_lowercase()));
    top && parts.len() > 1 && parts.iter().all(|part| !part.is_empty())
}

/// First and last name. One word alone is the first.
fn names(name: &str) -> Result<(String, String), Problem> {
    let name = name.trim_matches(|c: char| c == '"' || c == '\'' || c.is_whitespace());
    if let Some((last, first)) = name.split_once(',') {
        if first.contains(',') {
            return Err(unreadable("there is more than one comma in the name"));
        }
        return Ok((joined(first), joined(last)));
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    let particle = (1..words.len().saturating_sub(1)).find(|at| PARTICLES.contains(&words[*at]));
    let at = particle.unwrap_or(words.len().saturating_sub(1)).max(1).min(words.len());
    Ok((words[..at].join(" "), words[at..].join(" ")))
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Small words that a last name begins with, as they are written inside a name.
const PARTICLES: &[&str] = &[
    "von", "vom", "van", "zu", "zum", "zur", "de", "del", "della", "der", "den", "di", "da", "dos", "du", "la", "le",
    "ten", "ter", "af", "bin", "ibn", "el", "al",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart_where_it_is_clear() {
        for (text, first, last) in [
            ("Ann Lee a@x.test", "Ann", "Lee"),
            ("Ann Mary Lee a@x.test", "Ann Mary", "Lee"),
            ("Zoë Åström-Müller a@x.test", "Zoë", "Åström-Müller"),
            ("Anna Maria von der Heide a@x.test", "Anna Maria", "von der Heide"),
            ("Lee, Ann Mary <a@x.test>", "Ann Mary", "Lee"),
            ("\"von der Heide, Anna\" <mailto:a@x.test>", "Anna", "von der Heide"),
            ("Ann Lee <a@x.test>", "Ann", "Lee"),
            ("Lee, Ann a@x.test", "Ann", "Lee"),
            ("a@x.test Ann Lee", "Ann", "Lee"),
            ("Ann O'Neil Jr. a@x.test", "Ann O'Neil", "Jr."),
        ] {
            let entry = read(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
            assert_eq!((&*entry.first_name, &*entry.last_name, &*entry.email), (first, last, "a@x.test"), "{text}");
        }
    }

    #[test]
    fn three_kinds_of_trouble_are_told_apart() {
        use TroubleKind::{Partial, Unreadable, Wrong};
        for (text, kind, problem, found) in [
            ("?", Unreadable, "it is neither an address nor a first and a last name", None),
            (
                "Ann L a@x.test Bob R b@x.test",
                Unreadable,
                "it holds two addresses: is a `;` missing between them?",
                None,
            ),
            ("Ann a@x.test Lee", Unreadable, "the address stands in the middle of the name", None),
            ("Lee, Ann, Dr. a@x.test", Unreadable, "there is more than one comma in the name", None),
            ("Ann Lee <a@x.test", Unreadable, "`<` and `>` do not stand around one address", None),
            ("Ann\0Lee a@x.test", Unreadable, "it holds a control character, or text that cannot be decoded", None),
            ("=A1 Lee a@x.test", Unreadable, "a name begins with `=`, as a formula does", None),
            ("Ann Lee a@x", Wrong, "`a@x`: its domain has no dot", Some(["Ann", "Lee", "a@x"])),
            ("Ann a@x", Wrong, "`a@x`: its domain has no dot", Some(["Ann", "", "a@x"])),
            ("Ann Lee ann.x.test", Wrong, "`ann.x.test`: it has no @", Some(["Ann", "Lee", "ann.x.test"])),
            ("Ann Lee @x.test", Wrong, "`@x.test`: the part before the @ is empty", Some(["Ann", "Lee", "@x.test"])),
            ("a@x.test", Partial, "the first name and the last name are missing", Some(["", "", "a@x.test"])),
            ("Ann a@x.test", Partial, "the last name is missing", Some(["Ann", "", "a@x.test"])),
            (", Ann a@x.test", Partial, "the last name is missing", Some(["Ann", "", "a@x.test"])),
            ("Ann Mary Lee", Partial, "the e-mail is missing", Some(["Ann Mary", "Lee", ""])),
            ("Ann Lee <>", Partial, "the e-mail is missing", Some(["Ann", "Lee", ""])),
        ] {
            let trouble = read(text).unwrap_err();
            assert_eq!((trouble.kind, trouble.why.as_str()), (kind, problem), "{text}");
            let parts = trouble.found.map(|entry| [entry.first_name, entry.last_name, entry.email]);
            assert_eq!(parts, found.map(|parts| parts.map(str::to_owned)), "{text}");
        }
    }
}
