//! `gotosync describe`

use std::fmt::{self, Display};

use gotosync_core::source::{DirectoryInfo, DirectorySource, Level, Oid, Readable, ServerInfo};

use crate::cli::Json;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::print;
use crate::setup::ConfigLocation;

/// Shows the directory's servers, and which data gotosync can read there.
pub(super) async fn describe(json: Json, place: &ConfigLocation) -> Result<Exit, Failure> {
    let info = place.load()?.source()?.describe().await?;
    if json.json {
        json::print_json(serde_json::to_string_pretty(&info))?;
    } else {
        print(DirectoryOutput(&info))?;
    }
    Ok(Exit::Done)
}

struct DirectoryOutput<'i>(&'i DirectoryInfo);

impl Display for DirectoryOutput<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DirectoryInfo { name, vendor, naming_contexts, servers } = self.0;
        writeln!(f, "{name}")?;
        line(f, "vendor", vendor.as_deref().unwrap_or("unknown"))?;
        naming_contexts.iter().try_for_each(|context| line(f, "base DN", context))?;
        servers.iter().try_for_each(|server| {
            writeln!(f)?;
            server_lines(f, server)
        })
    }
}

fn server_lines(f: &mut fmt::Formatter<'_>, server: &ServerInfo) -> fmt::Result {
    writeln!(f, "{}", server.address)?;
    line(
        f,
        "encrypted",
        if server.encrypted { "yes, with TLS" } else { "no: everyone on the network path can read the traffic" },
    )?;
    let lines =
        [("host", &server.host), ("version", &server.version), ("domain", &server.domain), ("forest", &server.forest)];
    lines.iter().try_for_each(|(name, text)| text.iter().try_for_each(|text| line(f, name, text)))?;
    for domain in server.domains.iter().filter(|_| server.domains.len() > 1) {
        let elsewhere = if domain.here { "" } else { ", on other servers" };
        line(f, "has domain", format_args!("{} ({}){elsewhere}", domain.dns, domain.dn))?;
    }
    if let Some(levels) = &server.levels {
        let levels =
            [("server level", &levels.controller), ("domain level", &levels.domain), ("forest level", &levels.forest)];
        levels
            .iter()
            .try_for_each(|(name, level)| level.iter().try_for_each(|level| line(f, name, level_name(level))))?;
    }
    server.naming_contexts.iter().try_for_each(|context| line(f, "holds", context))?;
    line(f, "signed in", &server.identity.name)?;
    server.identity.dn.iter().try_for_each(|dn| line(f, "user DN", dn))?;
    match server.clock_ahead {
        None => {}
        Some(0) => line(f, "clock", "same as this machine's")?,
        Some(seconds) => {
            let where_to = if seconds > 0 { "ahead of" } else { "behind" };
            line(f, "clock", format_args!("{} s {where_to} this machine's", seconds.abs()))?;
        }
    }
    line(f, "long results", if server.pages { "paged" } else { "not paged: server limits may cut them off" })?;
    if let Some(people) = server.people {
        let text = match people {
            Readable::People => "readable, with their ids",
            Readable::WithoutId => "readable, but not their ids: let the user read objectGUID or entryUUID",
            Readable::Nobody => "none are visible: give the user read access to the OUs with people",
        };
        line(f, "people", text)?;
    }
    if let Some(can) = server.deleted_objects {
        line(f, "deleted", if can { "readable" } else { "not readable" })?;
    }
    if let Some(can) = server.replication {
        let cannot =
            "cannot be requested: the user needs the right «Replicating Directory Changes»; each run reads everything";
        line(f, "changes", if can { "can be requested" } else { cannot })?;
    }
    line(f, "sign-ins", server.mechanisms.join(", "))?;
    for (name, oids) in [("controls", &server.controls), ("capabilities", &server.capabilities)] {
        line(f, name, known(oids))?;
    }
    Ok(())
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, what: impl Display) -> fmt::Result {
    writeln!(f, "  {name:<12}  {what}")
}

fn level_name(level: &Level) -> String {
    level.name.map_or_else(|| format!("number {}", level.number), str::to_owned)
}

/// Returns the names of the OIDs, and the number of OIDs without a known name.
fn known(oids: &[Oid]) -> String {
    let mut names: Vec<String> = oids.iter().filter_map(|oid| oid.name).map(str::to_owned).collect();
    let rest = oids.len() - names.len();
    if rest > 0 {
        names.push(format!("{rest} unnamed (--json shows them)"));
    }
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use gotosync_core::model::Dn;
    use gotosync_core::source::{Domain, Identity, Levels};

    use super::*;

    fn server() -> ServerInfo {
        let dn = |text: &str| Dn::parse(text).unwrap();
        let domain = |name: &str, here| Domain {
            dn: dn(&format!("DC={name},DC=test")),
            dns: format!("{name}.test"),
            netbios: None,
            here,
        };
        ServerInfo {
            address: "ldaps://dc1.ad.test:636".to_owned(),
            encrypted: true,
            host: Some("dc1.ad.test".to_owned()),
            version: None,
            domain: Some("ad.test".to_owned()),
            forest: Some("ad.test".to_owned()),
            domains: vec![domain("ad", true), domain("other", false)],
            naming_contexts: vec![dn("DC=ad,DC=test")],
            identity: Identity { name: "AD\\sync".to_owned(), dn: Some(dn("CN=sync,DC=ad,DC=test")) },
            levels: Some(Levels {
                controller: Some(Level { number: 7, name: Some("Windows Server 2016") }),
                domain: Some(Level { number: 9, name: None }),
                forest: None,
            }),
            controls: vec![
                Oid { oid: "1.2.840.113556.1.4.319".to_owned(), name: Some("pages") },
                Oid { oid: "1.2.3".to_owned(), name: None },
            ],
            capabilities: Vec::new(),
            mechanisms: vec!["GSSAPI".to_owned(), "EXTERNAL".to_owned()],
            clock_ahead: Some(-300),
            pages: true,
            people: Some(Readable::People),
            deleted_objects: Some(false),
            replication: Some(true),
        }
    }

    #[test]
    fn shows_a_server_line_by_line() {
        let info = DirectoryInfo { servers: vec![server()], ..DirectoryInfo::new("directory of ad.test", Vec::new()) };
        let expected = "\
directory of ad.test
  vendor        unknown

ldaps://dc1.ad.test:636
  encrypted     yes, with TLS
  host          dc1.ad.test
  domain        ad.test
  forest        ad.test
  has domain    ad.test (DC=ad,DC=test)
  has domain    other.test (DC=other,DC=test), on other servers
  server level  Windows Server 2016
  domain level  number 9
  holds         DC=ad,DC=test
  signed in     AD\\sync
  user DN       CN=sync,DC=ad,DC=test
  clock         300 s behind this machine's
  long results  paged
  people        readable, with their ids
  deleted       not readable
  changes       can be requested
  sign-ins      GSSAPI, EXTERNAL
  controls      pages, 1 unnamed (--json shows them)
  capabilities  none
";
        assert_eq!(DirectoryOutput(&info).to_string(), expected);
    }

    #[test]
    fn shows_how_to_fix_missing_capabilities_and_rights() {
        let wrong = ServerInfo {
            encrypted: false,
            pages: false,
            people: Some(Readable::WithoutId),
            replication: Some(false),
            ..server()
        };
        let text =
            DirectoryOutput(&DirectoryInfo { servers: vec![wrong], ..DirectoryInfo::new("directory", Vec::new()) })
                .to_string();
        for words in
            ["everyone on the network path", "cut them off", "let the user read objectGUID", "Replicating Directory"]
        {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}
