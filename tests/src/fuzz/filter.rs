//! Entry point for LDAP filters from a rules file or the command line.

use gotosync_core::model::Filter;

use super::small::SMALL;

/// Parses the bytes as a filter and evaluates it.
pub fn filter(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let filter = match Filter::parse(text) {
        Ok(filter) => filter,
        Err(error) => {
            assert!(error.at <= text.len(), "{error:?}");
            assert!(error.character <= 1 + text.chars().count(), "{error:?}");
            return super::small(&error, text.len());
        }
    };
    let shown = filter.to_string();
    assert_eq!(Filter::parse(&shown).as_ref(), Ok(&filter), "the printed filter parses back to the same filter");
    assert!(filter.attributes().iter().all(|name| !name.is_empty() && name.len() <= text.len()));

    let directory = &SMALL.reading.directory;
    let compiled = filter.compile(directory);
    for person in directory.people() {
        let matches = compiled.matches(person);
        assert_eq!(matches, filter.matches(directory, person));
        match filter.explain(directory, person) {
            Some(why) => assert!(!matches && why.len() <= shown.len() + 2, "{why}"),
            None => assert!(matches, "explain gives no reason why {:?} does not match", person.dn),
        }
    }
}
