//! Checks that must hold under every fault.

use std::collections::BTreeMap;

use gotosync_core::Report;
use gotosync_core::model::{ActionKind, Email, Outcome, Status, User};
use gotosync_tests::goto::Shift;

use super::world::{World, address, number_of};

/// Checks that only leavers lost something, that no user was created twice, and that no user got two welcome mails.
pub(crate) fn only_leavers_lost_something(world: &World) -> Result<(), String> {
    let began = world.began.lock().unwrap();
    let now = world.emulator.account();
    for before in &began.users {
        let email = before.email.as_str();
        let leaves = number_of(email).is_some_and(|number| world.leaving.contains(&number));
        if leaves || email.starts_with(Shift::PASSER_BY) {
            continue;
        }
        let after = now.user_by_email(&before.email).ok_or_else(|| format!("{email} was deleted"))?;
        if after.key != before.key || after.licenses != before.licenses || after.status != before.status {
            return Err(format!("{email} was {before:?} and is {after:?}"));
        }
        if number_of(email).is_none() && after != before {
            return Err(format!("{email} is unmanaged, was {before:?} and is {after:?}"));
        }
    }
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for entry in world.emulator.activity() {
        let leaves = number_of(&entry.subject).is_some_and(|number| world.leaving.contains(&number));
        let takes = entry.action == ActionKind::Delete || entry.detail.contains("-GoToMeeting");
        if takes && !leaves {
            return Err(format!("removed from a user who stays: {entry}"));
        }
        if entry.action == ActionKind::Create {
            *made.entry(entry.subject).or_default() += 1;
        }
    }
    let mut mailed: BTreeMap<String, usize> = BTreeMap::new();
    world.emulator.mails().into_iter().for_each(|mail| *mailed.entry(mail.to).or_default() += 1);
    match made.into_iter().chain(mailed).find(|(_, times)| *times > 1) {
        Some((who, times)) => Err(format!("{who} was created or got a mail {times} times")),
        None => Ok(()),
    }
}

/// Checks that every line of a report is correct, and returns a short summary of the outcomes.
pub(crate) fn told(world: &World, report: &Report) -> Result<String, String> {
    for line in &report.lines {
        let subject = Email::new(&line.subject);
        let now = world.emulator.account().user_by_email(&subject).cloned();
        let there = done(world, line.kind, &line.subject, now.as_deref());
        let wrong = match line.outcome {
            Outcome::Done { .. } => !there,
            Outcome::Failed { .. } => there,
            // A step that was not tried may match the account by chance.
            Outcome::Skipped { .. } | Outcome::InDoubt { .. } => false,
        };
        if wrong {
            return Err(format!("{line:?}, but the user is {now:?}"));
        }
    }
    let mut words: Vec<&str> = report
        .lines
        .iter()
        .map(|line| match line.outcome {
            Outcome::Done { .. } => "done",
            Outcome::Failed { .. } => "failed",
            Outcome::InDoubt { .. } => "in doubt",
            Outcome::Skipped { .. } => "skipped",
        })
        .collect();
    words.sort_unstable();
    words.dedup();
    Ok(words.join("+"))
}

/// Returns `true` if a step has been applied to a user.
fn done(world: &World, kind: ActionKind, subject: &str, now: Option<&User>) -> bool {
    let number = number_of(subject);
    let wanted = world.people.iter().find(|(own, _)| Some(*own) == number).map_or("", |(_, name)| name);
    match kind {
        ActionKind::Create => now.is_some(),
        ActionKind::Delete => now.is_none(),
        ActionKind::Suspend => now.is_some_and(|user| user.status == Status::Suspended),
        _ => now.is_some_and(|user| &*user.last_name == wanted && !user.licenses.is_empty()),
    }
}

/// Checks that the account matches the rules and that all other users are unchanged.
pub(crate) fn all_is_as_wanted(world: &World) -> Result<(), String> {
    let now = world.emulator.account();
    for (number, name) in &world.people {
        let user =
            now.user_by_email(&Email::new(&address(*number))).ok_or_else(|| format!("user {number} does not exist"))?;
        if &*user.last_name != *name || user.licenses.len() != 1 {
            return Err(format!("{number} is {user:?}"));
        }
    }
    for number in &world.leaving {
        if let Some(user) = now.user_by_email(&Email::new(&address(*number)))
            && user.status != Status::Suspended
        {
            return Err(format!("user {number} is a leaver and is {user:?}"));
        }
    }
    let known = |user: &&std::sync::Arc<User>| {
        number_of(user.email.as_str())
            .is_some_and(|number| world.people.iter().any(|(own, _)| *own == number) || world.leaving.contains(&number))
    };
    let strange = now.users.iter().filter(|user| number_of(user.email.as_str()).is_some()).find(|user| !known(user));
    strange.map_or(Ok(()), |user| Err(format!("unexpected user: {user:?}")))
}
