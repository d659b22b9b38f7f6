//! Reads the account: several lists in parallel, each of which detects whether it is complete.

use std::sync::Arc;

use futures_util::future::{join, join3, join4};
use hashbrown::HashMap;

use super::connect;
use super::convert::{self, license_names};
use super::list::{List, Listing};
use super::names::Names;
use super::who::Who;
use super::wire::{Key, WireField, WireGroup, WireLicense, WireRoleSet, WireTemplate, WireUser};
use super::{GotoAccount, path};
use crate::http::Api;
use crate::model::{Account, Catalog, Completeness, Gap, LicenseKey, User, UserGroup, UserKey};
use crate::{ErrorKind, Result};

/// Everything but the users.
struct Rest {
    names: Names,
    licenses: Vec<WireLicense>,
    gaps: Vec<Gap>,
}

/// Reads the account.
pub(super) async fn read(target: &GotoAccount, who: &Who) -> Result<Account> {
    let (users, rest, board) = join3(users(target, who), rest(target, who), connect::switchboard(target, who)).await;
    let (users, Rest { mut names, licenses, mut gaps }) = (users?, rest?);
    let board = board?.map(|(board, more)| {
        gaps.extend(more);
        board
    });
    names.users = users.rows.len();
    gaps.splice(0..0, users.gaps);
    let mut account = Account::empty(who.account.as_str(), who.account_name.as_str());
    let mut holders: HashMap<&str, usize> = HashMap::new();
    for key in users.rows.iter().flat_map(|user| &user.license_keys) {
        *holders.entry(key.as_str()).or_default() += 1;
    }
    account.licenses = licenses
        .iter()
        .map(|row| {
            let name = names.licenses[&LicenseKey::new(row.key.as_str())].clone();
            convert::license(row, name, holders.get(row.key.as_str()).copied().unwrap_or_default())
        })
        .collect();
    let mut read: Vec<User> =
        users.rows.iter().map(|user| convert::user(user, &names, who.roles, who.telephones)).collect();
    if let Some(board) = &board {
        gaps.extend(board.is_blind(&read));
        board.complete(&mut read);
    }
    account.users = read.into_iter().map(Arc::new).collect();
    account.groups = names.groups.keys().map(|path| UserGroup { key: None, path: path.clone() }).collect();
    account.catalog = Catalog {
        welcome_emails: names.templates.values().cloned().collect(),
        role_sets: names.role_sets.values().cloned().collect(),
        custom_fields: names.fields.values().cloned().collect(),
        ..Catalog::default()
    };
    if let Some(board) = &board {
        board.fill(&mut account.catalog);
    }
    account.login = Some(who.user.clone());
    account.completeness = Completeness::from_gaps(gaps);
    account.sort();
    remember(target, &account, names);
    Ok(account)
}

/// Returns the names of the account, and reads them first if they are not cached.
pub(super) async fn names(target: &GotoAccount, who: &Who) -> Result<Arc<Names>> {
    if let Some(names) = target.seen().names.clone() {
        return Ok(names);
    }
    let names = Arc::new(rest(target, who).await?.names);
    target.seen().names.get_or_insert_with(|| Arc::clone(&names));
    Ok(names)
}

/// Reads all users, with only the given fields.
pub(super) async fn users_with(target: &GotoAccount, who: &Who, fields: &'static str) -> Result<Listing<WireUser>> {
    let list = List {
        api: &target.api,
        path: path(who, "/users"),
        name: "users",
        page_size: target.options.page_size.max(1),
        fields,
        counted: true,
        key: user_key,
    };
    list.read().await
}

async fn users(target: &GotoAccount, who: &Who) -> Result<Listing<WireUser>> {
    users_with(target, who, "").await
}

fn remember(target: &GotoAccount, account: &Account, names: Names) {
    let mut seen = target.seen();
    let keys = account.users.iter().filter_map(|user| user.key.clone());
    // Keep the keys of users that were created but are not visible yet.
    seen.users.get_or_insert_default().extend(keys);
    seen.names = Some(Arc::new(names));
}

/// Reads the licenses and groups, which must be readable, and other lists if the account has them and the user may see
/// them.
async fn rest(target: &GotoAccount, who: &Who) -> Result<Rest> {
    let path = |below: &str| path(who, below);
    let (api, page_size) = (&target.api, target.options.page_size.max(1));
    let licenses = List {
        api,
        path: path("/licenses"),
        name: "licenses",
        page_size,
        fields: "",
        counted: false,
        key: license_key,
    };
    let groups =
        List { api, path: path("/groups"), name: "user groups", page_size, fields: "", counted: true, key: group_key };
    let (licenses, groups, role_sets, (fields, templates)) = join4(
        licenses.read(),
        groups.read(),
        optional(api, path("/rolesets"), "role sets", page_size, role_set_key),
        join(
            optional(api, path("/attributes"), "custom fields", page_size, field_key),
            optional(api, path("/templates"), "welcome e-mail templates", page_size, template_key),
        ),
    )
    .await;
    let (licenses, groups): (Listing<WireLicense>, Listing<WireGroup>) = (licenses?, groups?);
    let (role_sets, fields, templates) = (role_sets?, fields?, templates?);
    let lists = [licenses.gaps, groups.gaps, role_sets.gaps, fields.gaps, templates.gaps];
    let mut names = Names { licenses: license_names(&licenses.rows), ..Names::default() };
    names.add_groups(&groups.rows);
    names.add_role_sets(role_sets.rows);
    names.add_fields(fields.rows);
    names.add_templates(templates.rows);
    Ok(Rest { names, licenses: licenses.rows, gaps: lists.concat() })
}

/// Reads a list that an account may lack or that the signed-in user may not see.
async fn optional<T: serde::de::DeserializeOwned + Send>(
    api: &Api,
    path: String,
    name: &'static str,
    page_size: usize,
    key: fn(&T) -> &Key,
) -> Result<Listing<T>> {
    match (List { api, path, name, page_size, fields: "", counted: false, key }).read().await {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Denied | ErrorKind::Unsupported) => {
            Ok(Listing { rows: Vec::new(), gaps: Vec::new() })
        }
        other => other,
    }
}

/// Records created users.
pub(super) fn made(target: &GotoAccount, keys: impl IntoIterator<Item = UserKey>) {
    target.seen().users.get_or_insert_default().extend(keys);
}

/// Lists the existing users, unless they are known already.
pub(super) async fn known_users(target: &GotoAccount, who: &Who) -> Result<()> {
    if target.seen().users.is_some() {
        return Ok(());
    }
    let listing = users_with(target, who, "key,email").await?;
    made(target, listing.rows.iter().map(|user| UserKey::new(user.key.as_str())));
    Ok(())
}

fn user_key(row: &WireUser) -> &Key {
    &row.key
}

fn license_key(row: &WireLicense) -> &Key {
    &row.key
}

fn group_key(row: &WireGroup) -> &Key {
    &row.key
}

fn role_set_key(row: &WireRoleSet) -> &Key {
    &row.id
}

fn field_key(row: &WireField) -> &Key {
    &row.key
}

fn template_key(row: &WireTemplate) -> &Key {
    &row.key
}
