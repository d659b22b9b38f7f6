//! Reads one directory over LDAP, from an export, and from a server of another kind with the same people, and checks
//! that the same rules give the same plan.

use std::net::Ipv4Addr;

use gotosync_core::model::{Account, Depth, Dn, GroupRef, License, Membership, NoteKind, ReadRequest, Reading, Scope};
use gotosync_core::source::ldap::{
    Changes, ClientCertificate, Discovery, LdapOptions, Referrals, Roots, Security, Server, SignIn,
};
use gotosync_core::source::{DirectorySource, LdapSource, LdifSource, MergedSource};
use gotosync_core::state::MemoryState;
use gotosync_core::target::MemoryTarget;
use gotosync_core::{Engine, ErrorKind, Plan, Rules, Secret};
use gotosync_tests::Trouble;
use gotosync_tests::laws::source;
use gotosync_tests::reading::{difference, options, samba, slapd, whole};
use gotosync_tests::servers::{Account as Person, Certificate, Population, Samba, Slapd, twin};

/// Returns rules with every kind of scope, for the units of a population.
fn rules(base: &str, groups: &[String]) -> String {
    let group = |at: usize| groups[at * (groups.len() - 1) / 3].replace('\'', "");
    format!(
        "[limits]\ncreate = {{ count = 10000 }}\n\
         [[rule]]\nname = 'A group'\ngroup = '{}'\nproducts = ['GoToWebinar']\n\
         [[rule]]\nname = 'Another'\ngroup = '{}'\nuser_group = 'Others'\ncreate_user_group = true\nproducts = ['GoToMeeting']\n\
         [[rule]]\nname = 'Primary'\ngroup = 'CN=Domain Users,CN=Users,{base}'\nfilter = '(mail=*)'\nproducts = ['GoToMeeting']\n\
         [[rule]]\nname = 'Everyone'\nou = '{base}'\nproducts = ['GoToMeeting']\n\
         language = \"{{{{ 'de_DE' if c == 'DE' else 'en_US' }}}}\"\nfields = {{ last_name = \"{{{{ sn | cut(32) }}}}\" }}\n",
        group(1),
        group(2),
    )
}

async fn planned(source: impl DirectorySource + 'static, rules: &str) -> Result<Plan, Trouble> {
    let account = Account {
        licenses: vec![
            License::new("1", "GoToMeeting", &["G2M"], 10_000),
            License::new("2", "GoToWebinar", &["G2W"], 10_000),
        ],
        ..Account::empty("1", "Test")
    };
    let rules = Rules::parse(rules, "rules.toml").map_err(gotosync_core::Error::from)?;
    let engine = Engine::new(source, MemoryTarget::new(account), MemoryState::new(), rules);
    Ok(engine.clock(|| "2026-11-23T08:00:00Z".parse().unwrap_or_default()).plan().await?.plan)
}

/// Returns the steps and notes of a plan, without the place from which the directory was read.
fn essence(plan: &Plan) -> Result<Vec<String>, Trouble> {
    let notes = plan.notes().iter().filter(|note| note.kind != NoteKind::Remark).map(|note| format!("{note:?}"));
    let steps = plan.steps().iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    Ok(steps.into_iter().chain(notes).collect())
}

/// Returns a line in a form that is equal for all servers, which may differ in the case and escapes of distinguished
/// names.
fn plain(line: &str) -> String {
    line.to_lowercase().replace("\\\\2c", "\\\\,")
}

/// Panics with the first lines that differ.
fn same(expected: &[String], found: &[String], what: &str) {
    let only = |own: &[String], other: &[String]| -> Vec<String> {
        own.iter().filter(|line| !other.contains(line)).take(5).cloned().collect()
    };
    let (missing, more) = (only(expected, found), only(found, expected));
    assert!(expected == found, "{what}:\n- {}\n+ {}", missing.join("\n- "), more.join("\n+ "));
}

fn attributes() -> ReadRequest {
    ReadRequest::everyone(["mail", "givenName", "sn", "c", "telephoneNumber", "proxyAddresses", "manager", "title"])
}

fn exported(server: &Samba) -> Result<(tempfile::TempDir, LdifSource, String), Trouble> {
    let folder = tempfile::tempdir()?;
    let (path, text) = (folder.path().join("export.ldif"), server.export_ldif()?);
    std::fs::write(&path, &text)?;
    Ok((folder, LdifSource::open(path), text))
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_give_the_same_plan_for_ldap_and_exports() -> Result<(), Trouble> {
    let server = Samba::options().population(Population::new(300, 40)).shared()?;
    let (_folder, export, text) = exported(server)?;
    let other = Slapd::options().suffix(server.base()).ldif(twin(&text)?).start()?;
    let live = || Ok::<_, Trouble>(LdapSource::new(samba(server, &server.administrator())?)?);
    let names = server_groups(&live()?).await?;
    let rules = rules(&server.base(), &names);

    let by_export = planned(export, &rules).await?;
    assert!(by_export.steps().len() > 200, "{} steps", by_export.steps().len());
    let expected = essence(&by_export)?;
    let by_wire = planned(live()?, &rules).await?;
    same(&expected, &essence(&by_wire)?, "Active Directory over the wire");
    let by_twin = planned(LdapSource::new(slapd(&other, &other.administrator())?)?, &rules).await?;
    let unspelled = |plan: &Plan| Ok::<_, Trouble>(essence(plan)?.iter().map(|line| plain(line)).collect::<Vec<_>>());
    same(&unspelled(&by_export)?, &unspelled(&by_twin)?, "OpenLDAP over the wire");
    Ok(())
}

async fn server_groups(source: &LdapSource) -> Result<Vec<String>, Trouble> {
    let reading = source.read(&attributes()).await?;
    let groups = whole(&reading).groups().iter().filter(|group| group.people.len() > 3);
    Ok(groups.map(|group| group.dn.to_string()).filter(|dn| !dn.contains('\'')).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_equal_for_every_bind_method_and_page_size() -> Result<(), Trouble> {
    let server = Samba::options().population(Population::new(120, 20)).shared()?;
    let (_folder, export, _) = exported(server)?;
    let export = export.read(&attributes()).await?;
    let who = server.administrator();
    let named = |name: &str| Person { principal: name.to_owned(), ..who.clone() };
    let mut ways: Vec<(&str, LdapOptions)> = vec![
        ("user@domain", samba(server, &who)?),
        ("DOMAIN\\user", samba(server, &named(&who.logon_name))?),
        ("the distinguished name", samba(server, &named(&who.dn))?),
        ("StartTLS", options(&server.plain_url(), server.ca_file(), &who)?),
        ("small pages", LdapOptions { page_size: Some(7), ..samba(server, &who)? }),
        ("small ranges", LdapOptions { range_size: Some(3), ..samba(server, &who)? }),
    ];
    let dead = Server { port: 1, ..Server::parse(&server.url())? };
    let servers = vec![dead, Server::parse(&server.url())?];
    ways.push(("a second server", LdapOptions { servers, ..samba(server, &who)? }));
    let domain = server.domain();
    let discovery = Discovery { domain, name_servers: vec![server.dns()], security: Security::Tls };
    let (servers, discover) = (Vec::new(), Some(discovery));
    ways.push(("its name in DNS", LdapOptions { servers, discover, ..samba(server, &who)? }));
    for (what, options) in ways {
        let reading =
            LdapSource::new(options)?.read(&attributes()).await.map_err(|error| format!("{what}: {error:?}"))?;
        // An export contains entries of all classes, and those without people or groups are empty units.
        let different: Vec<String> = difference(whole(&export), whole(&reading))
            .into_iter()
            .filter(|line| !line[2..].starts_with("unit "))
            .collect();
        assert!(different.is_empty(), "{what}: {}", different.join("\n"));
        assert!(reading.effort.is_some_and(|effort| effort.received > 10_000), "{what}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn openldap_passes_the_source_conformance_tests() -> Result<(), Trouble> {
    let server = Slapd::options().population(Population::new(40, 8)).shared()?;
    let everything = slapd(server, &server.administrator())?;
    let of_changes = LdapOptions { changes: Some(Changes::default()), ..everything.clone() };
    for (what, options) in [("everything", everything), ("changes", of_changes)] {
        let source = LdapSource::new(options)?;
        let broken = source::broken(&source as &dyn DirectorySource).await;
        assert!(broken.is_empty(), "{what}: {}", broken.join("\n"));
    }
    Ok(())
}

/// Each law browses every unit, and a domain has many. Therefore, each way of reading checks only some units.
#[tokio::test(flavor = "multi_thread")]
async fn active_directory_passes_the_source_conformance_tests() -> Result<(), Trouble> {
    let server = Samba::options().population(Population::new(40, 8)).shared()?;
    let (base, company) = (server.base(), format!("OU=Müller & Söhne,{}", server.base()));
    let of_changes = Some(Changes::default());
    for (what, changes, groups) in [
        ("everything", None, format!("OU=Groups,{company}")),
        // Includes groups like Domain Users, which have all people as primary group members but list no members.
        ("changes", of_changes, format!("CN=Users,{base}")),
    ] {
        let bases = [Dn::parse(&format!("OU=Germany,OU=Staff,{company}"))?, Dn::parse(&groups)?].to_vec();
        let source = LdapSource::new(LdapOptions { bases, changes, ..samba(server, &server.reader())? })?;
        let broken = source::broken(&source as &dyn DirectorySource).await;
        assert!(broken.is_empty(), "{what}: {}", broken.join("\n"));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_searches_does_not_grow_with_people() -> Result<(), Trouble> {
    let mut counts = Vec::new();
    for people in [30, 240] {
        let server = Slapd::options().population(Population::new(people, 12)).start()?;
        let source = LdapSource::new(slapd(&server, &server.administrator())?)?;
        let everyone = source.read(&attributes()).await?;
        let units = whole(&everyone).units().iter().filter(|unit| unit.dn.kind() == "ou").take(3);
        let unit = |dn: &Dn| Scope::Unit { dn: dn.clone(), depth: Depth::default() };
        let scopes = units.map(|unit_found| unit(&unit_found.dn)).collect();
        let some = source.read(&ReadRequest { scopes, ..attributes() }).await?;
        let searches = |reading: &Reading| reading.effort.clone().unwrap_or_default().searches;
        counts.push((searches(&everyone), searches(&some)));
    }
    assert_eq!(counts[0], counts[1]);
    assert_eq!(counts[0].0, 2, "one search for the root DSE and one for all entries");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_only_selected_people() -> Result<(), Trouble> {
    let server = Samba::options().population(Population::default()).shared()?;
    let source = LdapSource::new(samba(server, &server.administrator())?)?;
    let everyone = source.read(&attributes()).await?;
    let all = everyone.effort.clone().unwrap_or_default().received;
    let small = whole(&everyone).groups().iter().filter(|group| (2..8).contains(&group.people.len()));
    let small = small.map(|group| group.dn.clone()).next().ok_or("the population has no small group")?;
    let group = Scope::Group { group: GroupRef::Dn(small), membership: Membership::default() };
    let reading = source.read(&ReadRequest { scopes: vec![group], ..attributes() }).await?;
    let people = whole(&reading).people().len();
    assert!((2..40).contains(&people), "{people}");
    assert_eq!(reading.directory.groups().len(), everyone.directory.groups().len(), "every scope reads all groups");
    assert!(reading.effort.is_some_and(|effort| effort.received * 2 < all));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn binds_with_a_certificate_and_anonymously_only_on_request() -> Result<(), Trouble> {
    let server = Slapd::options().population(Population::new(40, 8)).shared()?;
    let as_admin = LdapSource::new(slapd(server, &server.administrator())?)?.read(&attributes()).await?;
    let pair = server.authority().client(Certificate::Valid, "reader")?;
    let mut by_certificate = slapd(server, &server.reader())?;
    by_certificate.sign_in = SignIn::Certificate;
    by_certificate.tls.client = Some(ClientCertificate { certificate: pair.certificate, key: pair.key });
    let reading = LdapSource::new(by_certificate)?.read(&attributes()).await?;
    assert_eq!(difference(whole(&as_admin), whole(&reading)), [] as [String; 0]);

    let anonymous = |server: &Slapd| -> Result<LdapSource, Trouble> {
        Ok(LdapSource::new(LdapOptions { sign_in: SignIn::Anonymous, ..slapd(server, &server.reader())? })?)
    };
    let reading = anonymous(server)?.read(&attributes()).await?;
    assert_eq!(difference(whole(&as_admin), whole(&reading)), [] as [String; 0]);
    let closed = Slapd::options().population(Population::new(40, 8)).without_anonymous().start()?;
    match anonymous(&closed)?.read(&attributes()).await {
        Ok(reading) => assert!(!reading.completeness.is_complete(), "missing read rights are not an empty directory"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}"),
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_no_password_to_a_server_without_a_trusted_certificate() -> Result<(), Trouble> {
    for (how, word) in [
        (Certificate::Expired, "expired"),
        (Certificate::Foreign, "BadSignature"),
        (Certificate::Misnamed, "not valid for"),
    ] {
        let server = Slapd::options().certificate(how).start()?;
        let binds = server.log()?.matches("BIND").count();
        let error = LdapSource::new(slapd(&server, &server.administrator())?)?.read(&attributes()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
        assert!(error.to_string().contains(word) && error.help().is_some(), "{error:?}");
        assert_eq!(server.log()?.matches("BIND").count(), binds, "no bind must be sent");
    }
    // The system trust store does not contain the CA of the tests.
    let server = Slapd::options().start()?;
    let mut platform = slapd(&server, &server.administrator())?;
    platform.tls.roots = Roots::Platform;
    let error = LdapSource::new(platform)?.read(&attributes()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn read_errors_explain_the_fix() -> Result<(), Trouble> {
    let server = Samba::options().shared()?;
    let wrong = Person { password: "hunter2".to_owned(), ..server.reader() };
    let error = LdapSource::new(samba(server, &wrong)?)?.read(&attributes()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(error.help(), Some("the name or the password is wrong"));
    assert!(!format!("{error:?}").contains("hunter2"));

    let mut plain = options(&server.plain_url(), server.ca_file(), &server.reader())?;
    plain.danger_plain = true;
    let error = LdapSource::new(plain)?.read(&attributes()).await.unwrap_err();
    assert!(error.to_string().contains("strongerAuthRequired"), "{error:?}");

    let nowhere = LdapOptions {
        servers: vec![Server { host: Ipv4Addr::LOCALHOST.to_string(), port: 1, security: Security::Tls }; 2],
        ..samba(server, &server.reader())?
    };
    let error = LdapSource::new(nowhere)?.read(&attributes()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.retryable() && error.to_string().contains("none of the 2 servers answered"), "{error:?}");

    let mut elsewhere = samba(server, &server.reader())?;
    elsewhere.bases = vec![Dn::parse("DC=nowhere,DC=test")?];
    let reading = LdapSource::new(elsewhere)?.read(&attributes()).await?;
    assert!(reading.completeness.to_string().contains("noSuchObject"), "{}", reading.completeness);

    let mut catalog = samba(server, &server.reader())?;
    catalog.servers = vec![Server::parse(&server.gc_url())?];
    let request = ReadRequest::everyone(["telexNumber"]);
    let error = LdapSource::new(catalog)?.read(&request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("telexNumber"), "{error:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn server_limits_make_a_read_incomplete_and_are_reported() -> Result<(), Trouble> {
    let limited = |limits: &str| {
        let who = "dn.exact=\"cn=reader,dc=example,dc=test\"";
        Slapd::options().population(Population::new(120, 12)).limit(who, limits).start()
    };
    let server = limited("size=50 size.pr=40 size.prtotal=unlimited")?;
    let source = |page_size| -> Result<LdapSource, Trouble> {
        Ok(LdapSource::new(LdapOptions { page_size, ..slapd(&server, &server.reader())? })?)
    };
    assert!(source(Some(40))?.read(&attributes()).await?.completeness.is_complete());
    let too_large = source(None)?.read(&attributes()).await?;
    assert!(too_large.completeness.to_string().contains("adminLimitExceeded"), "{}", too_large.completeness);
    let server = limited("size=50 size.prtotal=30")?;
    let reading = LdapSource::new(LdapOptions { page_size: Some(10), ..slapd(&server, &server.reader())? })?;
    let reading = reading.read(&attributes()).await?;
    assert!(reading.completeness.to_string().contains("LimitExceeded"), "{}", reading.completeness);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_warns_of_a_connection_without_tls() -> Result<(), Trouble> {
    let server = Slapd::options().population(Population::new(40, 8)).shared()?;
    let who = Person { principal: server.administrator().dn, ..server.administrator() };
    let mut plain = options(&server.plain_url(), server.ca_file(), &who)?;
    plain.danger_plain = true;
    let reading = LdapSource::new(plain)?.read(&attributes()).await?;
    assert!(reading.remarks[0].starts_with("danger: ") && reading.remarks[0].contains("without TLS"));
    whole(&reading);
    let secure = LdapSource::new(options(&server.plain_url(), server.ca_file(), &who)?)?.read(&attributes()).await?;
    assert!(secure.remarks.is_empty(), "{:?}", secure.remarks);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_two_forests_as_one_directory() -> Result<(), Trouble> {
    let one = Samba::options().population(Population::new(40, 8)).shared()?;
    let two = Samba::options().realm("OTHER.EXAMPLE.TEST").population(Population::new(30, 6).seed(9)).start()?;
    let source = |server: &Samba| -> Result<Box<dyn DirectorySource>, Trouble> {
        Ok(Box::new(LdapSource::new(samba(server, &server.reader())?)?))
    };
    let both = MergedSource::new(vec![("one".into(), source(one)?), ("two".into(), source(&two)?)])?;
    let reading = both.read(&attributes()).await?;
    let people = whole(&reading).people().iter().map(|person| person.dn.to_string()).collect::<Vec<_>>();
    assert!(people.iter().any(|dn| dn.ends_with(&one.base())) && people.iter().any(|dn| dn.ends_with(&two.base())));
    two.pause()?;
    let mut slow = samba(&two, &two.reader())?;
    slow.timeouts.connect = std::time::Duration::from_secs(1);
    let slow: Box<dyn DirectorySource> = Box::new(LdapSource::new(slow)?);
    let both = MergedSource::new(vec![("one".into(), source(one)?), ("two".into(), slow)])?;
    let error = both.read(&attributes()).await.unwrap_err();
    two.resume()?;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "an unavailable domain must not be treated as empty: {error:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn resolves_group_members_across_forests() -> Result<(), Trouble> {
    let one = Samba::options().population(Population::new(40, 8)).start()?;
    let two = Samba::options().realm("OTHER.EXAMPLE.TEST").population(Population::new(30, 6).seed(9)).start()?;
    let source =
        |server: &Samba| -> Result<LdapSource, Trouble> { Ok(LdapSource::new(samba(server, &server.reader())?)?) };
    let there = source(&two)?.read(&ReadRequest::everyone(["objectSid", "mail"])).await?;
    let directory = whole(&there);
    // A person without an address cannot be confused with a person of the other forest.
    let stranger = directory
        .people()
        .iter()
        .find(|person| directory.text(person, "mail").is_none())
        .ok_or("every person has an address")?;
    let sid = directory.values(stranger, "objectSid")[0].as_bytes();
    let below = sid[8..].chunks(4).map(|part| u32::from_le_bytes([part[0], part[1], part[2], part[3]]).to_string());
    let sid = format!("S-1-{}-{}", sid[7], below.collect::<Vec<_>>().join("-"));
    // A domain local group may have members of trusted domains. Active Directory stores a foreign security principal
    // for each.
    one.modify(&format!(
        "dn: CN=Across,CN=Users,{}\nchangetype: add\nobjectClass: group\nsAMAccountName: across\ngroupType: -2147483644\n\
         member: <SID={sid}>\n\n",
        one.base()
    ))?;
    let parts: Vec<(String, Box<dyn DirectorySource>)> =
        vec![("one".into(), Box::new(source(&one)?)), ("two".into(), Box::new(source(&two)?))];
    let reading = MergedSource::new(parts)?.read(&attributes()).await?;
    let both = whole(&reading);
    let across = both.groups().iter().find(|group| &*group.name == "across").ok_or("the group was not read")?;
    let members: Vec<String> = across.people.iter().map(|ix| both.person(*ix).dn.to_string()).collect();
    assert_eq!(members, [stranger.dn.to_string()], "{:?}", across.strangers);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_user_can_read_and_an_empty_password_is_not_sent() -> Result<(), Trouble> {
    let server = Samba::options().population(Population::new(40, 8)).shared()?;
    let reading = LdapSource::new(samba(server, &server.reader())?)?.read(&attributes()).await?;
    let census = whole(&reading).people().len();
    assert!(census >= 40, "{census}");
    let mut empty = samba(server, &server.reader())?;
    empty.sign_in = SignIn::Simple { name: server.reader().principal, password: Secret::new("") };
    assert_eq!(LdapSource::new(empty).unwrap_err().kind(), ErrorKind::Input);
    let ignore = LdapOptions { referrals: Referrals::Ignore, ..samba(server, &server.reader())? };
    assert!(LdapSource::new(ignore)?.read(&attributes()).await?.remarks[0].contains("not followed"));
    Ok(())
}
