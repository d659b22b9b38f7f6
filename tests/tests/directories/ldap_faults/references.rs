//! Referrals and continuation references: refused, ignored, or followed, but never lost.

use std::time::Duration;

use gotosync_core::Secret;
use gotosync_core::model::{Depth, Dn, GroupRef, Membership, ReadRequest, Reading, Scope};
use gotosync_core::source::ldap::{Changes, LdapOptions, Referrals, SignIn};
use gotosync_tests::wire::{Aim, Ending, Entry, Fault, Front, Script, Scripted, Spot, Wire};

use super::domain::{PORT, domain, everyone, group, lines, own_address, person, plain, read, read_whole, unit};

/// Returns the parent domain: two people, and a group with people of both domains.
fn parent() -> Vec<Entry> {
    let members = [format!("CN=P1,OU=A,{BASE}"), format!("CN=P11,OU=C,{CHILD}"), format!("CN=P12,OU=C,{CHILD}")];
    let own = |number| {
        let one = person(number, &format!("OU=A,{BASE}"));
        if number == 1 { one.with("memberOf", [format!("CN=Both,{BASE}")]) } else { one }
    };
    vec![unit(&format!("OU=A,{BASE}")), own(1), own(2), group(100, "Both", BASE, members)]
}

/// Returns the child domain.
fn child() -> Vec<Entry> {
    let own = |number| {
        let one = person(number, &format!("OU=C,{CHILD}"));
        if number == 13 { one } else { one.with("memberOf", [format!("CN=Both,{BASE}")]) }
    };
    vec![unit(&format!("OU=C,{CHILD}")), own(11), own(12), own(13)]
}

/// Starts the child and a parent that refers to it.
fn two() -> (Scripted, Scripted) {
    let below = Scripted::start(domain(CHILD, child())).expect("the server starts");
    (above(&[format!("{}/{CHILD}", below.url())]), below)
}

/// Starts a parent that refers to the given URLs for the child.
fn above(urls: &[String]) -> Scripted {
    let script = Script { elsewhere: vec![(CHILD.to_owned(), urls.to_vec())], ..domain(BASE, parent()) };
    Scripted::start(script).expect("the server starts")
}

fn following(url: &str, hosts: &[&str]) -> LdapOptions {
    LdapOptions { referrals: Referrals::Follow(hosts.iter().map(ToString::to_string).collect()), ..plain(url) }
}

/// Returns the entries of both domains as one server would return them.
fn as_one(request: &ReadRequest) -> String {
    let one = Scripted::start(domain(BASE, parent().into_iter().chain(domain(CHILD, child()).entries)))
        .expect("the server starts");
    lines(&read_whole(plain(&one.url()), request).directory)
}

fn told(reading: &Reading) -> String {
    reading.completeness.to_string()
}

#[test]
fn a_referral_makes_a_read_incomplete_unless_it_may_be_ignored() {
    let (above, below) = two();
    let refused = read(plain(&above.url()), &everyone()).expect("the read succeeds");
    let url = format!("{}/{CHILD}", below.url());
    assert!(
        told(&refused)
            .contains(&format!("the rest of the result is at {url}, and this source does not follow referrals"))
    );
    assert_eq!(refused.directory.people().len(), 2);
    let ignored = read_whole(LdapOptions { referrals: Referrals::Ignore, ..plain(&above.url()) }, &everyone());
    assert_eq!(ignored.directory.people().len(), 2);
    assert!(ignored.remarks.iter().any(|remark| remark.contains(&url)), "{:?}", ignored.remarks);
    // A subtree that another source reads is not missing, unless a rule asks this source for a part of it.
    let elsewhere = LdapOptions { elsewhere: vec![Dn::parse(CHILD).expect("the DN is valid")], ..plain(&above.url()) };
    let beside = read_whole(elsewhere.clone(), &everyone());
    assert_eq!((beside.directory.people().len(), beside.remarks.len()), (2, ignored.remarks.len() - 1));
    let unit = Scope::Unit { dn: Dn::parse(&format!("OU=C,{CHILD}")).expect("the DN is valid"), depth: Depth::Subtree };
    let asked = read(elsewhere, &ReadRequest { scopes: vec![unit], ..everyone() }).expect("the read succeeds");
    assert!(!asked.completeness.is_complete());
    let other =
        LdapOptions { elsewhere: vec![Dn::parse("DC=other,DC=test").expect("the DN is valid")], ..plain(&above.url()) };
    assert!(!read(other, &everyone()).expect("the read succeeds").completeness.is_complete());
}

#[test]
fn follows_only_listed_referrals() {
    let below = Scripted::start(domain(CHILD, child())).expect("the server starts");
    let wire = Wire::start(below.upstream(), []).expect("the wire starts");
    let above = above(&[format!("{}/{CHILD}", wire.url())]);
    let outside = read(following(&above.url(), &["dc1.ad.test", "*.ad.test"]), &everyone()).expect("the read succeeds");
    assert!(told(&outside).contains("which is not in the list of hosts to follow"), "{}", told(&outside));
    assert_eq!(wire.seen().connections, 0, "an unlisted host must not be contacted");
    let followed = read_whole(following(&above.url(), &["127.0.0.1"]), &everyone());
    assert_eq!(lines(&followed.directory), as_one(&everyone()));
    assert_eq!(wire.quiet().connections, 1);
}

/// Groups and units are searched first, and then people. The second search refers to the same server as the first and
/// finds other entries there. Below a unit of the other server, the response is only a referral.
#[test]
fn follows_referrals_of_every_search() {
    let (above, _below) = two();
    let group = Scope::Group { group: GroupRef::parse("Both"), membership: Membership::Nested };
    let unit = |dn: String| Scope::Unit { dn: Dn::parse(&dn).expect("the DN is valid"), depth: Depth::Subtree };
    for (scopes, people) in [
        (vec![group.clone()], 3),
        (vec![unit(format!("OU=C,{CHILD}"))], 3),
        (vec![unit(format!("OU=A,{BASE}")), unit(format!("OU=C,{CHILD}")), group], 5),
    ] {
        let request = ReadRequest { scopes, ..everyone() };
        let followed = read_whole(following(&above.url(), &["127.0.0.1"]), &request);
        assert_eq!(followed.directory.people().len(), people, "{:?}", request.scopes);
        assert_eq!(lines(&followed.directory), as_one(&request));
        for referrals in [Referrals::Refuse, Referrals::Ignore, Referrals::Follow(vec!["elsewhere.test".to_owned()])] {
            let left = read(LdapOptions { referrals, ..plain(&above.url()) }, &request).expect("the read succeeds");
            // References below a base may be ignored, but not a unit on the other server that a rule names.
            let below = request
                .scopes
                .iter()
                .any(|scope| matches!(scope, Scope::Unit { dn, .. } if dn.as_str().contains(CHILD)));
            assert!(!below || !left.completeness.is_complete(), "{:?}", request.scopes);
        }
    }
}

#[test]
fn reports_a_failing_referred_server() {
    let nobody = own_address().to_string();
    let down = format!("ldap://{nobody}:{PORT}/{CHILD}");
    let first = above(std::slice::from_ref(&down));
    let reading = read(following(&first.url(), &[&nobody]), &everyone()).expect("the read succeeds");
    assert!(told(&reading).contains(&format!("{down}: ")) && told(&reading).contains("refused"), "{}", told(&reading));

    // The servers of one reference hold the same entries, so another one can be used instead.
    let below = Scripted::start(domain(CHILD, child())).expect("the server starts");
    let second = above(&[down, format!("{}/{CHILD}", below.url())]);
    let either = read_whole(following(&second.url(), &[&nobody, "127.0.0.1"]), &everyone());
    assert_eq!(lines(&either.directory), as_one(&everyone()));

    let locked = Scripted::start(domain(CHILD, child()).account("sync", "another")).expect("the server starts");
    let third = above(&[format!("{}/{CHILD}", locked.url())]);
    let mut options = following(&third.url(), &["127.0.0.1"]);
    options.sign_in = SignIn::Simple { name: "sync".to_owned(), password: Secret::new("mine") };
    let reading = read(options, &everyone()).expect("the read succeeds");
    assert!(told(&reading).contains("the server refused the sign-in: 49 (invalidCredentials)"), "{}", told(&reading));

    for fault in [Fault::code(51), Fault::cut(Spot::AfterEntries(1), Ending::Rst)] {
        let wire = Wire::start(below.upstream(), [fault.at(Aim::page(1))]).expect("the wire starts");
        let fourth = above(&[format!("{}/{CHILD}", wire.url())]);
        let reading = read(following(&fourth.url(), &["127.0.0.1"]), &everyone()).expect("the read succeeds");
        assert!(!reading.completeness.is_complete() && wire.quiet().strikes(0) == 1, "{}", told(&reading));
    }
}

/// Starts a parent and a child that refer to each other: the parent for the child, and the child for a part of it.
fn each_other(part: &str, of_parent: &str) -> (Scripted, Scripted, LdapOptions) {
    let address = own_address();
    let back = vec![format!("ldap://{address}:{PORT}/{of_parent}")];
    let below = Script { elsewhere: vec![(part.to_owned(), back)], ..domain(CHILD, child()) };
    let below = Scripted::start(below).expect("the server starts");
    let there = vec![format!("{}/{CHILD}", below.url())];
    let above = Script { elsewhere: vec![(CHILD.to_owned(), there)], ..domain(BASE, parent()) };
    let above = Scripted::start_at(&Front::plain().at(address).on(PORT), above).expect("the address is free");
    let options = following(&above.url(), &["127.0.0.1", &address.to_string()]);
    (above, below, options)
}

/// The child refers every search back to the parent, which refers it to the child again.
#[test]
fn reports_endless_referrals() {
    let (_above, _below, options) = each_other(CHILD, CHILD);
    let reading = read(options, &everyone()).expect("the read succeeds");
    assert!(told(&reading).contains("too many referrals: after 8"), "{}", told(&reading));
}

/// The child refers to the parent for a part of its tree. Entries that are read twice because of that count once.
#[test]
fn reads_servers_that_refer_to_each_other_once() {
    let (_above, _below, options) = each_other(&format!("DC=grandchild,{CHILD}"), BASE);
    assert_eq!(lines(&read_whole(options, &everyone()).directory), as_one(&everyone()));
}

/// Further ranges of values are requested from the server that sent the first range, even while other searches run.
#[test]
fn requests_ranges_from_the_referred_server() {
    let members: Vec<String> = (11..=13).map(|number| format!("CN=P{number},OU=C,{CHILD}")).collect();
    let with_group = || child().into_iter().chain([group(200, "Child", CHILD, &members)]);
    let one = Scripted::start(domain(BASE, parent().into_iter().chain(domain(CHILD, with_group()).entries)))
        .expect("the server starts");
    let below = Scripted::start(Script { range: Some(2), ..domain(CHILD, with_group()) }).expect("the server starts");
    let above = above(&[format!("{}/{CHILD}", below.url())]);
    let followed = read_whole(following(&above.url(), &["127.0.0.1"]), &everyone());
    assert_eq!(lines(&followed.directory), lines(&read_whole(plain(&one.url()), &everyone()).directory));
}

/// The child sends people slowly and with addresses in ranges, while another search of the parent ends.
#[test]
fn requests_ranges_from_their_server_during_other_searches() {
    let many = |number| {
        let addresses = (1..=5).map(move |address| format!("smtp:p{number}-{address}@x.test"));
        person(number, &format!("OU=C,{CHILD}")).with("proxyAddresses", addresses)
    };
    let people = || [unit(&format!("OU=C,{CHILD}"))].into_iter().chain((11..=20).map(many));
    let below = Scripted::start(Script { range: Some(2), ..domain(CHILD, people()) }).expect("the server starts");
    let slow = || [Fault::Slow { each: Duration::from_millis(10) }.at(Aim::every_page().of("objectCategory=person"))];
    let wire = Wire::start(below.upstream(), slow()).expect("the wire starts");
    let there = vec![format!("{}/{CHILD}", wire.url())];
    let own = parent().into_iter().chain((21..=28).map(|number| person(number, &format!("OU=A,{BASE}"))));
    let above = Scripted::start(Script { elsewhere: vec![(CHILD.to_owned(), there)], ..domain(BASE, own) });
    let above = Wire::start(above.as_ref().expect("the server starts").upstream(), slow()).expect("the wire starts");
    let unit = |dn: String| Scope::Unit { dn: Dn::parse(&dn).expect("the DN is valid"), depth: Depth::Subtree };
    let scopes = vec![unit(format!("OU=A,{BASE}")), unit(format!("OU=C,{CHILD}"))];
    let options = LdapOptions { page_size: Some(2), ..following(&above.url(), &["127.0.0.1"]) };
    let reading = read_whole(options, &ReadRequest { scopes, ..everyone() });
    let text = lines(&reading.directory);
    assert!((11..=20).all(|number| text.contains(&format!("p{number}-5@x.test"))), "{text}");
}

/// The first server does not know the changes of the other server, so everything is read each time.
#[test]
fn does_not_read_changes_of_a_directory_on_two_servers() {
    let (above, _below) = two();
    let options = LdapOptions { changes: Some(Changes::default()), ..following(&above.url(), &["127.0.0.1"]) };
    let reading = read_whole(options, &everyone());
    assert_eq!(reading.directory.people().len(), 5);
    assert_eq!(reading.kept, None);
    let alone = LdapOptions { changes: Some(Changes::default()), referrals: Referrals::Ignore, ..plain(&above.url()) };
    let left = read_whole(alone, &everyone());
    assert!(left.kept.is_some() && left.directory.people().len() == 2);
}

const BASE: &str = "DC=ad,DC=test";
const CHILD: &str = "DC=child,DC=ad,DC=test";
