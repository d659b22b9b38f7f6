//! What a shell may put where somebody presses Tab.
//!
//! The script of `gotosync completions` calls the command with [`VARIABLE`] set and the words so far. It answers with candidates
//! or with nothing: whatever goes wrong here is for the command itself to say.

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

/// The variable that names the shell.
pub(crate) const VARIABLE: &str = "GOTOSYNC_COMPLETE";

/// Answers a shell, if it is one that asks.
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

/// Returns the command without its hidden verbs, for a shell to complete.
fn offered() -> Command {
    // clap offers a hidden verb if no visible verb begins with the typed text. No typed text begins with a blank.
    Cli::command().mut_subcommands(|verb| {
        if !verb.is_hide_set() {
            return verb;
        }
        let name: &str = format!(" {}", verb.get_name()).leak();
        verb.name(name)
    })
}

/// What speaks with a shell of this name.
pub(crate) fn completer(shell: &str) -> Option<&'static dyn EnvCompleter> {
    let known: [&dyn EnvCompleter; 4] = [&Bash, &Zsh, &Fish, &Powershell];
    known.into_iter().find(|completer| completer.name() == shell)
}

/// Places of the directory for `--ou`.
pub(crate) fn units(typed: &OsStr) -> Vec<CompletionCandidate> {
    in_directory(typed, NodeKind::Unit)
}

/// Groups of the directory for `--group`.
pub(crate) fn groups(typed: &OsStr) -> Vec<CompletionCandidate> {
    in_directory(typed, NodeKind::Group)
}

/// Licenses of the account for `--product`.
pub(crate) fn products(typed: &OsStr) -> Vec<CompletionCandidate> {
    let names = |account: Account| account.licenses.iter().map(|license| license.name.clone()).collect();
    beginning(typed, in_account(names))
}

/// User groups of the account for `--user-group`.
pub(crate) fn user_groups(typed: &OsStr) -> Vec<CompletionCandidate> {
    let paths = |account: Account| account.groups.iter().map(|group| group.path.to_string()).collect();
    beginning(typed, in_account(paths))
}

/// Rules of the file, by name.
pub(crate) fn rules(typed: &OsStr) -> Vec<CompletionCandidate> {
    let names = || Some(config()?.rules_file().ok()?.names());
    beginning(typed, names().unwrap_or_default())
}

/// Those that begin as what was typed, whatever the case.
fn beginning(typed: &OsStr, names: Vec<String>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    names.into_iter().filter(|name| begins(name, &typed)).map(CompletionCandidate::new).collect()
}

fn in_account(names: impl FnOnce(Account) -> Vec<String>) -> Vec<String> {
    // A file that is not there is not made for it, and no service is asked for all its users.
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
        let config = config().filter(asks_nobody)?;
        let typed = typed.to_str()?;
        in_time(async {
            let source = config.source().ok()?;
            let found = found(&*source, typed, kind).await?;
            Some(if kind == NodeKind::Group { as_groups(&found, typed) } else { as_units(&found, typed) })
        })
    };
    look().unwrap_or_default()
}

/// Places or groups that what was typed may be the beginning of. With nothing typed, places at the top of the tree, and all groups.
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

/// Places by their distinguished names, which is how rules name them; a name alone stands for those.
fn as_units(found: &[Dn], typed: &str) -> Vec<CompletionCandidate> {
    let fits = |dn: &&Dn| begins(dn.as_str(), typed) || (!typed.contains('=') && begins(&dn.name(), typed));
    found.iter().filter(fits).take(MOST).map(|dn| CompletionCandidate::new(dn.as_str())).collect()
}

/// Groups by their names, and by their distinguished ones where that is typed or several have one name.
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

/// The name that the first part of a distinguished name begins with: `Sal` of `OU=Sal`, of `OU=Sal,DC=x` and of `Sal`.
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

/// What is found in the time that somebody waits at a prompt.
fn in_time<T>(look: impl Future<Output = Option<T>>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let found = runtime.block_on(async { tokio::time::timeout(PATIENCE, look).await.ok().flatten() });
    // A name that is still looked up is not waited for.
    runtime.shutdown_background();
    found
}

/// The configuration that the words so far are about.
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

/// Whether nothing that the sources need may ask somebody for a password: programs that keep them may.
fn asks_nobody(config: &Config) -> bool {
    config.sources.iter().all(|source| match &source.kind {
        SourceKind::Ldap(directory) => {
            !matches!(&directory.sign_in, LdapSignIn::Simple { password: SecretSource::Command { .. }, .. })
        }
        _ => true,
    })
}

/// The words of the command as far as they are typed.
fn words() -> impl Iterator<Item = OsString> {
    env::args_os().skip_while(|word| word != "--").skip(1)
}

const PATIENCE: Duration = Duration::from_secs(2);

/// Candidates; more than these nobody looks through.
const MOST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_is_what_is_searched_for() {
        for (typed, name) in
            [("", ""), ("Sal", "Sal"), ("OU=", ""), ("ou=Sal", "Sal"), ("OU=A\\, b,DC", "A, b"), ("OU=A\\", "A")]
        {
            assert_eq!(first_name(typed), name, "{typed}");
        }
    }

    #[test]
    fn groups_of_one_name_are_told_apart() {
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
