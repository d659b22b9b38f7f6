//! What a read shows of a step that was under way when a run died.

use super::stale::Index;
use crate::model::{Action, Change, Effect, Status, User, UserChanges};
use crate::plan::{Step, fingerprint};

/// What a read shows.
#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    /// The effect is there.
    Done(Effect),
    /// All is as it was before.
    NotDone,
    /// Neither.
    Unclear,
}

/// Looks for the effect of a step.
pub(super) fn see(step: &Step, index: &Index<'_>) -> Seen {
    let unchanged = |user: &User| step.basis.as_ref().is_none_or(|basis| fingerprint(user) == *basis);
    match &step.action {
        Action::CreateGroup { path } => decide(index.account.has_group(path).then_some(Effect::GroupCreated), || true),
        Action::Create(creation) => match index.user_by_email(&creation.user.email) {
            Some(user) => user.key.clone().map_or(Seen::Unclear, |user| Seen::Done(Effect::Created { user })),
            None => Seen::NotDone,
        },
        action => {
            let Some(user) = action.user().and_then(|key| index.user(key)) else { return Seen::Unclear };
            match action {
                Action::Suspend(suspension) => {
                    let done = (user.status == Status::Suspended).then_some(Effect::Suspended);
                    decide(done, || unchanged(user) && user.licenses == suspension.licenses())
                }
                Action::Release(release) => {
                    let has = |license| user.licenses.contains(license);
                    let done = (!release.licenses().iter().any(has)).then_some(Effect::Released);
                    decide(done, || unchanged(user) && release.licenses().iter().all(has))
                }
                Action::Update(update) => decide(arrived(&update.changes, user).then_some(Effect::Updated), || {
                    update.changes.stale(user).is_none()
                }),
                Action::Reactivate(update) => {
                    let done = arrived(&update.changes, user) && user.status != Status::Suspended;
                    decide(done.then_some(Effect::Reactivated), || update.changes.stale(user).is_none())
                }
                Action::CreateGroup { .. } | Action::Create(_) => Seen::Unclear,
            }
        }
    }
}

fn decide(done: Option<Effect>, before: impl FnOnce() -> bool) -> Seen {
    match done {
        Some(effect) => Seen::Done(effect),
        None if before() => Seen::NotDone,
        None => Seen::Unclear,
    }
}

/// Says whether a user looks as after the changes.
fn arrived(changes: &UserChanges, user: &User) -> bool {
    fn there<T: PartialEq>(change: Option<&Change<T>>, now: Option<&T>) -> bool {
        change.is_none_or(|change| change.after() == now)
    }
    fn filled(text: &str) -> Option<Box<str>> {
        (!text.is_empty()).then(|| text.into())
    }
    there(changes.email.as_ref(), Some(&user.email))
        && there(changes.first_name.as_ref(), filled(&user.first_name).as_ref())
        && there(changes.last_name.as_ref(), filled(&user.last_name).as_ref())
        && there(changes.language.as_ref(), user.language.as_ref())
        && there(changes.group.as_ref(), user.group.as_ref())
        && changes.licenses.added().iter().all(|license| user.licenses.contains(license))
        && !changes.licenses.removed().iter().any(|license| user.licenses.contains(license))
}
