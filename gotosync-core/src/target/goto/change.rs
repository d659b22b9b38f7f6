//! Changes to existing users. Each user is read again first, and changed only if the user still has the planned state.

use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value, json};

use super::TOGETHER;
use super::assumed::{ABSENT, ATTRIBUTES, MANAGED_LICENSES, filter_by_email, invitation, suspended};
use super::connect::{concerns, is_about_telephones};
use super::convert::{SUPER_USER, word};
use super::fresh;
use super::names::Names;
use super::work::{Work, failed, offered};
use crate::http::{Failure, Method, Reached, Request};
use crate::model::{Action, Arrival, Effect, Email, Fault, Outcome, Role, Status, Update, User, UserChanges, UserKey};
use crate::{ErrorKind, Result};

/// The requests of one action on a user.
struct Planned {
    calls: Vec<Request>,
    /// The user after all requests; `None` if the user is deleted.
    after: Option<User>,
    effect: Effect,
}

/// Executes actions on users: in order for the same user, in parallel for different users.
pub(super) async fn change(work: &Work<'_>, actions: &[Action]) -> Vec<Outcome> {
    let mut chains: Vec<(UserKey, Vec<usize>)> = Vec::new();
    for (at, action) in actions.iter().enumerate() {
        let Some(key) = action.user() else { continue };
        match chains.iter_mut().find(|(own, _)| own == key) {
            Some((_, chain)) => chain.push(at),
            None => chains.push((key.clone(), vec![at])),
        }
    }
    let mut now = fresh::users(work, chains.iter().map(|(key, _)| key.clone()).collect()).await;
    let mut running = Vec::with_capacity(chains.len());
    for (key, chain) in chains {
        let user = now.remove(&key).unwrap_or(Ok(None));
        running.push(in_order(work, user, chain, actions));
    }
    let ended: Vec<Vec<(usize, Outcome)>> = stream::iter(running).buffer_unordered(TOGETHER).collect().await;
    let mut ended: Vec<(usize, Outcome)> = ended.into_iter().flatten().collect();
    ended.sort_by_key(|(at, _)| *at);
    ended.into_iter().map(|(_, outcome)| outcome).collect()
}

async fn in_order(
    work: &Work<'_>,
    mut user: fresh::Fresh,
    chain: Vec<usize>,
    actions: &[Action],
) -> Vec<(usize, Outcome)> {
    let mut outcomes = Vec::with_capacity(chain.len());
    for at in chain {
        let outcome = match &mut user {
            Err(fault) => Outcome::Failed { fault: fault.clone() },
            Ok(now) => one(work, now, &actions[at]).await,
        };
        outcomes.push((at, outcome));
    }
    outcomes
}

/// Executes one action on a user whose current state is `now`.
async fn one(work: &Work<'_>, now: &mut Option<User>, action: &Action) -> Outcome {
    let planned = match planned(work, now.as_ref(), action).await {
        Ok(planned) => planned,
        Err(fault) => return Outcome::Failed { fault },
    };
    for (done, call) in planned.calls.iter().enumerate() {
        let Err(failure) = work.target.api.send(call).await else { continue };
        if failure.reached == Reached::Not {
            return failed(failure, done);
        }
        // The outcome is unknown, so read the user to find out.
        let outcome = failed(failure, done);
        let Some(key) = action.user().filter(|_| !is_about_telephones(action)) else { return outcome };
        let Ok(seen) = fresh::one(work, key.clone()).await else { return outcome };
        let arrived = match (action, &seen) {
            // The key was read a moment ago, so a user with this key is the same user, even if the address has changed.
            (Action::Delete(_), seen) => seen.is_none(),
            (Action::Suspend(_), Some(user)) => user.is_bare() && user.status == Status::Suspended,
            (action, seen) => matches!(action.arrival(seen.as_ref(), |_| false), Arrival::Done(_)),
        };
        *now = seen;
        return if arrived { planned.effect.into() } else { outcome };
    }
    if let Err((failure, done)) = telephones(work, planned.after.as_ref(), action).await {
        *now = None;
        return failed(failure, planned.calls.len() + done);
    }
    *now = planned.after;
    planned.effect.into()
}

/// Writes the telephone settings of an action.
async fn telephones(work: &Work<'_>, after: Option<&User>, action: &Action) -> Result<(), (Failure, usize)> {
    let (Action::Update(update) | Action::Reactivate(update)) = action else { return Ok(()) };
    let (Some(board), Some(api), Some(settings)) = (&work.board, &work.target.connect, &update.changes.settings) else {
        return Ok(());
    };
    if !concerns(settings) {
        return Ok(());
    }
    let name = after.map(User::full_name).unwrap_or_default();
    board.lock().await.write(work.target, work.who, api, (&update.user, &name), settings).await
}

/// Returns the requests of an action, or the reason why it must not be executed.
async fn planned(work: &Work<'_>, now: Option<&User>, action: &Action) -> Result<Planned, Fault> {
    offered(work.who, action)?;
    let after = action.guard(now, &work.guards())?;
    let (Some(user), Some(key), Some(effect)) = (now, action.user(), action.effect()) else {
        return Err(Fault::new(ErrorKind::Bug, "the action does not concern a user"));
    };
    let path = work.path(&format!("/users/{}", Request::part(key.as_str())));
    let Some(mut after) = after else {
        return Ok(Planned { calls: vec![Request::new(Method::Delete, path)], after: None, effect });
    };
    let calls = match action {
        Action::Suspend(_) => {
            let mut calls = clear_role_set(work, user)?;
            calls.push(put(&path, &suspended()));
            calls
        }
        Action::Release(_) => vec![put(&path, &json!({ "licenseKeys": after.licenses }))],
        Action::Update(update) | Action::Reactivate(update) => updated(work, user, &after, update, &path).await?,
        _ => vec![invitation(work.who.account.as_str(), key.as_str())],
    };
    // A user without an invitation has signed in.
    after.derive_status(after.invitation.is_none());
    Ok(Planned { calls, after: Some(after), effect })
}

async fn updated(
    work: &Work<'_>,
    user: &User,
    after: &User,
    update: &Update,
    path: &str,
) -> Result<Vec<Request>, Fault> {
    let changes = &update.changes;
    changes.licenses.added().iter().try_for_each(|key| work.names.license(key)).map_err(Fault::from)?;
    if let (Some(board), Some(settings)) = (&work.board, &changes.settings)
        && concerns(settings)
    {
        board.lock().await.check(settings, Some(&update.user), after.settings())?;
    }
    let mut calls = Vec::new();
    let role_changes = after.role != user.role;
    if role_changes {
        calls.extend(clear_role_set(work, user)?);
    }
    let body = body(work, user, after, changes)?;
    if !body.is_empty() {
        calls.push(put(path, &Value::Object(body)));
    }
    if changes.group.as_ref().is_some_and(|change| change.after().is_none()) {
        // This request was observed in a client. It removes the user from all groups, and a user has at most one.
        calls.push(Request::new(Method::Delete, format!("{path}/groups")));
    }
    if role_changes && let Role::Set(name) = &after.role {
        calls.push(give_role_set(work, &after.email, name)?);
    }
    Ok(calls)
}

/// Returns the changed fields of the user. The other changes need separate requests.
fn body(work: &Work<'_>, user: &User, after: &User, changes: &UserChanges) -> Result<Map<String, Value>, Fault> {
    let mut body = Map::new();
    if changes.email.is_some() {
        body.insert("email".to_owned(), json!(after.email));
    }
    if changes.first_name.is_some() {
        body.insert("firstName".to_owned(), json!(after.first_name));
    }
    if changes.last_name.is_some() {
        body.insert("lastName".to_owned(), json!(after.last_name));
    }
    let or_absent = |value: &Option<Box<str>>| value.as_ref().map_or(ABSENT, |text| json!(text));
    if changes.language.is_some() {
        body.insert("locale".to_owned(), or_absent(&after.language));
    }
    if !changes.licenses.is_empty() {
        body.insert("licenseKeys".to_owned(), json!(after.licenses));
    }
    if let Some(group) = changes.group.as_ref().and_then(|change| change.after()) {
        body.insert("groupKey".to_owned(), json!(work.names.group(group).map_err(Fault::from)?));
    }
    if after.role != user.role {
        // A user with only a role set has no system role to remove.
        let words = !matches!((&user.role, &after.role), (Role::Set(_) | Role::Member, Role::Member | Role::Set(_)));
        if words || foreign_words(work, &user.role) {
            body.extend(role_fields(&after.role, &work.names)?);
        }
    }
    if let Some(settings) = &changes.settings {
        if settings.time_zone.is_some() {
            body.insert("timeZone".to_owned(), or_absent(&after.settings().time_zone));
        }
        if !settings.custom_fields.is_empty() {
            let mut list = Vec::new();
            for (name, change) in &settings.custom_fields {
                let key = work.names.field(name).map_err(Fault::from)?;
                list.push(json!({ "key": key, "value": change.after() }));
            }
            body.insert(ATTRIBUTES.to_owned(), Value::Array(list));
        }
    }
    Ok(body)
}

/// Returns `true` if a role is shown as a role set but consists of unknown system roles.
fn foreign_words(work: &Work<'_>, role: &Role) -> bool {
    matches!(role, Role::Set(name) if work.names.role_set(name).is_err())
}

/// Returns the fields for a role other than a role set.
pub(super) fn role_fields(role: &Role, names: &Names) -> Result<Map<String, Value>, Fault> {
    let mut fields = Map::new();
    let words: Vec<&str> = match role {
        Role::Member | Role::Set(_) => Vec::new(),
        Role::Administrator => vec![SUPER_USER],
        Role::Manager { privileges, groups, products } => {
            let keys: Result<Vec<_>> = groups.iter().map(|path| names.group(path)).collect();
            let keys = keys.map_err(Fault::from)?;
            products.iter().try_for_each(|key| names.license(key)).map_err(Fault::from)?;
            if !keys.is_empty() {
                fields.insert("managedGroupKeys".to_owned(), json!(keys));
            }
            if !products.is_empty() {
                fields.insert(MANAGED_LICENSES.to_owned(), json!(products));
            }
            privileges.iter().map(|privilege| word(*privilege)).collect()
        }
    };
    fields.insert("adminRoles".to_owned(), json!(words));
    Ok(fields)
}

/// Removes the role set of a user, if there is one; only then can a system role replace it (goto-api, 2.10).
fn clear_role_set(work: &Work<'_>, user: &User) -> Result<Vec<Request>, Fault> {
    match &user.role {
        Role::Set(_) if !foreign_words(work, &user.role) => {
            let request = Request::new(Method::Delete, work.path("/users/rolesets"));
            Ok(vec![request.query("filter", filter(&user.email)?)])
        }
        _ => Ok(Vec::new()),
    }
}

/// Assigns a role set.
pub(super) fn give_role_set(work: &Work<'_>, email: &Email, name: &str) -> Result<Request, Fault> {
    let id = work.names.role_set(name).map_err(Fault::from)?;
    let path = work.path(&format!("/rolesets/{}/users", Request::part(id.as_str())));
    Ok(Request::new(Method::Put, path).query("filter", filter(email)?).json(&json!({})))
}

fn filter(email: &Email) -> Result<String, Fault> {
    filter_by_email(email)
        .ok_or_else(|| Fault::new(ErrorKind::Unsupported, "cannot assign a role set to an e-mail address with quotes"))
}

fn put(path: &str, body: &Value) -> Request {
    Request::new(Method::Put, path).json(body)
}
