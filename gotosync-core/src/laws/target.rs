//! Laws of targets: the conformance tests that every target must pass. This module tests reads and declared capabilities.

use std::sync::Arc;

use crate::apply::Stop;
use crate::diff::diff;
use crate::model::{Account, Action, ActionKind, Batch, Outcome, Whole};
use crate::source::MemorySource;
use crate::state::MemoryState;
use crate::target::{Feature, ProvisioningTarget};
use crate::{Engine, ErrorKind, Rules};

use super::ask::{can, create, done, execute, group, has, suspend};
use super::{Factory, Held, corpus, ensure, laws, mail, roles, same, settings, writes};

laws! {
    Factory<'_>:
    a_description_is_stable,
    reading_twice_is_equal,
    a_read_is_complete,
    a_read_is_sorted,
    used_seats_are_the_users_who_hold_them,
    an_empty_batch_has_no_outcomes,
    what_it_cannot_do_changes_nothing,
    a_batch_that_is_too_large_is_refused,
    applying_a_plan_leads_to_the_desired_account,
    writes::one_outcome_for_each_action_in_order,
    writes::a_failed_action_changes_nothing,
    writes::guarded_writes_conflict,
    writes::seats_are_given_all_or_none,
    writes::an_address_belongs_to_one_user,
    writes::an_unknown_user_is_not_found,
    writes::groups_come_after_their_parents,
    writes::the_status_follows_from_products_and_role,
    writes::a_created_user_is_there_under_its_key,
    writes::an_update_changes_what_it_names_and_nothing_else,
    writes::limits_of_fields_are_kept,
    writes::whose_login_is_in_use_is_never_suspended,
    writes::what_is_locked_stays,
    writes::a_license_that_is_not_active_is_not_given,
    writes::only_the_suspended_are_deleted,
    writes::whoever_is_deleted_is_gone,
    writes::whose_user_it_is_is_kept,
    roles::roles_are_given_and_taken,
    roles::a_role_names_what_is_there,
    roles::a_role_fits_what_was_read,
    roles::whose_login_is_in_use_keeps_the_role,
    roles::the_last_administrator_stays,
    roles::hidden_roles_are_not_seen,
    roles::hidden_roles_are_not_given,
    settings::each_setting_is_set_changed_and_cleared,
    settings::settings_come_with_a_new_user,
    settings::settings_name_what_is_there,
    settings::settings_have_a_form,
    settings::settings_fit_what_was_read,
    settings::telephones_belong_to_one_user,
    settings::a_voicemail_comes_with_an_extension,
    mail::templates_are_made_and_changed,
    mail::templates_fit_what_was_read,
    mail::a_welcome_mail_must_be_there,
    mail::a_welcome_mail_is_the_first_invitation,
    mail::an_invitation_is_sent_once_for_each_asking,
    mail::an_address_elsewhere_becomes_a_transfer,
}

/// Two descriptions are equal, and name the account that is read.
pub async fn a_description_is_stable(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let (one, account) = (target.describe().await?, target.read().await?);
    same("the second description", &target.describe().await?, &one)?;
    same("the account", &one.account, &account.key)?;
    same("the login", &one.login, &account.login)?;
    ensure(
        "a batch may contain at least one action, and at least one batch may run at a time",
        one.capabilities.batch > 0 && one.capabilities.concurrency > 0,
    )?;
    ensure("the target has a name", !one.name.is_empty() && !target.to_string().is_empty())
}

/// Two reads without a write in between are equal.
pub async fn reading_twice_is_equal(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    same("the second read", &target.read().await?, &target.read().await?)
}

/// A read is marked complete and returns the account as it is.
pub async fn a_read_is_complete(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let read = target.read().await?;
    ensure("the read is complete", read.completeness.is_complete())?;
    same("the account", &read, &corpus::limited(&target.describe().await?.capabilities))
}

/// Users are sorted by e-mail address, licenses by key, and groups by path; the licenses of a user are sorted by key.
pub async fn a_read_is_sorted(make: &Factory<'_>) -> Held {
    let mut mixed = corpus::account();
    mixed.users.reverse();
    mixed.licenses.reverse();
    mixed.groups.reverse();
    mixed.catalog.templates.reverse();
    mixed.catalog.role_sets.reverse();
    mixed.catalog.device_groups.reverse();
    mixed.catalog.custom_fields.reverse();
    mixed.catalog.devices.reverse();
    let eve = mixed.users.iter_mut().find(|user| user.licenses.len() > 1).ok_or("no user has two licenses")?;
    Arc::make_mut(eve).licenses.reverse();
    let read = make(&mixed).read().await?;
    let mut sorted = read.clone();
    sorted.sort();
    same("the order", &read, &sorted)?;
    let licenses = read.users.iter().all(|user| user.licenses.is_sorted());
    ensure("the licenses of each user are sorted", licenses)
}

/// The number of used seats of a license is the number of users who have it, even if the original account had a wrong number.
pub async fn used_seats_are_the_users_who_hold_them(make: &Factory<'_>) -> Held {
    let mut wrong = corpus::account();
    wrong.licenses.iter_mut().for_each(|license| license.used = 9);
    let target = make(&wrong);
    counted(&target.read().await?)?;
    let info = target.describe().await?;
    if can(&info, &[ActionKind::Create, ActionKind::Suspend]) && has(&info, Feature::Products) {
        let account = target.read().await?;
        let reading = corpus::nobody()?;
        let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
        let batch = [suspend(whole, &account, "5")?, create("gus@example.test", &["g2m"])];
        done(&execute(&*target, batch).await?)?;
        counted(&target.read().await?)?;
    }
    Ok(())
}

fn counted(account: &Account) -> Held {
    for license in &account.licenses {
        let holders = account.users.iter().filter(|user| user.licenses.contains(&license.key)).count();
        same(&license.name, &(license.used as usize), &holders)?;
    }
    Ok(())
}

/// An empty batch succeeds without outcomes.
pub async fn an_empty_batch_has_no_outcomes(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    same("the outcomes", &target.execute(&Batch { actions: Vec::new() }).await?, &Vec::new())
}

/// An action of an undeclared kind, or one that needs an undeclared feature, fails and changes nothing.
pub async fn what_it_cannot_do_changes_nothing(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let account = target.read().await?;
    let claimed = target.describe().await?.capabilities;
    let actions = writes::one_of_each_kind(&account)?.into_iter().chain(writes::one_for_each_feature());
    let unable: Vec<Action> = actions.filter(|action| claimed.refusal(action).is_some()).collect();
    let outcomes = execute(&*target, unable).await?;
    ensure("no action was done", !outcomes.iter().any(Outcome::is_done))?;
    same("the account", &target.read().await?, &account)
}

/// A batch with more actions than the target accepts fails without effect; a batch with exactly that number succeeds.
pub async fn a_batch_that_is_too_large_is_refused(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    let nth_group = |number: usize| group(&format!("Group {number}"));
    let nth_user = |number: usize| create(&format!("new.{number}@example.test"), &[]);
    let action: &dyn Fn(usize) -> Action = match &info {
        info if can(info, &[ActionKind::CreateGroup]) => &nth_group,
        info if can(info, &[ActionKind::Create]) => &nth_user,
        _ => return Ok(()),
    };
    let before = target.read().await?;
    let most = info.capabilities.batch;
    match target.execute(&(0..=most).map(action).collect()).await {
        Ok(_) => return Err("the target accepted a batch above its limit".into()),
        Err(error) => same("the error", &error.kind(), &ErrorKind::Unsupported)?,
    }
    same("the account", &target.read().await?, &before)?;
    done(&execute(&*target, (0..most).map(action)).await?)
}

/// After a plan is applied, a read returns the desired account, and the next plan is empty.
pub async fn applying_a_plan_leads_to_the_desired_account(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !can(&info, &[ActionKind::Create, ActionKind::Update, ActionKind::Suspend]) {
        return Ok(());
    }
    let lines = [
        ("", true),
        ("products = [\"GoToMeeting\"]", has(&info, Feature::Products)),
        ("user_group = \"Sales/EMEA/DACH\"", has(&info, Feature::UserGroups)),
        ("create_user_group = true", has(&info, Feature::UserGroups)),
    ];
    let lines: Vec<&str> = lines.iter().filter(|(_, claimed)| *claimed).map(|(line, _)| *line).collect();
    let rules = RULES.replace("\n# More.\n", &format!("{}\n", lines.join("\n")));
    let rules = Rules::parse(&rules, "rules.toml").map_err(crate::Error::from)?;
    let engine = Engine::new(MemorySource::new(corpus::directory()?), target, MemoryState::new(), rules);
    let planned = engine.plan().await?;
    let least = if can(&info, &ActionKind::ALL) { 4 } else { 1 };
    ensure(&format!("the plan has at least {least} steps"), planned.plan.steps().len() >= least)?;
    let report = engine.apply(&planned.plan, None, &Stop::new()).await?;
    ensure(&format!("every step is done: {report:?}"), report.all_done())?;
    let left = diff(&engine.target().read().await?, &planned.desired);
    ensure(&format!("the account is as desired: {left:?}"), left.is_empty())?;
    ensure("the next plan is empty", engine.plan().await?.plan.is_empty())
}

const RULES: &str = r#"
[[rule]]
name = "Sales"
ou = "OU=Sales,DC=example,DC=test"
# More.

[[rule]]
name = "Legal"
ou = "OU=Legal,DC=example,DC=test"
update = false
"#;
