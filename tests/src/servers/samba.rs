//! Active Directory, played by Samba.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::authority::{Authority, Certificate};
use super::keeper::Keeper;
use super::population::Population;
use super::shared::Shared;
use super::tool::{feed, run, tool};
use super::{address, pristine};
use crate::Trouble;

mod domain;
mod loader;
mod settings;

use domain::Domain;
pub use loader::Loader;

/// One domain with one controller, on a loopback address of its own.
///
/// Each has the people Windows puts into a domain (`Administrator`, `Guest`, `krbtgt`) and two of ours, `reader` and
/// `replica`: see [`Samba::OWN_PEOPLE`]. What clients are refused and allowed is as Samba has it by default, but that
/// Kerberos is taken over TLS as well: a simple bind needs TLS.
#[derive(Debug)]
pub struct Samba {
    domain: Domain,
    address: Ipv4Addr,
    authority: Authority,
    keeper: Keeper,
}

/// What a domain is to be like.
#[derive(Clone, Debug)]
pub struct SambaOptions {
    domain: Domain,
    certificate: Certificate,
}

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// `name@domain`.
    pub principal: String,
    /// `DOMAIN\name`.
    pub logon_name: String,
    /// Where the person is in the directory.
    pub dn: String,
    /// The password.
    pub password: String,
}

impl Samba {
    /// People of every domain who are not of its population.
    pub const OWN_PEOPLE: [&str; 5] = ["Administrator", "Guest", "krbtgt", "reader", "replica"];

    /// A domain `ad.example.test` with nobody in it but those whom every domain has.
    pub fn options() -> SambaOptions {
        SambaOptions { domain: Domain::default(), certificate: Certificate::Valid }
    }

    /// `ldaps://` and the address; the certificate names it.
    pub fn url(&self) -> String {
        format!("ldaps://{}", self.address)
    }

    /// `ldap://` and the address, where a client may ask for TLS.
    pub fn plain_url(&self) -> String {
        format!("ldap://{}", self.address)
    }

    /// The global catalog, with TLS.
    pub fn gc_url(&self) -> String {
        format!("ldaps://{}:3269", self.address)
    }

    /// Where everything of this domain listens.
    pub fn ip(&self) -> Ipv4Addr {
        self.address
    }

    /// Where the domain's names are resolved, its SRV records among them.
    pub fn dns(&self) -> SocketAddr {
        SocketAddr::from((self.address, 53))
    }

    /// The full name of the controller. Only the domain's own DNS knows it.
    pub fn fqdn(&self) -> String {
        format!("{HOST}.{}", self.domain())
    }

    /// The name of the domain in DNS.
    pub fn domain(&self) -> String {
        self.domain.dns()
    }

    /// The name of the domain in Kerberos.
    pub fn realm(&self) -> &str {
        &self.domain.realm
    }

    /// The short name of the domain.
    pub fn netbios(&self) -> String {
        self.domain.netbios()
    }

    /// The root of the domain.
    pub fn base(&self) -> String {
        self.domain.base()
    }

    /// The certificate of the authority that this domain's controller belongs to.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.file()
    }

    /// The authority that signs for this domain.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Whoever may do everything.
    pub fn administrator(&self) -> Account {
        self.account("Administrator", ADMINISTRATOR)
    }

    /// An ordinary person, who may read and no more.
    pub fn reader(&self) -> Account {
        self.account(READER.0, READER.1)
    }

    /// Somebody who may ask what has changed, and so sees what was deleted (`DirSync`).
    pub fn replica(&self) -> Account {
        self.account(REPLICA.0, REPLICA.1)
    }

    /// The configuration of Kerberos for clients of this domain, for `KRB5_CONFIG`.
    pub fn krb5_conf(&self) -> PathBuf {
        self.keeper.folder().join("krb5.conf")
    }

    /// Writes a file with the keys of somebody, such as `reader`.
    pub fn keytab(&self, name: &str) -> Result<PathBuf, Trouble> {
        let file = self.keeper.folder().join(format!("{name}-{}.keytab", number()));
        run(tool("samba-tool")
            .args(["domain", "exportkeytab", "--principal", name, "--configfile"])
            .arg(settings::file(self.keeper.folder()))
            .arg(&file))?;
        Ok(file)
    }

    /// Signs somebody in and returns the file with the tickets, for `KRB5CCNAME`.
    pub fn kinit(&self, name: &str, password: &str) -> Result<PathBuf, Trouble> {
        let file = self.keeper.folder().join(format!("{name}-{}.ccache", number()));
        let mut kinit = tool("kinit");
        kinit.arg("-c").arg(&file).arg(format!("{name}@{}", self.realm())).env("KRB5_CONFIG", self.krb5_conf());
        feed(&mut kinit, format!("{password}\n").into_bytes())?;
        Ok(file)
    }

    /// Changes the directory while it runs, as the administrator. A record of LDIF that names no kind of change is
    /// added.
    pub fn modify(&self, changes: &str) -> Result<(), Trouble> {
        feed(self.client("ldapmodify").arg("-a"), changes.as_bytes().to_vec()).map(drop)
    }

    /// Starts what can put other people into the domain while it runs.
    pub fn loader(&self) -> Result<Loader, Trouble> {
        Loader::start(self.keeper.folder())
    }

    /// Everything below the root of the domain with all its attributes, as an administrator saves it.
    pub fn export_ldif(&self) -> Result<String, Trouble> {
        self.export_ldif_of(&self.base())
    }

    /// The same of one place.
    pub fn export_ldif_of(&self, place: &str) -> Result<String, Trouble> {
        run(self.client("ldapsearch").args(["-LLL", "-o", "ldif-wrap=no", "-b", place, "(objectClass=*)", "*"]))
    }

    /// Ends the server and keeps its files.
    pub fn stop(&self) -> Result<(), Trouble> {
        self.keeper.stop()
    }

    /// Starts a stopped server again, and a running one anew, on the same files and the same address.
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

    /// What the server has written so far.
    pub fn log(&self) -> Result<String, Trouble> {
        self.keeper.log()
    }

    fn account(&self, name: &str, password: &str) -> Account {
        Account {
            principal: format!("{name}@{}", self.domain()),
            logon_name: format!("{}\\{name}", self.netbios()),
            dn: format!("CN={name},CN=Users,{}", self.base()),
            password: password.to_owned(),
        }
    }

    /// A program of OpenLDAP that signs in as the administrator.
    fn client(&self, name: &str) -> Command {
        let Account { principal, password, .. } = self.administrator();
        let mut client = tool(name);
        client.args(["-x", "-H", &self.url(), "-D", &principal, "-w", &password]);
        // Whatever certificate the server shows to those whom a test is about.
        client.env("LDAPTLS_CACERT", self.authority.file()).env("LDAPTLS_REQCERT", "allow");
        client
    }

    fn answers(&self) -> Result<(), Trouble> {
        // The client's own patience ends with the connection, and does not cover TLS.
        run(tool("timeout")
            .args(["10", "ldapsearch", "-x", "-LLL", "-H", &self.url(), "-s", "base", "-b", "", "1.1"])
            .env("LDAPTLS_REQCERT", "never"))
        .map(drop)
    }

    /// Tells the copied domain where it is now.
    fn move_here(&self) -> Result<(), Trouble> {
        let changes = fs::read_to_string(self.keeper.folder().join("address.ldif"))?;
        let octets = STANDARD.encode(self.address.octets());
        let address = self.address.to_string();
        self.modify(&changes.replace("{address64}", &octets).replace("{address}", &address))
    }
}

impl SambaOptions {
    /// Names the domain, like `AD.EXAMPLE.TEST`; its short name is made from the first part.
    pub fn realm(mut self, realm: &str) -> Self {
        self.domain.realm = realm.to_uppercase();
        self
    }

    /// Fills the domain.
    pub fn population(mut self, population: Population) -> Self {
        self.domain.population = Some(population);
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
    pub fn shared(self) -> Result<&'static Samba, Trouble> {
        static SERVERS: Shared<Samba> = Shared::new();
        SERVERS.get(format!("{self:?}"), || self.start())
    }

    /// Starts the server and waits until it answers. The first start of a domain makes it, which takes seconds, and
    /// with tens of thousands of people minutes.
    pub fn start(self) -> Result<Samba, Trouble> {
        let Self { domain, certificate } = self;
        let address = address::free(&PORTS)?;
        let folder = domain.copy()?;
        let ready = set_up(&folder, &domain, address, certificate);
        let (authority, keeper) = ready.inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        let samba = Samba { domain, address, authority, keeper };
        samba.keeper.start(|| samba.answers())?;
        samba.move_here()?;
        Ok(samba)
    }
}

/// Makes copied files fit the place.
fn set_up(
    folder: &Path,
    domain: &Domain,
    address: Ipv4Addr,
    certificate: Certificate,
) -> Result<(Authority, Keeper), Trouble> {
    let authority = Authority::within(&folder.join("authority"))?;
    let names = [format!("{HOST}.{}", domain.dns()), domain.dns()];
    let pair = authority.server(certificate, &[&names[0], &names[1]], &[IpAddr::V4(address)])?;
    settings::write(folder, domain, address, Some((&pair, &authority)))?;
    let mut server = tool("samba");
    server
        .args(["--foreground", "--no-process-group", "--debug-stdout", "--model=single", "--maximum-runtime=7200"])
        .arg("--configfile")
        .arg(settings::file(folder));
    Ok((authority, Keeper::new(folder, &server)?))
}

/// Tells apart the files that tests ask for of a domain that they share.
fn number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

const HOST: &str = "dc1";
const ADMINISTRATOR: &str = "Adm1n!strator";
const READER: (&str, &str) = ("reader", "Read3r!only");
const REPLICA: (&str, &str) = ("replica", "Repl1ca!too");
/// LDAP, its TLS, the same of the catalog, Kerberos, its passwords, and DNS. Samba has no setting for the first four.
const PORTS: [u16; 7] = [389, 636, 3268, 3269, 88, 464, 53];
