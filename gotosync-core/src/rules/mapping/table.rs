//! The documentation of the filters in mapping expressions. Each example is tested.

/// Returns every filter: its name, its description, an example, and the result of the example for a person named Éléonore von der
/// Lühe in the OU `Sales` with two other mailboxes. A filter with two uses is listed twice.
pub fn filters() -> &'static [(&'static str, &'static str, &'static str, &'static str)] {
    FILTERS
}

/// Returns `true` if a filter exists.
pub(super) fn exists(name: &str) -> bool {
    FILTERS.iter().any(|(own, ..)| *own == name)
}

/// Returns the name of every filter, without duplicates.
pub(super) fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = FILTERS.iter().map(|filter| filter.0).collect();
    names.dedup();
    names
}

const FILTERS: &[(&str, &str, &str, &str)] = &[
    ("lower", "convert to lower case", "{{ givenName | lower }}", "éléonore"),
    ("upper", "convert to upper case", "{{ givenName | upper }}", "ÉLÉONORE"),
    ("title", "capitalize each word", "{{ sn | title }}", "Von Der Lühe"),
    ("trim", "remove spaces at both ends", "{{ ' a ' | trim }}", "a"),
    ("cut", "keep at most this many characters; a note shows the original value", "{{ sn | cut(7) }}", "von der"),
    ("slice", "take the characters from a position on, counted from 0", "{{ sn | slice(4) }}", "der Lühe"),
    ("slice", "take a number of characters; a negative position counts from the end", "{{ sn | slice(-4, 2) }}", "Lü"),
    ("replace", "replace a text with another", "{{ sn | replace(' ', '-') }}", "von-der-Lühe"),
    ("before", "take the text before the first separator", "{{ 'a@b' | before('@') }}", "a"),
    ("after", "take the text after the first separator", "{{ 'a@b' | after('@') }}", "b"),
    ("split", "split at a separator into a list", "{{ sn | split(' ') | last }}", "Lühe"),
    ("join", "join the values of a list with a separator", "{{ otherMailbox | join(', ') }}", "a@x.test, b@x.test"),
    ("first", "take the first item of a list that is not blank", "{{ [title, otherMailbox, cn] | first }}", "a@x.test"),
    ("first", "take the first character of a text", "{{ givenName | first }}", "É"),
    (
        "last",
        "take the last item of a list that is not blank, or the last character of a text",
        "{{ otherMailbox | last }}",
        "b@x.test",
    ),
    ("default", "use another value if this one is missing or blank", "{{ title | default('Staff') }}", "Staff"),
    ("match", "take the first match of a regular expression", r"{{ sn | match('\bd\w+') }}", "der"),
    ("match", "take a group of the first match, by number or name", r"{{ sn | match('^(\w+) (\w+)', 2) }}", "der"),
    (
        "replace_regex",
        "replace all matches of a regular expression",
        r"{{ sn | replace_regex('(\w)\w*\s*', '$1') }}",
        "vdL",
    ),
    (
        "ascii",
        "convert to ASCII: remove accents and transliterate other scripts",
        "{{ 'Łukasz Groß' | ascii }}",
        "Lukasz Gross",
    ),
    ("ascii", "with `'de'`: write German umlauts as two letters", "{{ sn | ascii('de') }}", "von der Luehe"),
    ("digits", "keep only the digits", "{{ '+49 (30) 1234-567' | digits | slice(-3) }}", "567"),
    #[cfg(feature = "phone")]
    (
        "phone",
        "format a phone number as E.164; the country applies to numbers without a country code",
        "{{ '030 123456' | phone('DE') }}",
        "+4930123456",
    ),
    (
        "contains",
        "check whether a text contains another text, or a list contains an item",
        "{{ 'yes' if sn | contains('DER') }}",
        "yes",
    ),
    (
        "starts_with",
        "check whether a text, or an item of a list, starts with a text",
        "{{ 'yes' if ous | starts_with('sal') }}",
        "yes",
    ),
    (
        "ends_with",
        "check whether a text, or an item of a list, ends with a text",
        "{{ 'yes' if otherMailbox | ends_with('@X.test') }}",
        "yes",
    ),
];
