//! The compiler: everything that can be looked up, normalized, or followed once is done here, not for every person.

use std::collections::VecDeque;

use hashbrown::HashMap;
use uuid::Uuid;

use super::evaluate::{Compare, Compiled, Name, Order, Truth, boolean, time};
use super::parse::integer;
use super::parse::{Kind, Leaf, Node, Substrings, Test};
use crate::model::directory::{Directory, Person};
use crate::model::dn::{self, Dn};
use crate::model::schema::{AttrId, AttributeTable, Syntax, known_id};
use crate::model::text::fold;
use crate::model::value::Value;

pub(super) fn compile(root: &Node, directory: &Directory) -> Compiled {
    Compiler { directory, by_name: None }.node(root)
}

struct Compiler<'d> {
    directory: &'d Directory,
    /// People by normalized DN; built for the first chain and reused for the others.
    by_name: Option<HashMap<String, usize>>,
}

impl Compiler<'_> {
    fn node(&mut self, node: &Node) -> Compiled {
        match &node.kind {
            Kind::And(nodes) => Compiled::And(nodes.iter().map(|node| self.node(node)).collect()),
            Kind::Or(nodes) => Compiled::Or(nodes.iter().map(|node| self.node(node)).collect()),
            Kind::Not(node) => Compiled::Not(Box::new(self.node(node))),
            Kind::Leaf(leaf) => self.leaf(leaf).unwrap_or(Compiled::Constant(Truth::Undefined)),
        }
    }

    /// Compiles a comparison; returns `None` if it is undefined for every person.
    fn leaf(&mut self, leaf: &Leaf) -> Option<Compiled> {
        if leaf.is("memberOf") {
            return self.membership(&leaf.test);
        }
        let id = self.directory.attributes().find(&leaf.attribute)?;
        let known = known_id(&leaf.attribute).map(AttributeTable::syntax);
        let own_name = leaf.is("distinguishedName");
        match &leaf.test {
            // MS-ADTS 3.1.1.3.1.3.1: true for every object, whether or not the attribute is stored.
            Test::Present if own_name || leaf.is("objectClass") => Some(Compiled::Constant(Truth::True)),
            Test::Present => Some(Compiled::Values(id, Compare::Present)),
            // The syntax of an attribute outside the known schema is unknown, so its values may be DNs.
            Test::InChain(wanted) if matches!(known, None | Some(Syntax::Dn)) => {
                let wanted = name(wanted)?;
                let origin = if own_name { None } else { Some(id) };
                Some(Compiled::OneOf(self.reaching(origin, &wanted)))
            }
            Test::AllBits(mask) if matches!(known, None | Some(Syntax::Integer)) => {
                Some(Compiled::Values(id, Compare::AllBits(*mask)))
            }
            Test::AnyBit(mask) if matches!(known, None | Some(Syntax::Integer)) => {
                Some(Compiled::Values(id, Compare::AnyBit(*mask)))
            }
            // MS-ADTS 3.1.1.3.4.4: undefined for attributes with any other syntax.
            Test::InChain(_) | Test::AllBits(_) | Test::AnyBit(_) => None,
            Test::Equal(wanted) if own_name => Some(Compiled::At(Name::new(&name(wanted)?))),
            Test::Equal(wanted) => Some(Compiled::Values(id, comparison(leaf, id, Order::Equal, wanted)?)),
            Test::AtLeast(wanted) => Some(Compiled::Values(id, comparison(leaf, id, Order::AtLeast, wanted)?)),
            Test::AtMost(wanted) => Some(Compiled::Values(id, comparison(leaf, id, Order::AtMost, wanted)?)),
            Test::Substrings(pieces) => match AttributeTable::syntax(id) {
                Syntax::Text => Some(Compiled::Values(id, Compare::TextPieces(fold_pieces(pieces)?))),
                Syntax::Octets => Some(Compiled::Values(id, Compare::OctetPieces(pieces.clone()))),
                Syntax::Dn | Syntax::Integer | Syntax::Boolean | Syntax::Time => None,
            },
        }
    }

    /// Compiles a comparison with `memberOf`. A group that does not exist in the directory has no members; this is not an error.
    fn membership(&self, test: &Test) -> Option<Compiled> {
        let no_person = Compiled::Constant(Truth::False);
        match test {
            Test::Present => Some(Compiled::InAnyGroup),
            Test::Equal(wanted) => {
                Some(self.directory.group_by_dn(&name(wanted)?).map_or(no_person, Compiled::InGroup))
            }
            Test::InChain(wanted) => {
                let Some(top) = self.directory.group_by_dn(&name(wanted)?) else { return Some(no_person) };
                let mut marked = vec![false; self.directory.groups().len()];
                for group in self.directory.nested_groups(top) {
                    marked[group.index()] = true;
                }
                Some(Compiled::InGroups(marked.into()))
            }
            Test::AtLeast(_) | Test::AtMost(_) | Test::Substrings(_) | Test::AllBits(_) | Test::AnyBit(_) => None,
        }
    }

    /// Marks every person whose references lead to a DN, directly or through other people. The references are the values of an
    /// attribute, or the person's own DN if `origin` is `None`.
    ///
    /// The references are followed backwards from the DN, so long chains cost no more than short ones, and cycles are
    /// harmless.
    fn reaching(&mut self, origin: Option<AttrId>, wanted: &Dn) -> Box<[bool]> {
        let people = self.directory.people();
        let by_name = self
            .by_name
            .get_or_insert_with(|| people.iter().enumerate().map(|(at, person)| (person.dn.key(), at)).collect());
        let wanted = wanted.key();
        let mut pointing: Vec<Vec<u32>> = vec![Vec::new(); people.len()];
        let mut queue = VecDeque::new();
        for (at, person) in people.iter().enumerate() {
            for key in links(person, origin).map(dn::key) {
                if key == wanted {
                    queue.push_back(at);
                } else if let Some(next) = by_name.get(&key) {
                    pointing[*next].push(at as u32);
                }
            }
        }
        let mut marked = vec![false; people.len()];
        while let Some(at) = queue.pop_front() {
            if !std::mem::replace(&mut marked[at], true) {
                queue.extend(pointing[at].iter().map(|from| *from as usize));
            }
        }
        marked.into()
    }
}

fn links(person: &Person, origin: Option<AttrId>) -> impl Iterator<Item = &str> {
    let own = origin.is_none().then(|| person.dn.as_str());
    own.into_iter().chain(origin.into_iter().flat_map(|id| person.attributes.values(id)).filter_map(Value::as_text))
}

/// Parses an assertion value by the attribute's syntax; returns `None` if the value is invalid or the syntax has no ordering.
fn comparison(leaf: &Leaf, id: AttrId, order: Order, wanted: &[u8]) -> Option<Compare> {
    let text = std::str::from_utf8(wanted).ok();
    match (AttributeTable::syntax(id), order) {
        (Syntax::Text, _) => Some(Compare::Text(order, fold(text?).into())),
        (Syntax::Integer, _) => Some(Compare::Integer(order, integer(text?)?)),
        (Syntax::Time, _) => Some(Compare::Time(order, time(text?)?)),
        (Syntax::Octets, Order::Equal) => Some(Compare::AnyOctets(octets(leaf, wanted))),
        (Syntax::Octets, _) => Some(Compare::Octets(order, wanted.to_vec())),
        (Syntax::Boolean, Order::Equal) => boolean(text?).map(Compare::Boolean),
        (Syntax::Dn, Order::Equal) if leaf.is("objectCategory") && !text?.contains('=') => {
            Some(Compare::Category(category(text?).into()))
        }
        (Syntax::Dn, Order::Equal) => Some(Compare::Name(Name::new(&name(wanted)?))),
        (Syntax::Boolean | Syntax::Dn, Order::AtLeast | Order::AtMost) => None,
    }
}

fn name(wanted: &[u8]) -> Option<Dn> {
    Dn::parse(std::str::from_utf8(wanted).ok()?).ok()
}

/// Returns the object category of a class, as the first RDN of its name (MS-ADTS 3.1.1.3.1.3.5: a class name is replaced
/// with the `defaultObjectCategory` of the class). All classes of people have the same category.
fn category(class: &str) -> &str {
    let class = class.trim();
    let of_people = ["user", "contact", "inetOrgPerson", "organizationalPerson"];
    if of_people.iter().any(|other| other.eq_ignore_ascii_case(class)) { "person" } else { class }
}

/// Returns the possible meanings of an assertion on bytes: the bytes themselves and, as in AD since 2008 R2, an id in text form.
fn octets(leaf: &Leaf, wanted: &[u8]) -> Vec<Vec<u8>> {
    let mut readings = vec![wanted.to_vec()];
    let text = std::str::from_utf8(wanted).unwrap_or_default().trim();
    if leaf.is("objectGUID") && text.contains('-') {
        readings.extend(Uuid::try_parse(text).ok().map(|guid| guid.to_bytes_le().to_vec()));
    } else if leaf.is("objectSid") {
        readings.extend(sid(text));
    }
    readings
}

/// Parses a SID of the form `S-1-5-21-…` into bytes (MS-DTYP 2.4.2.2).
fn sid(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.strip_prefix(['S', 's'])?.strip_prefix('-')?.split('-');
    let revision: u8 = parts.next()?.parse().ok()?;
    let authority: u64 = parts.next()?.parse().ok().filter(|authority| *authority < 1 << 48)?;
    let rest: Vec<u32> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let count = u8::try_from(rest.len()).ok().filter(|count| *count <= 15)?;
    let mut bytes = vec![revision, count];
    bytes.extend(&authority.to_be_bytes()[2..]);
    bytes.extend(rest.iter().flat_map(|part| part.to_le_bytes()));
    Some(bytes)
}

/// Normalizes parts like complete texts, but keeps a space at a cut: `(cn=Ann *)` requires a space after `Ann`.
fn fold_pieces(pieces: &Substrings) -> Option<Substrings> {
    let text = |piece| std::str::from_utf8(piece).ok();
    let space = |there: bool| if there { " " } else { "" };
    let before = |piece: &str| space(piece.starts_with(char::is_whitespace));
    let after = |piece: &str| space(piece.ends_with(char::is_whitespace));
    let (initial, last) = (text(&pieces.initial)?, text(&pieces.last)?);
    let initial = format!("{}{}", fold(initial), after(initial));
    let last = format!("{}{}", before(last), fold(last));
    let any = pieces.any.iter().map(|piece| {
        let piece = text(piece)?;
        let folded = fold(piece);
        let blank = folded.is_empty();
        Some(if blank { " ".into() } else { format!("{}{folded}{}", before(piece), after(piece)).into_bytes() })
    });
    // Values have no spaces at their ends.
    Some(Substrings {
        initial: initial.trim_start().as_bytes().to_vec(),
        any: any.collect::<Option<_>>()?,
        last: last.trim_end().as_bytes().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_sids_into_the_byte_form_of_windows() {
        assert_eq!(sid("s-1-5-32-544"), Some(vec![1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]));
        for no in ["", "S", "S-", "S-1", "S-1-x", "S-1-5--1", "S-1-5-4294967296", "S-300-5", "S-1-281474976710656"] {
            assert_eq!(sid(no), None, "{no}");
        }
        assert_eq!(sid(&format!("S-1-5{}", "-1".repeat(16))), None);
    }
}
