//! Readings that are given up: nothing of them stays behind.

use std::time::Duration;

use gotosync_core::source::DirectorySource;
use gotosync_core::source::ldap::LdapSource;
use gotosync_tests::wire::{Aim, Ending, Fault, Spot};

use super::world::{Selected, Way};

/// Wherever a reading has come to when it is dropped, its connections end at once, and no task goes on: the runtime does, and
/// the wire sees them go.
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

/// Drops a reading as soon as the server has fallen silent at a place.
fn give_up(way: Way, selected: Selected, aim: &Aim) {
    let request = way.world(selected).request();
    let wire = way.wire([Fault::cut(Spot::Start, Ending::Silence).at(aim.clone())]);
    let mut options = way.options(&wire.url());
    options.timeouts.connect = Duration::from_mins(2);
    let source = LdapSource::new(options).expect("a source");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
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
    // The source and the runtime are still there: what was left behind would hold its connection open, and its task.
    assert_eq!(wire.quiet().open, 0, "{way:?}, {selected:?}, {aim:?}");
    let gone = || runtime.metrics().num_alive_tasks() == 0;
    let waited = (0..2_000).any(|_| {
        std::thread::sleep(Duration::from_millis(if gone() { 0 } else { 5 }));
        gone()
    });
    assert!(waited, "{way:?}, {selected:?}, {aim:?}: {} tasks", runtime.metrics().num_alive_tasks());
    drop(source);
}

/// Whoever has read all there is says goodbye, on every connection.
#[test]
fn sends_unbind_when_a_read_ends() {
    for way in [Way::Samba, Way::Slapd, Way::Plain] {
        for selected in [Selected::Everybody, Selected::Some] {
            let seen = &way.world(selected).seen;
            assert_eq!((seen.unbinds, seen.open), (seen.connections, 0), "{way:?}, {selected:?}");
        }
    }
}
