//! Changes to users who are there: each is read again first, and changed only if it is as it was planned for.

use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value, json};

use super::TOGETHER;
use super::assumed::{ABSENT, ATTRIBUTES, MANAGED_LICENSES, filter_by_email, invitation, suspended};
use super::connect::{concerns, is_about_telephones};
use super::convert::{SUPER_USER, word};
use super::fresh;
use super::names::Names;
use super::write::{Work, failed, offered};
use crate::http::{Failure, Method, Reached, Request};
use crate::model::{Action, Effect, Email, Fault, Field, Outcome, Role, Status, Update, User, UserChanges, UserKey};
use crate::target::RoleAccess;
use crate::{ErrorKind, Result};

/// What is to be done to one user.
struct Planned {
    calls: Vec<Request>,
    /// The user when all of it is done; `None` when they are gone.
    after: Option<User>,
    effect: Effect,
}

/// Does actions on users; those on one user in order, others side by side.
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

/// Does one action on a user who is as `now` says.
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
        // Nobody knows: the user tells.
        let outcome = failed(failure, done);
        let Some(key) = action.user().filter(|_| !is_about_telephones(action)) else { return outcome };
        let Ok(seen) = fresh::one(work, key.clone()).await else { return outcome };
        let arrived = has_arrived(action, seen.as_ref());
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

/// Writes what an action says of telephones.
async fn telephones(work: &Work<'_>, after: Option<&User>, action: &Action) -> Result<(), (Failure, usize)> {
    let (Action::Update(update) | Action::Reactivate(update)) = action else { return Ok(()) };
    let (Some(board), Some(api), Some(settings)) = (&work.board, &work.target.connect, &update.changes.settings) else {
        return Ok(());
    };
    if !concerns(settings) {
        return Ok(());
    }
    let name = after.map(User::full_name).unwrap_or_default();
    board.lock().await.write(work, api, (&update.user, &name), settings).await
}

/// Says whether a user looks as after an action.
fn has_arrived(action: &Action, user: Option<&User>) -> bool {
    match (action, user) {
        (Action::Delete(_), user) => user.is_none(),
        (_, None) | (Action::CreateGroup { .. } | Action::WriteTemplate { .. } | Action::Create(_), _) => false,
        (Action::Suspend(_), Some(user)) => user.is_bare(),
        (Action::Release(release), Some(user)) => {
            !release.licenses().iter().any(|license| user.licenses.contains(license))
        }
        (Action::Update(update) | Action::Reactivate(update), Some(user)) => update.changes.have_arrived(user),
        (Action::Invite { sent, .. }, Some(user)) => user.invitation.is_some_and(|own| own.sent > *sent),
    }
}

/// The calls of an action, if nothing stands against it.
async fn planned(work: &Work<'_>, now: Option<&User>, action: &Action) -> Result<Planned, Fault> {
    offered(work.who, action)?;
    let Some((user, key)) = now.zip(action.user()) else {
        let key = action.user().map_or("", UserKey::as_str);
        return refuse(ErrorKind::NotFound, format!("the account has no user {key}"));
    };
    let own = work.who.user == *key;
    let path = work.path(&format!("/users/{}", Request::part(key.as_str())));
    match action {
        Action::Suspend(suspension) => {
            if own {
                return refuse(ErrorKind::Denied, "the user whose login is in use cannot be suspended");
            }
            let mut told = suspension.licenses().to_vec();
            told.sort();
            told.dedup();
            if told != user.licenses {
                return refuse(ErrorKind::Conflict, format!("{} is not as it was read", Field::Products));
            }
            if suspension.role().clone().normal() != user.role {
                return refuse(ErrorKind::Conflict, "role is not as it was read");
            }
            let mut calls = clear_role_set(work, user)?;
            calls.push(put(&path, &suspended()));
            let after = User { licenses: Vec::new(), role: Role::Member, status: Status::Suspended, ..user.clone() };
            Ok(Planned { calls, after: Some(after), effect: Effect::Suspended })
        }
        Action::Release(release) => {
            if !release.licenses().iter().all(|license| user.licenses.contains(license)) {
                return refuse(ErrorKind::Conflict, format!("{} is not as it was read", Field::Products));
            }
            let mut after = user.clone();
            after.licenses.retain(|license| !release.licenses().contains(license));
            check_own(own, user, &after)?;
            let calls = vec![put(&path, &json!({ "licenseKeys": after.licenses }))];
            Ok(Planned { calls, after: Some(settled(after)), effect: Effect::Released })
        }
        Action::Delete(deletion) => {
            if own {
                return refuse(ErrorKind::Denied, "the user whose login is in use cannot be deleted");
            }
            if user.email != *deletion.email() {
                return refuse(ErrorKind::Conflict, format!("{} is not as it was read", Field::Email));
            }
            if user.status != Status::Suspended {
                let status = user.status.as_str();
                return refuse(ErrorKind::Conflict, format!("the user is {status}: suspend first, then delete"));
            }
            Ok(Planned { calls: vec![Request::new(Method::Delete, path)], after: None, effect: Effect::Deleted })
        }
        Action::Update(update) => updated(work, user, update, &path, Effect::Updated).await,
        Action::Reactivate(update) => {
            if user.status != Status::Suspended {
                let status = user.status.as_str();
                return refuse(ErrorKind::Conflict, format!("the user is {status}, not suspended"));
            }
            updated(work, user, update, &path, Effect::Reactivated).await
        }
        Action::Invite { sent, .. } => {
            if user.status != Status::Invited {
                let status = user.status.as_str();
                return refuse(ErrorKind::Conflict, format!("the user is {status}, not invited"));
            }
            if user.invitation.unwrap_or_default().sent != *sent {
                return refuse(ErrorKind::Conflict, "an invitation was sent meanwhile");
            }
            let call = invitation(work.who.account.as_str(), key.as_str());
            let mut after = user.clone();
            after.invitation.get_or_insert_default().sent = sent.saturating_add(1);
            Ok(Planned { calls: vec![call], after: Some(after), effect: Effect::Invited })
        }
        Action::CreateGroup { .. } | Action::WriteTemplate { .. } | Action::Create(_) => {
            refuse(ErrorKind::Bug, "it is about no user")
        }
    }
}

async fn updated(work: &Work<'_>, user: &User, update: &Update, path: &str, effect: Effect) -> Result<Planned, Fault> {
    let changes = &update.changes;
    let own = work.who.user == update.user;
    // First, since whether a role is as it was read would tell what it is.
    if changes.role.is_some() && work.who.roles == RoleAccess::Hidden {
        return refuse(ErrorKind::Denied, "only the login of a full administrator gives and takes roles");
    }
    if let Some(field) = changes.stale(user) {
        return refuse(ErrorKind::Conflict, format!("{field} is not as it was read"));
    }
    check_locks(changes, user)?;
    changes.licenses.added().iter().try_for_each(|key| work.names.license(key)).map_err(Fault::from)?;
    let mut after = user.clone();
    changes.apply_to(&mut after);
    if let (Some(board), Some(settings)) = (&work.board, &changes.settings)
        && concerns(settings)
    {
        board.lock().await.check(settings, Some(&update.user), after.settings())?;
    }
    after.role = after.role.normal();
    if own && after.role != user.role {
        return refuse(ErrorKind::Denied, "the role of the user whose login is in use cannot be changed");
    }
    check_own(own, user, &after)?;
    if effect == Effect::Reactivated && after.is_bare() {
        let message = "neither a product nor a role comes, so the user would stay suspended";
        return refuse(ErrorKind::Input, message);
    }
    let mut calls = Vec::new();
    let role_changes = after.role != user.role;
    if role_changes {
        calls.extend(clear_role_set(work, user)?);
    }
    let body = body(work, user, &after, changes)?;
    if !body.is_empty() {
        calls.push(put(path, &Value::Object(body)));
    }
    if changes.group.as_ref().is_some_and(|change| change.after().is_none()) {
        // Seen in a client: it takes a user out of all groups, of which there is one at the most.
        calls.push(Request::new(Method::Delete, format!("{path}/groups")));
    }
    if role_changes && let Role::Set(name) = &after.role {
        calls.push(give_role_set(work, &after.email, name)?);
    }
    Ok(Planned { calls, after: Some(settled(after)), effect })
}

/// What changes in the fields of a user; the rest has calls of its own.
fn body(work: &Work<'_>, user: &User, after: &User, changes: &UserChanges) -> Result<Map<String, Value>, Fault> {
    let mut body = Map::new();
    if changes.email.is_some() {
        check_email(&after.email)?;
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
        // Whoever had a role set alone has no words to lose.
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

/// Says whether a role reads as a set and is words that are not known.
fn foreign_words(work: &Work<'_>, role: &Role) -> bool {
    matches!(role, Role::Set(name) if work.names.role_set(name).is_err())
}

/// The fields of a role that is no role set.
pub(super) fn role_fields(role: &Role, names: &Names) -> Result<Map<String, Value>, Fault> {
    let mut fields = Map::new();
    let words: Vec<&str> = match role {
        Role::Member | Role::Set(_) => Vec::new(),
        Role::Administrator => vec![SUPER_USER],
        Role::Manager { privileges, groups, products } => {
            if privileges.is_empty() {
                return refuse(ErrorKind::Input, "a manager without a privilege is a member");
            }
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

/// Takes the role set from a user who has one; a system role takes its place only then (goto-api, 2.10).
fn clear_role_set(work: &Work<'_>, user: &User) -> Result<Vec<Request>, Fault> {
    match &user.role {
        Role::Set(_) if !foreign_words(work, &user.role) => {
            let request = Request::new(Method::Delete, work.path("/users/rolesets"));
            Ok(vec![request.query("filter", filter(&user.email)?)])
        }
        _ => Ok(Vec::new()),
    }
}

/// Gives a role set.
pub(super) fn give_role_set(work: &Work<'_>, email: &Email, name: &str) -> Result<Request, Fault> {
    let id = work.names.role_set(name).map_err(Fault::from)?;
    let path = work.path(&format!("/rolesets/{}/users", Request::part(id.as_str())));
    Ok(Request::new(Method::Put, path).query("filter", filter(email)?).json(&json!({})))
}

fn filter(email: &Email) -> Result<String, Fault> {
    filter_by_email(email)
        .ok_or_else(|| Fault::new(ErrorKind::Unsupported, "an address with quotes cannot be given a role set"))
}

fn check_locks(changes: &UserChanges, user: &User) -> Result<(), Fault> {
    for (field, changes, locked) in [
        (Field::Email, changes.email.is_some(), user.locks.email),
        (Field::FirstName, changes.first_name.is_some(), user.locks.name),
        (Field::LastName, changes.last_name.is_some(), user.locks.name),
    ] {
        if changes && locked {
            let message = format!("{field} is locked: an identity provider or a verified domain owns it");
            return refuse(ErrorKind::Denied, message);
        }
    }
    Ok(())
}

/// The login must not lock itself out.
fn check_own(own: bool, before: &User, after: &User) -> Result<(), Fault> {
    if own && after.is_bare() && !before.is_bare() {
        return refuse(ErrorKind::Denied, "the user whose login is in use cannot lose the last product");
    }
    Ok(())
}

/// Refuses what is no address.
pub(super) fn check_email(email: &Email) -> Result<(), Fault> {
    match email.problem() {
        None => Ok(()),
        Some(problem) => {
            let text = email.as_str().escape_debug().to_string();
            refuse(ErrorKind::Input, format!("email `{text}` is not accepted: {problem}"))
        }
    }
}

/// A user with the status that follows from products and role.
fn settled(mut user: User) -> User {
    if user.is_bare() {
        user.status = Status::Suspended;
    } else if user.status == Status::Suspended {
        user.status = if user.invitation.is_some() { Status::Invited } else { Status::Active };
    }
    user
}

fn put(path: &str, body: &Value) -> Request {
    Request::new(Method::Put, path).json(body)
}

fn refuse<T>(kind: ErrorKind, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::new(kind, message))
}
