//! Checks that each fault has its documented effect, as seen by `ldapsearch` or in the bytes.

use gotosync_tests::wire::message::{self, Entry};
use gotosync_tests::wire::{
    Aim, Copied, Edit, Ending, Entries, Fault, Keep, LoopCookie, RangeAnswer, Rubbish, Spot, Which,
};

use super::probe::{Ended, Probe};
use super::slapd::{BASE, PASSWORD, READER, SIGN_IN, Slapd};

/// Returns a probe that has signed in.
fn probe(address: impl std::fmt::Display) -> Probe {
    let mut probe = Probe::connect(address);
    assert_eq!(probe.bind(READER, PASSWORD), Ok(0));
    probe
}

fn first_page(probe: &mut Probe) -> i64 {
    probe.search(BASE, "inetOrgPerson", &["uid"], Some(b""))
}

#[test]
fn sends_result_codes_on_the_chosen_page() {
    let slapd = Slapd::start();
    for code in [1, 2, 3, 4, 8, 11, 32, 49, 50, 51, 52, 53, 80] {
        for (entries, passed) in [(Entries::Passed, 6), (Entries::Held, 3)] {
            let fault = Fault::Code { code, entries, paging: Keep::Kept };
            let wire = slapd.wire([fault.at(Aim::page(2).of("INETorgperson"))]);
            let searched = slapd.people(&wire.url());
            assert_eq!((searched.code, searched.entries()), (Some(code), passed), "{searched:?}");
            let seen = wire.quiet();
            assert_eq!(seen.searches[0].pages[1].code, Some(code));
            assert!(seen.searches[0].pages[1].got.as_ref().is_some_and(|cookie| !cookie.is_empty()));
            assert_eq!((seen.strikes(0), seen.struck[0].page), (1, Some(2)));
        }
    }
    let wire = slapd.wire([Fault::code(3).at(Aim::page(2))]);
    assert_eq!(slapd.people(&wire.url()).code, Some(3));
    assert_eq!(wire.quiet().searches[0].pages[1].got, None, "the control is removed");
}

#[test]
fn aims_a_fault_at_the_nth_search_that_contains_a_text() {
    let slapd = Slapd::start();
    let wire = slapd.wire([
        Fault::code(51).at(Aim::page(1).of("inetorgperson").nth(2)),
        Fault::code(52).at(Aim::page(1).asking("telephone")),
        Fault::code(53).at(Aim::every_page().of("cn=nowhere")),
    ]);
    let codes = |url: &str| {
        let search = |arguments: &[&str]| slapd.search(url, &[&SIGN_IN[..], &["-b", BASE], arguments].concat()).code;
        [
            slapd.people(url).code,
            search(&["(objectClass=groupOfNames)"]),
            slapd.people(url).code,
            slapd.people(url).code,
            search(&["(cn=x)", "telephoneNumber"]),
            search(&["(!(cn=nowhere))"]),
        ]
    };
    assert_eq!(codes(&wire.url()), [Some(0), Some(0), Some(51), Some(0), Some(52), Some(53)]);
    assert_eq!(wire.quiet().struck.iter().map(|struck| struck.connection).collect::<Vec<_>>(), [3, 5, 6]);
}

#[test]
fn closes_connections_at_the_chosen_point() {
    let slapd = Slapd::start();
    let endings = [
        (Ending::Closed, Ended::Fin(0)),
        (Ending::Fin, Ended::Fin(0)),
        (Ending::Rst, Ended::Rst),
        (Ending::Silence, Ended::Silence),
    ];
    let spots = [
        (Spot::Start, 0, true),
        (Spot::AfterEntries(2), 2, true),
        (Spot::InEntryAfter(1), 1, false),
        (Spot::BeforeDone, 3, true),
        (Spot::AfterEntries(99), 3, true),
        (Spot::InDone, 3, false),
    ];
    // In parallel, because detecting silence takes time.
    std::thread::scope(|scope| {
        for (ending, ended) in &endings {
            for (spot, entries, is_whole) in spots {
                let slapd = &slapd;
                scope.spawn(move || cut(slapd, spot, *ending, entries, is_whole, ended));
            }
        }
    });
}

fn cut(slapd: &Slapd, spot: Spot, ending: Ending, entries: usize, is_whole: bool, ended: &Ended) {
    let wire = slapd.wire([Fault::cut(spot, ending).at(Aim::page(1))]);
    let mut probe = probe(wire.address());
    let id = first_page(&mut probe);
    let mut got = 0;
    let how = loop {
        match probe.next() {
            Ok(message) => {
                assert_eq!((message.id, message.tag()), (id, message::ENTRY), "{spot:?} {ending:?}");
                got += 1;
            }
            Err(how) => break how,
        }
    };
    // An RST may overtake data that was sent before it.
    assert!(got == entries || ending == Ending::Rst, "{got} entries with {spot:?} {ending:?}");
    match how {
        Ended::Fin(part) => {
            assert_eq!(part == 0, is_whole, "{spot:?} {ending:?}");
            assert_eq!(*ended, Ended::Fin(0));
        }
        how => assert_eq!(how, *ended, "{spot:?} {ending:?}"),
    }
    drop(probe);
    assert_eq!(wire.quiet().searches[0].pages[0].entries, entries);
}

#[test]
fn closes_tls_with_or_without_close_notify() {
    let slapd = Slapd::start();
    for ending in [Ending::Closed, Ending::Fin, Ending::Rst] {
        let cut = Fault::cut(Spot::AfterEntries(1), ending).at(Aim::page(1));
        let wire = gotosync_tests::wire::Wire::start_at(&slapd.tls_front(), slapd.tls_upstream(), [cut]);
        let wire = wire.expect("the wire starts");
        let searched = slapd.people(&wire.url());
        assert_eq!(searched.code, Some(255), "{ending:?}: {searched:?}");
        assert_eq!(wire.quiet().strikes(0), 1);
    }
}

#[test]
fn sends_empty_repeated_and_endless_pages() {
    let slapd = Slapd::start();
    let direct = slapd.people(&slapd.url());
    for (page, pages) in [(1, [0, 0, 3, 3, 3, 1]), (2, [3, 0, 0, 3, 3, 1]), (4, [3, 3, 3, 0, 0, 1])] {
        let wire = slapd.wire([Fault::EmptyPages { times: 2 }.at(Aim::page(page))]);
        assert_eq!(slapd.people(&wire.url()).values("uid"), direct.values("uid"));
        let seen = wire.quiet();
        assert_eq!(seen.searches[0].pages.iter().map(|page| page.entries).collect::<Vec<_>>(), pages);
        assert_eq!(seen.strikes(0), 2);
    }
    for (page, uids) in [(2, "p1 p2 p3 p4 p5 p6 p4 p5 p6 p7 p8 p9 p10"), (4, "p1 p2 p3 p4 p5 p6 p7 p8 p9 p10 p10")] {
        let wire = slapd.wire([Fault::PageTwice.at(Aim::page(page))]);
        assert_eq!(slapd.people(&wire.url()).values("uid").join(" "), uids);
    }
    for (cookie, different) in [(LoopCookie::Same, 1), (LoopCookie::Fresh, 20)] {
        let wire = slapd.wire([Fault::PageLoop { cookie }.at(Aim::page(2))]);
        let mut probe = probe(wire.address());
        let id = first_page(&mut probe);
        let (_, done) = probe.page(id).expect("the page arrives");
        let mut next = done.paging().expect("the response has a paging control").cookie;
        let mut cookies = Vec::new();
        for _ in 0..20 {
            let id = probe.search(BASE, "inetOrgPerson", &["uid"], Some(&next));
            let (entries, done) = probe.page(id).expect("the page arrives");
            let uids: Vec<&[u8]> = entries.iter().flat_map(|entry| entry.values("uid")).collect();
            assert_eq!(uids, [b"p4", b"p5", b"p6"]);
            next = done.paging().expect("the response has a paging control").cookie;
            cookies.push(next.clone());
        }
        cookies.sort();
        cookies.dedup();
        assert_eq!(cookies.len(), different);
        drop(probe);
        assert_eq!(wire.quiet().searches[0].pages.len(), 21);
    }
}

#[test]
fn removes_empties_and_changes_cookies() {
    let slapd = Slapd::start();
    for (fault, entries, code, got) in [
        (Fault::PagingTaken, 6, Some(0), None),
        (Fault::CookieCleared, 6, Some(0), Some("")),
        (Fault::CookieChanged, 6, Some(2), Some("not the server\\'s cookie")),
    ] {
        let wire = slapd.wire([fault.clone().at(Aim::page(2))]);
        let searched = slapd.people(&wire.url());
        assert_eq!((searched.entries(), searched.code), (entries, code), "{fault:?} {searched:?}");
        assert_eq!(wire.quiet().searches[0].pages[1].got.as_deref(), got);
    }
}

#[test]
fn changes_entries_as_requested() {
    let slapd = Slapd::start();
    let uids = |fault: Fault| slapd.people(&slapd.wire([fault.at(Aim::page(1))]).url()).values("uid").join(" ");
    let edit = |edit| Fault::Attribute { name: "UID".to_owned(), edit, entries: Which::Nth(2) };
    let twice = |copy| Fault::EntryTwice { entry: 2, copy };
    assert!(uids(Fault::EntriesReversed).starts_with("p3 p2 p1 p4"));
    assert!(uids(Fault::EntryDropped { entry: 2 }).starts_with("p1 p3 p4"));
    assert!(uids(twice(Copied::Same)).starts_with("p1 p2 p2 p3"));
    assert!(uids(twice(Copied::OtherValue("uid".to_owned()))).starts_with("p1 p2 p3 p3"));
    assert!(uids(edit(Edit::Taken)).starts_with("p1 p3"));
    assert!(uids(edit(Edit::Set(vec![b"x".to_vec(), b"y".to_vec()]))).starts_with("p1 x y p3"));
    assert!(uids(edit(Edit::Without(b"p2".to_vec()))).starts_with("p1 p3"));
    assert!(uids(Fault::without("uid")).starts_with("p4"));
    assert!(uids(Fault::set("uid", "z")).starts_with("z z z p4"));

    let wire = slapd.wire([twice(Copied::OtherDn).at(Aim::page(1)), Fault::NamesInCapitals.at(Aim::page(1))]);
    let searched = slapd.people(&wire.url());
    assert!(searched.out.contains(&format!("dn: cn=copy,uid=p2,{BASE}\n")), "{searched:?}");
    assert!(searched.out.contains("UID: p2\nSN: S2\n") && searched.out.contains("uid: p4"), "{searched:?}");
}

#[test]
fn sends_values_in_complete_or_broken_ranges() {
    let slapd = Slapd::start();
    let impose = || Fault::RangeImposed { attribute: "member".to_owned(), step: 3 }.at(Aim::every_page());
    let ask = |url: &str, name: &str| {
        let searched = slapd.search(url, &[&SIGN_IN[..], &["-b", BASE, "(objectClass=groupOfNames)", name]].concat());
        let lines = searched.out.lines().filter(|line| line.starts_with("member"));
        let short = |line: &str| line.replace(&format!(",{BASE}"), "").replace("uid=", "");
        (searched.code, lines.map(short).collect::<Vec<_>>().join(" "))
    };
    let wire = slapd.wire([impose()]);
    let step = |name: &str| ask(&wire.url(), name).1;
    let first = "member;range=0-2: p1 member;range=0-2: p2 member;range=0-2: p3";
    assert_eq!(step("member"), first);
    assert_eq!(step("member;range=0-*"), first);
    assert_eq!(step("member;range=1-2"), "member;range=1-2: p2 member;range=1-2: p3");
    assert_eq!(step("member;range=3-*"), "member;range=3-5: p4 member;range=3-5: p5 member;range=3-5: p6");
    assert_eq!(step("member;range=6-*"), "member;range=6-*: p7");
    assert_eq!(step("member;range=7-*"), "");
    let asked = &wire.quiet().searches[3];
    assert_eq!(asked.attributes, ["member;range=3-*"], "the record contains the client's request");

    let wire = slapd.wire([Fault::RangeCut { attribute: "member".to_owned(), keep: 2 }.at(Aim::page(1))]);
    assert_eq!(ask(&wire.url(), "member").1, "member;range=0-1: p1 member;range=0-1: p2");

    for (how, code, values) in [
        (RangeAnswer::Nothing, 0, ""),
        (RangeAnswer::NoEntry, 0, ""),
        (RangeAnswer::Gone, 32, ""),
        (RangeAnswer::Again, 0, "member;range=0-2: p4 member;range=0-2: p5 member;range=0-2: p6"),
        (RangeAnswer::Hole, 0, "member;range=4-5: p5 member;range=4-5: p6"),
    ] {
        let wire = slapd.wire([impose(), Fault::RangeAnswer(how).at(Aim::page(1).asking(";range="))]);
        assert_eq!(ask(&wire.url(), "member;range=0-*").1, first, "the first range is unaffected");
        assert_eq!(ask(&wire.url(), "member;range=3-*"), (Some(code), values.to_owned()), "{how:?}");
        assert_eq!(wire.quiet().strikes(1), 1);
    }
    let wire = slapd.wire([impose(), Fault::RangeAnswer(RangeAnswer::Unclosed).at(Aim::page(1))]);
    assert_eq!(ask(&wire.url(), "member;range=6-*").1, "member;range=6-6: p7");
}

#[test]
fn sends_continuation_references_and_referrals() {
    let slapd = Slapd::start();
    let urls = vec!["ldap://elsewhere.test/dc=elsewhere".to_owned(), "ldap://b.test/".to_owned()];
    let wire = slapd.wire([Fault::Reference { urls: urls.clone() }.at(Aim::page(2))]);
    let searched = slapd.people(&wire.url());
    assert!(searched.out.contains("# refldap://elsewhere.test/dc=elsewhere\n# refldap://b.test/"), "{searched:?}");
    assert_eq!(wire.quiet().searches[0].pages[1].references, 1);
    let wire = slapd.wire([Fault::Referral { urls }.at(Aim::page(2))]);
    let searched = slapd.people(&wire.url());
    assert_eq!((searched.code, searched.entries()), (Some(10), 3));
    assert!(searched.err.contains("ldap://elsewhere.test/dc=elsewhere"), "{searched:?}");
}

#[test]
fn sends_rubbish_at_the_chosen_point() {
    let slapd = Slapd::start();
    let mut clean = probe(slapd.address());
    let id = first_page(&mut clean);
    clean.page(id).expect("the page arrives");
    for what in Rubbish::ALL {
        let wire = slapd.wire([Fault::rubbish(what, Spot::InEntryAfter(1)).at(Aim::page(1))]);
        let mut probe = probe(wire.address());
        first_page(&mut probe);
        // The page ends with these bytes, even if the rubbish before them cannot be decoded.
        probe.read_up_to(&clean.bytes[clean.bytes.len() - 40..]);
        let (all, page) = (&probe.bytes, &clean.bytes);
        let start = all.iter().zip(page).take_while(|(a, b)| a == b).count();
        let end = all.iter().rev().zip(page.iter().rev()).take_while(|(a, b)| a == b).count();
        assert!(all.len() > page.len() && start + end >= page.len(), "{what:?}: {start} and {end} of {}", page.len());
    }
}

#[test]
fn slow_and_chopped_responses_have_the_same_content() {
    let slapd = Slapd::start();
    let direct = slapd.people(&slapd.url()).out;
    let slow = Fault::Slow { each: std::time::Duration::from_millis(1) };
    let wire = slapd.wire([slow.at(Aim::every_page()), Fault::Chopped { size: 1 }.at(Aim::every_page())]);
    assert_eq!(slapd.people(&wire.url()).out, direct);
    let seen = wire.quiet();
    assert_eq!((seen.strikes(0), seen.strikes(1), seen.searches[0].entries()), (4, 4, 10));
}

#[test]
fn a_changed_entry_can_still_be_decoded() {
    let entry = Entry::new("cn=ä,dc=x", [("cn", "ä"), ("member", "a"), ("MEMBER", "b")]).with("photo", [[0xff, 0]]);
    let message = message::Message::new(5, entry.op());
    assert_eq!(
        Entry::parse(&message::Message::parse(&message.bytes()).expect("the message is valid")),
        Ok(entry.clone())
    );
    assert_eq!(entry.values("Member").collect::<Vec<_>>(), [b"a", b"b"]);
}
