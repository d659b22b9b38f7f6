//! Tests of the command with real directory servers, a configuration file, and a stored password.

mod completions;
mod forest;
mod kerberos;
mod nowhere;
mod passwords;
mod place;

use std::sync::LazyLock;

use gotosync_tests::servers::{Certificate, Pair, Population, Samba, Slapd};
use place::{Place, simple};

/// A domain for all tests that only read.
static SAMBA: LazyLock<&Samba> =
    LazyLock::new(|| Samba::options().population(Population::default()).shared().expect("the domain starts"));
/// A server for all tests that only read.
static SLAPD: LazyLock<&Slapd> =
    LazyLock::new(|| Slapd::options().population(Population::default()).shared().expect("the server starts"));

/// Returns the configuration keys that connect to a server.
fn samba() -> String {
    format!("ldap = '{}'\nca = '{}'\n", SAMBA.url(), SAMBA.ca_file().display())
}

fn slapd() -> String {
    format!("ldap = '{}'\nca = '{}'\n", SLAPD.url(), SLAPD.ca_file().display())
}

#[test]
fn every_form_of_a_user_name_signs_in_to_active_directory() {
    let reader = SAMBA.reader();
    for name in [&reader.principal, &reader.logon_name, &reader.dn] {
        let place = Place::new(&format!("{}{}", samba(), simple(name)));
        place.secret("secret", &reader.password);
        let browsed = place.run(&["browse"]);
        assert!(browsed.code == Some(0) && browsed.out.contains(&SAMBA.base()), "{name}: {browsed:?}");
        assert_eq!(place.people(), 300 + Samba::OWN_PEOPLE.len(), "{name}");
    }
}

#[test]
fn every_bind_method_reads_openldap() {
    let reader = SLAPD.reader();
    let Pair { certificate, key } =
        SLAPD.authority().client(Certificate::Valid, "reader").expect("the certificate can be signed");
    let client = format!("certificate = '{}'\nkey = '{}'\n", certificate.display(), key.display());
    let start_tls = slapd().replace(&SLAPD.url(), &SLAPD.plain_url());
    for source in [
        format!("{}{}", slapd(), simple(&reader.dn)),
        format!("{start_tls}{}", simple(&reader.dn)),
        format!("{}sign_in = 'anonymous'", slapd()),
        format!("{}{client}", slapd()),
        format!("{start_tls}{client}sign_in = 'certificate'"),
        format!("{}{client}{}", slapd(), simple(&reader.dn)),
        // Everything below another base DN is read, too.
        format!("{}{}base = ['{2}', 'ou=nobody,{2}']", slapd(), simple(&reader.dn), SLAPD.base()),
    ] {
        let place = Place::new(&source);
        place.secret("secret", &reader.password);
        let browsed = place.run(&["browse"]);
        assert!(browsed.code == Some(0) && browsed.out.contains(SLAPD.base()), "{source}: {browsed:?}");
        assert_eq!(place.people(), 300, "{source}");
    }
}

#[test]
fn no_tls_needs_an_explicit_setting_and_every_plan_warns() {
    let reader = SLAPD.reader();
    let source = format!("ldap = '{}'\ndanger_plain = true\n{}", SLAPD.plain_url(), simple(&reader.dn));
    let place = Place::new(&source);
    place.secret("secret", &reader.password);
    let planned = place.run(&["plan"]);
    assert!(planned.code == Some(2) && planned.out.contains("danger: "), "{planned:?}");
    assert!(planned.out.contains("read and change the password and the data"), "{planned:?}");
}

#[test]
fn finds_a_domain_by_its_dns_name() {
    for start_tls in ["", "start_tls = true\n"] {
        let place = Place::new(&format!(
            "domain = '{}'\nname_servers = '{}'\nca = '{}'\n{start_tls}{}",
            SAMBA.domain(),
            SAMBA.ip(),
            SAMBA.ca_file().display(),
            simple(&SAMBA.reader().principal),
        ));
        place.secret("secret", &SAMBA.reader().password);
        assert_eq!(place.people(), 300 + Samba::OWN_PEOPLE.len(), "{start_tls}");
        let about = place.run(&["about"]);
        assert!(about.out.contains(&format!("domain {}", SAMBA.domain())), "{about:?}");
    }
    let place = Place::new(&format!("domain = 'nowhere.test'\nname_servers = '{}'\nsign_in = 'anonymous'", SAMBA.ip()));
    place.fails("plan", &["nowhere.test"]);
}

#[test]
fn merges_a_directory_and_a_list() {
    let reader = SLAPD.reader();
    let place = Place::new("");
    place.secret("secret", &reader.password);
    place.write("contractors.csv", "Nr;E-Mail;Vorname;Nachname\n1;cleo@partner.test;Cleo;Patra\n");
    place.configure(&format!(
        "[[source]]\nname = 'directory'\n{}{}\n\
         [[source]]\nname = 'contractors'\ncsv = 'contractors.csv'\nid = 'Nr'\n\
         columns = {{ mail = 'E-Mail', givenName = 'Vorname', sn = 'Nachname' }}\n",
        slapd(),
        simple(&reader.dn)
    ));
    assert_eq!(place.people(), 301);
    let about = place.run(&["about", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&about.out).expect("the output is JSON");
    let kinds: Vec<_> = told["sources"]
        .as_array()
        .expect("the output lists the sources")
        .iter()
        .map(|source| &source["kind"])
        .collect();
    assert_eq!(kinds, ["ldap", "csv"]);
    assert_eq!(told["sources"][0]["user"], reader.dn.as_str());
    assert_eq!(told["sources"][0]["password"], format!("file {}", place.path("secret").display()));
}

#[test]
fn uses_the_second_server_if_the_first_is_down() {
    let source = slapd().replace(&format!("'{}'", SLAPD.url()), &format!("['{NOBODY}', '{}']", SLAPD.url()));
    let place = Place::new(&format!("{source}{}", simple(&SLAPD.reader().dn)));
    place.secret("secret", &SLAPD.reader().password);
    assert_eq!(place.people(), 300);
}

#[test]
fn names_an_unreachable_server() {
    let place = Place::new(&format!("ldap = '{NOBODY}'\nsign_in = 'anonymous'"));
    place.fails("plan", &[NOBODY, "refused"]);
    place.fails("browse", &[NOBODY, "refused"]);
    let place = Place::new(&format!("ldap = ['{NOBODY}', 'ldap://127.0.0.1:2']\nsign_in = 'anonymous'"));
    place.fails("plan", &["none of the 2 servers", NOBODY, "ldap://127.0.0.1:2"]);
}

#[test]
fn does_not_wait_for_a_silent_server_longer_than_the_timeout() {
    let slapd = Slapd::options().start().expect("the server starts");
    let place =
        Place::new(&format!("ldap = '{}'\nsign_in = 'anonymous'\ntimeouts = {{ connect = '300ms' }}", slapd.url()));
    slapd.pause().expect("the server can be paused");
    place.fails("plan", &[&slapd.url(), "within 0.3 s"]);
}

#[test]
fn sends_no_password_to_a_server_with_an_untrusted_certificate() {
    for (certificate, told) in [
        (Certificate::Expired, ["expired", "renewed"]),
        (Certificate::Foreign, ["invalid peer certificate", "help: "]),
        (Certificate::Misnamed, ["not valid for name", "use a host name that the server's certificate contains"]),
    ] {
        let slapd = Slapd::options().certificate(certificate).start().expect("the server starts");
        let source =
            format!("ldap = '{}'\nca = '{}'\n{}", slapd.url(), slapd.ca_file().display(), simple(&slapd.reader().dn));
        let place = Place::new(&source);
        place.secret("secret", &slapd.reader().password);
        place.fails("plan", &[&slapd.url(), told[0], told[1]]);
        assert!(
            !slapd.log().expect("the log can be read").contains(&slapd.reader().dn),
            "the client sent its bind name: {certificate:?}"
        );
    }
    // A valid certificate of a CA that is not in the system trust store.
    let place = Place::new(&format!("ldap = '{}'\nsign_in = 'anonymous'", SLAPD.url()));
    place.fails("plan", &[&SLAPD.url(), "UnknownIssuer", "help: "]);
    let place = Place::new(&format!("ldap = '{}'\nca = 'nowhere.pem'\nsign_in = 'anonymous'", SLAPD.url()));
    place.fails("plan", &["nowhere.pem", "directory"]);
    place.write("nowhere.pem", "no certificate");
    place.fails("plan", &["nowhere.pem", "no certificate", "BEGIN CERTIFICATE"]);
}

#[test]
fn rejects_an_invalid_client_certificate() {
    let Pair { certificate, key } =
        SLAPD.authority().client(Certificate::Foreign, "reader").expect("the certificate can be signed");
    let client = format!("certificate = '{}'\nkey = '{}'\n", certificate.display(), key.display());
    Place::new(&format!("{}{client}", slapd())).fails("plan", &[&SLAPD.url()]);
    Place::new(&format!("{}certificate = 'none.pem'\nkey = 'none.key'\n", slapd())).fails("plan", &["none.key"]);
}

/// An address without a server.
const NOBODY: &str = "ldaps://127.0.0.1:1";
