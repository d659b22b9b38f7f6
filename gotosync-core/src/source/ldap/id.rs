//! What a server knows an entry by.

/// The bytes by which a server knows an entry, whatever it is called.
pub(super) type Id = Box<[u8]>;

/// An id in one form: a UUID that is written out is its bytes.
pub(super) fn canonical(id: &[u8]) -> Id {
    let text = std::str::from_utf8(id).ok().and_then(|text| uuid::Uuid::try_parse(text.trim()).ok());
    text.map_or_else(|| id.into(), |uuid| uuid.as_bytes()[..].into())
}
