//! The parser: the grammar of RFC 4515 with the extensions that Microsoft's own LDAP client accepts.

use std::ops::Range;

use super::FilterError;

/// A filter or a part of one, with its position in the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Leaf(Leaf),
}

/// A comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    /// The attribute's name as written, without options.
    pub(super) attribute: Box<str>,
    pub(super) test: Test,
}

/// The test that an attribute's values must pass. Assertion values are bytes, to be interpreted by the attribute's syntax.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Present,
    Equal(Vec<u8>),
    AtLeast(Vec<u8>),
    AtMost(Vec<u8>),
    Substrings(Substrings),
    AllBits(i64),
    AnyBit(i64),
    InChain(Vec<u8>),
}

/// The parts between the asterisks; `initial` and `last` may be empty, the others are not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Substrings {
    pub(super) initial: Vec<u8>,
    pub(super) any: Vec<Vec<u8>>,
    pub(super) last: Vec<u8>,
}

impl Node {
    /// Calls a function for every comparison, from left to right.
    pub(super) fn visit(&self, see: &mut impl FnMut(&Leaf)) {
        match &self.kind {
            Kind::And(nodes) | Kind::Or(nodes) => nodes.iter().for_each(|node| node.visit(see)),
            Kind::Not(node) => node.visit(see),
            Kind::Leaf(leaf) => see(leaf),
        }
    }
}

impl Leaf {
    /// Returns `true` if the comparison uses this attribute.
    pub(super) fn is(&self, name: &str) -> bool {
        self.attribute.eq_ignore_ascii_case(name)
    }
}

pub(super) fn parse(text: &str) -> Result<Node, FilterError> {
    let mut parser = Parser { text, at: 0 };
    if text.len() > MAX_BYTES {
        return parser.fail(MAX_BYTES, format!("the end of the filter: the maximum length is {MAX_BYTES} bytes"));
    }
    parser.blanks();
    let root = match parser.peek() {
        None => return parser.fail(parser.at, "a filter such as `(department=Sales)`"),
        Some(b'(') => parser.filter(1)?,
        Some(_) => parser.bare(1)?,
    };
    parser.blanks();
    match parser.peek() {
        None => Ok(root),
        Some(b'(') => parser.fail(parser.at, "the end of the filter; combine several filters as `(&(…)(…))`"),
        Some(_) => parser.fail(parser.at, "the end of the filter"),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

/// The meaning of an asterisk in a value.
#[derive(Clone, Copy, PartialEq)]
enum Stars {
    Separate,
    Refused,
}

impl<'t> Parser<'t> {
    fn filter(&mut self, depth: usize) -> Result<Node, FilterError> {
        let start = self.at;
        self.at += 1;
        self.blanks();
        let kind = self.component(depth)?;
        self.blanks();
        if !self.take(b')') {
            return self.fail(self.at, "a closing parenthesis");
        }
        Ok(Node { span: start..self.at, kind })
    }

    /// Parses a filter without parentheses.
    fn bare(&mut self, depth: usize) -> Result<Node, FilterError> {
        let start = self.at;
        let kind = self.component(depth)?;
        Ok(Node { span: start..self.at, kind })
    }

    fn component(&mut self, depth: usize) -> Result<Kind, FilterError> {
        // Limits the recursion here and in all functions that walk the tree, because the stack is finite.
        if depth > MAX_DEPTH {
            return self.fail(self.at, format!("at most {MAX_DEPTH} levels of nested filters"));
        }
        match self.peek() {
            Some(b'&') => self.list(depth).map(Kind::And),
            Some(b'|') => self.list(depth).map(Kind::Or),
            Some(b'!') => {
                self.at += 1;
                self.blanks();
                let inner = if self.peek() == Some(b'(') { self.filter(depth + 1) } else { self.bare(depth + 1) };
                Ok(Kind::Not(Box::new(inner?)))
            }
            _ => self.leaf().map(Kind::Leaf),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, FilterError> {
        self.at += 1;
        let mut nodes = Vec::new();
        let mut end = self.at;
        loop {
            self.blanks();
            match self.peek() {
                Some(b'(') => nodes.push(self.filter(depth + 1)?),
                Some(b')') | None => break,
                Some(_) => return self.fail(self.at, "a filter in parentheses, or a closing parenthesis"),
            }
            end = self.at;
        }
        // Spaces after the last filter belong to the next token.
        self.at = end;
        Ok(nodes)
    }

    fn leaf(&mut self) -> Result<Leaf, FilterError> {
        let start = self.at;
        let attribute = self.while_of(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
        if attribute.is_empty() {
            return self.fail(start, "an attribute name");
        }
        if attribute.eq_ignore_ascii_case("anr") {
            let instead = "attribute names instead of `anr`, for example `(|(displayName=ann*)(mail=ann*))`";
            return self.fail(start, instead);
        }
        while self.take(b';') {
            if self.while_of(|b| b.is_ascii_alphanumeric() || b == b'-').is_empty() {
                return self.fail(self.at, "an attribute option after the semicolon");
            }
        }
        let test = self.test()?;
        Ok(Leaf { attribute: attribute.into(), test })
    }

    fn test(&mut self) -> Result<Test, FilterError> {
        let start = self.at;
        if self.take(b'=') {
            return self.value(Stars::Separate).map(equality);
        }
        if self.take(b':') {
            return self.extensible();
        }
        let operator = self.peek();
        self.at += usize::from(matches!(operator, Some(b'>' | b'<' | b'~')));
        match operator {
            Some(b'>') if self.take(b'=') => self.whole_value().map(Test::AtLeast),
            Some(b'<') if self.take(b'=') => self.whole_value().map(Test::AtMost),
            // MS-ADTS 3.1.1.3.1.3.1: an approximate match is the same as equality.
            Some(b'~') if self.take(b'=') => self.whole_value().map(Test::Equal),
            Some(b'>') => self.fail(start, "`>=`; the operator `>` does not exist"),
            Some(b'<') => self.fail(start, "`<=`; the operator `<` does not exist"),
            _ => self.fail(start, "`=`, `>=`, `<=`, `~=` or `:` after the attribute name"),
        }
    }

    /// Parses the rest of `attribute:rule:=value` after the first colon.
    fn extensible(&mut self) -> Result<Test, FilterError> {
        if self.take(b'=') {
            return self.whole_value().map(Test::Equal);
        }
        let start = self.at;
        let rule = self.while_of(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
        if rule.eq_ignore_ascii_case("dn") {
            return self.fail(start, "a matching rule; `:dn` is not supported, and Active Directory ignores it, too");
        }
        if ![ALL_BITS, ANY_BIT, IN_CHAIN].contains(&rule) {
            let rules =
                format!("one of the matching rules {ALL_BITS} (all bits), {ANY_BIT} (any bit), {IN_CHAIN} (in chain)");
            return self.fail(start, rules);
        }
        if !(self.take(b':') && self.take(b'=')) {
            return self.fail(self.at, "`:=` after the matching rule");
        }
        let at = self.at;
        let value = self.whole_value()?;
        if rule == IN_CHAIN {
            return Ok(Test::InChain(value));
        }
        match std::str::from_utf8(&value).ok().and_then(integer) {
            Some(mask) if rule == ALL_BITS => Ok(Test::AllBits(mask)),
            Some(mask) => Ok(Test::AnyBit(mask)),
            None => self.fail(at, "a decimal integer of at most 64 bits"),
        }
    }

    fn whole_value(&mut self) -> Result<Vec<u8>, FilterError> {
        self.value(Stars::Refused).map(|pieces| pieces.concat())
    }

    /// Parses the unescaped parts of a value between asterisks, up to the closing parenthesis; one part if there is no asterisk.
    fn value(&mut self, stars: Stars) -> Result<Vec<Vec<u8>>, FilterError> {
        let mut pieces = Vec::new();
        let mut piece = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| *byte != b')') {
            match byte {
                b'*' if stars == Stars::Separate => pieces.push(std::mem::take(&mut piece)),
                b'*' => return self.fail(self.at, "`\\2a` for an asterisk; wildcards are allowed only after `=`"),
                b'(' => return self.fail(self.at, "`\\28` for an opening parenthesis in a value"),
                b'\\' => {
                    let digit = |at| self.text.as_bytes().get(at).and_then(|b| char::from(*b).to_digit(16));
                    let (Some(high), Some(low)) = (digit(self.at + 1), digit(self.at + 2)) else {
                        return self.fail(self.at + 1, "two hexadecimal digits after the backslash");
                    };
                    piece.push((high * 16 + low) as u8);
                    self.at += 2;
                }
                _ => piece.push(byte),
            }
            self.at += 1;
        }
        pieces.push(piece);
        Ok(pieces)
    }

    fn blanks(&mut self) {
        self.while_of(|b| b.is_ascii_whitespace());
    }

    fn while_of(&mut self, wanted: impl Fn(u8) -> bool) -> &'t str {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fail<T>(&self, at: usize, expected: impl Into<String>) -> Result<T, FilterError> {
        let character = 1 + self.text.char_indices().take_while(|(start, _)| *start < at).count();
        Err(FilterError { at, character, expected: expected.into() })
    }
}

/// Interprets `=` with a value: equality, presence, or substrings.
fn equality(mut pieces: Vec<Vec<u8>>) -> Test {
    let last = pieces.pop().unwrap_or_default();
    if pieces.is_empty() {
        return Test::Equal(last);
    }
    let initial = pieces.remove(0);
    pieces.retain(|piece| !piece.is_empty());
    if initial.is_empty() && pieces.is_empty() && last.is_empty() {
        return Test::Present;
    }
    Test::Substrings(Substrings { initial, any: pieces, last })
}

/// Parses a decimal integer.
pub(super) fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    // Rust accepts a plus sign, but RFC 4517 (section 3.3.16) does not.
    if text.starts_with('+') { None } else { text.parse().ok() }
}

const MAX_BYTES: usize = 64 * 1024;
const MAX_DEPTH: usize = 100;

// MS-ADTS 3.1.1.3.4.4.1 to .3.
const ALL_BITS: &str = "1.2.840.113556.1.4.803";
const ANY_BIT: &str = "1.2.840.113556.1.4.804";
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

#[cfg(test)]
mod tests {
    use super::super::Filter;
    use super::*;
    use crate::model::{DirectoryBuilder, Dn, PersonEntry, PersonId};

    #[test]
    fn names_the_position_and_the_expected_syntax() {
        for (text, at, expected) in [
            ("", 0, "a filter such as"),
            ("  ", 2, "a filter such as"),
            ("(", 1, "an attribute name"),
            ("()", 1, "an attribute name"),
            ("(=a)", 1, "an attribute name"),
            ("(:1.2.840.113556.1.4.803:=1)", 1, "an attribute name"),
            ("(cn=a", 5, "a closing parenthesis"),
            ("(&(cn=a)", 8, "a closing parenthesis"),
            ("(&cn=a)", 2, "a filter in parentheses"),
            ("(!)", 2, "an attribute name"),
            ("(!(a=1)(b=2))", 7, "a closing parenthesis"),
            ("(cn=a))", 6, "the end of the filter"),
            ("cn=a)", 4, "the end of the filter"),
            ("(a=1)(b=2)", 5, "several filters"),
            ("(cn)", 3, "`=`, `>=`"),
            ("(cn =a)", 3, "`=`, `>=`"),
            ("(given name=a)", 6, "`=`, `>=`"),
            ("(ä=a)", 1, "an attribute name"),
            ("(cn;=a)", 4, "an attribute option"),
            ("(cn>a)", 3, "`>=`"),
            ("(cn<a)", 3, "`<=`"),
            ("(cn~a)", 3, "`=`, `>=`"),
            (r"(cn=a\2)", 6, "two hexadecimal digits after the backslash"),
            (r"(cn=a\", 6, "two hexadecimal digits"),
            (r"(cn=a\,b)", 6, "two hexadecimal digits"),
            (r"(cn=a\ä)", 6, "two hexadecimal digits"),
            ("(cn=a(b))", 5, r"`\28`"),
            ("(cn>=a*)", 6, r"`\2a`"),
            ("(cn:=a*)", 6, r"`\2a`"),
            ("(&(cn=a)(anr=ann))", 9, "attribute names instead of `anr`"),
            ("(cn:dn:=a)", 4, "`:dn` is not supported"),
            ("(ou:dn:1.2.840.113556.1.4.803:=1)", 4, "`:dn` is not supported"),
            ("(cn:caseExactMatch:=a)", 4, "one of the matching rules"),
            ("(cn:1.2.840.113556.1.4.2253:=a)", 4, "one of the matching rules"),
            ("(cn::=a)", 4, "one of the matching rules"),
            ("(a:1.2.840.113556.1.4.803=1)", 25, "`:=`"),
            ("(a:1.2.840.113556.1.4.803:=x)", 27, "a decimal integer"),
            ("(a:1.2.840.113556.1.4.804:=0x2)", 27, "a decimal integer"),
            ("(a:1.2.840.113556.1.4.803:=9223372036854775808)", 27, "a decimal integer"),
        ] {
            let error = Filter::parse(text).unwrap_err();
            assert_eq!(error.at, at, "{text}: {error}");
            assert!(error.expected.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn counts_positions_in_characters() {
        let error = Filter::parse("(&(sn=Müller)(x))").unwrap_err();
        assert_eq!((error.at, error.character), (16, 16));
        assert!(error.to_string().starts_with("at character 16: expected `=`"), "{error}");
    }

    #[test]
    fn limits_depth_and_length() {
        let nested = |levels: usize| format!("{}cn=a{}", "(!".repeat(levels), ")".repeat(levels));
        assert!(Filter::parse(&nested(99)).is_ok());
        for text in [nested(100), "(&".repeat(30_000), "!".repeat(60_000)] {
            assert!(Filter::parse(&text).unwrap_err().expected.contains("100 levels"));
        }
        let long = format!("(cn={})", "a".repeat(MAX_BYTES));
        assert!(Filter::parse(&long).unwrap_err().expected.contains("65536 bytes"));
        assert!(Filter::parse(&long.replace("aaaaaa", "a")).is_ok());
    }

    #[test]
    fn handles_random_input_without_panic() {
        let alphabet: Vec<&str> = [
            "(", ")", "(", ")", "&", "|", "!", "=", "*", "\\", "2a", ":", ";", "~", ">", "<", " ", "ü", "cn", "a", "5",
        ]
        .into_iter()
        .chain(["(cn=a)", "memberOf", "manager", "objectGUID", "whenCreated", ":1.2.840.113556.1.4.1941:=", "-"])
        .collect();
        let mut state: u64 = 20_261_122;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let mut builder = DirectoryBuilder::new();
        let mut ann = PersonEntry::new(PersonId::parse("1"), Dn::parse("CN=a,DC=x").unwrap());
        for name in ["cn", "a", "objectGUID", "whenCreated", "manager"] {
            ann = ann.with(builder.attribute(name), "a5ü a");
        }
        builder.person(ann);
        let directory = builder.build().unwrap();
        let ann = &directory.people()[0];
        let mut read = 0;
        for _ in 0..20_000 {
            let length = next(12);
            let text: String = (0..length).map(|_| alphabet[next(alphabet.len())]).collect();
            match Filter::parse(&text) {
                Ok(filter) => {
                    read += 1;
                    assert_eq!(filter.to_string(), text);
                    assert_eq!(Filter::parse(&filter.to_string()).as_ref(), Ok(&filter));
                    assert_eq!(filter.explain(&directory, ann).is_none(), filter.matches(&directory, ann), "{text}");
                }
                Err(error) => assert!(text.is_char_boundary(error.at), "{text}: {error}"),
            }
        }
        assert!(read > 100, "only {read} of the texts were valid filters");
    }
}
