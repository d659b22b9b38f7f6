//! Lookup of the names that rules use in the account.

use super::{Given, RoleGrant, Rule};
use crate::model::{
    Account, License, LicenseKey, NoteKind, Role, SettingsTemplate, UserGroupPath, WelcomeEmail, WelcomeTemplate, text,
};
use crate::target::{Capabilities, Feature, RoleAccess};

/// Finds the license that a rule names by name, key, or product code.
///
/// # Errors
/// A message for the admin if the license is missing or ambiguous.
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
            return Err(format!("several licenses have the name `{product}`; use a key instead: {}", keys.join(", ")));
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
            Err(format!("several licenses contain the product `{product}`; name one of {}", several.join(", ")))
        }
        (None, _) => Err(match text::nearest(product, names()) {
            Some(name) => format!("the account has no license `{product}`; did you mean `{name}`?"),
            None if account.licenses.is_empty() => {
                format!("the account has no license `{product}` (there are none at all)")
            }
            None => {
                let all: Vec<_> = names().map(|name| format!("`{name}`")).collect();
                format!("the account has no license `{product}`; available: {}", all.join(", "))
            }
        }),
    }
}

/// Returns everything that a rule names and that gotosync cannot find in the account, each with a message for the admin. The
/// rule's own user group is not checked because it may be created. `has_group` is used for the user groups of managers.
///
/// If gotosync cannot read a list of names in this kind of account at all (the target does not claim the feature), a missing entry
/// proves nothing. The message then says so, with the kind [`NoteKind::Unsupported`].
pub(crate) fn missing(
    rule: &Rule,
    welcome_emails: &[WelcomeTemplate],
    account: &Account,
    capabilities: &Capabilities,
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
    let not_found = |feature: Feature, name: &str, evidence: String| {
        if capabilities.has(feature) { (NoteKind::UnknownSetting, evidence) } else { unverifiable(feature, name) }
    };
    for (product, template) in &rule.gives.templates {
        match find_license(account, product).map(|license| find_template(account, license, template)) {
            Ok(Ok(_)) => {}
            Ok(Err(evidence)) => missing.push(not_found(Feature::Templates, template.as_str(), evidence)),
            Err(evidence) => missing.push((NoteKind::UnknownProduct, evidence)),
        }
    }
    for name in &rule.gives.device_groups {
        let groups = || catalog.device_groups.iter().map(String::as_str);
        if find_name(name, groups()).is_none() {
            let evidence = advice(&format!("the account has no device group `{name}`"), name, groups());
            missing.push(not_found(Feature::DeviceGroups, name, evidence));
        }
    }
    if let Some(role) = &rule.gives.role {
        missing.extend(find_role(account, role, has_group).err().map(|evidence| match role {
            RoleGrant::Set(name) if capabilities.has(Feature::Roles) && capabilities.roles == RoleAccess::Hidden => {
                let evidence = format!(
                    "the signed-in user cannot read role sets, so gotosync cannot verify the role set `{name}`; \
                     sign in as a full administrator, or remove the role from the rule"
                );
                (NoteKind::Unsupported, evidence)
            }
            RoleGrant::Set(name) => not_found(Feature::Roles, name, evidence),
            _ => (NoteKind::UnknownSetting, evidence),
        }));
    }
    if let Some(WelcomeEmail::Template(name)) = &rule.gives.welcome {
        let names = || welcome_emails.iter().chain(&catalog.welcome_emails).map(|template| template.name.as_str());
        let what = format!("neither the account nor the rules have a welcome e-mail `{name}`");
        if !names().any(|own| own == name) {
            missing.push(not_found(Feature::Invitations, name, advice(&what, name, names())));
        }
    }
    if let Some(operator) = rule.gives.voicemail.as_ref().and_then(|voicemail| voicemail.operator.as_deref()) {
        let own = || account.users.iter().any(|user| user.settings().extension.as_deref() == Some(operator));
        let known = catalog.extensions.iter().any(|own| own == operator) || own();
        if !known {
            let evidence = format!("the account has no extension {operator}, which `voicemail` names as the operator");
            missing.push(not_found(Feature::Extensions, operator, evidence));
        }
    }
    for name in rule.custom_fields.keys() {
        let fields = || catalog.custom_fields.iter().map(String::as_str);
        if !fields().any(|own| own == name) {
            let evidence = advice(&format!("the account has no custom field `{name}`"), name, fields());
            missing.push(not_found(Feature::CustomFields, name, evidence));
        }
    }
    missing
}

/// Returns the note for a name that cannot be verified because gotosync cannot read the list of such names in the account.
fn unverifiable(feature: Feature, name: &str) -> (NoteKind, String) {
    let evidence = format!(
        "gotosync cannot read or change {} in this kind of account, so it cannot verify `{name}`; \
         remove it from the rule, and set it in the account by hand",
        feature.as_str()
    );
    (NoteKind::Unsupported, evidence)
}

/// Finds one of the products inside a license by its code.
///
/// # Errors
/// A message for the admin if the license does not contain the product.
pub(crate) fn find_nested<'a>(license: &'a License, code: &str) -> Result<&'a str, String> {
    let folded = text::fold(code);
    let found = license.products.iter().find(|own| text::fold(own) == folded);
    found.map(String::as_str).ok_or_else(|| {
        let what = format!("the license `{}` does not contain the product `{code}`", license.name);
        advice(&what, code, license.products.iter().map(String::as_str))
    })
}

/// Finds a settings template of a license.
///
/// # Errors
/// A message for the admin if the account has no such template for the license.
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

/// Finds the role that a rule assigns. The user groups of a manager may be groups that rules create.
///
/// # Errors
/// A message for the admin if the role names something that the account does not have.
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
                let what = format!("the account has no user group `{missing}`, which the role of a manager names");
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

/// Returns `true` if the account still has everything that a role names.
pub(crate) fn has_role(account: &Account, role: &Role) -> bool {
    let set = if let Role::Set(name) = role { account.catalog.role_sets.contains(name) } else { true };
    set && role.groups().iter().all(|path| account.has_group(path))
        && role.products().iter().all(|license| account.license(license).is_some())
}

/// Finds a name without regard to letter case.
pub(crate) fn find_name<'a>(name: &str, mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let folded = text::fold(name);
    names.find(|own| text::fold(own) == folded)
}

/// Appends the nearest name, or the available names, to a message.
pub(crate) fn advice<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = text::nearest(name, names.clone()) {
        return format!("{what}; did you mean `{near}`?");
    }
    let all: Vec<_> = names.take(20).map(|name| format!("`{name}`")).collect();
    if all.is_empty() {
        format!("{what} (there are none at all)")
    } else {
        format!("{what}; available: {}", all.join(", "))
    }
}
