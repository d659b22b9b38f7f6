//! Helpers for laws: building actions, executing them, and checking outcomes.

use crate::ErrorKind;
use crate::model::{
    Account, Action, ActionKind, Creation, Email, Fault, LicenseKey, Outcome, Suspension, Update, User, UserChanges,
    UserGroupPath, UserKey, WelcomeEmail, Whole,
};
use crate::target::{Feature, ProvisioningTarget, TargetInfo};

use super::{Held, Trouble, ensure, same};

/// Returns `true` if a target supports actions of these kinds and the feature that each kind needs.
pub(super) fn can(info: &TargetInfo, kinds: &[ActionKind]) -> bool {
    let about = |kind: ActionKind| match kind {
        ActionKind::Release => has(info, Feature::Products),
        ActionKind::CreateGroup => has(info, Feature::UserGroups),
        ActionKind::WriteTemplate | ActionKind::Invite => has(info, Feature::Invitations),
        _ => true,
    };
    kinds.iter().all(|kind| info.capabilities.actions.contains(kind) && about(*kind))
}

/// Returns `true` if a target supports an optional feature.
pub(super) fn has(info: &TargetInfo, feature: Feature) -> bool {
    info.capabilities.has(feature)
}

/// Executes actions in batches of the largest size that the target accepts.
pub(super) async fn execute(
    target: &dyn ProvisioningTarget,
    actions: impl IntoIterator<Item = Action>,
) -> Result<Vec<Outcome>, Trouble> {
    let most = target.describe().await?.capabilities.batch.max(1);
    let actions: Vec<Action> = actions.into_iter().collect();
    let mut outcomes = Vec::with_capacity(actions.len());
    for batch in actions.chunks(most) {
        let answer = target.execute(&batch.iter().cloned().collect()).await?;
        same("the number of outcomes", &answer.len(), &batch.len())?;
        outcomes.extend(answer);
    }
    Ok(outcomes)
}

/// Returns an error unless every action was done.
pub(super) fn done(outcomes: &[Outcome]) -> Held {
    ensure(&format!("every action is done: {outcomes:?}"), outcomes.iter().all(Outcome::is_done))
}

/// Returns an error unless every action failed with this kind of error.
pub(super) fn refused(outcomes: &[Outcome], kind: ErrorKind) -> Held {
    let meant =
        |outcome: &Outcome| matches!(outcome, Outcome::Failed { fault: Fault { kind: own, .. } } if *own == kind);
    ensure(&format!("every action fails as {kind:?}: {outcomes:?}"), outcomes.iter().all(meant))
}

/// Returns the user with a key.
pub(super) fn user<'a>(account: &'a Account, key: &str) -> Result<&'a User, Trouble> {
    Ok(account.user(&UserKey::new(key)).ok_or_else(|| format!("the account has no user {key}"))?)
}

/// Returns the key of the user with an e-mail address.
pub(super) fn key(account: &Account, email: &str) -> Result<UserKey, Trouble> {
    let user = account.user_by_email(&Email::new(email)).ok_or_else(|| format!("the account has no user {email}"))?;
    Ok(user.key.clone().ok_or("the account that was read contains a user without a key")?)
}

/// Returns the action that creates a user with licenses.
pub(super) fn create(email: &str, licenses: &[&str]) -> Action {
    let new = User { licenses: keys(licenses), ..User::new(email, "Gus", "Lee") };
    Action::Create(Creation::new(new, WelcomeEmail::None))
}

/// Returns the action that creates a user group.
pub(super) fn group(path: &str) -> Action {
    Action::CreateGroup { path: UserGroupPath::new(path) }
}

/// Returns the action that suspends a user, with the licenses and the role from `account` as the `before` values.
pub(super) fn suspend(whole: Whole<'_>, account: &Account, key: &str) -> Result<Action, Trouble> {
    let user = user(account, key)?;
    Ok(Action::Suspend(Suspension::new(whole, key.into(), user.licenses.clone(), user.role.clone())))
}

/// Returns the action that changes a user.
pub(super) fn update(key: &str, changes: UserChanges) -> Action {
    Action::Update(Update { user: key.into(), changes })
}

/// Converts texts to license keys.
pub(super) fn keys(licenses: &[&str]) -> Vec<LicenseKey> {
    licenses.iter().map(|license| (*license).into()).collect()
}
