//! The filters of mapping expressions by name, each with an example that is a test.

/// Every filter: its name, what it does, an example, and what the example gives for a person called Éléonore von der Lühe
/// in the OU `Sales` who has two further mailboxes. A filter that can be used in two ways is listed twice.
pub fn filters() -> &'static [(&'static str, &'static str, &'static str, &'static str)] {
    FILTERS
}

/// Says whether a filter exists.
pub(super) fn exists(name: &str) -> bool {
    FILTERS.iter().any(|(own, ..)| *own == name)
}

/// The name of every filter, each once.
pub(super) fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = FILTERS.iter().map(|filter| filter.0).collect();
    names.dedup();
    names
}

const FILTERS: &[(&str, &str, &str, &str)] = &[
    ("lower", "lower case", "{{ givenName | lower }}", "éléonore"),
    ("upper", "upper case", "{{ givenName | upper }}", "ÉLÉONORE"),
    ("title", "each word with a capital", "{{ sn | title }}", "Von Der Lühe"),
    ("trim", "without space at the ends", "{{ ' a ' | trim }}", "a"),
    ("cut", "the first characters, at most so many; a note tells what was cut", "{{ sn | cut(7) }}", "von der"),
    ("slice", "the characters from a place on, counted from 0", "{{ sn | slice(4) }}", "der Lühe"),
    ("slice", "so many of them; a place below 0 counts from the end", "{{ sn | slice(-4, 2) }}", "Lü"),
    ("replace", "one text for another", "{{ sn | replace(' ', '-') }}", "von-der-Lühe"),
    ("before", "what stands before the first separator", "{{ 'a@b' | before('@') }}", "a"),
    ("after", "what stands after the first separator", "{{ 'a@b' | after('@') }}", "b"),
    ("split", "a list of the parts between separators", "{{ sn | split(' ') | last }}", "Lühe"),
    (
        "join",
        "the values of a list with a separator between them",
        "{{ otherMailbox | join(', ') }}",
        "a@x.test, b@x.test",
    ),
    ("first", "the first of a list that is not blank", "{{ [title, otherMailbox, cn] | first }}", "a@x.test"),
    ("first", "the first character of a text", "{{ givenName | first }}", "É"),
    ("last", "the last of a list that is not blank, or the last character", "{{ otherMailbox | last }}", "b@x.test"),
    ("default", "another value where there is none", "{{ title | default('Staff') }}", "Staff"),
    ("match", "the first place that a regular expression matches", r"{{ sn | match('\bd\w+') }}", "der"),
    ("match", "what a group of it holds, by number or name", r"{{ sn | match('^(\w+) (\w+)', 2) }}", "der"),
    ("replace_regex", "all that matches, replaced", r"{{ sn | replace_regex('(\w)\w*\s*', '$1') }}", "vdL"),
    ("ascii", "plain letters: no accents, other scripts as they sound", "{{ 'Łukasz Groß' | ascii }}", "Lukasz Gross"),
    ("ascii", "`'de'`: German umlauts as two letters", "{{ sn | ascii('de') }}", "von der Luehe"),
    ("digits", "the digits alone", "{{ '+49 (30) 1234-567' | digits | slice(-3) }}", "567"),
    #[cfg(feature = "phone")]
    (
        "phone",
        "a phone number as E.164, of a country where it names none",
        "{{ '030 123456' | phone('DE') }}",
        "+4930123456",
    ),
    (
        "contains",
        "whether a text, or an item of a list, is or holds another",
        "{{ 'yes' if sn | contains('DER') }}",
        "yes",
    ),
    (
        "starts_with",
        "whether a text, or an item of a list, begins so",
        "{{ 'yes' if ous | starts_with('sal') }}",
        "yes",
    ),
    (
        "ends_with",
        "whether a text, or an item of a list, ends so",
        "{{ 'yes' if otherMailbox | ends_with('@X.test') }}",
        "yes",
    ),
];
