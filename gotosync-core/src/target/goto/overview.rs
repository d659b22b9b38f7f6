//! What a login gives, for people to look at.

use serde::Serialize;

use super::who::{AccountOf, Missing};
use super::{GotoAccount, lacks, read};
use crate::model::{License, UserKey};
use crate::target::Feature;
use crate::{ErrorKind, Result};

/// What a login gives, for people to look at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// The address of whoever is signed in.
    pub email: String,
    /// Their key.
    pub user: UserKey,
    /// The accounts of the login; the chosen one is marked.
    pub accounts: Vec<AccountOf>,
    /// The licenses of the chosen account.
    pub licenses: Vec<License>,
    /// How many users the account has.
    pub users: usize,
    /// What the login may do in the organization.
    pub organization_roles: Vec<String>,
    /// What the token is good for, where that is known.
    pub scopes: Option<Vec<String>>,
    /// Until when the login lasts unless it is renewed; `None` for a personal access token.
    pub ends: Option<jiff::Timestamp>,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// What no public way is known for.
    pub lacks: Vec<Feature>,
}

/// What `gotosync account` shows.
pub(super) async fn overview(target: &GotoAccount) -> Result<Overview> {
    let who = target.who().await?;
    let account = read::read(target, who).await;
    // Whoever may not read is told why by what is missing.
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
