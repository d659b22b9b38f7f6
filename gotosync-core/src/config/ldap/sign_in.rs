//! Reads who signs in at a directory, and where what proves it is kept.

use std::path::Path;

use super::LdapSignIn;
use crate::config::secret;
use crate::rules::Table;

/// Reads who signs in and how.
pub(super) fn read(table: &Table<'_, '_>, folder: &Path) -> Option<LdapSignIn> {
    let text = |key| {
        let text = if table.has(key) { table.required_string(key, example(key)) } else { None };
        text.map(|text| text.value)
    };
    let (user, password) = (text("user"), secret::read(table, "password", "ldap", folder));
    let [principal, keytab, service_host] = OF_KERBEROS.map(text);
    let way = way(table)?;
    for (own, keys, what, word) in [
        (Way::Simple, &OF_SIMPLE[..], "with a password", "simple"),
        (Way::Kerberos, &OF_KERBEROS[..], "by Kerberos", "kerberos"),
    ] {
        for key in keys.iter().filter(|key| own != way && table.has(key)) {
            let hint = format!("leave it out, or write `sign_in = \"{word}\"`");
            table.problem(&table.at_key(key), format!("`{key}` is for signing in {what}"), hint);
        }
    }
    match way {
        Way::Simple => {
            if !table.has("user") {
                let at = if table.has("password") { "password" } else { "sign_in" };
                let hint = "add `user = \"sync@example.test\"`: user@domain, DOMAIN\\user or a distinguished name";
                table.problem(&table.at_key(at), "there is no `user` to sign in", hint);
            } else if !table.has("password") {
                let message = "there is a `user` and no `password`";
                table.problem(&table.at_key("user"), message, format!("add for example {PLACE}"));
            }
            Some(LdapSignIn::Simple { user: user?, password: password? })
        }
        Way::Certificate => {
            if !table.has("certificate") {
                let hint = "add `certificate = \"client.pem\"` and `key = \"client.key\"`";
                table.problem(&table.at_key("sign_in"), "there is no certificate to sign in with", hint);
            }
            Some(LdapSignIn::Certificate)
        }
        Way::Kerberos => {
            if cfg!(not(feature = "kerberos")) {
                without_kerberos(table);
            }
            Some(LdapSignIn::Kerberos { principal, keytab: keytab.map(|keytab| folder.join(keytab)), service_host })
        }
        Way::Anonymous => Some(LdapSignIn::Anonymous),
    }
}

/// The way that is named, else the one whose keys are there.
fn way(table: &Table<'_, '_>) -> Option<Way> {
    if table.string("sign_in").is_some_and(|word| word.value.eq_ignore_ascii_case("ntlm")) {
        let message = "there is no NTLM here: what it sends can be used to sign in elsewhere";
        table.problem(&table.at_key("sign_in"), message, "sign in by Kerberos, or with `user` and `password` over TLS");
        return None;
    }
    let any = |keys: &[&str]| keys.iter().any(|key| table.has(key));
    if table.has("sign_in") {
        table.word("sign_in", WAYS)
    } else if any(&OF_SIMPLE) {
        Some(Way::Simple)
    } else if any(&["certificate"]) && !any(&OF_KERBEROS) {
        Some(Way::Certificate)
    } else {
        Some(Way::Kerberos)
    }
}

fn without_kerberos(table: &Table<'_, '_>) {
    if table.has("sign_in") || OF_KERBEROS.iter().any(|key| table.has(key)) {
        let at = if table.has("sign_in") { table.at_key("sign_in") } else { table.at().clone() };
        let hint =
            "build with the feature `kerberos`, which needs the system's GSSAPI library; or name `user` and `password`";
        table.problem(&at, "this build cannot sign in by Kerberos", hint);
        return;
    }
    let hint = format!(
        "add `user = \"sync@example.test\"` and {PLACE}; or `sign_in = \"anonymous\"`, if the directory may be read so"
    );
    let message = "nobody is named who signs in, and this build cannot do so as the current user, by Kerberos";
    table.problem(table.at(), message, hint);
}

fn example(key: &str) -> &'static str {
    match key {
        "user" => "sync@example.test",
        "principal" => "sync@AD.EXAMPLE.TEST",
        "keytab" => "sync.keytab",
        _ => "dc1.ad.example.test",
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Simple,
    Certificate,
    Kerberos,
    Anonymous,
}

const OF_SIMPLE: [&str; 2] = ["user", "password"];
const OF_KERBEROS: [&str; 3] = ["principal", "keytab", "service_host"];
const WAYS: &[(&str, Way)] = &[
    ("simple", Way::Simple),
    ("kerberos", Way::Kerberos),
    ("certificate", Way::Certificate),
    ("anonymous", Way::Anonymous),
];
const PLACE: &str = "`password = { file = \"secrets/ldap\" }`";

#[cfg(all(test, not(feature = "kerberos")))]
mod tests {
    #[test]
    fn a_build_without_kerberos_says_so_and_what_else_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gotosync.toml");
        for (keys, line, problem, help) in [
            ("", 3, "nobody is named who signs in", "add `user = "),
            ("sign_in = 'kerberos'", 5, "this build cannot sign in by Kerberos", "feature `kerberos`"),
            ("keytab = 'sync.keytab'", 3, "this build cannot sign in by Kerberos", "feature `kerberos`"),
        ] {
            let text = format!("[account]\nlocal = 'a'\n[source]\nldap = 'ldaps://x'\n{keys}\n");
            std::fs::write(&file, text).unwrap();
            let error = crate::Config::load(&file).unwrap_err();
            let told = error.to_string();
            assert!(told.contains(problem) && told.contains(&format!("line: {line}, ")), "{told}");
            assert!(error.help().unwrap().contains(help), "{error:?}");
        }
    }
}
