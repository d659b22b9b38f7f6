//! Browsing live directories: levels of the tree, people of a unit, search by name, and server information.

use std::sync::LazyLock;

use gotosync_core::model::{Depth, Directory, Dn, ReadRequest, Reading};
use gotosync_core::rules::{Trial, desire};
use gotosync_core::source::ldap::{LdapOptions, Roots, Server, SignIn};
use gotosync_core::source::{
    DirectorySource, LIST_ATTRIBUTES, LdapSource, ListQuery, Listed, Listing, MergedSource, Node, NodeKind, Readable,
    ServerInfo, Standing, children_of, listing_of,
};
use gotosync_core::target::FieldLimits;
use gotosync_core::{ErrorKind, Rules, Secret};
use gotosync_tests::laws::source;
use gotosync_tests::servers::{Account, Population, Samba, Slapd, Style};

static SAMBA: LazyLock<&Samba> = LazyLock::new(|| Samba::options().population(Population::default()).shared().unwrap());
static SLAPD: LazyLock<&Slapd> = LazyLock::new(|| Slapd::options().population(Population::default()).shared().unwrap());

fn samba(account: &Account, change: impl FnOnce(&mut LdapOptions)) -> LdapSource {
    open(&SAMBA.url(), &SAMBA.ca_file(), Some(account), change)
}

fn slapd(server: &Slapd, account: &Account, change: impl FnOnce(&mut LdapOptions)) -> LdapSource {
    open(&server.url(), &server.ca_file(), Some(account), change)
}

fn open(
    url: &str,
    ca: &std::path::Path,
    account: Option<&Account>,
    change: impl FnOnce(&mut LdapOptions),
) -> LdapSource {
    let mut options = LdapOptions::new(vec![Server::parse(url).unwrap()]);
    options.tls.roots = Roots::Bundle(ca.to_path_buf());
    if let Some(account) = account {
        let (name, password) = (account.principal.clone(), Secret::new(account.password.as_str()));
        options.sign_in = SignIn::Simple { name, password };
    }
    change(&mut options);
    LdapSource::new(options).unwrap()
}

fn dn(text: &str) -> Dn {
    Dn::parse(text).unwrap()
}

async fn everybody(source: &LdapSource) -> Reading {
    let reading = source.read(&ReadRequest::everyone(LIST_ATTRIBUTES)).await.unwrap();
    assert!(reading.completeness.is_complete(), "{}", reading.completeness);
    reading
}

/// Returns every unit and group of a directory, from the top.
fn places(directory: &Directory) -> Vec<Dn> {
    let units = directory.units().iter().map(|unit| unit.dn.clone());
    units.chain(directory.groups().iter().map(|group| group.dn.clone())).collect()
}

fn names(listing: &Listing) -> Vec<&str> {
    listing.people.iter().map(|person| &*person.name).collect()
}

/// Checks that each level listed over LDAP equals the level computed from a full read.
async fn each_level_is_as_read_whole(source: &LdapSource) -> usize {
    let directory = everybody(source).await.directory;
    assert_eq!(source.children(None).await.unwrap(), children_of(&directory, None).unwrap());
    let places = places(&directory);
    for place in &places {
        let (wire, whole) =
            (source.children(Some(place)).await.unwrap(), children_of(&directory, Some(place)).unwrap());
        assert_eq!(wire, whole, "{place}");
    }
    places.len()
}

/// Checks that the people listed for each unit and group equal those of a full read.
async fn each_listing_is_as_read_whole(source: &LdapSource) {
    let directory = everybody(source).await.directory;
    for (at, place) in places(&directory).into_iter().map(Some).chain([None]).enumerate() {
        let depths = [Depth::OneLevel, Depth::Subtree];
        // There are many groups, so each query lists only some of them.
        let is_group = place.as_ref().is_some_and(|place| directory.group_by_dn(place).is_some());
        for depth in if is_group { &depths[at % 2..][..1] } else { &depths[..] } {
            let query = ListQuery { depth: *depth, limit: 7, skip: 2, ..ListQuery::of(place.clone()) };
            let (wire, now) = (source.list(&query).await.unwrap(), jiff::Timestamp::now());
            assert_eq!(wire, listing_of(&directory, &query, now).unwrap(), "{query:?}");
        }
    }
}

#[tokio::test]
async fn browsing_active_directory_matches_reading_it() {
    let source = samba(&SAMBA.reader(), |options| options.page_size = Some(100));
    assert!(each_level_is_as_read_whole(&source).await > 60);
}

#[tokio::test]
async fn browsing_openldap_matches_reading_it() {
    let source = slapd(&SLAPD, &SLAPD.reader(), |options| options.page_size = Some(100));
    assert!(each_level_is_as_read_whole(&source).await > 40);
}

#[tokio::test]
async fn listing_people_of_active_directory_matches_reading_them() {
    each_listing_is_as_read_whole(&samba(&SAMBA.reader(), |_| {})).await;
}

#[tokio::test]
async fn listing_people_of_openldap_matches_reading_them() {
    each_listing_is_as_read_whole(&slapd(&SLAPD, &SLAPD.reader(), |_| {})).await;
}

#[tokio::test]
async fn a_global_catalog_shows_units_but_no_members() {
    let source = open(&SAMBA.gc_url(), &SAMBA.ca_file(), Some(&SAMBA.reader()), |_| {});
    let domain = samba(&SAMBA.reader(), |_| {});
    for place in [None, Some(dn(&format!("OU=Müller & Söhne,{}", SAMBA.base())))] {
        let nodes = source.children(place.as_ref()).await.unwrap();
        assert_eq!(nodes, domain.children(place.as_ref()).await.unwrap());
        assert!(nodes.iter().any(|node| node.people_below > 0));
    }
    let users = Some(dn(&format!("CN=Users,{}", SAMBA.base())));
    assert_eq!(source.children(users.as_ref()).await.unwrap_err().kind(), ErrorKind::Unsupported);
    assert!(source.list(&ListQuery::of(users)).await.unwrap().total >= Samba::OWN_PEOPLE.len());
    let group = Some(dn(&format!("CN=Domain Users,CN=Users,{}", SAMBA.base())));
    assert_eq!(source.list(&ListQuery::of(group)).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn live_sources_pass_the_browsing_conformance_tests() {
    let sources = [samba(&SAMBA.reader(), |_| {}), slapd(&SLAPD, &SLAPD.reader(), |_| {})];
    for source in &sources {
        let held = [
            source::the_tops_are_the_naming_contexts(source).await,
            source::an_unknown_place_is_not_found(source).await,
            source::same_question_same_answer(source).await,
        ];
        held.into_iter().collect::<Result<Vec<()>, _>>().unwrap();
    }
    // Merged directories are described as one, with the vendor of each.
    let parts = sources
        .into_iter()
        .zip(["ad", "ldap"])
        .map(|(source, name)| (name.to_owned(), Box::new(source) as Box<dyn DirectorySource>));
    let both = MergedSource::new(parts.collect()).unwrap().describe().await.unwrap();
    assert_eq!(both.servers.len(), 2);
    assert!(both.vendor.is_some_and(|vendor| vendor.starts_with("Active Directory") && vendor.ends_with("OpenLDAP")));
}

/// Returns the result of a call and the number of searches that it made, counted in the server's log.
async fn searches<T>(server: &Slapd, call: impl Future<Output = T>) -> (T, usize) {
    let count = |log: String| log.lines().filter(|line| line.contains(" SRCH base=")).count();
    let before = count(server.log().unwrap());
    let result = call.await;
    (result, count(server.log().unwrap()) - before)
}

#[tokio::test]
async fn the_number_of_searches_does_not_depend_on_the_number_of_people() {
    let start = |people| Slapd::options().population(Population::new(people, 30)).start().unwrap();
    let mut taken = Vec::new();
    for server in [start(60), start(900)] {
        let source = slapd(&server, &server.reader(), |options| options.page_size = Some(5000));
        let groups = dn(&format!("ou=Groups,ou=Müller & Söhne,{}", server.base()));
        let (tops, of_tops) = searches(&server, source.children(None)).await;
        let (units, of_units) = searches(&server, source.children(Some(&dn(server.base())))).await;
        let (members, of_members) = searches(&server, source.children(Some(&groups))).await;
        let (page, of_page) = searches(&server, source.list(&ListQuery::of(None))).await;
        let (found, of_found) = searches(&server, source.list(&ListQuery::named(Some(groups), "e"))).await;
        assert!(tops.unwrap()[0].people_below >= 60 && !units.unwrap().is_empty());
        assert!(members.unwrap().len() >= 30 && page.unwrap().total >= 60 && !found.unwrap().places.is_empty());
        taken.push([of_tops, of_units, of_members, of_page, of_found]);
    }
    assert_eq!(taken[0], taken[1]);
    // Each call binds and reads the root DSE. Group members are read on a connection of their own.
    assert_eq!(taken[0], [2, 2, 5, 2, 3]);
}

#[tokio::test]
async fn reads_only_the_attributes_and_entries_that_one_rule_needs() {
    let source = slapd(&SLAPD, &SLAPD.reader(), |_| {});
    let tree =
        children_of(&everybody(&source).await.directory, Some(&dn(&format!("ou=Müller & Söhne,{}", SLAPD.base()))));
    let small = tree.unwrap().into_iter().filter(|node| node.kind == NodeKind::Unit && node.people_below > 0);
    let small = small.min_by_key(|node| node.people_below).unwrap();
    let text = format!("[[rule]]\nname = 'All'\neveryone = true\n[[rule]]\nname = 'New'\nou = '{}'\n", small.dn);
    let rules = Rules::parse(&text, "rules.toml").unwrap();
    let (all, one) = (source.read(&rules.request()).await.unwrap(), rules.request_for(|rule| &*rule.name == "New"));
    let one = source.read(&one).await.unwrap();
    assert_eq!(one.directory.people().len(), small.people_below);
    assert!(one.directory.people().len() * 2 < all.directory.people().len());
    let desires = desire(&rules, &one.directory, FieldLimits::VENDOR, Trial::Include);
    assert_eq!((desires.populations[1], desires.broken.len()), (small.people_below, 0));
}

/// Returns LDIF of a unit with a person, a group, and an empty unit, whose names contain special characters of
/// filters and DNs.
fn odd(base: &str, classes: [&str; 3]) -> String {
    let [person, group, extra] = classes;
    let unit = format!("OU=a\\, (b)* \\+ ü,{base}");
    format!(
        "dn: {unit}\nobjectClass: organizationalUnit\n\n\
         dn: OU=Empty #1,{unit}\nobjectClass: organizationalUnit\n\n\
         dn: CN=Ünal\\, Zoë (x)*,{unit}\nobjectClass: {person}\nsn: Ünal (x)*\nmail: zoe@example.test\n{extra}\n\
         dn: CN=\\#1 (all) * \\\\,{unit}\nobjectClass: {group}\nmember: CN=Ünal\\, Zoë (x)*,{unit}\n"
    )
}

#[tokio::test]
async fn escapes_special_characters_in_names() {
    let (ad, ldap) = (Samba::options().start().unwrap(), Slapd::options().start().unwrap());
    ad.modify(&odd(&ad.base(), ["user", "group", "sAMAccountName: zoe\n"])).unwrap();
    ldap.modify(&odd(ldap.base(), ["inetOrgPerson", "groupOfNames", ""])).unwrap();
    let sources = [
        (ad.base(), open(&ad.url(), &ad.ca_file(), Some(&ad.reader()), |_| {})),
        (ldap.base().to_owned(), slapd(&ldap, &ldap.reader(), |_| {})),
    ];
    for (base, source) in sources {
        let unit = dn(&format!("ou=A\\2c (b)* \\2b Ü,{base}"));
        let nodes = source.children(Some(&unit)).await.unwrap();
        let shown = |node: &Node| (node.dn.name(), node.people, node.people_below);
        assert_eq!(
            nodes.iter().map(shown).collect::<Vec<_>>(),
            [("Empty #1".to_owned(), 0, 0), ("#1 (all) * \\".to_owned(), 1, 1)]
        );
        assert_eq!(source.children(Some(&nodes[0].dn)).await.unwrap(), []);
        assert_eq!(source.list(&ListQuery::of(Some(nodes[0].dn.clone()))).await.unwrap().total, 0);
        for of in [&unit, &nodes[1].dn] {
            let listing = source.list(&ListQuery::of(Some(of.clone()))).await.unwrap();
            assert_eq!(names(&listing), ["Ünal, Zoë (x)*"], "{of}");
            assert_eq!(listing.people[0].mail.as_deref(), Some("zoe@example.test"));
        }
        let (name, group) = ("Ünal, Zoë (x)*", "(all) *");
        assert_eq!(names(&source.list(&ListQuery::named(None, name)).await.unwrap()), [name]);
        let found = source.list(&ListQuery::named(Some(unit.clone()), group)).await.unwrap();
        assert_eq!(found.places.iter().map(|place| place.dn.name()).collect::<Vec<_>>(), ["#1 (all) * \\"]);
        for nobody in ["*", "x)*)(cn=*", "\\2a"] {
            let found = source.list(&ListQuery::named(Some(nodes[0].dn.clone()), nobody)).await.unwrap();
            assert_eq!((found.total, found.places.len()), (0, 0), "{nobody}");
        }
        // For an unknown unit, the error suggests a similar one. A person is not a unit.
        for missing in
            [format!("OU=a\\, (c)* \\+ ü,{base}"), format!("CN=Ünal\\, Zoë (x)*,{unit}"), format!("X=1,{base}")]
        {
            let error = source.children(Some(&dn(&missing))).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
            let listed = source.list(&ListQuery::of(Some(dn(&missing)))).await.unwrap_err();
            assert_eq!(listed.to_string(), error.to_string());
            let near = error.help().is_some_and(|help| help.starts_with("did you mean `"));
            assert_eq!(near, missing.starts_with("OU="), "{error:?}");
        }
    }
}

#[tokio::test]
async fn finds_people_by_name_like_the_server() {
    // OpenLDAP finds a text anywhere in a name, as do sources that read all people.
    let source = slapd(&SLAPD, &SLAPD.reader(), |_| {});
    let directory = everybody(&source).await.directory;
    let mut found = 0;
    for text in ["an", "ü", "MÜLLER", "o'", "(", "example.test", "a e", "東"] {
        let query = ListQuery { limit: 1000, ..ListQuery::named(None, text) };
        let wire = source.list(&query).await.unwrap();
        assert_eq!(wire, listing_of(&directory, &query, jiff::Timestamp::now()).unwrap(), "{text}");
        found += wire.total;
    }
    assert!(found > 100, "{found}");
    // Active Directory finds names that begin with a text.
    let source = samba(&SAMBA.reader(), |_| {});
    let directory = everybody(&source).await.directory;
    let people = directory.people().iter().filter(|person| directory.text(person, "givenName").is_some());
    for person in people.step_by(40) {
        let [first, account] =
            ["givenName", "sAMAccountName"].map(|name| directory.text(person, name).unwrap().to_owned());
        for text in [first, account] {
            let query = ListQuery { limit: 1000, ..ListQuery::named(None, text.as_str()) };
            let listing = source.list(&query).await.unwrap();
            assert!(listing.people.iter().any(|listed| listed.id == person.id), "{text}");
            assert!(listing.total < 150, "{text}: {}", listing.total);
        }
    }
}

#[tokio::test]
async fn shows_accounts_that_cannot_sign_in() {
    let listing = samba(&SAMBA.reader(), |_| {}).list(&ListQuery { limit: 1000, ..ListQuery::of(None) }).await.unwrap();
    let census = Population::default().content(Style::ActiveDirectory, &SAMBA.base()).census();
    let count = |standing| listing.people.iter().filter(|person| person.standing == standing).count();
    assert_eq!(listing.total, census.people + Samba::OWN_PEOPLE.len());
    // `Guest` and `krbtgt` are disabled, too.
    assert_eq!(count(Standing::Disabled), census.disabled + 2);
    assert_eq!(count(Standing::Expired), census.expired);
    let with = |value: fn(&Listed) -> &Option<String>| listing.people.iter().filter(|it| value(it).is_some()).count();
    assert_eq!(with(|person| &person.mail), census.people - census.without_mail);
    assert_eq!(with(|person| &person.title), census.people);
    assert_eq!(with(|person| &person.department), census.people);
}

async fn server(source: &LdapSource) -> ServerInfo {
    let info = source.describe().await.unwrap();
    let [server] = info.servers.try_into().unwrap();
    server
}

#[tokio::test]
async fn describes_active_directory_and_the_rights_of_its_users() {
    let source = samba(&SAMBA.reader(), |_| {});
    let info = source.describe().await.unwrap();
    assert!(info.vendor.unwrap().starts_with("Active Directory (Samba"));
    assert_eq!(info.naming_contexts, [dn(&SAMBA.base())]);
    let reader = server(&source).await;
    assert_eq!((reader.host, reader.encrypted, reader.pages), (Some(SAMBA.fqdn()), true, true));
    assert!(reader.address.contains(&SAMBA.ip().to_string()) && reader.version.is_some());
    assert_eq!((reader.domain, reader.forest), (Some(SAMBA.domain()), Some(SAMBA.domain())));
    let [domain] = &reader.domains[..] else { panic!("{:?}", reader.domains) };
    assert_eq!((&*domain.dns, domain.netbios.clone(), domain.here), (&*SAMBA.domain(), Some(SAMBA.netbios()), true));
    assert!(reader.naming_contexts.contains(&dn(&format!("CN=Configuration,{}", SAMBA.base()))));
    let level = reader.levels.unwrap().domain.unwrap();
    assert_eq!((level.number, level.name), (4, Some("Windows Server 2008 R2")));
    assert!(reader.controls.iter().any(|oid| oid.name == Some("DirSync")));
    assert!(reader.capabilities.iter().any(|oid| oid.name == Some("Active Directory")));
    assert!(reader.mechanisms.iter().any(|name| name == "GSSAPI"));
    assert_eq!(reader.clock_ahead, Some(0));
    assert_eq!((reader.deleted_objects, reader.replication), (Some(false), Some(false)));

    let replica = server(&samba(&SAMBA.replica(), |_| {})).await;
    assert_eq!((replica.deleted_objects, replica.replication), (Some(false), Some(true)));
    let administrator = server(&samba(&SAMBA.administrator(), |_| {})).await;
    assert_eq!((administrator.deleted_objects, administrator.replication), (Some(true), Some(true)));
    // One user can sign in with three forms of a name.
    for account in [SAMBA.reader(), SAMBA.replica(), SAMBA.administrator()] {
        for name in [&account.principal, &account.logon_name, &account.dn] {
            let identity =
                server(&samba(&Account { principal: name.clone(), ..account.clone() }, |_| {})).await.identity;
            assert_eq!((&identity.name, identity.dn), (name, Some(dn(&account.dn))));
        }
    }
}

#[tokio::test]
async fn describes_openldap() {
    let source = slapd(&SLAPD, &SLAPD.reader(), |_| {});
    assert_eq!(source.describe().await.unwrap().vendor.as_deref(), Some("OpenLDAP"));
    let reader = server(&source).await;
    assert_eq!(reader.identity.dn, Some(dn(&SLAPD.reader().dn)));
    assert_eq!(reader.people, Some(Readable::People));
    assert_eq!((reader.domain, reader.levels, reader.clock_ahead), (None, None, None));
    assert_eq!((reader.deleted_objects, reader.replication), (None, None));
    let nobody = server(&open(&SLAPD.url(), &SLAPD.ca_file(), None, |_| {})).await;
    assert_eq!((&*nobody.identity.name, nobody.identity.dn), ("anonymous", None));
}

#[tokio::test]
async fn reports_a_user_without_read_rights() {
    let source = open(&SAMBA.url(), &SAMBA.ca_file(), None, |_| {});
    let nobody = server(&source).await;
    assert_eq!((nobody.people, nobody.identity.dn), (Some(Readable::Nobody), None));
    assert_eq!(nobody.domain, Some(SAMBA.domain()), "anonymous clients may read the root DSE");
    for error in [
        source.children(None).await.unwrap_err(),
        source.children(Some(&dn(&SAMBA.base()))).await.unwrap_err(),
        source.list(&ListQuery::of(Some(dn(&SAMBA.base())))).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Incomplete, "the directory must not be treated as empty: {error}");
        assert!(error.to_string().contains("operationsError"), "{error}");
    }
    let listing = source.list(&ListQuery::of(None)).await.unwrap();
    assert!(listing.people.is_empty() && !listing.completeness.is_complete(), "{listing:?}");
    // A server with a size limit.
    let limit = "dn.exact=\"cn=reader,dc=example,dc=test\"";
    let short = Slapd::options().population(Population::default()).limit(limit, "size=50").start().unwrap();
    let source = slapd(&short, &short.reader(), |_| {});
    let error = source.children(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incomplete, "{error}");
    let listing = source.list(&ListQuery::of(None)).await.unwrap();
    assert!(!listing.people.is_empty() && !listing.completeness.is_complete());
}
