//! A forest that the command finds by one of its domains.

use gotosync_tests::servers::{Forest, Samba};

use super::place::{Place, simple};

/// Configures a forest as a source.
#[test]
fn the_command_reads_a_forest() {
    let forest = Forest::start().expect("the forest starts");
    let source = |user: &str| {
        format!(
            "domain = '{}'\nforest = true\nname_servers = '{}'\nca = '{}'\n{}",
            forest.first.domain(),
            forest.names.address(),
            forest.ca_file().display(),
            simple(user)
        )
    };
    let place = Place::new(&source(&forest.first.reader().principal));
    place.secret("secret", &forest.first.reader().password);
    assert_eq!(place.people(), 40 + 12 + 2 * Samba::OWN_PEOPLE.len());
    let browsed = place.run(&["browse", &forest.first.base()]);
    assert!(browsed.code == Some(0) && browsed.out.contains(&forest.below.base()), "{browsed:?}");
    let told = place.run(&["about"]);
    assert!(told.out.contains("forest of ad.example.test"), "{told:?}");

    let place = Place::new(&source(&forest.first.reader().dn));
    place.secret("secret", &forest.first.reader().password);
    place.fails("plan", &["`user` is a distinguished name", "user@domain"]);
    let place = Place::new(&format!("ldap = '{}'\nforest = true\n{}", forest.first.url(), simple("a@b")));
    place.fails("plan", &["`forest` applies only to servers found by DNS"]);
}
