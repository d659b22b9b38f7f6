//! Signing in with Kerberos instead of a password.

use std::fs;

use super::place::{Place, simple};
use super::{SAMBA, samba};
use gotosync_tests::servers::Samba;

/// Returns a place that signs in with Kerberos. The server is configured by its address, so the host name of its
/// service is configured separately.
fn place(keys: &str) -> Place {
    let source = format!("{}sign_in = 'kerberos'\nservice_host = '{}'\n{keys}", samba(), SAMBA.fqdn());
    Place::new(&source).with("KRB5_CONFIG", SAMBA.krb5_conf())
}

/// Returns a place with a keytab.
fn with_keytab() -> Place {
    let place = place(&format!("principal = 'reader@{}'\nkeytab = 'sync.keytab'", SAMBA.realm()));
    fs::copy(SAMBA.keytab("reader").expect("the keytab can be written"), place.path("sync.keytab"))
        .expect("the file can be copied");
    place.mode("sync.keytab", 0o600);
    place
}

const PEOPLE: usize = 300 + Samba::OWN_PEOPLE.len();

#[test]
fn uses_an_existing_ticket() {
    let tickets = SAMBA.kinit("replica", &SAMBA.replica().password).expect("the sign-in succeeds");
    let place = place("").with("KRB5CCNAME", &tickets);
    assert_eq!(place.people(), PEOPLE);
    let about = place.run(&["about"]);
    assert!(about.out.contains("the current user by Kerberos"), "{about:?}");
    // Without any sign-in keys, the command signs in as the current user, too.
    let bare = Place::new(&format!("{}service_host = '{}'", samba(), SAMBA.fqdn()));
    assert_eq!(bare.with("KRB5_CONFIG", SAMBA.krb5_conf()).with("KRB5CCNAME", tickets).people(), PEOPLE);
}

#[test]
fn uses_the_configured_keytab_and_no_existing_tickets() {
    let place = with_keytab();
    assert_eq!(place.people(), PEOPLE);
    let browsed = place.run(&["browse"]);
    assert_eq!(browsed.code, Some(0), "{browsed:?}");
    // Existing tickets are neither used nor changed.
    let tickets = place.path("tickets");
    let place = place.with("KRB5CCNAME", tickets.display().to_string());
    assert_eq!(place.people(), PEOPLE);
    assert!(!tickets.exists());
    // With a keytab, the command restarts itself, and it must still read its standard input.
    let mut import = place.command(&["import", "-", "--rule", "Everyone"]);
    let (reader, mut writer) = std::io::pipe().expect("the pipe exists");
    std::io::Write::write_all(&mut writer, b"Cleo Patra cleo@partner.test").expect("the pipe accepts the text");
    drop(writer);
    let imported = gotosync_tests::command::said(import.stdin(reader).output().expect("the process starts"));
    assert!(imported.out.contains("cleo@partner.test"), "{imported:?}");
}

#[test]
fn reports_a_missing_ticket_or_a_world_readable_keytab() {
    let none = place("").with("KRB5CCNAME", "MEMORY:");
    none.fails("plan", &["could not get a Kerberos ticket", &SAMBA.fqdn(), "kinit"]);

    let open = with_keytab();
    open.mode("sync.keytab", 0o640);
    open.fails("plan", &["sync.keytab", "0640", "chmod 600"]);
    fs::remove_file(open.path("sync.keytab")).expect("the file can be removed");
    open.fails("plan", &["sync.keytab", "source: directory"]);

    let other = with_keytab();
    other.configure(&format!(
        "[source]\n{}service_host = '{}'\nprincipal = 'nobody@{}'\nkeytab = 'sync.keytab'",
        samba(),
        SAMBA.fqdn(),
        SAMBA.realm()
    ));
    other.fails("plan", &["could not get a Kerberos ticket", &SAMBA.fqdn()]);
}

#[test]
fn rejects_two_keytabs_and_names_their_lines() {
    let place = with_keytab();
    let source = |name: &str| format!("[[source]]\nname = '{name}'\nldap = 'ldaps://x'\nkeytab = '{name}'\n");
    place.configure(&(source("a") + &source("b")));
    place.fails("plan", &["gotosync.toml:8:1", "a different keytab", "ktutil"]);
}

/// Applies the same rules to the same domain with a password, with Kerberos, and from an export.
#[test]
fn kerberos_password_and_export_give_the_same_plan() {
    let steps = |place: &Place| {
        let planned = place.run(&["plan", "--json"]);
        assert_eq!(planned.code, Some(2), "{planned:?}");
        let plan: serde_json::Value = serde_json::from_str(&planned.out).expect("planning succeeds");
        plan["steps"].as_array().expect("the JSON has steps").clone()
    };
    let by_kerberos = steps(&with_keytab());
    let password = Place::new(&format!("{}{}", samba(), simple(&SAMBA.reader().principal)));
    password.secret("secret", &SAMBA.reader().password);
    let export = Place::new("ldif = 'export.ldif'");
    export.write("export.ldif", &SAMBA.export_ldif().expect("the file can be written"));
    assert!(by_kerberos.len() > 200, "{} steps", by_kerberos.len());
    assert_eq!(steps(&password), by_kerberos);
    assert_eq!(steps(&export), by_kerberos);
}
