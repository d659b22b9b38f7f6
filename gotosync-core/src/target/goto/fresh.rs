//! Users as they are now, before anything is done to them.

use futures_util::stream::{self, StreamExt};
use hashbrown::HashMap;

use super::wire::WireUser;
use super::write::Work;
use super::{TOGETHER, convert, read};
use crate::Result;
use crate::http::{Meaning, Request};
use crate::model::{Fault, User, UserKey};

/// A user, nobody, or why nobody knows.
pub(super) type Fresh = Result<Option<User>, Fault>;

/// Reads users again: each by itself, or all of the account where that takes fewer calls.
pub(super) async fn users(work: &Work<'_>, keys: Vec<UserKey>) -> HashMap<UserKey, Fresh> {
    let pages = work.names.users.div_ceil(work.target.options.page_size.max(1)).max(1);
    let mut found: HashMap<UserKey, Fresh> = HashMap::with_capacity(keys.len());
    let mut open = keys;
    if open.len() > pages
        && let Ok(listing) = read::users_with(work.target, work.who, "").await
    {
        let rows: HashMap<&str, &WireUser> = listing.rows.iter().map(|row| (row.key.as_str(), row)).collect();
        for key in &open {
            if let Some(row) = rows.get(key.as_str()) {
                found.insert(key.clone(), Ok(Some(user(work, row).await)));
            }
        }
        // Asked for by themselves: somebody who was made a moment ago may be missing from a list.
        open.retain(|key| !found.contains_key(key));
    }
    let mut calls = Vec::with_capacity(open.len());
    for key in open {
        calls.push(one(work, key));
    }
    let read: Vec<(UserKey, Fresh)> = stream::iter(calls).buffer_unordered(TOGETHER).collect().await;
    found.extend(read);
    found
}

/// Reads one user again.
pub(super) async fn one(work: &Work<'_>, key: UserKey) -> (UserKey, Fresh) {
    let path = work.path(&format!("/users/{}", Request::part(key.as_str())));
    let fresh = match work.target.api.send(&Request::get(path)).await {
        Ok(answer) => match answer.json::<WireUser>() {
            Ok(row) => Ok(Some(user(work, &row).await)),
            Err(error) => Err(Fault::from(error)),
        },
        Err(failure) if failure.meaning == Some(Meaning::NotFound) => Ok(None),
        Err(failure) => Err(super::trouble::fault(failure)),
    };
    (key, fresh)
}

async fn user(work: &Work<'_>, row: &WireUser) -> User {
    let mut user = convert::user(row, &work.names, work.who.roles, work.who.telephones);
    if let Some(board) = &work.board {
        board.lock().await.complete(std::slice::from_mut(&mut user));
    }
    user
}
