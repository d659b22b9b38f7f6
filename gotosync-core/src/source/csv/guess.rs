//! Which column may be what, by its name in English or German: shown to an admin, and never used unseen.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::columns::{Columns, list};
use super::header::Header;
use crate::model::known_attribute;
use crate::model::text::nearest;

/// What the header of a file looks like.
///
/// `Display` writes it as lines of a configuration file, with what is doubtful as comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The columns that were recognized.
    pub columns: Columns,
    /// The delimiter.
    pub delimiter: char,
    /// Columns that were not.
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

    /// Says whether so much was recognized that this must be a header.
    pub fn is_likely(&self) -> bool {
        let known = self.columns.attributes.len() + usize::from(self.columns.groups.is_some());
        self.columns.column("mail").is_some() || known >= 2
    }

    /// Its lines below a hint.
    pub(crate) fn indented(&self) -> String {
        format!("\n{self}").trim_end().replace('\n', "\n    ")
    }

    /// Says whether the id is the e-mail, for want of anything better.
    pub fn id_is_mail(&self) -> bool {
        self.columns.id.is_some() && self.columns.id.as_deref() == self.columns.column("mail")
    }
}

impl Columns {
    /// The column of an attribute.
    pub fn column(&self, attribute: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(attribute)).map(|(_, column)| column.as_str())
    }
}

impl fmt::Display for Guess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.id_is_mail() {
            f.write_str("# the e-mail, for want of an id: who gets a new address is then somebody else\n")?;
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

/// The delimiter that parts a header into the most columns.
pub(super) fn delimiter(header: &str) -> u8 {
    let count = |delimiter: u8| {
        let mut quoted = false;
        let outside = header.bytes().filter(|byte| {
            quoted ^= *byte == b'"';
            !quoted && *byte == delimiter
        });
        outside.count()
    };
    // Of several that part it into as many, the first of the list.
    let best = DELIMITERS.iter().copied().rev().max_by_key(|delimiter| count(*delimiter));
    best.unwrap_or(b',')
}

/// Says whether the first line of a text looks like the names of columns.
pub(crate) fn is_header(line: &str) -> bool {
    if told_delimiter(line).is_some() {
        return true;
    }
    let delimiter = delimiter(line);
    let names = line.split(char::from(delimiter)).map(|name| name.trim().trim_matches('"').to_owned()).collect();
    let header = Header { names, raw: String::new(), file: String::new() };
    !line.contains('@') && Guess::new(&header, delimiter).is_likely()
}

/// The delimiter of a line `sep=;`.
pub(super) fn told_delimiter(line: &str) -> Option<u8> {
    match line.as_bytes() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] if DELIMITERS.contains(delimiter) => Some(*delimiter),
        _ => None,
    }
}

/// What a column of this name says: an attribute, or one of the other keys of a configuration.
fn meaning(name: &str) -> Option<&'static str> {
    if let Some(attribute) = known_attribute(name) {
        return Some(if ID_ATTRIBUTES.contains(&attribute) { "id" } else { attribute });
    }
    let plain = plain(name);
    let all = || NAMES.iter().flat_map(|(what, names)| names.iter().map(move |name| (*what, *name)));
    if let Some((what, _)) = all().find(|(_, name)| *name == plain) {
        return Some(what);
    }
    // Of short names too many are near each other.
    let near = (plain.len() >= 6).then(|| nearest(&plain, all().map(|(_, name)| name).filter(|name| name.len() >= 6)));
    let near = near.flatten().filter(|near| near.len().abs_diff(plain.len()) <= 1)?;
    all().find(|(_, name)| *name == near).map(|(what, _)| what)
}

/// A name without case, accents, blanks and signs.
fn plain(name: &str) -> String {
    let lower = name.to_lowercase().replace('ä', "ae").replace('ö', "oe").replace('ü', "ue").replace('ß', "ss");
    lower.nfd().filter(char::is_ascii_alphanumeric).collect()
}

const DELIMITERS: &[u8] = b",;\t|";

/// Attributes that are made to be an id.
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
    fn headers_in_two_languages_are_recognized() {
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
    fn mistyped_names_are_near_enough_and_doubles_are_not_taken() {
        let guess = guess(&["employeID", "Vornamme", "Mail", "E-Mail", "\"quoted\""]);
        assert_eq!(guess.columns.id.as_deref(), Some("employeID"));
        assert_eq!(guess.columns.column("givenname"), Some("Vornamme"));
        assert_eq!(guess.columns.column("mail"), Some("Mail"));
        assert_eq!(guess.unknown, ["E-Mail", "\"quoted\""]);
    }

    #[test]
    fn without_an_id_the_mail_is_shown_as_one_with_a_warning() {
        let guess = guess(&["Name", "Mail"]);
        assert!(guess.id_is_mail());
        assert!(guess.to_string().starts_with("# the e-mail, for want of an id"), "{guess}");
    }

    #[test]
    fn the_delimiter_is_the_one_that_parts_the_header() {
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
