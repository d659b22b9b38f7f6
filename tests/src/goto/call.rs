//! The recorded requests.

use std::time::Duration;

use axum::http::Method;

/// A request and the status of its response. Headers and bodies are not recorded, so it contains no secret.
#[derive(Debug, Clone)]
pub struct Call {
    /// The time since the start of the emulator, by the machine's clock.
    pub at: Duration,
    /// The requested operation.
    pub operation: Operation,
    /// The HTTP method.
    pub method: String,
    /// The path and query, without secrets.
    pub target: String,
    /// The status of the response; `None` if the connection was cut instead.
    pub status: Option<u16>,
    /// `true` if the request had a valid token.
    pub authorized: bool,
}

/// An e-mail that the service sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient.
    pub to: String,
    /// The kind of e-mail: `welcome`, `invitation`, or the title of a template.
    pub what: String,
}

/// The operation that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// The consent page.
    Authorize,
    /// A token request.
    Token,
    /// Any other request about tokens.
    Tokens,
    /// Reading the signed-in user.
    Me,
    /// Reading a page of users.
    ListUsers,
    /// Reading one user.
    ReadUser,
    /// Creating users.
    CreateUsers,
    /// Changing a user, including the user's group, licenses, and role set.
    ChangeUser,
    /// Resending an invitation.
    Invite,
    /// Deleting a user.
    DeleteUser,
    /// Reading any other list of an account.
    List,
    /// Changing anything else in an account.
    Change,
    /// A read through the Connect API.
    ConnectRead,
    /// A write through the Connect API.
    ConnectWrite,
    /// A read through SCIM.
    ScimRead,
    /// A write through SCIM.
    ScimWrite,
    /// An unknown path.
    Unknown,
}

/// An API with its own rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Api {
    Token,
    Admin,
    Connect,
    Scim,
}

impl Operation {
    /// Determines the operation from the method and path.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let read = method == Method::GET;
        match parts[..] {
            ["oauth", "authorize"] => Self::Authorize,
            ["oauth", "token"] => Self::Token,
            ["oauth" | ".well-known", ..] => Self::Tokens,
            ["admin", "rest", "v1", "me"] => Self::Me,
            ["admin", "rest", "v1", "accounts", _, "users"] if read => Self::ListUsers,
            ["admin", "rest", "v1", "accounts", _, "users"] => Self::CreateUsers,
            ["admin", "rest", "v1", "accounts", _, "users", "rolesets"] => Self::ChangeUser,
            ["admin", "rest", "v1", "accounts", _, "users", _] if read => Self::ReadUser,
            ["admin", "rest", "v1", "accounts", _, "users", _] if method == Method::DELETE => Self::DeleteUser,
            ["admin", "rest", "v1", "accounts", _, "users", _, "invitations"] => Self::Invite,
            ["admin", "rest", "v1", "accounts", _, "users", ..]
            | ["admin", "rest", "v1", "accounts", _, _, _, "users", ..] => Self::ChangeUser,
            ["admin", ..] if read => Self::List,
            ["admin", ..] => Self::Change,
            ["users" | "voice-admin", "v1", ..] if read => Self::ConnectRead,
            ["users" | "voice-admin", "v1", ..] => Self::ConnectWrite,
            ["identity", ..] if read => Self::ScimRead,
            ["identity", ..] => Self::ScimWrite,
            _ => Self::Unknown,
        }
    }

    /// Returns the API whose rate limit counts the operation; `None` for unknown paths.
    pub(super) fn api(self) -> Option<Api> {
        match self {
            Self::Authorize | Self::Token | Self::Tokens => Some(Api::Token),
            Self::ConnectRead | Self::ConnectWrite => Some(Api::Connect),
            Self::ScimRead | Self::ScimWrite => Some(Api::Scim),
            Self::Unknown => None,
            _ => Some(Api::Admin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_operations_by_method_and_path() {
        for (method, path, operation) in [
            (Method::POST, "/oauth/token", Operation::Token),
            (Method::GET, "/admin/rest/v1/accounts/1/users", Operation::ListUsers),
            (Method::POST, "/admin/rest/v1/accounts/1/users", Operation::CreateUsers),
            (Method::GET, "/admin/rest/v1/accounts/1/users/2", Operation::ReadUser),
            (Method::PUT, "/admin/rest/v1/accounts/1/users/2", Operation::ChangeUser),
            (Method::DELETE, "/admin/rest/v1/accounts/1/users/2", Operation::DeleteUser),
            (Method::DELETE, "/admin/rest/v1/accounts/1/users/2/groups", Operation::ChangeUser),
            (Method::DELETE, "/admin/rest/v1/accounts/1/users/rolesets", Operation::ChangeUser),
            (Method::PUT, "/admin/rest/v1/accounts/1/groups/3/users/2", Operation::ChangeUser),
            (Method::GET, "/admin/rest/v1/accounts/1/groups", Operation::List),
            (Method::POST, "/admin/rest/v1/accounts/1/groups", Operation::Change),
            (Method::PATCH, "/voice-admin/v1/extensions/7", Operation::ConnectWrite),
            (Method::GET, "/nowhere", Operation::Unknown),
        ] {
            assert_eq!(Operation::of(&method, path), operation, "{method} {path}");
        }
    }
}
