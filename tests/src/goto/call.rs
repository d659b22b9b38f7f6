//! What was asked, as the emulator remembers it.

use std::time::Duration;

use axum::http::Method;

/// One request and what was answered. Neither header nor body is kept, so no secret is.
#[derive(Debug, Clone)]
pub struct Call {
    /// When it came, since the emulator was started, by the machine's clock.
    pub at: Duration,
    /// What it asked for.
    pub operation: Operation,
    /// The method.
    pub method: String,
    /// The path with its query; a secret in it is left out.
    pub target: String,
    /// The status that was answered; `None` where the connection was cut instead.
    pub status: Option<u16>,
    /// Whether it was authorized by a token that holds.
    pub authorized: bool,
}

/// A mail that the service sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// Which one: `welcome`, `invitation`, or the title of a template.
    pub what: String,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// The page where a person agrees.
    Authorize,
    /// A token.
    Token,
    /// Anything else about tokens.
    Tokens,
    /// Who is signed in.
    Me,
    /// A page of users.
    ListUsers,
    /// One user.
    ReadUser,
    /// New users.
    CreateUsers,
    /// A change to a user, their group, their licenses or their role set.
    ChangeUser,
    /// Another invitation.
    Invite,
    /// The end of a user.
    DeleteUser,
    /// A list of anything else in an account.
    List,
    /// A change to anything else in an account.
    Change,
    /// A read over the Connect API.
    ConnectRead,
    /// A write over the Connect API.
    ConnectWrite,
    /// A read over SCIM.
    ScimRead,
    /// A write over SCIM.
    ScimWrite,
    /// Something that is not there.
    Unknown,
}

/// What has a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Api {
    Token,
    Admin,
    Connect,
    Scim,
}

impl Operation {
    /// What a request asks for, by its method and path.
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

    /// What its rate is counted with; `None` for what is nowhere.
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
    fn a_request_is_known_by_its_method_and_path() {
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
