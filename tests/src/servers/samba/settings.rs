//! Configuration files for Samba and for Kerberos clients.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use super::super::authority::{Authority, Pair};
use super::HOST;
use super::domain::Domain;
use crate::Trouble;

/// Returns the configuration file of the server whose files are in this folder.
pub(super) fn file(folder: &Path) -> PathBuf {
    folder.join("base.conf")
}

/// Writes the configuration for an address. Without a certificate, it can only be used for creating the domain.
pub(super) fn write(
    folder: &Path,
    domain: &Domain,
    address: Ipv4Addr,
    tls: Option<(&Pair, &Authority)>,
) -> Result<(), Trouble> {
    let place = folder.display();
    let (realm, netbios, dns, host) = (&domain.realm, domain.netbios(), domain.dns(), HOST.to_uppercase());
    let tls = tls.map_or_else(String::new, |(pair, authority)| {
        let [certificate, key, ca] =
            [&pair.certificate, &pair.key, &authority.file()].map(|path| path.display().to_string());
        format!(
            "tls enabled = yes\ntls certfile = {certificate}\ntls keyfile = {key}\ntls cafile = {ca}\n\
             ldap server require strong auth = allow_sasl_over_tls\n"
        )
    });
    // By default, Samba would listen on all addresses, use the machine's resolver, and keep its files below /var.
    let settings = format!(
        "[global]\n\
         realm = {realm}\n\
         workgroup = {netbios}\n\
         netbios name = {host}\n\
         server role = active directory domain controller\n\
         server services = ldap, cldap, kdc, dns\n\
         interfaces = {address}/8\n\
         bind interfaces only = yes\n\
         private dir = {place}/private\n\
         lock directory = {place}\n\
         state directory = {place}/state\n\
         cache directory = {place}/cache\n\
         binddns dir = {place}/bind-dns\n\
         pid directory = {place}/run\n\
         winbindd socket directory = {place}/run/winbindd\n\
         ntp signd socket directory = {place}/run/ntp_signd\n\
         ncalrpc dir = {place}/run/ncalrpc\n\
         log file = {place}/log\n\
         log level = 1\n\
         dsdb:schema update allowed = yes\n\
         {tls}"
    );
    fs::create_dir_all(folder.join("run"))?;
    fs::write(file(folder), settings)?;
    // The KDC is given by address, so that the machine's resolver is not used.
    let kerberos = format!(
        "[libdefaults]\n\
         default_realm = {realm}\n\
         dns_lookup_realm = false\n\
         dns_lookup_kdc = false\n\
         dns_canonicalize_hostname = false\n\
         rdns = false\n\
         udp_preference_limit = 1\n\
         [realms]\n\
         {realm} = {{\n  kdc = {address}:88\n  kpasswd_server = {address}:464\n}}\n\
         [domain_realm]\n\
         .{dns} = {realm}\n\
         {dns} = {realm}\n\
         {address} = {realm}\n"
    );
    fs::write(folder.join("krb5.conf"), kerberos)?;
    Ok(())
}
