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

/// One 389 Directory Server, on a loopback address of its own. It needs no rights.
///
/// It keeps `memberOf` and takes who is deleted out of the groups. Who was in the directory when it was filled has a
/// `nsUniqueId`; who comes later has an `entryUUID` as well, as on a server that has been there for longer than the plugin
/// that makes them.
#[derive(Debug)]
pub struct Ds389 {
    suffix: String,
    address: Ipv4Addr,
    authority: Authority,
    keeper: Keeper,
}

/// What a server is to be like.
#[derive(Clone, Debug)]
pub struct Ds389Options {
    suffix: String,
    population: Option<Population>,
    limits: Vec<(String, String)>,
    synchronization: bool,
}

impl Ds389 {
    /// A directory `dc=example,dc=test` with nobody in it but `cn=reader`.
    pub fn options() -> Ds389Options {
        Ds389Options {
            suffix: "dc=example,dc=test".to_owned(),
            population: None,
            limits: Vec::new(),
            synchronization: false,
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

    /// The root of the directory.
    pub fn base(&self) -> &str {
        &self.suffix
    }

    /// The certificate of the authority that the server belongs to.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.file()
    }

    /// Whoever may do everything and has no limits.
    pub fn administrator(&self) -> Account {
        account(ADMINISTRATOR.0.to_owned(), ADMINISTRATOR.1)
    }

    /// Somebody who may read, within the limits of the server.
    pub fn reader(&self) -> Account {
        account(format!("cn={},{}", READER.0, self.suffix), READER.1)
    }

    /// Changes the directory while it runs. A record of LDIF that names no kind of change is added.
    pub fn modify(&self, changes: &str) -> Result<(), Trouble> {
        let mut modify = self.client("ldapmodify");
        feed(modify.arg("-a"), changes.as_bytes().to_vec()).map(drop)
    }

    /// Everything with all its attributes, the operational ones too, as an administrator saves it.
    pub fn export_ldif(&self) -> Result<String, Trouble> {
        let mut search = self.client("ldapsearch");
        run(search.args(["-LLL", "-o", "ldif-wrap=no", "-b", &self.suffix, "(objectClass=*)", "*", "+"]))
    }

    /// Gives everybody an `entryUUID` who has none, as an admin does who switches on the plugin that makes them.
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
        Err("not everybody was given an entryUUID".into())
    }

    /// The process of the server, if it is not stopped.
    pub fn pid(&self) -> Option<u32> {
        self.keeper.pid()
    }

    fn client(&self, name: &str) -> std::process::Command {
        let Account { dn, password, .. } = self.administrator();
        let mut client = tool("timeout");
        // The client's own patience ends with the connection, and does not cover TLS.
        client.args(["120", name, "-x", "-H", &self.url(), "-D", &dn, "-w", &password]);
        client.env("LDAPTLS_CACERT", self.ca_file());
        client
    }

    fn answers(&self) -> Result<(), Trouble> {
        run(self.client("ldapsearch").args(["-LLL", "-s", "base", "-b", "", "1.1"])).map(drop)
    }
}

impl Ds389Options {
    /// Fills the directory.
    pub fn population(mut self, population: Population) -> Self {
        self.population = Some(population);
        self
    }

    /// Gives `cn=reader` a limit of its own, by the attribute of its entry that says so: `nsSizeLimit`,
    /// `nsPagedSizeLimit`, `nsLookThroughLimit`. Everybody else has those of the server.
    pub fn limit(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.limits.push((name.into(), value.into()));
        self
    }

    /// Lets the server offer content synchronization, which it does not by itself.
    pub fn with_synchronization(mut self) -> Self {
        self.synchronization = true;
        self
    }

    /// Returns a running server with these options, for a test that only reads: all tests of this process that ask for the same
    /// get the same one.
    ///
    /// # Errors
    /// When it does not start.
    pub fn shared(self) -> Result<&'static Ds389, Trouble> {
        static SERVERS: Shared<Ds389> = Shared::new();
        SERVERS.get(format!("{self:?}"), || self.start())
    }

    /// Starts the server and waits until it answers.
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

/// Makes copied files fit the place.
fn set_up(folder: &Path, options: &Ds389Options, address: Ipv4Addr) -> Result<(Authority, Keeper), Trouble> {
    let authority = Authority::within(&folder.join("authority"))?;
    let pair = authority.server(Certificate::Valid, &["ldap.example.test"], &[IpAddr::V4(address)])?;
    settings::trust(folder, &pair, &authority)?;
    settings::write(folder, options, Some(address))?;
    let mut server = tool("ns-slapd");
    // With a debug level, whichever, it stays in the foreground.
    server.args(["-d", "0", "-D"]).arg(folder).arg("-i").arg(folder.join("pid"));
    Ok((authority, Keeper::new(folder, &server)?))
}

fn account(dn: String, password: &str) -> Account {
    Account { principal: dn.clone(), logon_name: dn.clone(), dn, password: password.to_owned() }
}

const ADMINISTRATOR: (&str, &str) = ("cn=Directory Manager", "s3cret of the manager");
const READER: (&str, &str) = ("reader", "s3cret of the reader");
/// Plain and with TLS.
const PORTS: [u16; 2] = [3389, 3636];
