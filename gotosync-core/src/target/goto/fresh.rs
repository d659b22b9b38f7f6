//! The current state of users, read again before a change.

use futures_util::stream::{self, StreamExt};
use hashbrown::HashMap;

use super::wire::WireUser;
use super::work::Work;
use super::{TOGETHER, convert, read};
use crate::Result;
use crate::http::{Meaning, Request};
use crate::model::{Fault, User, UserKey};

/// The current user, `None` if the user does not exist, or the reason why the user could not be read.
pub(super) type Fresh = Result<Option<User>, Fault>;

/// Reads users again: one by one, or all users of the account if that takes fewer calls.
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
                found.insert(key.clone(), Ok(Some(user(work, row))));
            }
        }
        // Read the others one by one, because a user created a moment ago may be missing from the list.
        open.retain(|key| !found.contains_key(key));
    }
    let mut calls = Vec::with_capacity(open.len());
    for key in open {
        calls.push(bare(work, key));
    }
    let read: Vec<(UserKey, Fresh)> = stream::iter(calls).buffer_unordered(TOGETHER).collect().await;
    found.extend(read);
    if let Some(board) = &work.board {
        // Call this once for all users, because it goes through every telephone of the account.
        board.lock().await.complete(found.values_mut().filter_map(|fresh| fresh.as_mut().ok()?.as_mut()));
    }
    found
}

/// Reads one user again.
pub(super) async fn one(work: &Work<'_>, key: UserKey) -> Fresh {
    let (_, mut fresh) = bare(work, key).await;
    if let (Some(board), Ok(Some(user))) = (&work.board, &mut fresh) {
        board.lock().await.complete([user]);
    }
    fresh
}

/// Reads one user again, without telephones.
async fn bare(work: &Work<'_>, key: UserKey) -> (UserKey, Fresh) {
    let path = work.path(&format!("/users/{}", Request::part(key.as_str())));
    let fresh = match work.target.api.send(&Request::get(path)).await {
        Ok(answer) => match answer.json::<WireUser>() {
            Ok(row) => Ok(Some(user(work, &row))),
            Err(error) => Err(Fault::from(error)),
        },
        Err(failure) if failure.meaning == Some(Meaning::NotFound) => Ok(None),
        Err(failure) => Err(super::trouble::fault(failure)),
    };
    (key, fresh)
}

fn user(work: &Work<'_>, row: &WireUser) -> User {
    convert::user(row, &work.names, work.who.roles, work.who.telephones)
}
