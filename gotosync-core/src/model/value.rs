//! Attribute values, stored compactly so that a million people fit in memory.

use std::borrow::Cow;

use super::schema::AttrId;

/// One value of an attribute: text if it is valid UTF-8 and the attribute is not binary, bytes otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
}

impl Value {
    /// Returns the value as text, or `None` if it is bytes.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bytes(_) => None,
        }
    }

    /// Returns the value as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// Returns the value for display: text unchanged, bytes as hexadecimal digits.
    pub fn display(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bytes(bytes) => Cow::Owned(
                bytes
                    .iter()
                    .flat_map(|b| [b >> 4, b & 15])
                    .map(|d| char::from_digit(u32::from(d), 16).unwrap_or('0'))
                    .collect(),
            ),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Vec<u8>> for Value {
    /// Makes a text value if the bytes are valid UTF-8, and a bytes value otherwise.
    fn from(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(error) => Self::Bytes(error.into_bytes().into()),
        }
    }
}

/// The values of one attribute of one person; there is always at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// A single value.
    One(Value),
    /// Two or more values, in the order in which they were read.
    Many(Box<[Value]>),
}

impl Values {
    /// Returns the values as a slice.
    pub fn as_slice(&self) -> &[Value] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// The attributes of one person, keyed by attribute number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Box<[(AttrId, Values)]>);

impl Attributes {
    /// Takes attributes in any order; if an attribute occurs more than once, its values are joined.
    pub fn new(mut list: Vec<(AttrId, Values)>) -> Self {
        list.sort_by_key(|(id, _)| *id);
        if list.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            list = join(list);
        }
        Self(list.into_boxed_slice())
    }

    /// Returns the values of an attribute; the slice is empty if the person does not have the attribute.
    pub fn values(&self, id: AttrId) -> &[Value] {
        // People have only a few attributes, so a linear search is faster than a binary search.
        self.0.iter().find(|(own, _)| *own == id).map_or(&[], |(_, values)| values.as_slice())
    }

    /// Returns the first value of an attribute if it is text.
    pub fn text(&self, id: AttrId) -> Option<&str> {
        self.values(id).first().and_then(Value::as_text)
    }

    /// Iterates over the attributes and their values, in the order of attribute numbers.
    pub fn iter(&self) -> impl Iterator<Item = (AttrId, &[Value])> {
        self.0.iter().map(|(id, values)| (*id, values.as_slice()))
    }
}

fn join(list: Vec<(AttrId, Values)>) -> Vec<(AttrId, Values)> {
    let mut joined: Vec<(AttrId, Values)> = Vec::with_capacity(list.len());
    for (id, values) in list {
        match joined.last_mut() {
            Some((own, before)) if *own == id => {
                let all: Vec<Value> = before.as_slice().iter().chain(values.as_slice()).cloned().collect();
                *before = Values::Many(all.into_boxed_slice());
            }
            _ => joined.push((id, values)),
        }
    }
    joined
}
