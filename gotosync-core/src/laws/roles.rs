//! Laws (conformance tests) of targets for roles.

use std::sync::Arc;

use crate::ErrorKind;
use crate::model::{
    Account, Action, ActionKind, Change, Creation, Privilege, Reading, Role, Suspension, User, UserChanges,
    UserGroupPath, WelcomeEmail, Whole,
};
use crate::target::{Feature, RoleAccess, TargetInfo};

use super::ask::{can, done, execute, has, refused, update, user};
use super::{Factory, Held, Trouble, corpus, ensure, same};

/// A role of each kind is read as it was given, with its lists sorted, and can be removed again.
pub async fn roles_are_given_and_taken(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !gives(&target.describe().await?, &[ActionKind::Update]) {
        return Ok(());
    }
    let reading = corpus::nobody()?;
    let mut before = Role::Member;
    for after in [Role::Administrator, Role::Set("Helpdesk".to_owned()), manager("Sales", "g2w"), Role::Member] {
        let account = target.read().await?;
        done(&execute(&*target, [update("1", turn(&reading, &account, &before, &after)?)]).await?)?;
        let mut expected = account.clone();
        let ann =
            expected.users.iter_mut().find(|user| user.key == Some("1".into())).ok_or("the account has no user Ann")?;
        Arc::make_mut(ann).role = after.clone().normal();
        same("the account", &target.read().await?, &expected)?;
        before = after.normal();
    }
    Ok(())
}

/// The role set, groups, and licenses that a role names must exist, and a manager must have at least one privilege.
pub async fn a_role_names_what_is_there(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !gives(&target.describe().await?, &[ActionKind::Create, ActionKind::Update]) {
        return Ok(());
    }
    let account = target.read().await?;
    let strange = [Role::Set("Nobody".to_owned()), manager("Nowhere", "g2m"), manager("Sales", "g2t")];
    let empty = Role::Manager { privileges: Vec::new(), groups: Vec::new(), products: Vec::new() };
    let both = |role: Role| [create(role.clone()), update("1", given(role))];
    refused(&execute(&*target, strange.into_iter().flat_map(both)).await?, ErrorKind::NotFound)?;
    refused(&execute(&*target, both(empty)).await?, ErrorKind::Input)?;
    same("the account", &target.read().await?, &account)
}

/// A change to a role that differs from the `before` value fails and changes nothing.
pub async fn a_role_fits_what_was_read(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !gives(&target.describe().await?, &[ActionKind::Update]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let stale = [
        update("5", given(Role::Administrator)),
        update("1", turn(&reading, &account, &Role::Administrator, &Role::Member)?),
        update("5", turn(&reading, &account, &manager("Sales", "g2w"), &Role::Member)?),
    ];
    refused(&execute(&*target, stale).await?, ErrorKind::Conflict)?;
    same("the account", &target.read().await?, &account)
}

/// The role of the signed-in user cannot be changed.
pub async fn whose_login_is_in_use_keeps_the_role(make: &Factory<'_>) -> Held {
    let mut two = corpus::account();
    Arc::make_mut(&mut two.users[0]).role = Role::Administrator;
    let target = make(&two);
    if !gives(&target.describe().await?, &[ActionKind::Update]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    for after in [Role::Member, manager("Sales", "g2m")] {
        let less = turn(&reading, &account, &Role::Administrator, &after)?;
        refused(&execute(&*target, [update("4", less)]).await?, ErrorKind::Denied)?;
    }
    same("the account", &target.read().await?, &account)
}

/// The last full administrator cannot lose the role, even if no user is signed in.
pub async fn the_last_administrator_stays(make: &Factory<'_>) -> Held {
    let target = make(&Account { login: None, ..corpus::account() });
    let info = target.describe().await?;
    if !gives(&info, &[ActionKind::Update, ActionKind::Suspend]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let less = [
        update("4", turn(&reading, &account, &Role::Administrator, &Role::Member)?),
        Action::Suspend(Suspension::new(whole, "4".into(), Vec::new(), Role::Administrator)),
    ];
    refused(&execute(&*target, less.clone()).await?, ErrorKind::Denied)?;
    same("the account", &target.read().await?, &account)?;
    // Some targets always have a signed-in user, who is protected for that reason alone.
    if info.login.is_some() {
        return Ok(());
    }
    // With a second administrator, the first can lose the role.
    done(&execute(&*target, [update("1", given(Role::Administrator))]).await?)?;
    done(&execute(&*target, less[..1].iter().cloned()).await?)
}

/// A signed-in user who is not a full administrator sees no roles, and the description says so; nothing else is hidden.
pub async fn hidden_roles_are_not_seen(make: &Factory<'_>) -> Held {
    let limited = Account { login: Some("5".into()), ..corpus::account() };
    let target = make(&limited);
    let info = target.describe().await?;
    if !has(&info, Feature::Roles) {
        return Ok(());
    }
    let capabilities = info.capabilities;
    same("the access to roles", &capabilities.roles, &RoleAccess::Hidden)?;
    let mut expected = corpus::cut(limited, &capabilities);
    expected.users.iter_mut().for_each(|user| Arc::make_mut(user).role = Role::Member);
    same("the account", &target.read().await?, &expected)
}

/// If roles are hidden, changes to roles fail, and all other changes still work.
pub async fn hidden_roles_are_not_given(make: &Factory<'_>) -> Held {
    let target = make(&Account { login: Some("5".into()), ..corpus::account() });
    let info = target.describe().await?;
    let kinds = [ActionKind::Create, ActionKind::Update, ActionKind::Suspend];
    if !can(&info, &kinds) || !has(&info, Feature::Roles) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let denied = [
        create(manager("Sales", "g2m")),
        update("1", given(Role::Administrator)),
        update("4", given(Role::Set("Helpdesk".to_owned()))),
        Action::Suspend(Suspension::new(whole, "4".into(), Vec::new(), Role::Member)),
    ];
    refused(&execute(&*target, denied).await?, ErrorKind::Denied)?;
    same("the account", &target.read().await?, &account)?;
    let language = has(&info, Feature::Language).then(|| Change::fill("de_DE".into()));
    let language = UserChanges { language, ..UserChanges::default() };
    done(&execute(&*target, [update("4", language)]).await?)?;
    ensure("Dan still has access", user(&target.read().await?, "4")?.status == user(&account, "4")?.status)
}

/// Returns `true` if a target supports actions of these kinds and changes to roles.
fn gives(info: &TargetInfo, kinds: &[ActionKind]) -> bool {
    can(info, kinds) && info.capabilities.roles == RoleAccess::Full && has(info, Feature::Roles)
}

/// Returns a manager role whose lists are not sorted.
fn manager(group: &str, product: &str) -> Role {
    Role::Manager {
        privileges: vec![Privilege::RunReports, Privilege::ManageUsers, Privilege::RunReports],
        groups: vec![UserGroupPath::new(group)],
        products: vec![product.into()],
    }
}

fn create(role: Role) -> Action {
    let new = User { role, ..User::new("gus@example.test", "Gus", "Lee") };
    Action::Create(Creation::new(new, WelcomeEmail::None))
}

fn given(role: Role) -> UserChanges {
    UserChanges { role: Some(Box::new(Change::fill(role))), ..UserChanges::default() }
}

/// Returns the change from one role to another; a member counts as a user without a role.
fn turn(reading: &Reading, account: &Account, before: &Role, after: &Role) -> Result<UserChanges, Trouble> {
    if before.is_member() {
        return Ok(given(after.clone()));
    }
    let whole = Whole::of(reading, account).ok_or("the account was not read completely")?;
    let after = (!after.is_member()).then(|| after.clone());
    let change = Change::replace(whole, before.clone(), after);
    Ok(UserChanges { role: Some(Box::new(change)), ..UserChanges::default() })
}
