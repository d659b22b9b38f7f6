//! Laws (conformance tests) of targets for writes.

use std::sync::Arc;

use crate::ErrorKind;
use crate::model::{
    Account, Action, ActionKind, Change, Creation, Deletion, Effect, Email, Outcome, PersonId, Privilege, Release,
    Role, SetChange, Status, Suspension, Update, User, UserChanges, UserGroupPath, UserKey, UserSettings, WelcomeEmail,
    Whole,
};
use crate::target::Feature;

use super::ask::{can, create, done, execute, group, has, key, keys, refused, suspend, update, user};
use super::{Factory, Held, Trouble, corpus, ensure, same};

/// Every action has one outcome, in order, even if other actions fail.
pub async fn one_outcome_for_each_action_in_order(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Create, ActionKind::CreateGroup]) || !has(&info, Feature::Products) {
        return Ok(());
    }
    let batch = [
        group("Legal"),
        create("ann@example.test", &[]),
        create("gus@example.test", &["g2m"]),
        group("Sales"),
        group("A"),
    ];
    let outcomes = execute(&*target, batch).await?;
    let words: Vec<&str> = outcomes.iter().map(Outcome::as_str).collect();
    same("the outcomes", &words, &vec!["group created", "failed", "created", "failed", "group created"])
}

/// A failed action has changed nothing.
pub async fn a_failed_action_changes_nothing(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &ActionKind::ALL) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let stale = Change::replace(whole, "Anna".into(), Some("Anne".into()));
    let batch = [
        create("ann@example.test", &["g2m"]),
        create("no address", &["g2m"]),
        create("gus@example.test", &["g2m", "g2t"]),
        update("1", UserChanges { first_name: Some(stale), ..give(&["g2w"]) }),
        update("1", UserChanges { group: Some(Change::fill(UserGroupPath::new("None"))), ..give(&["g2w"]) }),
        Action::Release(Release::new(whole, "1".into(), vec!["g2m".into(), "g2w".into()])),
        Action::Suspend(Suspension::new(whole, "5".into(), vec!["g2m".into()], Role::Member)),
        group("None/Below"),
        Action::Delete(Deletion::new(whole, "1".into(), Email::new("ann@example.test"))),
        Action::WriteTemplate { template: Change::fill(corpus::mail("Legal", "{nothing}")) },
        Action::Invite { user: "1".into(), sent: 0 },
    ];
    for action in batch {
        let text = format!("{action:?}");
        match execute(&*target, [action]).await?[..] {
            [Outcome::Failed { .. }] => {}
            ref other => return Err(format!("{text} returned {other:?} instead of failing").into()),
        }
        same(&format!("the account after {text}"), &target.read().await?, &account)?;
    }
    Ok(())
}

/// An action whose `before` values differ from the user's current values fails as a conflict.
pub async fn guarded_writes_conflict(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let (before, after) = (Email::new("anna@example.test"), Email::new("anne@example.test"));
    let email = UserChanges { email: Some(Change::replace(whole, before, Some(after))), ..UserChanges::default() };
    let language = UserChanges { language: Some(Change::fill("de_DE".into())), ..UserChanges::default() };
    let taken = SetChange::default().removing(whole, vec!["g2w".into()]);
    // If the target supports products, Ann has one, so a suspension that names none is stale as well.
    let without = if has(&info, Feature::Products) { Vec::new() } else { vec!["g2w".into()] };
    for action in [
        update("1", email),
        update("5", language),
        update("1", UserChanges { licenses: taken, ..UserChanges::default() }),
        Action::Reactivate(Update { user: "1".into(), changes: give(&["g2w"]) }),
        Action::Release(Release::new(whole, "1".into(), vec!["g2w".into()])),
        Action::Suspend(Suspension::new(whole, "1".into(), vec!["g2w".into()], Role::Member)),
        Action::Suspend(Suspension::new(whole, "1".into(), without, Role::Member)),
        Action::Suspend(Suspension::new(whole, "1".into(), vec!["g2m".into()], Role::Administrator)),
        group("Sales"),
        Action::Delete(Deletion::new(whole, "6".into(), Email::new("gay@example.test"))),
        Action::Invite { user: "2".into(), sent: 0 },
    ] {
        if info.capabilities.refusal(&action).is_some() {
            continue;
        }
        let text = format!("{action:?}");
        refused(&execute(&*target, [action]).await?, ErrorKind::Conflict)
            .map_err(|trouble| format!("{text}: {trouble}"))?;
    }
    Ok(())
}

/// An action that adds several licenses adds all of them or none, and no seat is assigned twice.
pub async fn seats_are_given_all_or_none(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Create, ActionKind::Reactivate]) || !has(&info, Feature::Seats) {
        return Ok(());
    }
    let batch = [create("gus@example.test", &["g2w"]), create("hal@example.test", &["g2m", "g2w"])];
    let outcomes = execute(&*target, batch).await?;
    done(&outcomes[..1])?;
    refused(&outcomes[1..], ErrorKind::Exhausted)?;
    let back = Action::Reactivate(Update { user: "3".into(), changes: give(&["g2m", "g2w"]) });
    refused(&execute(&*target, [back]).await?, ErrorKind::Exhausted)?;
    let account = target.read().await?;
    let free: Vec<u32> = account.licenses.iter().map(crate::model::License::free).collect();
    same("the free seats", &free, &vec![1, 0])?;
    same("Cyd", &user(&account, "3")?.status, &Status::Suspended)
}

/// An address belongs to at most one user; addresses are compared without regard to letter case and Unicode form.
pub async fn an_address_belongs_to_one_user(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::Create, ActionKind::Update]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let to = |address: &str| UserChanges {
        email: Some(Change::replace(whole, Email::new("bob@example.test"), Some(Email::new(address)))),
        ..UserChanges::default()
    };
    let outcomes = execute(
        &*target,
        [
            create("Ann@EXAMPLE.test", &[]),
            update("2", to("ANN@example.test")),
            // No other user has the address: changing the letter case of the user's own address is no conflict.
            update("2", to("Bob@example.test")),
            create("jürgen@example.test", &[]),
            create("JÜRGEN@example.test", &[]),
        ],
    )
    .await?;
    refused(&outcomes[..2], ErrorKind::Conflict)?;
    done(&outcomes[2..4])?;
    refused(&outcomes[4..], ErrorKind::Conflict)
}

/// An action on an unknown user fails as not found.
pub async fn an_unknown_user_is_not_found(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let nobody = || UserKey::new("999");
    let batch = [
        Action::Suspend(Suspension::new(whole, nobody(), Vec::new(), Role::Member)),
        Action::Release(Release::new(whole, nobody(), vec!["g2m".into()])),
        update("999", give(&["g2m"])),
        Action::Reactivate(Update { user: nobody(), changes: give(&["g2m"]) }),
        create("gus@example.test", &["unknown"]),
        Action::Delete(Deletion::new(whole, nobody(), Email::new("nobody@example.test"))),
        Action::Invite { user: nobody(), sent: 0 },
    ];
    let taken = batch.into_iter().filter(|action| info.capabilities.refusal(action).is_none());
    refused(&execute(&*target, taken).await?, ErrorKind::NotFound)
}

/// A group can be created only below an existing group, and a user can be added only to an existing group.
pub async fn groups_come_after_their_parents(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::CreateGroup, ActionKind::Create]) {
        return Ok(());
    }
    let into = |email: &str, path: &str| {
        let new = User { group: Some(UserGroupPath::new(path)), ..User::new(email, "Gus", "Lee") };
        Action::Create(Creation::new(new, WelcomeEmail::None))
    };
    let early = execute(&*target, [group("Legal/EMEA"), into("gus@example.test", "Legal")]).await?;
    refused(&early, ErrorKind::NotFound)?;
    let batch = [group("Legal"), group("Legal/EMEA"), into("gus@example.test", "Legal/EMEA")];
    done(&execute(&*target, batch).await?)?;
    ensure("the account has the group Legal/EMEA", target.read().await?.has_group(&UserGroupPath::new("Legal/EMEA")))
}

/// A user with neither a product nor a role is suspended; every other user is not.
pub async fn the_status_follows_from_products_and_role(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &ActionKind::ALL) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let batch = [
        suspend(whole, &account, "1")?,
        Action::Release(Release::new(whole, "2".into(), vec!["g2w".into()])),
        Action::Reactivate(Update { user: "3".into(), changes: give(&["g2m"]) }),
        Action::Release(Release::new(whole, "5".into(), vec!["g2w".into()])),
        create("gus@example.test", &[]),
        create("hal@example.test", &["g2w"]),
    ];
    done(&execute(&*target, batch).await?)?;
    let account = target.read().await?;
    for one in &account.users {
        let nothing = one.licenses.is_empty() && one.role.is_member();
        same(one.email.as_str(), &(one.status == Status::Suspended), &nothing)?;
    }
    same("Eve", &user(&account, "5")?.status, &Status::Inactive)?;
    let hal = user(&account, key(&account, "hal@example.test")?.as_str())?;
    same("the status of the new user", &hal.status, &Status::Invited)
}

/// A created user is read under the key from the outcome, and the key is new.
pub async fn a_created_user_is_there_under_its_key(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Create]) {
        return Ok(());
    }
    let before = target.read().await?;
    let products = if has(&info, Feature::Products) { &["g2m"][..] } else { &[] };
    let outcomes = execute(&*target, [create("gus@example.test", products), create("hal@example.test", &[])]).await?;
    let account = target.read().await?;
    for (outcome, email) in outcomes.iter().zip(["gus@example.test", "hal@example.test"]) {
        let Outcome::Done { effect: Effect::Created { user: key } } = outcome else {
            return Err(format!("creating {email} returned {outcome:?}").into());
        };
        same("the e-mail", &user(&account, key.as_str())?.email.as_str(), &email)?;
        ensure("the key is new", before.user(key).is_none())?;
    }
    same("the number of users", &account.users.len(), &(before.users.len() + 2))
}

/// An update changes only the fields that it names, and no other user.
pub async fn an_update_changes_what_it_names_and_nothing_else(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Update]) {
        return Ok(());
    }
    let mut expected = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &expected).ok_or("the account was not read completely")?;
    let language = has(&info, Feature::Language).then(|| Change::replace(whole, "en_US".into(), None));
    let name = UserChanges {
        last_name: Some(Change::replace(whole, "Lee".into(), Some("Berg".into()))),
        language,
        ..UserChanges::default()
    };
    done(&execute(&*target, [update("5", name)]).await?)?;
    let eve =
        expected.users.iter_mut().find(|user| user.key == Some("5".into())).ok_or("the account has no user Eve")?;
    let eve = Arc::make_mut(eve);
    eve.last_name = "Berg".into();
    eve.language = None;
    same("the account", &target.read().await?, &expected)
}

/// A name with as many characters as the limit is accepted, and a longer one is rejected.
pub async fn limits_of_fields_are_kept(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Create]) {
        return Ok(());
    }
    let named = |email: &str, length: usize| {
        let new = User::new(email, &"å".repeat(length), "Lee");
        Action::Create(Creation::new(new, WelcomeEmail::None))
    };
    let batch = [named("gus@example.test", info.limits.name), named("hal@example.test", info.limits.name + 1)];
    let outcomes = execute(&*target, batch).await?;
    done(&outcomes[..1])?;
    refused(&outcomes[1..], ErrorKind::Input)
}

/// The signed-in user cannot be suspended.
pub async fn whose_login_is_in_use_is_never_suspended(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::Suspend]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    refused(&execute(&*target, [suspend(whole, &account, "4")?]).await?, ErrorKind::Denied)?;
    same("the account", &target.read().await?, &account)
}

/// Fields that an identity provider owns cannot be changed; other fields can.
pub async fn what_is_locked_stays(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Update]) || !has(&info, Feature::Locks) || !has(&info, Feature::Language) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let name = || Some(Change::replace(whole, "Lee".into(), Some("Berg".into())));
    let (before, after) = (Email::new("fay@example.test"), Email::new("fey@example.test"));
    let locked = [
        UserChanges { last_name: name(), ..UserChanges::default() },
        UserChanges { email: Some(Change::replace(whole, before, Some(after))), ..UserChanges::default() },
    ];
    refused(&execute(&*target, locked.map(|changes| update("6", changes))).await?, ErrorKind::Denied)?;
    same("the account", &target.read().await?, &account)?;
    let language = UserChanges { language: Some(Change::fill("de_DE".into())), ..UserChanges::default() };
    done(&execute(&*target, [update("6", language)]).await?)?;
    same("the locks", &user(&target.read().await?, "6")?.locks, &user(&account, "6")?.locks)
}

/// A license that is not active yet cannot be given to a user; the error is retryable.
pub async fn a_license_that_is_not_active_is_not_given(make: &Factory<'_>) -> Held {
    let mut early = corpus::account();
    early.licenses.iter_mut().for_each(|license| license.pending = license.key.as_str() == "g2w");
    let target = make(&early);
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Create]) || !has(&info, Feature::Seats) {
        return Ok(());
    }
    let account = target.read().await?;
    let outcomes = execute(&*target, [create("gus@example.test", &["g2m", "g2w"])]).await?;
    refused(&outcomes, ErrorKind::Unavailable)?;
    let later = matches!(&outcomes[..], [Outcome::Failed { fault }] if fault.retryable);
    ensure("the error is retryable", later)?;
    same("the account", &target.read().await?, &account)
}

/// Deleting a user fails if the user has access, has a different address than expected, or is the signed-in user.
pub async fn only_the_suspended_are_deleted(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::Delete]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let delete = |key: &str, email: &str| Action::Delete(Deletion::new(whole, key.into(), Email::new(email)));
    let active = [delete("1", "ann@example.test"), delete("2", "bob@example.test"), delete("3", "ann@example.test")];
    refused(&execute(&*target, active).await?, ErrorKind::Conflict)?;
    refused(&execute(&*target, [delete("4", "dan@example.test")]).await?, ErrorKind::Denied)?;
    same("the account", &target.read().await?, &account)
}

/// A deleted user is gone with all settings, and the address is free again.
pub async fn whoever_is_deleted_is_gone(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Delete]) {
        return Ok(());
    }
    let mut expected = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &expected).ok_or("the account was not read completely")?;
    let delete = Action::Delete(Deletion::new(whole, "6".into(), Email::new("Fay@example.test")));
    done(&execute(&*target, [delete]).await?)?;
    expected.users.retain(|user| user.key != Some("6".into()));
    same("the account", &target.read().await?, &expected)?;
    if can(&info, &[ActionKind::Create]) {
        done(&execute(&*target, [create("fay@example.test", &[])]).await?)?;
        let again = key(&target.read().await?, "fay@example.test")?;
        ensure("the key differs from that of the deleted user", again.as_str() != "6")?;
    }
    Ok(())
}

/// If the account stores the person that a user belongs to, reads return the person as it was written.
pub async fn whose_user_it_is_is_kept(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Create]) || !has(&info, Feature::People) {
        return Ok(());
    }
    let person = Some(PersonId::parse("{FFC02900-C61F-49D7-8353-D8AE8FB3682E}"));
    let new = User { person: person.clone(), ..User::new("gus@example.test", "Gus", "Lee") };
    let batch = [Action::Create(Creation::new(new, WelcomeEmail::None))];
    done(&execute(&*target, batch).await?)?;
    let account = target.read().await?;
    same("the person", &user(&account, key(&account, "gus@example.test")?.as_str())?.person, &person)?;
    if !can(&info, &[ActionKind::Update]) {
        return Ok(());
    }
    // An existing user without a person, as if linked by e-mail address.
    let person = PersonId::parse("{FFC02900-C61F-49D7-8353-D8AE8FB36830}");
    let mark = UserChanges { person: Some(Change::fill(person.clone())), ..UserChanges::default() };
    done(&execute(&*target, [update("1", mark.clone())]).await?)?;
    same("Ann", &user(&target.read().await?, "1")?.person, &Some(person))?;
    refused(&execute(&*target, [update("1", mark)]).await?, ErrorKind::Conflict)
}

/// Returns one action of each kind; each succeeds on a target that supports its kind.
pub(super) fn one_of_each_kind(account: &Account) -> Result<Vec<Action>, Trouble> {
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, account).ok_or("the account was not read completely")?;
    let actions = vec![
        suspend(whole, account, "1")?,
        Action::Release(Release::new(whole, "5".into(), vec!["g2w".into()])),
        Action::Delete(Deletion::new(whole, "6".into(), Email::new("fay@example.test"))),
        group("Legal"),
        Action::WriteTemplate { template: Change::fill(corpus::mail("Legal", "Hello")) },
        update("2", give(&["g2m"])),
        Action::Reactivate(Update { user: "3".into(), changes: give(&["g2w"]) }),
        create("gus@example.test", &[]),
        Action::Invite { user: "2".into(), sent: 1 },
    ];
    same("the kinds", &actions.iter().map(Action::kind).collect(), &ActionKind::ALL.to_vec())?;
    Ok(actions)
}

/// Returns one action for each feature that an action can need.
pub(super) fn one_for_each_feature() -> Vec<Action> {
    let make = |change: fn(&mut User)| {
        let mut new = User::new("ian@example.test", "Ian", "Lee");
        change(&mut new);
        Action::Create(Creation::new(new, WelcomeEmail::None))
    };
    let mut all = vec![
        make(|user| user.person = Some(PersonId::parse("{FFC02900-C61F-49D7-8353-D8AE8FB3682E}"))),
        make(|user| user.language = Some("de_DE".into())),
        make(|user| user.group = Some(UserGroupPath::new("Sales"))),
        make(|user| user.role = Role::Administrator),
        make(|user| user.licenses = keys(&["g2m"])),
        make(|user| {
            let (privileges, products) = (vec![Privilege::ManageUsers], keys(&["g2m"]));
            user.role = Role::Manager { privileges, groups: Vec::new(), products };
        }),
    ];
    all.extend(Feature::ALL.iter().filter_map(|feature| {
        let mut own = corpus::settings();
        own.retain(|one| one == *feature);
        (own != UserSettings::default()).then(|| {
            let new = User { settings: Some(Box::new(own)), ..User::new("ian@example.test", "Ian", "Lee") };
            Action::Create(Creation::new(new, WelcomeEmail::None))
        })
    }));
    all
}

fn give(licenses: &[&str]) -> UserChanges {
    UserChanges { licenses: SetChange::adding(keys(licenses)), ..UserChanges::default() }
}
