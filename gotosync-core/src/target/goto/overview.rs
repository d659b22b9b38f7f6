//! A summary of the signed-in user and the account.

use serde::Serialize;

use super::who::{AccountOf, Missing};
use super::{GotoAccount, lacks, read};
use crate::model::{License, UserKey};
use crate::target::Feature;
use crate::{ErrorKind, Result};

/// A summary of the signed-in user and the account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// The e-mail address of the signed-in user.
    pub email: String,
    /// The key of the signed-in user.
    pub user: UserKey,
    /// The accounts of the signed-in user; the chosen one is marked.
    pub accounts: Vec<AccountOf>,
    /// The licenses of the chosen account.
    pub licenses: Vec<License>,
    /// The number of users in the account.
    pub users: usize,
    /// The roles of the signed-in user in the organization.
    pub organization_roles: Vec<String>,
    /// The scopes of the token, if known.
    pub scopes: Option<Vec<String>>,
    /// The expiry of the sign-in unless it is renewed; `None` for a personal access token.
    pub ends: Option<jiff::Timestamp>,
    /// The missing permissions.
    pub missing: Vec<Missing>,
    /// Features that are neither read nor written.
    pub lacks: Vec<Feature>,
}

/// Collects the data that `gotosync account` shows.
pub(super) async fn overview(target: &GotoAccount) -> Result<Overview> {
    let who = target.who().await?;
    let account = read::read(target, who).await;
    // If the user may not read the account, the missing permissions in the summary explain why.
    let (licenses, users) = match account {
        Ok(account) => (account.licenses, account.users.len()),
        Err(error) if error.kind() == ErrorKind::Denied && !who.missing.is_empty() => (Vec::new(), 0),
        Err(error) => return Err(error),
    };
    Ok(Overview {
        email: who.email.clone(),
        user: who.user.clone(),
        accounts: who.accounts.clone(),
        licenses,
        users,
        organization_roles: who.organization_roles.clone(),
        scopes: target.sign_in.scopes(),
        ends: target.sign_in.ends()?,
        missing: who.missing.clone(),
        lacks: lacks(who),
    })
}
