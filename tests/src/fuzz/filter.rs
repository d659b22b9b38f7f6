//! Filters, as a rules file or the command line holds them.

use gotosync_core::model::Filter;

use super::small::SMALL;

/// Takes bytes as a filter.
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
    assert_eq!(Filter::parse(&shown).as_ref(), Ok(&filter), "a filter reads back as it is shown");
    assert!(filter.attributes().iter().all(|name| !name.is_empty() && name.len() <= text.len()));

    let directory = &SMALL.reading.directory;
    let compiled = filter.compile(directory);
    for person in directory.people() {
        let matches = compiled.matches(person);
        assert_eq!(matches, filter.matches(directory, person));
        match filter.explain(directory, person) {
            Some(why) => assert!(!matches && why.len() <= shown.len() + 2, "{why}"),
            None => assert!(matches, "nothing keeps {:?} from matching, and yet they do not", person.dn),
        }
    }
}
