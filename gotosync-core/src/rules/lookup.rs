//! The names that rules use, found in the account.

use super::{Given, RoleGrant, Rule};
use crate::model::{
    Account, License, LicenseKey, NoteKind, Role, SettingsTemplate, UserGroupPath, WelcomeEmail, WelcomeTemplate, text,
};

/// Finds the license that a rule names by name, key or product code.
///
/// # Errors
/// What to tell the admin, when there is none or more than one.
pub(crate) fn find_license<'a>(account: &'a Account, product: &str) -> Result<&'a License, String> {
    let folded = text::fold(product);
    if let Some(license) = account.licenses.iter().find(|license| license.key.as_str() == product) {
        return Ok(license);
    }
    let called: Vec<&License> = account.licenses.iter().filter(|license| text::fold(&license.name) == folded).collect();
    match *called {
        [] => {}
        [one] => return Ok(one),
        ref several => {
            let keys: Vec<_> = several.iter().map(|license| format!("`{}`", license.key)).collect();
            return Err(format!("several licenses are called `{product}`: name one by its key, {}", keys.join(", ")));
        }
    }
    let carries = |license: &&License| license.products.iter().any(|code| text::fold(code) == folded);
    let mut with_code = account.licenses.iter().filter(carries);
    let names = || account.licenses.iter().map(|license| license.name.as_str());
    match (with_code.next(), with_code.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            let several: Vec<_> =
                account.licenses.iter().filter(carries).map(|license| format!("`{}`", license.name)).collect();
            Err(format!("`{product}` is in several licenses: name one of {}", several.join(", ")))
        }
        (None, _) => Err(match text::nearest(product, names()) {
            Some(name) => format!("the account has no license `{product}`; did you mean `{name}`?"),
            None if account.licenses.is_empty() => format!("the account has no license `{product}`, nor any other"),
            None => {
                let all: Vec<_> = names().map(|name| format!("`{name}`")).collect();
                format!("the account has no license `{product}`; it has {}", all.join(", "))
            }
        }),
    }
}

/// What a rule names and the account does not have, each with what to tell the admin; but for its user group, which may be
/// made. `has_group` answers for the user groups of managers.
pub(crate) fn missing(
    rule: &Rule,
    welcome_emails: &[WelcomeTemplate],
    account: &Account,
    has_group: impl Fn(&UserGroupPath) -> bool,
) -> Vec<(NoteKind, String)> {
    let mut missing = Vec::new();
    let catalog = &account.catalog;
    for Given { product, without } in &rule.gives.products {
        let codes = find_license(account, product).map(|license| {
            without.iter().flatten().filter_map(|code| find_nested(license, code).err()).collect::<Vec<_>>()
        });
        missing
            .extend(codes.unwrap_or_else(|evidence| vec![evidence]).into_iter().map(|e| (NoteKind::UnknownProduct, e)));
    }
    for (product, template) in &rule.gives.templates {
        match find_license(account, product).map(|license| find_template(account, license, template)) {
            Ok(Ok(_)) => {}
            Ok(Err(evidence)) => missing.push((NoteKind::UnknownSetting, evidence)),
            Err(evidence) => missing.push((NoteKind::UnknownProduct, evidence)),
        }
    }
    let mut setting = |evidence: Option<String>| missing.extend(evidence.map(|e| (NoteKind::UnknownSetting, e)));
    for name in &rule.gives.device_groups {
        let groups = || catalog.device_groups.iter().map(String::as_str);
        let known = find_name(name, groups()).is_some();
        setting((!known).then(|| advice(&format!("the account has no device group `{name}`"), name, groups())));
    }
    if let Some(role) = &rule.gives.role {
        setting(find_role(account, role, has_group).err());
    }
    if let Some(WelcomeEmail::Template(name)) = &rule.gives.welcome {
        let names = || welcome_emails.iter().chain(&catalog.welcome_emails).map(|template| template.name.as_str());
        let what = format!("the account has no welcome e-mail `{name}`, and the rules make none");
        setting((!names().any(|own| own == name)).then(|| advice(&what, name, names())));
    }
    if let Some(operator) = rule.gives.voicemail.as_ref().and_then(|voicemail| voicemail.operator.as_deref()) {
        let own = || account.users.iter().any(|user| user.settings().extension.as_deref() == Some(operator));
        let known = catalog.extensions.iter().any(|own| own == operator) || own();
        let what = || format!("the account has no extension {operator} for the operator of a voicemail");
        setting((!known).then(what));
    }
    for name in rule.custom_fields.keys() {
        let fields = || catalog.custom_fields.iter().map(String::as_str);
        let known = fields().any(|own| own == name);
        setting((!known).then(|| advice(&format!("the account has no custom field `{name}`"), name, fields())));
    }
    missing
}

/// Finds one of the products inside a license by its code.
///
/// # Errors
/// What to tell the admin, when the license carries no such product.
pub(crate) fn find_nested<'a>(license: &'a License, code: &str) -> Result<&'a str, String> {
    let folded = text::fold(code);
    let found = license.products.iter().find(|own| text::fold(own) == folded);
    found.map(String::as_str).ok_or_else(|| {
        let what = format!("`{}` carries no product `{code}`", license.name);
        advice(&what, code, license.products.iter().map(String::as_str))
    })
}

/// Finds a settings template of a license.
///
/// # Errors
/// What to tell the admin, when the account has no such template for it.
pub(crate) fn find_template(
    account: &Account,
    license: &License,
    template: &SettingsTemplate,
) -> Result<SettingsTemplate, String> {
    let SettingsTemplate::Named(name) = template else { return Ok(SettingsTemplate::System) };
    let own =
        || account.catalog.templates.iter().filter(|known| known.license == license.key).map(|known| &*known.name);
    let found = find_name(name, own()).map(|found| SettingsTemplate::Named(found.to_owned()));
    found.ok_or_else(|| {
        advice(&format!("the account has no settings template `{name}` for {}", license.name), name, own())
    })
}

/// Finds the role that a rule gives; a manager's user groups may be those that rules make.
///
/// # Errors
/// What to tell the admin, when it names something the account does not have.
pub(crate) fn find_role(
    account: &Account,
    role: &RoleGrant,
    has_group: impl Fn(&UserGroupPath) -> bool,
) -> Result<Role, String> {
    match role {
        RoleGrant::Member => Ok(Role::Member),
        RoleGrant::Administrator => Ok(Role::Administrator),
        RoleGrant::Set(name) => {
            let sets = || account.catalog.role_sets.iter().map(String::as_str);
            let what = format!("the account has no role set `{name}`");
            find_name(name, sets()).map(|found| Role::Set(found.to_owned())).ok_or_else(|| advice(&what, name, sets()))
        }
        RoleGrant::Manager { privileges, groups, products } => {
            if let Some(missing) = groups.iter().find(|path| !has_group(path)) {
                let names = account.groups.iter().map(|group| group.path.as_str());
                let what = format!("a manager's user group `{missing}` is not in the account");
                return Err(advice(&what, missing.as_str(), names));
            }
            let products: Vec<LicenseKey> = products
                .iter()
                .map(|product| find_license(account, product).map(|license| license.key.clone()))
                .collect::<Result<_, _>>()?;
            Ok(Role::Manager { privileges: privileges.clone(), groups: groups.clone(), products }.normal())
        }
    }
}

/// Says whether the account still has everything that a role names.
pub(crate) fn has_role(account: &Account, role: &Role) -> bool {
    let set = if let Role::Set(name) = role { account.catalog.role_sets.contains(name) } else { true };
    set && role.groups().iter().all(|path| account.has_group(path))
        && role.products().iter().all(|license| account.license(license).is_some())
}

/// Finds a name in whatever letter case it is written.
pub(crate) fn find_name<'a>(name: &str, mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let folded = text::fold(name);
    names.find(|own| text::fold(own) == folded)
}

/// What is wrong, and the nearest name or all of them.
pub(crate) fn advice<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = text::nearest(name, names.clone()) {
        return format!("{what}; did you mean `{near}`?");
    }
    let all: Vec<_> = names.take(20).map(|name| format!("`{name}`")).collect();
    if all.is_empty() { format!("{what}, nor any other") } else { format!("{what}; it has {}", all.join(", ")) }
}
