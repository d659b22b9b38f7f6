//! Active Directory (Samba).

use std::sync::LazyLock;

use gotosync_tests::servers::{Certificate, Population, Samba, Style};

use super::{Found, SILENCE, Search};

/// A domain for all tests that only read.
static DOMAIN: LazyLock<&Samba> =
    LazyLock::new(|| Samba::options().population(Population::default()).shared().unwrap());

fn reader(samba: &Samba) -> Search {
    let reader = samba.reader();
    Search::at(&samba.url(), &samba.ca_file()).sign_in(&reader.principal, &reader.password)
}

fn count(samba: &Samba, filter: &str) -> usize {
    let found = reader(samba).find(&samba.base(), filter, &["1.1"]);
    assert_eq!(found.code, 0, "{}", found.text);
    found.entries()
}

#[test]
fn holds_every_person_of_the_population() {
    let census = Population::default().content(Style::ActiveDirectory, &DOMAIN.base()).census();
    let own = Samba::OWN_PEOPLE.len();
    assert_eq!(count(&DOMAIN, "(sAMAccountType=805306368)"), census.people + own);
    assert_eq!(count(&DOMAIN, "(&(objectCategory=person)(objectClass=inetOrgPerson))"), census.inet_org_people);
    // `Guest` and `krbtgt` are disabled, too.
    let disabled = "(&(sAMAccountType=805306368)(userAccountControl:1.2.840.113556.1.4.803:=2))";
    assert_eq!(count(&DOMAIN, disabled), census.disabled + 2);
    assert_eq!(count(&DOMAIN, "(&(accountExpires>=1)(accountExpires<=133000000000000000))"), census.expired);
    let without_mail = "(&(sAMAccountType=805306368)(!(mail=*)))";
    assert_eq!(count(&DOMAIN, without_mail), census.without_mail + own);
    assert_eq!(count(&DOMAIN, "(&(sAMAccountType=805306368)(!(sn=*)))"), census.without_last_name + own);
    // One computer is the domain controller.
    assert_eq!(count(&DOMAIN, "(objectClass=computer)"), census.computers + 1);
    assert_eq!(count(&DOMAIN, "(objectClass=organizationalUnit)"), census.units + 1);
    assert_eq!(count(&DOMAIN, "(objectClass=contact)"), census.contacts);
    let groups = reader(&DOMAIN).find(&format!("OU=Groups,OU=Müller & Söhne,{}", DOMAIN.base()), "(cn=*)", &["1.1"]);
    assert_eq!(groups.entries(), census.groups);
}

#[test]
fn holds_cyclic_groups_and_members_by_primary_group() {
    let census = Population::default().content(Style::ActiveDirectory, &DOMAIN.base()).census();
    let at = format!("OU=Groups,OU=Müller & Söhne,{}", DOMAIN.base());
    let alone = format!("(&(cn=Circle of one)(member=CN=Circle of one,{at}))");
    assert_eq!(count(&DOMAIN, &alone), 1);
    let round = format!("(&(cn=Circle a)(memberOf:1.2.840.113556.1.4.1941:=CN=Circle a,{at}))");
    assert_eq!(count(&DOMAIN, &round), 1);
    assert_eq!(count(&DOMAIN, "(&(cn=Hired, for a time)(!(member=*)))"), 1);
    assert!(census.other_primary_group > 0);
    let others = "(&(sAMAccountType=805306368)(!(primaryGroupID=513))(!(primaryGroupID=514)))";
    assert_eq!(count(&DOMAIN, others), census.other_primary_group);
}

#[test]
fn accepts_three_forms_of_a_name_over_tls_only() {
    for account in [DOMAIN.reader(), DOMAIN.replica(), DOMAIN.administrator()] {
        for name in [&account.principal, &account.logon_name, &account.dn] {
            let ask = |url: &str, password: &str, words: &[&str]| -> Found {
                Search::at(url, &DOMAIN.ca_file()).sign_in(name, password).with(words).with(&["-s", "base"]).find(
                    &DOMAIN.base(),
                    "(objectClass=*)",
                    &["dc"],
                )
            };
            assert_eq!(ask(&DOMAIN.url(), &account.password, &[]).values("dc"), ["ad"], "{name}");
            assert_eq!(ask(&DOMAIN.plain_url(), &account.password, &["-ZZ"]).code, 0);
            assert_eq!(ask(&DOMAIN.gc_url(), &account.password, &[]).code, 0);
            assert_eq!(ask(&DOMAIN.plain_url(), &account.password, &[]).code, STRONGER_AUTH_REQUIRED);
            assert_eq!(ask(&DOMAIN.url(), "wrong", &[]).code, INVALID_CREDENTIALS);
        }
    }
}

#[test]
fn only_the_replica_may_request_changes() {
    let ask = |account: gotosync_tests::servers::Account| {
        let search = Search::at(&DOMAIN.url(), &DOMAIN.ca_file()).sign_in(&account.principal, &account.password);
        search.with(&["-E", "!dirSync=0/1000000"]).find(&DOMAIN.base(), "(objectClass=user)", &["sAMAccountName"])
    };
    assert!(ask(DOMAIN.replica()).values("sAMAccountName").contains(&"reader"));
    assert_eq!(ask(DOMAIN.reader()).code, INSUFFICIENT_ACCESS);
}

#[test]
fn two_domains_run_side_by_side_with_different_cas() {
    let other = Samba::options().realm("other.example.test").start().unwrap();
    assert_ne!(DOMAIN.ip(), other.ip());
    assert_eq!(count(&DOMAIN, "(sAMAccountName=reader)"), 1);
    assert_eq!(count(&other, "(sAMAccountType=805306368)"), Samba::OWN_PEOPLE.len());
    assert_eq!((other.base(), other.netbios()), ("DC=other,DC=example,DC=test".to_owned(), "OTHER".to_owned()));
    let mistaken = Search::at(&other.url(), &DOMAIN.ca_file()).with(&["-x"]).find("", "(objectClass=*)", &[]);
    assert_eq!(mistaken.code, NO_CONTACT);
}

#[test]
fn presents_an_expired_certificate_that_clients_reject() {
    let samba = Samba::options().certificate(Certificate::Expired).start().unwrap();
    let search = || Search::at(&samba.url(), &samba.ca_file()).with(&["-x", "-s", "base"]);
    assert_eq!(search().find("", "(objectClass=*)", &[]).code, NO_CONTACT);
    assert_eq!(search().env("LDAPTLS_REQCERT", "never").find("", "(objectClass=*)", &[]).code, 0);
    assert!(samba.export_ldif().unwrap().contains("sAMAccountName: reader\n"));
}

#[test]
fn keeps_changes_after_a_restart() {
    let samba = Samba::options().start().unwrap();
    let before = samba.pid();
    let dn = format!("CN=New,CN=Users,{}", samba.base());
    samba.modify(&format!("dn: {dn}\nobjectClass: user\nsAMAccountName: new\n")).unwrap();
    samba.modify(&format!("dn: {dn}\nchangetype: modify\nreplace: sn\nsn: Person\n")).unwrap();
    samba.restart().unwrap();
    assert_ne!(samba.pid(), before);
    assert_eq!(count(&samba, "(&(sAMAccountName=new)(sn=Person))"), 1);
    assert!(samba.export_ldif().unwrap().contains(&format!("dn: {dn}\n")));
    let refused = samba.modify(&format!("dn: {dn}\nobjectClass: user\n")).unwrap_err().to_string();
    assert!(refused.contains("Already exists"), "{refused}");
}

#[test]
fn a_paused_domain_is_silent_until_resumed() {
    let samba = Samba::options().start().unwrap();
    samba.pause().unwrap();
    let search = Search::in_vain(&samba.url(), &samba.ca_file()).with(&["-x"]);
    assert_eq!(search.find("", "(objectClass=*)", &["1.1"]).code, SILENCE);
    samba.resume().unwrap();
    assert_eq!(count(&samba, "(sAMAccountName=reader)"), 1);
}

/// Result codes of RFC 4511, which are the exit codes of `ldapsearch`.
const STRONGER_AUTH_REQUIRED: i32 = 8;
const INVALID_CREDENTIALS: i32 = 49;
const INSUFFICIENT_ACCESS: i32 = 50;
/// Exit code of OpenLDAP's clients for -1 (no connection).
const NO_CONTACT: i32 = 255;
