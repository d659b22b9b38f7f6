//! The configuration of a server.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::authority::{Authority, Pair};
use super::super::tool::script;
use super::{ADMINISTRATOR, SlapdOptions};
use crate::Trouble;

/// Returns the configuration file of the server whose files are in this folder.
pub(super) fn file(folder: &Path) -> PathBuf {
    folder.join("slapd.conf")
}

/// Writes the configuration. Without a certificate, it can only be used for loading entries.
pub(super) fn write(folder: &Path, options: &SlapdOptions, tls: Option<(&Pair, &Authority)>) -> Result<(), Trouble> {
    let (place, suffix, schema) = (folder.display(), &options.suffix, script("active-directory.schema"));
    let mut settings = String::new();
    for name in ["core", "cosine", "inetorgperson"] {
        writeln!(settings, "include /etc/ldap/schema/{name}.schema")?;
    }
    writeln!(settings, "include {}\nmodulepath /usr/lib/ldap", schema.display())?;
    for name in ["back_mdb", "memberof", "syncprov"] {
        writeln!(settings, "moduleload {name}")?;
    }
    if let Some((pair, authority)) = tls {
        writeln!(settings, "TLSCACertificateFile {}", authority.file().display())?;
        writeln!(settings, "TLSCertificateFile {}", pair.certificate.display())?;
        writeln!(settings, "TLSCertificateKeyFile {}", pair.key.display())?;
        // A client certificate is optional, but it must be valid.
        writeln!(settings, "TLSVerifyClient try")?;
        writeln!(settings, "authz-regexp ^cn=([^,]+)$ \"cn=$1,{suffix}\"")?;
    }
    if !options.anonymous {
        writeln!(settings, "disallow bind_anon\nrequire authc")?;
    }
    writeln!(settings, "pidfile {place}/pid\nargsfile {place}/args\nsizelimit unlimited\ntool-threads 2")?;
    writeln!(settings, "database mdb\nsuffix \"{suffix}\"\ndirectory {place}/db\nmaxsize 8589934592\ndbnosync")?;
    writeln!(settings, "rootdn \"cn=admin,{suffix}\"\nrootpw \"{ADMINISTRATOR}\"")?;
    for (who, limits) in &options.limits {
        writeln!(settings, "limits {who} {limits}")?;
    }
    writeln!(settings, "access to attrs=userPassword by anonymous auth by * none\naccess to * by * read")?;
    writeln!(settings, "index objectClass,entryCSN,entryUUID,member,memberOf,uid,mail,cn,sAMAccountName eq")?;
    if options.backlinks {
        writeln!(settings, "overlay memberof\nmemberof-dangling ignore\nmemberof-refint true")?;
    }
    writeln!(settings, "overlay syncprov\nsyncprov-sessionlog 100000")?;
    fs::create_dir_all(folder.join("db"))?;
    fs::write(file(folder), settings)?;
    Ok(())
}
