//! Certificates that are created for one test.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use super::tool::{run, tool};
use crate::Trouble;

/// A certificate authority (CA) that only clients configured with its certificate trust.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    // openssl keeps the serial number in a file, which allows only one writer at a time.
    signing: Mutex<u32>,
    _own: Option<TempDir>,
}

/// The validity of a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Certificate {
    /// A valid certificate.
    #[default]
    Valid,
    /// A certificate that expired in 2020.
    Expired,
    /// A certificate that another CA with the same name signed.
    Foreign,
    /// A certificate for other host names than that of its server.
    Misnamed,
}

/// The PEM files of a certificate and its key.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The certificate, without the certificate of the CA.
    pub certificate: PathBuf,
    /// The private key, unencrypted.
    pub key: PathBuf,
}

impl Authority {
    /// Creates a CA whose files are removed when the value is dropped.
    pub fn new() -> Result<Self, Trouble> {
        let own = tempfile::Builder::new().prefix("gotosync-ca-").tempdir()?;
        let folder = own.path().to_owned();
        Self::make(folder, Some(own))
    }

    /// Creates a CA in a folder that the caller removes.
    pub(super) fn within(folder: &Path) -> Result<Self, Trouble> {
        Self::make(folder.to_owned(), None)
    }

    fn make(folder: PathBuf, own: Option<TempDir>) -> Result<Self, Trouble> {
        let authority = Self { folder, signing: Mutex::new(0), _own: own };
        fs::create_dir_all(&authority.folder)?;
        fs::write(authority.at("openssl.cnf"), CONFIG)?;
        fs::write(authority.at("index.txt"), "")?;
        run(tool("openssl")
            .args(["req", "-x509", "-config", "openssl.cnf", "-extensions", "authority", "-days", "30", "-nodes"])
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=Test Authority"])
            .args(["-keyout", "ca.key", "-out", "ca.pem"])
            .current_dir(&authority.folder))?;
        Ok(authority)
    }

    /// Returns the file with the CA certificate that clients must trust.
    pub fn file(&self) -> PathBuf {
        self.at("ca.pem")
    }

    /// Signs a server certificate for these names and addresses.
    pub fn server(&self, how: Certificate, names: &[&str], addresses: &[IpAddr]) -> Result<Pair, Trouble> {
        let mut all: Vec<String> = names.iter().map(|name| format!("DNS:{name}")).collect();
        all.extend(addresses.iter().map(|address| format!("IP:{address}")));
        if how == Certificate::Misnamed {
            all = vec!["DNS:elsewhere.example.test".into(), "IP:127.0.0.1".into()];
        }
        let common = all.first().and_then(|name| name.split_once(':')).map_or("server", |(_, name)| name).to_owned();
        self.sign(how, &common, "serverAuth", Some(&all.join(",")))
    }

    /// Signs a client certificate.
    pub fn client(&self, how: Certificate, common_name: &str) -> Result<Pair, Trouble> {
        self.sign(how, common_name, "clientAuth", None)
    }

    fn sign(&self, how: Certificate, common: &str, usage: &str, names: Option<&str>) -> Result<Pair, Trouble> {
        let mut count = self.signing.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        let [key, request, certificate] = ["key", "csr", "pem"].map(|end| format!("{count}.{end}"));
        let mut ask = tool("openssl");
        ask.args(["req", "-new", "-config", "openssl.cnf", "-nodes", "-newkey", "ec"])
            .args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", &format!("/CN={common}")])
            .args(["-addext", &format!("extendedKeyUsage={usage}"), "-keyout", &key, "-out", &request])
            .current_dir(&self.folder);
        if let Some(names) = names {
            ask.args(["-addext", &format!("subjectAltName={names}")]);
        }
        run(&mut ask)?;
        let dates: &[&str] = match how {
            Certificate::Expired => &["-startdate", "20200101000000Z", "-enddate", "20201231235959Z"],
            _ => &["-days", "29"],
        };
        let other = if how == Certificate::Foreign { Some(Self::within(&self.at("foreign"))?) } else { None };
        let signer = other.as_ref().unwrap_or(self);
        run(tool("openssl")
            .args(["ca", "-config", "openssl.cnf", "-batch", "-notext", "-extensions", "leaf", "-in", &request])
            .args(["-out", &certificate, "-cert"])
            .arg(signer.at("ca.pem"))
            .arg("-keyfile")
            .arg(signer.at("ca.key"))
            .args(dates)
            .current_dir(&self.folder))?;
        Ok(Pair { certificate: self.at(&certificate), key: self.at(&key) })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

const CONFIG: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
";
