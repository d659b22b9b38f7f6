//! Lookup of the servers of a domain in DNS.

use std::net::IpAddr;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

use super::options::{Discovery, Security, Server};
use crate::{Error, ErrorKind, Result};

/// A server with its IP addresses; if empty, the system resolves the host name.
#[derive(Clone, Debug)]
pub(super) struct Located {
    pub(super) server: Server,
    pub(super) addresses: Vec<IpAddr>,
}

/// Finds the servers of a domain.
///
/// # Errors
/// [`ErrorKind::NotFound`] if DNS has no servers for the domain, [`ErrorKind::Unavailable`] if DNS does not answer.
pub(super) async fn discover(discovery: &Discovery) -> Result<Vec<Located>> {
    let domain = discovery.domain.trim_matches('.');
    let resolver = resolver(discovery).map_err(|problem| unanswered(domain, &problem))?;
    let mut records = Vec::new();
    let mut problem = None;
    for service in ["_ldap._tcp.dc._msdcs", "_ldap._tcp"] {
        match resolver.srv_lookup(format!("{service}.{domain}.")).await {
            Ok(found) => records.extend(found.answers().iter().filter_map(|record| match &record.data {
                RData::SRV(srv) => Some((srv.priority, srv.weight, srv.target.to_utf8(), srv.port)),
                _ => None,
            })),
            Err(error) if error.is_no_records_found() || error.is_nx_domain() => {}
            Err(error) => problem = Some(error.to_string()),
        }
        if !records.is_empty() {
            break;
        }
    }
    // The target "." means that the domain does not offer the service (RFC 2782).
    records.retain(|(_, _, target, _)| target != ".");
    records.sort_by(|a, b| (a.0, std::cmp::Reverse(a.1), &a.2).cmp(&(b.0, std::cmp::Reverse(b.1), &b.2)));
    records.dedup();
    match (records.is_empty(), problem) {
        (true, Some(problem)) => return Err(unanswered(domain, &problem)),
        (true, None) => {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("DNS has no SRV records for directory servers of `{domain}`"),
            )
            .hint("set the DNS name of the domain, such as `ad.example.test`, or set the servers instead"));
        }
        (false, _) => {}
    }
    let mut servers = Vec::with_capacity(records.len());
    for (_, _, target, port) in records {
        let port = if discovery.security == Security::Tls { 636 } else { port };
        let host = target.trim_end_matches('.').to_ascii_lowercase();
        // If the options name the name servers, the system's resolver may not know the hosts.
        let addresses = if discovery.name_servers.is_empty() {
            Vec::new()
        } else {
            let found = resolver.lookup_ip(target).await;
            found.map(|found| found.iter().collect()).unwrap_or_default()
        };
        servers.push(Located { server: Server { host, port, security: discovery.security }, addresses });
    }
    Ok(servers)
}

fn resolver(discovery: &Discovery) -> Result<TokioResolver, String> {
    let builder = if discovery.name_servers.is_empty() {
        TokioResolver::builder_tokio().map_err(|error| error.to_string())?
    } else {
        let server = |address: &std::net::SocketAddr| {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = address.port();
                connection
            });
            NameServerConfig::new(address.ip(), true, connections.into())
        };
        let servers = discovery.name_servers.iter().map(server).collect();
        TokioResolver::builder_with_config(ResolverConfig::from_name_servers(servers), TokioRuntimeProvider::default())
    };
    builder.build().map_err(|error| error.to_string())
}

fn unanswered(domain: &str, problem: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("could not look up the servers of `{domain}`: {problem}"))
        .hint("check DNS, or set the servers instead of the domain")
}
