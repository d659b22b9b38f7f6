//! LDAP search filters (RFC 4515), evaluated in memory with the semantics of Active Directory.
//!
//! `parse` turns text into a tree, `compile` resolves the names in the tree against a directory, and `evaluate` applies the
//! result to one person after another.

mod compile;
mod evaluate;
mod parse;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Serialize, Serializer};

use self::evaluate::{Compiled, Truth};
use self::parse::{Kind, Node, Test};
use super::directory::{Directory, Person};

/// A valid search filter (RFC 4515).
///
/// It supports exactly what Active Directory supports: and, or, not, equality, presence, substrings, `>=`, `<=`, `~=` (which
/// AD treats as `=`), and three matching rules: `1.2.840.113556.1.4.803` (all bits set), `1.2.840.113556.1.4.804` (any bit
/// set), and `1.2.840.113556.1.4.1941` (in chain). `(&)` is true and `(|)` is false (RFC 4526). Spaces and line breaks are
/// allowed between parentheses. The outermost pair of parentheses is optional, as is the pair after a `!`.
///
/// Values compare according to the syntax of their attribute. The logic has three values (RFC 4511, section 4.5.1.7;
/// MS-ADTS 3.1.1.3.1.3.1). If a person does not have an attribute, comparisons with it are *false*, so
/// `(!(department=Sales))` matches people without a department. If an attribute is unknown, or a value is invalid for the
/// attribute's syntax, comparisons are *undefined*. An undefined filter matches no person, with or without a `!` in front.
///
/// `memberOf` is evaluated against the groups of the directory, never against a stored attribute, and does not include the
/// primary group, as in AD. `(objectClass=*)` and `(distinguishedName=*)` are true for every person. Attribute options
/// (`;lang-en`) are accepted and ignored.
///
/// The collation of a Windows server is not reproduced: a server may treat `Muller` and `Müller` as equal.
///
/// ```
/// use gotosync_core::model::{DirectoryBuilder, Dn, Filter, PersonEntry, PersonId};
///
/// let mut builder = DirectoryBuilder::new();
/// let (department, flags) = (builder.attribute("department"), builder.attribute("userAccountControl"));
/// let ann = PersonEntry::new(PersonId::parse("1"), Dn::parse("CN=Ann,OU=People,DC=x")?);
/// builder.person(ann.with(department, "Sales").with(flags, "514"));
/// let directory = builder.build()?;
/// let ann = &directory.people()[0];
///
/// assert!(Filter::parse("(department=sales)")?.matches(&directory, ann));
/// let enabled = Filter::parse("(&(department=sales)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))")?;
/// assert!(!enabled.matches(&directory, ann));
/// assert_eq!(
///     enabled.explain(&directory, ann).as_deref(),
///     Some("(!(userAccountControl:1.2.840.113556.1.4.803:=2))"),
/// );
///
/// let error = Filter::parse("(department=Sales").unwrap_err();
/// assert_eq!(error.to_string(), "at character 18: expected a closing parenthesis");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Filter {
    text: Box<str>,
    root: Node,
}

/// The position at which a filter is invalid, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {character}: expected {expected}")]
pub struct FilterError {
    /// The byte offset into the filter, from 0.
    pub at: usize,
    /// The same position in characters, from 1.
    pub character: usize,
    /// The text or syntax that was expected.
    pub expected: String,
}

impl Filter {
    /// Parses a filter of at most 64 KiB, nested at most 100 levels deep.
    ///
    /// # Errors
    /// Returns a [`FilterError`] for the first invalid position. Some valid syntax is rejected, too, because it would not
    /// select the intended people: `anr`, `:dn:`, other matching rules, and a bit mask that is not an integer.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self { text: text.into(), root: parse::parse(text)? })
    }

    /// Returns all attributes that the filter uses, in their original spelling but without options. `memberOf` is not included
    /// because group membership is always read.
    pub fn attributes(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.root.visit(&mut |leaf| {
            if !leaf.is("memberOf") {
                names.insert(leaf.attribute.to_string());
            }
        });
        names
    }

    /// Returns `true` if the filter follows references from person to person, as in
    /// `(manager:1.2.840.113556.1.4.1941:=…)`. Such a filter gives correct results only if all people were read.
    pub fn walks_people(&self) -> bool {
        let mut walks = false;
        self.root.visit(&mut |leaf| walks |= matches!(leaf.test, Test::InChain(_)) && !leaf.is("memberOf"));
        walks
    }

    /// Compiles the filter for the people of one directory: names are resolved and values are normalized once, not for each
    /// person.
    pub fn compile<'d>(&self, directory: &'d Directory) -> CompiledFilter<'d> {
        CompiledFilter { text: self.text.clone(), directory, root: compile::compile(&self.root, directory) }
    }

    /// Returns `true` if a person in a directory matches.
    ///
    /// This compiles the filter on each call. To check several people, call [`compile`](Self::compile) once.
    pub fn matches(&self, directory: &Directory, person: &Person) -> bool {
        self.compile(directory).matches(person)
    }

    /// Returns the part of the filter that a person does not match: the first failing comparison, or the smallest part that
    /// cannot be narrowed down to one comparison (an `|` without a match, or a `!` whose content matches). Returns `None` if
    /// the person matches.
    ///
    /// This compiles the filter on each call.
    pub fn explain(&self, directory: &Directory, person: &Person) -> Option<String> {
        let root = compile::compile(&self.root, directory);
        let node = blame(&self.root, &root, directory, person)?;
        let text = &self.text[node.span.clone()];
        Some(if text.starts_with('(') { text.to_owned() } else { format!("({text})") })
    }
}

/// Descends to the smallest node that explains why a person does not match.
fn blame<'n>(node: &'n Node, compiled: &Compiled, directory: &Directory, person: &Person) -> Option<&'n Node> {
    if compiled.truth(directory, person) == Truth::True {
        return None;
    }
    let inner = match (&node.kind, compiled) {
        (Kind::And(nodes), Compiled::And(parts)) => {
            nodes.iter().zip(parts).find_map(|(node, part)| blame(node, part, directory, person))
        }
        (Kind::Or(nodes), Compiled::Or(parts)) if nodes.len() == 1 => blame(&nodes[0], &parts[0], directory, person),
        _ => None,
    };
    Some(inner.unwrap_or(node))
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// A [`Filter`] compiled for the people of one directory; see [`Filter::compile`].
pub struct CompiledFilter<'d> {
    text: Box<str>,
    directory: &'d Directory,
    root: Compiled,
}

impl CompiledFilter<'_> {
    /// Returns `true` if a person in the directory matches.
    ///
    /// The result is meaningless for people of another directory, which has different groups and attribute numbers.
    pub fn matches(&self, person: &Person) -> bool {
        self.root.truth(self.directory, person) == Truth::True
    }
}

impl fmt::Display for CompiledFilter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for CompiledFilter<'_> {
    /// Shows only the text, because the directory may contain a million people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CompiledFilter").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DirectoryBuilder, Dn, GroupEntry, GroupId, PersonEntry, PersonId, PrimaryGroup};

    const GUID: [u8; 16] =
        [0x00, 0x29, 0xc0, 0xff, 0x1f, 0xc6, 0xd7, 0x49, 0x83, 0x53, 0xd8, 0xae, 0x8f, 0xb3, 0x68, 0x2e];
    const SID: [u8; 16] = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xf4, 1, 0, 0];

    fn dn(text: &str) -> Dn {
        Dn::parse(text).unwrap()
    }

    /// Ann is Bob's manager, and Bob is the manager of `Müller\, Max`; Cid and Dot manage each other. Staff and All are members
    /// of each other.
    fn directory() -> Directory {
        let mut builder = DirectoryBuilder::new();
        let mut people = Vec::new();
        let mut person = |builder: &mut DirectoryBuilder, id: &str, name: &str, attributes: &[(&str, &str)]| {
            let mut entry = PersonEntry::new(PersonId::parse(id), dn(&format!("CN={name},OU=People,DC=x")));
            for (attribute, value) in attributes {
                entry = entry.with(builder.attribute(attribute), *value);
            }
            people.push(entry);
        };
        person(
            &mut builder,
            "1",
            "Ann",
            &[
                ("cn", "Ann  Lee-Smith"),
                ("department", "Sales"),
                ("userAccountControl", "512"),
                ("objectClass", "top"),
                ("objectClass", "user"),
                ("objectCategory", "CN=Person,CN=Schema,CN=Configuration,DC=x"),
                ("whenCreated", "20240101000000.0Z"),
                ("isDeleted", "FALSE"),
                ("company", "A(B)*C\\D"),
                ("flags", "6"),
                ("employeeType", "x"),
            ],
        );
        person(
            &mut builder,
            "2",
            "Bob",
            &[
                ("manager", "CN=Ann,OU=People,DC=x"),
                ("userAccountControl", "66050"),
                ("groupType", "-2147483646"),
                ("description", "one"),
                ("description", "Two"),
                ("employeeType", "not a number"),
            ],
        );
        person(
            &mut builder,
            "3",
            r"Müller\, Max",
            &[
                ("manager", "cn=bob, ou=people, dc=x"),
                ("cn", "Müller, Max"),
                ("department", "Vertrieb Süd"),
                ("userAccountControl", "rubbish"),
            ],
        );
        person(&mut builder, "4", "Cid", &[("manager", "CN=Dot,OU=People,DC=x"), ("friend", "CN=Bob,OU=People,DC=x")]);
        person(&mut builder, "5", "Dot", &[("manager", "CN=Cid,OU=People,DC=x")]);
        let (guid, sid) = (builder.attribute("objectGUID"), builder.attribute("objectSid"));
        let first = people.remove(0).with(guid, GUID.to_vec()).with(sid, SID.to_vec());
        people.insert(0, first);
        people[0].primary_group = Some(PrimaryGroup { sid: Box::new([9]) });
        for entry in people {
            builder.person(entry);
        }
        let group =
            |id: &str, name: &str| GroupEntry::new(GroupId::parse(id), dn(&format!("CN={name},OU=Groups,DC=x")));
        builder.group(group("g1", "All").member("CN=Staff,OU=Groups,DC=x").member("CN=Cid,OU=People,DC=x"));
        builder.group(group("g2", "Staff").member("CN=Ann,OU=People,DC=x").member("CN=All,OU=Groups,DC=x"));
        builder.group(group("g3", r"R\+D (new)").member(r"CN=Müller\, Max,OU=People,DC=x"));
        builder.group(GroupEntry { sid: Some(Box::new([9])), ..group("g4", "Domain Users") });
        builder.build().unwrap()
    }

    /// Filters and the ids of the people that they match.
    const MATCHES: &[(&str, &str)] = &[
        // Logic.
        ("(&)", "12345"),
        ("(|)", ""),
        ("(!(&))", ""),
        ("(!(|))", "12345"),
        ("(&(department=Sales)(userAccountControl=512))", "1"),
        ("(|(department=Sales)(userAccountControl=66050))", "12"),
        ("(!(department=Sales))", "2345"),
        ("(!department=Sales)", "2345"),
        ("(!(!(department=Sales)))", "1"),
        ("department=Sales", "1"),
        ("&(department=*)(!(department=Sales))", "3"),
        (" ( &\n  ( department=Sales )\n  ( | (cn=ann*) )\n) ", "1"),
        // Undefined: neither the comparison nor its negation matches. An `|` around it can still match, and an `&` can be false.
        ("(nobodyKnows=1)", ""),
        ("(!(nobodyKnows=1))", ""),
        ("(nobodyKnows=*)", ""),
        ("(!(nobodyKnows=*))", ""),
        ("(|(nobodyKnows=1)(department=Sales))", "1"),
        ("(!(&(nobodyKnows=1)(department=Sales)))", "2345"),
        ("(!(|(nobodyKnows=1)(department=Sales)))", ""),
        ("(!(userAccountControl=many))", ""),
        ("(!(pager=1))", "12345"),
        // Presence.
        ("(department=*)", "13"),
        ("(DEPARTMENT=*)", "13"),
        ("(!(department=*))", "245"),
        ("(objectClass=*)", "12345"),
        ("(distinguishedName=*)", "12345"),
        // Text.
        ("(cn= ann lee-SMITH )", "1"),
        ("(cn~=ANN LEE-SMITH)", "1"),
        ("(cn:=ann lee-smith)", "1"),
        ("(cn;lang-en=ann lee-smith)", "1"),
        ("(cn=MÜLLER, MAX)", "3"),
        (r"(cn=m\c3\bcller, max)", "3"),
        (r"(cn=\ff)", ""),
        (r"(!(cn=\ff))", ""),
        ("(description=TWO)", "2"),
        ("(objectClass=User)", "1"),
        (r"(company=a\28b\29\2aC\5cd)", "1"),
        ("(department=)", ""),
        // Substrings.
        ("(cn=ann*)", "1"),
        ("(cn=*SMITH)", "1"),
        ("(cn=*lee*)", "1"),
        ("(cn=a*n*e*h)", "1"),
        ("(cn=a**h)", "1"),
        ("(cn=ann lee-smith*smith)", ""),
        ("(cn=*smith*smith)", ""),
        ("(cn=ann  *)", "1"),
        ("(cn=*n l*)", "1"),
        ("(cn=* lee*)", "1"),
        ("(cn=an *)", ""),
        ("(cn=* *)", "13"),
        ("(cn=*ü*)", "3"),
        ("(cn=*Ü*R, m*)", "3"),
        (r"(company=*\2a*)", "1"),
        ("(**=x)", "refused"),
        // Order.
        ("(department>=sales)", "13"),
        ("(department<=SALES)", "1"),
        ("(department<=Salesa)", "1"),
        ("(department>=salesa)", "3"),
        ("(userAccountControl>=512)", "12"),
        ("(userAccountControl<=1000)", "1"),
        ("(userAccountControl>=1000)", "2"),
        ("(whenCreated>=20231231235959.0Z)", "1"),
        ("(whenCreated>=20240101000000Z)", "1"),
        ("(whenCreated<=20240101000000.9Z)", "1"),
        ("(whenCreated<=20240101010000+0100)", "1"),
        ("(whenCreated>=20240101000001Z)", ""),
        ("(!(whenCreated>=2024-01-01))", ""),
        ("(manager>=CN=Ann,OU=People,DC=x)", ""),
        ("(!(isDeleted>=TRUE))", ""),
        // Integers compare numerically; values that are not integers never match.
        ("(userAccountControl=000512)", "1"),
        ("(userAccountControl=5*)", ""),
        ("(!(userAccountControl=512))", "2345"),
        ("(userAccountControl:1.2.840.113556.1.4.803:=2)", "2"),
        ("(userAccountControl:1.2.840.113556.1.4.803:=65538)", "2"),
        ("(userAccountControl:1.2.840.113556.1.4.803:=3)", ""),
        ("(userAccountControl:1.2.840.113556.1.4.803:=0)", "12"),
        ("(userAccountControl:1.2.840.113556.1.4.804:=3)", "2"),
        ("(userAccountControl:1.2.840.113556.1.4.804:=0)", ""),
        ("(!(userAccountControl:1.2.840.113556.1.4.803:=2))", "1345"),
        ("(groupType:1.2.840.113556.1.4.803:=2147483648)", "2"),
        ("(flags:1.2.840.113556.1.4.803:=6)", "1"),
        ("(!(department:1.2.840.113556.1.4.803:=1))", ""),
        // Boolean.
        ("(isDeleted=false)", "1"),
        ("(isDeleted=TRUE)", ""),
        ("(!(isDeleted=0))", ""),
        // Bytes.
        (r"(objectGUID=\00\29\c0\ff\1f\c6\d7\49\83\53\d8\ae\8f\b3\68\2e)", "1"),
        ("(objectGUID=ffc02900-c61f-49d7-8353-d8ae8fb3682e)", "1"),
        ("(objectGUID={FFC02900-C61F-49D7-8353-D8AE8FB3682E})", "1"),
        ("(objectGUID=ffc02900-c61f-49d7-8353-d8ae8fb3682f)", ""),
        (r"(objectGUID=\00\29*\2e)", "1"),
        (r"(objectGUID>=\00\29)", "1"),
        ("(objectSid=S-1-5-21-500)", "1"),
        ("(objectSid=S-1-5-21-501)", ""),
        (r"(objectSid=\01\02\00\00\00\00\00\05\15\00\00\00\f4\01\00\00)", "1"),
        // Names.
        ("(manager=cn=ann, ou=people,dc=x)", "2"),
        ("(manager=CN=Bob,OU=People,DC=x)", "3"),
        ("(manager=CN=*)", ""),
        ("(!(manager=CN=*))", ""),
        ("(!(manager=Ann))", ""),
        ("(distinguishedName=cn=BOB,ou=People,dc=X)", "2"),
        (r"(distinguishedName=CN=Müller\5c, Max,OU=People,DC=x)", "3"),
        (r"(distinguishedName=CN=Müller\5c2C Max,OU=People,DC=x)", "3"),
        ("(objectCategory=person)", "1"),
        ("(objectCategory=User)", "1"),
        ("(objectCategory=computer)", ""),
        ("(objectCategory=cn=person,cn=schema,cn=configuration,dc=X)", "1"),
        ("(objectCategory=per*)", ""),
        // Groups.
        ("(memberOf=CN=Staff,OU=Groups,DC=x)", "1"),
        ("(MEMBEROF=cn=all,ou=groups,dc=x)", "4"),
        (r"(memberOf=CN=R\5c+D \28new\29,OU=Groups,DC=x)", "3"),
        ("(memberOf=*)", "134"),
        ("(!(memberOf=*))", "25"),
        ("(memberOf=CN=Domain Users,OU=Groups,DC=x)", ""),
        ("(memberOf=CN=Gone,OU=Groups,DC=x)", ""),
        ("(!(memberOf=CN=Gone,OU=Groups,DC=x))", "12345"),
        ("(!(memberOf=Staff))", ""),
        ("(!(memberOf=CN=St*))", ""),
        ("(memberOf:1.2.840.113556.1.4.1941:=CN=All,OU=Groups,DC=x)", "14"),
        ("(memberOf:1.2.840.113556.1.4.1941:=CN=Domain Users,OU=Groups,DC=x)", ""),
        ("(memberOf:1.2.840.113556.1.4.1941:=CN=Gone,OU=Groups,DC=x)", ""),
        // Chains of references from person to person.
        ("(manager:1.2.840.113556.1.4.1941:=CN=Ann,OU=People,DC=x)", "23"),
        ("(manager:1.2.840.113556.1.4.1941:=cn=bob, ou=people, dc=x)", "3"),
        ("(manager:1.2.840.113556.1.4.1941:=CN=Cid,OU=People,DC=x)", "45"),
        ("(manager:1.2.840.113556.1.4.1941:=CN=Nobody,OU=People,DC=x)", ""),
        ("(!(manager:1.2.840.113556.1.4.1941:=Ann))", ""),
        ("(friend:1.2.840.113556.1.4.1941:=CN=Bob,OU=People,DC=x)", "4"),
        ("(distinguishedName:1.2.840.113556.1.4.1941:=CN=Bob,OU=People,DC=x)", "2"),
        ("(!(cn:1.2.840.113556.1.4.1941:=CN=Bob,OU=People,DC=x))", ""),
    ];

    #[test]
    fn matches_the_same_people_as_active_directory() {
        let directory = directory();
        for (text, expected) in MATCHES {
            let Ok(filter) = Filter::parse(text) else {
                assert_eq!(*expected, "refused", "{text}");
                continue;
            };
            let compiled = filter.compile(&directory);
            let matched = directory.people().iter().filter(|person| compiled.matches(person));
            assert_eq!(matched.map(|person| person.id.to_string()).collect::<String>(), *expected, "{text}");
            for person in directory.people() {
                assert_eq!(filter.explain(&directory, person).is_none(), filter.matches(&directory, person), "{text}");
            }
        }
    }

    #[test]
    fn explains_which_part_of_a_filter_a_person_does_not_match() {
        let directory = directory();
        for (text, expected) in [
            ("(&(cn=ann*)(&(department=Sales)(isDeleted=TRUE)))", "(isDeleted=TRUE)"),
            ("(&(cn=ann*)(|(department=IT)))", "(department=IT)"),
            ("(&(cn=ann*)(|(department=IT)(department=HR)))", "(|(department=IT)(department=HR))"),
            ("(!( department=Sales))", "(!( department=Sales))"),
            ("department=IT", "(department=IT)"),
            ("(&(nobodyKnows=1))", "(nobodyKnows=1)"),
        ] {
            let filter = Filter::parse(text).unwrap();
            assert_eq!(filter.explain(&directory, &directory.people()[0]).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn lists_the_attributes_that_must_be_read() {
        let filter = Filter::parse("(&(CN;lang-de=a)(|(memberOf=*)(!(mail=b)))(cn=c)(distinguishedName=*))").unwrap();
        assert_eq!(filter.attributes().into_iter().collect::<Vec<_>>(), ["CN", "cn", "distinguishedName", "mail"]);
        assert!(!filter.walks_people());
        assert!(!Filter::parse("(memberof:1.2.840.113556.1.4.1941:=CN=a)").unwrap().walks_people());
        assert!(Filter::parse("(!(manager:1.2.840.113556.1.4.1941:=CN=a))").unwrap().walks_people());
    }

    #[test]
    fn keeps_the_original_text() {
        let text = " ( & (cn=a ) ) ";
        let filter = Filter::parse(text).unwrap();
        assert_eq!(filter.to_string(), text);
        assert_eq!(format!("{filter:?}"), format!("Filter({text:?})"));
        assert_eq!(serde_json::to_value(&filter).unwrap(), text);
        assert_eq!(filter, filter.clone());
        assert_ne!(filter, Filter::parse("(cn=a)").unwrap());
    }
}
