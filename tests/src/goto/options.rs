//! Options for an emulator.

use std::time::Duration;

use gotosync_core::model::Account;

use super::emulator::Emulator;
use super::fault::{Again, Fault};
use crate::Trouble;

/// Options for an emulator. [`Emulator::options`] returns GoTo's behavior.
#[derive(Debug, Clone)]
pub struct Options {
    pub(super) accounts: Vec<Account>,
    pub(super) port: u16,
    pub(super) per_second: Option<u32>,
    pub(super) again: Again,
    pub(super) client: Client,
    pub(super) scopes: Vec<String>,
    pub(super) rotation: Rotation,
    pub(super) access_life: Duration,
    pub(super) refresh_life: Duration,
    pub(super) refusal: TokenRefusal,
    pub(super) keys: KeyForm,
    pub(super) organization: bool,
    pub(super) seed: u64,
    pub(super) faults: Vec<Fault>,
}

/// A registered OAuth client.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: Option<String>,
    pub(super) personal_tokens: bool,
}

/// The policy for replacing refresh tokens on renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// Replaces a token with less than a day to live; normally the response contains none.
    WhenOld,
    /// Replaces the token every time and invalidates the old one.
    Always,
}

/// The response to an invalid token; clients report both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    /// Status 401.
    Unauthorized,
    /// Status 403 with `InvalidToken` in the body.
    Forbidden,
}

/// The JSON form of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// Strings, as observed live.
    Strings,
    /// Numbers where possible, as in the vendor's samples.
    Numbers,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            port: 0,
            per_second: Some(10),
            again: Again::Unsaid,
            client: Client { id: "emulated-client".to_owned(), secret: None, personal_tokens: true },
            scopes: SCOPES.map(str::to_owned).to_vec(),
            rotation: Rotation::WhenOld,
            access_life: Duration::from_hours(1),
            refresh_life: Duration::from_hours(30 * 24),
            refusal: TokenRefusal::Unauthorized,
            keys: KeyForm::Strings,
            organization: true,
            seed: 1,
            faults: Vec::new(),
        }
    }
}

impl Options {
    /// Adds an account; the first one is the primary account.
    pub fn account(mut self, account: Account) -> Self {
        self.accounts.push(account);
        self
    }

    /// Listens on this port instead of a free one.
    pub fn on(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Sets the rate limit for each API; `None` means unlimited.
    pub fn per_second(self, per_second: Option<u32>) -> Self {
        Self { per_second, ..self }
    }

    /// Sets the form of `Retry-After` in 429 responses, which GoTo does not send.
    pub fn again(self, again: Again) -> Self {
        Self { again, ..self }
    }

    /// Registers the client with this ID: confidential with a secret, public without one.
    pub fn client(mut self, id: &str, secret: Option<&str>) -> Self {
        self.client = Client { id: id.to_owned(), secret: secret.map(str::to_owned), ..self.client };
        self
    }

    /// Disallows personal access tokens for the client.
    pub fn no_personal_tokens(mut self) -> Self {
        self.client.personal_tokens = false;
        self
    }

    /// Sets the scopes of the client; tokens cannot have others.
    pub fn scopes(self, scopes: &[&str]) -> Self {
        Self { scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(), ..self }
    }

    /// Sets the policy for replacing refresh tokens.
    pub fn rotation(self, rotation: Rotation) -> Self {
        Self { rotation, ..self }
    }

    /// Sets the lifetimes of access and refresh tokens.
    pub fn lives(self, access: Duration, refresh: Duration) -> Self {
        Self { access_life: access, refresh_life: refresh, ..self }
    }

    /// Sets the response to invalid tokens.
    pub fn refusal(self, refusal: TokenRefusal) -> Self {
        Self { refusal, ..self }
    }

    /// Sets the JSON form of keys.
    pub fn keys(self, keys: KeyForm) -> Self {
        Self { keys, ..self }
    }

    /// Gives the signed-in user no role in the organization, regardless of the role in the account.
    pub fn no_organization_role(self) -> Self {
        Self { organization: false, ..self }
    }

    /// Sets the seed of tokens and random faults.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Adds a fault. If several faults match a request, the first one applies.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Starts the emulator.
    ///
    /// # Errors
    ///
    /// The port is in use, or there is no account.
    pub fn start(self) -> Result<Emulator, Trouble> {
        Emulator::start(self)
    }
}

/// The scopes of a provisioning client (goto-api, 1.4).
const SCOPES: [&str; 6] = [
    "identity:",
    "identity:scim.org",
    "users.v1.read",
    "users.v1.lines.read",
    "voice-admin.v1.read",
    "voice-admin.v1.write",
];
