//! Entry point for pasted lists of people.

use gotosync_core::source::list::parse;

/// Reads the bytes as a list. Writing the parsed entries one per line and parsing them again must give the same
/// entries.
pub fn list(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let parsed = parse(text);
    let lines = 1 + text.matches(['\n', '\r']).count();
    let places = parsed.people.iter().map(|(at, text, _)| (at, text));
    let places = places.chain(parsed.troubles.iter().map(|trouble| (&trouble.at, &trouble.text)));
    for (at, entry) in places {
        assert!(at.entry >= 1 && at.column >= 1 && (1..=lines).contains(&at.line), "{at:?} of {lines} lines");
        assert!(text.contains(entry.trim()), "a parsed entry must be part of the input: {entry:?}");
    }
    for trouble in &parsed.troubles {
        assert!(!trouble.problem.is_empty());
        super::small(&trouble.problem, text.len());
    }
    let mut again = String::new();
    for (_, entry, _) in &parsed.people {
        // At the start of a line, these characters mark a comment or a byte order mark.
        if entry.trim_start().starts_with(['#', '\u{feff}']) {
            return;
        }
        again.push_str(entry);
        again.push('\n');
    }
    let back = parse(&again);
    let entries = |parsed: &gotosync_core::source::list::Parsed| {
        parsed.people.iter().map(|(_, _, entry)| entry.clone()).collect::<Vec<_>>()
    };
    assert_eq!(entries(&back), entries(&parsed), "the rewritten list parses to the same entries");
    assert!(back.troubles.is_empty(), "{:?}", back.troubles);
}
