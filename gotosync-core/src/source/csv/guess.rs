//! Guesses of what columns contain, from their English or German names. They are shown to an admin and never used without
//! approval.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::columns::{Columns, list};
use super::header::Header;
use crate::model::known_attribute;
use crate::model::text::nearest;

/// A guess of the columns of a file.
///
/// `Display` writes it as lines of a configuration file, with comments about doubtful columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The columns that were recognized.
    pub columns: Columns,
    /// The delimiter.
    pub delimiter: char,
    /// The columns that were not recognized.
    pub unknown: Vec<String>,
}

impl Guess {
    pub(super) fn new(header: &Header, delimiter: u8) -> Self {
        let mut columns = Columns::default();
        let mut unknown = Vec::new();
        for name in header.names.iter().filter(|name| !name.is_empty()) {
            let slot = match meaning(name) {
                Some("id") => Some(&mut columns.id),
                Some("groups") => Some(&mut columns.groups),
                Some("disabled") => Some(&mut columns.disabled),
                Some("enabled") => Some(&mut columns.enabled),
                Some("expires") => Some(&mut columns.expires),
                Some(attribute) if columns.attributes.iter().all(|(own, _)| own != attribute) => {
                    columns.attributes.push((attribute.to_owned(), name.clone()));
                    continue;
                }
                _ => None,
            };
            match slot {
                Some(slot @ None) => *slot = Some(name.clone()),
                _ => unknown.push(name.clone()),
            }
        }
        if columns.id.is_none() {
            columns.id = columns.column("mail").map(str::to_owned);
        }
        Self { columns, delimiter: char::from(delimiter), unknown }
    }

    /// Returns `true` if enough columns were recognized for this to be a header.
    pub fn is_likely(&self) -> bool {
        let known = self.columns.attributes.len() + usize::from(self.columns.groups.is_some());
        self.columns.column("mail").is_some() || known >= 2
    }

    /// Returns the guess as indented lines for a hint.
    pub(crate) fn indented(&self) -> String {
        format!("\n{self}").trim_end().replace('\n', "\n    ")
    }

    /// Returns `true` if the e-mail serves as the id because no column looks like one.
    pub fn id_is_mail(&self) -> bool {
        self.columns.id.is_some() && self.columns.id.as_deref() == self.columns.column("mail")
    }
}

impl Columns {
    /// Returns the column of an attribute.
    pub fn column(&self, attribute: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(attribute)).map(|(_, column)| column.as_str())
    }
}

impl fmt::Display for Guess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.id_is_mail() {
            f.write_str(
                "# no column looks like an id; with the e-mail as the id, a changed address makes a new person\n",
            )?;
        }
        self.columns.fmt(f)?;
        if self.columns.id.is_none() {
            f.write_str("# no column looks like an id: name one with `id = \"…\"`\n")?;
        }
        if !self.unknown.is_empty() {
            writeln!(f, "# not recognized: {}", list(self.unknown.iter().map(String::as_str)))?;
        }
        Ok(())
    }
}

/// Returns the delimiter that splits a header into the most columns.
pub(super) fn delimiter(header: &str) -> u8 {
    let count = |delimiter: u8| {
        let mut quoted = false;
        let outside = header.bytes().filter(|byte| {
            quoted ^= *byte == b'"';
            !quoted && *byte == delimiter
        });
        outside.count()
    };
    // Reversed, because `max_by_key` returns the last of equal elements and the first delimiter is preferred.
    let best = DELIMITERS.iter().copied().rev().max_by_key(|delimiter| count(*delimiter));
    best.unwrap_or(b',')
}

/// Returns `true` if the first line of a text looks like a header.
pub(crate) fn is_header(line: &str) -> bool {
    if declared_delimiter(line).is_some() {
        return true;
    }
    let delimiter = delimiter(line);
    let names = line.split(char::from(delimiter)).map(|name| name.trim().trim_matches('"').to_owned()).collect();
    let header = Header { names, raw: String::new(), file: String::new() };
    !line.contains('@') && Guess::new(&header, delimiter).is_likely()
}

/// Returns the delimiter that a line such as `sep=;` declares.
pub(super) fn declared_delimiter(line: &str) -> Option<u8> {
    match line.as_bytes() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] if DELIMITERS.contains(delimiter) => Some(*delimiter),
        _ => None,
    }
}

/// Returns the attribute that a column with this name contains, or the configuration key, such as `groups`, that it fits.
fn meaning(name: &str) -> Option<&'static str> {
    if let Some(attribute) = known_attribute(name) {
        return Some(if ID_ATTRIBUTES.contains(&attribute) { "id" } else { attribute });
    }
    let plain = plain(name);
    let all = || NAMES.iter().flat_map(|(what, names)| names.iter().map(move |name| (*what, *name)));
    if let Some((what, _)) = all().find(|(_, name)| *name == plain) {
        return Some(what);
    }
    // Too many short names are similar to each other.
    let near = (plain.len() >= 6).then(|| nearest(&plain, all().map(|(_, name)| name).filter(|name| name.len() >= 6)));
    let near = near.flatten().filter(|near| near.len().abs_diff(plain.len()) <= 1)?;
    all().find(|(_, name)| *name == near).map(|(what, _)| what)
}

/// Normalizes a name: lower case, without accents, spaces, and punctuation.
fn plain(name: &str) -> String {
    let lower = name.to_lowercase().replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss");
    lower.nfd().filter(char::is_ascii_alphanumeric).collect()
}

const DELIMITERS: &[u8] = b",;\t|";

/// The attributes that are suitable as an id.
const ID_ATTRIBUTES: &[&str] = &["employeeID", "employeeNumber", "objectGUID"];

const NAMES: &[(&str, &[&str])] = &[
    (
        "id",
        &[
            "id",
            "nr",
            "nummer",
            "number",
            "guid",
            "uuid",
            "entryuuid",
            "employeeid",
            "employeenumber",
            "employeeno",
            "personid",
            "personalnummer",
            "personalnr",
            "persnr",
            "personnelnumber",
            "mitarbeiternummer",
            "mitarbeiternr",
            "mitarbeiterid",
            "staffid",
            "staffnumber",
            "userid",
            "benutzerid",
            "externalid",
            "contractorid",
        ],
    ),
    (
        "mail",
        &["email", "mail", "emailaddress", "mailaddress", "emailadresse", "mailadresse", "primaryemail", "workemail"],
    ),
    ("givenName", &["firstname", "givenname", "vorname", "vornamen", "forename", "first", "rufname"]),
    ("sn", &["lastname", "surname", "nachname", "familyname", "familienname", "zuname", "last"]),
    ("displayName", &["displayname", "fullname", "name", "anzeigename", "vollername", "vollstaendigername"]),
    ("department", &["department", "abteilung", "dept", "team"]),
    ("title", &["jobtitle", "position", "funktion", "stelle", "role", "rolle"]),
    ("company", &["company", "firma", "unternehmen", "employer", "organisation", "organization", "arbeitgeber"]),
    ("telephoneNumber", &["phone", "telephone", "telefon", "phonenumber", "telefonnummer", "tel"]),
    ("mobile", &["mobilephone", "handy", "mobil", "mobiltelefon", "handynummer", "cellphone", "cell"]),
    ("l", &["city", "town", "ort", "stadt"]),
    ("co", &["country", "land"]),
    ("physicalDeliveryOfficeName", &["office", "buero", "standort", "location", "site", "niederlassung"]),
    ("costCenter", &["costcenter", "costcentre", "kostenstelle"]),
    ("preferredLanguage", &["language", "sprache"]),
    ("sAMAccountName", &["username", "login", "account", "benutzername", "anmeldename", "kuerzel"]),
    ("groups", &["groups", "group", "gruppen", "gruppe"]),
    ("enabled", &["enabled", "active", "aktiv", "aktiviert"]),
    ("disabled", &["disabled", "inactive", "inaktiv", "deaktiviert", "gesperrt", "ausgetreten"]),
    (
        "expires",
        &[
            "expires",
            "expiry",
            "expirydate",
            "enddate",
            "contractend",
            "validuntil",
            "ende",
            "enddatum",
            "ablaufdatum",
            "vertragsende",
            "gueltigbis",
            "austritt",
            "austrittsdatum",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(names: &[&str]) -> Guess {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Guess::new(&Header { names, raw: String::new(), file: "x.csv".into() }, b';')
    }

    #[test]
    fn recognizes_headers_in_english_and_german() {
        let german = guess(&[
            "Personalnummer",
            "Vorname",
            "Nachname",
            "E-Mail-Adresse",
            "Abteilung",
            "Gruppen",
            "Vertragsende",
            "Lieblingsfarbe",
        ]);
        assert_eq!(
            german.to_string(),
            "id = \"Personalnummer\"\n\
             columns = { givenName = \"Vorname\", sn = \"Nachname\", mail = \"E-Mail-Adresse\", department = \"Abteilung\" }\n\
             groups = \"Gruppen\"\n\
             expires = \"Vertragsende\"\n\
             # not recognized: `Lieblingsfarbe`\n"
        );
        let english = guess(&["Employee ID", "First name", "SURNAME", "e-mail", "Active"]);
        assert_eq!(
            english.to_string(),
            "id = \"Employee ID\"\n\
             columns = { givenName = \"First name\", sn = \"SURNAME\", mail = \"e-mail\" }\n\
             enabled = \"Active\"\n"
        );
        assert!(german.is_likely() && english.is_likely());
        assert!(!guess(&["Colour", "Weight"]).is_likely());
    }

    #[test]
    fn recognizes_mistyped_names_and_ignores_duplicates() {
        let guess = guess(&["employeID", "Vornamme", "Mail", "E-Mail", "\"quoted\""]);
        assert_eq!(guess.columns.id.as_deref(), Some("employeID"));
        assert_eq!(guess.columns.column("givenname"), Some("Vornamme"));
        assert_eq!(guess.columns.column("mail"), Some("Mail"));
        assert_eq!(guess.unknown, ["E-Mail", "\"quoted\""]);
    }

    #[test]
    fn suggests_the_mail_as_the_id_with_a_warning() {
        let guess = guess(&["Name", "Mail"]);
        assert!(guess.id_is_mail());
        assert!(guess.to_string().starts_with("# no column looks like an id; with the e-mail"), "{guess}");
    }

    #[test]
    fn detects_the_delimiter_from_the_header() {
        for (header, expected) in [
            ("a,b;c;d", b';'),
            ("a,b,c", b','),
            ("a\tb\tc,d", b'\t'),
            ("a|b", b'|'),
            ("mail", b','),
            ("\"a,b,c\";d", b';'),
        ] {
            assert_eq!(delimiter(header), expected, "{header}");
        }
    }
}
