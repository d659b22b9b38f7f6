//! Checks that the account ends in the same state whether a directory changes step by step or at once.

use std::sync::Arc;

use gotosync_core::Engine;
use gotosync_core::apply::Stop;
use gotosync_core::model::{Account, Email, Invitation};
use gotosync_core::source::MemorySource;
use gotosync_core::state::MemoryState;
use gotosync_core::target::MemoryTarget;
use gotosync_tests::lives::{Lives, lives};
use proptest::prelude::*;

/// Runs the engine at each of these times on one account.
async fn live(lives: &Lives, times: &[usize]) -> Account {
    let source = Arc::new(MemorySource::new(lives.directory(0)));
    let target = Arc::new(MemoryTarget::new(lives.account()));
    let engine = Engine::new(Arc::clone(&source), Arc::clone(&target), MemoryState::new(), lives.rules());
    for time in times {
        source.set(lives.directory(*time));
        let report = engine.run(&Stop::new()).await.unwrap_or_else(|unfinished| panic!("{}", unfinished.error));
        assert!(report.all_done(), "{:?}", report.lines);
        let again = engine.plan().await.expect("the directory and the account can be read").plan;
        assert!(again.is_empty(), "{:#?}", again.steps());
    }
    target.account()
}

/// Returns the users with these addresses, without fields that depend on the history.
fn users(account: &Account, addresses: &[String]) -> Vec<String> {
    let mut users = Vec::new();
    for address in addresses {
        let user = account.user_by_email(&Email::new(address));
        let user = user.map(|user| {
            let mut user = (**user).clone();
            user.key = None;
            user.invitation = Some(Invitation::default());
            // Disabled products of a license stay recorded after the license is removed, without any effect.
            let licenses = user.licenses.clone();
            user.set_settings(|settings| settings.off.retain(|license, _| licenses.contains(license)));
            serde_json::to_string_pretty(&user).expect("a user is JSON")
        });
        users.push(user.unwrap_or_else(|| format!("no user {address}")));
    }
    users
}

proptest! {
    #![proptest_config(ProptestConfig { cases: gotosync_tests::cases(300), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn syncing_step_by_step_or_at_once_gives_the_same_users(lives in lives()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts");
        runtime.block_on(async {
            let all: Vec<usize> = (0..lives.times.len()).collect();
            let slow = live(&lives, &all).await;
            let quick = live(&lives, &all[all.len() - 1..]).await;
            let survivors = lives.survivors();
            prop_assert_eq!(users(&slow, &survivors), users(&quick, &survivors));
            // Users who remain from earlier times have no access.
            for user in &slow.users {
                let left_over = quick.user_by_email(&user.email).is_none();
                prop_assert!(!left_over || user.is_bare(), "{:?}", user);
            }
            Ok(())
        })?;
    }
}
