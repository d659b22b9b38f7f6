//! Laws of state stores: the conformance tests that every state store must pass.
//!
//! Each law reopens the store between any two steps, so that a step can rely only on stored data and not on data in memory. To test
//! your own store:
//!
//! ```
//! use gotosync_core::laws::state::{self, Stores};
//! use gotosync_core::state::MemoryState;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // Each call creates a new store and returns a function that reopens that store.
//! let make: &Stores<'_> = &|| {
//!     let state = MemoryState::new();
//!     Box::new(move || Box::new(state.clone()))
//! };
//! let broken = state::broken(make).await;
//! assert!(broken.is_empty(), "{broken:#?}");
//! # }
//! ```

use std::collections::BTreeMap;
use std::fmt::Debug;

use jiff::Timestamp;

use super::{Held, Trouble, ensure, laws};
use crate::journal::Event;
use crate::model::{
    AccountKey, ActionKind, Effect, Email, Ending, Failure, Fault, Had, Kept, Learned, Link, Outcome, PersonId,
    Privilege, Remembered, Role, RunId, RunRecord, SetAside, UserGroupPath, UserKey,
};
use crate::state::{Holder, Interrupted, RUNS_KEPT, StateStore};
use crate::{Error, ErrorKind};

/// A function that reopens the same store on every call.
pub type Open<'f> = Box<dyn Fn() -> Box<dyn StateStore> + Send + Sync + 'f>;

/// A function that creates a new store and returns the function that opens it.
pub type Stores<'f> = dyn Fn() -> Open<'f> + Send + Sync + 'f;

laws! {
    Stores<'_>:
    an_unknown_account_is_empty,
    links_make_a_round_trip,
    link_changes_change_what_they_name,
    what_a_user_had_survives_a_second_suspension,
    a_role_is_remembered_until_it_is_taken,
    a_deleted_user_is_forgotten,
    a_user_belongs_to_the_last_person,
    a_failure_defers_for_longer_each_time,
    deferred_people_come_in_order,
    accounts_are_apart,
    populations_are_replaced_only_when_given,
    what_a_reading_left_is_replaced_by_what_the_next_leaves,
    a_run_is_unfinished_until_it_is_finished,
    a_run_that_never_opened_is_only_history,
    what_is_refused_changes_nothing,
    the_newest_unfinished_run_is_found,
    history_is_newest_first_and_limited,
    runs_since_a_moment_are_found,
    old_runs_are_forgotten_but_never_an_open_one,
    one_hold_at_a_time,
}

/// Returns from the law with an error if two values differ.
macro_rules! equal {
    ($found:expr, $expected:expr $(, $($what:tt)+)?) => {
        match (&$found, &$expected) {
            (found, expected) if *found == *expected => {}
            (found, expected) => {
                let what: &[String] = &[$(format!($($what)+))?];
                let what = what.first().map_or(stringify!($found), String::as_str);
                return Err(format!("{what}: found {found:#?}, expected {expected:#?}").into());
            }
        }
    };
}

/// Returns the error of a call that must fail.
fn refused<T: Debug>(answer: crate::Result<T>) -> Result<Error, Trouble> {
    answer.err().ok_or_else(|| "a call succeeded that should have failed".into())
}

/// The state of an unknown account is empty.
pub async fn an_unknown_account_is_empty(make: &Stores<'_>) -> Held {
    let open = make();
    let account = AccountKey::new("nobody's");
    equal!(open().load(&account).await?, Remembered::default());
    equal!(open().unfinished(&account).await?, None);
    equal!(open().history(&account, 10).await?, []);
    Ok(())
}

/// Links are returned as they were stored, in ascending order of person. Storing a link again replaces all of its fields.
pub async fn links_make_a_round_trip(make: &Stores<'_>) -> Held {
    let open = make();
    let uuid = "ffc02900-c61f-49d7-8353-d8ae8fb3682e";
    let full = Link {
        rules: ["Sales".into(), "Überall \"hier\"".into()].into(),
        suspended: Some(at(5)),
        leaver_since: Some("2026-01-02T03:04:05.678901234Z".parse()?),
        absences: 7,
        role: Some(manager()),
        had: Some(Box::new(had(&["g2m", "g2w"], manager()))),
        ..link("E100355", "18446744073709551615")
    };
    // IDs that are UUIDs sort before other IDs, regardless of their text.
    let given = [full.clone(), link(uuid, "u2"), link("0", "u3")];
    open().begin(&run("a", "r1", 1), "{}", &given).await?;
    let links = open().load(&"a".into()).await?.links;
    equal!(links, [link(uuid, "u2"), link("0", "u3"), full.clone()]);
    equal!(links[2].email.as_str(), full.email.as_str(), "the letter case of the address");

    // Storing a link again replaces all of its fields.
    let bare = link("E100355", "u9");
    open().begin(&run("a", "r2", 2), "{}", std::slice::from_ref(&bare)).await?;
    let remembered = open().load(&"a".into()).await?;
    equal!(remembered.links.len(), 3);
    equal!(remembered.link(&bare.person), Some(&bare));
    Ok(())
}

/// Each recorded fact changes only the link that it names, and facts are applied in order.
pub async fn link_changes_change_what_they_name(make: &Stores<'_>) -> Held {
    let open = make();
    let (one, two) = (PersonId::parse("p1"), PersonId::parse("p2"));
    let leaver = Link { leaver_since: Some(at(1)), absences: 2, ..link("p1", "u1") };
    open().begin(&run("a", "r1", 1), "{}", &[leaver.clone(), link("p2", "u2")]).await?;

    let run = RunId::new("r1");
    open().record(&run, &[], &[Learned::Suspended(one.clone(), at(7), Had::default())]).await?;
    let remembered = open().load(&"a".into()).await?;
    equal!(remembered.link(&one), Some(&Link { suspended: Some(at(7)), ..leaver }));
    equal!(remembered.link(&two), Some(&link("p2", "u2")), "the other link is unchanged");

    let back = [Learned::Reactivated(one.clone()), Learned::Linked(link("p3", "u3"))];
    open().record(&run, &[], &back).await?;
    let remembered = open().load(&"a".into()).await?;
    equal!(remembered.links, [link("p1", "u1"), link("p2", "u2"), link("p3", "u3")]);

    // Facts are applied in the given order, and facts about a person without a link change nothing.
    let changes = [
        Learned::Suspended(PersonId::parse("nobody"), at(8), Had::default()),
        Learned::Reactivated(PersonId::parse("nobody")),
        Learned::Suspended(two.clone(), at(8), Had::default()),
        Learned::Suspended(two.clone(), at(9), Had::default()),
    ];
    open().record(&run, &[], &changes).await?;
    let remembered = open().load(&"a".into()).await?;
    equal!((remembered.links.len(), remembered.link(&two).and_then(|link| link.suspended)), (3, Some(at(9))));
    Ok(())
}

/// The licenses and role removed by a suspension are remembered, together with those that later suspensions remove, until the
/// user is reactivated.
pub async fn what_a_user_had_survives_a_second_suspension(make: &Stores<'_>) -> Held {
    let open = make();
    open().begin(&run("a", "r1", 1), "{}", &[link("p1", "u1")]).await?;
    let suspended = |second, had| [Learned::Suspended(PersonId::parse("p1"), at(second), had)];
    for (second, had, kept) in [
        (1, had(&["g2w"], manager()), had(&["g2w"], manager())),
        (2, Had::default(), had(&["g2w"], manager())),
        (3, had(&["g2m", "g2w"], Role::Member), had(&["g2m", "g2w"], manager())),
        (4, had(&[], Role::Administrator), had(&["g2m", "g2w"], Role::Administrator)),
    ] {
        open().record(&"r1".into(), &[], &suspended(second, had)).await?;
        let link = open().load(&"a".into()).await?.links.remove(0);
        equal!((link.suspended, link.had.as_deref()), (Some(at(second)), Some(&kept)));
    }
    let later = [Learned::Reactivated(PersonId::parse("p1")), suspended(9, Had::default())[0].clone()];
    open().record(&"r1".into(), &[], &later).await?;
    let links = open().load(&"a".into()).await?.links;
    equal!(links, [Link { suspended: Some(at(9)), ..link("p1", "u1") }], "reactivation ends the earlier memory");
    Ok(())
}

/// A role that was given is remembered until it is removed.
pub async fn a_role_is_remembered_until_it_is_taken(make: &Stores<'_>) -> Held {
    let open = make();
    open().begin(&run("a", "r1", 1), "{}", &[link("p1", "u1"), link("p2", "u2")]).await?;
    let person = PersonId::parse("p1");
    for role in [Some(manager()), Some(Role::Set("Helpdesk \"1\"".into())), Some(Role::Administrator), None] {
        open().record(&"r1".into(), &[], &[Learned::Role(person.clone(), role.clone())]).await?;
        let links = open().load(&"a".into()).await?.links;
        equal!(links, [Link { role, ..link("p1", "u1") }, link("p2", "u2")]);
    }
    Ok(())
}

/// After a user is deleted, the store has no state of the person.
pub async fn a_deleted_user_is_forgotten(make: &Stores<'_>) -> Held {
    let open = make();
    open().begin(&run("a", "r1", 1), "{}", &[link("p1", "u1"), link("p2", "u2")]).await?;
    let one = PersonId::parse("p1");
    let learned = [failed("p1", "f1", 0), failed("p2", "f2", 0), Learned::Deleted(one.clone())];
    open().record(&"r1".into(), &[], &learned).await?;
    let remembered = open().load(&"a".into()).await?;
    equal!(remembered.links, [link("p2", "u2")]);
    equal!((remembered.set_aside.len(), remembered.set_aside(&one)), (1, None));

    // A later fact about the person changes nothing, and the user's key can be linked to another person.
    let after = [Learned::Role(one.clone(), Some(manager())), Learned::Linked(link("p3", "u1"))];
    open().record(&"r1".into(), &[], &after).await?;
    equal!(open().load(&"a".into()).await?.links, [link("p2", "u2"), link("p3", "u1")]);
    Ok(())
}

/// A user is linked to at most one person: the last one.
pub async fn a_user_belongs_to_the_last_person(make: &Stores<'_>) -> Held {
    let open = make();
    open().begin(&run("a", "r1", 1), "{}", &[link("p1", "u1")]).await?;
    open().record(&"r1".into(), &[], &[Learned::Linked(link("p2", "u1"))]).await?;
    equal!(open().load(&"a".into()).await?.links, [link("p2", "u1")]);

    // Users change hands in a circle: earlier links do not matter.
    let round = [("p1", "u1"), ("p2", "u2"), ("p1", "u3"), ("p3", "u1"), ("p2", "u1"), ("p4", "u2")];
    let round = round.map(|(person, user)| Learned::Linked(link(person, user)));
    open().record(&"r1".into(), &[], &round).await?;
    let links = open().load(&"a".into()).await?.links;
    equal!(links, [link("p1", "u3"), link("p2", "u1"), link("p4", "u2")]);
    Ok(())
}

/// After each failure, a person is skipped ("set aside") for longer, until the step succeeds.
pub async fn a_failure_defers_for_longer_each_time(make: &Stores<'_>) -> Held {
    let open = make();
    open().begin(&run("a", "r1", 1), "{}", &[]).await?;
    let person = PersonId::parse("p1");
    for (second, action, failures, since, hours) in [(0, "f1", 1, 0, 2), (60, "f1", 2, 0, 6), (90, "f2", 1, 90, 2)] {
        open().record(&"r1".into(), &[], &[failed("p1", action, second)]).await?;
        let expected = SetAside {
            person: person.clone(),
            subject: "p1@example.test".into(),
            kind: ActionKind::Update,
            action: action.into(),
            reason: "the name is \"refused\"".into(),
            failures,
            since: at(since),
            next: at(second + hours * 3600),
        };
        equal!(open().load(&"a".into()).await?.set_aside, [expected]);
    }
    equal!(open().load(&"b".into()).await?, Remembered::default(), "the other account has no state");

    // Facts are applied in the given order: a failure after a success starts with the shortest delay again.
    let order = [failed("p1", "f2", 95), Learned::Cleared(person.clone()), failed("p1", "f2", 99)];
    open().record(&"r1".into(), &[], &order).await?;
    equal!(open().load(&"a".into()).await?.set_aside(&person).map(|aside| aside.failures), Some(1));
    let cleared = [Learned::Cleared(person), Learned::Cleared(PersonId::parse("nobody"))];
    open().record(&"r1".into(), &[], &cleared).await?;
    equal!(open().load(&"a".into()).await?.set_aside, []);
    Ok(())
}

/// People who are skipped after a failure are returned in ascending order of person.
pub async fn deferred_people_come_in_order(make: &Stores<'_>) -> Held {
    let open = make();
    open().begin(&run("a", "r1", 1), "{}", &[]).await?;
    let uuid = "ffc02900-c61f-49d7-8353-d8ae8fb3682e";
    let failures = ["E100355", uuid, "0"].map(|person| failed(person, "f", 5));
    open().record(&"r1".into(), &[], &failures).await?;
    let remembered = open().load(&"a".into()).await?;
    let people: Vec<_> = remembered.set_aside.iter().map(|aside| aside.person.to_string()).collect();
    equal!(people, [uuid, "0", "E100355"]);
    let found = remembered.set_aside.iter().all(|aside| remembered.set_aside(&aside.person) == Some(aside));
    ensure("each entry can be looked up by person", found)?;
    Ok(())
}

/// The states of different accounts are independent.
pub async fn accounts_are_apart(make: &Stores<'_>) -> Held {
    let open = make();
    open().begin(&run("a", "r1", 1), "{}", &[link("p1", "u1")]).await?;
    open().begin(&run("b", "r2", 2), "{}", &[link("p1", "u7")]).await?;
    open().record(&"r1".into(), &[], &[Learned::Suspended(PersonId::parse("p1"), at(3), Had::default())]).await?;
    open().finish(&run("a", "r1", 1), Some(&people(&[("Sales", 3)]))).await?;

    let other = open().load(&"b".into()).await?;
    equal!(other, Remembered { links: vec![link("p1", "u7")], ..Remembered::default() });
    equal!(open().unfinished(&"a".into()).await?, None);
    equal!(
        open().unfinished(&"b".into()).await?.ok_or("the store returned no unfinished run")?.record.run,
        RunId::new("r2")
    );
    equal!(open().history(&"b".into(), 10).await?.len(), 1);
    Ok(())
}

/// The data that a read leaves for the next one is kept per source until the next read replaces it.
pub async fn what_a_reading_left_is_replaced_by_what_the_next_leaves(make: &Stores<'_>) -> Held {
    let open = make();
    let (here, there) = (AccountKey::new("a"), AccountKey::new("b"));
    equal!(open().kept(&here, "directory").await?, None);
    let (first, second) = (Kept::new([0, 255]), Kept::new(vec![7; 1 << 20]));
    open().keep(&here, "directory", &first).await?;
    open().keep(&here, "csv", &second).await?;
    equal!(open().kept(&here, "directory").await?, Some(first));
    open().keep(&here, "directory", &second).await?;
    equal!(open().kept(&here, "directory").await?, Some(second));
    equal!(open().kept(&there, "directory").await?, None);
    Ok(())
}

/// The number of people per rule is replaced if new numbers are given, and kept otherwise.
pub async fn populations_are_replaced_only_when_given(make: &Stores<'_>) -> Held {
    let open = make();
    for (given, kept) in [
        (Some(people(&[("Sales", 3), ("Support", 25_000)])), people(&[("Sales", 3), ("Support", 25_000)])),
        (None, people(&[("Sales", 3), ("Support", 25_000)])),
        (Some(people(&[("Sales", 0)])), people(&[("Sales", 0)])),
        (Some(people(&[])), people(&[])),
    ] {
        open().finish(&run("a", "r1", 1), given.as_ref()).await?;
        equal!(open().load(&"a".into()).await?.populations, kept, "{given:?}");
    }
    Ok(())
}

/// A run that has begun is unfinished until it is finished; meanwhile the store returns its plan and its events in order.
pub async fn a_run_is_unfinished_until_it_is_finished(make: &Stores<'_>) -> Held {
    let open = make();
    let account = AccountKey::new("a");
    // A run that begins is open, whatever ending its record contains.
    let begun = RunRecord { plan: Some("sha-1".into()), ..run("a", "r1", 1) };
    open().begin(&RunRecord { ending: Ending::Done, ..begun.clone() }, "{\"steps\": []}", &[]).await?;
    let events = [
        Event::Intended { step: 1 },
        Event::Intended { step: 2 },
        Event::Completed { step: 1, outcome: Effect::Created { user: UserKey::new("u1") }.into() },
        Event::Completed { step: 2, outcome: Outcome::failed(ErrorKind::Conflict, "the address is taken") },
        Event::Completed { step: 3, outcome: Outcome::skipped("no seat is left") },
    ];
    open().record(&begun.run, &events[..2], &[]).await?;
    open().record(&begun.run, &[], &[]).await?;
    open().record(&begun.run, &events[2..], &[]).await?;

    let left = open().unfinished(&account).await?;
    let expected = Interrupted { record: begun.clone(), plan: "{\"steps\": []}".into(), events: events.to_vec() };
    equal!(left, Some(expected));
    equal!(open().history(&account, 10).await?, std::slice::from_ref(&begun));

    let finished = RunRecord {
        ended: Some(at(60)),
        ending: Ending::Partial,
        outcomes: people(&[("created", 1), ("failed", 1), ("skipped", 1)]),
        reason: Some("the address is taken".into()),
        ..begun
    };
    open().finish(&finished, None).await?;
    equal!(open().unfinished(&account).await?, None);
    equal!(open().history(&account, 10).await?, [finished]);
    Ok(())
}

/// A run that is finished without having begun appears in the history, and is never unfinished.
pub async fn a_run_that_never_opened_is_only_history(make: &Stores<'_>) -> Held {
    let open = make();
    // This includes a run whose ending is unknown.
    for (name, ending) in [("r1", Ending::Stopped), ("r2", Ending::Failed), ("r3", Ending::Open)] {
        let record = RunRecord { ending, ..run("a", name, 1) };
        open().finish(&record, None).await?;
        equal!(open().history(&"a".into(), 1).await?, [record]);
        equal!(open().unfinished(&"a".into()).await?, None);
    }
    Ok(())
}

/// Recording events of a run that is not open, and beginning a run twice, fail and change nothing.
pub async fn what_is_refused_changes_nothing(make: &Stores<'_>) -> Held {
    let open = make();
    let changes = [Learned::Linked(link("p1", "u1")), failed("p1", "f", 1)];
    let events = [Event::Intended { step: 1 }];
    let unknown = refused(open().record(&"r1".into(), &events, &changes).await)?;
    equal!((unknown.kind(), unknown.message()), (ErrorKind::Bug, "the run is not open"));
    equal!(unknown.context(), [("run", "r1".to_owned())]);

    open().begin(&run("a", "r1", 1), "first", &[]).await?;
    let twice = refused(open().begin(&run("a", "r1", 2), "second", &[link("p2", "u2")]).await)?;
    equal!((twice.kind(), twice.message()), (ErrorKind::Bug, "a run was begun twice"));
    equal!(open().unfinished(&"a".into()).await?.ok_or("the store returned no unfinished run")?.plan, "first");

    open().finish(&RunRecord { ending: Ending::Done, ..run("a", "r1", 1) }, None).await?;
    equal!(refused(open().record(&"r1".into(), &events, &changes).await)?.kind(), ErrorKind::Bug);
    equal!(refused(open().begin(&run("a", "r1", 1), "third", &[]).await)?.kind(), ErrorKind::Bug);
    equal!(open().load(&"a".into()).await?, Remembered::default());
    Ok(())
}

/// The newest of several unfinished runs is returned.
pub async fn the_newest_unfinished_run_is_found(make: &Stores<'_>) -> Held {
    let open = make();
    // The oldest run begins last. Of two runs with the same start time, the one that began later counts as newer.
    for (name, started) in [("r2", 2), ("r3", 2), ("r1", 1)] {
        open().begin(&run("a", name, started), name, &[]).await?;
        open().record(&name.into(), &[Event::Intended { step: 7 }], &[]).await?;
    }
    for name in ["r3", "r2", "r1"] {
        let left = open().unfinished(&"a".into()).await?.ok_or("the store returned no unfinished run")?;
        equal!((left.plan.as_str(), left.events.len()), (name, 1));
        open().finish(&left.record, None).await?;
    }
    equal!(open().unfinished(&"a".into()).await?, None);
    Ok(())
}

/// The history returns the newest runs first, at most as many as requested.
pub async fn history_is_newest_first_and_limited(make: &Stores<'_>) -> Held {
    let open = make();
    // Second 2 comes before second 2.5; comparing the timestamps as text would give the opposite order.
    let half = RunRecord { started: "2026-10-01T00:00:02.5Z".parse()?, ..run("a", "half", 0) };
    for record in [run("a", "two", 2), run("a", "two again", 2), run("a", "one", 1), half, run("a", "three", 3)] {
        open().finish(&record, None).await?;
    }
    let names = |runs: Vec<RunRecord>| runs.into_iter().map(|run| run.run.to_string()).collect::<Vec<_>>();
    let expected = ["three", "half", "two again", "two", "one"];
    equal!(names(open().history(&"a".into(), usize::MAX).await?), expected);
    equal!(names(open().history(&"a".into(), 2).await?), expected[..2]);
    equal!(names(open().history(&"a".into(), 0).await?), [""; 0]);
    Ok(())
}

/// Runs that started after a given time are returned, newest first.
pub async fn runs_since_a_moment_are_found(make: &Stores<'_>) -> Held {
    let open = make();
    let half = RunRecord { started: "2026-10-01T00:00:02.5Z".parse()?, ..run("a", "half", 0) };
    open().begin(&run("a", "open", 4), "{}", &[]).await?;
    for record in [run("a", "two", 2), run("a", "one", 1), half.clone(), run("b", "other", 9)] {
        open().finish(&record, None).await?;
    }
    for (moment, expected) in [
        (at(0), &["open", "half", "two", "one"][..]),
        (at(2), &["open", "half"]),
        (half.started, &["open"]),
        (at(4), &[]),
    ] {
        let runs = open().runs_since(&"a".into(), moment).await?;
        equal!(runs.iter().map(|run| run.run.as_str()).collect::<Vec<_>>(), expected, "{moment}");
    }
    Ok(())
}

/// The store keeps the last [`RUNS_KEPT`] finished runs of an account, and every open run.
pub async fn old_runs_are_forgotten_but_never_an_open_one(make: &Stores<'_>) -> Held {
    let open = make();
    let store = open();
    store.begin(&run("a", "open", 0), "plan", &[]).await?;
    store.finish(&run("b", "other", 0), None).await?;
    let seconds = i64::try_from(RUNS_KEPT)?;
    for second in 1..=seconds + 2 {
        store.finish(&run("a", &second.to_string(), second), None).await?;
    }
    drop(store);
    let runs = open().history(&"a".into(), usize::MAX).await?;
    equal!(runs.len(), RUNS_KEPT + 1);
    equal!(runs[RUNS_KEPT - 1].run, RunId::new("3"), "the two oldest runs are deleted");
    equal!(runs[RUNS_KEPT].run, RunId::new("open"));
    equal!(open().unfinished(&"a".into()).await?.ok_or("the store returned no unfinished run")?.plan, "plan");
    equal!(open().history(&"b".into(), usize::MAX).await?.len(), 1);
    Ok(())
}

/// Only one run at a time can lock an account, until it releases the lock.
pub async fn one_hold_at_a_time(make: &Stores<'_>) -> Held {
    let open = make();
    let store = open();
    let hold = store.hold(&"a".into(), &holder()).await?;
    let other = Holder { command: "gotosync resume".into(), pid: 456, since: at(9) };
    for store in [&store, &open()] {
        let error = refused(store.hold(&"a".into(), &other).await)?;
        equal!(
            error.to_string(),
            "another run holds the lock on the account (holder: gotosync apply, process 123, since 2026-10-01T00:00:00Z)"
        );
        equal!((error.kind(), error.retryable()), (ErrorKind::Held, true));
        equal!(error.help(), Some("wait until that run ends; if it hangs, stop its process"));
    }
    let _elsewhere = store.hold(&"b".into(), &other).await?;

    drop(hold);
    let _mine = open().hold(&"a".into(), &other).await?;
    let error = refused(store.hold(&"a".into(), &holder()).await)?;
    ensure(
        &format!("the error names the holder: {error}"),
        error.to_string().contains("gotosync resume, process 456"),
    )?;
    Ok(())
}

pub(crate) fn link(person: &str, user: &str) -> Link {
    let email = Email::new(&format!("{user}@Example.test"));
    Link::new(PersonId::parse(person), UserKey::new(user), email, ["Sales".into()].into())
}

/// Returns a failure of the action with this fingerprint.
pub(crate) fn failed(person: &str, action: &str, second: i64) -> Learned {
    Learned::Failed(Failure {
        person: PersonId::parse(person),
        subject: format!("{person}@example.test"),
        kind: ActionKind::Update,
        action: action.into(),
        fault: Fault::new(ErrorKind::Input, "the name is \"refused\""),
        at: at(second),
    })
}

fn had(licenses: &[&str], role: Role) -> Had {
    Had { licenses: licenses.iter().map(|&key| key.into()).collect(), role }
}

fn manager() -> Role {
    Role::Manager {
        privileges: vec![Privilege::ManageUsers, Privilege::RunReports],
        groups: vec![UserGroupPath::new("Sales/EMEA")],
        products: vec!["g2m".into()],
    }
}

pub(crate) fn run(account: &str, run: &str, started: i64) -> RunRecord {
    RunRecord {
        run: RunId::new(run),
        account: AccountKey::new(account),
        command: "gotosync apply".into(),
        started: at(started),
        ended: None,
        plan: None,
        ending: Ending::Open,
        outcomes: BTreeMap::new(),
        reason: None,
    }
}

pub(crate) fn holder() -> Holder {
    Holder { command: "gotosync apply".into(), pid: 123, since: at(0) }
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_812_800 + second).unwrap_or_default()
}

fn people(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::MemoryState;

    #[tokio::test]
    async fn detects_a_store_that_loses_its_state_when_reopened() {
        let broken = broken(&|| Box::new(|| Box::new(MemoryState::new()))).await;
        let kept = ["an_unknown_account_is_empty", "a_run_that_never_opened_is_only_history"];
        assert!(broken.len() > ALL.len() / 2, "{broken:#?}");
        assert!(!broken.iter().any(|one| one.starts_with(kept[0])), "{broken:#?}");
        assert!(broken.iter().any(|one| one.starts_with(kept[1])), "{broken:#?}");
    }
}
