//! How an emulator is to be.

use std::time::Duration;

use gotosync_core::model::Account;

use super::emulator::Emulator;
use super::fault::{Again, Fault};
use crate::Trouble;

/// How an emulator is to be; [`Emulator::options`] begins with what GoTo does.
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

/// An OAuth client as it was registered.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: Option<String>,
    pub(super) personal_tokens: bool,
}

/// When a refresh gives a new refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// When the old one has less than a day to live: as a rule the answer has none.
    WhenOld,
    /// Every time, and the old one is good for nothing from then on.
    Always,
}

/// How a token that does not hold is refused: clients report both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    /// By 401.
    Unauthorized,
    /// By 403 with `InvalidToken` in the body.
    Forbidden,
}

/// How keys are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// As strings, which was seen live.
    Strings,
    /// As numbers where they are some, which samples show.
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
    /// Serves an account; the first is the login's primary one.
    pub fn account(mut self, account: Account) -> Self {
        self.accounts.push(account);
        self
    }

    /// Listens on this port, and not on a free one.
    pub fn on(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Takes so many requests a second for each API; `None` takes any.
    pub fn per_second(self, per_second: Option<u32>) -> Self {
        Self { per_second, ..self }
    }

    /// Says so when to come again where there were too many requests; GoTo does not say it.
    pub fn again(self, again: Again) -> Self {
        Self { again, ..self }
    }

    /// Registers the client under this id; with a secret it is a confidential one, without it a public one.
    pub fn client(mut self, id: &str, secret: Option<&str>) -> Self {
        self.client = Client { id: id.to_owned(), secret: secret.map(str::to_owned), ..self.client };
        self
    }

    /// Does not let the client use personal access tokens.
    pub fn no_personal_tokens(mut self) -> Self {
        self.client.personal_tokens = false;
        self
    }

    /// Registers the client with these scopes: no token has others.
    pub fn scopes(self, scopes: &[&str]) -> Self {
        Self { scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(), ..self }
    }

    /// Gives new refresh tokens so.
    pub fn rotation(self, rotation: Rotation) -> Self {
        Self { rotation, ..self }
    }

    /// Lets access and refresh tokens live so long.
    pub fn lives(self, access: Duration, refresh: Duration) -> Self {
        Self { access_life: access, refresh_life: refresh, ..self }
    }

    /// Refuses tokens so.
    pub fn refusal(self, refusal: TokenRefusal) -> Self {
        Self { refusal, ..self }
    }

    /// Writes keys so.
    pub fn keys(self, keys: KeyForm) -> Self {
        Self { keys, ..self }
    }

    /// Gives the login no role in the organization, whatever it has in the account.
    pub fn no_organization_role(self) -> Self {
        Self { organization: false, ..self }
    }

    /// Makes tokens and chances from this number.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Lets something go wrong; of several faults that strike one request the first one counts.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// The port is taken, or there is no account.
    pub fn start(self) -> Result<Emulator, Trouble> {
        Emulator::start(self)
    }
}

/// What a client for provisioning is registered with (goto-api, 1.4).
const SCOPES: [&str; 6] = [
    "identity:",
    "identity:scim.org",
    "users.v1.read",
    "users.v1.lines.read",
    "voice-admin.v1.read",
    "voice-admin.v1.write",
];
