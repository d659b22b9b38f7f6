//! The reason for each change, in words.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Drafting, Provenance, Reason, Why};
use crate::desired::Offer;
use crate::model::text::count;
use crate::model::{Change, Field, FieldChange, LicenseKey, Link, Role, Status, User, UserChanges};
use crate::rules::{ExtensionSource, Profile, Setting, list_fields};

/// Writes the reasons for the changes to one user.
pub(super) struct Explain<'e, 'p, 'd> {
    pub(super) drafting: &'e Drafting<'p, 'd>,
    pub(super) before: &'e User,
    pub(super) provenance: &'e Provenance<'p, 'd>,
}

impl Explain<'_, '_, '_> {
    fn rule(&self, index: Option<usize>) -> Option<Arc<str>> {
        index.map(|index| Arc::clone(&self.drafting.inputs.rules.list[index].name))
    }

    /// Returns the highest of the person's rules that updates users.
    fn updating(&self) -> Option<usize> {
        let Why::Selected { profile, .. } = self.provenance.why else { return None };
        profile.indexes.iter().copied().find(|index| self.drafting.inputs.rules.list[*index].update)
    }

    fn left(&self) -> Cow<'static, str> {
        Cow::Owned(match self.provenance.rules.first() {
            Some(rule) => format!("no rule selects this person anymore; the last one was `{rule}`"),
            None => "no rule selects this person anymore".to_owned(),
        })
    }

    pub(super) fn access(&self) -> Vec<Reason> {
        let (rule, because) = match self.provenance.why {
            Why::Leaver(_) => (None, self.left()),
            Why::Selected { person, .. } => (
                self.rule(self.updating()),
                match person.expires {
                    _ if person.disabled => Cow::Borrowed("disabled in the directory"),
                    Some(end) if end <= self.drafting.inputs.now => {
                        Cow::Owned(format!("the directory account expired on {}", end.strftime("%Y-%m-%d")))
                    }
                    _ => Cow::Borrowed("no rule gives this person a product or a role anymore"),
                },
            ),
        };
        let status = self.before.status.as_str();
        let held = &self.before.role;
        let before = if held.is_member() { status.into() } else { format!("{status}, {held}").into() };
        let after = Some(Status::Suspended.as_str().into());
        let mut reasons = vec![Reason { rule, field: Field::Access, part: None, because, before: Some(before), after }];
        reasons.extend(self.before.licenses.iter().map(|license| Reason {
            rule: None,
            field: Field::Products,
            part: None,
            because: Cow::Borrowed("removed with the suspension"),
            before: Some(self.drafting.inputs.account.license_name(license).into()),
            after: None,
        }));
        reasons
    }

    /// Returns the reason for deleting a leaver.
    pub(super) fn deletion(&self) -> Reason {
        let because = match self.provenance.why {
            Why::Leaver(Link { leaver_since: Some(since), absences, .. }) => {
                let reads = count(*absences as usize, "complete read", "complete reads");
                format!("no rule has selected this person since {} ({reads})", since.strftime("%Y-%m-%d"))
            }
            _ => String::new(),
        };
        let before = Some(self.before.status.as_str().into());
        Reason { rule: None, field: Field::Access, part: None, because: Cow::Owned(because), before, after: None }
    }

    /// Returns the reason for each changed field.
    pub(super) fn fields(&self, changes: &UserChanges) -> Vec<Reason> {
        let account = self.drafting.inputs.account;
        let reason = |change: FieldChange<'_>| {
            let (rule, because) = match self.provenance.why {
                Why::Selected { profile, offer, .. } => self.origin(profile, offer, &change),
                Why::Leaver(_) => (None, self.left()),
            };
            let FieldChange { field, part, before, after } = change;
            let part = part.map(|part| match field {
                Field::Templates | Field::Products => account.license_name(&LicenseKey::new(part)).into(),
                _ => part.into(),
            });
            let [before, after] = if field == Field::Role {
                let shown = |role: Option<&Role>| role.map(|role| role.told(|key| account.license_name(key)).into());
                let both = changes.role.as_deref();
                [shown(both.and_then(Change::before)), shown(both.and_then(Change::after))]
            } else {
                [before, after].map(|value| value.map(|value| value.as_ref().into()))
            };
            Reason { rule: self.rule(rule), field, part, because, before, after }
        };
        changes.list().into_iter().map(reason).collect()
    }

    /// Returns `true` if the person is disabled or expired in the directory.
    fn disabled(&self) -> bool {
        let now = self.drafting.inputs.now;
        matches!(self.provenance.why, Why::Selected { person, .. } if !person.enabled(now))
    }

    /// Returns the rule that changes a field, and the origin of the value.
    fn origin(
        &self,
        profile: &Profile<'_>,
        offer: &Offer,
        change: &FieldChange<'_>,
    ) -> (Option<usize>, Cow<'static, str>) {
        let gone = || (None, Cow::Borrowed("no rule gives this to the person anymore"));
        let set = |rule: Option<usize>, word: &'static str| rule.map_or_else(gone, |rule| (Some(rule), word.into()));
        let granted = |name: &str| {
            let grant = offer.device_groups.iter().find(|grant| grant.what == name);
            grant.map(|grant| grant.rule)
        };
        let part = change.part.unwrap_or_default();
        match change.field {
            Field::Person => (None, "records which person the user belongs to".into()),
            Field::UserGroup => set(profile.group.map(|group| group.rule), "user_group"),
            Field::Role => match &offer.role {
                _ if change.after.is_none() && self.disabled() => (None, "disabled or expired in the directory".into()),
                Some(role) if role.managed || gives(role, change) => (Some(role.rule), "role".into()),
                _ if change.after.is_some() => (None, "restored: the user had it before the suspension".into()),
                _ => gone(),
            },
            Field::Templates => {
                let template = offer.templates.iter().find(|(license, _)| license.as_str() == part);
                set(template.map(|(_, set)| set.rule), "templates")
            }
            Field::Products => {
                let grant = offer.licenses.iter().find(|grant| grant.what.as_str() == part);
                set(grant.map(|grant| grant.rule), "products")
            }
            Field::DeviceGroups => set(change.after.as_deref().and_then(granted), "device_groups"),
            // The number stays and gets another name.
            Field::PhoneNumbers if change.before.is_some() && change.after.is_some() => profile
                .source(Field::PhoneNumberName)
                .map_or_else(gone, |source| (source.rule, Cow::Owned(source.text(Field::PhoneNumberName).to_owned()))),
            field if list_fields().any(|own| own == field) => match profile.list(field) {
                Some(list) => set(Some(list.rule), field.as_str()),
                None => gone(),
            },
            Field::Voicemail => set(profile.voicemail.map(|set| set.rule), "voicemail"),
            Field::CustomFields => profile
                .custom_field(part)
                .map_or_else(gone, |source| (source.rule, Cow::Owned(source.text(Field::CustomFields).to_owned()))),
            Field::Extension => match profile.extension.map(|set| (set.rule, set.value)) {
                Some((rule, ExtensionSource::Range(range))) => {
                    (Some(rule), format!("next free extension from {} to {}", range.start(), range.end()).into())
                }
                Some((rule, ExtensionSource::Mapping(mapping))) => (Some(rule), mapping.text().to_owned().into()),
                None => gone(),
            },
            field => profile.source(field).map_or((None, Cow::Borrowed("")), |source| {
                (source.rule.or_else(|| self.updating()), Cow::Owned(source.text(field).to_owned()))
            }),
        }
    }

    pub(super) fn licenses(&self, added: &[LicenseKey], removed: &[LicenseKey]) -> Vec<Reason> {
        let name = |license: &LicenseKey| Some(self.drafting.inputs.account.license_name(license).into());
        let given = added.iter().map(|license| {
            let rule = match self.provenance.why {
                Why::Selected { offer, .. } => {
                    offer.licenses.iter().find(|grant| grant.what == *license).map(|grant| grant.rule)
                }
                Why::Leaver(_) => None,
            };
            let because = Cow::Borrowed("products");
            Reason {
                rule: self.rule(rule),
                field: Field::Products,
                part: None,
                because,
                before: None,
                after: name(license),
            }
        });
        let taken = removed.iter().map(|license| {
            let because = match self.provenance.why {
                Why::Selected { .. } => Cow::Borrowed("no rule gives this to the person anymore"),
                Why::Leaver(_) => self.left(),
            };
            Reason { rule: None, field: Field::Products, part: None, because, before: name(license), after: None }
        });
        given.chain(taken).collect()
    }
}

/// Returns `true` if the rule gives exactly the new role.
fn gives(role: &Setting<Role>, change: &FieldChange<'_>) -> bool {
    change.after.as_deref() == Some(role.value.told(LicenseKey::as_str).as_str())
}
