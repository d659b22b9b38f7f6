//! From differences to drafts of steps, each with its reasons.

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;

use super::{Inputs, Reason, fingerprint};
use crate::desired::{Desired, Origin};
use crate::diff::{AccountDiff, UserDiff};
use crate::link::Linked;
use crate::model::{
    Action, Change, Creation, Field, Fingerprint, LicenseChange, LicenseKey, Note, NoteKind, Person, PersonId, Release,
    Status, Suspension, Update, User, UserChanges, UserGroupPath, UserKey, Whole,
};
use crate::rules::{Desires, Profile};
use crate::state::Link;

/// A step that has no number yet.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Where it comes in the plan: `FREE`, then `GROUPS` and one more for each level, then `CHANGE` and one more
    /// for each user who has to leave an address first, then `MAKE`.
    pub(super) stage: u32,
    /// The key by which steps of one stage and kind are ordered; `None` where it is the subject.
    order: Option<Box<str>>,
    /// The highest rule behind it, by place in the list: who is first to get a seat.
    pub(super) priority: usize,
    pub(super) action: Action,
    pub(super) subject: Box<str>,
    pub(super) person: Option<PersonId>,
    pub(super) rules: Arc<[Arc<str>]>,
    pub(super) reasons: Vec<Reason>,
    pub(super) basis: Option<Fingerprint>,
}

pub(super) const FREE: u32 = 0;
pub(super) const GROUPS: u32 = 1;
pub(super) const CHANGE: u32 = 1_000;
pub(super) const MAKE: u32 = u32::MAX;

impl Draft {
    /// The key by which steps of one stage and kind are ordered.
    pub(super) fn order(&self) -> &str {
        self.order.as_deref().unwrap_or(&self.subject)
    }
}

pub(super) struct Drafting<'p, 'd> {
    pub(super) inputs: &'p Inputs<'p>,
    pub(super) desires: &'p Desires<'d>,
    pub(super) linked: &'p Linked<'p>,
    pub(super) desired: &'p Desired,
}

/// Who is behind the changes of one user.
struct Behind<'p, 'd> {
    person: Option<PersonId>,
    rules: Arc<[Arc<str>]>,
    priority: usize,
    why: Why<'p, 'd>,
    /// Evidence that both sides were read whole, as far as this user is concerned.
    whole: Option<Whole<'p>>,
}

enum Why<'p, 'd> {
    Selected { profile: &'p Profile<'d>, grants: &'p [crate::desired::Granted], person: &'p Person },
    Leaver,
}

impl<'p, 'd> Drafting<'p, 'd> {
    pub(super) fn drafts(&self, difference: &AccountDiff, notes: &mut Vec<Note>) -> Vec<Draft> {
        let mut drafts = Vec::with_capacity(difference.changed.len() + difference.added.len());
        drafts.extend(difference.groups_added.iter().map(|path| self.group(path)));
        for change in &difference.changed {
            if let Some(behind) = self.behind(change.index) {
                change_user(self, change, &behind, &mut drafts, notes);
            }
        }
        let first_new = self.inputs.account.users.len();
        let new = self.desired.account.users.par_iter().enumerate().skip(first_new).with_min_len(256);
        drafts.par_extend(new.filter_map(|(at, user)| Some(create(user, &self.behind(at)?, self.inputs))));
        drafts
    }

    fn group(&self, path: &UserGroupPath) -> Draft {
        let giver = self.inputs.rules.list.iter().enumerate().find(|(_, rule)| {
            rule.enabled
                && rule.gives.create_user_group
                && rule.gives.user_group.as_ref().is_some_and(|own| {
                    own == path || own.as_str().strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'))
                })
        });
        Draft {
            stage: GROUPS + path.depth() as u32,
            order: None,
            priority: giver.map_or(0, |(index, _)| index),
            action: Action::CreateGroup { path: path.clone() },
            subject: path.as_str().into(),
            person: None,
            rules: giver.map(|(_, rule)| Arc::clone(&rule.name)).into_iter().collect(),
            reasons: vec![Reason {
                rule: giver.map(|(_, rule)| Arc::clone(&rule.name)),
                field: Field::UserGroup,
                because: Cow::Borrowed("create_user_group, and the account has no such group"),
                before: None,
                after: Some(path.as_str().into()),
            }],
            basis: None,
        }
    }

    fn behind(&self, user: usize) -> Option<Behind<'p, 'd>> {
        let whole = Whole::of(self.inputs.reading, self.inputs.account);
        match self.desired.origins[user] {
            Origin::Nobody => None,
            Origin::Desire(at) => {
                let desire = &self.desires.people[at as usize];
                let person = self.desires.directory.person(desire.person);
                let profile = self.desires.profile(desire);
                // Somebody nothing is remembered of, or who has left a rule, may belong to one that cannot be evaluated:
                // only add.
                let stayed = |link: &Link| link.rules.iter().all(|rule| profile.rules.contains(rule));
                let known = self.desires.broken.is_empty() || self.linked.links[at as usize].is_some_and(stayed);
                Some(Behind {
                    person: Some(person.id.clone()),
                    rules: Arc::clone(&profile.rules),
                    priority: profile.indexes.first().copied().unwrap_or(usize::MAX),
                    why: Why::Selected { profile, grants: &self.desired.grants[desire.profile as usize], person },
                    whole: whole.filter(|_| known),
                })
            }
            Origin::Leaver(at) => {
                let link = self.linked.leavers[at as usize].link;
                Some(Behind {
                    person: Some(link.person.clone()),
                    rules: Arc::clone(&link.rules),
                    priority: usize::MAX,
                    why: Why::Leaver,
                    whole,
                })
            }
        }
    }
}

impl Behind<'_, '_> {
    fn draft(
        &self,
        stage: u32,
        action: Action,
        user: &User,
        reasons: Vec<Reason>,
        basis: Option<Fingerprint>,
    ) -> Draft {
        Draft {
            stage,
            order: (user.email.key() != user.email.as_str()).then(|| user.email.key().into()),
            priority: self.priority,
            action,
            subject: user.email.as_str().into(),
            person: self.person.clone(),
            rules: Arc::clone(&self.rules),
            reasons,
            basis,
        }
    }
}

fn create(user: &Arc<User>, behind: &Behind<'_, '_>, inputs: &Inputs<'_>) -> Draft {
    let Why::Selected { profile, .. } = behind.why else { unreachable!("only selected people become new users") };
    let creator = profile.indexes.iter().map(|index| &inputs.rules.list[*index]).find(|rule| rule.create);
    let reason = Reason {
        rule: creator.map(|rule| Arc::clone(&rule.name)),
        field: Field::Access,
        because: Cow::Borrowed("selected, and the account has no such user"),
        before: None,
        after: None,
    };
    let action = Action::Create(Creation { user: Arc::clone(user), welcome: profile.welcome.clone() });
    behind.draft(MAKE, action, user, vec![reason], None)
}

fn change_user(
    drafting: &Drafting<'_, '_>,
    change: &UserDiff,
    behind: &Behind<'_, '_>,
    drafts: &mut Vec<Draft>,
    notes: &mut Vec<Note>,
) {
    let (before, after) = (&*change.before, &*change.after);
    let Some(key) = before.key.clone() else { return };
    let (mut changes, mut withheld) = field_changes(before, after, behind.whole);
    let add: Vec<LicenseKey> = after.licenses.iter().filter(|own| !before.licenses.contains(own)).cloned().collect();
    let remove: Vec<LicenseKey> = before.licenses.iter().filter(|own| !after.licenses.contains(own)).cloned().collect();
    let suspended = after.status == Status::Suspended && before.status != Status::Suspended;
    let why = Explain { drafting, before, behind };

    let mut basis = Some(fingerprint(before));
    match behind.whole {
        None if suspended => withheld.push(Field::Access),
        None => {
            changes.licenses = LicenseChange::adding(add);
            if !remove.is_empty() {
                withheld.push(Field::Products);
            }
        }
        Some(whole) if suspended => {
            let action =
                Action::Suspend(Suspension::new(whole, key.clone(), before.licenses.clone(), before.role.clone()));
            drafts.push(behind.draft(FREE, action, before, why.access(), basis.take()));
        }
        Some(whole) if add.is_empty() && !remove.is_empty() => {
            let reasons = why.licenses(&[], &remove);
            let action = Action::Release(Release::new(whole, key.clone(), remove));
            drafts.push(behind.draft(FREE, action, before, reasons, basis.take()));
        }
        Some(whole) => changes.licenses = LicenseChange::adding(add).removing(whole, remove),
    }
    if !changes.is_empty() {
        let mut reasons = why.fields(&changes);
        reasons.extend(why.licenses(changes.licenses.added(), changes.licenses.removed()));
        let back = before.status == Status::Suspended && !changes.licenses.added().is_empty();
        let update = Update { user: key, changes };
        let action = if back { Action::Reactivate(update) } else { Action::Update(update) };
        let others = drafting.desired.after_others.get(&(change.index as u32)).copied().unwrap_or(0);
        drafts.push(behind.draft(CHANGE + others, action, before, reasons, basis));
    }
    if !withheld.is_empty() {
        let fields: Vec<_> = withheld.iter().map(|field| field.as_str()).collect();
        let complete = Whole::of(drafting.inputs.reading, drafting.inputs.account).is_some();
        let why = if complete { "a rule cannot be evaluated" } else { "a read was not complete" };
        let evidence = format!("{} would change, but {why}", fields.join(", "));
        notes.push(Note::new(NoteKind::Withheld, before.email.as_str(), evidence));
    }
}

/// The changes of single-valued fields, and those that would overwrite something without evidence that it may.
fn field_changes(before: &User, after: &User, whole: Option<Whole<'_>>) -> (UserChanges, Vec<Field>) {
    struct Fields<'w> {
        whole: Option<Whole<'w>>,
        withheld: Vec<Field>,
    }
    impl Fields<'_> {
        fn change<T: Clone + PartialEq>(
            &mut self,
            field: Field,
            before: Option<&T>,
            after: Option<&T>,
        ) -> Option<Change<T>> {
            match (before, after, self.whole) {
                (before, after, _) if before == after => None,
                (None, Some(after), _) => Some(Change::fill(after.clone())),
                (Some(before), after, Some(whole)) => Some(Change::replace(whole, before.clone(), after.cloned())),
                _ => {
                    self.withheld.push(field);
                    None
                }
            }
        }
    }
    fn filled(text: &str) -> Option<Box<str>> {
        (!text.is_empty()).then(|| text.into())
    }
    let mut fields = Fields { whole, withheld: Vec::new() };
    let changes = UserChanges {
        email: fields.change(Field::Email, Some(&before.email), Some(&after.email)),
        first_name: fields.change(
            Field::FirstName,
            filled(&before.first_name).as_ref(),
            filled(&after.first_name).as_ref(),
        ),
        last_name: fields.change(
            Field::LastName,
            filled(&before.last_name).as_ref(),
            filled(&after.last_name).as_ref(),
        ),
        language: fields.change(Field::Language, before.language.as_ref(), after.language.as_ref()),
        group: fields.change(Field::UserGroup, before.group.as_ref(), after.group.as_ref()),
        licenses: LicenseChange::default(),
    };
    (changes, fields.withheld)
}

/// Puts reasons into words.
struct Explain<'e, 'p, 'd> {
    drafting: &'e Drafting<'p, 'd>,
    before: &'e User,
    behind: &'e Behind<'p, 'd>,
}

impl Explain<'_, '_, '_> {
    fn rule(&self, index: Option<usize>) -> Option<Arc<str>> {
        index.map(|index| Arc::clone(&self.drafting.inputs.rules.list[index].name))
    }

    /// The highest rule that changes users.
    fn updating(&self) -> Option<usize> {
        let Why::Selected { profile, .. } = self.behind.why else { return None };
        profile.indexes.iter().copied().find(|index| self.drafting.inputs.rules.list[*index].update)
    }

    fn left(&self) -> Cow<'static, str> {
        Cow::Owned(match self.behind.rules.first() {
            Some(rule) => format!("no rule selects this person any more; the last was `{rule}`"),
            None => "no rule selects this person any more".to_owned(),
        })
    }

    fn access(&self) -> Vec<Reason> {
        let (rule, because) = match self.behind.why {
            Why::Leaver => (None, self.left()),
            Why::Selected { person, .. } => (
                self.rule(self.updating()),
                match person.expires {
                    _ if person.disabled => Cow::Borrowed("disabled in the directory"),
                    Some(end) if end <= self.drafting.inputs.now => {
                        Cow::Owned(format!("the directory account expired on {}", end.strftime("%Y-%m-%d")))
                    }
                    _ => Cow::Borrowed("no rule gives this person a product any more"),
                },
            ),
        };
        let status = self.before.status.as_str();
        let held = &self.before.role;
        let before = if held.is_member() { status.into() } else { format!("{status}, {held}").into() };
        let after = Some(Status::Suspended.as_str().into());
        let mut reasons = vec![Reason { rule, field: Field::Access, because, before: Some(before), after }];
        reasons.extend(self.before.licenses.iter().map(|license| Reason {
            rule: None,
            field: Field::Products,
            because: Cow::Borrowed("goes with the access"),
            before: Some(self.drafting.inputs.account.license_name(license).into()),
            after: None,
        }));
        reasons
    }

    fn fields(&self, changes: &UserChanges) -> Vec<Reason> {
        let Why::Selected { profile, .. } = self.behind.why else { return Vec::new() };
        let reason = |(field, before, after): (Field, Option<&str>, Option<&str>)| {
            let (rule, because) = match (field, profile.source(field), profile.group) {
                (Field::UserGroup, _, Some(group)) => (Some(group.rule), Cow::Borrowed("user_group")),
                (_, Some(source), _) => {
                    (source.rule.or_else(|| self.updating()), Cow::Owned(source.text(field).to_owned()))
                }
                _ => (None, Cow::Borrowed("")),
            };
            Reason {
                rule: self.rule(rule),
                field,
                because,
                before: before.map(Into::into),
                after: after.map(Into::into),
            }
        };
        changes.fields().map(reason).collect()
    }

    fn licenses(&self, added: &[LicenseKey], removed: &[LicenseKey]) -> Vec<Reason> {
        let name = |license: &LicenseKey| Some(self.drafting.inputs.account.license_name(license).into());
        let given = added.iter().map(|license| {
            let rule = match self.behind.why {
                Why::Selected { grants, .. } => {
                    grants.iter().find(|grant| grant.license == *license).map(|grant| grant.rule)
                }
                Why::Leaver => None,
            };
            let because = Cow::Borrowed("products");
            Reason { rule: self.rule(rule), field: Field::Products, because, before: None, after: name(license) }
        });
        let taken = removed.iter().map(|license| {
            let because = match self.behind.why {
                Why::Selected { .. } => Cow::Borrowed("no rule gives it to this person any more"),
                Why::Leaver => self.left(),
            };
            Reason { rule: None, field: Field::Products, because, before: name(license), after: None }
        });
        given.chain(taken).collect()
    }
}

/// Takes licences out of a draft that frees them only late, and gives a step that frees them first.
pub(super) fn free_first(draft: &mut Draft, whole: Whole<'_>) -> Option<Draft> {
    let (Action::Update(update) | Action::Reactivate(update)) = &mut draft.action else { return None };
    let licenses = std::mem::take(&mut update.changes.licenses);
    let user: UserKey = update.user.clone();
    update.changes.licenses = LicenseChange::adding(licenses.added().to_vec());
    let (taken, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut draft.reasons)
        .into_iter()
        .partition(|reason| reason.field == Field::Products && reason.after.is_none());
    draft.reasons = kept;
    Some(Draft {
        stage: FREE,
        action: Action::Release(Release::new(whole, user, licenses.removed().to_vec())),
        reasons: taken,
        basis: draft.basis.take(),
        ..draft.clone()
    })
}
