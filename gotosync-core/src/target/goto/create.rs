//! Creation of users. Users with the same settings are created in one call.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use hashbrown::{HashMap, HashSet};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::assumed::{ATTRIBUTES, TEMPLATE, filter_by_email};
use super::change::{give_role_set, role_fields};
use super::connect::concerns;
use super::trouble::{conflicting, fault, meant};
use super::wire::{Page, WireMade, WireUser};
use super::work::{Work, offered};
use super::{TOGETHER, read};
use crate::http::{Failure, Method, Reached, Request};
use crate::model::{
    Action, Creation, Effect, Email, Fault, Outcome, Role, SettingsChanges, User, UserKey, WelcomeEmail,
};
use crate::{ErrorKind, Result};

/// A new user: the position in the batch and the creation.
type New<'c> = (usize, &'c Creation);

/// The response to a creation: a list, or a single user (goto-api, 2.5).
#[derive(Deserialize)]
#[serde(untagged)]
enum Made {
    Several(Vec<WireMade>),
    One(WireMade),
}

/// Creates users and returns an outcome for each.
pub(super) async fn create(work: &Work<'_>, creations: &[&Creation]) -> Vec<Outcome> {
    let mut outcomes: Vec<Option<Outcome>> = vec![None; creations.len()];
    // The response does not distinguish new users from existing ones, so the existing ones must be known.
    if let Err(error) = read::known_users(work.target, work.who).await {
        let fault = Fault::from(error);
        return creations.iter().map(|_| Outcome::Failed { fault: fault.clone() }).collect();
    }
    let mut seen: HashSet<String> = HashSet::with_capacity(creations.len());
    let mut bundles: Vec<(Map<String, Value>, Vec<New<'_>>)> = Vec::new();
    for (at, creation) in creations.iter().enumerate() {
        let checked = checked(work, creation).await.and_then(|shared| {
            if seen.insert(creation.user.email.key().into_owned()) { Ok(shared) } else { Err(taken(&creation.user)) }
        });
        match checked {
            Err(fault) => outcomes[at] = Some(Outcome::Failed { fault }),
            Ok(shared) => match bundles.iter_mut().find(|(own, _)| *own == shared) {
                Some((_, members)) => members.push((at, creation)),
                None => bundles.push((shared, vec![(at, creation)])),
            },
        }
    }
    for (shared, members) in &bundles {
        for chunk in members.chunks(work.target.options.batch.max(1)) {
            for (at, outcome) in bundle(work, shared, chunk).await {
                outcomes[at] = Some(outcome);
            }
        }
    }
    let lost = || Outcome::InDoubt { fault: Fault::new(ErrorKind::Bug, "the outcome of the action is missing") };
    outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(lost)).collect()
}

/// Creates users with the same settings. If GoTo rejects one of them, it rejects the complete call. The list is then
/// split into halves, so that the other users are created and each error belongs to its user.
async fn bundle(work: &Work<'_>, shared: &Map<String, Value>, members: &[New<'_>]) -> Vec<(usize, Outcome)> {
    let mut ended = Vec::with_capacity(members.len());
    let mut open = VecDeque::from([members.to_vec()]);
    while let Some(members) = open.pop_front() {
        let users: Result<Vec<Value>, Fault> = members.iter().map(|(_, new)| own_fields(work, &new.user)).collect();
        let users = match users {
            Ok(users) => users,
            Err(fault) => {
                ended.extend(members.iter().map(|(at, _)| (*at, Outcome::Failed { fault: fault.clone() })));
                continue;
            }
        };
        let mut body = shared.clone();
        body.insert("users".to_owned(), Value::Array(users));
        let request = Request::new(Method::Post, work.path("/users")).query("allOrNothing", false).json(&body);
        match work.target.api.send(&request).await {
            Ok(answer) => match answer.json::<Made>() {
                Ok(Made::Several(made)) => ended.extend(answered(work, &members, &made).await),
                Ok(Made::One(made)) => ended.extend(answered(work, &members, &[made]).await),
                Err(error) => ended.extend(doubt(work, &members, &Fault::from(error)).await),
            },
            Err(failure) if failure.reached == Reached::Perhaps => {
                ended.extend(doubt(work, &members, &fault(failure)).await);
            }
            Err(failure) if members.len() > 1 && concerns_one(&failure) => {
                let (left, right) = members.split_at(members.len() / 2);
                open.push_front(right.to_vec());
                open.push_front(left.to_vec());
            }
            Err(failure) => {
                let refused = refused(failure);
                let each =
                    |new: &Creation| Outcome::Failed { fault: refused.clone().unwrap_or_else(|| taken(&new.user)) };
                ended.extend(members.iter().map(|(at, new)| (*at, each(new))));
            }
        }
    }
    give_the_rest(work, members, &mut ended).await;
    ended
}

/// Returns `true` if an error may concern only some of the users.
fn concerns_one(failure: &Failure) -> bool {
    failure
        .meaning
        .is_some_and(|meaning| matches!(meaning.kind(), ErrorKind::Input | ErrorKind::Conflict | ErrorKind::NotFound))
}

/// Converts an error; returns `None` if the address is taken.
fn refused(failure: Failure) -> Option<Fault> {
    (!conflicting(&failure)).then(|| Fault::from(meant(failure)))
}

/// Evaluates the response for each user. GoTo answers the same for existing and for new users (goto-api, 2.5), so a key
/// that was listed before belongs to an existing user.
async fn answered(work: &Work<'_>, members: &[New<'_>], made: &[WireMade]) -> Vec<(usize, Outcome)> {
    let by_email: HashMap<String, &WireMade> =
        made.iter().map(|own| (Email::new(&own.email).key().into_owned(), own)).collect();
    let alone = if let ([_], [one]) = (members, made) { Some(one) } else { None };
    let (mut ended, mut unnamed) = (Vec::with_capacity(members.len()), Vec::new());
    for (at, new) in members {
        let found = by_email.get(&*new.user.email.key()).copied().or(alone.filter(|one| one.email.is_empty()));
        match found {
            Some(found) => ended.push((*at, made_or_taken(work, &new.user, UserKey::new(found.key.as_str())))),
            None => unnamed.push((*at, *new)),
        }
    }
    if unnamed.is_empty() {
        return ended;
    }
    let there = match look(work, &unnamed).await {
        Ok(there) => there,
        // The users may have been created; the outcome is unknown.
        Err(error) => {
            let fault = Fault::from(error);
            ended.extend(unnamed.iter().map(|(at, _)| (*at, Outcome::InDoubt { fault: fault.clone() })));
            return ended;
        }
    };
    for (at, new) in unnamed {
        let outcome = match there.get(&*new.user.email.key()) {
            Some(key) => made_or_taken(work, &new.user, key.clone()),
            None => Outcome::failed(
                ErrorKind::Conflict,
                format!(
                    "GoTo did not create a user with e-mail address {} and gave no reason; \
                         the address may belong to another account",
                    new.user.email
                ),
            ),
        };
        ended.push((at, outcome));
    }
    ended
}

fn made_or_taken(work: &Work<'_>, user: &User, key: UserKey) -> Outcome {
    let is_new = work.target.seen().users.get_or_insert_default().insert(key.clone());
    if is_new { Effect::Created { user: key }.into() } else { Outcome::Failed { fault: taken(user) } }
}

/// Looks for users after the reply to their creation was lost, and never repeats the creation. A user that is not found
/// may still become visible, so the outcome stays in doubt.
async fn doubt(work: &Work<'_>, members: &[New<'_>], fault: &Fault) -> Vec<(usize, Outcome)> {
    let within = Duration::from_secs(u64::from(work.target.options.visible_within));
    let first = within.min(FIRST_LOOK);
    let (mut ended, mut open) = (Vec::with_capacity(members.len()), members.to_vec());
    for pause in [first, within.saturating_sub(first)] {
        sleep(pause).await;
        let Ok(there) = look(work, &open).await else { continue };
        open.retain(|(at, new)| match there.get(&*new.user.email.key()) {
            Some(key) => {
                ended.push((*at, made_or_taken(work, &new.user, key.clone())));
                false
            }
            None => true,
        });
        if open.is_empty() {
            break;
        }
    }
    ended.extend(open.iter().map(|(at, _)| (*at, Outcome::InDoubt { fault: fault.clone() })));
    ended
}

/// Finds users by address: one by one, or in a complete list if that takes fewer calls.
async fn look(work: &Work<'_>, members: &[New<'_>]) -> Result<HashMap<String, UserKey>> {
    let emails: Vec<&Email> = members.iter().map(|(_, new)| &new.user.email).collect();
    let pages = work.names.users.div_ceil(work.target.options.page_size.max(1)).max(1);
    let filters: Option<Vec<String>> = emails.iter().map(|email| filter_by_email(email)).collect();
    let Some(filters) = filters.filter(|_| emails.len() <= pages) else {
        let listing = read::users_with(work.target, work.who, "key,email").await?;
        return Ok(listing.rows.iter().map(found).collect());
    };
    let mut calls = Vec::with_capacity(filters.len());
    for filter in filters {
        calls.push(find(work, filter));
    }
    let answers: Vec<Result<Vec<WireUser>>> = stream::iter(calls).buffer_unordered(TOGETHER).collect().await;
    let mut there = HashMap::new();
    for rows in answers {
        there.extend(rows?.iter().map(found));
    }
    Ok(there)
}

async fn find(work: &Work<'_>, filter: String) -> Result<Vec<WireUser>> {
    let request = Request::get(work.path("/users")).query("filter", filter);
    let answer = work.target.api.send(&request).await.map_err(meant)?;
    Ok(answer.json::<Page<WireUser>>()?.results)
}

fn found(row: &WireUser) -> (String, UserKey) {
    (Email::new(&row.email).key().into_owned(), UserKey::new(row.key.as_str()))
}

/// Assigns role sets and telephones after the users were created.
async fn give_the_rest(work: &Work<'_>, members: &[New<'_>], ended: &mut [(usize, Outcome)]) {
    for (at, outcome) in ended.iter_mut().filter(|(_, outcome)| outcome.is_done()) {
        let Some((_, new)) = members.iter().find(|(own, _)| own == at) else { continue };
        give_telephones(work, new, outcome).await;
        let Role::Set(name) = &new.user.role else { continue };
        let given = match give_role_set(work, &new.user.email, name) {
            Ok(request) => work.target.api.send(&request).await.map(|_| ()).map_err(fault),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = given {
            let message = format!("the user was created, but the role was not assigned: {}", fault.message);
            *outcome = Outcome::InDoubt { fault: Fault { message, ..fault } };
        }
    }
}

async fn give_telephones(work: &Work<'_>, new: &Creation, outcome: &mut Outcome) {
    let (Some(board), Some(api)) = (&work.board, &work.target.connect) else { return };
    let Outcome::Done { effect: Effect::Created { user: key } } = &*outcome else { return };
    let (key, wanted) = (key.clone(), wanted(new));
    if !concerns(&wanted) {
        return;
    }
    let written = board.lock().await.write(work.target, work.who, api, (&key, &new.user.full_name()), &wanted).await;
    if let Err((failure, _)) = written {
        let fault = fault(failure);
        let message = format!("the user was created, but the telephones were not assigned: {}", fault.message);
        *outcome = Outcome::InDoubt { fault: Fault { message, ..fault } };
    }
}

/// Returns the telephone settings of a new user.
fn wanted(new: &Creation) -> SettingsChanges {
    SettingsChanges { voicemail: new.voicemail.clone(), ..SettingsChanges::making(new.user.settings()) }
}

/// Checks a creation and returns the fields that all users of a call share.
async fn checked(work: &Work<'_>, creation: &Creation) -> Result<Map<String, Value>, Fault> {
    offered(work.who, &Action::Create(creation.clone()))?;
    creation.guard(&work.guards())?;
    if let Some(board) = &work.board {
        board.lock().await.check(&wanted(creation), None, creation.user.settings())?;
    }
    let user = &creation.user;
    user.licenses.iter().try_for_each(|key| work.names.license(key)).map_err(Fault::from)?;
    own_fields(work, user)?;
    let mut shared = Map::new();
    if !user.licenses.is_empty() {
        let mut licenses = user.licenses.clone();
        licenses.sort();
        licenses.dedup();
        shared.insert("licenseKeys".to_owned(), json!(licenses));
    }
    if let Some(group) = &user.group {
        shared.insert("groupKey".to_owned(), json!(work.names.group(group).map_err(Fault::from)?));
    }
    match &user.role {
        Role::Member => {}
        Role::Set(name) => {
            work.names.role_set(name).map_err(Fault::from)?;
            // A role set is assigned afterwards, so it does not split the users into more calls.
        }
        role => shared.extend(role_fields(role, &work.names)?),
    }
    match &creation.welcome {
        WelcomeEmail::Default => {}
        WelcomeEmail::None => drop(shared.insert("suppressEmail".to_owned(), json!(true))),
        WelcomeEmail::Template(name) => {
            shared.insert(TEMPLATE.to_owned(), json!(work.names.template(name).map_err(Fault::from)?));
        }
    }
    Ok(shared)
}

/// Returns the fields of one user.
fn own_fields(work: &Work<'_>, user: &User) -> Result<Value, Fault> {
    let settings = user.settings();
    let mut own = Map::new();
    own.insert("email".to_owned(), json!(user.email));
    own.insert("firstName".to_owned(), json!(user.first_name));
    own.insert("lastName".to_owned(), json!(user.last_name));
    for (name, value) in [("locale", &user.language), ("timeZone", &settings.time_zone)] {
        if let Some(value) = value {
            own.insert(name.to_owned(), json!(value));
        }
    }
    if !settings.custom_fields.is_empty() {
        let mut list = Vec::new();
        for (name, value) in &settings.custom_fields {
            let key = work.names.field(name).map_err(Fault::from)?;
            list.push(json!({ "key": key, "value": value }));
        }
        own.insert(ATTRIBUTES.to_owned(), Value::Array(list));
    }
    Ok(Value::Object(own))
}

fn taken(user: &User) -> Fault {
    Fault::new(ErrorKind::Conflict, format!("email {} already belongs to another user", user.email))
}

/// The wait before the first search for a user whose creation was not answered.
const FIRST_LOOK: Duration = Duration::from_secs(2);
