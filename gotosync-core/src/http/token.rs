//! What proves to a service who calls.

use std::fmt;

use async_trait::async_trait;

use crate::{Error, ErrorKind, Result, Secret};

/// Gives the token that calls are made with.
#[async_trait]
pub trait Bearer: fmt::Debug + Send + Sync {
    /// The token to use now.
    async fn token(&self) -> Result<Secret>;

    /// Another token, after the service refused this one. Whoever refused it first may have renewed it for all.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] when there is no other.
    async fn renew(&self, refused: &Secret) -> Result<Secret>;
}

/// A token that stays the same, as many services give it to an admin.
#[derive(Clone, Debug)]
pub struct StaticToken(Secret);

impl StaticToken {
    /// Takes a token.
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
        Err(Error::new(ErrorKind::Denied, "the service refuses the token")
            .hint("see whether it has expired or was revoked, and have a new one made"))
    }
}
