//! What becomes of a secret that is kept already.

/// What becomes of a secret that is already where another one is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and the new one is refused.
    Keep,
    /// It is replaced.
    Replace,
}

impl Existing {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Keep, Self::Replace];
}
