//! The password is sent to the server and appears nowhere else.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use gotosync_tests::command::Said;
use gotosync_tests::servers::{Population, Slapd};

use super::place::{Place, simple};
use super::{SAMBA, SLAPD, samba, slapd};

/// Returns every file below a folder except one, with its content.
fn files(folder: &Path, except: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            found.extend(files(&path, except));
        } else if path != except {
            found.push((path.display().to_string(), fs::read(&path).expect("the file can be read")));
        }
    }
    found
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|part| part == secret.as_bytes())
}

/// Runs every command and searches its output and all written files for the password.
fn everything(place: &Place, password: &str, person: &str) {
    let commands: &[&[&str]] = &[
        &["about"],
        &["about", "--json"],
        &["browse"],
        &["browse", "--json"],
        &["check"],
        &["check", "--rules"],
        &["plan", "--full"],
        &["plan", "--json"],
        &["plan", "--out", "plan.json"],
        &["apply", "plan.json"],
        &["run"],
        &["run", "--json"],
        &["explain", person],
        &["explain", person, "--json"],
        &["rule", "list"],
        &["retry", "all"],
        &["resume"],
        &["history"],
        &["history", "--json"],
    ];
    for words in commands {
        let Said { out, err, .. } = place.run(words);
        assert!(!out.is_empty() || !err.is_empty(), "{words:?} prints nothing");
        assert!(!holds(out.as_bytes(), password) && !holds(err.as_bytes(), password), "{words:?}: {out}{err}");
    }
    let written = files(&place.path(""), &place.path("secret"));
    for name in ["state.db", "account.db", "plan.json"] {
        assert!(written.iter().any(|(path, bytes)| path.ends_with(name) && !bytes.is_empty()), "{name} is not written");
    }
    for (path, bytes) in written {
        assert!(!holds(&bytes, password), "{path}");
    }
}

#[test]
fn the_password_is_in_no_output_and_no_file() {
    let reader = SLAPD.reader();
    let place = Place::new(&format!("{}{}", slapd(), simple(&reader.dn)));
    place.secret("secret", &reader.password);
    let first = place.run(&["plan", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&first.out).expect("the output is JSON");
    let person = plan["steps"][0]["subject"].as_str().expect("the step has a subject").to_owned();
    everything(&place, &reader.password, &person);
    // The commands did their work: the account now contains the people.
    let done = place.run(&["plan"]);
    assert_eq!(done.code, Some(0), "{done:?}");

    let reader = SAMBA.reader();
    let place = Place::new(&format!("{}{}", samba(), simple(&reader.principal)));
    place.secret("secret", &reader.password);
    everything(&place, &reader.password, "nobody at all");
    assert_eq!(place.run(&["plan"]).code, Some(0));
}

#[test]
fn a_wrong_password_is_in_no_output_and_no_file() {
    for source in [samba() + &simple(&SAMBA.reader().principal), slapd() + &simple(&SLAPD.reader().dn)] {
        let place = Place::new(&source);
        place.secret("secret", "Wr0ng!indeed");
        for words in [&["plan"][..], &["run"], &["apply"], &["check"], &["browse"], &["explain", "x"], &["history"]] {
            let Said { out, err, .. } = place.run(words);
            assert!(!out.contains("Wr0ng!indeed") && !err.contains("Wr0ng!indeed"), "{words:?}: {out}{err}");
        }
        for (path, bytes) in files(&place.path(""), &place.path("secret")) {
            assert!(!holds(&bytes, "Wr0ng!indeed"), "{path}");
        }
    }
}

#[test]
fn the_password_is_on_no_command_line_during_a_run() {
    let slapd = Slapd::options().population(Population::default()).start().expect("the server starts");
    let reader = slapd.reader();
    let place = Place::new(&format!(
        "ldap = '{}'\nca = '{}'\nuser = '{}'\npassword = {{ command = ['sh', '-c', 'cat secret; echo >fetched'] }}\n",
        slapd.url(),
        slapd.ca_file().display(),
        reader.dn
    ));
    place.secret("secret", &reader.password);
    slapd.pause().expect("the server can be paused");
    let mut child =
        place.command(&["plan"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the process starts");
    // The command has read the password and is waiting for the server.
    let end = Instant::now() + Duration::from_mins(1);
    while !place.path("fetched").exists() {
        assert!(child.try_wait().expect("the state of the process can be read").is_none(), "the command ended early");
        assert!(Instant::now() < end, "the command did not read the password");
        std::thread::sleep(Duration::from_millis(5));
    }
    let process = Path::new("/proc").join(child.id().to_string());
    for file in ["cmdline", "environ"] {
        let bytes = fs::read(process.join(file)).expect("the process is running");
        assert!(!bytes.is_empty() && !holds(&bytes, &reader.password), "{file}");
    }
    slapd.resume().expect("the server can be resumed");
    assert_eq!(child.wait().expect("the process ends").code(), Some(2));
}
