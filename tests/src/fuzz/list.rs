//! Pasted lists of people.

use gotosync_core::source::list::parse;

/// Takes bytes as a list: whoever is in it is found again when the list is written anew, and nothing is lost.
pub fn list(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let parsed = parse(text);
    let lines = 1 + text.matches(['\n', '\r']).count();
    let places = parsed.people.iter().map(|(at, text, _)| (at, text));
    let places = places.chain(parsed.troubles.iter().map(|trouble| (&trouble.at, &trouble.text)));
    for (at, entry) in places {
        assert!(at.entry >= 1 && at.column >= 1 && (1..=lines).contains(&at.line), "{at:?} of {lines} lines");
        assert!(text.contains(entry.trim()), "an entry is told as it was: {entry:?}");
    }
    for trouble in &parsed.troubles {
        assert!(!trouble.problem.is_empty());
        super::small(&trouble.problem, text.len());
    }
    let mut again = String::new();
    for (_, entry, _) in &parsed.people {
        // At the start of a line these mean something else.
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
    assert_eq!(entries(&back), entries(&parsed), "a list that was taken apart reads back");
    assert!(back.troubles.is_empty(), "{:?}", back.troubles);
}
