//! Signing in to GoTo: a person's consent once, and what keeps it alive.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::wire::{WireNoTokens, WireTokens};
use crate::http::{Api, Bearer, Client, Failure, Meaning, Method, Request, Safety};
use crate::model::text::shown;
use crate::secret::SecretSource;
use crate::{Error, ErrorKind, Result, Secret};

mod consent;
mod kept;
mod loopback;

pub use consent::Consent;
use kept::Kept;
pub use kept::LoginStore;
pub use loopback::Loopback;

/// How somebody signs in to GoTo.
#[derive(Clone, Debug)]
pub struct SignInOptions {
    /// The id of the OAuth client, which an admin registers at the vendor.
    pub client_id: String,
    /// Its secret; a public client has none.
    pub client_secret: Option<Secret>,
    /// Where a person consents.
    pub authorize: String,
    /// Where tokens are given.
    pub token: String,
    /// What it is asked for.
    pub scopes: Vec<String>,
    /// What proves it.
    pub means: Means,
}

/// What proves who signs in.
#[derive(Clone, Debug)]
pub enum Means {
    /// What a person's consent left, kept in a place that can be written.
    Login(LoginStore),
    /// A personal access token.
    PersonalToken {
        /// The token.
        token: Secret,
        /// Where it comes from, for messages.
        place: SecretSource,
    },
}

/// Signs in to GoTo, once for all clones.
#[derive(Clone)]
pub struct SignIn {
    options: Arc<SignInOptions>,
    api: Api,
    /// The token in use. Whoever renews it holds this, so that a process asks for one at a time.
    access: Arc<Mutex<Option<Access>>>,
}

#[derive(Clone)]
struct Access {
    token: Secret,
    until: Timestamp,
}

impl SignIn {
    /// Prepares to sign in; nothing is asked before it is needed.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for an address that is none.
    pub fn new(client: &Client, options: SignInOptions) -> Result<Self> {
        let api = client.api(&options.token, None).map_err(|error| error.with("address", "sign_in"))?;
        Ok(Self { options: Arc::new(options), api, access: Arc::default() })
    }

    /// Begins to ask a person for consent, who comes back to `redirect`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a personal access token, which needs no consent.
    pub fn consent(&self, redirect: &str) -> Result<Consent> {
        self.store()?;
        Consent::new(&self.options, redirect)
    }

    /// Takes the code that a person's consent gave, and keeps what comes of it. Gives who consented.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] when the service does not take it, and whatever keeps it from being kept.
    pub async fn finish(&self, consent: &Consent, code: &Secret) -> Result<Option<String>> {
        let store = self.store()?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", consent.redirect()),
            ("code_verifier", consent.verifier().expose()),
        ];
        let tokens = self.ask(&fields).await.map_err(|error| error.during("sign in to GoTo"))?;
        let refresh = tokens.refresh_token.clone().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "GoTo gave no refresh token, so the login would end within the hour")
                .during("sign in to GoTo")
                .hint("see in the OAuth client's settings whether the grant type `refresh_token` is allowed")
        })?;
        let now = Timestamp::now();
        let principal = tokens.principal.clone();
        let kept = Kept::new(Secret::new(refresh), now).with_access(&tokens, now);
        let access = kept.access(now).map(|(token, until)| Access { token, until });
        let lock = store.lock().await?;
        store.write(&kept)?;
        drop(lock);
        *self.access.lock().await = access;
        Ok(principal)
    }

    /// When the login ends unless it is renewed; `None` for a personal access token, or before anybody has signed in.
    ///
    /// # Errors
    /// Whatever keeps the login from being read.
    pub fn ends(&self) -> Result<Option<Timestamp>> {
        match &self.options.means {
            Means::Login(store) => Ok(store.read()?.map(|kept| kept.ends())),
            Means::PersonalToken { .. } => Ok(None),
        }
    }

    /// What the last token may be used for, where it is known.
    pub fn scopes(&self) -> Option<Vec<String>> {
        match &self.options.means {
            Means::Login(store) => store.read().ok()??.scopes(),
            Means::PersonalToken { .. } => None,
        }
    }

    fn store(&self) -> Result<&LoginStore> {
        match &self.options.means {
            Means::Login(store) => Ok(store),
            Means::PersonalToken { place, .. } => {
                Err(Error::new(ErrorKind::Unsupported, format!("the configuration names a personal token ({place})"))
                    .during("sign in to GoTo")
                    .hint("there is nothing to consent to: `gotosync account` shows whether it works"))
            }
        }
    }

    /// Gets another token than the one that was refused, if one was.
    async fn renewed(&self, refused: Option<&Secret>) -> Result<Access> {
        let now = Timestamp::now();
        let store = match &self.options.means {
            Means::PersonalToken { token, .. } => {
                let fields = [("grant_type", "personal_access_token"), ("pat", token.expose())];
                let tokens = self.ask(&fields).await?;
                return Ok(Access { until: until(&tokens, now), token: Secret::new(tokens.access_token) });
            }
            Means::Login(store) => store,
        };
        // Another process may be at it: whoever comes second finds what the first one got.
        let _lock = store.lock().await?;
        let kept = store.read()?.ok_or_else(|| nobody(store))?;
        let usable =
            kept.access(now).filter(|(token, _)| refused.is_none_or(|refused| refused.expose() != token.expose()));
        if let Some((token, until)) = usable {
            return Ok(Access { token, until });
        }
        let fields = [("grant_type", "refresh_token"), ("refresh_token", kept.refresh().expose())];
        let tokens = self.ask(&fields).await?;
        let renewed = kept.renewed(&tokens, now);
        // Before it is used: what was replaced may be good for nothing any more.
        store.write(&renewed)?;
        Ok(Access { until: until(&tokens, now), token: Secret::new(tokens.access_token) })
    }

    async fn ask(&self, fields: &[(&str, &str)]) -> Result<WireTokens> {
        let mut form = fields.to_vec();
        // Asked twice it comes to the same or to less, and never to more: what an answer that was lost had replaced is good
        // for nothing, whether it is tried again or not.
        let mut request = Request::new(Method::Post, "").safety(Safety::Repeatable);
        match &self.options.client_secret {
            Some(secret) => {
                let pair = format!("{}:{}", self.options.client_id, secret.expose());
                request = request.header("authorization", format!("Basic {}", BASE64_STANDARD.encode(pair)));
            }
            None => form.push(("client_id", &self.options.client_id)),
        }
        let answer = self.api.send(&request.form(&form)).await.map_err(|failure| self.refused(failure))?;
        let tokens: WireTokens = answer.json().map_err(|_| {
            // What was found is not told: it may be half of a token.
            Error::new(ErrorKind::Data, "the service that gives tokens answered with something else")
        })?;
        Ok(tokens)
    }

    /// What it means that no token was given.
    fn refused(&self, failure: Failure) -> Error {
        let said: WireNoTokens = failure.json().unwrap_or_default();
        let told = match (said.error.as_str(), said.error_description.as_str()) {
            ("", _) => return failure.error,
            (error, "") => shown(error, 60),
            (error, description) => format!("{}: {}", shown(error, 60), shown(description, 120)),
        };
        let personal = matches!(self.options.means, Means::PersonalToken { .. });
        let hint = match said.error.as_str() {
            "invalid_client" => "see whether `goto` is the client's id, and whether `client_secret` is its secret",
            "unauthorized_client" if personal => {
                "an admin allows the grant type «Personal access token» in the OAuth client"
            }
            "invalid_grant" if personal => {
                "make a new one at myaccount.goto.com, Developer Tools, with the client's scopes"
            }
            "invalid_grant" => "the login ended or was taken back: sign in again with `gotosync login`",
            "invalid_scope" => "an admin adds the scopes to the OAuth client; then sign in again with `gotosync login`",
            _ => "sign in again with `gotosync login`",
        };
        let kind = if failure.meaning.is_some_and(|meaning| meaning.kind() == ErrorKind::Unavailable) {
            ErrorKind::Unavailable
        } else {
            ErrorKind::Denied
        };
        debug_assert_ne!(failure.meaning, Some(Meaning::Done));
        Error::new(kind, format!("GoTo gives no token ({told})")).hint(hint)
    }
}

#[async_trait]
impl Bearer for SignIn {
    async fn token(&self) -> Result<Secret> {
        let mut access = self.access.lock().await;
        if let Some(access) = access.as_ref().filter(|access| access.until > Timestamp::now()) {
            return Ok(access.token.clone());
        }
        let new = self.renewed(None).await.map_err(|error| error.during("sign in to GoTo"))?;
        let token = new.token.clone();
        *access = Some(new);
        Ok(token)
    }

    async fn renew(&self, refused: &Secret) -> Result<Secret> {
        let mut access = self.access.lock().await;
        // Somebody else of this process was refused first.
        if let Some(access) = access.as_ref().filter(|access| access.token.expose() != refused.expose()) {
            return Ok(access.token.clone());
        }
        let new = self.renewed(Some(refused)).await.map_err(|error| error.during("sign in to GoTo"))?;
        let token = new.token.clone();
        *access = Some(new);
        Ok(token)
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Until when a token is used: a little less than it lasts.
fn until(tokens: &WireTokens, now: Timestamp) -> Timestamp {
    let seconds = tokens.expires_in.map_or(LIFE, |seconds| i64::try_from(seconds).unwrap_or(LIFE));
    now.saturating_add(SignedDuration::from_secs((seconds - MARGIN).max(0))).unwrap_or(now)
}

fn nobody(store: &LoginStore) -> Error {
    Error::new(ErrorKind::Denied, "nobody has signed in yet").with("login", store).hint("sign in with `gotosync login`")
}

/// How long an access token lasts where the answer does not say (goto-api, 1.3), in seconds.
const LIFE: i64 = 3600;
/// How much earlier another one is asked for, in seconds.
const MARGIN: i64 = 60;
