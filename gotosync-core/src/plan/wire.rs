//! A plan as it is read back: steps that take something away are built by the same constructors as everywhere, with the
//! evidence that the plan's own basis gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::{Basis, Reason, Step};
use crate::model::{
    Action, Change, Creation, Deletion, Email, Fingerprint, LicenseKey, Mac, Note, PersonId, PhoneNumber, PlanId,
    Release, Role, SetChange, SettingsChanges, SettingsTemplate, Suspension, Update, UserChanges, UserGroupPath,
    UserKey, Voicemail, WelcomeTemplate, Whole,
};
use crate::state::Link;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanRead {
    pub(super) format: String,
    pub(super) id: PlanId,
    pub(super) basis: Basis,
    pub(super) steps: Vec<StepRead>,
    #[serde(default)]
    pub(super) simulated: Vec<StepRead>,
    pub(super) notes: Vec<Note>,
    pub(super) links: Vec<Link>,
    #[serde(default)]
    pub(super) settled: Vec<PersonId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepRead {
    number: u32,
    stage: u32,
    action: ActionRead,
    subject: Box<str>,
    #[serde(default)]
    person: Option<PersonId>,
    #[serde(default)]
    rules: Option<Arc<[Arc<str>]>>,
    reasons: Vec<Reason>,
    #[serde(default)]
    basis: Option<Fingerprint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
enum ActionRead {
    Suspend {
        user: UserKey,
        licenses: Vec<LicenseKey>,
        #[serde(default)]
        role: Role,
    },
    Release {
        user: UserKey,
        licenses: Vec<LicenseKey>,
    },
    Delete {
        user: UserKey,
        email: Email,
    },
    CreateGroup {
        path: UserGroupPath,
    },
    WriteTemplate {
        template: ChangeRead<WelcomeTemplate>,
    },
    Update(UpdateRead),
    Reactivate(UpdateRead),
    Create(Creation),
    Invite {
        user: UserKey,
        sent: u32,
    },
}

#[derive(Deserialize)]
struct UpdateRead {
    user: UserKey,
    changes: ChangesRead,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ChangesRead {
    person: Option<ChangeRead<PersonId>>,
    email: Option<ChangeRead<Email>>,
    first_name: Option<ChangeRead<Box<str>>>,
    last_name: Option<ChangeRead<Box<str>>>,
    language: Option<ChangeRead<Box<str>>>,
    group: Option<ChangeRead<UserGroupPath>>,
    role: Option<ChangeRead<Role>>,
    licenses: SetRead<LicenseKey>,
    settings: Option<SettingsRead>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SettingsRead {
    time_zone: Option<ChangeRead<Box<str>>>,
    extension: Option<ChangeRead<Box<str>>>,
    templates: BTreeMap<LicenseKey, ChangeRead<SettingsTemplate>>,
    nested: BTreeMap<LicenseKey, SetRead<String>>,
    custom_fields: BTreeMap<String, ChangeRead<String>>,
    device_groups: SetRead<String>,
    devices: SetRead<Mac>,
    location: Option<ChangeRead<Box<str>>>,
    phone_numbers: BTreeMap<PhoneNumber, ChangeRead<String>>,
    caller_id_numbers: SetRead<PhoneNumber>,
    secondary_extensions: SetRead<String>,
    voicemail: Option<Voicemail>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeRead<T> {
    before: Option<T>,
    after: Option<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetRead<T> {
    #[serde(default = "Vec::new")]
    add: Vec<T>,
    #[serde(default = "Vec::new")]
    remove: Vec<T>,
}

impl<T> Default for SetRead<T> {
    fn default() -> Self {
        Self { add: Vec::new(), remove: Vec::new() }
    }
}

/// A step takes something away, and there is no evidence that it may.
pub(super) struct Unproven;

impl StepRead {
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Builds the step.
    pub(super) fn build(self, whole: Option<Whole<'_>>) -> Result<Step, Unproven> {
        Ok(Step {
            number: self.number,
            stage: self.stage,
            action: self.action.build(whole)?,
            subject: self.subject,
            person: self.person,
            rules: self.rules.unwrap_or_default(),
            reasons: self.reasons,
            basis: self.basis,
        })
    }
}

impl ActionRead {
    fn build(self, whole: Option<Whole<'_>>) -> Result<Action, Unproven> {
        Ok(match self {
            Self::Suspend { user, licenses, role } => {
                Action::Suspend(Suspension::new(whole.ok_or(Unproven)?, user, licenses, role))
            }
            Self::Release { user, licenses } => Action::Release(Release::new(whole.ok_or(Unproven)?, user, licenses)),
            Self::Delete { user, email } => Action::Delete(Deletion::new(whole.ok_or(Unproven)?, user, email)),
            Self::CreateGroup { path } => Action::CreateGroup { path },
            Self::WriteTemplate { template } => {
                // A change from nothing to nothing is none.
                let template = build(Some(template), whole)?.ok_or(Unproven)?;
                Action::WriteTemplate { template }
            }
            Self::Invite { user, sent } => Action::Invite { user, sent },
            Self::Update(update) => Action::Update(update.build(whole)?),
            Self::Reactivate(update) => Action::Reactivate(update.build(whole)?),
            Self::Create(creation) => Action::Create(creation),
        })
    }
}

impl UpdateRead {
    fn build(self, whole: Option<Whole<'_>>) -> Result<Update, Unproven> {
        let read = self.changes;
        let changes = UserChanges {
            person: build(read.person, whole)?,
            email: build(read.email, whole)?,
            first_name: build(read.first_name, whole)?,
            last_name: build(read.last_name, whole)?,
            language: build(read.language, whole)?,
            group: build(read.group, whole)?,
            role: build(read.role, whole)?.map(Box::new),
            licenses: read.licenses.build(whole)?,
            settings: read.settings.map(|settings| settings.build(whole)).transpose()?.map(Box::new),
        };
        Ok(Update { user: self.user, changes })
    }
}

impl SettingsRead {
    fn build(self, whole: Option<Whole<'_>>) -> Result<SettingsChanges, Unproven> {
        let nested = self.nested.into_iter().map(|(license, set)| Ok((license, set.build(whole)?)));
        Ok(SettingsChanges {
            time_zone: build(self.time_zone, whole)?,
            extension: build(self.extension, whole)?,
            templates: build_all(self.templates, whole)?,
            nested: nested.collect::<Result<_, _>>()?,
            custom_fields: build_all(self.custom_fields, whole)?,
            device_groups: self.device_groups.build(whole)?,
            devices: self.devices.build(whole)?,
            location: build(self.location, whole)?,
            phone_numbers: build_all(self.phone_numbers, whole)?,
            caller_id_numbers: self.caller_id_numbers.build(whole)?,
            secondary_extensions: self.secondary_extensions.build(whole)?,
            voicemail: self.voicemail,
        })
    }
}

impl<T> SetRead<T> {
    fn build(self, whole: Option<Whole<'_>>) -> Result<SetChange<T>, Unproven> {
        let change = SetChange::adding(self.add);
        if self.remove.is_empty() { Ok(change) } else { Ok(change.removing(whole.ok_or(Unproven)?, self.remove)) }
    }
}

fn build_all<K: Ord, V>(
    read: BTreeMap<K, ChangeRead<V>>,
    whole: Option<Whole<'_>>,
) -> Result<BTreeMap<K, Change<V>>, Unproven> {
    let mut changes = BTreeMap::new();
    for (key, change) in read {
        if let Some(change) = build(Some(change), whole)? {
            changes.insert(key, change);
        }
    }
    Ok(changes)
}

fn build<T>(read: Option<ChangeRead<T>>, whole: Option<Whole<'_>>) -> Result<Option<Change<T>>, Unproven> {
    match read {
        None | Some(ChangeRead { before: None, after: None }) => Ok(None),
        Some(ChangeRead { before: None, after: Some(after) }) => Ok(Some(Change::fill(after))),
        Some(ChangeRead { before: Some(before), after }) => {
            Ok(Some(Change::replace(whole.ok_or(Unproven)?, before, after)))
        }
    }
}
