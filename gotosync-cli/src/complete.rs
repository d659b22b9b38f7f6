//! Shell completion: the candidates for the word at the cursor.
//!
//! The script of `gotosync completions` calls the command with [`VARIABLE`] set and the words typed so far. The command prints
//! candidates or nothing. Errors stay silent here; the command itself reports them when it runs.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::panic;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Command, CommandFactory};
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};
use gotosync_core::Config;
use gotosync_core::config::AccountConfig;
use gotosync_core::config::{LdapSignIn, SourceKind};
use gotosync_core::model::{Account, Dn, ReadRequest};
use gotosync_core::secret::SecretSource;
use gotosync_core::source::{DirectorySource, ListQuery, NodeKind};
use gotosync_core::target::{LocalAccount, ProvisioningTarget};

use crate::cli::Cli;
use crate::setup::ConfigLocation;

/// The environment variable that names the shell.
pub(crate) const VARIABLE: &str = "GOTOSYNC_COMPLETE";

/// Prints candidates if a shell asks for them, and returns `true` if it does.
pub(crate) fn answers() -> bool {
    let Some(shell) = env::var_os(VARIABLE).filter(|shell| !shell.is_empty()) else { return false };
    panic::set_hook(Box::new(|_| {}));
    let answered = panic::catch_unwind(|| {
        let words: Vec<OsString> = words().collect();
        let mut answer = Vec::new();
        let completer = completer(shell.to_str()?)?;
        completer.write_complete(&mut offered(), words, env::current_dir().ok().as_deref(), &mut answer).ok()?;
        Some(answer)
    });
    if let Ok(Some(answer)) = answered {
        let _ = std::io::stdout().write_all(&answer);
    }
    true
}

/// Returns the command with its hidden subcommands renamed, so that a shell does not complete them.
fn offered() -> Command {
    // clap offers a hidden command if no visible command begins with the typed text. Typed text never begins with a blank.
    Cli::command().mut_subcommands(|verb| {
        if !verb.is_hide_set() {
            return verb;
        }
        let name: &str = format!(" {}", verb.get_name()).leak();
        verb.name(name)
    })
}

/// Returns the completer for the shell with this name.
pub(crate) fn completer(shell: &str) -> Option<&'static dyn EnvCompleter> {
    let known: [&dyn EnvCompleter; 4] = [&Bash, &Zsh, &Fish, &Powershell];
    known.into_iter().find(|completer| completer.name() == shell)
}

/// Completes OUs of the directory for `--ou`.
pub(crate) fn units(typed: &OsStr) -> Vec<CompletionCandidate> {
    in_directory(typed, NodeKind::Unit)
}

/// Completes groups of the directory for `--group`.
pub(crate) fn groups(typed: &OsStr) -> Vec<CompletionCandidate> {
    in_directory(typed, NodeKind::Group)
}

/// Completes licenses of the account for `--product`.
pub(crate) fn products(typed: &OsStr) -> Vec<CompletionCandidate> {
    let names = |account: Account| account.licenses.iter().map(|license| license.name.clone()).collect();
    beginning(typed, in_account(names))
}

/// Completes user groups of the account for `--user-group`.
pub(crate) fn user_groups(typed: &OsStr) -> Vec<CompletionCandidate> {
    let paths = |account: Account| account.groups.iter().map(|group| group.path.to_string()).collect();
    beginning(typed, in_account(paths))
}

/// Completes names of rules.
pub(crate) fn rules(typed: &OsStr) -> Vec<CompletionCandidate> {
    let names = || Some(config()?.rules_file().ok()?.names());
    beginning(typed, names().unwrap_or_default())
}

/// Returns the names that begin with the typed text, ignoring case.
fn beginning(typed: &OsStr, names: Vec<String>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    names.into_iter().filter(|name| begins(name, &typed)).map(CompletionCandidate::new).collect()
}

fn in_account(names: impl FnOnce(Account) -> Vec<String>) -> Vec<String> {
    // Do not create a missing account file, and do not ask a service for all its users, just for a completion.
    let read = || match config()?.account {
        AccountConfig::Local { file, .. } if file.exists() => {
            in_time(async { LocalAccount::open(&file).ok()?.read().await.ok() })
        }
        _ => None,
    };
    read().map(names).unwrap_or_default()
}

fn in_directory(typed: &OsStr, kind: NodeKind) -> Vec<CompletionCandidate> {
    let look = || {
        let config = config().filter(never_prompts)?;
        let typed = typed.to_str()?;
        in_time(async {
            let source = config.source().ok()?;
            let found = found(&*source, typed, kind).await?;
            Some(if kind == NodeKind::Group { as_groups(&found, typed) } else { as_units(&found, typed) })
        })
    };
    look().unwrap_or_default()
}

/// Finds OUs or groups whose names may begin with the typed text. If nothing is typed, returns the top of the tree, or all
/// groups.
async fn found(source: &dyn DirectorySource, typed: &str, kind: NodeKind) -> Option<Vec<Dn>> {
    let name = first_name(typed);
    let mut found = Vec::new();
    if !name.trim().is_empty() {
        let query = ListQuery { limit: 1, ..ListQuery::named(None, name) };
        let places = source.list(&query).await.ok()?.places;
        let wanted = places.into_iter().filter(|place| (place.kind == NodeKind::Group) == (kind == NodeKind::Group));
        found.extend(wanted.map(|place| place.dn));
    } else if kind == NodeKind::Group {
        let everything = source.read(&ReadRequest::default()).await.ok()?;
        found.extend(everything.directory.groups().iter().map(|group| group.dn.clone()));
    } else {
        for top in source.children(None).await.ok()? {
            let below = source.children(Some(&top.dn)).await.ok()?;
            found.push(top.dn);
            found.extend(below.into_iter().filter(|node| node.kind != NodeKind::Group).map(|node| node.dn));
        }
    }
    Some(found)
}

/// Returns distinguished names of OUs, because rules need these. The user may type the plain name.
fn as_units(found: &[Dn], typed: &str) -> Vec<CompletionCandidate> {
    let fits = |dn: &&Dn| begins(dn.as_str(), typed) || (!typed.contains('=') && begins(&dn.name(), typed));
    found.iter().filter(fits).take(MOST).map(|dn| CompletionCandidate::new(dn.as_str())).collect()
}

/// Returns names of groups, or distinguished names if the user types one or if several groups have the same name.
fn as_groups(found: &[Dn], typed: &str) -> Vec<CompletionCandidate> {
    let mut candidates = Vec::new();
    for dn in found {
        let name = dn.name();
        let alone = found.iter().filter(|other| other.name().eq_ignore_ascii_case(&name)).count() == 1;
        if typed.contains('=') {
            candidates.extend(begins(dn.as_str(), typed).then(|| CompletionCandidate::new(dn.as_str())));
        } else if begins(&name, typed) {
            let candidate = CompletionCandidate::new(if alone { name } else { dn.to_string() });
            candidates.push(candidate.help(Some(dn.to_string().into())));
        }
    }
    candidates.truncate(MOST);
    candidates
}

/// Returns the first value of a partly typed distinguished name: `Sal` for `OU=Sal`, `OU=Sal,DC=x`, and `Sal`.
fn first_name(typed: &str) -> String {
    let Some((_, rest)) = typed.split_once('=') else { return typed.to_owned() };
    let mut name = String::new();
    let mut letters = rest.chars();
    while let Some(letter) = letters.next().filter(|letter| *letter != ',') {
        name.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    name
}

fn begins(name: &str, typed: &str) -> bool {
    name.to_lowercase().starts_with(&typed.to_lowercase())
}

/// Returns the result of a lookup, or `None` if it takes longer than a user would wait at a prompt.
fn in_time<T>(look: impl Future<Output = Option<T>>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let found = runtime.block_on(async { tokio::time::timeout(PATIENCE, look).await.ok().flatten() });
    // Do not wait for a DNS lookup that is still running.
    runtime.shutdown_background();
    found
}

/// Loads the configuration that the typed words name.
fn config() -> Option<Config> {
    let mut words = words();
    let mut file = None;
    while let Some(word) = words.next() {
        if word == "--config" {
            file = words.next();
        } else if let Some(named) = word.to_str().and_then(|word| word.strip_prefix("--config=")) {
            file = Some(named.into());
        }
    }
    ConfigLocation::find(file.map(PathBuf::from)).load().ok()
}

/// Returns `true` if no source runs a password command, because such a command might prompt the user.
fn never_prompts(config: &Config) -> bool {
    config.sources.iter().all(|source| match &source.kind {
        SourceKind::Ldap(directory) => {
            !matches!(&directory.sign_in, LdapSignIn::Simple { password: SecretSource::Command { .. }, .. })
        }
        _ => true,
    })
}

/// Returns the words of the command line typed so far.
fn words() -> impl Iterator<Item = OsString> {
    env::args_os().skip_while(|word| word != "--").skip(1)
}

const PATIENCE: Duration = Duration::from_secs(2);

/// The maximum number of candidates.
const MOST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_for_the_first_value_of_a_distinguished_name() {
        for (typed, name) in
            [("", ""), ("Sal", "Sal"), ("OU=", ""), ("ou=Sal", "Sal"), ("OU=A\\, b,DC", "A, b"), ("OU=A\\", "A")]
        {
            assert_eq!(first_name(typed), name, "{typed}");
        }
    }

    #[test]
    fn offers_distinguished_names_for_groups_with_the_same_name() {
        let dn = |text: &str| Dn::parse(text).unwrap();
        let found = [dn("CN=Staff,OU=A,DC=x"), dn("CN=staff,OU=B,DC=x"), dn("CN=Sales,DC=x")];
        let shown = |typed: &str| -> Vec<String> {
            let candidates = as_groups(&found, typed);
            candidates.iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(shown("s"), ["CN=Staff,OU=A,DC=x", "CN=staff,OU=B,DC=x", "Sales"]);
        assert_eq!(shown("cn=sa"), ["CN=Sales,DC=x"]);
        assert_eq!(as_units(&found, "staff").len(), 2);
    }
}
