//! 389 Directory Server.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

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

/// A 389 Directory Server on a loopback address of its own. It does not need root.
///
/// It maintains `memberOf` and removes deleted people from groups. Entries of the initial data have only an
/// `nsUniqueId`, and entries added later also have an `entryUUID`, as on a server that is older than the entryUUID
/// plugin.
#[derive(Debug)]
pub struct Ds389 {
    suffix: String,
    address: Ipv4Addr,
    authority: Authority,
    keeper: Keeper,
}

/// The options of a server.
#[derive(Clone, Debug)]
pub struct Ds389Options {
    suffix: String,
    population: Option<Population>,
    limits: Vec<(String, String)>,
    synchronization: bool,
}

impl Ds389 {
    /// Returns the options of a directory `dc=example,dc=test` that contains only `cn=reader`.
    pub fn options() -> Ds389Options {
        Ds389Options {
            suffix: "dc=example,dc=test".to_owned(),
            population: None,
            limits: Vec::new(),
            synchronization: false,
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

    /// Returns the base DN of the directory.
    pub fn base(&self) -> &str {
        &self.suffix
    }

    /// Returns the certificate file of the server's CA.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.file()
    }

    /// Returns the account of the administrator, who has all rights and no limits.
    pub fn administrator(&self) -> Account {
        account(ADMINISTRATOR.0.to_owned(), ADMINISTRATOR.1)
    }

    /// Returns an account that may read, within the limits of the server.
    pub fn reader(&self) -> Account {
        account(format!("cn={},{}", READER.0, self.suffix), READER.1)
    }

    /// Changes the directory of the running server. A record without a `changetype` is added.
    pub fn modify(&self, changes: &str) -> Result<(), Trouble> {
        let mut modify = self.client("ldapmodify");
        feed(modify.arg("-a"), changes.as_bytes().to_vec()).map(drop)
    }

    /// Exports all entries with all attributes, including operational ones, as the administrator.
    pub fn export_ldif(&self) -> Result<String, Trouble> {
        let mut search = self.client("ldapsearch");
        run(search.args(["-LLL", "-o", "ldif-wrap=no", "-b", &self.suffix, "(objectClass=*)", "*", "+"]))
    }

    /// Adds an `entryUUID` to every entry without one, with the task that admins run after enabling the entryUUID
    /// plugin.
    pub fn give_entry_uuids(&self) -> Result<(), Trouble> {
        let task = "cn=all,cn=entryuuid task,cn=tasks,cn=config";
        let base = &self.suffix;
        self.modify(&format!(
            "dn: {task}\nobjectClass: top\nobjectClass: extensibleObject\ncn: all\nbasedn: {base}\nfilter: (objectClass=*)\n"
        ))?;
        let without = ["-LLL", "-b", base, "(!(entryUUID=*))", "1.1"];
        for _ in 0..600 {
            if records(&run(self.client("ldapsearch").args(without))?)?.is_empty() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err("some entries still have no entryUUID".into())
    }

    /// Returns the process id of the server, or `None` if it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.keeper.pid()
    }

    fn client(&self, name: &str) -> std::process::Command {
        let Account { dn, password, .. } = self.administrator();
        let mut client = tool("timeout");
        // The timeout of the LDAP client covers only the TCP connection, not the TLS handshake.
        client.args(["120", name, "-x", "-H", &self.url(), "-D", &dn, "-w", &password]);
        client.env("LDAPTLS_CACERT", self.ca_file());
        client
    }

    fn answers(&self) -> Result<(), Trouble> {
        run(self.client("ldapsearch").args(["-LLL", "-s", "base", "-b", "", "1.1"])).map(drop)
    }
}

impl Ds389Options {
    /// Fills the directory with a population.
    pub fn population(mut self, population: Population) -> Self {
        self.population = Some(population);
        self
    }

    /// Sets a limit of `cn=reader`, by the attribute of its entry: `nsSizeLimit`, `nsPagedSizeLimit`, or
    /// `nsLookThroughLimit`. All other users have the limits of the server.
    pub fn limit(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.limits.push((name.into(), value.into()));
        self
    }

    /// Enables content synchronization, which is disabled by default.
    pub fn with_synchronization(mut self) -> Self {
        self.synchronization = true;
        self
    }

    /// Returns a running server with these options, for a test that only reads. All tests of this process that
    /// request the same options share one server.
    ///
    /// # Errors
    /// If the server does not start.
    pub fn shared(self) -> Result<&'static Ds389, Trouble> {
        static SERVERS: Shared<Ds389> = Shared::new();
        SERVERS.get(format!("{self:?}"), || self.start())
    }

    /// Starts the server and waits until it responds.
    pub fn start(self) -> Result<Ds389, Trouble> {
        let address = address::free(&PORTS)?;
        let folder = content::files(&self)?;
        let ready = set_up(&folder, &self, address);
        let (authority, keeper) = ready.inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        let server = Ds389 { suffix: self.suffix, address, authority, keeper };
        server.keeper.start(|| server.answers())?;
        Ok(server)
    }
}

/// Adapts the copied files to the folder and address of the server.
fn set_up(folder: &Path, options: &Ds389Options, address: Ipv4Addr) -> Result<(Authority, Keeper), Trouble> {
    let authority = Authority::within(&folder.join("authority"))?;
    let pair = authority.server(Certificate::Valid, &["ldap.example.test"], &[IpAddr::V4(address)])?;
    settings::trust(folder, &pair, &authority)?;
    settings::write(folder, options, Some(address))?;
    let mut server = tool("ns-slapd");
    // With a debug level, the server stays in the foreground.
    server.args(["-d", "0", "-D"]).arg(folder).arg("-i").arg(folder.join("pid"));
    Ok((authority, Keeper::new(folder, &server)?))
}

fn account(dn: String, password: &str) -> Account {
    Account { principal: dn.clone(), logon_name: dn.clone(), dn, password: password.to_owned() }
}

const ADMINISTRATOR: (&str, &str) = ("cn=Directory Manager", "s3cret of the manager");
const READER: (&str, &str) = ("reader", "s3cret of the reader");
/// The ports without and with TLS.
const PORTS: [u16; 2] = [3389, 3636];
