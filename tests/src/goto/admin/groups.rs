//! User groups (goto-api, 2.8). A user is in at most one.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use gotosync_core::model::{Action, Role, User, UserGroup, UserGroupPath, UserKey};
use gotosync_core::target::Glance;
use serde::Serialize;
use serde_json::{Map, Value};

use super::ask::Ask;
use super::change::{changed, group, key};
use super::wire::{Key, Page, group_key};
use super::{Admin, bad, no_group, perform, unsure};
use crate::goto::answer::Refusal;
use crate::goto::options::KeyForm;
use crate::goto::world::World;

/// A user group in a response.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireGroup {
    key: Key<'static>,
    name: String,
    key_path: Vec<Key<'static>>,
    name_path: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_keys: Vec<Key<'static>>,
    member_count: usize,
    total_member_count: usize,
}

pub(super) async fn list(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
    ask: Ask,
) -> Result<Json<Page<WireGroup>>, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let mut rows = Vec::new();
    for (group, wire) in listed(&tenant.target.glance(), world.options.keys) {
        let key = group_key(&group);
        let value = |field: &str| match field {
            "key" => Some(key.as_str()),
            "name" => Some(group.path.name()),
            _ => None,
        };
        let holds = ask.filter.as_ref().map_or(Ok(true), |filter| filter.holds(value));
        if holds.map_err(|field| bad("filter.invalid", &field))? {
            rows.push(wire);
        }
    }
    let total = rows.len();
    Ok(Json(Page::new(rows.into_iter().skip(ask.offset).take(ask.page()).collect(), ask.offset, total)))
}

pub(super) async fn one(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, group)): Path<(String, String)>,
) -> Result<Json<WireGroup>, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let mut all = listed(&tenant.target.glance(), world.options.keys).into_iter();
    let found = all.find(|(own, _)| group_key(own) == group);
    found.map(|(_, wire)| Json(wire)).ok_or_else(|| no_group(&group))
}

/// Creates a group and responds with its key only.
pub(super) async fn create(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path(account): Path<String>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<String>, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let name = name(&body)?;
    let path = match body.get(unsure::PARENT) {
        None | Some(Value::Null) => UserGroupPath::new(name),
        Some(parent) => {
            let parent = group(&tenant.target.glance(), &key(unsure::PARENT, parent)?)?;
            UserGroupPath::new(&format!("{parent}/{name}"))
        }
    };
    perform(tenant, Action::CreateGroup { path: path.clone() }).await?;
    Ok(Json(group_key(&UserGroup { key: None, path })))
}

/// Renames a group; its key and its subgroups remain.
pub(super) async fn rename(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, group_of)): Path<(String, String)>,
    Json(body): Json<Map<String, Value>>,
) -> Result<StatusCode, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let name = name(&body)?;
    let old = group(&tenant.target.glance(), &group_of)?;
    let new = match old.parent() {
        Some(parent) => UserGroupPath::new(&format!("{parent}/{name}")),
        None => UserGroupPath::new(name),
    };
    if new != old && tenant.target.glance().groups().any(|group| group.path == new) {
        return Err(Refusal::admin(StatusCode::CONFLICT, "group.name.conflict", name));
    }
    let moved = |path: &UserGroupPath| {
        if !path.is_within(&old) {
            return path.clone();
        }
        UserGroupPath::new(&format!("{new}{}", &path.as_str()[old.as_str().len()..]))
    };
    tenant.target.edit(|account| {
        for group in &mut account.groups {
            group.key = Some(group_key(group).into());
            group.path = moved(&group.path);
        }
        regroup(&mut account.users, |path| Some(moved(path)));
    });
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a group and its subgroups; their users are then in no group.
pub(super) async fn delete(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, group_of)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    let gone = group(&tenant.target.glance(), &group_of)?;
    tenant.target.edit(|account| {
        account.groups.retain(|group| !group.path.is_within(&gone));
        regroup(&mut account.users, |path| (!path.is_within(&gone)).then(|| path.clone()));
    });
    Ok(StatusCode::NO_CONTENT)
}

/// Moves a user into a group.
pub(super) async fn join(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, group_of, user)): Path<(String, String, String)>,
) -> Result<StatusCode, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    changed(tenant, &user, |glance, user| {
        user.group = Some(group(glance, &group_of)?);
        Ok(())
    })
    .await
}

/// Removes a user from the current group.
pub(super) async fn leave(
    admin: Admin,
    State(world): State<Arc<World>>,
    Path((account, user)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let tenant = world.tenant(&account, &admin.user)?;
    changed(tenant, &user, |_, user| {
        user.group = None;
        Ok(())
    })
    .await
}

fn name(body: &Map<String, Value>) -> Result<&str, Refusal> {
    let name = body.get("name").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
    name.ok_or_else(|| bad("group.name.required", ""))
}

/// Returns every group with its members.
fn listed(glance: &Glance<'_>, form: KeyForm) -> Vec<(UserGroup, WireGroup)> {
    let mut members: HashMap<&UserGroupPath, Vec<&UserKey>> = HashMap::new();
    for user in glance.users() {
        if let (Some(group), Some(key)) = (&user.group, &user.key) {
            members.entry(group).or_default().push(key);
        }
    }
    let keys: HashMap<&UserGroupPath, String> = glance.groups().map(|group| (&group.path, group_key(group))).collect();
    let row = |group: &UserGroup| {
        let mut paths = vec![group.path.clone()];
        while let Some(parent) = paths.last().and_then(UserGroupPath::parent) {
            paths.push(parent);
        }
        paths.reverse();
        let own = members.get(&group.path).map(Vec::as_slice).unwrap_or_default();
        let below = members.iter().filter(|(path, _)| path.is_within(&group.path));
        let key = |key: &str| Key::new(key.to_owned(), form);
        WireGroup {
            key: key(&group_key(group)),
            name: group.path.name().to_owned(),
            key_path: paths.iter().filter_map(|path| keys.get(path)).map(|own| key(own)).collect(),
            name_path: paths.iter().map(|path| path.name().to_owned()).collect(),
            user_keys: own.iter().map(|own| key(own.as_str())).collect(),
            member_count: own.len(),
            total_member_count: below.map(|(_, members)| members.len()).sum(),
        }
    };
    glance.groups().map(|group| (group.clone(), row(group))).collect()
}

/// Changes the groups of all users, and the groups that managers manage.
fn regroup(users: &mut [Arc<User>], change: impl Fn(&UserGroupPath) -> Option<UserGroupPath>) {
    for user in users {
        let new = user.group.as_ref().and_then(&change);
        if new != user.group {
            Arc::make_mut(user).group = new;
        }
        if !user.role.groups().is_empty()
            && let Role::Manager { groups, .. } = &mut Arc::make_mut(user).role
        {
            *groups = groups.iter().filter_map(&change).collect();
        }
    }
}
