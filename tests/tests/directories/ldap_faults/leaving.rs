//! Canceled reads, which must leave no connections and no tasks.

use std::time::Duration;

use gotosync_core::source::DirectorySource;
use gotosync_core::source::ldap::LdapSource;
use gotosync_tests::wire::{Aim, Ending, Fault, Spot};

use super::world::{Selected, Way};

/// Wherever a read is dropped, its connections close at once and its tasks end. The runtime keeps running, and the
/// wire observes the disconnects.
#[test]
fn a_dropped_read_leaves_no_connection_and_no_task() {
    let places = [Aim::bind(), Aim::root_dse(), Aim::page(1), Aim::page(2), Aim::page(3)];
    give_up(Way::Plain, Selected::Everybody, &Aim::connection());
    for way in [Way::Samba, Way::Slapd, Way::Plain] {
        for selected in [Selected::Everybody, Selected::Some] {
            for aim in &places {
                give_up(way, selected, aim);
            }
        }
    }
}

/// Drops a read as soon as the server has become silent at the given place.
fn give_up(way: Way, selected: Selected, aim: &Aim) {
    let request = way.world(selected).request();
    let wire = way.wire([Fault::cut(Spot::Start, Ending::Silence).at(aim.clone())]);
    let mut options = way.options(&wire.url());
    options.timeouts.connect = Duration::from_mins(2);
    let source = LdapSource::new(options).expect("the source can be opened");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("the runtime starts");
    runtime.block_on(async {
        let silent = async {
            while wire.seen().strikes(0) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            reading = source.read(&request) => panic!("{way:?}, {aim:?}: {:?}", reading.map(|reading| reading.completeness)),
            () = silent => {}
        }
    });
    // The source and the runtime still exist, so a leftover task would still keep its connection open.
    assert_eq!(wire.quiet().open, 0, "{way:?}, {selected:?}, {aim:?}");
    let gone = || runtime.metrics().num_alive_tasks() == 0;
    let waited = (0..2_000).any(|_| {
        std::thread::sleep(Duration::from_millis(if gone() { 0 } else { 5 }));
        gone()
    });
    assert!(waited, "{way:?}, {selected:?}, {aim:?}: {} tasks", runtime.metrics().num_alive_tasks());
    drop(source);
}

/// A complete read sends an unbind on every connection.
#[test]
fn sends_unbind_when_a_read_ends() {
    for way in [Way::Samba, Way::Slapd, Way::Plain] {
        for selected in [Selected::Everybody, Selected::Some] {
            let seen = &way.world(selected).seen;
            assert_eq!((seen.unbinds, seen.open), (seen.connections, 0), "{way:?}, {selected:?}");
        }
    }
}
