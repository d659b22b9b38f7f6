//! Bearer tokens for calls to services.

use std::fmt;

use async_trait::async_trait;

use crate::{Error, ErrorKind, Result, Secret};

/// A provider of access tokens.
#[async_trait]
pub trait Bearer: fmt::Debug + Send + Sync {
    /// Returns the current token.
    async fn token(&self) -> Result<Secret>;

    /// Returns a new token after the service rejected `refused`. If another call has already renewed it, returns that
    /// token.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] if there is no other token.
    async fn renew(&self, refused: &Secret) -> Result<Secret>;
}

/// A fixed token, such as one that an admin created at the service.
#[derive(Clone, Debug)]
pub struct StaticToken(Secret);

impl StaticToken {
    /// Creates a provider that always returns this token.
    pub fn new(token: Secret) -> Self {
        Self(token)
    }
}

#[async_trait]
impl Bearer for StaticToken {
    async fn token(&self) -> Result<Secret> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _: &Secret) -> Result<Secret> {
        Err(Error::new(ErrorKind::Denied, "the service rejected the token")
            .hint("check whether the token has expired or was revoked, and create a new one"))
    }
}
