//! Offers: the licenses, role, templates, and device groups that each set of rules gives, resolved to the account's own keys.

use std::collections::BTreeSet;

use crate::model::{Account, LicenseKey, Note, NoteKind, Role, SettingsTemplate, UserGroup, UserGroupPath, text};
use crate::rules::lookup::{find_license, find_name, find_nested, find_role, find_template, missing};
use crate::rules::{Desires, GroupChoice, Profile, Rule, Setting, Trial};
use crate::target::Capabilities;

/// The items that one set of rules gives, by the account's own keys.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// The licenses.
    pub licenses: Vec<Granted<LicenseKey>>,
    /// The role, if a rule gives a role that the account has.
    pub role: Option<Setting<Role>>,
    /// The settings templates.
    pub templates: Vec<(LicenseKey, Setting<SettingsTemplate>)>,
    /// The device access groups.
    pub device_groups: Vec<Granted<String>>,
}

/// One item of a list that a set of rules gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted<T> {
    /// The item.
    pub what: T,
    /// The products inside the license that are switched off, if a rule says so.
    pub without: Option<BTreeSet<String>>,
    /// The highest rule that gives it, by index in the list.
    pub rule: usize,
    /// `true` if existing users get it, too.
    pub managed: bool,
    /// `true` if the rules give it. An item that is not given is not taken away either.
    pub given: bool,
}

/// The offers of every profile, and every item that a rule names.
#[derive(Debug)]
pub(super) struct Offers {
    pub(super) profiles: Vec<Offer>,
    /// Every license that a rule names. Disabled rules count: a license that they gave must not look as if an admin gave it.
    pub(super) licenses: BTreeSet<LicenseKey>,
    /// Every device group that a rule names.
    pub(super) device_groups: BTreeSet<String>,
    /// The account's user groups and those that rules create, parents before children.
    pub(super) groups: Vec<UserGroup>,
}

impl Offers {
    pub(super) fn new(
        desires: &Desires<'_>,
        account: &Account,
        capabilities: &Capabilities,
        notes: &mut Vec<Note>,
    ) -> Self {
        let groups = wanted_groups(desires, account, notes);
        let mut offers =
            Self { profiles: Vec::new(), licenses: BTreeSet::new(), device_groups: BTreeSet::new(), groups };
        for (rule, people) in desires.rules.list.iter().zip(&desires.populations) {
            offers.name_all(rule, *people, desires, (account, capabilities), notes);
        }
        offers.profiles = desires.profiles.iter().map(|profile| offers.offer(profile, account)).collect();
        offers
    }

    fn has_group(&self, path: &UserGroupPath) -> bool {
        self.groups.binary_search_by(|group| group.path.cmp(path)).is_ok()
    }

    /// Collects the items that a rule names, and adds a note for each that the account does not have.
    fn name_all(
        &mut self,
        rule: &Rule,
        people: usize,
        desires: &Desires<'_>,
        (account, capabilities): (&Account, &Capabilities),
        notes: &mut Vec<Note>,
    ) {
        let products = rule.gives.products.iter().filter_map(|given| find_license(account, &given.product).ok());
        self.licenses.extend(products.map(|license| license.key.clone()));
        let groups = || account.catalog.device_groups.iter().map(String::as_str);
        let known = rule.gives.device_groups.iter().filter_map(|name| find_name(name, groups()));
        self.device_groups.extend(known.map(str::to_owned));
        if !rule.enabled || (rule.is_simulated() && desires.trial == Trial::Hold) {
            return;
        }
        // A rule that selects no people does not create its user groups.
        let has_group = |path: &UserGroupPath| people == 0 || self.has_group(path);
        let missing = missing(rule, &desires.rules.welcome_emails, account, capabilities, has_group);
        notes.extend(missing.into_iter().map(|(kind, evidence)| Note::new(kind, &*rule.name, evidence)));
    }

    fn offer(&self, profile: &Profile<'_>, account: &Account) -> Offer {
        let mut offer = Offer::default();
        for grant in &profile.products {
            let Ok(license) = find_license(account, grant.name) else { continue };
            let without = grant.without.map(|codes| {
                codes.iter().filter_map(|code| find_nested(license, code).ok()).map(str::to_owned).collect()
            });
            match offer.licenses.iter_mut().find(|other| other.what == license.key) {
                Some(other) => {
                    other.managed |= grant.managed;
                    other.given |= grant.given;
                }
                None => offer.licenses.push(Granted {
                    what: license.key.clone(),
                    without,
                    rule: grant.rule,
                    managed: grant.managed,
                    given: grant.given,
                }),
            }
        }
        for grant in &profile.device_groups {
            let names = account.catalog.device_groups.iter().map(String::as_str);
            let Some(name) = find_name(grant.name, names) else { continue };
            let (rule, managed, given) = (grant.rule, grant.managed, grant.given);
            offer.device_groups.push(Granted { what: name.to_owned(), without: None, rule, managed, given });
        }
        offer.role = profile.role.and_then(|set| {
            let value = find_role(account, set.value, |path| self.has_group(path)).ok()?;
            Some(Setting { value, rule: set.rule, managed: set.managed })
        });
        for (product, set) in &profile.templates {
            let Ok(license) = find_license(account, product) else { continue };
            let Ok(value) = find_template(account, license, set.value) else { continue };
            if !offer.templates.iter().any(|(own, _)| *own == license.key) {
                offer.templates.push((license.key.clone(), Setting { value, rule: set.rule, managed: set.managed }));
            }
        }
        offer
    }
}

/// Returns the account's user groups and those that rules create, parents before children.
fn wanted_groups(desires: &Desires<'_>, account: &Account, notes: &mut Vec<Note>) -> Vec<UserGroup> {
    let mut missing: BTreeSet<UserGroupPath> = BTreeSet::new();
    for (rule, people) in desires.rules.list.iter().zip(&desires.populations) {
        let Some(GroupChoice::Path(path)) = &rule.gives.user_group else { continue };
        let held = rule.is_simulated() && desires.trial == Trial::Hold;
        if *people == 0 || held || account.has_group(path) {
            continue;
        }
        if rule.gives.create_user_group {
            let line = std::iter::successors(Some(path.clone()), UserGroupPath::parent);
            missing.extend(line.filter(|path| !account.has_group(path)));
        } else {
            let names = account.groups.iter().map(|group| group.path.as_str());
            let nearest = text::nearest(path.as_str(), names);
            let advice = nearest.map_or_else(
                || "set `create_user_group = true` to create it".to_owned(),
                |name| format!("did you mean `{name}`?"),
            );
            let evidence = format!("the account has no user group `{path}`; {advice}");
            notes.push(Note::new(NoteKind::UnknownGroup, &*rule.name, evidence));
        }
    }
    let mut groups = account.groups.clone();
    groups.extend(missing.into_iter().map(|path| UserGroup { key: None, path }));
    groups.sort_by(|a, b| a.path.cmp(&b.path));
    groups
}
