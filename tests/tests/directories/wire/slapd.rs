//! A small slapd with ten people and a group, and `ldapsearch` as its client.

use std::fmt::Write;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use gotosync_tests::wire::{Front, Upstream, Wire};
use tempfile::TempDir;

/// A server and its folder. Both are removed when the value is dropped.
pub(crate) struct Slapd {
    folder: TempDir,
    address: String,
    tls_address: String,
    child: Child,
}

impl Slapd {
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder can be created");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("db")).expect("the folder can be created");
        certify(&folder);
        let config = CONFIG.replace("FOLDER", &folder.path().display().to_string());
        fs::write(at("slapd.conf"), config).expect("the configuration is written");
        fs::write(at("people.ldif"), people()).expect("the people are written");
        let mut load = Command::new("/usr/sbin/slapadd");
        load.arg("-q").arg("-f").arg(at("slapd.conf")).arg("-l").arg(at("people.ldif"));
        assert!(load.status().expect("slapadd is installed").success(), "the people are loaded");
        // Another process may take the port between its choice and its use. In that case, choose another port.
        for _ in 0..10 {
            let [address, tls_address] = [free(), free()];
            let mut child = Command::new("/usr/sbin/slapd")
                .arg("-d0")
                .arg("-f")
                .arg(at("slapd.conf"))
                .arg("-h")
                .arg(format!("ldap://{address} ldaps://{tls_address}"))
                .stderr(Stdio::null())
                .spawn()
                .expect("slapd is installed");
            while child.try_wait().expect("the state of the process can be read").is_none() {
                if TcpStream::connect(&address).is_ok() && TcpStream::connect(&tls_address).is_ok() {
                    return Self { folder, address, tls_address, child };
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        panic!("slapd did not start");
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("ldap://{}", self.address)
    }

    pub(crate) fn upstream(&self) -> Upstream {
        Upstream::plain(&self.address)
    }

    pub(crate) fn tls_upstream(&self) -> Upstream {
        Upstream::tls(&self.tls_address, "127.0.0.1", &self.file("ca.pem"))
    }

    pub(crate) fn tls_front(&self) -> Front {
        Front::tls(&self.file("cert.pem"), &self.file("key.pem"))
    }

    pub(crate) fn start_tls_front(&self) -> Front {
        Front::start_tls(&self.file("cert.pem"), &self.file("key.pem"))
    }

    pub(crate) fn wire(&self, damages: impl IntoIterator<Item = gotosync_tests::wire::Damage>) -> Wire {
        Wire::start(self.upstream(), damages).expect("the wire starts")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `ldapsearch` with the CA of this server.
    pub(crate) fn search(&self, url: &str, arguments: &[&str]) -> Searched {
        search(url, arguments, Some(self.file("ca.pem")))
    }

    /// Searches for people as the reader, in pages of three.
    pub(crate) fn people(&self, url: &str) -> Searched {
        self.search(url, &[&SIGN_IN[..], &["-E", "pr=3/noprompt", "-b", BASE, PEOPLE, "uid", "sn"]].concat())
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        // The server's data is discarded, so it need not shut down in an orderly way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The output of `ldapsearch`.
#[derive(Debug)]
pub(crate) struct Searched {
    pub(crate) code: Option<u32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Searched {
    pub(crate) fn entries(&self) -> usize {
        self.out.lines().filter(|line| line.starts_with("dn:")).count()
    }

    /// Returns the values of an attribute, in the order of the output.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        let mark = format!("{name}: ");
        self.out.lines().filter_map(|line| line.strip_prefix(&mark)).collect()
    }
}

/// Runs `ldapsearch` with a timeout of ten seconds.
pub(crate) fn search(url: &str, arguments: &[&str], authority: Option<PathBuf>) -> Searched {
    let mut command = Command::new("timeout");
    command.args(["10", "ldapsearch", "-x", "-LLL", "-o", "ldif_wrap=no", "-H", url]).args(arguments);
    command.env("LDAPNOINIT", "1");
    if let Some(authority) = authority {
        command.env_remove("LDAPNOINIT").env("LDAPCONF", "none").env("LDAPTLS_CACERT", authority);
    }
    let Output { status, stdout, stderr } = command.output().expect("ldapsearch is installed");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Searched { code: status.code().map(i32::cast_unsigned), out: text(stdout), err: text(stderr) }
}

fn free() -> String {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free").to_string()
}

fn certify(folder: &TempDir) {
    let script = "
        openssl ecparam -name prime256v1 -genkey -noout -out ca.key
        openssl req -x509 -new -key ca.key -days 3650 -subj '/CN=test authority' -out ca.pem
        openssl ecparam -name prime256v1 -genkey -noout -out key.pem
        openssl req -new -key key.pem -subj '/CN=localhost' -out request.pem
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\n' > names
        openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile names -out cert.pem";
    let output =
        Command::new("sh").arg("-ec").arg(script).current_dir(folder.path()).output().expect("the shell starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn people() -> String {
    let mut ldif = format!(
        "dn: {BASE}\nobjectClass: organization\nobjectClass: dcObject\no: Example\ndc: example\n\n\
         dn: cn=reader,{BASE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\n\
         userPassword: {PASSWORD}\n\n"
    );
    for number in 1..=10 {
        let _ = write!(
            ldif,
            "dn: uid=p{number},{BASE}\nobjectClass: inetOrgPerson\nuid: p{number}\ncn: Person {number}\nsn: S{number}\n\n"
        );
    }
    let _ = write!(ldif, "dn: cn=all,{BASE}\nobjectClass: groupOfNames\ncn: all\n");
    for number in 1..=7 {
        let _ = writeln!(ldif, "member: uid=p{number},{BASE}");
    }
    ldif
}

pub(crate) const BASE: &str = "dc=example,dc=test";
pub(crate) const PEOPLE: &str = "(objectClass=inetOrgPerson)";
pub(crate) const READER: &str = "cn=reader,dc=example,dc=test";
pub(crate) const PASSWORD: &str = "Read3r!pass";
pub(crate) const SIGN_IN: [&str; 4] = ["-D", READER, "-w", PASSWORD];

const CONFIG: &str = "
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile FOLDER/ca.pem
TLSCertificateFile FOLDER/cert.pem
TLSCertificateKeyFile FOLDER/key.pem
database mdb
suffix dc=example,dc=test
directory FOLDER/db
dbnosync
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
";
