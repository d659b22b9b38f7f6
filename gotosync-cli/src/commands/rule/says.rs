//! Converts command-line options into changes to the keys of a rule.

use gotosync_core::model::{Dn, ReadRequest};
use gotosync_core::rules::{Change, Position, RulesFile, Single, unknown_names};
use gotosync_core::{Config, Error, ErrorKind};

use super::look;
use crate::cli::rule::Says;

/// Returns the changes that the options request, in the order of the keys in a new rule.
pub(super) fn changes(says: &Says) -> Result<Vec<Change>, Vec<Error>> {
    let mut changes = Vec::new();
    for (key, values) in [("ou", &says.ou), ("group", &says.group)] {
        if !values.is_empty() {
            changes.push(Change::texts(key, values, Single::Bare)?);
        }
    }
    if says.everyone {
        changes.push(Change::set("everyone", "true")?);
    }
    if let Some(filter) = &says.filter {
        changes.push(Change::text("filter", filter)?);
    }
    if !says.product.is_empty() {
        changes.push(Change::texts("products", &says.product, Single::Listed)?);
    }
    if let Some(group) = &says.user_group {
        changes.push(Change::text("user_group", group)?);
    }
    if says.create_user_group {
        changes.push(Change::set("create_user_group", "true")?);
    }
    if let Some(language) = &says.language {
        changes.push(Change::text("language", language)?);
    }
    for set in &says.set {
        let Some((key, value)) = set.split_once('=') else {
            let error = Error::new(ErrorKind::Input, format!("`{set}` in --set has no `=`"));
            return Err(vec![error.hint("write a key, `=`, and a value: --set update=false")]);
        };
        let (key, value) = (key.trim(), value.trim());
        changes.push(Change::set(key, value).or_else(|_| Change::text(key, value))?);
    }
    Ok(changes)
}

/// Returns `true` if the options select people, or set a key that does.
pub(super) fn selects(says: &Says) -> bool {
    let key = |set: &String| set.split_once('=').map(|(key, _)| key.trim().to_owned());
    let set = says.set.iter().filter_map(key).any(|key| ["ou", "group", "everyone"].contains(&&*key));
    !says.ou.is_empty() || !says.group.is_empty() || says.everyone || set
}

/// Checks that each `--ou` is a distinguished name.
///
/// # Errors
/// Plain names, with the distinguished names of OUs that have this name as the hint.
pub(super) async fn places(says: &Says, config: &Config) -> Result<(), Vec<Error>> {
    let mut errors = Vec::new();
    for (name, error) in says.ou.iter().filter_map(|ou| Some((ou, Dn::parse(ou).err()?))) {
        errors.push(match near(name, config).await {
            Some(hint) => error.hint(hint),
            None => error,
        });
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Returns a hint with OUs of this name, or the nearest name.
async fn near(name: &str, config: &Config) -> Option<String> {
    let directory = look::directory(config, &ReadRequest::default()).await.ok()?;
    let mut file = RulesFile::parse("", "a rule").ok()?;
    let named = Change::text("ou", &format!("OU={name}")).ok()?;
    file.add("new", &[named], &Position::Last).ok()?;
    unknown_names(&file, "new", Some(&directory), None).ok()?.pop().map(|finding| finding.hint)
}
