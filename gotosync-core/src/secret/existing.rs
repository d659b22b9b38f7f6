//! The options for a secret that already exists.

/// The treatment of an existing secret when a new one is stored in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Keep the existing secret and return an error.
    Keep,
    /// Replace the existing secret.
    Replace,
}

impl Existing {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Keep, Self::Replace];
}
