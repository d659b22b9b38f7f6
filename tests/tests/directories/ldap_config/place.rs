//! A folder with a configuration, in which the command runs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gotosync_tests::command::{Said, said};

/// A folder with rules, an account, and a configuration with one source, and the environment variables of the
/// command.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// The command with all optional features.
pub(crate) const FULL_BINARY: &str = env!("CARGO_BIN_EXE_gotosync-full");

/// Returns the keys that sign in a user with the password from the file `secret` in the folder.
pub(crate) fn simple(user: &str) -> String {
    format!("user = '{user}'\npassword = {{ file = 'secret' }}\n")
}

impl Place {
    /// Creates a place whose single source has these keys.
    pub(crate) fn new(source: &str) -> Self {
        let place =
            Self { folder: tempfile::tempdir().expect("a temporary folder can be created"), variables: Vec::new() };
        place.write("rules.toml", RULES);
        place.write("account.json", ACCOUNT);
        place.configure(&format!("[source]\n{source}"));
        place
    }

    /// Replaces the source tables of the configuration.
    pub(crate) fn configure(&self, sources: &str) {
        let account = "[account]\nlocal = 'account.db'\nfrom = 'account.json'\n";
        self.write("gotosync.toml", &format!("{sources}\n{account}"));
    }

    /// Sets an environment variable for the command.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.variables.push((name.to_owned(), value.as_ref().display().to_string()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the file can be written");
    }

    /// Writes a file that only its owner can read.
    pub(crate) fn secret(&self, name: &str, text: &str) {
        self.write(name, text);
        self.mode(name, 0o600);
    }

    pub(crate) fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).expect("the permissions can be set");
    }

    /// Returns the command with all optional features.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(FULL_BINARY);
        command.args(["--config"]).arg(self.path("gotosync.toml")).args(words);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        for name in ["GOTOSYNC_CONFIG", "KRB5CCNAME", "KRB5_CLIENT_KTNAME", "KRB5_CONFIG", "CREDENTIALS_DIRECTORY"] {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Said {
        said(self.command(words).output().expect("the command starts"))
    }

    /// Returns the number of people that a plan reads.
    pub(crate) fn people(&self) -> usize {
        let planned = self.run(&["plan"]);
        assert_eq!(planned.code, Some(2), "{planned:?}");
        let count =
            planned.out.split_once(" people read").and_then(|(before, _)| before.rsplit(' ').next()?.parse().ok());
        count.unwrap_or_else(|| panic!("{planned:?}"))
    }

    /// Asserts that the command exits with 1, prints each of these texts to stderr, and prints no password.
    pub(crate) fn fails(&self, word: &str, told: &[&str]) -> Said {
        let said = self.run(&[word]);
        assert_eq!(said.code, Some(1), "{said:?}");
        for part in told {
            assert!(said.err.contains(part), "`{part}` is missing in: {}", said.err);
        }
        assert!(said.err.starts_with("error: ") && said.out.is_empty(), "{said:?}");
        for secret in fs::read(self.path("secret")).iter().filter(|secret| !secret.is_empty()) {
            assert!(!said.err.as_bytes().windows(secret.len()).any(|part| part == secret), "{said:?}");
        }
        said
    }
}

const RULES: &str = "
[limits]
create = 'unlimited'
emails = 'unlimited'

[[rule]]
name = 'Everyone'
everyone = true
products = ['GoToMeeting']
";

const ACCOUNT: &str = r#"{
  "key": "1",
  "name": "Example",
  "login": null,
  "users": [],
  "licenses": [{"key": "g2m", "name": "GoToMeeting", "products": ["G2M"], "seats": 1000, "used": 0}],
  "groups": [],
  "completeness": {"state": "complete"}
}"#;
