//! Tests of the configuration file and of its error messages.

use std::fs;
use std::path::Path;

use gotosync_core::Config;
use gotosync_core::config::{AccountConfig, LdapConfig, LdapSignIn, SourceKind};
use gotosync_core::secret::SecretSource;
use gotosync_core::source::ldap::{Changes, DeltaMethod, Referrals, Roots, Security};

/// Loads a configuration with these sources.
fn load(folder: &Path, sources: &str) -> gotosync_core::Result<Config> {
    let file = folder.join("gotosync.toml");
    fs::write(&file, format!("{sources}\n[account]\nlocal = \"account.db\"\n")).expect("the file can be written");
    Config::load(file)
}

/// Loads a configuration from its complete text.
fn load_whole(folder: &Path, text: &str) -> gotosync_core::Result<Config> {
    let file = folder.join("gotosync.toml");
    fs::write(&file, text).expect("the file can be written");
    Config::load(file)
}

/// Returns the directory settings of a configuration with this table, and the folder of the configuration.
fn directory(table: &str) -> (tempfile::TempDir, LdapConfig) {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let config = load(folder.path(), &format!("[source]\n{table}")).unwrap_or_else(|error| panic!("{error:?}"));
    let [source] = &config.sources[..] else { panic!("{config:?}") };
    assert_eq!((source.name.as_str(), source.kind_name(), source.file()), ("directory", "ldap", None));
    let SourceKind::Ldap(directory) = &source.kind else { panic!("{source:?}") };
    let directory = (**directory).clone();
    (folder, directory)
}

/// Returns the first error of each configuration, as a front end would show it.
fn problems(tables: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let mut told = String::new();
    for table in tables {
        let error = load(folder.path(), table).expect_err(table);
        let shown = format!("{error}\n  help: {}", error.help().unwrap_or("NONE"));
        let shown = shown.replace(&folder.path().display().to_string(), "").replace("/gotosync.toml", "gotosync.toml");
        told += &[table, "\n    ", &shown.replace('\n', "\n    "), "\n\n"].concat();
    }
    told
}

#[test]
fn reads_every_key_of_a_directory() {
    let (folder, read) = directory(
        r#"
        ldap = ["ldaps://dc1.example.test", "ldap://dc2.example.test:1389"]
        base = ["OU=A,DC=x", "OU=B,DC=x"]
        user = "sync@example.test"
        password = { file = "secrets/ldap" }
        ca = "ca.pem"
        certificate = "client.pem"
        key = "/etc/client.key"
        referrals = ["DC2.example.test", "*.child.example.test"]
        page_size = 500
        range_size = 100
        largest_answer = 1_000_000
        timeouts = { connect = "5s", operation = "1m 30s" }
        changes = { method = "usn", full_every = 7 }
        danger_plain = true
        "#,
    );
    let at = |name: &str| folder.path().join(name);
    assert_eq!(read.to_string(), "ldaps://dc1.example.test:636, ldap://dc2.example.test:1389");
    assert_eq!(read.bases.iter().map(ToString::to_string).collect::<Vec<_>>(), ["OU=A,DC=x", "OU=B,DC=x"]);
    let password = SecretSource::File(at("secrets/ldap"));
    assert_eq!(read.sign_in, LdapSignIn::Simple { user: "sync@example.test".into(), password });
    assert_eq!(read.roots, Roots::Bundle(at("ca.pem")));
    let client = read.client.expect("a client certificate is configured");
    assert_eq!((client.certificate, client.key), (at("client.pem"), "/etc/client.key".into()));
    let hosts = ["dc2.example.test", "*.child.example.test"].map(str::to_owned).into();
    assert_eq!(read.referrals, Referrals::Follow(hosts));
    assert_eq!((read.page_size, read.range_size, read.largest_answer), (Some(500), Some(100), Some(1_000_000)));
    let seconds = [read.timeouts.connect, read.timeouts.operation, read.timeouts.idle].map(|time| time.as_secs());
    assert_eq!(seconds, [5, 90, 120], "omitted settings keep their defaults");
    assert_eq!(read.changes, Some(Changes { method: Some(DeltaMethod::Usn), full_every: 7 }));
    assert!(read.danger_plain);
}

#[test]
fn looks_up_a_domain_at_the_configured_dns_server() {
    let (_folder, read) = directory(
        "domain = \"AD.example.test.\"\nname_servers = [\"10.0.0.1\", \"[::1]:5353\"]\nstart_tls = true\nsign_in = \"anonymous\"",
    );
    let discovery = read.discover.expect("the domain starts");
    assert_eq!(discovery.domain, "ad.example.test");
    assert_eq!(
        discovery.name_servers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["10.0.0.1:53", "[::1]:5353"]
    );
    assert_eq!((discovery.security, read.servers.len()), (Security::StartTls, 0));

    let (_folder, plain) = directory("domain = \"x.test\"\nsign_in = \"anonymous\"");
    assert_eq!(plain.changes, None);
    let (_folder, best) = directory("domain = \"x.test\"\nsign_in = \"anonymous\"\nchanges = \"best\"");
    assert_eq!(best.changes, Some(Changes::default()));
    assert_eq!(plain.discover.map(|found| (found.security, found.name_servers.len())), Some((Security::Tls, 0)));
    assert_eq!((plain.roots, plain.referrals, plain.bases.len()), (Roots::Platform, Referrals::Refuse, 0));
}

#[test]
fn reads_a_password_from_every_supported_place() {
    let place = |text: &str| {
        let (folder, read) = directory(&format!("ldap = \"ldaps://x\"\nuser = \"u\"\npassword = {text}"));
        let LdapSignIn::Simple { password, .. } = read.sign_in else { panic!("{text}") };
        (folder, password)
    };
    let (_, found) = place("{ file = '/run/secrets/ldap' }");
    assert_eq!(found, SecretSource::File("/run/secrets/ldap".into()));
    let (_, found) = place("{ variable = 'LDAP_PASSWORD' }");
    assert_eq!(found, SecretSource::Variable("LDAP_PASSWORD".into()));
    let (_, found) = place("{ systemd = 'ldap' }");
    assert_eq!(found, SecretSource::Systemd("ldap".into()));
    for name in ["ldap", "gotosync/ldap"] {
        let (_, found) = place(&format!("{{ keyring = '{name}' }}"));
        assert_eq!(found, SecretSource::Keyring { service: "gotosync".into(), name: "ldap".into() });
    }
    let (folder, found) = place("{ command = ['pass', 'show', './x'] }");
    let words = ["pass", "show", "./x"].map(str::to_owned).into();
    assert_eq!(found, SecretSource::Command { words, folder: folder.path().to_owned() });
    let (folder, found) = place("{ command = ['bin/secret'] }");
    let words = vec![folder.path().join("bin/secret").display().to_string()];
    assert_eq!(found, SecretSource::Command { words, folder: folder.path().to_owned() });
}

#[test]
fn infers_the_sign_in_method_from_the_keys() {
    let way = |keys: &str| directory(&format!("ldap = \"ldaps://x\"\n{keys}")).1.sign_in.word();
    assert_eq!(way("user = 'u'\npassword = { variable = 'X' }"), "simple");
    assert_eq!(way("certificate = 'a'\nkey = 'b'"), "certificate");
    assert_eq!(way("certificate = 'a'\nkey = 'b'\nuser = 'u'\npassword = { variable = 'X' }"), "simple");
    assert_eq!(way("certificate = 'a'\nkey = 'b'\nsign_in = 'anonymous'"), "anonymous");
}

#[test]
fn explains_invalid_sources() {
    let told = problems(&[
        "",
        "source = \"ldaps://x\"",
        "[source]",
        "[source]\nldpa = \"ldaps://x\"",
        "[source]\nldap = \"ldaps://x\"\nldif = \"x.ldif\"",
        "[source]\nldap = \"ldaps://x\"\ndomain = \"x.test\"\nsign_in = \"anonymous\"",
        "[source]\nldap = \"ldaps://x\"\ngroups = \"Gruppen\"\nsign_in = \"anonymous\"",
        "[source]\nldif = \"x.ldif\"\nbase = \"DC=x\"",
        "[source]\nldap = []\nsign_in = \"anonymous\"",
        "[source]\nldap = \"dc1.example.test\"\nsign_in = \"anonymous\"",
        "[source]\nldap = \"ldaps://sync:hunter2@dc1.example.test\"\nsign_in = \"anonymous\"",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\nbase = [\"DC=x\", \"people\"]",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\npage_sise = 5",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\npage_size = 0",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\ntimeouts = { connect = \"soon\" }",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\ntimeouts = { idel = \"2m\" }",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\nreferrals = \"ignroe\"",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\nreferrals = []",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\nreferrals = [\"ldap://dc2\"]",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\nstart_tls = true",
        "[source]\ndomain = \"ldaps://x\"\nsign_in = \"anonymous\"",
        "[source]\ndomain = \"x.test\"\nsign_in = \"anonymous\"\nname_servers = \"dns.x.test\"",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\nchanges = \"dirsnyc\"",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\nchanges = { method = \"usn\", full_every = 0 }",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\nchanges = true",
        "[source]\nldap = \"ldaps://x\"\nsign_in = \"anonymous\"\ndanger_plain = \"yes\"",
    ]);
    insta::assert_snapshot!(told);
}

#[test]
fn explains_invalid_sign_in_settings() {
    let tables = [
        "sign_in = \"ntlm\"",
        "sign_in = \"kreberos\"",
        "user = \"sync@example.test\"",
        "user = \"\"\npassword = { variable = \"X\" }",
        "password = { variable = \"X\" }",
        "sign_in = \"simple\"",
        "sign_in = \"certificate\"",
        "certificate = \"client.pem\"",
        "key = \"client.key\"\nsign_in = \"anonymous\"",
        "sign_in = \"anonymous\"\nuser = \"u\"\npassword = { variable = \"X\" }",
        "user = \"u\"\npassword = { variable = \"X\" }\nprincipal = \"sync@X\"",
        "user = \"u\"\npassword = \"hunter2\"",
        "user = \"u\"\npassword = 12345",
        "user = \"u\"\npassword = {}",
        "user = \"u\"\npassword = { fiel = \"x\" }",
        "user = \"u\"\npassword = { file = \"x\", variable = \"X\" }",
        "user = \"u\"\npassword = { file = \"\" }",
        "user = \"u\"\npassword = { variable = \"X=hunter2\" }",
        "user = \"u\"\npassword = { systemd = \"../x\" }",
        "user = \"u\"\npassword = { command = \"pass show hunter2\" }",
        "user = \"u\"\npassword = { command = [] }",
    ];
    let tables = tables.map(|keys| format!("[source]\nldap = \"ldaps://x\"\n{keys}"));
    let told = problems(&tables.each_ref().map(String::as_str));
    // The test chooses the shown configuration, so only the messages must not contain the secrets.
    let said = told.lines().filter(|line| line.starts_with("    "));
    assert!(said.filter(|line| line.contains("hunter2") || line.contains("12345")).count() == 0, "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn accepts_sources_of_every_kind_side_by_side() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let text = "
        [[source]]\nname = 'directory'\nldap = 'ldaps://x'\nuser = 'u'\npassword = { variable = 'LDAP_PASSWORD' }
        [[source]]\nname = 'other'\ndomain = 'x.test'\nsign_in = 'anonymous'
        [[source]]\nname = 'export'\nldif = 'x.ldif'
        [[source]]\nname = 'contractors'\ncsv = 'x.csv'\nid = 'Nr'";
    let config = load(folder.path(), text).unwrap_or_else(|error| panic!("{error:?}"));
    let kinds: Vec<_> = config.sources.iter().map(|source| (source.name.as_str(), source.kind_name())).collect();
    assert_eq!(kinds, [("directory", "ldap"), ("other", "ldap"), ("export", "ldif"), ("contractors", "csv")]);
    assert!(config.environment().is_empty());

    // The password is read when the sources are opened, from the place that the configuration names.
    let missing = config.source().expect_err("the variable is not set");
    assert!(missing.to_string().contains("`LDAP_PASSWORD`") && missing.to_string().contains("source: directory"));
    let config = config.with_variables(|name| (name == "LDAP_PASSWORD").then(|| "hunter2".into()));
    let opened = config.source();
    assert!(opened.is_ok(), "{opened:?}");
    assert!(!format!("{opened:?} {config:?}").contains("hunter2"));
}

/// Checks that the configurations on the GoTo page are valid and that the page describes every key.
#[test]
fn the_goto_page_shows_valid_configurations_and_every_key() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../gotosync-core/docs/goto.md"));
    let page = page.expect("the page can be read");
    let shown: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(shown.len() >= 2, "the page shows {} configurations", shown.len());
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    for text in shown {
        let config = load_whole(folder.path(), text).unwrap_or_else(|error| panic!("{error:?}: {text}"));
        assert!(matches!(config.account, AccountConfig::Goto(_)), "{text}");
    }
    let error = load_whole(folder.path(), "[source]\nldif = 'x'\n[account]\ngoto = 'x'\nxxxxxxxxxxxx = 1").unwrap_err();
    let known = error
        .help()
        .and_then(|help| help.strip_prefix("expected one of "))
        .expect("the error lists the keys")
        .to_owned();
    let others = ["local", "from", "scim", "token", "dialect", "bulk"];
    let keys: Vec<&str> = known.split(", ").filter(|key| !others.contains(key)).collect();
    assert!(keys.len() >= 15, "{known}");
    for key in keys {
        assert!(page.contains(&format!("\n| `{key}` | ")), "the page does not describe `{key}`");
    }
}

#[test]
fn rejects_invalid_goto_settings_before_any_call() {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    for (keys, problem) in [
        ("login = { variable = 'X' }", "`login` cannot be in the variable X"),
        ("client_secret = 'hunter2'", "`client_secret` must not be in the configuration itself"),
        ("local = 'account.db'", "[account] names two accounts"),
        ("batch = 0", "`batch` is 0"),
        ("visible_within = 'soon'", "`visible_within` is `soon`, expected a duration"),
        ("proxy = { url = 'http://ann:hunter2@proxy.test' }", "the proxy address contains a user"),
        ("proxy = { url = 'http://proxy.test', user = 'ann' }", "needs both `user` and `password`, or neither"),
    ] {
        let text = format!("[source]\nldif = 'x'\n[account]\ngoto = 'x'\n{keys}\n");
        let error = load_whole(folder.path(), &text).expect_err(keys);
        let told = format!("{error:?}");
        assert!(told.contains(problem) && !told.contains("hunter2"), "{keys}: {told}");
    }
    let text = "[source]\nldif = 'x'\n[account]\ngoto = 'x'\n[account.urls]\nadmin = 'http://api.example.test'\n";
    let error = load_whole(folder.path(), text)
        .expect("the configuration is valid")
        .target()
        .expect_err("an address without TLS is rejected");
    assert!(
        error.to_string().contains("plain HTTP is allowed only") && error.to_string().contains("address: admin"),
        "{error}"
    );
}

/// Checks that the configurations on the page about files are valid and that the page describes every key of a CSV file.
#[test]
fn the_files_page_shows_valid_configurations_and_every_key() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../gotosync-core/docs/files.md"));
    let page = page.expect("the page can be read");
    let shown: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(shown.len() >= 4, "the page shows {} configurations", shown.len());
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    for text in shown {
        let account = if text.contains("[account]") { "" } else { "[account]\nlocal = \"account.db\"\n" };
        let file = folder.path().join("gotosync.toml");
        fs::write(&file, format!("{text}{account}")).expect("the file can be written");
        let config = Config::load(&file).unwrap_or_else(|error| panic!("{error:?}: {text}"));
        assert!(config.sources.iter().all(|source| ["ldif", "csv"].contains(&source.kind_name())), "{text}");
    }
    // The error for an unknown key without a similar name lists all keys.
    let error = load(folder.path(), "[source]\ncsv = 'x'\nid = 'x'\nxxxxxxxxxxxx = 1").unwrap_err();
    let known = error.help().and_then(|help| help.strip_prefix("expected one of ")).expect("the error lists the keys");
    let of_csv = ["csv", "id", "columns", "groups", "disabled", "enabled", "expires", "delimiter", "encoding"];
    for key in of_csv {
        assert!(known.split(", ").any(|own| own == key), "`{key}` is no key: {known}");
        assert!(page.contains(&format!("`{key}`")), "the page does not describe `{key}`");
    }
}

/// Checks that the configurations on the directories page are valid and that the page describes every key.
#[test]
fn the_directories_page_shows_valid_configurations_and_every_key() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../gotosync-core/docs/directory.md"));
    let page = page.expect("the page can be read");
    let shown: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(shown.len() >= 5, "the page shows {} configurations", shown.len());
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    for text in shown {
        let file = folder.path().join("gotosync.toml");
        fs::write(&file, text).expect("the file can be written");
        match Config::load(&file) {
            Ok(config) => assert!(config.sources.iter().all(|source| source.kind_name() == "ldap"), "{text}"),
            // Kerberos support depends on the build.
            Err(error) => assert!(error.to_string().contains("cannot sign in by Kerberos"), "{error:?}: {text}"),
        }
    }
    // The error for an unknown key without a similar name lists all keys.
    let error =
        load(folder.path(), "[source]\nldap = 'ldaps://x'\nsign_in = 'anonymous'\nxxxxxxxxxxxx = 1").unwrap_err();
    let known = error
        .help()
        .and_then(|help| help.strip_prefix("expected one of "))
        .expect("the error lists the keys")
        .to_owned();
    let of_files =
        ["name", "ldif", "csv", "id", "columns", "groups", "disabled", "enabled", "expires", "delimiter", "encoding"];
    let keys: Vec<&str> = known.split(", ").filter(|key| !of_files.contains(key)).collect();
    assert!(keys.len() >= 20, "{known}");
    for key in keys {
        assert!(page.contains(&format!("\n| `{key}` | ")), "the page does not describe `{key}`");
    }
}
