//! Reads the configuration of a live directory.
//!
//! Invalid values are recorded as problems and left out. That is safe, because a file with a problem is never used.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;

use super::{LdapConfig, LdapSignIn, sign_in};
use crate::model::Dn;
use crate::model::text::nearest;
use crate::rules::{StringOrTable, Table};
use crate::source::ldap::{
    Changes, ClientCertificate, DeltaMethod, Discovery, Referrals, Roots, Security, Server, SignIn, Timeouts,
};

/// Reads the table of a live directory.
pub(in crate::config) fn read(table: &Table<'_, '_>, folder: &Path) -> Option<LdapConfig> {
    if table.has("ldap") && table.has("domain") {
        let hint = "leave one of them out: gotosync looks up servers by DNS only if none are named";
        table.problem(
            &table.at_key("domain"),
            "the source names both servers (`ldap`) and a domain to look up servers (`domain`)",
            hint,
        );
    }
    let [page_size, range_size, largest_answer] =
        ["page_size", "range_size", "largest_answer"].map(|key| size(table, key));
    let forest = table.boolean("forest").is_some_and(|found| found.value);
    let sign_in = sign_in::read(table, folder)?;
    if forest {
        of_a_forest(table, &sign_in);
    }
    let directory = LdapConfig {
        servers: servers(table),
        discover: discovery(table),
        forest,
        sign_in,
        bases: (table.strings("base").iter())
            .filter_map(|text| noted(table, &text.at, Dn::parse(&text.value)))
            .collect(),
        roots: file(table, folder, "ca", "ca.pem").map_or(Roots::Platform, Roots::Bundle),
        client: client(table, folder),
        referrals: referrals(table),
        timeouts: timeouts(table),
        page_size,
        range_size,
        largest_answer: largest_answer.map(|size| size as usize),
        changes: changes(table),
        danger_plain: table.boolean("danger_plain").is_some_and(|found| found.value),
    };
    Some(directory)
}

fn servers(table: &Table<'_, '_>) -> Vec<Server> {
    let urls = table.strings("ldap");
    if table.is_list("ldap") && urls.is_empty() {
        let hint = "write, for example, `ldap = \"ldaps://dc1.example.test\"`";
        table.problem(&table.at_key("ldap"), "`ldap` names no server", hint);
    }
    let server = |url: &str, at| {
        // Do not show the address: it may contain a password before the `@`.
        if url.contains('@') {
            let hint = "use the separate keys `user` and `password`";
            table.problem(at, "the server address contains a user", hint);
            return None;
        }
        noted(table, at, Server::parse(url))
    };
    urls.iter().filter_map(|url| server(&url.value, &url.at)).collect()
}

fn discovery(table: &Table<'_, '_>) -> Option<Discovery> {
    let texts = table.strings("name_servers");
    let name_servers = texts.iter().filter_map(|text| name_server(table, text.value.trim(), &text.at)).collect();
    let start_tls = table.boolean("start_tls");
    if !table.has("domain") {
        for (key, hint) in [
            ("name_servers", "leave it out, or name a `domain`"),
            ("start_tls", "leave it out: `ldap://` addresses always use StartTLS"),
            ("forest", "leave it out, or name a `domain` of the forest"),
        ] {
            if table.has(key) {
                table.problem(&table.at_key(key), format!("`{key}` applies only to servers found by DNS"), hint);
            }
        }
        return None;
    }
    let domain = table.required_string("domain", "ad.example.test")?;
    let name = domain.value.trim().trim_matches('.');
    if !is_host(name) {
        // Do not show the value: it may be an address that contains a password.
        let hint = "write the DNS name of the domain, such as `ad.example.test`; use `ldap` for server addresses";
        table.problem(&domain.at, "`domain` is not a valid domain name", hint);
        return None;
    }
    let security = if start_tls.is_some_and(|found| found.value) { Security::StartTls } else { Security::Tls };
    Some(Discovery { domain: name.to_ascii_lowercase(), name_servers, security })
}

/// Reports sign-in settings that work for one domain, but not for a whole forest.
fn of_a_forest(table: &Table<'_, '_>, sign_in: &LdapSignIn) {
    match sign_in {
        LdapSignIn::Simple { user, .. } if SignIn::is_distinguished(user) => {
            let message = "`user` is a distinguished name, which other domains of the forest do not accept";
            table.problem(&table.at_key("user"), message, "write `user@domain`");
        }
        LdapSignIn::Kerberos { service_host: Some(_), .. } => {
            let message = "`service_host` names one server, but a forest has several";
            table.problem(
                &table.at_key("service_host"),
                message,
                "leave it out: gotosync then uses the name of each server",
            );
        }
        _ => {}
    }
}

fn name_server(table: &Table<'_, '_>, address: &str, at: &Range<usize>) -> Option<SocketAddr> {
    let with_port = address.parse::<SocketAddr>().ok();
    let found = with_port.or_else(|| Some(SocketAddr::new(address.parse::<IpAddr>().ok()?, DNS)));
    if found.is_none() {
        let message = format!("`{address}` is not a valid address of a DNS server");
        table.problem(at, message, "write an IP address such as `10.0.0.1`, or with a port, `10.0.0.1:5353`");
    }
    found
}

fn is_host(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-._".contains(c))
}

/// Reads the path of an optional file.
fn file(table: &Table<'_, '_>, folder: &Path, key: &'static str, example: &str) -> Option<PathBuf> {
    let text = if table.has(key) { table.required_string(key, example) } else { None };
    text.map(|text| folder.join(text.value))
}

fn client(table: &Table<'_, '_>, folder: &Path) -> Option<ClientCertificate> {
    let (certificate, key) =
        (file(table, folder, "certificate", "client.pem"), file(table, folder, "key", "client.key"));
    match (table.has("certificate"), table.has("key")) {
        (true, false) => {
            let hint = "add `key = \"client.key\"`, a PEM file; certificate and key may be in the same file";
            table.problem(&table.at_key("certificate"), "`certificate` is set, but `key` is missing", hint);
        }
        (false, true) => {
            let hint = "add `certificate = \"client.pem\"`; for the CA certificates of the servers use `ca`";
            table.problem(&table.at_key("key"), "`key` is set, but `certificate` is missing", hint);
        }
        _ => {}
    }
    Some(ClientCertificate { certificate: certificate?, key: key? })
}

fn referrals(table: &Table<'_, '_>) -> Referrals {
    let texts = table.strings("referrals");
    if table.is_list("referrals") {
        if texts.is_empty() {
            table.problem(&table.at_key("referrals"), "`referrals` is an empty list", FOLLOW);
        }
        return Referrals::Follow(texts.iter().filter_map(|text| host(table, &text.value, &text.at)).collect());
    }
    let Some(text) = texts.first() else { return Referrals::default() };
    match text.value.as_str() {
        "refuse" => return Referrals::Refuse,
        "ignore" => return Referrals::Ignore,
        _ => {}
    }
    let message = format!("`referrals` is `{}`, expected `refuse`, `ignore`, or a list of hosts", text.value);
    match nearest(&text.value, ["refuse", "ignore"]) {
        Some(word) => table.problem(&text.at, message, format!("did you mean `{word}`?")),
        None => table.problem(&text.at, message, FOLLOW),
    }
    Referrals::default()
}

fn host(table: &Table<'_, '_>, text: &str, at: &Range<usize>) -> Option<String> {
    let host = text.trim().to_ascii_lowercase();
    if is_host(host.strip_prefix("*.").unwrap_or(&host)) {
        return Some(host);
    }
    let hint = "write a host name such as `dc2.example.test` without `ldap://` and port, or `*.example.test`";
    table.problem(at, format!("`{text}` in `referrals` is not a valid host name"), hint);
    None
}

fn timeouts(table: &Table<'_, '_>) -> Timeouts {
    let mut timeouts = Timeouts::default();
    let Some(inner) = table.table("timeouts") else { return timeouts };
    for (key, slot) in
        [("connect", &mut timeouts.connect), ("operation", &mut timeouts.operation), ("idle", &mut timeouts.idle)]
    {
        let Some(text) = inner.string(key) else { continue };
        let time = text.value.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
        if let Some(time) = time.filter(|time| !time.is_zero() && *time <= LONGEST) {
            *slot = time;
            continue;
        }
        let message = format!("`{key}` is `{}`, expected a positive duration of at most a day", text.value);
        inner.problem(&text.at, message, "write, for example, \"15s\", \"2m\", or \"1m 30s\"");
    }
    inner.finish();
    timeouts
}

/// Reads the settings for reading only changes: a method, or a table with more settings.
fn changes(table: &Table<'_, '_>) -> Option<Changes> {
    let default = Changes::default();
    let inner = match table.string_or_table("changes", "a method such as \"best\", or a table")? {
        StringOrTable::String(_) => {
            return Some(Changes { method: table.word("changes", METHODS)?, ..default });
        }
        StringOrTable::Table(inner) => inner,
    };
    let method = inner.word("method", METHODS).unwrap_or_default();
    let full_every = size(&inner, "full_every").unwrap_or(default.full_every);
    inner.finish();
    Some(Changes { method, full_every })
}

/// Reads a number from 1 to the maximum of the protocol.
fn size(table: &Table<'_, '_>, key: &'static str) -> Option<u32> {
    let size = table.number(key)?;
    let found = u32::try_from(size).ok().filter(|size| (1..=LARGEST).contains(size));
    if found.is_none() {
        let message = format!("`{key}` is {size}, expected 1 to {LARGEST}");
        table.problem(&table.at_key(key), message, "leave it out for the default");
    }
    found
}

/// Returns the value, or records the error as a problem of the file.
fn noted<T>(table: &Table<'_, '_>, at: &Range<usize>, result: crate::Result<T>) -> Option<T> {
    result.map_err(|error| table.problem(at, error.message(), error.help().unwrap_or_default())).ok()
}

const METHODS: &[(&str, Option<DeltaMethod>)] = &[
    ("best", None),
    ("dirsync", Some(DeltaMethod::DirSync)),
    ("usn", Some(DeltaMethod::Usn)),
    ("syncrepl", Some(DeltaMethod::Syncrepl)),
    ("timestamp", Some(DeltaMethod::Timestamp)),
];
const FOLLOW: &str = "write \"refuse\", \"ignore\", or a list of hosts whose referrals to follow: [\"dc2.example.test\", \"*.child.example.test\"]";
const DNS: u16 = 53;
const LONGEST: Duration = Duration::from_hours(24);
/// The largest integer in LDAP (RFC 4511, section 4.1.1).
const LARGEST: u32 = i32::MAX as u32;
