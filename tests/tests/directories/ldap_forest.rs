//! A forest that is found by one of its domains.

use gotosync_core::ErrorKind;
use gotosync_core::model::{Depth, Dn, ReadRequest, Reading};
use gotosync_core::source::ldap::{Changes, Discovery, LdapOptions, Security};
use gotosync_core::source::{
    DirectorySource, ForestSource, LIST_ATTRIBUTES, ListQuery, NodeKind, children_of, listing_of,
};
use gotosync_tests::Trouble;
use gotosync_tests::reading::{self, whole};
use gotosync_tests::servers::{Forest, Samba};

/// Returns the options for reading the forest.
fn options(forest: &Forest) -> Result<LdapOptions, Trouble> {
    let (domain, name_servers) = (forest.first.domain(), vec![forest.names.address()]);
    let discovery = Discovery { domain, name_servers, security: Security::Tls };
    let options = reading::options(&forest.first.url(), forest.ca_file(), &forest.first.reader())?;
    Ok(LdapOptions { servers: Vec::new(), discover: Some(discovery), ..options })
}

fn everyone() -> ReadRequest {
    ReadRequest::everyone(LIST_ATTRIBUTES)
}

/// Returns the number of people of each domain.
fn counts(forest: &Forest, reading: &Reading) -> Result<(usize, usize), Trouble> {
    let below = Dn::parse(&forest.below.base())?;
    let people = reading.directory.people();
    let inside = people.iter().filter(|person| person.dn.is_within(&below)).count();
    Ok((people.len() - inside, inside))
}

#[tokio::test(flavor = "multi_thread")]
async fn finds_reads_and_browses_a_forest_as_one_directory() -> Result<(), Trouble> {
    let forest = Forest::start()?;
    let source = ForestSource::new(options(&forest)?)?;
    let reading = source.read(&everyone()).await?;
    let directory = whole(&reading);
    let own = Samba::OWN_PEOPLE.len();
    let (first, below) = counts(&forest, &reading)?;
    assert_eq!((first, below), (40 + own, 12 + own), "no person may be in both domains: {:?}", reading.remarks);
    assert!(reading.effort.as_ref().is_some_and(|effort| effort.connections >= 3), "{:?}", reading.effort);

    assert_eq!(source.children(None).await?, children_of(directory, None)?);
    let (root, sub) = (Dn::parse(&forest.first.base())?, Dn::parse(&forest.below.base())?);
    let levels = [root.clone(), sub.clone(), Dn::parse(&format!("CN=Users,{sub}"))?];
    for place in &levels {
        assert_eq!(source.children(Some(place)).await?, children_of(directory, Some(place))?, "{place}");
        for depth in [Depth::OneLevel, Depth::Subtree] {
            let query = ListQuery { depth, limit: 7, ..ListQuery::of(Some(place.clone())) };
            let listed = source.list(&query).await?;
            assert_eq!(listed, listing_of(directory, &query, jiff::Timestamp::now())?, "{query:?}");
        }
    }
    let shown = source.children(Some(&root)).await?;
    assert!(
        shown.iter().any(|node| node.dn == sub && node.kind == NodeKind::NamingContext && node.people_below == below)
    );
    let nowhere = source.children(Some(&Dn::parse("OU=Nowhere,DC=invalid")?)).await.unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::NotFound);

    let info = source.describe().await?;
    assert_eq!((info.servers.len(), &info.naming_contexts[..]), (2, &[root][..]));
    assert_eq!(info.servers[0].domains.iter().map(|domain| domain.here).collect::<Vec<_>>(), [true, false]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_domain_makes_the_forest_incomplete_and_is_named() -> Result<(), Trouble> {
    let forest = Forest::start()?;
    let domain = forest.below.domain();
    let mut impatient = options(&forest)?;
    impatient.timeouts.connect = std::time::Duration::from_secs(2);
    let source = ForestSource::new(impatient)?;
    let told = |reading: &Reading| {
        assert!(!reading.completeness.is_complete());
        assert!(counts(&forest, reading).is_ok_and(|(first, below)| first >= 40 && below == 0));
        reading.completeness.to_string()
    };
    forest.names.forget(&domain);
    let unknown = told(&source.read(&everyone()).await?);
    assert_eq!(
        unknown,
        format!("incomplete; {domain}: the domain: DNS has no SRV records for directory servers of `{domain}`")
    );
    // DNS returns the controller of another domain, whose entries must not be used for this domain.
    forest.names.learn(&domain, &forest.first.fqdn(), forest.first.ip());
    let wrong = told(&source.read(&everyone()).await?);
    assert!(wrong.starts_with(&format!("incomplete; {domain}: ")) && wrong.contains("noSuchObject"), "{wrong}");
    forest.names.forget(&domain);
    forest.names.learn(&domain, &forest.below.fqdn(), forest.below.ip());
    forest.below.pause()?;
    let silent = source.read(&everyone()).await;
    let browsed = source.children(None).await;
    forest.below.resume()?;
    let silent = told(&silent?);
    assert!(silent.contains(&format!("{domain}: the domain: ")) && silent.contains("within 2 s"), "{silent}");
    let error = browsed.unwrap_err();
    assert!(
        error.to_string().contains(&format!("domain: {domain}")),
        "counts without a domain would be wrong: {error}"
    );
    let whole_again = source.read(&everyone()).await?;
    assert!(counts(&forest, &whole_again)?.1 > 0 && whole_again.completeness.is_complete());
    // Without the list of domains, the read fails.
    forest.names.forget(&forest.first.domain());
    assert_eq!(source.read(&everyone()).await.unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_only_changes_until_the_forest_gets_other_domains() -> Result<(), Trouble> {
    let forest = Forest::start()?;
    let source = ForestSource::new(LdapOptions { changes: Some(Changes::default()), ..options(&forest)? })?;
    let first = source.read(&everyone()).await?;
    let kept = first.kept.clone().ok_or("the read kept no data")?;
    let since = |kept| ReadRequest { since: Some(kept), ..everyone() };
    let changes = |reading: &Reading| reading.effort.as_ref().and_then(|effort| effort.changes);
    let quiet = source.read(&since(kept.clone())).await?;
    assert_eq!((changes(&quiet), whole(&quiet).people().len()), (Some(0), whole(&first).people().len()));
    forest.below.modify(&format!(
        "dn: CN=New,CN=Users,{}\nchangetype: add\nobjectClass: user\nsAMAccountName: new\n\n",
        forest.below.base()
    ))?;
    let news = source.read(&since(kept.clone())).await?;
    assert!(changes(&news).is_some_and(|changes| changes > 0), "{:?}", news.effort);
    assert_eq!(whole(&news).people().len(), first.directory.people().len() + 1);
    // A domain that is announced but not enabled is ignored.
    forest.has(&[(&forest.below.domain(), "SUB", "TRUE"), ("soon.ad.example.test", "SOON", "FALSE")])?;
    whole(&source.read(&since(kept.clone())).await?);
    forest.has(&[("other.ad.example.test", "OTHER", "TRUE")])?;
    let other = source.read(&since(kept)).await?;
    assert_eq!((changes(&other), counts(&forest, &other)?.1), (None, 0));
    let told = other.completeness.to_string();
    assert!(told.starts_with("incomplete; other.ad.example.test: the domain: DNS has no SRV records"), "{told}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn base_dns_select_the_domains_to_read() -> Result<(), Trouble> {
    let forest = Forest::start()?;
    let users = Dn::parse(&format!("CN=Users,{}", forest.below.base()))?;
    let reading = ForestSource::new(LdapOptions { bases: vec![users], ..options(&forest)? })?.read(&everyone()).await?;
    assert_eq!(counts(&forest, &reading)?.0, 0);
    whole(&reading);
    let nowhere = Dn::parse("OU=Staff,DC=other,DC=test")?;
    let error = ForestSource::new(LdapOptions { bases: vec![nowhere], ..options(&forest)? })?.read(&everyone()).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(error.help().is_some_and(|help| help.contains("ad.example.test, sub.ad.example.test")), "{error:?}");
    Ok(())
}
