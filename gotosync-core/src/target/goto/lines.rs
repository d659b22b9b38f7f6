//! The lines of users: what telephones and apps place calls from (goto-api, 5.1). They can be read, and not written.

use serde::{Deserialize, Serialize};

use super::GotoAccount;
use super::connect::list;
use super::wire::Key;
use crate::model::UserKey;
use crate::{Error, ErrorKind, Result};

/// A line of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Whose it is.
    pub user: UserKey,
    /// The number of its extension.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Whether it is the user's own, and not one that rings at others first.
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

/// Reads every line, in ascending order of user and number.
pub(super) async fn read(target: &GotoAccount) -> Result<Vec<Line>> {
    let failed = |error: Error| error.during("read the lines");
    let Some(api) = &target.connect else {
        let error = Error::new(ErrorKind::Unsupported, "lines are those of GoTo Connect, which is not read");
        return Err(failed(error.hint("write `connect = true` in [account]")));
    };
    let who = target.who().await?;
    let (rows, gaps) = list::<WireUserLines>(api, &who.account, "/users/v1/users", "lines").await.map_err(|error| {
        let denied = error.kind() == ErrorKind::Denied;
        let hint = "lines need the scope users.v1.lines.read: an admin ticks it in the OAuth client, name it in `scopes` of \
                    [account], then sign in again with `gotosync login`";
        failed(if denied { error.hint(hint) } else { error })
    })?;
    if let Some(gap) = gaps.first() {
        return Err(failed(Error::new(ErrorKind::Unavailable, format!("not all came: {}", gap.problem))));
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
