//! Samba as an Active Directory domain controller.

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

/// A domain with one domain controller, on a loopback address of its own.
///
/// Each domain has the default accounts of Windows (`Administrator`, `Guest`, `krbtgt`) and two accounts of the
/// tests, `reader` and `replica`: see [`Samba::OWN_PEOPLE`]. The access rules are Samba's defaults, under which a
/// simple bind requires TLS, except that Kerberos binds are accepted over TLS as well.
#[derive(Debug)]
pub struct Samba {
    domain: Domain,
    address: Ipv4Addr,
    authority: Authority,
    keeper: Keeper,
}

/// The options of a domain.
#[derive(Clone, Debug)]
pub struct SambaOptions {
    domain: Domain,
    certificate: Certificate,
}

/// An account that can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// `name@domain`.
    pub principal: String,
    /// `DOMAIN\name`.
    pub logon_name: String,
    /// The DN of the account.
    pub dn: String,
    /// The password.
    pub password: String,
}

impl Samba {
    /// The accounts of every domain that are not part of its population.
    pub const OWN_PEOPLE: [&str; 5] = ["Administrator", "Guest", "krbtgt", "reader", "replica"];

    /// Returns the options of a domain `ad.example.test` with only the default accounts.
    pub fn options() -> SambaOptions {
        SambaOptions { domain: Domain::default(), certificate: Certificate::Valid }
    }

    /// Returns the `ldaps://` URL. The certificate is valid for its address.
    pub fn url(&self) -> String {
        format!("ldaps://{}", self.address)
    }

    /// Returns the `ldap://` URL. It supports `StartTLS`.
    pub fn plain_url(&self) -> String {
        format!("ldap://{}", self.address)
    }

    /// Returns the URL of the global catalog with TLS.
    pub fn gc_url(&self) -> String {
        format!("ldaps://{}:3269", self.address)
    }

    /// Returns the address on which all services of the domain listen.
    pub fn ip(&self) -> Ipv4Addr {
        self.address
    }

    /// Returns the address of the DNS server, which has the names and SRV records of the domain.
    pub fn dns(&self) -> SocketAddr {
        SocketAddr::from((self.address, 53))
    }

    /// Returns the full host name of the domain controller. Only the domain's own DNS server resolves it.
    pub fn fqdn(&self) -> String {
        format!("{HOST}.{}", self.domain())
    }

    /// Returns the DNS name of the domain.
    pub fn domain(&self) -> String {
        self.domain.dns()
    }

    /// Returns the Kerberos realm of the domain.
    pub fn realm(&self) -> &str {
        &self.domain.realm
    }

    /// Returns the short (`NetBIOS`) name of the domain.
    pub fn netbios(&self) -> String {
        self.domain.netbios()
    }

    /// Returns the base DN of the domain.
    pub fn base(&self) -> String {
        self.domain.base()
    }

    /// Returns the certificate file of the CA that signed the certificate of the domain controller.
    pub fn ca_file(&self) -> PathBuf {
        self.authority.file()
    }

    /// Returns the CA of the domain.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Returns the administrator, who has all rights.
    pub fn administrator(&self) -> Account {
        self.account("Administrator", ADMINISTRATOR)
    }

    /// Returns an ordinary account, which may only read.
    pub fn reader(&self) -> Account {
        self.account(READER.0, READER.1)
    }

    /// Returns an account that may use `DirSync`, and therefore can read changes and deleted entries.
    pub fn replica(&self) -> Account {
        self.account(REPLICA.0, REPLICA.1)
    }

    /// Returns the Kerberos configuration for clients of the domain, for `KRB5_CONFIG`.
    pub fn krb5_conf(&self) -> PathBuf {
        self.keeper.folder().join("krb5.conf")
    }

    /// Writes a keytab for an account such as `reader`.
    pub fn keytab(&self, name: &str) -> Result<PathBuf, Trouble> {
        let file = self.keeper.folder().join(format!("{name}-{}.keytab", number()));
        run(tool("samba-tool")
            .args(["domain", "exportkeytab", "--principal", name, "--configfile"])
            .arg(settings::file(self.keeper.folder()))
            .arg(&file))?;
        Ok(file)
    }

    /// Signs in with Kerberos and returns the credential cache file, for `KRB5CCNAME`.
    pub fn kinit(&self, name: &str, password: &str) -> Result<PathBuf, Trouble> {
        let file = self.keeper.folder().join(format!("{name}-{}.ccache", number()));
        let mut kinit = tool("kinit");
        kinit.arg("-c").arg(&file).arg(format!("{name}@{}", self.realm())).env("KRB5_CONFIG", self.krb5_conf());
        feed(&mut kinit, format!("{password}\n").into_bytes())?;
        Ok(file)
    }

    /// Changes the directory of the running server as the administrator. A record without a `changetype` is added.
    pub fn modify(&self, changes: &str) -> Result<(), Trouble> {
        feed(self.client("ldapmodify").arg("-a"), changes.as_bytes().to_vec()).map(drop)
    }

    /// Starts a loader that can replace the people of the domain while the server runs.
    pub fn loader(&self) -> Result<Loader, Trouble> {
        Loader::start(self.keeper.folder())
    }

    /// Exports all entries of the domain with all attributes as the administrator.
    pub fn export_ldif(&self) -> Result<String, Trouble> {
        self.export_ldif_of(&self.base())
    }

    /// Exports all entries below a DN with all attributes.
    pub fn export_ldif_of(&self, place: &str) -> Result<String, Trouble> {
        run(self.client("ldapsearch").args(["-LLL", "-o", "ldif-wrap=no", "-b", place, "(objectClass=*)", "*"]))
    }

    /// Stops the server and keeps its files.
    pub fn stop(&self) -> Result<(), Trouble> {
        self.keeper.stop()
    }

    /// Starts a stopped server, or restarts a running one, with the same files and address.
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

    /// Returns the log of the server.
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

    /// Returns an OpenLDAP client program that binds as the administrator.
    fn client(&self, name: &str) -> Command {
        let Account { principal, password, .. } = self.administrator();
        let mut client = tool(name);
        client.args(["-x", "-H", &self.url(), "-D", &principal, "-w", &password]);
        // The client must accept the certificate even in tests with an invalid one.
        client.env("LDAPTLS_CACERT", self.authority.file()).env("LDAPTLS_REQCERT", "allow");
        client
    }

    fn answers(&self) -> Result<(), Trouble> {
        // The timeout of the LDAP client covers only the TCP connection, not the TLS handshake.
        run(tool("timeout")
            .args(["10", "ldapsearch", "-x", "-LLL", "-H", &self.url(), "-s", "base", "-b", "", "1.1"])
            .env("LDAPTLS_REQCERT", "never"))
        .map(drop)
    }

    /// Updates the address in the copied domain.
    fn move_here(&self) -> Result<(), Trouble> {
        let changes = fs::read_to_string(self.keeper.folder().join("address.ldif"))?;
        let octets = STANDARD.encode(self.address.octets());
        let address = self.address.to_string();
        self.modify(&changes.replace("{address64}", &octets).replace("{address}", &address))
    }
}

impl SambaOptions {
    /// Sets the realm, such as `AD.EXAMPLE.TEST`. The short name is derived from its first label.
    pub fn realm(mut self, realm: &str) -> Self {
        self.domain.realm = realm.to_uppercase();
        self
    }

    /// Fills the domain with a population.
    pub fn population(mut self, population: Population) -> Self {
        self.domain.population = Some(population);
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
    pub fn shared(self) -> Result<&'static Samba, Trouble> {
        static SERVERS: Shared<Samba> = Shared::new();
        SERVERS.get(format!("{self:?}"), || self.start())
    }

    /// Starts the server and waits until it responds. The first start of a domain creates it, which takes seconds, or
    /// minutes with tens of thousands of people.
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

/// Adapts the copied files to the folder and address of the server.
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

/// Returns a unique number for the names of the files that tests request from a shared domain.
fn number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

const HOST: &str = "dc1";
const ADMINISTRATOR: &str = "Adm1n!strator";
const READER: (&str, &str) = ("reader", "Read3r!only");
const REPLICA: (&str, &str) = ("replica", "Repl1ca!too");
/// LDAP, LDAPS, the global catalog without and with TLS, Kerberos, Kerberos password changes, and DNS. Samba has no
/// settings for the first four.
const PORTS: [u16; 7] = [389, 636, 3268, 3269, 88, 464, 53];
