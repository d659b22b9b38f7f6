//! OpenLDAP (slapd).

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use super::address;
use super::authority::{Authority, Certificate};
use super::keeper::Keeper;
use super::ldif::records;
use super::population::Population;
use super::samba::Account;
use super::shared::Shared;
use super::tool::{feed, run, tool};
use crate::Trouble;

mod content;
mod settings;

use content::Source;

/// An OpenLDAP server on a loopback address of its own. It does not need root.
///
/// It maintains `memberOf` and a session log for `syncrepl`, supports paged searches, and accepts SASL `EXTERNAL`: a
/// client certificate of [`Slapd::authority`] for the name `x` signs in as `cn=x` below the base DN.
#[derive(Debug)]
pub struct Slapd {
    suffix: String,
    address: Ipv4Addr,
    authority: Authority,
    keeper: Keeper,
}

/// The options of a server.
#[derive(Clone, Debug)]
pub struct SlapdOptions {
    suffix: String,
    source: Source,
    limits: Vec<(String, String)>,
    backlinks: bool,
    anonymous: bool,
    certificate: Certificate,
}

impl Slapd {
    /// Returns the options of a directory `dc=example,dc=test` that contains only `cn=reader`.
    pub fn options() -> SlapdOptions {
        SlapdOptions {
            suffix: "dc=example,dc=test".to_owned(),
            source: Source::Nobody,
            limits: Vec::new(),
            backlinks: true,
            anonymous: true,
            certificate: Certificate::Valid,
        }
    }

    /// Returns the `ldaps://` URL with address and port. The certificate is valid for the address.
    pub fn url(&self) -> String {
        format!("ldaps://{}:{}", self.address, PORTS[1])
    }

    /// Returns the `ldap://` URL with address and port. It supports `StartTLS`.
    pub fn plain_url(&self) -> String {
        format!("ldap://{}:{}", self.address, PORTS[0])
    }

    /// Returns the `ldapi://` URL of the server's Unix socket.
    pub fn socket_url(&self) -> String {
        socket_url(self.keeper.folder())
    }

    /// Returns the address on which the server listens.
    pub fn ip(&self) -> Ipv4Addr {
        self.address
    }

    /// Returns the base DN of the directory.
    pub fn base(&self) -> &str {
        &self.suffix
    }

    /// Returns the certificate file of the server's CA.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.file()
    }

    /// Returns the CA that signs server and client certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Returns the account of the administrator, who has all rights and no limits.
    pub fn administrator(&self) -> Account {
        self.account("admin", ADMINISTRATOR)
    }

    /// Returns an account that may read.
    pub fn reader(&self) -> Account {
        self.account(READER.0, READER.1)
    }

    /// Changes the directory of the running server. A record without a `changetype` is added.
    pub fn modify(&self, changes: &str) -> Result<(), Trouble> {
        let Account { dn, password, .. } = self.administrator();
        let mut modify = tool("ldapmodify");
        modify.args(["-x", "-a", "-H", &self.socket_url(), "-D", &dn, "-w", &password]);
        feed(&mut modify, changes.as_bytes().to_vec()).map(drop)
    }

    /// Replaces all entries except the base entry and `cn=reader` with these entries, including their ids. Each entry
    /// must follow its parent; see [`super::rooted`].
    pub fn hold(&self, entries: &str) -> Result<(), Trouble> {
        let Account { dn, password, .. } = self.administrator();
        let url = self.socket_url();
        let signed_in = ["-x", "-H", &url, "-D", &dn, "-w", &password];
        let below = run(tool("ldapsearch").args(signed_in).args([
            "-LLL",
            "-o",
            "ldif-wrap=no",
            "-s",
            "one",
            "-b",
            &self.suffix,
            "(!(cn=reader))",
            "1.1",
        ]))?;
        let below: Vec<String> = records(&below)?.into_iter().map(|record| record.dn).collect();
        if !below.is_empty() {
            run(tool("ldapdelete").args(signed_in).arg("-r").args(below))?;
        }
        let mut new = Vec::new();
        for mut record in records(entries)? {
            // The memberof overlay derives these values from the members.
            record.values.retain(|(name, _)| !name.eq_ignore_ascii_case("memberOf"));
            if content::lacks_members(&record) {
                // `groupOfNames` requires a member. An empty value is the usual workaround for a group without
                // members.
                record.add("member", "");
            }
            record.write(&mut new)?;
        }
        // The relax control allows the administrator to set the id of an entry.
        feed(tool("ldapmodify").args(signed_in).args(["-a", "-e", "relax"]), new).map(drop)
    }

    /// Exports all entries with all attributes, including operational ones, as the administrator.
    pub fn export_ldif(&self) -> Result<String, Trouble> {
        let Account { dn, password, .. } = self.administrator();
        run(tool("ldapsearch")
            .args(["-x", "-LLL", "-o", "ldif-wrap=no", "-H", &self.socket_url(), "-D", &dn, "-w", &password])
            .args(["-b", &self.suffix, "(objectClass=*)", "*", "+"]))
    }

    /// Stops the server and keeps its files.
    pub fn stop(&self) -> Result<(), Trouble> {
        self.keeper.stop()
    }

    /// Starts a stopped server, or restarts a running one, with the same files and address. The session log is lost,
    /// so earlier `syncrepl` cookies of clients become invalid.
    pub fn restart(&self) -> Result<(), Trouble> {
        self.keeper.stop()?;
        self.keeper.start(|| self.answers())
    }

    /// Pauses the server: the system accepts connections, but the server does not respond.
    pub fn pause(&self) -> Result<(), Trouble> {
        self.keeper.pause()
    }

    /// Resumes a paused server.
    pub fn resume(&self) -> Result<(), Trouble> {
        self.keeper.resume()
    }

    /// Returns the process id of the server, or `None` if it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.keeper.pid()
    }

    /// Returns the log of the server: a line for each connection, each operation, and each result.
    pub fn log(&self) -> Result<String, Trouble> {
        self.keeper.log()
    }

    fn account(&self, name: &str, password: &str) -> Account {
        let dn = format!("cn={name},{}", self.suffix);
        Account { principal: dn.clone(), logon_name: dn.clone(), dn, password: password.to_owned() }
    }

    fn answers(&self) -> Result<(), Trouble> {
        let Account { dn, password, .. } = self.administrator();
        // The timeout of the LDAP client covers only the TCP connection, not the TLS handshake.
        run(tool("timeout")
            .args(["10", "ldapsearch", "-x", "-LLL", "-H", &self.url(), "-D", &dn, "-w", &password])
            .args(["-s", "base", "-b", "", "1.1"])
            .env("LDAPTLS_REQCERT", "never"))
        .map(drop)
    }
}

impl SlapdOptions {
    /// Sets the base DN, such as `dc=example,dc=test`.
    pub fn suffix(mut self, suffix: impl Into<String>) -> Self {
        self.suffix = suffix.into();
        self
    }

    /// Fills the directory with a population.
    pub fn population(mut self, population: Population) -> Self {
        self.source = Source::Population(population);
        self
    }

    /// Fills the directory with entries, for example those of [`super::twin`]. The base entry must come first, and
    /// each entry must follow its parent.
    pub fn ldif(mut self, entries: impl Into<String>) -> Self {
        self.source = Source::Entries(entries.into());
        self
    }

    /// Limits the searches of some clients, in the syntax of `slapd.conf(5)`. `who` is `users`, `anonymous`, or
    /// `dn.exact="cn=reader,dc=example,dc=test"`. `limits` is, for example, `size=1000` (all entries, including paged
    /// searches), `size=1000 size.prtotal=unlimited` (only unpaged searches), `size.pr=500` (the maximum page size),
    /// or `size.prtotal=disabled` (no paging). The first matching limit applies.
    pub fn limit(mut self, who: impl Into<String>, limits: impl Into<String>) -> Self {
        self.limits.push((who.into(), limits.into()));
        self
    }

    /// Disables the memberof overlay, so that the server has no `memberOf`.
    pub fn without_memberof(mut self) -> Self {
        self.backlinks = false;
        self
    }

    /// Rejects anonymous clients.
    pub fn without_anonymous(mut self) -> Self {
        self.anonymous = false;
        self
    }

    /// Sets the kind of certificate; the default is a valid one.
    pub fn certificate(mut self, certificate: Certificate) -> Self {
        self.certificate = certificate;
        self
    }

    /// Returns a running server with these options, for a test that only reads. All tests of this process that
    /// request the same options share one server.
    ///
    /// # Errors
    /// If the server does not start.
    pub fn shared(self) -> Result<&'static Slapd, Trouble> {
        static SERVERS: Shared<Slapd> = Shared::new();
        SERVERS.get(format!("{self:?}"), || self.start())
    }

    /// Starts the server and waits until it responds.
    pub fn start(self) -> Result<Slapd, Trouble> {
        let address = address::free(&PORTS)?;
        let folder = content::files(&self)?;
        let ready = set_up(&folder, &self, address);
        let (authority, keeper) = ready.inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        let slapd = Slapd { suffix: self.suffix, address, authority, keeper };
        slapd.keeper.start(|| slapd.answers())?;
        Ok(slapd)
    }
}

/// Adapts the copied files to the folder and address of the server.
fn set_up(folder: &Path, options: &SlapdOptions, address: Ipv4Addr) -> Result<(Authority, Keeper), Trouble> {
    let authority = Authority::within(&folder.join("authority"))?;
    let pair = authority.server(options.certificate, &["ldap.example.test"], &[IpAddr::V4(address)])?;
    settings::write(folder, options, Some((&pair, &authority)))?;
    let urls = format!("ldap://{address}:{} ldaps://{address}:{} {}", PORTS[0], PORTS[1], socket_url(folder));
    let mut server = tool("slapd");
    // With a debug level, the server stays in the foreground.
    server.args(["-d", "stats", "-h", &urls, "-f"]).arg(settings::file(folder));
    Ok((authority, Keeper::new(folder, &server)?))
}

fn socket_url(folder: &Path) -> String {
    format!("ldapi://{}", folder.join("socket").display().to_string().replace('/', "%2F"))
}

const ADMINISTRATOR: &str = "s3cret of the admin";
const READER: (&str, &str) = ("reader", "s3cret of the reader");
/// The ports without and with TLS.
const PORTS: [u16; 2] = [3389, 3636];
