//! Who is signed in, to which account, and whether that is enough.

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

/// Who is signed in, and to what.
#[derive(Clone, Debug)]
pub(super) struct Who {
    pub(super) user: UserKey,
    pub(super) email: String,
    pub(super) account: AccountKey,
    pub(super) account_name: String,
    pub(super) roles: RoleAccess,
    pub(super) telephones: Telephones,
    /// Whether it is read who may show which telephone number.
    pub(super) callers: bool,
    pub(super) missing: Vec<Missing>,
    /// The accounts of the login; the chosen one is marked.
    pub(super) accounts: Vec<AccountOf>,
    /// What the login may do in the organization.
    pub(super) organization_roles: Vec<String>,
}

/// An account of a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountOf {
    /// Its key.
    pub key: AccountKey,
    /// Its name.
    pub name: String,
    /// What the login may do there, by the service's own words.
    pub roles: Vec<String>,
    /// Whether it is the one that is used.
    pub chosen: bool,
}

/// Something that a login lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// What.
    pub what: String,
    /// What cannot be done without it.
    pub without: String,
    /// Where an admin grants it.
    pub grant: String,
    /// Whether nothing at all can be done without it.
    pub needed: bool,
}

impl Who {
    /// Checks that the login may do what every run needs.
    pub(super) fn check(&self) -> Result<()> {
        match self.missing.iter().find(|missing| missing.needed) {
            None => Ok(()),
            Some(missing) => Err(Error::new(ErrorKind::Denied, format!("{} lacks {}", self.email, missing.what))
                .during("use the account")
                .with("account", &self.account_name)
                .hint(missing.grant.clone())),
        }
    }
}

/// Asks who is signed in, and chooses the account.
pub(super) async fn ask(target: &GotoAccount) -> Result<Who> {
    let answer = target.api.send(&Request::get("/me")).await.map_err(|failure| {
        let signed_out = failure.meaning == Some(Meaning::SignInNeeded);
        let error = meant(failure);
        // Seen live: a token without the scope is answered as if there were none (goto-api, 1.4).
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

/// The accounts of a login; where none is listed, its primary one.
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

/// Finds an account by name or key; one that is alone need not be named.
fn choose<'a>(accounts: &'a [AccountOf], wanted: Option<&str>) -> Result<&'a AccountOf> {
    let list = || accounts.iter().map(|own| format!("{} ({})", own.name, own.key)).collect::<Vec<_>>().join(", ");
    let Some(wanted) = wanted else {
        return match accounts {
            [one] => Ok(one),
            [] => Err(Error::new(ErrorKind::NotFound, "the login belongs to no account")),
            _ => Err(Error::new(ErrorKind::Ambiguous, format!("the login has several accounts: {}", list()))
                .hint("name one with `account = \"…\"` in [account], or with --account")),
        };
    };
    let named = |own: &&AccountOf| own.key.as_str() == wanted || fold(&own.name) == fold(wanted);
    let mut found = accounts.iter().filter(named);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Error::new(ErrorKind::Ambiguous, format!("several accounts are called `{wanted}`"))
            .hint(format!("name it by its key: {}", list()))),
        (None, _) => {
            let near = nearest(wanted, accounts.iter().map(|own| own.name.as_str()));
            let hint = near.map_or_else(|| format!("it has: {}", list()), |near| format!("did you mean `{near}`?"));
            Err(Error::new(ErrorKind::NotFound, format!("the login has no account `{wanted}`")).hint(hint))
        }
    }
}

/// What roles of an account leave to be wished.
fn missing(roles: &[String], telephones: bool) -> Vec<Missing> {
    let has = |word: &str| roles.iter().any(|own| own == word || own == SUPER_USER);
    let lacking = |word: &str, what: &str, without: &str, needed| {
        (!has(word)).then(|| Missing {
            what: format!("the role {what} ({word})"),
            without: without.to_owned(),
            grant: "a super admin gives it in GoTo Admin: People, the user, Role".to_owned(),
            needed,
        })
    };
    [
        lacking("MANAGE_USERS", "«Manage users»", "nobody can be made, changed or suspended", true),
        lacking("MANAGE_SEATS", "«Manage seats»", "products may not be given or taken", false),
        lacking(SUPER_USER, "«Super admin»", "roles are neither seen nor given", false),
        lacking(CONFIGURE, "«Configure PBX»", "telephones and locations are neither seen nor given", false)
            .filter(|_| telephones),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Without this, lists of telephones come empty, and are not refused (goto-api, 5).
fn sees_telephones(roles: &[String]) -> bool {
    roles.iter().any(|role| role == SUPER_USER || role == CONFIGURE)
}

fn scope_missing() -> Error {
    Error::new(ErrorKind::Denied, "GoTo takes the token and does not let it near the Admin API")
        .with("scope", "identity:")
        .hint(
            "an admin ticks «Admin Center» in the OAuth client at developer.logmeininc.com/clients; \
             then sign in again with `gotosync login`, since a refresh does not widen what was consented to",
        )
}

/// The role that is shown as «Admin (Configure PBX)» (goto-api, 2.10).
const CONFIGURE: &str = "MANAGE_ACCOUNT";

#[cfg(test)]
mod tests {
    use super::*;

    fn me(text: &str) -> Vec<AccountOf> {
        accounts(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn an_account_is_chosen_by_name_or_key() {
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
    fn what_is_missing_says_where_it_is_granted() {
        let words = |roles: &[&str]| missing(&roles.iter().map(|&role| role.to_owned()).collect::<Vec<_>>(), true);
        assert_eq!(words(&["SUPER_USER"]), []);
        let some = words(&["MANAGE_USERS"]);
        assert!(some.iter().all(|missing| !missing.needed && missing.grant.contains("GoTo Admin")));
        assert_eq!(some.len(), 3);
        assert!(words(&[])[0].needed);
    }
}
