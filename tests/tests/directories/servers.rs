//! Checks the test servers with LDAP clients that are independent of this project.

use std::path::Path;
use std::process::Command;

mod ds389;
mod ending;
mod kerberos;
mod samba;
mod slapd;
mod twins;

/// A search with OpenLDAP's `ldapsearch`, with or without a bind.
struct Search {
    // `ldapsearch` limits only the TCP connection, not the TLS handshake, so `timeout` runs it.
    timeout: Command,
}

/// The result of a search.
#[derive(Debug)]
struct Found {
    /// 0 for success, [`SILENCE`] if no response arrived, and the LDAP result code otherwise.
    code: i32,
    /// The entries and comments of the output.
    text: String,
}

impl Search {
    /// Searches a server with a trusted CA and allows for a busy machine.
    fn at(url: &str, ca_file: &Path) -> Self {
        Self::within("300", url, ca_file)
    }

    /// Searches a server that is not expected to respond.
    fn in_vain(url: &str, ca_file: &Path) -> Self {
        Self::within("1", url, ca_file)
    }

    fn within(seconds: &str, url: &str, ca_file: &Path) -> Self {
        let mut timeout = Command::new("timeout");
        timeout.args([seconds, "ldapsearch", "-o", "ldif-wrap=no", "-H", url]).env("LDAPTLS_CACERT", ca_file);
        Self { timeout }
    }

    /// Binds with a password.
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

    /// Searches below a base DN.
    fn find(mut self, base: &str, filter: &str, attributes: &[&str]) -> Found {
        let output = self.timeout.args(["-b", base, filter]).args(attributes).output().expect("ldapsearch runs");
        let text = [output.stdout, output.stderr].concat();
        Found {
            code: output.status.code().expect("no signal ended the process"),
            text: String::from_utf8(text).expect("the output is UTF-8"),
        }
    }
}

/// The exit code of `timeout` if no response arrived.
const SILENCE: i32 = 124;

impl Found {
    /// Returns the number of entries.
    fn entries(&self) -> usize {
        self.text.lines().filter(|line| line.starts_with("dn:")).count()
    }

    /// Returns the values of an attribute that are not in base64, sorted.
    fn values(&self, name: &str) -> Vec<&str> {
        let mut values: Vec<&str> =
            self.text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect();
        values.sort_unstable();
        values
    }
}
