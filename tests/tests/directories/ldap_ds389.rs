//! 389 Directory Server: person ids, read attributes, and server limits.

use std::collections::BTreeSet;

use gotosync_core::model::{Account as GotoAccount, Dn, GroupRef, License, Membership, ReadRequest};
use gotosync_core::source::ldap::{Changes, LdapOptions, SignIn};
use gotosync_core::source::{
    DirectorySource, LIST_ATTRIBUTES, LdapSource, LdifSource, ListQuery, Readable, Standing, children_of, listing_of,
};
use gotosync_core::state::MemoryState;
use gotosync_core::target::MemoryTarget;
use gotosync_core::{Engine, Rules};
use gotosync_tests::Trouble;
use gotosync_tests::laws::source;
use gotosync_tests::reading::{difference, ds389, options, whole};
use gotosync_tests::servers::{Ds389, Population, Style};

fn attributes() -> ReadRequest {
    ReadRequest::everyone(["mail", "givenName", "sn", "telephoneNumber", "manager", "title", "uid"])
}

fn exported(text: &str) -> Result<(tempfile::TempDir, LdifSource), Trouble> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("export.ldif");
    std::fs::write(&path, text)?;
    Ok((folder, LdifSource::open(path)))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_size_reads_the_same_as_the_export() -> Result<(), Trouble> {
    let server = Ds389::options().population(Population::default()).start()?;
    // Entries added later have two ids.
    let late = format!("dn: uid=late,{}\nobjectClass: inetOrgPerson\nuid: late\ncn: Late\nsn: Late\n", server.base());
    server.modify(&late)?;
    let text = server.export_ldif()?;
    assert_eq!(text.matches("\nentryUUID: ").count(), 1, "only the entry added later has an entryUUID");
    let (_folder, export) = exported(&text)?;
    let export = export.read(&attributes()).await?;
    let census = Population::default().content(Style::Ds389, server.base()).census();
    assert_eq!(whole(&export).people().len(), census.people + 1);
    assert_eq!(whole(&export).groups().len(), census.groups);
    let off = export.directory.people().iter().filter(|person| person.disabled).count();
    assert!(off == census.disabled && off > 10, "{off} of {census:?}");

    let start_tls = options(&server.plain_url(), server.ca_file(), &server.administrator())?;
    let ways: [(&str, LdapOptions); 4] = [
        ("everything at once", ds389(&server, &server.administrator())?),
        ("small pages", LdapOptions { page_size: Some(7), ..ds389(&server, &server.administrator())? }),
        ("StartTLS", start_tls),
        ("an ordinary user", ds389(&server, &server.reader())?),
    ];
    for (what, options) in ways {
        let reading = LdapSource::new(options)?.read(&attributes()).await?;
        // An export contains entries of all classes, and those without people or groups are empty units.
        let different = difference(whole(&export), whole(&reading));
        let different: Vec<_> = different.into_iter().filter(|line| !line[2..].starts_with("unit ")).collect();
        assert!(different.is_empty(), "{what}: {}", different.join("\n"));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_the_members_of_groups_of_every_class() -> Result<(), Trouble> {
    let server = Ds389::options().start()?;
    let base = server.base();
    let person = |uid: &str| {
        format!(
            "dn: uid={uid},{base}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: {uid}\ncn: {uid}\nsn: {uid}\n\
             uidNumber: 1\ngidNumber: 1\nhomeDirectory: /\n\n"
        )
    };
    let group =
        |class: &str, members: &str| format!("dn: cn={class},{base}\nobjectClass: {class}\ncn: {class}\n{members}\n\n");
    server.modify(&["ann", "bob"].map(person).concat())?;
    server.modify(&group("groupOfNames", &format!("member: uid=ann,{base}")))?;
    server.modify(&group(
        "groupOfUniqueNames",
        &format!("uniqueMember: uid=bob,{base}\nuniqueMember: cn=groupOfNames,{base}"),
    ))?;
    server.modify(&group("posixGroup", "gidNumber: 1\nmemberUid: bob"))?;
    let (_folder, export) = exported(&server.export_ldif()?)?;
    let (wire, export) = (
        LdapSource::new(ds389(&server, &server.reader())?)?.read(&attributes()).await?,
        export.read(&attributes()).await?,
    );
    let directory = whole(&wire);
    let who = |name: &str, membership| {
        let groups = match *directory.find_groups(&GroupRef::parse(name)) {
            [one] if membership == Membership::Nested => directory.nested_groups(one),
            ref other => other.to_vec(),
        };
        let people = groups.iter().flat_map(|ix| &directory.group(*ix).people);
        people.map(|ix| directory.person(*ix).dn.name()).collect::<BTreeSet<_>>()
    };
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(who("groupOfNames", Membership::Direct), names(&["ann"]));
    assert_eq!(who("groupOfUniqueNames", Membership::Direct), names(&["bob"]));
    assert_eq!(who("groupOfUniqueNames", Membership::Nested), names(&["ann", "bob"]));
    assert_eq!(who("posixGroup", Membership::Direct), names(&["bob"]));
    let different = difference(whole(&export), directory);
    assert!(different.iter().all(|line| line[2..].starts_with("unit ")), "{}", different.join("\n"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_give_the_same_plan_as_for_its_export() -> Result<(), Trouble> {
    let server = Ds389::options().population(Population::default()).shared()?;
    let (_folder, export) = exported(&server.export_ldif()?)?;
    let rules = "[limits]\ncreate = 'unlimited'\n[[rule]]\nname = 'Chained'\ngroup = 'Chain 1'\nproducts = ['GoToMeeting']\n\
                 [[rule]]\nname = 'Everyone'\neveryone = true\nfilter = '(mail=*)'\n";
    let by_export = plan(export, rules).await?;
    assert!(by_export.len() > 200, "{} steps", by_export.len());
    let selected = by_export.iter().filter(|step| step.contains("\"Chained\"")).count();
    assert!(selected > 8, "the rule must select the members of all nested groups: {selected}");
    assert_eq!(plan(LdapSource::new(ds389(server, &server.reader())?)?, rules).await?, by_export);
    Ok(())
}

async fn plan(source: impl DirectorySource + 'static, rules: &str) -> Result<Vec<String>, Trouble> {
    let licenses = vec![License::new("1", "GoToMeeting", &["G2M"], 10_000)];
    let account = GotoAccount { licenses, ..GotoAccount::empty("1", "Test") };
    let rules = Rules::parse(rules, "rules.toml").map_err(gotosync_core::Error::from)?;
    let engine = Engine::new(source, MemoryTarget::new(account), MemoryState::new(), rules);
    let plan = engine.clock(|| "2026-11-23T08:00:00Z".parse().unwrap_or_default()).plan().await?.plan;
    Ok(plan.steps().iter().map(serde_json::to_string).collect::<Result<_, _>>()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn passes_the_source_conformance_tests() -> Result<(), Trouble> {
    let server = Ds389::options().population(Population::new(30, 8)).shared()?;
    let everything = ds389(server, &server.reader())?;
    let of_changes = LdapOptions { changes: Some(Changes::default()), ..everything.clone() };
    for (what, options) in [("everything", everything), ("changes", of_changes)] {
        let source = LdapSource::new(options)?;
        let broken = source::broken(&source as &dyn DirectorySource).await;
        assert!(broken.is_empty(), "{what}: {}", broken.join("\n"));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_people_identified_when_another_id_attribute_is_set() -> Result<(), Trouble> {
    let server = Ds389::options().population(Population::new(30, 8)).start()?;
    let source = LdapSource::new(ds389(&server, &server.reader())?)?;
    let ids = async || -> Result<BTreeSet<String>, Trouble> {
        let reading = source.read(&attributes()).await?;
        Ok(whole(&reading).people().iter().map(|person| person.id.to_string()).collect())
    };
    let before = ids().await?;
    assert!(!server.export_ldif()?.contains("entryUUID: "), "no entry may have an entryUUID yet");
    server.give_entry_uuids()?;
    let export = server.export_ldif()?;
    assert!(export.matches("entryUUID: ").count() > 30, "now every entry has an entryUUID");
    assert_eq!(ids().await?, before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_limit_makes_a_read_incomplete_and_is_reported() -> Result<(), Trouble> {
    let people = Population::new(120, 12);
    // The size limit applies to one response (a page), and the look-through limit to the whole search.
    for (name, value, page, code) in [
        ("nsSizeLimit", "50", 100, "sizeLimitExceeded"),
        ("nsPagedSizeLimit", "50", 100, "sizeLimitExceeded"),
        ("nsLookThroughLimit", "20", 10, "adminLimitExceeded"),
    ] {
        let server = Ds389::options().population(people).limit(name, value).start()?;
        let reader = LdapOptions { page_size: Some(page), ..ds389(&server, &server.reader())? };
        let reading = LdapSource::new(reader)?.read(&attributes()).await?;
        assert!(reading.completeness.to_string().contains(code), "{name}: {}", reading.completeness);
    }
    // The limits that the documentation recommends.
    let free = [("nsSizeLimit", "50"), ("nsLookThroughLimit", "20")].into_iter();
    let free =
        free.chain(["nsPagedSizeLimit", "nsPagedLookThroughLimit", "nsPagedIDListScanLimit"].map(|name| (name, "-1")));
    let server = free.fold(Ds389::options().population(people), |options, (name, value)| options.limit(name, value));
    let server = server.start()?;
    let reader = LdapOptions { page_size: Some(100), ..ds389(&server, &server.reader())? };
    assert_eq!(whole(&LdapSource::new(reader)?.read(&attributes()).await?).people().len(), 120);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_read_rights_are_not_an_empty_directory() -> Result<(), Trouble> {
    let server = Ds389::options().population(Population::new(30, 8)).shared()?;
    let anonymous = LdapOptions { sign_in: SignIn::Anonymous, ..ds389(server, &server.reader())? };
    let reading = LdapSource::new(anonymous)?.read(&attributes()).await?;
    assert!(!reading.completeness.is_complete(), "{}", reading.completeness);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn describing_and_browsing_match_reading() -> Result<(), Trouble> {
    let server = Ds389::options().population(Population::default()).shared()?;
    let source = LdapSource::new(ds389(server, &server.reader())?)?;
    let info = source.describe().await?;
    assert!(info.vendor.as_ref().is_some_and(|vendor| vendor.starts_with("389 Directory Server ")), "{info:?}");
    assert_eq!(info.naming_contexts, [Dn::parse(server.base())?]);
    let [own] = &info.servers[..] else { return Err("expected one server".into()) };
    assert_eq!((own.people, own.pages, own.deleted_objects), (Some(Readable::People), true, None));
    assert_eq!(own.identity.dn, Some(Dn::parse(&server.reader().dn)?));

    let directory = source.read(&ReadRequest::everyone(LIST_ATTRIBUTES)).await?.directory;
    let units = directory.units().iter().map(|unit| Some(unit.dn.clone()));
    let mut off = 0;
    for place in units.chain([None]) {
        assert_eq!(source.children(place.as_ref()).await?, children_of(&directory, place.as_ref())?, "{place:?}");
        let query = ListQuery { limit: 1000, ..ListQuery::of(place) };
        let (wire, now) = (source.list(&query).await?, jiff::Timestamp::now());
        off += wire.people.iter().filter(|person| person.standing == Standing::Disabled).count();
        assert_eq!(wire, listing_of(&directory, &query, now)?, "{query:?}");
    }
    assert!(off > 10, "disabled people must be shown as disabled: {off}");
    Ok(())
}
