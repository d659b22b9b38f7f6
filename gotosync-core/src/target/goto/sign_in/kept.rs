//! Storage for the tokens of a sign-in, with a lock between processes.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::assumed::LOGIN_DAYS;
use super::super::wire::WireTokens;
use super::until;
use crate::secret::{Existing, SecretSource};
use crate::{Error, ErrorKind, Result, Secret};

/// A store for the tokens of a sign-in: a writable place, and a lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginStore {
    place: SecretSource,
    /// The fallback, if the first place rejects the tokens.
    otherwise: Option<SecretSource>,
    lock: PathBuf,
}

/// The stored tokens.
#[derive(Clone)]
pub(super) struct Kept {
    refresh: Secret,
    /// The time at which the refresh token was issued.
    since: Timestamp,
    access: Option<(Secret, Timestamp)>,
    scope: Option<String>,
}

/// The stored form of [`Kept`]. It is never shown.
#[derive(Serialize, Deserialize)]
struct Written {
    refresh_token: String,
    since: Timestamp,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    access_until: Option<Timestamp>,
    #[serde(default)]
    scope: Option<String>,
}

impl LoginStore {
    /// Keeps the tokens in this place; `lock` is the lock file between processes.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for a read-only place, because renewals must be written.
    pub fn new(place: SecretSource, lock: impl Into<PathBuf>) -> Result<Self> {
        match place {
            SecretSource::File(_) | SecretSource::Keyring { .. } => {
                Ok(Self { place, otherwise: None, lock: lock.into() })
            }
            SecretSource::Variable(_) | SecretSource::Systemd(_) | SecretSource::Command { .. } => Err(Error::new(
                ErrorKind::Input,
                format!("the sign-in cannot be kept in the {place}: renewed tokens must be written"),
            )
            .hint("set `login` to a file or a keyring, or use a `personal_token`")),
        }
    }

    /// Adds a fallback file, for a keyring that is locked or too small.
    ///
    /// # Errors
    /// The same as for [`new`](Self::new).
    pub fn or_in(self, otherwise: SecretSource) -> Result<Self> {
        let Self { place: otherwise, .. } = Self::new(otherwise, &self.lock)?;
        Ok(Self { otherwise: Some(otherwise), ..self })
    }

    /// Reads the stored tokens; `None` if no user has signed in.
    pub(super) fn read(&self) -> Result<Option<Kept>> {
        // Read the fallback first: it contains tokens only if the first place rejected them later.
        let mut text = None;
        for place in self.otherwise.iter().chain([&self.place]) {
            match place.fetch(&|_| None) {
                Ok(found) => {
                    text = Some(found);
                    break;
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error.during("read the stored sign-in")),
            }
        }
        let Some(text) = text else { return Ok(None) };
        // The parse error would show the content.
        let written: Written = serde_json::from_str(text.expose()).map_err(|_| {
            Error::new(ErrorKind::Data, "the stored sign-in is invalid")
                .during("read the stored sign-in")
                .with("login", self)
                .hint("sign in again with `gotosync login`")
        })?;
        Ok(Some(Kept {
            refresh: Secret::new(written.refresh_token),
            since: written.since,
            access: written.access_token.map(Secret::new).zip(written.access_until),
            scope: written.scope,
        }))
    }

    pub(super) fn write(&self, kept: &Kept) -> Result<()> {
        let (access_token, access_until) =
            kept.access.as_ref().map(|(token, until)| (token.expose().to_owned(), *until)).unzip();
        let written = Written {
            refresh_token: kept.refresh.expose().to_owned(),
            since: kept.since,
            access_token,
            access_until,
            scope: kept.scope.clone(),
        };
        let text = Secret::new(serde_json::to_string(&written).unwrap_or_default());
        let failed = |error: Error| error.during("store the sign-in");
        let Some(otherwise) = &self.otherwise else {
            return self.place.store(&text, Existing::Replace).map_err(failed);
        };
        if self.place.store(&text, Existing::Replace).is_err() {
            return otherwise.store(&text, Existing::Replace).map_err(failed);
        }
        match otherwise.remove() {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }

    /// Waits until no other process uses the tokens. Dropping the returned file releases the lock.
    pub(super) async fn lock(&self) -> Result<File> {
        let path = self.lock.clone();
        let locked = tokio::task::spawn_blocking(move || lock(&path)).await;
        let failed = |error: Error| error.during("wait for another process that signs in");
        match locked {
            Ok(Ok(file)) => Ok(file),
            Ok(Err(error)) => Err(failed(Error::from(error)).with("file", self.lock.display())),
            Err(_) => Err(failed(Error::new(ErrorKind::Unavailable, "the runtime is shutting down"))),
        }
    }
}

fn lock(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    file.lock()?;
    Ok(file)
}

impl Kept {
    pub(super) fn new(refresh: Secret, since: Timestamp) -> Self {
        Self { refresh, since, access: None, scope: None }
    }

    pub(super) fn with_access(mut self, tokens: &WireTokens, now: Timestamp) -> Self {
        self.access = Some((Secret::new(tokens.access_token.as_str()), until(tokens, now)));
        if tokens.scope.is_some() {
            self.scope.clone_from(&tokens.scope);
        }
        self
    }

    /// Returns the tokens after a renewal. A response without a refresh token keeps the old one (goto-api, 1.3).
    pub(super) fn renewed(self, tokens: &WireTokens, now: Timestamp) -> Self {
        let other = tokens.refresh_token.as_deref().filter(|token| *token != self.refresh.expose());
        let next = match other {
            Some(token) => Self { refresh: Secret::new(token), since: now, ..self },
            None => self,
        };
        next.with_access(tokens, now)
    }

    pub(super) fn refresh(&self) -> &Secret {
        &self.refresh
    }

    /// Returns the access token, if it is still valid.
    pub(super) fn access(&self, now: Timestamp) -> Option<(Secret, Timestamp)> {
        self.access.clone().filter(|(_, until)| *until > now)
    }

    pub(super) fn ends(&self) -> Timestamp {
        self.since.saturating_add(SignedDuration::from_hours(24 * LOGIN_DAYS)).unwrap_or(self.since)
    }

    pub(super) fn scopes(&self) -> Option<Vec<String>> {
        Some(self.scope.as_ref()?.split_whitespace().map(str::to_owned).collect())
    }
}

impl fmt::Display for LoginStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)?;
        self.otherwise.iter().try_for_each(|place| write!(f, ", or the {place}"))
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("since", &self.since).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> WireTokens {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn keeps_the_refresh_token_if_the_response_has_none() {
        let (then, now) = (Timestamp::UNIX_EPOCH, Timestamp::now());
        let kept = Kept::new(Secret::new("old"), then);
        let same = kept.clone().renewed(&tokens(r#"{"access_token":"a"}"#), now);
        assert_eq!((same.refresh.expose(), same.since), ("old", then));
        let null = kept.clone().renewed(&tokens(r#"{"access_token":"a","refresh_token":null}"#), now);
        assert_eq!(null.refresh.expose(), "old");
        let other = kept.renewed(&tokens(r#"{"access_token":"a","refresh_token":"new","expires_in":100}"#), now);
        assert_eq!((other.refresh.expose(), other.since), ("new", now));
        assert_eq!(other.access(now).unwrap().1, now + SignedDuration::from_secs(40));
        assert_eq!(other.ends(), now + SignedDuration::from_hours(720));
    }

    #[test]
    fn stores_tokens_and_never_shows_them() {
        let folder = tempfile::tempdir().unwrap();
        let place = SecretSource::File(folder.path().join("login"));
        let store = LoginStore::new(place, folder.path().join("lock")).unwrap();
        assert!(store.read().unwrap().is_none());
        let now = Timestamp::now();
        let answer = tokens(r#"{"access_token":"hunter2","refresh_token":"x","scope":"identity: users.v1.read"}"#);
        let kept = Kept::new(Secret::new("hunter3"), now).with_access(&answer, now);
        store.write(&kept).unwrap();
        let back = store.read().unwrap().unwrap();
        assert_eq!((back.refresh.expose(), back.scopes().unwrap().len()), ("hunter3", 2));
        assert!(!format!("{kept:?}{store:?}").contains("hunter"));
        std::fs::write(folder.path().join("login"), "hunter2").unwrap();
        let error = store.read().unwrap_err();
        assert!(error.kind() == ErrorKind::Data && !format!("{error:?}").contains("hunter2"), "{error:?}");
    }

    #[test]
    fn falls_back_to_a_file_if_the_first_place_fails() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("later").join("login"), folder.path().join("login"));
        let store = LoginStore::new(SecretSource::File(first.clone()), folder.path().join("lock")).unwrap();
        let store = store.or_in(SecretSource::File(second.clone())).unwrap();
        assert!(store.read().unwrap().is_none());
        let kept = |secret: &str| Kept::new(Secret::new(secret), Timestamp::now());
        let back = || store.read().unwrap().unwrap().refresh.expose().to_owned();
        // The folder of the first place does not exist yet.
        store.write(&kept("one")).unwrap();
        assert!(second.exists() && back() == "one");
        // As soon as the first place works, the tokens are kept only there.
        std::fs::create_dir(first.parent().unwrap()).unwrap();
        store.write(&kept("two")).unwrap();
        assert!(first.exists() && !second.exists() && back() == "two");
        // The fallback is newer than the tokens in a first place that rejected the last write.
        std::fs::remove_dir_all(first.parent().unwrap()).unwrap();
        store.write(&kept("three")).unwrap();
        assert_eq!(back(), "three");
    }

    #[test]
    fn rejects_a_read_only_store() {
        let error = LoginStore::new(SecretSource::Variable("X".into()), "lock").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
    }
}
