//! Property tests of planning and applying over small random worlds.

use std::sync::Arc;

use gotosync_core::apply::Stop;
use gotosync_core::diff::diff;
use gotosync_core::model::{Account, NoteKind};
use gotosync_core::source::MemorySource;
use gotosync_core::state::{CrashPoint, Ending, Holder, Learned, Link, MemoryState, Remembered, RunRecord, StateStore};
use gotosync_core::target::{Capabilities, MemoryTarget, ProvisioningTarget};
use gotosync_core::{Engine, ErrorKind};
use gotosync_tests::worlds::{World, worlds};
use jiff::Timestamp;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().expect("a timestamp")
}

/// The source, target, and state of an engine, which outlive it.
struct Parts {
    source: Arc<MemorySource>,
    target: Arc<MemoryTarget>,
    state: MemoryState,
    world: World,
}

impl Parts {
    async fn new(world: &World) -> Self {
        let state = MemoryState::new();
        remember(&state, world).await;
        let source = Arc::new(MemorySource::new(world.directory(0)));
        // Small concurrent batches give a crash many places at which it can interrupt a run.
        let capabilities = Capabilities { batch: 2, concurrency: 3, ..MemoryTarget::capabilities() };
        let target = Arc::new(MemoryTarget::new(world.account()).with_capabilities(capabilities));
        Self { source, target, state, world: world.clone() }
    }

    fn engine(&self) -> Engine {
        Engine::new(Arc::clone(&self.source), Arc::clone(&self.target), self.state.clone(), self.world.rules())
            .clock(now)
    }
}

/// Stores the links of a world.
async fn remember(state: &MemoryState, world: &World) {
    let record = RunRecord {
        run: "seed".into(),
        account: "1".into(),
        command: "seed".into(),
        started: now(),
        ended: None,
        plan: None,
        ending: Ending::Open,
        outcomes: std::collections::BTreeMap::default(),
        reason: None,
    };
    state.begin(&record, "{}", &world.links()).await.expect("a new state accepts links");
    state.record(&record.run, &[], &[] as &[Learned]).await.expect("an open run accepts events");
    state.finish(&RunRecord { ending: Ending::Done, ended: Some(now()), ..record }, None).await.expect("the run ends");
    let holder = Holder { command: "seed".into(), pid: 0, since: now() };
    drop(state.hold(&"1".into(), &holder).await.expect("the account is not locked"));
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts").block_on(future)
}

/// Returns the content of an account, independent of the order in which new users got their keys.
fn content(account: &Account) -> Vec<String> {
    let mut users: Vec<String> = account
        .users
        .iter()
        .map(|user| {
            let mut user = (**user).clone();
            user.key = None;
            serde_json::to_string(&user).expect("a user is JSON")
        })
        .collect();
    users.sort();
    users.extend(account.groups.iter().map(|group| group.path.to_string()));
    users
}

/// Returns the stored links without user keys.
fn who(remembered: &Remembered) -> Vec<Link> {
    let without_key = |link: &Link| Link { user: "".into(), ..link.clone() };
    remembered.links.iter().map(without_key).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: gotosync_tests::cases(4000), failure_persistence: None, ..ProptestConfig::default() })]

    /// First law: after applying a plan, the account equals the desired account, and planning again gives an empty
    /// plan.
    #[test]
    fn applying_reaches_the_desired_state_and_then_does_nothing(world in worlds()) {
        block_on(async {
            let parts = Parts::new(&world).await;
            let engine = parts.engine();
            let planned = engine.plan().await.unwrap();
            prop_assert!(diff(&planned.desired, &planned.desired).is_empty());
            let verdict = engine.check(&planned.plan, None);
            let before = parts.target.account();
            let result = engine.apply(&planned.plan, None, &Stop::new()).await;
            if !verdict.passes() {
                prop_assert_eq!(result.unwrap_err().kind(), ErrorKind::Stopped);
                prop_assert_eq!(content(&parts.target.account()), content(&before), "a stopped run must not write anything");
                return Ok(());
            }
            let report = result.unwrap();
            prop_assert!(report.all_done(), "{:?}", report.lines);
            let waits = planned.plan.notes().iter().any(|note| note.kind == NoteKind::Waiting);
            if !waits {
                let read = parts.target.read().await.unwrap();
                let rest = diff(&read, &planned.desired);
                prop_assert!(rest.is_empty(), "{rest:#?}");
            }
            let again = engine.plan().await.unwrap().plan;
            prop_assert!(again.is_empty(), "{}", gotosync_core::render::plan(&again, gotosync_core::render::Length::Full));
            Ok(())
        })?;
    }

    /// Equal inputs give identical plans, in whatever order the directory returns its entries.
    #[test]
    fn a_plan_does_not_depend_on_order(world in worlds(), order in 0..8usize) {
        block_on(async {
            let parts = Parts::new(&world).await;
            let first = parts.engine().plan().await.unwrap().plan.to_json();
            parts.source.set(world.directory(order));
            let second = parts.engine().plan().await.unwrap().plan.to_json();
            prop_assert_eq!(&first, &second);
            let back = gotosync_core::Plan::from_json(&first).unwrap();
            prop_assert_eq!(back.to_json(), first);
            Ok(())
        })?;
    }

    /// After an incomplete read of the directory or the account, nothing is removed or overwritten.
    #[test]
    fn an_incomplete_read_removes_nothing(world in worlds(), side in any::<bool>()) {
        block_on(async {
            let parts = Parts::new(&world).await;
            let engine = if side {
                let source = MemorySource::new(world.directory(0)).incomplete("page 2", "the connection was cut");
                Engine::new(source, Arc::clone(&parts.target), parts.state.clone(), world.rules()).clock(now)
            } else {
                parts.target.incomplete("page 2", "the connection was cut");
                parts.engine()
            };
            let plan = engine.plan().await.unwrap().plan;
            prop_assert!(!plan.steps().iter().any(|step| step.action.takes_away()));
            prop_assert!(!engine.check(&plan, None).passes());
            let before = parts.target.account();
            let approved = engine.apply(&plan, Some(plan.id()), &Stop::new()).await;
            if approved.is_ok() {
                let after = parts.target.account();
                for user in &before.users {
                    let kept = after.user(user.key.as_ref().unwrap()).unwrap();
                    prop_assert!(user.licenses.iter().all(|license| kept.licenses.contains(license)));
                    prop_assert_eq!(&user.role, &kept.role);
                    prop_assert_eq!(&user.email, &kept.email);
                }
            }
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: gotosync_tests::cases(60), failure_persistence: None, ..ProptestConfig::default() })]

    /// After a crash at any journal event, before or after it is stored, a resumed run reaches the same result as a
    /// run without a crash.
    #[test]
    fn a_resumed_run_reaches_the_same_result_after_any_crash(world in worlds()) {
        block_on(async {
            let parts = Parts::new(&world).await;
            let plan = parts.engine().plan().await.unwrap().plan;
            if parts.engine().apply(&plan, None, &Stop::new()).await.is_err() {
                return Ok(());
            }
            let wanted = content(&parts.target.account());
            for nth in 1.. {
                let mut crashed = false;
                for point in [CrashPoint::Before, CrashPoint::After] {
                    let parts = Parts::new(&world).await;
                    parts.state.crash_at(nth, point);
                    let died = parts.engine().apply(&plan, None, &Stop::new()).await.is_err();
                    parts.state.heal();
                    crashed |= died;
                    let resumed = parts.engine().resume(&Stop::new()).await.unwrap();
                    // Without an open run, either nothing or everything was written. Another run shows which.
                    if resumed.is_none() {
                        parts.engine().apply(&plan, None, &Stop::new()).await.unwrap();
                    }
                    prop_assert_eq!(content(&parts.target.account()), wanted.clone(), "crash {} {:?}", nth, point);
                    let again = parts.engine().plan().await.unwrap().plan;
                    prop_assert!(again.is_empty(), "crash {nth} {point:?}: {:?}", again.steps());
                }
                if !crashed {
                    break;
                }
            }
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: gotosync_tests::cases(12), failure_persistence: None, ..ProptestConfig::default() })]

    /// The same with a second crash at any journal event of the resumed run.
    #[test]
    fn a_twice_resumed_run_reaches_the_same_result_after_any_crash(world in worlds()) {
        block_on(async {
            let parts = Parts::new(&world).await;
            let plan = parts.engine().plan().await.unwrap().plan;
            if plan.is_empty() || parts.engine().apply(&plan, None, &Stop::new()).await.is_err() {
                return Ok(());
            }
            let wanted = content(&parts.target.account());
            let remembered = parts.state.load(&"1".into()).await.unwrap();
            for (nth, first) in (1..).flat_map(|nth| [(nth, CrashPoint::Before), (nth, CrashPoint::After)]) {
                for (mth, second) in (1..).flat_map(|mth| [(mth, CrashPoint::Before), (mth, CrashPoint::After)]) {
                    let parts = Parts::new(&world).await;
                    parts.state.crash_at(nth, first);
                    if parts.engine().apply(&plan, None, &Stop::new()).await.is_ok() {
                        return Ok(());
                    }
                    parts.state.heal();
                    parts.state.crash_at(mth, second);
                    let died = parts.engine().resume(&Stop::new()).await.is_err();
                    parts.state.heal();
                    if parts.engine().resume(&Stop::new()).await.unwrap().is_none() && !died {
                        break;
                    }
                    let crashes = format!("crash {nth} {first:?}, then {mth} {second:?}");
                    prop_assert_eq!(content(&parts.target.account()), wanted.clone(), "{}", crashes);
                    let now = parts.state.load(&"1".into()).await.unwrap();
                    prop_assert_eq!(who(&now), who(&remembered), "{}", crashes);
                    let again = parts.engine().plan().await.unwrap().plan;
                    prop_assert!(again.is_empty(), "{crashes}: {:?}", again.steps());
                }
            }
            Ok(())
        })?;
    }
}
