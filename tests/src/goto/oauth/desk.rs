//! The issued tokens.

use std::collections::HashMap;
use std::time::Duration;

use gotosync_core::model::UserKey;

use crate::goto::options::{Options, Rotation};

/// The tokens of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token, if the response contains one.
    pub refresh: Option<String>,
    pub(super) user: UserKey,
    pub(super) scopes: Vec<String>,
}

/// All issued codes and tokens.
#[derive(Debug)]
pub(in crate::goto) struct Desk {
    seed: u64,
    made: u64,
    /// `true` if the consent page refuses.
    pub(in crate::goto) denies: bool,
    codes: HashMap<String, Agreed>,
    access: HashMap<String, Session>,
    refresh: HashMap<String, Session>,
    personal: HashMap<String, UserKey>,
}

/// The consent behind an authorization code.
#[derive(Debug)]
pub(super) struct Agreed {
    pub(super) user: UserKey,
    pub(super) scopes: Vec<String>,
    pub(super) redirect: Option<String>,
    pub(super) challenge: Option<String>,
    pub(super) expires: Duration,
}

/// The user and scopes of a valid token.
#[derive(Debug, Clone)]
pub(in crate::goto) struct Session {
    pub(in crate::goto) user: UserKey,
    pub(in crate::goto) scopes: Vec<String>,
    pub(super) expires: Duration,
}

impl Desk {
    pub(in crate::goto) fn new(seed: u64) -> Self {
        Self {
            seed,
            made: 0,
            denies: false,
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            personal: HashMap::new(),
        }
    }

    /// Issues tokens to a user who signed in.
    pub(in crate::goto) fn sign_in(&mut self, options: &Options, user: &UserKey, now: Duration) -> Tokens {
        self.give(options, user.clone(), options.scopes.clone(), now)
    }

    /// Issues a personal access token.
    pub(in crate::goto) fn personal_token(&mut self, user: &UserKey) -> String {
        let token = self.secret("pat");
        self.personal.insert(token.clone(), user.clone());
        token
    }

    /// Returns the session of a valid access token.
    pub(in crate::goto) fn session(&self, access: &str, now: Duration) -> Option<Session> {
        self.access.get(access).filter(|session| now < session.expires).cloned()
    }

    /// Expires all access tokens, which can still be renewed.
    pub(in crate::goto) fn expire_access(&mut self) {
        self.access.clear();
    }

    /// Revokes all tokens.
    pub(in crate::goto) fn revoke_all(&mut self) {
        self.access.clear();
        self.refresh.clear();
        self.personal.clear();
        self.codes.clear();
    }

    /// Revokes one token. Revoking a refresh token also revokes the access tokens of the same user (RFC 7009, 2.1).
    pub(super) fn revoke(&mut self, token: &str) {
        self.access.remove(token);
        if let Some(gone) = self.refresh.remove(token) {
            self.access.retain(|_, session| session.user != gone.user);
        }
    }

    pub(super) fn agree(&mut self, agreed: Agreed) -> String {
        let code = self.secret("code");
        self.codes.insert(code.clone(), agreed);
        code
    }

    /// Redeems an authorization code, which is valid once.
    pub(super) fn redeem(&mut self, code: &str, now: Duration) -> Option<Agreed> {
        self.codes.remove(code).filter(|agreed| now < agreed.expires)
    }

    pub(super) fn give(&mut self, options: &Options, user: UserKey, scopes: Vec<String>, now: Duration) -> Tokens {
        let refresh = self.secret("refresh");
        let session = Session { user: user.clone(), scopes: scopes.clone(), expires: now + options.refresh_life };
        self.refresh.insert(refresh.clone(), session);
        Tokens { refresh: Some(refresh), ..self.give_access(options, user, scopes, now) }
    }

    /// Issues tokens for a refresh token, normally without a new refresh token (goto-api, 1.3).
    pub(super) fn refresh(&mut self, options: &Options, token: &str, now: Duration) -> Option<Tokens> {
        let held = self.refresh.get(token).filter(|session| now < session.expires)?.clone();
        let new = match options.rotation {
            Rotation::Always => true,
            Rotation::WhenOld => held.expires.saturating_sub(now) < OLD,
        };
        if !new {
            return Some(self.give_access(options, held.user, held.scopes, now));
        }
        self.refresh.remove(token);
        Some(self.give(options, held.user, held.scopes, now))
    }

    /// Issues an access token for a personal access token. Whether GoTo also returns a refresh token is not known; here
    /// it does not.
    pub(super) fn by_personal(&mut self, options: &Options, token: &str, now: Duration) -> Option<Tokens> {
        let user = self.personal.get(token)?.clone();
        Some(self.give_access(options, user, options.scopes.clone(), now))
    }

    fn give_access(&mut self, options: &Options, user: UserKey, scopes: Vec<String>, now: Duration) -> Tokens {
        let access = self.secret("access");
        let session = Session { user: user.clone(), scopes: scopes.clone(), expires: now + options.access_life };
        self.access.insert(access.clone(), session);
        Tokens { access, refresh: None, user, scopes }
    }

    /// Creates an unguessable text that is reproducible for the same seed. It looks like the beginning of a GoTo token.
    fn secret(&mut self, what: &str) -> String {
        self.made += 1;
        let hash = blake3::hash(format!("{} {what} {}", self.seed, self.made).as_bytes());
        format!("eyJraWQi.{what}.{}", hash.to_hex())
    }
}

/// The lifetime of an authorization code (goto-api, 1.3: observed in its claims).
pub(super) const CODE_LIFE: Duration = Duration::from_mins(10);

/// The remaining lifetime below which a refresh token is replaced.
const OLD: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expires_and_renews_tokens_as_configured() {
        let options = Options::default();
        let (mut desk, hour) = (Desk::new(7), Duration::from_hours(1));
        let tokens = desk.sign_in(&options, &"4".into(), Duration::ZERO);
        assert!(desk.session(&tokens.access, Duration::from_secs(3599)).is_some());
        assert!(desk.session(&tokens.access, hour).is_none());
        let refresh = tokens.refresh.unwrap();
        let again = desk.refresh(&options, &refresh, hour).unwrap();
        assert!(again.refresh.is_none() && desk.session(&again.access, hour).is_some());
        let late = desk.refresh(&options, &refresh, (30 * 24 * hour).saturating_sub(Duration::from_mins(1))).unwrap();
        assert!(late.refresh.is_some() && desk.refresh(&options, &refresh, hour).is_none());
        assert!(desk.refresh(&options, &late.refresh.unwrap(), 61 * 24 * hour).is_none());
    }

    #[test]
    fn invalidates_a_rotated_refresh_token() {
        let options = Options::default().rotation(Rotation::Always);
        let mut desk = Desk::new(7);
        let first = desk.sign_in(&options, &"4".into(), Duration::ZERO).refresh.unwrap();
        let second = desk.refresh(&options, &first, Duration::ZERO).unwrap().refresh.unwrap();
        assert!(desk.refresh(&options, &first, Duration::ZERO).is_none());
        assert!(desk.refresh(&options, &second, Duration::ZERO).is_some());
    }
}
