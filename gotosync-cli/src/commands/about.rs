//! `gotosync about`

use gotosync_core::Config;
use gotosync_core::config::{LdapSignIn, SourceConfig, SourceKind};
use serde_json::{Value, json};
use std::fmt::Write as _;

use crate::cli::Json;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::{print, say};
use crate::setup::ConfigLocation;

/// Prints the version, the license, and the file locations. A missing configuration is not an error.
pub(super) fn about(json: Json, place: &ConfigLocation) -> Result<Exit, Failure> {
    let exists = place.file.exists();
    let config = if exists { Some(place.load()?) } else { None };
    let paths = config.as_ref().map(paths).unwrap_or_default();
    if json.json {
        let mut value = json!({
            "version": VERSION,
            "license": LICENSE,
            "configuration": place.file.display().to_string(),
            "configured": exists,
            "logs": null,
        });
        for (name, path) in paths {
            value[name] = json!(path);
        }
        let sources = config.iter().flat_map(|config| &config.sources);
        value["sources"] = sources.map(source_value).collect();
        json::print_json(serde_json::to_string_pretty(&value))?;
        return Ok(Exit::Done);
    }
    let mut text = format!("gotosync {VERSION}\n");
    let mut line = |name: &str, what: &dyn std::fmt::Display| writeln!(text, "  {name:<13}  {what}");
    let missing = if exists { "" } else { " (file does not exist)" };
    let written = line("license", &LICENSE)
        .and_then(|()| line("configuration", &format_args!("{}{missing}", place.file.display())))
        .and_then(|()| {
            let mut sources = config.iter().flat_map(|config| &config.sources);
            sources.try_for_each(|source| {
                match (&*source.name, source.place()) {
                    ("directory", place) => line("directory", &place),
                    (name, place) => line("source", &format_args!("{place} ({name})")),
                }?;
                match &source.kind {
                    SourceKind::Ldap(directory) => line("signs in", &directory.sign_in),
                    SourceKind::Ldif(_) | SourceKind::Csv(..) => Ok(()),
                }
            })
        })
        .and_then(|()| paths.iter().try_for_each(|(name, path)| line(name, path)))
        .and_then(|()| line("logs", &LOGS));
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
    print(text)?;
    if !exists {
        say("name a configuration file with --config, or run `gotosync quickstart` for a worked example");
    }
    Ok(Exit::Done)
}

/// Returns a source as JSON without secrets: for a password, only its location.
fn source_value(source: &SourceConfig) -> Value {
    let mut value = json!({ "name": source.name, "kind": source.kind_name(), "file": source.file() });
    if let SourceKind::Ldap(directory) = &source.kind {
        value["servers"] = directory.servers.iter().map(ToString::to_string).collect();
        value["domain"] = json!(directory.discover.as_ref().map(|discovery| &discovery.domain));
        value["forest"] = json!(directory.forest);
        value["base"] = directory.bases.iter().map(ToString::to_string).collect();
        value["sign_in"] = json!(directory.sign_in.word());
        let (user, password) = match &directory.sign_in {
            LdapSignIn::Simple { user, password } => (Some(user), Some(password.to_string())),
            LdapSignIn::Kerberos { principal, .. } => (principal.as_ref(), None),
            LdapSignIn::Certificate | LdapSignIn::Anonymous => (None, None),
        };
        value["user"] = json!(user);
        value["password"] = json!(password);
    }
    value
}

fn paths(config: &Config) -> Vec<(&'static str, String)> {
    let account = [("account", config.account.to_string())];
    let files = [("rules", &config.rules), ("state", &config.state), ("plans", &config.plans)];
    account.into_iter().chain(files.map(|(name, path)| (name, path.display().to_string()))).collect()
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
const LICENSE: &str = env!("CARGO_PKG_LICENSE");
const LOGS: &str = "no log files: the journal and the run history are in the state file";
