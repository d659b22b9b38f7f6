//! Signing in to GoTo, describing the account, and running, with the errors that new users may encounter.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use gotosync_core::model::{Account, License, Role, Status, User};
use gotosync_tests::command::{Said, command, run, said};
use gotosync_tests::goto::{Emulator, Operation, Options, Probe, Rotation, TokenRefusal};
use gotosync_tests::people::export;
use tempfile::TempDir;

/// Returns an account with one administrator and two licenses.
fn account() -> Account {
    let mut account = Account::empty("8887111122223333444", "Example Ltd");
    let mut admin = User::new("admin@example.test", "Ada", "Min");
    admin.key = Some("7001".into());
    admin.role = Role::Administrator;
    admin.status = Status::Active;
    account.users.push(admin.into());
    account.licenses = vec![
        License::new("7902142105473202120", "GoToMeeting", &["G2M"], 100),
        License::new("7902142105473202121", "GoToWebinar", &["G2W", "G2M"], 3),
    ];
    account.login = Some("7001".into());
    account
}

struct Office {
    folder: TempDir,
    emulator: Emulator,
}

impl Office {
    fn new(options: impl FnOnce(Options) -> Options) -> Self {
        let options = options(Emulator::options().client("the-client", Some(SECRET)));
        let emulator = options.account(account()).start().unwrap();
        let office = Self { folder: tempfile::tempdir().unwrap(), emulator };
        office.write("directory.ldif", &export(30));
        office.write("rules.toml", RULES);
        office.configure("");
        office.private("client", SECRET);
        office
    }

    fn configure(&self, more: &str) {
        let urls = self.emulator.urls();
        let text = format!(
            "[source]\nldif = \"directory.ldif\"\n\n[account]\ngoto = \"the-client\"\n\
             client_secret = {{ file = \"client\" }}\nredirect = \"http://127.0.0.1:0/\"\nvisible_within = \"0s\"\n{more}\n\
             [account.urls]\nauthorize = \"{}\"\ntoken = \"{}\"\nadmin = \"{}\"\nconnect = \"{}\"\n",
            urls.authorize, urls.token, urls.admin, urls.connect
        );
        self.write("gotosync.toml", &text);
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    /// Stores a secret in the way that the documentation recommends.
    fn private(&self, name: &str, secret: &str) {
        let mut child = command(self.path(), &["credential", "set", "--force", "--file", name])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// Signs in, with a simulated user in the browser.
    fn login(&self) -> Said {
        let mut child = command(self.path(), &["login", "--no-browser"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut talk = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.trim_start().starts_with("http") {
            line.clear();
            if talk.read_line(&mut line).unwrap() == 0 {
                break;
            }
        }
        if line.trim_start().starts_with("http") {
            let page = Probe::stranger().get(line.trim()).unwrap();
            let back = page.header("location").unwrap().to_owned();
            // The callback server rejects all other requests.
            let door = back.split('?').next().unwrap();
            assert_eq!(Probe::stranger().get(&format!("{door}favicon.ico")).unwrap().status, 404);
            assert_eq!(Probe::stranger().get(&format!("{door}?code=stolen&state=guessed")).unwrap().status, 400);
            let shown = Probe::stranger().get(&back).unwrap();
            assert_eq!(shown.status, 200, "{shown:?}");
        }
        let mut rest = String::new();
        talk.read_to_string(&mut rest).unwrap();
        let mut told = said(child.wait_with_output().unwrap());
        told.err = format!("{line}{rest}");
        told
    }

    fn run(&self, words: &[&str]) -> Said {
        run(self.path(), words)
    }
}

#[test]
fn a_new_user_signs_in_browses_and_runs() {
    let office = Office::new(|options| options);
    let early = office.run(&["account"]);
    assert_eq!(early.code, Some(1));
    assert!(early.err.contains("no user has signed in yet") && early.err.contains("gotosync login"), "{early:?}");

    let login = office.login();
    assert_eq!(login.code, Some(0), "{login:?}");
    assert!(login.err.contains("signed in as admin@example.test"), "{login:?}");

    let looked = office.run(&["account"]);
    assert_eq!(looked.code, Some(0), "{looked:?}");
    for words in [
        "admin@example.test (user 7001)",
        "Example Ltd (8887111122223333444), used by gotosync: SUPER_USER",
        "GoToMeeting  0 of 100 seats used, 100 free",
        "(7902142105473202121: G2W G2M)",
    ] {
        assert!(looked.out.contains(words), "{words}: {}", looked.out);
    }
    assert!(!looked.out.contains("missing"), "{}", looked.out);

    let planned = office.run(&["plan"]);
    assert_eq!(planned.code, Some(2), "{planned:?}");
    let ran = office.run(&["run", "--trace", "calls.txt"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(office.run(&["plan"]).out.contains("nothing to do"));
    let account = office.emulator.account();
    assert_eq!(account.users.len(), 31);
    assert_eq!(account.licenses[0].used, 30);
    // Half of the users get a group and a mail. Users with equal settings are created in one call.
    let trace = fs::read_to_string(office.path().join("calls.txt")).unwrap();
    let made = trace.lines().filter(|line| line.contains(" POST ") && line.contains("/users attempt")).count();
    assert_eq!(made, 2, "{trace}");
    assert_eq!(office.emulator.mails().len(), 15);
    let history = office.run(&["history"]);
    assert!(history.code == Some(0) && history.out.contains("created"), "{history:?}");
}

#[test]
fn lists_lines_if_the_token_allows_it() {
    let office = Office::new(|options| options);
    office.emulator.edit(|account| {
        let ada = std::sync::Arc::make_mut(&mut account.users[0]);
        ada.set_settings(|own| {
            own.extension = Some("100".into());
            own.secondary_extensions = ["900".to_owned()].into();
        });
        account.catalog.extensions.push("900".to_owned());
    });
    office.configure("connect = true\n");
    assert_eq!(office.login().code, Some(0));
    let denied = office.run(&["account", "--lines"]);
    assert_eq!(denied.code, Some(1), "{denied:?}");
    assert!(denied.err.contains("users.v1.lines.read"), "{denied:?}");

    let scopes = ["identity:", "voice-admin.v1.read", "voice-admin.v1.write", "users.v1.lines.read"];
    office.configure(&format!("connect = true\nscopes = {scopes:?}\n"));
    assert_eq!(office.login().code, Some(0));
    let told = office.run(&["account", "--lines"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    for line in ["100  Ada Min of user 7001\n", "900  Ada Min of user 7001, which rings for other users first\n"] {
        assert!(told.out.contains(line), "{}", told.out);
    }
    let json: serde_json::Value = serde_json::from_str(&office.run(&["account", "--lines", "--json"]).out).unwrap();
    assert_eq!((&json["lines"][1]["number"], &json["email"]), (&"900".into(), &"admin@example.test".into()));
}

#[test]
fn no_output_and_no_file_contains_a_secret() {
    let office = Office::new(|options| {
        options.lives(Duration::from_mins(1), Duration::from_hours(720)).rotation(Rotation::Always)
    });
    let mut told = vec![office.login()];
    for words in [
        &["account"][..],
        &["--trace", "calls.txt", "run"],
        &["plan", "--json", "--out", "plan.json"],
        &["history", "--json"],
        &["about"],
    ] {
        // Each command must renew its token, because the token's lifetime is shorter than the safety margin.
        told.push(office.run(words));
    }
    let login: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(office.path().join("goto-login")).unwrap()).unwrap();
    let secrets = [
        SECRET.to_owned(),
        login["refresh_token"].as_str().unwrap().to_owned(),
        login["access_token"].as_str().unwrap().to_owned(),
    ];
    let holds = |text: &str| secrets.iter().any(|secret| text.contains(secret.as_str()));
    for said in &told {
        assert!(said.code.is_some_and(|code| code != 1), "{said:?}");
        assert!(!holds(&said.out) && !holds(&said.err), "{said:?}");
    }
    let mut looked = 0;
    for entry in fs::read_dir(office.path()).unwrap() {
        let path = entry.unwrap().path();
        let own = ["goto-login", "client"].contains(&path.file_name().unwrap().to_str().unwrap());
        if path.is_file() && !own {
            let bytes = fs::read(&path).unwrap();
            assert!(!holds(&String::from_utf8_lossy(&bytes)), "{}", path.display());
            looked += 1;
        }
    }
    assert!(looked >= 6, "only {looked} files were looked at");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(office.path().join("goto-login")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn renews_a_revoked_token_and_reports_a_revoked_sign_in() {
    let office = Office::new(|options| options.refusal(TokenRefusal::Forbidden));
    assert_eq!(office.login().code, Some(0));
    office.emulator.revoke_tokens();
    let over = office.run(&["account"]);
    assert_eq!(over.code, Some(1));
    assert!(
        over.err.contains("the sign-in has expired or was revoked") && over.err.contains("gotosync login"),
        "{over:?}"
    );
    assert_eq!(office.login().code, Some(0));
    assert_eq!(office.run(&["account"]).code, Some(0));
    // The access token expires, but the refresh token does not.
    office.emulator.advance(Duration::from_hours(2));
    let renewed = office.run(&["account"]);
    assert_eq!(renewed.code, Some(0), "{renewed:?}");
}

#[test]
fn concurrent_processes_never_use_a_replaced_refresh_token() {
    let office = Office::new(|options| {
        options.lives(Duration::from_mins(1), Duration::from_hours(720)).rotation(Rotation::Always)
    });
    assert_eq!(office.login().code, Some(0));
    office.emulator.forget_calls();
    let mut children = Vec::new();
    for _ in 0..6 {
        let mut command = command(office.path(), &["account"]);
        children.push(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    }
    for child in children {
        let said = said(child.wait_with_output().unwrap());
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    let calls = office.emulator.calls();
    let tokens: Vec<_> = calls.iter().filter(|call| call.operation == Operation::Token).collect();
    assert!(tokens.len() >= 6 && tokens.iter().all(|call| call.status == Some(200)), "{tokens:?}");
    assert_eq!(office.run(&["account"]).code, Some(0), "the token stored last is valid");
}

#[test]
fn imports_a_sign_in_from_another_machine() {
    let office = Office::new(|options| options);
    let mut child = command(office.path(), &["login", "--paste"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut talk = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.trim_start().starts_with("http") {
        line.clear();
        assert!(talk.read_line(&mut line).unwrap() > 0);
    }
    let page = Probe::stranger().get(line.trim()).unwrap();
    let mut pasted = child.stdin.take().unwrap();
    writeln!(pasted, "{}", page.header("location").unwrap()).unwrap();
    drop(pasted);
    let mut rest = String::new();
    talk.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
    assert!(rest.contains("signed in as admin@example.test"), "{rest}");
    assert_eq!(office.run(&["account"]).code, Some(0));
}

#[test]
fn a_personal_access_token_needs_no_sign_in() {
    let office = Office::new(|options| options);
    office.private("token", &office.emulator.personal_token());
    office.configure("personal_token = { file = \"token\" }");
    let looked = office.run(&["account"]);
    assert!(looked.code == Some(0) && looked.out.contains("by            a personal access token"), "{looked:?}");
    let login = office.run(&["login"]);
    assert!(login.code == Some(1) && login.err.contains("uses a personal access token"), "{login:?}");
    office.private("token", "wrong");
    let wrong = office.run(&["account"]);
    assert!(wrong.code == Some(1) && wrong.err.contains("create a new token at myaccount.goto.com"), "{wrong:?}");
}

#[test]
fn reports_missing_rights_and_where_an_admin_grants_them() {
    let office = Office::new(|options| options.scopes(&["users.v1.read"]));
    office.configure("scopes = [\"users.v1.read\"]");
    assert_eq!(office.login().code, Some(0));
    let scope = office.run(&["run"]);
    assert_eq!(scope.code, Some(1));
    assert!(scope.err.contains("scope: identity:") && scope.err.contains("«Admin Center»"), "{scope:?}");

    let office = Office::new(|options| options);
    assert_eq!(office.login().code, Some(0));
    office.emulator.edit(|account| {
        let mut other = User::new("other@example.test", "O", "Ther");
        (other.key, other.role, other.status) = (Some("7002".into()), Role::Administrator, Status::Active);
        account.users.push(other.into());
        let admin = std::sync::Arc::make_mut(&mut account.users[0]);
        (admin.role, admin.licenses) = (Role::Member, vec!["7902142105473202120".into()]);
    });
    let role = office.run(&["plan"]);
    assert_eq!(role.code, Some(1));
    assert!(role.err.contains("MANAGE_USERS") && role.err.contains("GoTo Admin"), "{role:?}");
    let told = office.run(&["account"]);
    assert!(told.code == Some(3) && told.out.contains("stop: missing: the role «Manage users»"), "{told:?}");
    let other = office.run(&["--account", "Exampel Ltd", "account"]);
    assert!(other.code == Some(1) && other.err.contains("did you mean `Example Ltd`?"), "{other:?}");
}

#[test]
fn every_report_warns_of_an_expiring_sign_in_and_of_disabled_tls_verification() {
    let office = Office::new(|options| options);
    assert_eq!(office.login().code, Some(0));
    let early = office.run(&["run"]);
    assert!(early.code == Some(0) && !early.out.contains("expires soon"), "{early:?}");
    // As if the sign-in had been stored 25 days ago.
    let path = office.path().join("goto-login");
    let mut login: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(25 * 24);
    login["since"] = serde_json::json!(then);
    fs::write(&path, login.to_string()).unwrap();
    let late = office.run(&["run"]);
    assert!(late.code == Some(0) && late.out.contains("the sign-in to the account expires soon"), "{late:?}");
    assert!(late.out.contains("signed in until 20"), "{late:?}");
    office.configure("danger_accept_any_certificate = true");
    let danger = office.run(&["run"]);
    assert!(danger.code == Some(0) && danger.out.contains("TLS certificate verification is off"), "{danger:?}");
}

const SECRET: &str = "hunter2-hunter2-hunter2";

const RULES: &str = r#"
[limits]
create = "unlimited"
emails = "unlimited"

[[rule]]
name = "Sales"
ou = "OU=Sales,DC=test"
products = ["GoToMeeting"]
user_group = "Sales"
create_user_group = true

[[rule]]
name = "IT"
ou = "OU=IT,DC=test"
products = ["7902142105473202120"]
welcome_email = "none"
"#;
