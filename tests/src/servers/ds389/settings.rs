//! The configuration of a server, which is stored as LDIF entries in a file.

use std::fs;
use std::io::{BufWriter, Write};
use std::net::Ipv4Addr;
use std::path::Path;

use super::super::authority::{Authority, Pair};
use super::super::ldif::{Record, records};
use super::super::tool::{run, tool};
use super::{ADMINISTRATOR, Ds389Options, PORTS};
use crate::Trouble;

/// Writes the configuration of the server whose files are in this folder, based on the Debian template. Without an
/// address, the configuration can only be used for loading entries.
pub(super) fn write(folder: &Path, options: &Ds389Options, address: Option<Ipv4Addr>) -> Result<(), Trouble> {
    for name in FOLDERS {
        fs::create_dir_all(folder.join(name))?;
    }
    for name in ["slapd-collations.conf", "certmap.conf"] {
        fs::copy(Path::new("/etc/dirsrv/config").join(name), folder.join(name))?;
    }
    // The standard schema is read from the installation folder. This file is the one to which an admin would add
    // definitions.
    fs::copy("/etc/dirsrv/schema/99user.ldif", folder.join("schema/99user.ldif"))?;
    let template = fs::read_to_string(TEMPLATE).map_err(|error| {
        format!("could not read {TEMPLATE}: {error}; run tests/servers/install, which installs 389-ds-base")
    })?;
    let mut entries = records(&filled(&template, folder, options)?)?;
    if let Some(address) = address {
        let config = entries.iter_mut().find(|entry| entry.dn == "cn=config").ok_or("the template has no cn=config")?;
        config.add("nsslapd-listenhost", address.to_string());
        config.add("nsslapd-securelistenhost", address.to_string());
        config.add("nsslapd-secureport", PORTS[1].to_string());
        config.add("nsslapd-security", "on");
    }
    for entry in &mut entries {
        let name = String::from_utf8_lossy(entry.one("cn").unwrap_or_default()).into_owned();
        let wanted = KEEPS_GROUPS.contains(&&*name) || (options.synchronization && SYNCHRONIZES.contains(&&*name));
        if wanted && entry.dn.ends_with(",cn=plugins,cn=config") {
            entry.values.retain(|(name, _)| !name.eq_ignore_ascii_case("nsslapd-pluginenabled"));
            entry.add("nsslapd-pluginEnabled", "on");
        }
    }
    entries.extend(uuid_plugins());
    entries.extend(backend(folder, options));
    let mut file = BufWriter::new(fs::File::create(folder.join("dse.ldif"))?);
    entries.iter().try_for_each(|entry| entry.write(&mut file))?;
    Ok(file.flush()?)
}

/// Installs the certificate of the server and its CA into the server's NSS database.
pub(super) fn trust(folder: &Path, pair: &Pair, authority: &Authority) -> Result<(), Trouble> {
    let (store, bundle) = (folder.join("certificates"), folder.join("server.p12"));
    fs::create_dir_all(&store)?;
    run(tool("certutil").arg("-N").arg("-d").arg(&store).arg("--empty-password"))?;
    run(tool("openssl")
        .args(["pkcs12", "-export", "-name", "Server-Cert", "-passout", "pass:once", "-in"])
        .arg(&pair.certificate)
        .arg("-inkey")
        .arg(&pair.key)
        .arg("-out")
        .arg(&bundle))?;
    run(tool("pk12util").arg("-i").arg(&bundle).arg("-d").arg(&store).args(["-W", "once"]))?;
    let trusted = ["-A", "-n", "authority", "-t", "CT,,", "-i"];
    run(tool("certutil").args(trusted).arg(authority.file()).arg("-d").arg(&store)).map(drop)
}

/// Fills in the placeholders of the template.
fn filled(template: &str, folder: &Path, options: &Ds389Options) -> Result<String, Trouble> {
    let mut text = template.to_owned();
    for (blank, name) in BLANKS {
        text = text.replace(&format!("%{blank}%"), &folder.join(name).display().to_string());
    }
    // The server does not need root: it runs as the current user.
    let user = run(tool("id").arg("-un"))?;
    let password = format!("{{CLEAR}}{}", ADMINISTRATOR.1);
    let port = PORTS[0].to_string();
    for (blank, value) in [
        ("fqdn", "ldap.example.test"),
        ("ds_port", &port),
        ("ds_user", user.trim()),
        ("rootdn", ADMINISTRATOR.0),
        ("ds_passwd", &password),
        ("ds_suffix", &options.suffix),
        ("db_lib", "bdb"),
        ("ldapi_enabled", "off"),
        ("ldapi_autobind", "off"),
    ] {
        text = text.replace(&format!("%{blank}%"), value);
    }
    Ok(text)
}

/// Returns the plugins that give new entries an `entryUUID`. The template lacks them: a server adds them on its first
/// start and uses them from the second start on.
fn uuid_plugins() -> [Record; 2] {
    let plugin = |name: &str, kind: &str| {
        let mut record = Record { dn: format!("cn={name},cn=plugins,cn=config"), ..Record::default() };
        let library = format!("lib{}-plugin", name.replace('_', "-"));
        let function = format!("{name}_plugin_init");
        for (name, value) in [
            ("objectClass", "top"),
            ("objectClass", "nsSlapdPlugin"),
            ("cn", name),
            ("nsslapd-pluginPath", &library),
            ("nsslapd-pluginInitfunc", &function),
            ("nsslapd-pluginType", kind),
            ("nsslapd-pluginEnabled", "on"),
            ("nsslapd-pluginId", name),
            ("nsslapd-pluginVersion", "none"),
            ("nsslapd-pluginVendor", "none"),
            ("nsslapd-pluginDescription", "none"),
        ] {
            record.add(name, value);
        }
        record
    };
    [plugin("entryuuid_syntax", "syntax"), plugin("entryuuid", "betxnpreoperation")]
}

/// Returns the backend that stores the entries below the base DN.
fn backend(folder: &Path, options: &Ds389Options) -> [Record; 2] {
    let entry = |dn: String, class: &str| {
        let mut record = Record { dn, ..Record::default() };
        for class in ["top", "extensibleObject", class] {
            record.add("objectClass", class);
        }
        record
    };
    let suffix = &options.suffix;
    let mut context = entry(format!("cn=\"{suffix}\",cn=mapping tree,cn=config"), "nsMappingTree");
    context.add("cn", format!("\"{suffix}\""));
    context.add("cn", suffix);
    context.add("nsslapd-state", "backend");
    context.add("nsslapd-backend", BACKEND);
    let mut backend = entry(format!("cn={BACKEND},cn=ldbm database,cn=plugins,cn=config"), "nsBackendInstance");
    backend.add("cn", BACKEND);
    backend.add("nsslapd-suffix", suffix);
    backend.add("nsslapd-directory", folder.join("db").join(BACKEND).display().to_string());
    [context, backend]
}

/// The name of the database that contains all entries.
pub(super) const BACKEND: &str = "userRoot";

const TEMPLATE: &str = "/usr/share/dirsrv/data/template-dse.ldif";
const FOLDERS: [&str; 6] = ["db", "logs", "run", "lock", "schema", "certificates"];
/// The placeholders of the template for files and folders of the server.
const BLANKS: [(&str, &str); 13] = [
    ("schema_dir", "schema"),
    ("lock_dir", "lock"),
    ("tmp_dir", "run"),
    ("cert_dir", "certificates"),
    ("ldif_dir", "run"),
    ("bak_dir", "run"),
    ("run_dir", "run"),
    ("inst_dir", "run"),
    ("log_dir", "logs"),
    ("config_dir", ""),
    ("db_dir", "db"),
    ("db_home_dir", "db"),
    ("ldapi", "socket"),
];
/// The plugins that maintain group memberships.
const KEEPS_GROUPS: [&str; 2] = ["MemberOf Plugin", "referential integrity postoperation"];
/// The plugins that provide content synchronization.
const SYNCHRONIZES: [&str; 2] = ["Content Synchronization", "Retro Changelog Plugin"];
