//! OpenLDAP.

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

/// One OpenLDAP server, on a loopback address of its own. It needs no rights.
///
/// It keeps `memberOf` and a log of changes for `syncrepl`, takes paged searches and, from a client that shows a
/// certificate of [`Slapd::authority`] for the name `x`, signs it in by `EXTERNAL` as `cn=x` below the root.
#[derive(Debug)]
pub struct Slapd {
    suffix: String,
    address: Ipv4Addr,
    authority: Authority,
    keeper: Keeper,
}

/// What a server is to be like.
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
    /// A directory `dc=example,dc=test` with nobody in it but `cn=reader`.
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

    /// `ldaps://` with address and port; the certificate names the address.
    pub fn url(&self) -> String {
        format!("ldaps://{}:{}", self.address, PORTS[1])
    }

    /// `ldap://` with address and port, where a client may ask for TLS.
    pub fn plain_url(&self) -> String {
        format!("ldap://{}:{}", self.address, PORTS[0])
    }

    /// The server's socket in the file system, as `ldapi://`.
    pub fn socket_url(&self) -> String {
        socket_url(self.keeper.folder())
    }

    /// Where the server listens.
    pub fn ip(&self) -> Ipv4Addr {
        self.address
    }

    /// The root of the directory.
    pub fn base(&self) -> &str {
        &self.suffix
    }

    /// The certificate of the authority that the server belongs to.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.file()
    }

    /// The authority that signs for the server, and for its clients.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Whoever may do everything and has no limits.
    pub fn administrator(&self) -> Account {
        self.account("admin", ADMINISTRATOR)
    }

    /// Somebody who may read.
    pub fn reader(&self) -> Account {
        self.account(READER.0, READER.1)
    }

    /// Changes the directory while it runs. A record of LDIF that names no kind of change is added.
    pub fn modify(&self, changes: &str) -> Result<(), Trouble> {
        let Account { dn, password, .. } = self.administrator();
        let mut modify = tool("ldapmodify");
        modify.args(["-x", "-a", "-H", &self.socket_url(), "-D", &dn, "-w", &password]);
        feed(&mut modify, changes.as_bytes().to_vec()).map(drop)
    }

    /// Lets the directory hold these entries, with the ids that they have, and nothing of what it held before but its
    /// root and `cn=reader`. They come each after the one it is in; see [`super::rooted`].
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
            // The server makes them of the members.
            record.values.retain(|(name, _)| !name.eq_ignore_ascii_case("memberOf"));
            if content::lacks_members(&record) {
                // As is done where a group that nobody is in has to be.
                record.add("member", "");
            }
            record.write(&mut new)?;
        }
        // Who may relax the rules may say which id an entry has.
        feed(tool("ldapmodify").args(signed_in).args(["-a", "-e", "relax"]), new).map(drop)
    }

    /// Everything with all its attributes, the operational ones too, as an administrator saves it.
    pub fn export_ldif(&self) -> Result<String, Trouble> {
        let Account { dn, password, .. } = self.administrator();
        run(tool("ldapsearch")
            .args(["-x", "-LLL", "-o", "ldif-wrap=no", "-H", &self.socket_url(), "-D", &dn, "-w", &password])
            .args(["-b", &self.suffix, "(objectClass=*)", "*", "+"]))
    }

    /// Ends the server and keeps its files.
    pub fn stop(&self) -> Result<(), Trouble> {
        self.keeper.stop()
    }

    /// Starts a stopped server again, and a running one anew, on the same files and the same address. What clients were
    /// told to come back with (cookies of `syncrepl`) finds no log of changes any more.
    pub fn restart(&self) -> Result<(), Trouble> {
        self.keeper.stop()?;
        self.keeper.start(|| self.answers())
    }

    /// Lets the server be silent: connections are taken, and nothing is answered.
    pub fn pause(&self) -> Result<(), Trouble> {
        self.keeper.pause()
    }

    /// Lets a paused server go on.
    pub fn resume(&self) -> Result<(), Trouble> {
        self.keeper.resume()
    }

    /// The process of the server, if it is not stopped.
    pub fn pid(&self) -> Option<u32> {
        self.keeper.pid()
    }

    /// What the server has written so far: a line for each connection, each operation and each result.
    pub fn log(&self) -> Result<String, Trouble> {
        self.keeper.log()
    }

    fn account(&self, name: &str, password: &str) -> Account {
        let dn = format!("cn={name},{}", self.suffix);
        Account { principal: dn.clone(), logon_name: dn.clone(), dn, password: password.to_owned() }
    }

    fn answers(&self) -> Result<(), Trouble> {
        let Account { dn, password, .. } = self.administrator();
        // The client's own patience ends with the connection, and does not cover TLS.
        run(tool("timeout")
            .args(["10", "ldapsearch", "-x", "-LLL", "-H", &self.url(), "-D", &dn, "-w", &password])
            .args(["-s", "base", "-b", "", "1.1"])
            .env("LDAPTLS_REQCERT", "never"))
        .map(drop)
    }
}

impl SlapdOptions {
    /// Names the root, as `dc=...`.
    pub fn suffix(mut self, suffix: impl Into<String>) -> Self {
        self.suffix = suffix.into();
        self
    }

    /// Fills the directory.
    pub fn population(mut self, population: Population) -> Self {
        self.source = Source::Population(population);
        self
    }

    /// Fills the directory with entries, the root first and each after the one it is in; for example with what
    /// [`super::twin`] makes.
    pub fn ldif(mut self, entries: impl Into<String>) -> Self {
        self.source = Source::Entries(entries.into());
        self
    }

    /// Limits the searches of somebody, both in the words of `slapd.conf(5)`: `users`, `anonymous` or
    /// `dn.exact="cn=reader,dc=example,dc=test"`, and for example `size=1000` (of all entries, also when paged),
    /// `size=1000 size.prtotal=unlimited` (only when not paged), `size.pr=500` (the greatest page),
    /// `size.prtotal=disabled` (no pages). The first limit that fits counts.
    pub fn limit(mut self, who: impl Into<String>, limits: impl Into<String>) -> Self {
        self.limits.push((who.into(), limits.into()));
        self
    }

    /// Lets the server know nothing of `memberOf`.
    pub fn without_memberof(mut self) -> Self {
        self.backlinks = false;
        self
    }

    /// Refuses clients that do not sign in.
    pub fn without_anonymous(mut self) -> Self {
        self.anonymous = false;
        self
    }

    /// Lets the server show another certificate than a good one.
    pub fn certificate(mut self, certificate: Certificate) -> Self {
        self.certificate = certificate;
        self
    }

    /// Returns a running server with these options, for a test that only reads: all tests of this process that ask for the same
    /// get the same one.
    ///
    /// # Errors
    /// When it does not start.
    pub fn shared(self) -> Result<&'static Slapd, Trouble> {
        static SERVERS: Shared<Slapd> = Shared::new();
        SERVERS.get(format!("{self:?}"), || self.start())
    }

    /// Starts the server and waits until it answers.
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

/// Makes copied files fit the place.
fn set_up(folder: &Path, options: &SlapdOptions, address: Ipv4Addr) -> Result<(Authority, Keeper), Trouble> {
    let authority = Authority::within(&folder.join("authority"))?;
    let pair = authority.server(options.certificate, &["ldap.example.test"], &[IpAddr::V4(address)])?;
    settings::write(folder, options, Some((&pair, &authority)))?;
    let urls = format!("ldap://{address}:{} ldaps://{address}:{} {}", PORTS[0], PORTS[1], socket_url(folder));
    let mut server = tool("slapd");
    // With a debug level, whichever, it stays in the foreground.
    server.args(["-d", "stats", "-h", &urls, "-f"]).arg(settings::file(folder));
    Ok((authority, Keeper::new(folder, &server)?))
}

fn socket_url(folder: &Path) -> String {
    format!("ldapi://{}", folder.join("socket").display().to_string().replace('/', "%2F"))
}

const ADMINISTRATOR: &str = "s3cret of the admin";
const READER: (&str, &str) = ("reader", "s3cret of the reader");
/// Plain and with TLS.
const PORTS: [u16; 2] = [3389, 3636];
