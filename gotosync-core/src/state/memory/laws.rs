//! What every state store must do.
//!
//! Each law takes a way to open the same store again, and does so between any two steps: what a step relies on must
//! have been kept by the store, not by the value.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::{
    Ending, Failure, Had, Holder, Interrupted, Learned, Link, Remembered, RunRecord, SetAside, StateStore,
};
use super::RUNS_KEPT;
use crate::ErrorKind;
use crate::journal::Event;
use crate::model::{
    AccountKey, ActionKind, Effect, Email, Fault, Kept, Outcome, PersonId, Privilege, Role, RunId, UserGroupPath,
    UserKey,
};

/// Opens the store under test again.
pub(in crate::state) type Open<'a> = &'a dyn Fn() -> Box<dyn StateStore>;

/// Makes one test of each law; `$fresh` makes a new store each time and returns a way to open it.
macro_rules! run_them_all {
    ($fresh:expr) => {
        $crate::state::memory::laws::run_them_all! { $fresh,
            an_unknown_account_is_empty
            links_make_a_round_trip
            link_changes_change_what_they_name
            what_somebody_had_is_not_forgotten_by_a_second_suspension
            a_role_is_the_persons_until_it_is_taken
            who_is_deleted_is_forgotten
            a_user_is_one_persons_the_last
            who_fails_is_set_aside_for_longer_each_time
            who_is_set_aside_is_told_in_order_of_person
            accounts_are_apart
            populations_are_replaced_only_when_given
            what_a_reading_left_is_replaced_by_what_the_next_leaves
            a_run_is_unfinished_until_it_is_finished
            a_run_that_never_opened_is_only_history
            what_is_refused_changes_nothing
            the_newest_unfinished_run_is_told
            history_is_newest_first_and_limited
            runs_are_told_since_a_moment
            old_runs_are_forgotten_but_never_an_open_one
            one_hold_at_a_time
        }
    };
    ($fresh:expr, $($law:ident)*) => {
        $(
            #[tokio::test]
            async fn $law() {
                let open = ($fresh)();
                $crate::state::memory::laws::$law(&open).await;
            }
        )*
    };
}
pub(in crate::state) use run_them_all;

pub(in crate::state) async fn an_unknown_account_is_empty(open: Open<'_>) {
    let account = AccountKey::new("nobody's");
    assert_eq!(open().load(&account).await.unwrap(), Remembered::default());
    assert_eq!(open().unfinished(&account).await.unwrap(), None);
    assert_eq!(open().history(&account, 10).await.unwrap(), []);
}

pub(in crate::state) async fn links_make_a_round_trip(open: Open<'_>) {
    let uuid = "ffc02900-c61f-49d7-8353-d8ae8fb3682e";
    let full = Link {
        rules: ["Sales".into(), "Überall \"hier\"".into()].into(),
        suspended: Some(at(5)),
        leaver_since: Some("2026-01-02T03:04:05.678901234Z".parse().unwrap()),
        absences: 7,
        role: Some(manager()),
        had: Some(Box::new(had(&["g2m", "g2w"], manager()))),
        ..link("E100355", "18446744073709551615")
    };
    // Ids that are UUIDs come before others, though their text might not.
    let given = [full.clone(), link(uuid, "u2"), link("0", "u3")];
    open().begin(&run("a", "r1", 1), "{}", &given).await.unwrap();
    let links = open().load(&"a".into()).await.unwrap().links;
    assert_eq!(links, [link(uuid, "u2"), link("0", "u3"), full.clone()]);
    assert_eq!(links[2].email.as_str(), full.email.as_str(), "as it was written");

    // What is put again is replaced as a whole.
    let bare = link("E100355", "u9");
    open().begin(&run("a", "r2", 2), "{}", std::slice::from_ref(&bare)).await.unwrap();
    let remembered = open().load(&"a".into()).await.unwrap();
    assert_eq!(remembered.links.len(), 3);
    assert_eq!(remembered.link(&bare.person), Some(&bare));
}

pub(in crate::state) async fn link_changes_change_what_they_name(open: Open<'_>) {
    let (one, two) = (PersonId::parse("p1"), PersonId::parse("p2"));
    let leaver = Link { leaver_since: Some(at(1)), absences: 2, ..link("p1", "u1") };
    open().begin(&run("a", "r1", 1), "{}", &[leaver.clone(), link("p2", "u2")]).await.unwrap();

    let run = RunId::new("r1");
    open().record(&run, &[], &[Learned::Suspended(one.clone(), at(7), Had::default())]).await.unwrap();
    let remembered = open().load(&"a".into()).await.unwrap();
    assert_eq!(remembered.link(&one), Some(&Link { suspended: Some(at(7)), ..leaver }));
    assert_eq!(remembered.link(&two), Some(&link("p2", "u2")), "the other is left alone");

    let back = [Learned::Reactivated(one.clone()), Learned::Linked(link("p3", "u3"))];
    open().record(&run, &[], &back).await.unwrap();
    let remembered = open().load(&"a".into()).await.unwrap();
    assert_eq!(remembered.links, [link("p1", "u1"), link("p2", "u2"), link("p3", "u3")]);

    // In the order given; and what has no link has nothing to change.
    let changes = [
        Learned::Suspended(PersonId::parse("nobody"), at(8), Had::default()),
        Learned::Reactivated(PersonId::parse("nobody")),
        Learned::Suspended(two.clone(), at(8), Had::default()),
        Learned::Suspended(two.clone(), at(9), Had::default()),
    ];
    open().record(&run, &[], &changes).await.unwrap();
    let remembered = open().load(&"a".into()).await.unwrap();
    assert_eq!((remembered.links.len(), remembered.link(&two).unwrap().suspended), (3, Some(at(9))));
}

pub(in crate::state) async fn what_somebody_had_is_not_forgotten_by_a_second_suspension(open: Open<'_>) {
    open().begin(&run("a", "r1", 1), "{}", &[link("p1", "u1")]).await.unwrap();
    let suspended = |second, had| [Learned::Suspended(PersonId::parse("p1"), at(second), had)];
    for (second, had, kept) in [
        (1, had(&["g2w"], manager()), had(&["g2w"], manager())),
        (2, Had::default(), had(&["g2w"], manager())),
        (3, had(&["g2m", "g2w"], Role::Member), had(&["g2m", "g2w"], manager())),
        (4, had(&[], Role::Administrator), had(&["g2m", "g2w"], Role::Administrator)),
    ] {
        open().record(&"r1".into(), &[], &suspended(second, had)).await.unwrap();
        let link = open().load(&"a".into()).await.unwrap().links.remove(0);
        assert_eq!((link.suspended, link.had.as_deref()), (Some(at(second)), Some(&kept)));
    }
    let later = [Learned::Reactivated(PersonId::parse("p1")), suspended(9, Had::default())[0].clone()];
    open().record(&"r1".into(), &[], &later).await.unwrap();
    let links = open().load(&"a".into()).await.unwrap().links;
    assert_eq!(links, [Link { suspended: Some(at(9)), ..link("p1", "u1") }], "what was had before the return is over");
}

pub(in crate::state) async fn a_role_is_the_persons_until_it_is_taken(open: Open<'_>) {
    open().begin(&run("a", "r1", 1), "{}", &[link("p1", "u1"), link("p2", "u2")]).await.unwrap();
    let person = PersonId::parse("p1");
    for role in [Some(manager()), Some(Role::Set("Helpdesk \"1\"".into())), Some(Role::Administrator), None] {
        open().record(&"r1".into(), &[], &[Learned::Role(person.clone(), role.clone())]).await.unwrap();
        let links = open().load(&"a".into()).await.unwrap().links;
        assert_eq!(links, [Link { role, ..link("p1", "u1") }, link("p2", "u2")]);
    }
}

pub(in crate::state) async fn who_is_deleted_is_forgotten(open: Open<'_>) {
    open().begin(&run("a", "r1", 1), "{}", &[link("p1", "u1"), link("p2", "u2")]).await.unwrap();
    let one = PersonId::parse("p1");
    let learned = [failed("p1", "f1", 0), failed("p2", "f2", 0), Learned::Deleted(one.clone())];
    open().record(&"r1".into(), &[], &learned).await.unwrap();
    let remembered = open().load(&"a".into()).await.unwrap();
    assert_eq!(remembered.links, [link("p2", "u2")]);
    assert_eq!((remembered.set_aside.len(), remembered.set_aside(&one)), (1, None));

    // What comes after has nothing to change, and the user is free for somebody else.
    let after = [Learned::Role(one.clone(), Some(manager())), Learned::Linked(link("p3", "u1"))];
    open().record(&"r1".into(), &[], &after).await.unwrap();
    assert_eq!(open().load(&"a".into()).await.unwrap().links, [link("p2", "u2"), link("p3", "u1")]);
}

pub(in crate::state) async fn a_user_is_one_persons_the_last(open: Open<'_>) {
    open().begin(&run("a", "r1", 1), "{}", &[link("p1", "u1")]).await.unwrap();
    open().record(&"r1".into(), &[], &[Learned::Linked(link("p2", "u1"))]).await.unwrap();
    assert_eq!(open().load(&"a".into()).await.unwrap().links, [link("p2", "u1")]);

    // Users go round: whose user somebody was before does not matter.
    let round = [("p1", "u1"), ("p2", "u2"), ("p1", "u3"), ("p3", "u1"), ("p2", "u1"), ("p4", "u2")];
    let round = round.map(|(person, user)| Learned::Linked(link(person, user)));
    open().record(&"r1".into(), &[], &round).await.unwrap();
    let links = open().load(&"a".into()).await.unwrap().links;
    assert_eq!(links, [link("p1", "u3"), link("p2", "u1"), link("p4", "u2")]);
}

pub(in crate::state) async fn who_fails_is_set_aside_for_longer_each_time(open: Open<'_>) {
    open().begin(&run("a", "r1", 1), "{}", &[]).await.unwrap();
    let person = PersonId::parse("p1");
    for (second, action, failures, since, hours) in [(0, "f1", 1, 0, 2), (60, "f1", 2, 0, 6), (90, "f2", 1, 90, 2)] {
        open().record(&"r1".into(), &[], &[failed("p1", action, second)]).await.unwrap();
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
        assert_eq!(open().load(&"a".into()).await.unwrap().set_aside, [expected]);
    }
    assert_eq!(open().load(&"b".into()).await.unwrap(), Remembered::default(), "accounts are apart");

    // In the order given: what is settled and fails again is at the foot of the ladder.
    let order = [failed("p1", "f2", 95), Learned::Settled(person.clone()), failed("p1", "f2", 99)];
    open().record(&"r1".into(), &[], &order).await.unwrap();
    assert_eq!(open().load(&"a".into()).await.unwrap().set_aside(&person).unwrap().failures, 1);
    let settled = [Learned::Settled(person), Learned::Settled(PersonId::parse("nobody"))];
    open().record(&"r1".into(), &[], &settled).await.unwrap();
    assert_eq!(open().load(&"a".into()).await.unwrap().set_aside, []);
}

pub(in crate::state) async fn who_is_set_aside_is_told_in_order_of_person(open: Open<'_>) {
    open().begin(&run("a", "r1", 1), "{}", &[]).await.unwrap();
    let uuid = "ffc02900-c61f-49d7-8353-d8ae8fb3682e";
    let failures = ["E100355", uuid, "0"].map(|person| failed(person, "f", 5));
    open().record(&"r1".into(), &[], &failures).await.unwrap();
    let remembered = open().load(&"a".into()).await.unwrap();
    let told: Vec<_> = remembered.set_aside.iter().map(|aside| aside.person.to_string()).collect();
    assert_eq!(told, [uuid, "0", "E100355"]);
    assert!(remembered.set_aside.iter().all(|aside| remembered.set_aside(&aside.person) == Some(aside)));
}

pub(in crate::state) async fn accounts_are_apart(open: Open<'_>) {
    open().begin(&run("a", "r1", 1), "{}", &[link("p1", "u1")]).await.unwrap();
    open().begin(&run("b", "r2", 2), "{}", &[link("p1", "u7")]).await.unwrap();
    open()
        .record(&"r1".into(), &[], &[Learned::Suspended(PersonId::parse("p1"), at(3), Had::default())])
        .await
        .unwrap();
    open().finish(&run("a", "r1", 1), Some(&people(&[("Sales", 3)]))).await.unwrap();

    let other = open().load(&"b".into()).await.unwrap();
    assert_eq!(other, Remembered { links: vec![link("p1", "u7")], ..Remembered::default() });
    assert_eq!(open().unfinished(&"a".into()).await.unwrap(), None);
    assert_eq!(open().unfinished(&"b".into()).await.unwrap().unwrap().record.run, RunId::new("r2"));
    assert_eq!(open().history(&"b".into(), 10).await.unwrap().len(), 1);
}

pub(in crate::state) async fn what_a_reading_left_is_replaced_by_what_the_next_leaves(open: Open<'_>) {
    let (here, there) = (AccountKey::new("a"), AccountKey::new("b"));
    assert_eq!(open().kept(&here, "directory").await.unwrap(), None);
    let (first, second) = (Kept::new([0, 255]), Kept::new(vec![7; 1 << 20]));
    open().keep(&here, "directory", &first).await.unwrap();
    open().keep(&here, "csv", &second).await.unwrap();
    assert_eq!(open().kept(&here, "directory").await.unwrap(), Some(first));
    open().keep(&here, "directory", &second).await.unwrap();
    assert_eq!(open().kept(&here, "directory").await.unwrap(), Some(second));
    assert_eq!(open().kept(&there, "directory").await.unwrap(), None);
}

pub(in crate::state) async fn populations_are_replaced_only_when_given(open: Open<'_>) {
    for (given, kept) in [
        (Some(people(&[("Sales", 3), ("Support", 25_000)])), people(&[("Sales", 3), ("Support", 25_000)])),
        (None, people(&[("Sales", 3), ("Support", 25_000)])),
        (Some(people(&[("Sales", 0)])), people(&[("Sales", 0)])),
        (Some(people(&[])), people(&[])),
    ] {
        open().finish(&run("a", "r1", 1), given.as_ref()).await.unwrap();
        assert_eq!(open().load(&"a".into()).await.unwrap().populations, kept, "{given:?}");
    }
}

pub(in crate::state) async fn a_run_is_unfinished_until_it_is_finished(open: Open<'_>) {
    let account = AccountKey::new("a");
    // Whatever ending the record claims, a run that begins is open.
    let begun = RunRecord { plan: Some("sha-1".into()), ..run("a", "r1", 1) };
    open().begin(&RunRecord { ending: Ending::Done, ..begun.clone() }, "{\"steps\": []}", &[]).await.unwrap();
    let events = [
        Event::Intended { step: 1 },
        Event::Intended { step: 2 },
        Event::Settled { step: 1, outcome: Effect::Created { user: UserKey::new("u1") }.into() },
        Event::Settled { step: 2, outcome: Outcome::failed(ErrorKind::Conflict, "the address is taken") },
        Event::Settled { step: 3, outcome: Outcome::skipped("no seat is left") },
    ];
    open().record(&begun.run, &events[..2], &[]).await.unwrap();
    open().record(&begun.run, &[], &[]).await.unwrap();
    open().record(&begun.run, &events[2..], &[]).await.unwrap();

    let left = open().unfinished(&account).await.unwrap();
    let expected = Interrupted { record: begun.clone(), plan: "{\"steps\": []}".into(), events: events.to_vec() };
    assert_eq!(left, Some(expected));
    assert_eq!(open().history(&account, 10).await.unwrap(), std::slice::from_ref(&begun));

    let finished = RunRecord {
        ended: Some(at(60)),
        ending: Ending::Partial,
        outcomes: people(&[("created", 1), ("failed", 1), ("skipped", 1)]),
        reason: Some("the address is taken".into()),
        ..begun
    };
    open().finish(&finished, None).await.unwrap();
    assert_eq!(open().unfinished(&account).await.unwrap(), None);
    assert_eq!(open().history(&account, 10).await.unwrap(), [finished]);
}

pub(in crate::state) async fn a_run_that_never_opened_is_only_history(open: Open<'_>) {
    // Even one of which nobody can say how it ended.
    for (name, ending) in [("r1", Ending::Stopped), ("r2", Ending::Failed), ("r3", Ending::Open)] {
        let record = RunRecord { ending, ..run("a", name, 1) };
        open().finish(&record, None).await.unwrap();
        assert_eq!(open().history(&"a".into(), 1).await.unwrap(), [record]);
        assert_eq!(open().unfinished(&"a".into()).await.unwrap(), None);
    }
}

pub(in crate::state) async fn what_is_refused_changes_nothing(open: Open<'_>) {
    let changes = [Learned::Linked(link("p1", "u1")), failed("p1", "f", 1)];
    let events = [Event::Intended { step: 1 }];
    let unknown = open().record(&"r1".into(), &events, &changes).await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.message()), (ErrorKind::Bug, "the run is not open"));
    assert_eq!(unknown.context(), [("run", "r1".to_owned())]);

    open().begin(&run("a", "r1", 1), "first", &[]).await.unwrap();
    let twice = open().begin(&run("a", "r1", 2), "second", &[link("p2", "u2")]).await.unwrap_err();
    assert_eq!((twice.kind(), twice.message()), (ErrorKind::Bug, "a run was begun twice"));
    assert_eq!(open().unfinished(&"a".into()).await.unwrap().unwrap().plan, "first");

    open().finish(&RunRecord { ending: Ending::Done, ..run("a", "r1", 1) }, None).await.unwrap();
    assert_eq!(open().record(&"r1".into(), &events, &changes).await.unwrap_err().kind(), ErrorKind::Bug);
    assert_eq!(open().begin(&run("a", "r1", 1), "third", &[]).await.unwrap_err().kind(), ErrorKind::Bug);
    assert_eq!(open().load(&"a".into()).await.unwrap(), Remembered::default());
}

pub(in crate::state) async fn the_newest_unfinished_run_is_told(open: Open<'_>) {
    // The older one is begun last; and of two that started at once the later begun is the newer.
    for (name, started) in [("r2", 2), ("r3", 2), ("r1", 1)] {
        open().begin(&run("a", name, started), name, &[]).await.unwrap();
        open().record(&name.into(), &[Event::Intended { step: 7 }], &[]).await.unwrap();
    }
    for name in ["r3", "r2", "r1"] {
        let left = open().unfinished(&"a".into()).await.unwrap().unwrap();
        assert_eq!((left.plan.as_str(), left.events.len()), (name, 1));
        open().finish(&left.record, None).await.unwrap();
    }
    assert_eq!(open().unfinished(&"a".into()).await.unwrap(), None);
}

pub(in crate::state) async fn history_is_newest_first_and_limited(open: Open<'_>) {
    // A whole second is before its own half, which plain text would order the other way.
    let half = RunRecord { started: "2026-10-01T00:00:02.5Z".parse().unwrap(), ..run("a", "half", 0) };
    for record in [run("a", "two", 2), run("a", "two again", 2), run("a", "one", 1), half, run("a", "three", 3)] {
        open().finish(&record, None).await.unwrap();
    }
    let names = |runs: Vec<RunRecord>| runs.into_iter().map(|run| run.run.to_string()).collect::<Vec<_>>();
    let expected = ["three", "half", "two again", "two", "one"];
    assert_eq!(names(open().history(&"a".into(), usize::MAX).await.unwrap()), expected);
    assert_eq!(names(open().history(&"a".into(), 2).await.unwrap()), expected[..2]);
    assert_eq!(names(open().history(&"a".into(), 0).await.unwrap()), [""; 0]);
}

pub(in crate::state) async fn runs_are_told_since_a_moment(open: Open<'_>) {
    let half = RunRecord { started: "2026-10-01T00:00:02.5Z".parse().unwrap(), ..run("a", "half", 0) };
    open().begin(&run("a", "open", 4), "{}", &[]).await.unwrap();
    for record in [run("a", "two", 2), run("a", "one", 1), half.clone(), run("b", "other", 9)] {
        open().finish(&record, None).await.unwrap();
    }
    for (moment, expected) in [
        (at(0), &["open", "half", "two", "one"][..]),
        (at(2), &["open", "half"]),
        (half.started, &["open"]),
        (at(4), &[]),
    ] {
        let runs = open().runs_since(&"a".into(), moment).await.unwrap();
        assert_eq!(runs.iter().map(|run| run.run.as_str()).collect::<Vec<_>>(), expected, "{moment}");
    }
}

pub(in crate::state) async fn old_runs_are_forgotten_but_never_an_open_one(open: Open<'_>) {
    let store = open();
    store.begin(&run("a", "open", 0), "plan", &[]).await.unwrap();
    store.finish(&run("b", "other", 0), None).await.unwrap();
    let seconds = i64::try_from(RUNS_KEPT).unwrap();
    for second in 1..=seconds + 2 {
        store.finish(&run("a", &second.to_string(), second), None).await.unwrap();
    }
    drop(store);
    let runs = open().history(&"a".into(), usize::MAX).await.unwrap();
    assert_eq!(runs.len(), RUNS_KEPT + 1);
    assert_eq!(runs[RUNS_KEPT - 1].run, RunId::new("3"), "the oldest two are forgotten");
    assert_eq!(runs[RUNS_KEPT].run, RunId::new("open"));
    assert_eq!(open().unfinished(&"a".into()).await.unwrap().unwrap().plan, "plan");
    assert_eq!(open().history(&"b".into(), usize::MAX).await.unwrap().len(), 1);
}

pub(in crate::state) async fn one_hold_at_a_time(open: Open<'_>) {
    let store = open();
    let hold = store.hold(&"a".into(), &holder()).await.unwrap();
    let other = Holder { command: "gotosync resume".into(), pid: 456, since: at(9) };
    for store in [&store, &open()] {
        let error = store.hold(&"a".into(), &other).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "another run has the account (holder: gotosync apply, process 123, since 2026-10-01T00:00:00Z)"
        );
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Held, true));
        assert_eq!(error.help(), Some("wait for it to end; if it hangs, stop that process"));
    }
    let _elsewhere = store.hold(&"b".into(), &other).await.unwrap();

    drop(hold);
    let _mine = open().hold(&"a".into(), &other).await.unwrap();
    let error = store.hold(&"a".into(), &holder()).await.unwrap_err();
    assert!(error.to_string().contains("gotosync resume, process 456"), "{error}");
}

pub(in crate::state) fn link(person: &str, user: &str) -> Link {
    let email = Email::new(&format!("{user}@Example.test"));
    Link::new(PersonId::parse(person), UserKey::new(user), email, ["Sales".into()].into())
}

/// A failure of the action with this fingerprint.
pub(in crate::state) fn failed(person: &str, action: &str, second: i64) -> Learned {
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

pub(in crate::state) fn run(account: &str, run: &str, started: i64) -> RunRecord {
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

pub(in crate::state) fn holder() -> Holder {
    Holder { command: "gotosync apply".into(), pid: 123, since: at(0) }
}

pub(in crate::state) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_812_800 + second).unwrap()
}

fn people(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}
