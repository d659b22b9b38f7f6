//! OpenLDAP.

use std::process::Command;

use gotosync_tests::servers::{Certificate, Pair, Population, Slapd, Style};

use super::{Found, SILENCE, Search};

fn reader(slapd: &Slapd) -> Search {
    let reader = slapd.reader();
    Search::at(&slapd.url(), &slapd.ca_file()).sign_in(&reader.dn, &reader.password)
}

fn people() -> Population {
    Population::new(300, 40)
}

#[test]
fn holds_every_person_of_the_population() {
    let slapd = Slapd::options().population(people()).shared().unwrap();
    let census = people().content(Style::OpenLdap, slapd.base()).census();
    let count = |filter| reader(slapd).find(slapd.base(), filter, &["1.1"]).entries();
    assert_eq!(count("(objectClass=inetOrgPerson)"), census.people);
    assert_eq!(count("(objectClass=groupOfNames)"), census.groups);
    assert_eq!(count("(objectClass=organizationalUnit)"), census.units);
    let chain = format!("(memberOf=cn=Chain 1,ou=Groups,ou=Müller & Söhne,{})", slapd.base());
    // Three people and the second group of the chain.
    assert_eq!(count(&chain), 4);
    assert_eq!(slapd.export_ldif().unwrap().matches("\nentryUUID: ").count(), count("(objectClass=*)"));
}

#[test]
fn clients_use_start_tls_or_ldaps() {
    let slapd = Slapd::options().shared().unwrap();
    let account = slapd.reader();
    let search = |url: &str, words: &[&str]| {
        let search = Search::at(url, &slapd.ca_file()).sign_in(&account.dn, &account.password).with(words);
        search.find(slapd.base(), "(dc=*)", &["dc"])
    };
    assert_eq!(search(&slapd.url(), &[]).values("dc"), ["example"]);
    assert_eq!(search(&slapd.plain_url(), &["-ZZ"]).code, 0);
    assert_eq!(search(&slapd.plain_url(), &[]).code, 0);
    assert_eq!(search(&slapd.socket_url(), &[]).code, 0);
    assert!(slapd.log().unwrap().contains("STARTTLS"));
}

#[test]
fn clients_reject_bad_certificates_with_the_right_reason() {
    for certificate in [Certificate::Expired, Certificate::Foreign, Certificate::Misnamed] {
        let slapd = Slapd::options().certificate(certificate).start().unwrap();
        let search = |trust: &str| {
            let search = Search::at(&slapd.url(), &slapd.ca_file()).with(&["-x"]).env("LDAPTLS_REQCERT", trust);
            search.find(slapd.base(), "(dc=*)", &["dc"]).code
        };
        assert_eq!((search("demand"), search("never")), (NO_CONTACT, 0), "{certificate:?}");
    }
}

#[test]
fn a_client_certificate_signs_in() {
    let slapd = Slapd::options().shared().unwrap();
    let who = |certificate: Certificate| {
        let Pair { certificate, key } = slapd.authority().client(certificate, "reader").unwrap();
        let mut whoami = Command::new("ldapwhoami");
        whoami.args(["-Q", "-Y", "EXTERNAL", "-H", &slapd.url()]).env("LDAPTLS_CACERT", slapd.ca_file());
        let output = whoami.env("LDAPTLS_CERT", certificate).env("LDAPTLS_KEY", key).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(who(Certificate::Valid), "dn:cn=reader,dc=example,dc=test\n");
    assert_eq!(who(Certificate::Expired), "");
    assert_eq!(who(Certificate::Foreign), "");
}

#[test]
fn rejects_anonymous_reads_if_forbidden() {
    for (options, code) in [(Slapd::options(), 0), (Slapd::options().without_anonymous(), INAPPROPRIATE_AUTHENTICATION)]
    {
        let slapd = options.start().unwrap();
        let found = Search::at(&slapd.url(), &slapd.ca_file()).with(&["-x"]).find(slapd.base(), "(dc=*)", &["dc"]);
        assert_eq!(found.code, code, "{}", found.text);
        assert_eq!(reader(&slapd).find(slapd.base(), "(dc=*)", &["dc"]).code, 0);
    }
}

#[test]
fn applies_size_limits() {
    let who = "dn.exact=\"cn=reader,dc=example,dc=test\"";
    let search = |limits: &str, words: &[&str]| -> Found {
        let slapd = Slapd::options().population(people()).limit(who, limits).start().unwrap();
        reader(&slapd).with(words).find(slapd.base(), "(objectClass=inetOrgPerson)", &["uid"])
    };
    let paged = |limits, size| {
        let found = search(limits, &["-E", &format!("!pr={size}/noprompt")]);
        (found.code, found.entries())
    };
    let found = search("size=100", &[]);
    assert_eq!((found.code, found.entries()), (SIZE_LIMIT_EXCEEDED, 100));
    assert_eq!(paged("size=100", 50), (SIZE_LIMIT_EXCEEDED, 100));
    assert_eq!(paged("size=100 size.prtotal=unlimited", 50), (0, 300));
    assert_eq!(paged("size=100 size.pr=50 size.prtotal=unlimited", 51), (ADMIN_LIMIT_EXCEEDED, 0));
    assert_eq!(paged("size.prtotal=disabled", 50), (ADMIN_LIMIT_EXCEEDED, 0));
    assert_eq!(search("size.prtotal=disabled", &[]).entries(), 300);
}

#[test]
fn maintains_member_of_only_if_configured() {
    for (options, known) in [(Slapd::options(), 1), (Slapd::options().without_memberof(), 0)] {
        let slapd = options.population(people()).start().unwrap();
        let [reader_dn, base] = [slapd.reader().dn, slapd.base().to_owned()];
        slapd.modify(&format!("dn: cn=New,{base}\nobjectClass: groupOfNames\nmember: {reader_dn}\n")).unwrap();
        let found = reader(&slapd).find(&base, &format!("(memberOf=cn=New,{base})"), &["1.1"]);
        assert_eq!((found.code, found.entries()), (0, known));
        slapd.restart().unwrap();
        assert_eq!(reader(&slapd).find(&base, "(cn=New)", &["member"]).values("member"), [reader_dn]);
    }
}

#[test]
fn sync_returns_only_changes() {
    let slapd = Slapd::options().population(people()).start().unwrap();
    let sync = |cookie: &str| {
        let control = format!("!sync=ro{cookie}");
        reader(&slapd).with(&["-E", &control]).find(slapd.base(), "(objectClass=*)", &["cn"])
    };
    let first = sync("");
    assert!(first.entries() > 300, "{}", first.text);
    let cookie = first.text.lines().find_map(|line| line.split_once("cookie: ")).expect("the response has a cookie").1;
    slapd.modify(&format!("dn: cn=reader,{}\nchangetype: modify\nreplace: ou\nou: x\n", slapd.base())).unwrap();
    assert_eq!(sync(&format!("/{cookie}")).values("cn"), ["reader"]);
}

#[test]
fn a_paused_server_is_silent_until_resumed() {
    let slapd = Slapd::options().start().unwrap();
    slapd.pause().unwrap();
    let search = Search::in_vain(&slapd.url(), &slapd.ca_file()).with(&["-x"]);
    assert_eq!(search.find(slapd.base(), "(dc=*)", &["1.1"]).code, SILENCE);
    slapd.resume().unwrap();
    assert_eq!(reader(&slapd).find(slapd.base(), "(dc=*)", &["1.1"]).code, 0);
}

/// Result codes of RFC 4511, which are the exit codes of `ldapsearch`.
const SIZE_LIMIT_EXCEEDED: i32 = 4;
const ADMIN_LIMIT_EXCEEDED: i32 = 11;
const INAPPROPRIATE_AUTHENTICATION: i32 = 48;
/// Exit code of OpenLDAP's clients for -1 (no connection).
const NO_CONTACT: i32 = 255;
