//! Reads the sign-in settings of a live directory.

use std::path::Path;

use super::LdapSignIn;
use crate::config::secret;
use crate::rules::Table;

/// Reads the sign-in method and its credentials.
pub(super) fn read(table: &Table<'_, '_>, folder: &Path) -> Option<LdapSignIn> {
    let text = |key| {
        let text = if table.has(key) { table.required_string(key, example(key)) } else { None };
        text.map(|text| text.value)
    };
    let (user, password) = (text("user"), secret::read(table, "password", "ldap", folder));
    let [principal, keytab, service_host] = OF_KERBEROS.map(text);
    let way = way(table)?;
    for (own, keys, what, word) in [
        (Way::Simple, &OF_SIMPLE[..], "signing in with a password", "simple"),
        (Way::Kerberos, &OF_KERBEROS[..], "signing in by Kerberos", "kerberos"),
    ] {
        for key in keys.iter().filter(|key| own != way && table.has(key)) {
            let hint = format!("leave it out, or write `sign_in = \"{word}\"`");
            table.problem(&table.at_key(key), format!("`{key}` applies only to {what}"), hint);
        }
    }
    match way {
        Way::Simple => {
            if !table.has("user") {
                let at = if table.has("password") { "password" } else { "sign_in" };
                let hint = "add `user = \"sync@example.test\"`; also valid: DOMAIN\\user, or a distinguished name";
                table.problem(&table.at_key(at), "`user` is missing", hint);
            } else if !table.has("password") {
                let message = "`user` is set, but `password` is missing";
                table.problem(&table.at_key("user"), message, format!("add, for example, {PLACE}"));
            }
            Some(LdapSignIn::Simple { user: user?, password: password? })
        }
        Way::Certificate => {
            if !table.has("certificate") {
                let hint = "add `certificate = \"client.pem\"` and `key = \"client.key\"`";
                table.problem(&table.at_key("sign_in"), "`certificate` is missing", hint);
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

/// Returns the method in `sign_in`, or the method to which the other keys belong.
fn way(table: &Table<'_, '_>) -> Option<Way> {
    if table.string("sign_in").is_some_and(|word| word.value.eq_ignore_ascii_case("ntlm")) {
        let message = "NTLM is not supported: attackers can relay its messages to sign in to other servers";
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
        let hint = "build gotosync with the feature `kerberos`, which needs the system's GSSAPI library; or set `user` and `password`";
        table.problem(&at, "this build cannot sign in by Kerberos", hint);
        return;
    }
    let hint = format!(
        "add `user = \"sync@example.test\"` and {PLACE}; or `sign_in = \"anonymous\"` if the directory allows anonymous reads"
    );
    let message = "`user` is missing, and this build cannot sign in as the current user by Kerberos";
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
    fn reports_missing_kerberos_support_and_the_alternatives() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gotosync.toml");
        for (keys, line, problem, help) in [
            ("", 3, "`user` is missing, and this build", "add `user = "),
            ("sign_in = 'kerberos'", 5, "this build cannot sign in by Kerberos", "feature `kerberos`"),
            ("keytab = 'sync.keytab'", 3, "this build cannot sign in by Kerberos", "feature `kerberos`"),
        ] {
            let text = format!("[account]\nlocal = 'a'\n[source]\nldap = 'ldaps://x'\n{keys}\n");
            std::fs::write(&file, text).unwrap();
            let error = crate::Config::load(&file).unwrap_err();
            let message = error.to_string();
            assert!(message.contains(problem) && message.contains(&format!("line: {line}, ")), "{message}");
            assert!(error.help().unwrap().contains(help), "{error:?}");
        }
    }
}
