//! Tests of the state about people between runs: people set aside after a failed step, and the access that a person
//! had before it ended.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gotosync_core::apply::Stop;
use gotosync_core::model::{
    Account, Action, ActionKind, Batch, Directory, DirectoryBuilder, Dn, Email, License, LicenseKey, Outcome,
    PersonEntry, PersonId, Role, Status, User, UserKey,
};
use gotosync_core::state::{CrashPoint, Had, SetAside, SqliteState, StateStore};
use gotosync_core::sync::Retry;
use gotosync_core::target::{FlakyTarget, MemoryTarget, Mishap, ProvisioningTarget, TargetInfo};
use gotosync_core::{Error, ErrorKind, Result};
use gotosync_tests::world::World;
use jiff::{SignedDuration, Timestamp};

/// A rule that gives Meeting to everyone. Leavers are deleted after a day.
const RULES: &str = "leavers = { first = \"suspend\", delete_after_days = 1, delete_after_reads = 1 }\n\
                     [[rule]]\nname = \"All\"\neveryone = true\nproducts = [\"Meeting\"]\n";

/// Returns the error kind for an action that the target refuses, or `None`.
type Objection = fn(&Action) -> Option<ErrorKind>;

/// A target that refuses some actions, like a service that cannot accept a record.
#[derive(Debug)]
struct Refusing {
    inner: MemoryTarget,
    objection: Mutex<Objection>,
    /// `true` if it rejects the whole batch that contains such an action.
    whole: bool,
}

impl Refusing {
    fn set(&self, objection: Objection) {
        *self.objection.lock().unwrap() = objection;
    }
}

impl fmt::Display for Refusing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl ProvisioningTarget for Refusing {
    async fn describe(&self) -> Result<TargetInfo> {
        self.inner.describe().await
    }

    async fn read(&self) -> Result<Account> {
        self.inner.read().await
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        let objection = *self.objection.lock().unwrap();
        let mut outcomes = Vec::new();
        for action in &batch.actions {
            match objection(action) {
                Some(kind) if self.whole => return Err(Error::new(kind, "the batch is refused")),
                Some(kind) => outcomes.push(Outcome::failed(kind, "the record is refused")),
                None => outcomes.extend(self.inner.execute(&[action.clone()].into_iter().collect()).await?),
            }
        }
        Ok(outcomes)
    }
}

/// Refuses no action.
fn nothing(_: &Action) -> Option<ErrorKind> {
    None
}

/// Refuses the creation and update of Bob.
fn bob(action: &Action) -> Option<ErrorKind> {
    matches!(action, Action::Create(creation) if creation.user.first_name.starts_with("Bob"))
        .then_some(ErrorKind::Input)
}

/// Returns a directory of Ann and a second person. One of them may be disabled.
fn directory(second: &str, disabled: Option<&str>) -> Directory {
    directory_of(&[("p1", "Ann"), ("p2", second)], disabled)
}

fn directory_of(people: &[(&str, &str)], disabled: Option<&str>) -> Directory {
    let mut builder = DirectoryBuilder::new();
    let [mail, first, last] = ["mail", "givenName", "sn"].map(|name| builder.attribute(name));
    for &(id, name) in people {
        let mut entry = PersonEntry::new(PersonId::parse(id), Dn::parse(&format!("CN={id},DC=x")).unwrap());
        entry.disabled = disabled == Some(id);
        builder.person(entry.with(mail, format!("{id}@x.test")).with(first, name).with(last, "Lee"));
    }
    builder.build().unwrap()
}

fn account() -> Account {
    let mut account = Account::empty("1", "Test");
    account.licenses.push(License::new("meeting", "Meeting", &[], 50));
    account
}

/// Returns a world with Ann, Bob, and a target. The clock advances only when the test sets it.
fn world<T: ProvisioningTarget + 'static>(target: T) -> World<T> {
    World::with(directory("Bob", None), target).stopped_at(now())
}

fn refusing(objection: Objection, whole: bool) -> World<Refusing> {
    let objection = Mutex::new(objection);
    world(Refusing { inner: MemoryTarget::new(account()), objection, whole })
}

/// Returns the set-aside state of Bob, and asserts that no other person is set aside.
async fn aside<T: ProvisioningTarget + 'static>(world: &World<T>) -> SetAside {
    let mut set_aside = world.remembered().await.set_aside;
    assert_eq!(set_aside.len(), 1, "{set_aside:?}");
    set_aside.remove(0)
}

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn each_failure_extends_the_pause_until_the_step_succeeds() {
    let world = refusing(bob, false);
    let mut at = now();
    for (failures, wait) in (1..).zip([2, 6, 12, 24, 48, 96, 168, 168]) {
        let report = world.run(RULES).await;
        assert!(!report.all_done());
        let aside = aside(&world).await;
        assert_eq!((aside.person.to_string().as_str(), aside.subject.as_str()), ("p2", "p2@x.test"));
        assert_eq!((aside.kind, aside.reason.as_str()), (ActionKind::Create, "the record is refused"));
        assert_eq!((aside.failures, aside.since, aside.next), (failures, now(), at + hours(wait)));
        at = aside.next;
        world.set_clock(at);
    }
    world.target.set(nothing);
    assert!(world.run(RULES).await.all_done());
    let remembered = world.remembered().await;
    assert_eq!((remembered.set_aside.len(), remembered.links.len()), (0, 2));
}

#[tokio::test]
async fn a_directory_change_resets_the_pause() {
    let world = refusing(bob, false);
    world.run(RULES).await;
    world.set_clock(now() + hours(2));
    world.run(RULES).await;
    assert_eq!(aside(&world).await.failures, 2);
    // Long before the next retry the step is tried because it differs, and fails again.
    let then = now() + hours(3);
    world.set_clock(then);
    world.source.set(directory("Bobby", None));
    world.run(RULES).await;
    let aside = aside(&world).await;
    assert_eq!((aside.failures, aside.since, aside.next), (1, then, then + hours(2)));
    world.source.set(directory("Rob", None));
    assert!(world.run(RULES).await.all_done());
    assert_eq!(world.remembered().await.set_aside, []);
}

#[tokio::test]
async fn an_outage_sets_no_person_aside() {
    for mishap in [Mishap::BatchRefused, Mishap::ActionFailed, Mishap::AnswerLost] {
        let world = world(FlakyTarget::new(MemoryTarget::new(account()), 7, 1000).only([mishap]));
        let report = world.run(RULES).await;
        assert!(report.lines.iter().all(|line| !line.outcome.is_done()), "{mishap:?}");
        assert_eq!(world.remembered().await.set_aside, [], "{mishap:?}");
    }
}

#[tokio::test]
async fn a_rejected_batch_sets_no_person_aside() {
    let world = refusing(bob, true);
    let report = world.run(RULES).await;
    assert!(report.lines.iter().all(|line| matches!(line.outcome, Outcome::Failed { .. })), "{:?}", report.lines);
    assert_eq!(world.remembered().await.set_aside, []);
}

#[tokio::test]
async fn an_outage_neither_extends_nor_clears_a_pause() {
    let world = refusing(bob, false);
    world.run(RULES).await;
    let before = aside(&world).await;
    world.set_clock(before.next);
    world.target.set(|_| Some(ErrorKind::Unavailable));
    world.run(RULES).await;
    assert_eq!(aside(&world).await, before);
}

#[tokio::test]
async fn a_crash_anywhere_counts_a_failure_once() {
    for nth in 1.. {
        let mut crashed = false;
        for point in [CrashPoint::Before, CrashPoint::After] {
            let world = refusing(bob, false);
            world.run(RULES).await;
            world.set_clock(aside(&world).await.next);
            world.state.crash_at(nth, point);
            crashed |= world.engine(RULES).run(&Stop::new()).await.is_err();
            world.state.heal();
            // Without an open run, either nothing was tried or everything was stored.
            if world.engine(RULES).resume(&Stop::new()).await.unwrap().is_none() && aside(&world).await.failures == 1 {
                world.run(RULES).await;
            }
            assert_eq!(aside(&world).await.failures, 2, "crash {nth} {point:?}");
        }
        if !crashed {
            return;
        }
    }
}

#[tokio::test]
async fn a_crash_anywhere_keeps_completed_steps_completed() {
    for nth in 1.. {
        let mut crashed = false;
        for point in [CrashPoint::Before, CrashPoint::After] {
            let world = refusing(bob, false);
            world.run(RULES).await;
            world.set_clock(aside(&world).await.next);
            world.target.set(nothing);
            world.state.crash_at(nth, point);
            crashed |= world.engine(RULES).run(&Stop::new()).await.is_err();
            world.state.heal();
            if world.engine(RULES).resume(&Stop::new()).await.unwrap().is_none() {
                world.run(RULES).await;
            }
            assert_eq!(world.remembered().await.set_aside, [], "crash {nth} {point:?}");
        }
        if !crashed {
            return;
        }
    }
}

#[tokio::test]
async fn the_set_aside_state_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let state = || SqliteState::open(folder.path().join("state.db")).unwrap();
    let world = refusing(bob, false);
    for failures in 1..=2 {
        world.engine_on(Arc::clone(&world.source), state(), RULES).run(&Stop::new()).await.unwrap();
        let aside = state().load(&"1".into()).await.unwrap().set_aside.remove(0);
        assert_eq!((aside.failures, aside.person.to_string().as_str()), (failures, "p2"));
        world.set_clock(aside.next);
    }
    world.target.set(nothing);
    world.engine_on(Arc::clone(&world.source), state(), RULES).run(&Stop::new()).await.unwrap();
    assert_eq!(state().load(&"1".into()).await.unwrap().set_aside, []);
}

#[tokio::test]
async fn remembers_lost_access_until_the_person_returns() {
    let mut ann = User::new("p1@x.test", "Ann", "Lee");
    ann.licenses = vec![LicenseKey::new("meeting")];
    (ann.key, ann.role, ann.status) = (Some(UserKey::new("u1")), Role::Set("Helpdesk".into()), Status::Active);
    let mut account = account();
    account.users.push(Arc::new(ann.clone()));
    account.catalog.role_sets.push("Helpdesk".to_owned());
    let world = world(MemoryTarget::new(account));
    world.run(RULES).await;
    assert_eq!((world.link("p1").await.suspended, world.link("p1").await.had), (None, None));

    world.source.set(directory("Bob", Some("p1")));
    let engine = world.engine(RULES);
    let plan = engine.plan().await.unwrap().plan;
    engine.apply(&plan, Some(plan.id()), &Stop::new()).await.unwrap();
    let status = || world.target.account().user_by_email(&Email::new("p1@x.test")).unwrap().status;
    assert_eq!(status(), Status::Suspended);
    let had = Had { licenses: ann.licenses, role: ann.role };
    assert_eq!((world.link("p1").await.suspended, world.link("p1").await.had), (Some(now()), Some(Box::new(had))));

    world.source.set(directory("Bob", None));
    world.run(RULES).await;
    assert_ne!(status(), Status::Suspended);
    assert_eq!((world.link("p1").await.suspended, world.link("p1").await.had), (None, None));
}

#[tokio::test]
async fn retries_a_failed_deletion_on_request() {
    let world = refusing(|action| matches!(action, Action::Delete(_)).then_some(ErrorKind::Denied), false);
    world.run(RULES).await;
    world.source.set(directory_of(&[("p1", "Ann")], None));
    world.run(RULES).await;
    world.set_clock(now() + hours(25));
    let deletions = world.run(RULES).await.deletions.expect("Bob left a day ago");
    let engine = world.engine(RULES);
    engine.apply(&deletions, Some(deletions.id()), &Stop::new()).await.unwrap();
    assert_eq!(aside(&world).await.kind, ActionKind::Delete);
    assert!(engine.plan().await.unwrap().plan.is_empty(), "the deletion waits for its retry time");

    world.target.set(nothing);
    let again = engine.retry(Retry::Person("p2@x.test")).await.unwrap();
    let report = engine.apply(&again, Some(again.id()), &Stop::new()).await.unwrap();
    assert!(report.all_done() && report.lines.len() == 1, "{:?}", report.lines);
    assert_eq!(world.remembered().await.set_aside, []);
}
