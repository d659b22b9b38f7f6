//! Looks up the names in rules in the directory and the account.

use std::sync::Arc;

use gotosync_core::model::{Account, Directory, ReadRequest, Reading, WelcomeEmail};
use gotosync_core::rules::{Finding, GroupChoice, RoleGrant, Rule};
use gotosync_core::source::DirectorySource;
use gotosync_core::target::{Capabilities, ProvisioningTarget};
use gotosync_core::{Config, Error, ErrorKind, Rules};

/// The directory and the account, as far as they were read.
pub(in crate::commands) struct Seen {
    directory: Option<Result<Arc<Directory>, Error>>,
    account: Option<Result<(Account, Capabilities), Error>>,
}

impl Seen {
    pub(in crate::commands) fn directory(&self) -> Option<&Arc<Directory>> {
        self.directory.as_ref().and_then(|read| read.as_ref().ok())
    }

    pub(in crate::commands) fn account(&self) -> Option<(&Account, &Capabilities)> {
        let read = self.account.as_ref()?.as_ref().ok()?;
        Some((&read.0, &read.1))
    }

    /// Returns the errors that kept the directory or the account from being read.
    pub(in crate::commands) fn problems(&self) -> impl Iterator<Item = &Error> {
        let directory = self.directory.as_ref().and_then(|read| read.as_ref().err());
        directory.into_iter().chain(self.account.as_ref().and_then(|read| read.as_ref().err()))
    }

    /// Returns the directory or the error of its read; `None` if it was not read.
    pub(super) fn into_directory(self) -> Option<Result<Arc<Directory>, Error>> {
        self.directory
    }

    /// Returns the errors of the reads, by value.
    pub(super) fn into_problems(self) -> Vec<Error> {
        let directory = self.directory.and_then(Result::err);
        directory.into_iter().chain(self.account.and_then(Result::err)).collect()
    }
}

/// Reads the directory and the account.
pub(in crate::commands) async fn everything(config: &Config, rules: &Rules) -> Seen {
    Seen { directory: Some(directory(config, &rules.request()).await), account: Some(account(config).await) }
}

/// Returns the request for the people affected by a change of one rule: people that the rule selects, and people selected by
/// rules that were different before.
pub(super) fn request(before: Option<&Rules>, after: &Rules, name: &str) -> ReadRequest {
    let mut request = after.request_for(|rule| &*rule.name == name);
    if let Some(before) = before {
        let same = |rule: &Rule| after.rule(&rule.name).is_some_and(|own| own.enabled && own.people == rule.people);
        let old = before.request_for(|rule| rule.enabled && !same(rule));
        request.scopes.extend(old.scopes);
        request.attributes.extend(old.attributes);
    }
    request
}

/// Reads the people affected by a change of one rule, and the account if the rule contains names from it.
pub(super) async fn for_rule(config: &Config, before: Option<&Rules>, rules: &Rules, name: &str) -> Seen {
    let of_account = |rule: &Rule| {
        let gives = &rule.gives;
        let welcome = matches!(gives.welcome, Some(WelcomeEmail::Template(_)));
        let role = matches!(gives.role, Some(RoleGrant::Set(_) | RoleGrant::Manager { .. }));
        let group = matches!(gives.user_group, Some(GroupChoice::Path(_))) && !gives.create_user_group;
        let lists = !gives.products.is_empty() || !gives.templates.is_empty() || !gives.device_groups.is_empty();
        lists || welcome || role || group || !rule.custom_fields.is_empty()
    };
    let directory = Some(directory(config, &request(before, rules, name)).await);
    let account = if rules.rule(name).is_some_and(of_account) { Some(account(config).await) } else { None };
    Seen { directory, account }
}

/// Reads the directory.
///
/// # Errors
/// The read fails, or is incomplete.
pub(super) async fn directory(config: &Config, request: &ReadRequest) -> Result<Arc<Directory>, Error> {
    complete(config.source()?.read(request).await?)
}

/// Returns the directory of a complete read.
///
/// # Errors
/// The read is incomplete.
pub(in crate::commands) fn complete(reading: Reading) -> Result<Arc<Directory>, Error> {
    if reading.completeness.is_complete() {
        Ok(reading.directory)
    } else {
        Err(Error::new(ErrorKind::Incomplete, "the directory could not be read completely"))
    }
}

/// Returns the rules with one rule enabled.
pub(super) fn switched_on(rules: &Rules, name: &str) -> Rules {
    let mut rules = rules.clone();
    rules.list.iter_mut().filter(|rule| &*rule.name == name).for_each(|rule| rule.enabled = true);
    rules
}

/// Converts a finding into an error that prevents saving the rule.
pub(super) fn error(finding: &Finding) -> Error {
    let hint = format!("{} (--force saves the rule anyway)", finding.hint);
    let error = Error::new(ErrorKind::NotFound, &*finding.evidence).hint(hint);
    finding.rule.iter().fold(error, |error, rule| error.with("rule", rule))
}

async fn account(config: &Config) -> Result<(Account, Capabilities), Error> {
    let target = config.target()?;
    let account = target.read().await?;
    if !account.completeness.is_complete() {
        return Err(Error::new(ErrorKind::Incomplete, "the account could not be read completely"));
    }
    Ok((account, target.describe().await?.capabilities))
}
