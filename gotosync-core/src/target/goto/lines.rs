//! The lines of users, from which phones and apps place calls (goto-api, 5.1). Lines are read-only.

use serde::{Deserialize, Serialize};

use super::GotoAccount;
use super::connect::list;
use super::wire::Key;
use crate::model::UserKey;
use crate::{Error, ErrorKind, Result};

/// A line of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The user of the line.
    pub user: UserKey,
    /// The number of its extension.
    pub number: String,
    /// The name of the line.
    pub name: String,
    /// `true` for the user's own line, `false` for a shared line.
    pub primary: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireUserLines {
    user_key: Key,
    lines: Option<Vec<WireLine>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireLine {
    number: Key,
    name: Option<String>,
    primary: bool,
}

/// Reads all lines, in ascending order of user and number.
pub(super) async fn read(target: &GotoAccount) -> Result<Vec<Line>> {
    let failed = |error: Error| error.during("read the lines of users");
    let Some(api) = &target.connect else {
        let error = Error::new(ErrorKind::Unsupported, "lines belong to GoTo Connect, which is not enabled");
        return Err(failed(error.hint("set `connect = true` in [account]")));
    };
    let who = target.who().await?;
    let (rows, gaps) = list::<WireUserLines>(api, &who.account, "/users/v1/users", "lines").await.map_err(|error| {
        let denied = error.kind() == ErrorKind::Denied;
        let hint = "lines need the scope users.v1.lines.read: enable it in the OAuth client, add it to `scopes` in \
                    [account], then sign in again with `gotosync login`";
        failed(if denied { error.hint(hint) } else { error })
    })?;
    if let Some(gap) = gaps.first() {
        return Err(failed(Error::new(ErrorKind::Unavailable, format!("the list is incomplete: {}", gap.problem))));
    }
    let mut lines: Vec<Line> = rows
        .into_iter()
        .flat_map(|row| {
            let user = UserKey::new(row.user_key.as_str());
            let line = move |line: WireLine| Line {
                user: user.clone(),
                number: line.number.0,
                name: line.name.unwrap_or_default(),
                primary: line.primary,
            };
            row.lines.unwrap_or_default().into_iter().map(line)
        })
        .collect();
    lines.sort_by(|a, b| (&a.user, &a.number).cmp(&(&b.user, &b.number)));
    Ok(lines)
}
