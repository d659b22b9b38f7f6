//! The real client against the emulator.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use gotosync_core::http::{Client, Exchange, HttpOptions, Patience};
use gotosync_core::model::{Account, Batch, Outcome};
use gotosync_core::secret::SecretSource;
use gotosync_core::target::goto::{GotoAccount, GotoOptions, Means, SignIn, SignInOptions};
use gotosync_core::target::{ProvisioningTarget, TargetInfo};
use gotosync_core::{Result, Secret};

use super::{Emulator, Options};
use crate::Trouble;

/// An account on an emulator of its own, accessed through the production client.
#[derive(Debug)]
pub struct Served {
    account: GotoAccount,
    /// Keeps the emulator alive while the client uses it.
    emulator: Arc<Emulator>,
}

impl Served {
    /// Starts an emulator and signs in to it.
    ///
    /// # Errors
    /// An error if the emulator or the client cannot be started.
    pub fn start(options: Options) -> Result<Self, Trouble> {
        let emulator = Arc::new(options.start()?);
        let connect = Some(emulator.urls().connect);
        let all = GotoOptions { connect, caller_ids: true, ..GotoOptions::default() };
        Self::at(&emulator, GotoOptions { per_second: None, visible_within: 0, ..all })
    }

    /// Signs in to a running emulator.
    ///
    /// # Errors
    /// An error if the client cannot be set up.
    pub fn at(emulator: &Arc<Emulator>, options: GotoOptions) -> Result<Self, Trouble> {
        Self::watched(emulator, options, |_| {})
    }

    /// Like [`at`](Self::at), and reports every attempt of a call to `watch`.
    ///
    /// # Errors
    /// An error if the client cannot be set up.
    pub fn watched(
        emulator: &Arc<Emulator>,
        options: GotoOptions,
        watch: impl Fn(&Exchange<'_>) + Send + Sync + 'static,
    ) -> Result<Self, Trouble> {
        let patience = Patience { first: std::time::Duration::from_millis(20), ..Patience::default() };
        Self::by(emulator, options, HttpOptions { patience, ..HttpOptions::default() }, watch)
    }

    /// Like [`watched`](Self::watched), with custom HTTP options.
    ///
    /// # Errors
    /// An error if the client cannot be set up.
    pub fn by(
        emulator: &Arc<Emulator>,
        options: GotoOptions,
        http: HttpOptions,
        watch: impl Fn(&Exchange<'_>) + Send + Sync + 'static,
    ) -> Result<Self, Trouble> {
        let urls = emulator.urls();
        let client = Client::new(http)?.watch(watch);
        let token = Secret::new(emulator.personal_token());
        let sign_in = SignIn::new(
            &client,
            SignInOptions {
                client_id: "emulated-client".to_owned(),
                client_secret: None,
                authorize: urls.authorize,
                token: urls.token,
                scopes: Vec::new(),
                means: Means::PersonalToken { token, place: SecretSource::Variable("GOTO_TOKEN".to_owned()) },
            },
        )?;
        let account = GotoAccount::new(&client, sign_in, GotoOptions { admin: urls.admin, ..options })?;
        Ok(Self { account, emulator: Arc::clone(emulator) })
    }

    /// Returns the emulator.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Returns the account.
    pub fn account(&self) -> &GotoAccount {
        &self.account
    }
}

impl fmt::Display for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.account, f)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl ProvisioningTarget for Served {
    async fn describe(&self) -> Result<TargetInfo> {
        self.account.describe().await
    }

    async fn read(&self) -> Result<Account> {
        self.account.read().await
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        self.account.execute(batch).await
    }
}
