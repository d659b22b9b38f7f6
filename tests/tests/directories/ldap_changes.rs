//! Checks that reading only changes gives the same directory as a full read, after any history of changes and with
//! every method.

use std::time::Duration;

use gotosync_core::model::{Dn, Kept, ReadRequest, Scope};
use gotosync_core::source::ldap::{Changes, DeltaMethod, LdapOptions};
use gotosync_core::source::{DirectorySource, LdapSource};
use gotosync_tests::Trouble;
use gotosync_tests::changes::Town;
use gotosync_tests::reading::{difference, ds389, samba, slapd, whole};
use gotosync_tests::servers::{Ds389, Population, Samba, Slapd, Style};

/// A method of reading changes, with the data kept from its last read.
struct Way {
    name: &'static str,
    source: LdapSource,
    /// A source that always reads everything from the same server as the same user, because users may have different
    /// read rights.
    everything: LdapSource,
    left: Option<Kept>,
    /// The number of reads that read only changes.
    deltas: u32,
}

impl Way {
    fn new(name: &'static str, options: LdapOptions, method: DeltaMethod) -> Result<Self, Trouble> {
        let everything = LdapSource::new(options.clone())?;
        let changes = Some(Changes { method: Some(method), full_every: 1000 });
        let source = LdapSource::new(LdapOptions { changes, ..options })?;
        Ok(Self { name, source, everything, left: None, deltas: 0 })
    }
}

fn request() -> ReadRequest {
    ReadRequest::everyone(["mail", "sn", "title", "manager", "description"])
}

/// Makes changes and, after every few of them, reads the directory with each method.
async fn history(
    ways: &mut [Way],
    town: &mut Town,
    rounds: usize,
    make: &dyn Fn(&str) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let mut story = Vec::new();
    for round in 0..rounds {
        for _ in 0..=(round % 4) {
            let (what, record) = town.change();
            story.push(format!("{round}: {what}\n{record}"));
            make(&record).map_err(|error| format!("{error}\n{record}"))?;
        }
        for way in &mut *ways {
            let reading = way.everything.read(&request()).await?;
            let asked = ReadRequest { since: way.left.clone(), ..request() };
            let found = way.source.read(&asked).await?;
            let effort = found.effort.clone().unwrap_or_default();
            let different = difference(whole(&reading), whole(&found));
            let told = || story.join("\n");
            assert!(different.is_empty(), "{} ({effort}):\n{}\nafter\n{}", way.name, different.join("\n"), told());
            way.deltas += u32::from(effort.changes.is_some());
            way.left = found.kept.or(way.left.take());
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn active_directory_reads_the_same_in_full_and_by_changes() -> Result<(), Trouble> {
    let server = Samba::options().population(Population::new(60, 12)).start()?;
    let (mut town, founding) = Town::found(Style::ActiveDirectory, &server.base(), 7);
    server.modify(&founding)?;
    // Only with a deleted entry can the reader find out whether the user may see deleted entries.
    let gone = format!("CN=Gone,OU=Town,{}", server.base());
    server.modify(&format!("dn: {gone}\nchangetype: add\nobjectClass: user\nsAMAccountName: gone\n\n"))?;
    server.modify(&format!("dn: {gone}\nchangetype: delete\n\n"))?;
    let mut ways = [
        Way::new("DirSync", samba(&server, &server.administrator())?, DeltaMethod::DirSync)?,
        Way::new(
            "DirSync with the right to replicate alone",
            samba(&server, &server.replica())?,
            DeltaMethod::DirSync,
        )?,
        Way::new("DirSync without the right", samba(&server, &server.reader())?, DeltaMethod::DirSync)?,
        Way::new("uSNChanged", samba(&server, &server.administrator())?, DeltaMethod::Usn)?,
        Way::new("uSNChanged without sight of what is deleted", samba(&server, &server.reader())?, DeltaMethod::Usn)?,
    ];
    history(&mut ways, &mut town, 30, &|record| server.modify(record)).await?;
    for way in &ways {
        assert!(way.deltas >= 25, "{}: only {} of 30 readings were of changes", way.name, way.deltas);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn openldap_reads_the_same_in_full_and_by_changes() -> Result<(), Trouble> {
    let server = Slapd::options().population(Population::new(60, 12)).start()?;
    let (mut town, founding) = Town::found(Style::OpenLdap, server.base(), 11);
    server.modify(&founding)?;
    let options = slapd(&server, &server.administrator())?;
    let mut ways = [
        Way::new("syncrepl", options.clone(), DeltaMethod::Syncrepl)?,
        Way::new("modifyTimestamp", options, DeltaMethod::Timestamp)?,
    ];
    history(&mut ways, &mut town, 30, &|record| server.modify(record)).await?;
    // A restart deletes the session log. The server then lists the existing entries instead.
    server.restart()?;
    history(&mut ways, &mut town, 5, &|record| server.modify(record)).await?;
    for way in &ways {
        assert!(way.deltas >= 30, "{}: only {} of 35 readings were of changes", way.name, way.deltas);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn directory_server_389_reads_the_same_in_full_and_by_changes() -> Result<(), Trouble> {
    let server = Ds389::options().population(Population::new(60, 12)).with_synchronization().start()?;
    let (mut town, founding) = Town::found(Style::Ds389, server.base(), 13);
    server.modify(&founding)?;
    let mut ways = [
        Way::new("modifyTimestamp", ds389(&server, &server.administrator())?, DeltaMethod::Timestamp)?,
        Way::new("modifyTimestamp, as an ordinary user", ds389(&server, &server.reader())?, DeltaMethod::Timestamp)?,
    ];
    history(&mut ways, &mut town, 30, &|record| server.modify(record)).await?;
    for way in &ways {
        assert!(way.deltas >= 25, "{}: only {} of 30 readings were of changes", way.name, way.deltas);
    }
    // This server supports content synchronization but does not publish its change number, which the best method
    // requires.
    let best =
        LdapSource::new(LdapOptions { changes: Some(Changes::default()), ..ds389(&server, &server.administrator())? })?;
    let offered = best.describe().await?.servers.into_iter().flat_map(|server| server.controls);
    assert!(offered.into_iter().any(|control| control.oid == "1.3.6.1.4.1.4203.1.9.1.1"));
    let first = best.read(&request()).await?;
    let again = best.read(&ReadRequest { since: first.kept.clone(), ..request() }).await?;
    assert!(again.effort.clone().unwrap_or_default().changes.is_some(), "{:?}", again.effort);
    assert!(difference(whole(&first), whole(&again)).is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_directory_needs_no_search_for_people() -> Result<(), Trouble> {
    let server = Samba::options().population(Population::new(60, 12)).start()?;
    for method in [DeltaMethod::Usn, DeltaMethod::DirSync] {
        let mut way = Way::new("quiet", samba(&server, &server.replica())?, method)?;
        let first = way.source.read(&request()).await?;
        let full = first.effort.clone().unwrap_or_default();
        way.left = first.kept.clone();
        let asked = ReadRequest { since: way.left.clone(), ..request() };
        let second = way.source.read(&asked).await?;
        let effort = second.effort.clone().unwrap_or_default();
        assert_eq!(
            (effort.changes, effort.searches),
            (Some(0), 2),
            "one search for the root DSE and one for the database id"
        );
        assert!(effort.received * 10 < full.received, "{effort} against {full}");
        assert!(second.kept.is_none(), "an unchanged directory needs no new cache");
        assert!(difference(whole(&first), whole(&second)).is_empty());
        // Another process has only the cached data.
        let stranger = Way::new("stranger", samba(&server, &server.replica())?, method)?;
        let third = stranger.source.read(&asked).await?;
        assert_eq!(third.effort.clone().unwrap_or_default().changes, Some(0));
        assert!(difference(whole(&first), whole(&third)).is_empty());
    }
    Ok(())
}

/// Reads only the changes and everything, compares both, and returns the kept data and the reason for a full read, if
/// there was one.
async fn both(way: &Way, request: &ReadRequest, left: Option<Kept>) -> Result<(Option<Kept>, Option<String>), Trouble> {
    let found = way.source.read(&ReadRequest { since: left.clone(), ..request.clone() }).await?;
    let everything = way.everything.read(request).await?;
    let different = difference(whole(&everything), whole(&found));
    let effort = found.effort.clone().unwrap_or_default();
    assert!(different.is_empty(), "{} ({effort}): {}", way.name, different.join("\n"));
    Ok((found.kept.or(left), effort.everything_because))
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_temporarily_need_fewer_attributes_lose_nothing() -> Result<(), Trouble> {
    let domain = Samba::options().population(Population::new(40, 8)).start()?;
    let (mut town, founding) = Town::found(Style::ActiveDirectory, &domain.base(), 5);
    domain.modify(&founding)?;
    let way = Way::new("uSNChanged", samba(&domain, &domain.administrator())?, DeltaMethod::Usn)?;
    let asked = [ReadRequest::everyone(["mail"]), request()];
    let (mut left, _) = both(&way, &asked[1], None).await?;
    for round in 0..8 {
        domain.modify(&town.change().1)?;
        let everything_because;
        (left, everything_because) = both(&way, &asked[round % 2], left).await?;
        assert_eq!(everything_because, None);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_moved_into_scope_brings_its_people() -> Result<(), Trouble> {
    let domain = Samba::options().start()?;
    let server = Slapd::options().population(Population::new(10, 2)).start()?;
    let made = |base: &str, person: &str| {
        let unit = |dn: &str| format!("dn: {dn},{base}\nchangetype: add\nobjectClass: organizationalUnit\n\n");
        let person = format!("dn: CN=Ann,OU=Team,OU=Outside,{base}\nchangetype: add\n{person}\n\n");
        [unit("OU=Inside"), unit("OU=Outside"), unit("OU=Team,OU=Outside"), person].concat()
    };
    let ad = "objectClass: user\nsAMAccountName: ann\nmail: ann@example.test";
    let rfc = "objectClass: inetOrgPerson\nsn: Ann\nmail: ann@example.test";
    domain.modify(&made(&domain.base(), ad))?;
    server.modify(&made(server.base(), rfc))?;
    let moved = |base: &str, from: &str, to: &str| {
        format!(
            "dn: OU=Team,OU={from},{base}\nchangetype: modrdn\nnewrdn: OU=Team\ndeleteoldrdn: 1\nnewsuperior: OU={to},{base}\n\n"
        )
    };
    let inside = |base: &str| Dn::parse(&format!("OU=Inside,{base}")).map(|dn| vec![dn]);
    let at_domain = LdapOptions { bases: inside(&domain.base())?, ..samba(&domain, &domain.administrator())? };
    let at_server = LdapOptions { bases: inside(server.base())?, ..slapd(&server, &server.administrator())? };
    let ways = [
        Way::new("uSNChanged", at_domain.clone(), DeltaMethod::Usn)?,
        Way::new("DirSync", at_domain, DeltaMethod::DirSync)?,
        Way::new("syncrepl", at_server, DeltaMethod::Syncrepl)?,
    ];
    let mut left = Vec::new();
    for way in &ways {
        left.push(both(way, &request(), None).await?.0);
    }
    for (from, to) in [("Outside", "Inside"), ("Inside", "Outside")] {
        domain.modify(&moved(&domain.base(), from, to))?;
        server.modify(&moved(server.base(), from, to))?;
        for (way, left) in ways.iter().zip(&mut left) {
            let everything_because;
            (*left, everything_because) = both(way, &request(), left.take()).await?;
            // Content synchronization does not report the entries below a unit that leaves the scope.
            let missed = (way.name, to) == ("syncrepl", "Outside");
            let why = missed.then_some("the parents of some entries are missing");
            assert_eq!(everything_because.as_deref(), why, "{} {to}", way.name);
        }
    }
    Ok(())
}

/// Waits for a change, makes one, and reports how the wait ended.
async fn heard(source: &LdapSource, left: &Kept, make: impl FnOnce() -> Result<(), Trouble>) -> Result<(), Trouble> {
    let every = Duration::from_millis(50);
    let (waiting, kept) = (source.clone(), left.clone());
    let wait = tokio::spawn(async move { waiting.wait_for_changes(&kept, every).await });
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(!wait.is_finished(), "nothing has changed yet: {:?}", wait.await);
    make()?;
    Ok(tokio::time::timeout(Duration::from_secs(20), wait).await???)
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_with_a_change_and_not_before() -> Result<(), Trouble> {
    let slapd_server = Slapd::options().population(Population::new(40, 8)).start()?;
    // The server may stay silent for longer than the response timeout.
    let mut options = slapd(&slapd_server, &slapd_server.administrator())?;
    options.timeouts.idle = Duration::from_millis(400);
    let (_, founding) = Town::found(Style::OpenLdap, slapd_server.base(), 3);
    let way = Way::new("syncrepl", options, DeltaMethod::Syncrepl)?;
    let left = way.source.read(&request()).await?.kept.ok_or("the read kept no data")?;
    heard(&way.source, &left, || slapd_server.modify(&founding)).await?;
    // A change before the wait ends it immediately.
    way.source.wait_for_changes(&left, Duration::from_mins(1)).await?;
    // A deletion is reported without an entry.
    let left = way.source.read(&request()).await?.kept.ok_or("the read kept no data")?;
    let gone = format!("dn: OU=Waited,OU=Town,{}", slapd_server.base());
    slapd_server.modify(&format!("{gone}\nchangetype: add\nobjectClass: organizationalUnit\n\n"))?;
    let asked = ReadRequest { since: Some(left), ..request() };
    let left = way.source.read(&asked).await?.kept.ok_or("the read kept no data")?;
    heard(&way.source, &left, || slapd_server.modify(&format!("{gone}\nchangetype: delete\n\n"))).await?;

    let domain = Samba::options().start()?;
    let way = Way::new("uSNChanged", samba(&domain, &domain.administrator())?, DeltaMethod::Usn)?;
    let left = way.source.read(&request()).await?.kept.ok_or("the read kept no data")?;
    let (_, founding) = Town::found(Style::ActiveDirectory, &domain.base(), 3);
    heard(&way.source, &left, || domain.modify(&founding)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_does_not_fit_leads_to_a_full_read() -> Result<(), Trouble> {
    let server = Slapd::options().population(Population::new(40, 8)).start()?;
    let options = slapd(&server, &server.administrator())?;
    let way = Way::new("syncrepl", options.clone(), DeltaMethod::Syncrepl)?;
    let first = way.source.read(&request()).await?;
    let kept = first.kept.clone().ok_or("the read kept no data")?;
    let all_people = whole(&first).people().len();

    let mut damaged = kept.bytes().to_vec();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let cut = kept.bytes()[..middle].to_vec();
    let others = ReadRequest { since: Some(kept.clone()), ..ReadRequest::everyone(["mail", "employeeNumber"]) };
    for (what, asked) in [
        ("damaged", ReadRequest { since: Some(Kept::new(damaged)), ..request() }),
        ("cut", ReadRequest { since: Some(Kept::new(cut)), ..request() }),
        ("of another version", ReadRequest { since: Some(Kept::new(*b"gotosync mirror 0\n")), ..request() }),
        ("for other attributes", others),
    ] {
        let reading = LdapSource::new(LdapOptions { changes: Some(Changes::default()), ..options.clone() })?;
        let reading = reading.read(&asked).await?;
        assert_eq!(reading.effort.clone().unwrap_or_default().changes, None, "{what}");
        assert_eq!(whole(&reading).people().len(), all_people, "{what}");
        assert!(reading.kept.is_some(), "{what}");
    }
    // A full read is made at regular intervals nevertheless.
    let changes = Some(Changes { method: None, full_every: 1 });
    let impatient = LdapSource::new(LdapOptions { changes, ..options })?;
    let again = impatient.read(&ReadRequest { since: Some(kept), ..request() }).await?;
    let effort = again.effort.clone().unwrap_or_default();
    assert_eq!(effort.everything_because.as_deref(), Some("a full read is due (`full_every`)"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_select_the_same_people_from_the_cache() -> Result<(), Trouble> {
    let server = Samba::options().population(Population::new(120, 20)).shared()?;
    let options = samba(server, &server.replica())?;
    let plain = LdapSource::new(options.clone())?;
    let all = plain.read(&request()).await?;
    let mirrored = Way::new("mirror", options, DeltaMethod::Usn)?;
    let left = mirrored.source.read(&request()).await?.kept;
    let groups = whole(&all).groups().iter().map(|group| Scope::Group {
        group: gotosync_core::model::GroupRef::Dn(group.dn.clone()),
        membership: gotosync_core::model::Membership::Nested,
    });
    let units = whole(&all)
        .units()
        .iter()
        .filter(|unit| unit.dn.as_str().starts_with("OU="))
        .map(|unit| Scope::Unit { dn: unit.dn.clone(), depth: gotosync_core::model::Depth::Subtree });
    let mut people = 0;
    for scope in groups.chain(units) {
        let asked = ReadRequest { scopes: vec![scope.clone()], since: left.clone(), ..request() };
        let (one, other) = (plain.read(&asked).await?, mirrored.source.read(&asked).await?);
        let different = difference(whole(&one), whole(&other));
        assert!(different.is_empty(), "{scope}: {}", different.join("\n"));
        people += one.directory.people().len();
    }
    assert!(people > 100, "the scopes select too few people for this test: {people}");
    Ok(())
}
