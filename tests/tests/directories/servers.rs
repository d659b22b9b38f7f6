//! The directory servers of the tests are what they say they are, asked by other people's clients.

use std::path::Path;
use std::process::Command;

mod ds389;
mod ending;
mod kerberos;
mod samba;
mod slapd;
mod twins;

/// A search with OpenLDAP's client, as somebody or as nobody.
struct Search {
    // Its own patience ends with the connection and does not cover TLS, so another program has it.
    timeout: Command,
}

/// What came of it.
#[derive(Debug)]
struct Found {
    /// 0 for success, [`SILENCE`] where no answer came, and the protocol's own code otherwise.
    code: i32,
    /// The entries, among comments.
    text: String,
}

impl Search {
    /// Asks a server whose authority is trusted, and waits as long as a busy machine may take.
    fn at(url: &str, ca_file: &Path) -> Self {
        Self::within("300", url, ca_file)
    }

    /// Asks a server that is not expected to answer.
    fn in_vain(url: &str, ca_file: &Path) -> Self {
        Self::within("1", url, ca_file)
    }

    fn within(seconds: &str, url: &str, ca_file: &Path) -> Self {
        let mut timeout = Command::new("timeout");
        timeout.args([seconds, "ldapsearch", "-o", "ldif-wrap=no", "-H", url]).env("LDAPTLS_CACERT", ca_file);
        Self { timeout }
    }

    /// Signs in with a password.
    fn sign_in(mut self, name: &str, password: &str) -> Self {
        self.timeout.args(["-x", "-D", name, "-w", password]);
        self
    }

    fn with(mut self, words: &[&str]) -> Self {
        self.timeout.args(words);
        self
    }

    fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.timeout.env(name, value);
        self
    }

    /// Looks below a root.
    fn find(mut self, base: &str, filter: &str, attributes: &[&str]) -> Found {
        let output = self.timeout.args(["-b", base, filter]).args(attributes).output().expect("ldapsearch runs");
        let text = [output.stdout, output.stderr].concat();
        Found { code: output.status.code().expect("no signal ends it"), text: String::from_utf8(text).expect("text") }
    }
}

/// No answer came.
const SILENCE: i32 = 124;

impl Found {
    /// How many entries came.
    fn entries(&self) -> usize {
        self.text.lines().filter(|line| line.starts_with("dn:")).count()
    }

    /// The plain values of an attribute, sorted.
    fn values(&self, name: &str) -> Vec<&str> {
        let mut values: Vec<&str> =
            self.text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect();
        values.sort_unstable();
        values
    }
}
