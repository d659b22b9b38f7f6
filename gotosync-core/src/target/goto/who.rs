//! The signed-in user, the chosen account, and missing permissions.

use serde::Serialize;

use super::GotoAccount;
use super::convert::{SUPER_USER, Telephones};
use super::trouble::meant;
use super::wire::{Key, WireAccount, WireMe};
use crate::http::{Meaning, Request};
use crate::model::text::{fold, nearest};
use crate::model::{AccountKey, UserKey};
use crate::target::RoleAccess;
use crate::{Error, ErrorKind, Result};

/// The signed-in user and the chosen account.
#[derive(Clone, Debug)]
pub(super) struct Who {
    pub(super) user: UserKey,
    pub(super) email: String,
    pub(super) account: AccountKey,
    pub(super) account_name: String,
    pub(super) roles: RoleAccess,
    pub(super) telephones: Telephones,
    /// `true` if the users who may show a phone number are read.
    pub(super) callers: bool,
    pub(super) missing: Vec<Missing>,
    /// The accounts of the user; the chosen one is marked.
    pub(super) accounts: Vec<AccountOf>,
    /// The user's roles in the organization.
    pub(super) organization_roles: Vec<String>,
}

/// An account of the signed-in user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountOf {
    /// The key of the account.
    pub key: AccountKey,
    /// The name of the account.
    pub name: String,
    /// The user's roles in the account, in the words of the service.
    pub roles: Vec<String>,
    /// `true` for the account that is used.
    pub chosen: bool,
}

/// A missing permission of the signed-in user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The name of the permission.
    pub what: String,
    /// The consequence of its absence.
    pub without: String,
    /// The place where an admin grants it.
    pub grant: String,
    /// `true` if no run is possible without it.
    pub needed: bool,
}

impl Who {
    /// Checks that the user has the permissions that every run needs.
    pub(super) fn check(&self) -> Result<()> {
        match self.missing.iter().find(|missing| missing.needed) {
            None => Ok(()),
            Some(missing) => Err(Error::new(ErrorKind::Denied, format!("{} lacks {}", self.email, missing.what))
                .during("use the GoTo account")
                .with("account", &self.account_name)
                .hint(missing.grant.clone())),
        }
    }
}

/// Reads the signed-in user and chooses the account.
pub(super) async fn ask(target: &GotoAccount) -> Result<Who> {
    let answer = target.api.send(&Request::get("/me")).await.map_err(|failure| {
        let signed_out = failure.meaning == Some(Meaning::SignInNeeded);
        let error = meant(failure);
        // Observed live: GoTo treats a token without the scope like a missing token (goto-api, 1.4).
        if signed_out { scope_missing() } else { error }
    })?;
    let me: WireMe = answer.json()?;
    let accounts = accounts(&me);
    let chosen = choose(&accounts, target.options.account.as_deref())?;
    let (key, roles) = (chosen.key.clone(), chosen.roles.clone());
    let accounts: Vec<AccountOf> =
        accounts.iter().map(|own| AccountOf { chosen: own.key == key, ..own.clone() }).collect();
    let account_name = accounts.iter().find(|own| own.chosen).map_or_else(String::new, |own| own.name.clone());
    let full = roles.iter().any(|role| role == SUPER_USER);
    Ok(Who {
        user: UserKey::new(me.key.as_str()),
        email: me.email,
        account: key,
        account_name,
        roles: if full { RoleAccess::Full } else { RoleAccess::Hidden },
        telephones: if target.connect.is_some() && sees_telephones(&roles) {
            Telephones::Read
        } else {
            Telephones::Left
        },
        callers: target.options.caller_ids,
        missing: missing(&roles, target.connect.is_some()),
        accounts,
        organization_roles: me.organization_roles,
    })
}

/// Returns the accounts of the user, or the primary account if none are listed.
fn accounts(me: &WireMe) -> Vec<AccountOf> {
    let primary = WireAccount { key: me.account_key.clone(), name: String::new(), admin_roles: me.admin_roles.clone() };
    let listed = if me.accounts.is_empty() { std::slice::from_ref(&primary) } else { &me.accounts };
    listed
        .iter()
        .filter(|own| own.key != Key::default())
        .map(|own| AccountOf {
            key: AccountKey::new(own.key.as_str()),
            name: if own.name.is_empty() { own.key.0.clone() } else { own.name.clone() },
            roles: own.admin_roles.clone(),
            chosen: false,
        })
        .collect()
}

/// Finds an account by name or key. If the user has only one, it need not be named.
fn choose<'a>(accounts: &'a [AccountOf], wanted: Option<&str>) -> Result<&'a AccountOf> {
    let list = || accounts.iter().map(|own| format!("{} ({})", own.name, own.key)).collect::<Vec<_>>().join(", ");
    let Some(wanted) = wanted else {
        return match accounts {
            [one] => Ok(one),
            [] => Err(Error::new(ErrorKind::NotFound, "the signed-in user has no account")),
            _ => Err(Error::new(ErrorKind::Ambiguous, format!("the signed-in user has several accounts: {}", list()))
                .hint("choose one with `account = \"…\"` in [account], or with --account")),
        };
    };
    let named = |own: &&AccountOf| own.key.as_str() == wanted || fold(&own.name) == fold(wanted);
    let mut found = accounts.iter().filter(named);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            Err(Error::new(ErrorKind::Ambiguous, format!("several accounts have the name `{wanted}`"))
                .hint(format!("choose it by its key: {}", list())))
        }
        (None, _) => {
            let near = nearest(wanted, accounts.iter().map(|own| own.name.as_str()));
            let hint = near
                .map_or_else(|| format!("the user's accounts: {}", list()), |near| format!("did you mean `{near}`?"));
            Err(Error::new(ErrorKind::NotFound, format!("the signed-in user has no account `{wanted}`")).hint(hint))
        }
    }
}

/// Returns the permissions that the roles of an account do not include.
fn missing(roles: &[String], telephones: bool) -> Vec<Missing> {
    let has = |word: &str| roles.iter().any(|own| own == word || own == SUPER_USER);
    let lacking = |word: &str, what: &str, without: &str, needed| {
        (!has(word)).then(|| Missing {
            what: format!("the role {what} ({word})"),
            without: without.to_owned(),
            grant: "a super admin can assign it in GoTo Admin: People, the user, Role".to_owned(),
            needed,
        })
    };
    [
        lacking("MANAGE_USERS", "«Manage users»", "gotosync cannot create, change, or suspend users", true),
        lacking("MANAGE_SEATS", "«Manage seats»", "gotosync cannot assign or remove products", false),
        lacking(SUPER_USER, "«Super admin»", "gotosync can neither read nor change roles", false),
        lacking(CONFIGURE, "«Configure PBX»", "gotosync can neither read nor change telephones and locations", false)
            .filter(|_| telephones),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns `true` if the user may see telephones. Otherwise GoTo returns empty lists instead of an error (goto-api, 5).
fn sees_telephones(roles: &[String]) -> bool {
    roles.iter().any(|role| role == SUPER_USER || role == CONFIGURE)
}

fn scope_missing() -> Error {
    Error::new(ErrorKind::Denied, "GoTo accepts the token but denies access to the Admin API")
        .with("scope", "identity:")
        .hint(
            "enable «Admin Center» in the OAuth client at developer.logmeininc.com/clients, \
             then sign in again with `gotosync login`; renewing a token does not add scopes",
        )
}

/// The role that GoTo shows as «Admin (Configure PBX)» (goto-api, 2.10).
const CONFIGURE: &str = "MANAGE_ACCOUNT";

#[cfg(test)]
mod tests {
    use super::*;

    fn me(text: &str) -> Vec<AccountOf> {
        accounts(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn chooses_an_account_by_name_or_key() {
        let two =
            me(r#"{"accounts":[{"key":"1","name":"Great Ltd"},{"key":2,"name":"Small Ltd","adminRoles":["X"]}]}"#);
        assert_eq!(choose(&two, Some("small ltd")).unwrap().key.as_str(), "2");
        assert_eq!(choose(&two, Some("1")).unwrap().name, "Great Ltd");
        let several = choose(&two, None).unwrap_err();
        assert_eq!(several.kind(), ErrorKind::Ambiguous);
        assert!(several.to_string().contains("Great Ltd (1), Small Ltd (2)"), "{several}");
        let typo = choose(&two, Some("Grat Ltd")).unwrap_err();
        assert_eq!((typo.kind(), typo.help()), (ErrorKind::NotFound, Some("did you mean `Great Ltd`?")));
        let one = me(r#"{"accountKey":8778469392336402103,"adminRoles":["SUPER_USER"]}"#);
        assert_eq!(choose(&one, None).unwrap().key.as_str(), "8778469392336402103");
        assert_eq!(choose(&[], None).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn names_the_place_that_grants_a_missing_role() {
        let words = |roles: &[&str]| missing(&roles.iter().map(|&role| role.to_owned()).collect::<Vec<_>>(), true);
        assert_eq!(words(&["SUPER_USER"]), []);
        let some = words(&["MANAGE_USERS"]);
        assert!(some.iter().all(|missing| !missing.needed && missing.grant.contains("GoTo Admin")));
        assert_eq!(some.len(), 3);
        assert!(words(&[])[0].needed);
    }
}
