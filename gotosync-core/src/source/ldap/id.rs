//! The immutable ids of entries.

/// The immutable id of an entry, which does not change with a rename.
pub(super) type Id = Box<[u8]>;

/// Normalizes an id: a UUID in text form becomes its 16 bytes.
pub(super) fn canonical(id: &[u8]) -> Id {
    let text = std::str::from_utf8(id).ok().and_then(|text| uuid::Uuid::try_parse(text.trim()).ok());
    text.map_or_else(|| id.into(), |uuid| uuid.as_bytes()[..].into())
}
