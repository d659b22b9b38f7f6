//! Tests of the scripted server with `ldapsearch`.

use gotosync_tests::wire::{Entry, Script, Scripted, ServedPaging, Wire};

use super::slapd::{Searched, search};

const BASE: &str = "dc=ad,dc=test";

fn script() -> Script {
    let person = |number: usize| {
        let (dn, name) = (format!("CN=P\\, {number},OU=People, {BASE}"), format!("p{number}"));
        let control = if number.is_multiple_of(2) { "514" } else { "512" };
        let entry = Entry::new(&dn, [("objectClass", "top"), ("objectClass", "user"), ("userAccountControl", control)]);
        entry.with("sAMAccountName", [&name]).with("objectGUID", [[number as u8; 16]])
    };
    let members: Vec<String> = (1..=7).map(|number| format!("CN=P\\, {number},OU=People,{BASE}")).collect();
    let unit = Entry::new(&format!("OU=People,{BASE}"), [("objectClass", "organizationalUnit"), ("ou", "People")]);
    let group = Entry::new(&format!("CN=All,{BASE}"), [("objectClass", "group"), ("cn", "All")]);
    let top = Entry::new(BASE, [("objectClass", "domainDNS")]);
    let all = [top, unit, group.with("member", &members)].into_iter().chain((1..=7).map(person));
    Script::new(BASE, all)
}

fn ask(script: Script, arguments: &[&str]) -> Searched {
    let server = Scripted::start(script).expect("the server starts");
    search(&server.url(), arguments, None)
}

#[test]
fn applies_filters_scopes_and_attribute_lists() {
    let found = |arguments: &[&str]| ask(script(), &[&["-b", BASE], arguments].concat());
    let names = |filter: &str| found(&[filter, "sAMAccountName"]).values("sAMAccountName").join(" ");
    assert_eq!(names("(&(objectClass=USER)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))"), "p1 p3 p5 p7");
    assert_eq!(
        names(
            "(|(sAMAccountName=p2)(sAMAccountName=*3)(objectGUID=\\07\\07\\07\\07\\07\\07\\07\\07\\07\\07\\07\\07\\07\\07\\07\\07))"
        ),
        "p2 p3 p7"
    );
    assert_eq!(names("(&(userAccountControl>=513)(sAMAccountName=p*))"), "p2 p4 p6");
    assert_eq!(names("(objectGUID=*)"), "p1 p2 p3 p4 p5 p6 p7");
    assert_eq!(found(&["-s", "one", "(objectClass=*)", "1.1"]).entries(), 2);
    assert_eq!(found(&["-s", "base", "(objectClass=*)", "objectClass"]).values("objectClass"), ["domainDNS"]);
    assert_eq!(found(&["-b", &format!("ou=people,{BASE}"), "(objectClass=user)"]).entries(), 7);
    assert_eq!(found(&["-b", "dc=nowhere"]).code, Some(32));
    let root = ask(script(), &["-b", "", "-s", "base", "(objectClass=*)", "namingContexts"]);
    assert_eq!(root.values("namingContexts"), [BASE]);
}

#[test]
fn requires_a_bind_before_a_search() {
    let script = || script().account("reader@ad.test", "secret");
    let code = |arguments: &[&str]| ask(script(), &[&["-b", BASE], arguments].concat()).code;
    assert_eq!(code(&["-D", "Reader@ad.test", "-w", "secret"]), Some(0));
    assert_eq!(code(&["-D", "reader@ad.test", "-w", "Secret"]), Some(49));
    assert_eq!(code(&[]), Some(1), "anonymous clients must see nothing");
    assert_eq!(code(&["-D", "reader@ad.test", "-w", ""]), Some(1), "a bind with an empty password is anonymous");
    let stricter = Script { empty_password: 53, ..script() };
    assert_eq!(ask(stricter, &["-b", BASE, "-D", "reader@ad.test", "-w", ""]).code, Some(53));
    assert_eq!(ask(script(), &["-b", "", "-s", "base"]).code, Some(0), "anonymous clients may read the root DSE");
}

#[test]
fn supports_ignores_or_rejects_paging_and_keeps_limits() {
    let with = |paging, limit| Script { paging, limit, ..script() };
    let users = |script: Script, paged: &[&str]| {
        let server = Scripted::start(script).expect("the server starts");
        let wire = Wire::start(server.upstream(), []).expect("the wire starts");
        let searched = search(&wire.url(), &[paged, &["-b", BASE, "(objectClass=user)"]].concat(), None);
        let pages = wire.quiet().searches[0].pages.iter().map(|page| page.entries).collect::<Vec<_>>();
        (searched.code, pages)
    };
    let (paged, critical) = (["-E", "pr=5/noprompt"], ["-E", "!pr=5/noprompt"]);
    assert_eq!(users(with(ServedPaging::Served, None), &paged), (Some(0), vec![5, 2]));
    assert_eq!(users(with(ServedPaging::Served, Some(3)), &paged), (Some(0), vec![3, 3, 1]));
    assert_eq!(users(with(ServedPaging::Served, Some(3)), &[]), (Some(4), vec![3]));
    assert_eq!(users(with(ServedPaging::Served, None), &["-z", "2"]), (Some(4), vec![2]));
    assert_eq!(users(with(ServedPaging::Ignored, None), &critical), (Some(0), vec![7]));
    assert_eq!(users(with(ServedPaging::Ignored, Some(3)), &paged), (Some(4), vec![3]));
    assert_eq!(users(with(ServedPaging::Unknown, None), &paged), (Some(0), vec![7]));
    assert_eq!(users(with(ServedPaging::Unknown, None), &critical), (Some(12), vec![0]));
}

#[test]
fn sends_long_attributes_in_ranges_like_windows() {
    let members = |name: &str| {
        let script = Script { range: Some(3), ..script() };
        let out = ask(script, &["-b", BASE, "(cn=All)", name]).out;
        let lines: Vec<&str> = out.lines().filter(|line| line.starts_with("member")).collect();
        let mut names: Vec<&str> = lines.iter().filter_map(|line| line.split(':').next()).collect();
        let count = names.len();
        names.dedup();
        (names.join(" "), count)
    };
    assert_eq!(members("member"), ("member;range=0-2".to_owned(), 3));
    assert_eq!(members("member;range=0-*"), ("member;range=0-2".to_owned(), 3));
    assert_eq!(members("member;range=3-*"), ("member;range=3-5".to_owned(), 3));
    assert_eq!(members("member;range=6-*"), ("member;range=6-*".to_owned(), 1));
    assert_eq!(members("member;range=7-*"), (String::new(), 0));
}

#[test]
fn answers_dir_sync_in_rounds() {
    let script = || Script { dir_sync: Some(4), ..script() };
    let round = |cookie: &str| {
        let control = format!("!dirSync=0/0{cookie}");
        ask(script(), &["-b", BASE, "-E", &control, "(objectClass=user)", "objectGUID"])
    };
    assert_eq!((round("").code, round("").entries()), (Some(0), 4));
    assert_eq!(round("/TVNEUzQ=").entries(), 3);
    assert_eq!(round("/TVNEUzc=").entries(), 0);
    let unknown = ask(self::script(), &["-b", BASE, "-E", "!dirSync=0/0", "(objectClass=user)"]);
    assert_eq!(unknown.code, Some(12));
}

#[test]
fn sends_references_and_referrals_that_can_be_followed() {
    let part = format!("DC=child,{BASE}");
    let child = Entry::new(&format!("CN=Child,{part}"), [("objectClass", "user"), ("sAMAccountName", "child")]);
    let top = Entry::new(&part, [("objectClass", "domainDNS")]);
    let other = Scripted::start(Script::new(&part, [top, child])).expect("the server starts");
    let urls = vec![format!("{}/{part}", other.url())];
    let script = || Script { elsewhere: vec![(part.clone(), urls.clone())], ..script() };
    let told = ask(script(), &["-b", BASE, "(objectClass=user)"]);
    assert!(told.out.contains(&format!("# ref{}", urls[0])) && told.entries() == 7, "{told:?}");
    assert_eq!(ask(script(), &["-b", &part, "(objectClass=user)"]).code, Some(10));
    let followed = ask(script(), &["-C", "-b", BASE, "(objectClass=user)", "sAMAccountName"]);
    assert!(followed.values("sAMAccountName").contains(&"child"), "{followed:?}");
}

#[test]
fn a_global_catalog_has_only_some_attributes() {
    let script = Script { partial: Some(vec!["objectClass".to_owned(), "objectGUID".to_owned()]), ..script() };
    let all = ask(script, &["-b", "", "(objectClass=user)"]);
    assert_eq!((all.code, all.entries()), (Some(0), 7));
    assert!(all.out.contains("objectGUID") && !all.out.contains("sAMAccountName"), "{all:?}");
}
