//! Which SCIM a service speaks.

/// Which SCIM a service speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// SCIM 2.0 (RFC 7643, RFC 7644).
    #[default]
    Scim2,
    /// GoTo's own, at `identity/v1` (goto-api, 3): its lists say `resources`, a PATCH holds the changed part of the user,
    /// users come in one list without pages, and whoever lacks the organization's role is answered with 401.
    ///
    /// What it says of the state of a user, of groups as rules mean them, and of `externalId` is not known. So users are made
    /// and changed there, and nobody is suspended or deleted: **deleting from the organization may delete the product data.**
    GoToIdentity,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 2] = [Self::Scim2, Self::GoToIdentity];

    /// The word in a configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scim2 => "scim-2.0",
            Self::GoToIdentity => "goto-identity",
        }
    }

    /// The type of a body.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Scim2 => "application/scim+json",
            Self::GoToIdentity => "application/json",
        }
    }

    /// The path of what a service offers.
    pub(super) const fn config_path(self) -> &'static str {
        match self {
            Self::Scim2 => "/ServiceProviderConfig",
            Self::GoToIdentity => "/ServiceProviderConfigs",
        }
    }
}
