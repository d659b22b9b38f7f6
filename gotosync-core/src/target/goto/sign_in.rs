//! Signing in to GoTo: the user's consent, and the tokens that follow from it.

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

/// Options for signing in to GoTo.
#[derive(Clone, Debug)]
pub struct SignInOptions {
    /// The ID of the OAuth client, which an admin registers with the vendor.
    pub client_id: String,
    /// The client secret; `None` for a public client.
    pub client_secret: Option<Secret>,
    /// The authorization endpoint, where the user gives consent.
    pub authorize: String,
    /// The token endpoint.
    pub token: String,
    /// The requested scopes.
    pub scopes: Vec<String>,
    /// The credentials of the user.
    pub means: Means,
}

/// The credentials of the user.
#[derive(Clone, Debug)]
pub enum Means {
    /// Tokens from the user's consent, kept in a writable store.
    Login(LoginStore),
    /// A personal access token.
    PersonalToken {
        /// The token.
        token: Secret,
        /// The source of the token, for messages.
        place: SecretSource,
    },
}

/// The sign-in to GoTo, shared by all clones.
#[derive(Clone)]
pub struct SignIn {
    options: Arc<SignInOptions>,
    api: Api,
    /// The current access token. The lock is held during a renewal, so that a process renews it only once.
    access: Arc<Mutex<Option<Access>>>,
}

#[derive(Clone)]
struct Access {
    token: Secret,
    until: Timestamp,
}

impl SignIn {
    /// Prepares the sign-in without sending a request.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for an invalid address.
    pub fn new(client: &Client, options: SignInOptions) -> Result<Self> {
        let api = client.api(&options.token, None).map_err(|error| error.with("address", "sign_in"))?;
        Ok(Self { options: Arc::new(options), api, access: Arc::default() })
    }

    /// Starts the consent of a user, whose browser then returns to `redirect`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a personal access token, which needs no consent.
    pub fn consent(&self, redirect: &str) -> Result<Consent> {
        self.store()?;
        Consent::new(&self.options, redirect)
    }

    /// Exchanges the authorization code for tokens, stores them, and returns the name of the user who gave consent.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] if the service rejects the code, and any error while storing the tokens.
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
            Error::new(
                ErrorKind::Unsupported,
                "GoTo returned no refresh token, so the sign-in would expire within the hour",
            )
            .during("sign in to GoTo")
            .hint("allow the grant type `refresh_token` in the settings of the OAuth client")
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

    /// Returns the expiry of the sign-in unless it is renewed; `None` for a personal access token, or if no user has
    /// signed in.
    ///
    /// # Errors
    /// Any error while reading the stored tokens.
    pub fn ends(&self) -> Result<Option<Timestamp>> {
        match &self.options.means {
            Means::Login(store) => Ok(store.read()?.map(|kept| kept.ends())),
            Means::PersonalToken { .. } => Ok(None),
        }
    }

    /// Returns the scopes of the last token, if known.
    pub fn scopes(&self) -> Option<Vec<String>> {
        match &self.options.means {
            Means::Login(store) => store.read().ok()??.scopes(),
            Means::PersonalToken { .. } => None,
        }
    }

    fn store(&self) -> Result<&LoginStore> {
        match &self.options.means {
            Means::Login(store) => Ok(store),
            Means::PersonalToken { place, .. } => Err(Error::new(
                ErrorKind::Unsupported,
                format!("the configuration uses a personal access token ({place})"),
            )
            .during("sign in to GoTo")
            .hint("no sign-in is needed; run `gotosync account` to check whether the token works")),
        }
    }

    /// Returns a new access token; `refused` is the one that the service rejected, if any.
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
        // Another process may be renewing the token. The lock makes this process wait and then use the new token.
        let _lock = store.lock().await?;
        let kept = store.read()?.ok_or_else(|| not_signed_in(store))?;
        let usable =
            kept.access(now).filter(|(token, _)| refused.is_none_or(|refused| refused.expose() != token.expose()));
        if let Some((token, until)) = usable {
            return Ok(Access { token, until });
        }
        let fields = [("grant_type", "refresh_token"), ("refresh_token", kept.refresh().expose())];
        let tokens = self.ask(&fields).await?;
        let renewed = kept.renewed(&tokens, now);
        // Store it before use, because the old refresh token may no longer be valid.
        store.write(&renewed)?;
        Ok(Access { until: until(&tokens, now), token: Secret::new(tokens.access_token) })
    }

    async fn ask(&self, fields: &[(&str, &str)]) -> Result<WireTokens> {
        let mut form = fields.to_vec();
        // Repeating this request is safe. If the lost reply had replaced the refresh token, the old one is invalid
        // anyway, whether the request is repeated or not.
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
            // Do not show the content of the response, because it may contain part of a token.
            Error::new(ErrorKind::Data, "the token endpoint sent an unexpected response")
        })?;
        Ok(tokens)
    }

    /// Converts the failure of a token request.
    fn refused(&self, failure: Failure) -> Error {
        let said: WireNoTokens = failure.json().unwrap_or_default();
        let reason = match (said.error.as_str(), said.error_description.as_str()) {
            ("", _) => return failure.error,
            (error, "") => shown(error, 60),
            (error, description) => format!("{}: {}", shown(error, 60), shown(description, 120)),
        };
        let personal = matches!(self.options.means, Means::PersonalToken { .. });
        let hint = match said.error.as_str() {
            "invalid_client" => "check that `goto` is the ID of the OAuth client and `client_secret` its secret",
            "unauthorized_client" if personal => "allow the grant type «Personal access token» in the OAuth client",
            "invalid_grant" if personal => {
                "create a new token at myaccount.goto.com, Developer Tools, with the scopes of the OAuth client"
            }
            "invalid_grant" => "the sign-in has expired or was revoked: sign in again with `gotosync login`",
            "invalid_scope" => "add the scopes to the OAuth client, then sign in again with `gotosync login`",
            _ => "sign in again with `gotosync login`",
        };
        let kind = if failure.meaning.is_some_and(|meaning| meaning.kind() == ErrorKind::Unavailable) {
            ErrorKind::Unavailable
        } else {
            ErrorKind::Denied
        };
        debug_assert_ne!(failure.meaning, Some(Meaning::Done));
        Error::new(kind, format!("GoTo refused to issue a token ({reason})")).hint(hint)
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
        // Another task of this process has renewed the token already.
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

/// Returns the time until which a token is used, slightly before it expires.
fn until(tokens: &WireTokens, now: Timestamp) -> Timestamp {
    let seconds = tokens.expires_in.map_or(LIFE, |seconds| i64::try_from(seconds).unwrap_or(LIFE));
    now.saturating_add(SignedDuration::from_secs((seconds - MARGIN).max(0))).unwrap_or(now)
}

fn not_signed_in(store: &LoginStore) -> Error {
    Error::new(ErrorKind::Denied, "no user has signed in yet")
        .with("login", store)
        .hint("sign in with `gotosync login`")
}

/// The lifetime of an access token in seconds, if the response does not state it (goto-api, 1.3).
const LIFE: i64 = 3600;
/// The number of seconds by which a token is renewed before it expires.
const MARGIN: i64 = 60;
