//! The dialects of SCIM.

/// A dialect of SCIM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// SCIM 2.0 (RFC 7643, RFC 7644).
    #[default]
    Scim2,
    /// GoTo's own dialect, at `identity/v1` (goto-api, 3). Its lists use the key `resources` and have no pages, a PATCH
    /// contains the changed part of the user, and the service answers 401 if the user lacks the role in the
    /// organization.
    ///
    /// The representation of a user's state, of user groups, and of `externalId` is not known. Users are therefore
    /// created and changed, but never suspended or deleted: **deleting a user from the organization may delete the
    /// product data.**
    GoToIdentity,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 2] = [Self::Scim2, Self::GoToIdentity];

    /// Returns the word for the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scim2 => "scim-2.0",
            Self::GoToIdentity => "goto-identity",
        }
    }

    /// Returns the media type of request bodies.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Scim2 => "application/scim+json",
            Self::GoToIdentity => "application/json",
        }
    }

    /// Returns the path of the service provider configuration.
    pub(super) const fn config_path(self) -> &'static str {
        match self {
            Self::Scim2 => "/ServiceProviderConfig",
            Self::GoToIdentity => "/ServiceProviderConfigs",
        }
    }
}
