//! Turns differences into drafts of steps with their reasons.

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;

use super::draft::{CHANGE, Draft, FREE, GROUPS, MAKE};
use super::{Inputs, Reason, fingerprint};
use crate::desired::{Desired, Offer, Origin};
use crate::diff::{AccountDiff, UserDiff};
use crate::link::Linked;
use crate::model::{
    Action, Change, Creation, Deletion, Field, Fingerprint, Link, Note, NoteKind, Person, PersonId, Release, Role,
    SetChange, Status, Suspension, Update, User, UserChanges, UserGroupPath, WelcomeTemplate, Whole,
};
use crate::rules::{Desires, Profile};

mod reasons;

use reasons::Explain;

pub(super) struct Drafting<'p, 'd> {
    pub(super) inputs: &'p Inputs<'p>,
    pub(super) desires: &'p Desires<'d>,
    pub(super) linked: &'p Linked<'p>,
    pub(super) desired: &'p Desired,
}

/// The person and the rules behind the changes to one user.
struct Provenance<'p, 'd> {
    person: Option<PersonId>,
    rules: Arc<[Arc<str>]>,
    priority: usize,
    why: Why<'p, 'd>,
    /// Evidence that both reads were complete, as far as this user is concerned.
    whole: Option<Whole<'p>>,
}

enum Why<'p, 'd> {
    Selected { profile: &'p Profile<'d>, offer: &'p Offer, person: &'p Person },
    Leaver(&'p Link),
}

impl<'p, 'd> Drafting<'p, 'd> {
    pub(super) fn drafts(&self, difference: &AccountDiff, notes: &mut Vec<Note>) -> Vec<Draft> {
        let mut drafts = Vec::with_capacity(difference.changed.len() + difference.added.len());
        drafts.extend(difference.groups_added.iter().map(|path| self.group(path)));
        drafts.extend(self.inputs.rules.welcome_emails.iter().filter_map(|template| self.template(template, notes)));
        for change in &difference.changed {
            if let Some(provenance) = self.provenance(change.index) {
                change_user(self, change, &provenance, &mut drafts, notes);
            }
        }
        for user in &self.desired.deleted {
            let draft = self.provenance(*user as usize).and_then(|provenance| delete(self, *user, &provenance));
            if draft.is_none() {
                let subject = self.inputs.account.users[*user as usize].email.as_str();
                notes.push(self.withheld(subject, &[Field::Access]));
            }
            drafts.extend(draft);
        }
        let first_new = self.inputs.account.users.len();
        let new = self.desired.account.users.par_iter().enumerate().skip(first_new).with_min_len(256);
        drafts.par_extend(new.clone().filter_map(|(at, user)| Some(create(user, &self.provenance(at)?, self.inputs))));
        // Giving a role requires complete reads; see `user_changes`.
        let unproven = new.filter(|(at, user)| {
            !user.role.is_member() && self.provenance(*at).is_some_and(|provenance| provenance.whole.is_none())
        });
        let subjects: Vec<_> = unproven.map(|(_, user)| user.email.to_string()).collect();
        notes.extend(subjects.into_iter().map(|subject| self.withheld(subject, &[Field::Role])));
        drafts
    }

    fn group(&self, path: &UserGroupPath) -> Draft {
        let giver = self.inputs.rules.list.iter().enumerate().find(|(_, rule)| rule.makes_group(path));
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
                part: None,
                because: Cow::Borrowed("create_user_group is set, and the account has no such group"),
                before: None,
                after: Some(path.as_str().into()),
            }],
            basis: None,
        }
    }

    /// Returns the step that creates or changes a welcome e-mail template, if the account's template differs.
    fn template(&self, wanted: &WelcomeTemplate, notes: &mut Vec<Note>) -> Option<Draft> {
        let before = self.inputs.account.catalog.welcome_email(&wanted.name);
        let template = match (before, Whole::of(self.inputs.reading, self.inputs.account)) {
            (Some(before), _) if before == wanted => return None,
            (None, _) => Change::fill(wanted.clone()),
            (Some(before), Some(whole)) => Change::replace(whole, before.clone(), Some(wanted.clone())),
            (Some(_), None) => {
                let evidence = "the text would change, but the directory or account was not read completely";
                notes.push(Note::new(NoteKind::Withheld, format!("welcome e-mail {}", wanted.name), evidence));
                return None;
            }
        };
        let because = match before {
            Some(_) => "the text in the rules is different",
            None => "the account has no such template",
        };
        let renamed = before.is_none_or(|before| before.subject != wanted.subject);
        Some(Draft {
            stage: GROUPS,
            order: None,
            priority: 0,
            action: Action::WriteTemplate { template },
            subject: wanted.name.as_str().into(),
            person: None,
            rules: Arc::default(),
            reasons: vec![Reason {
                rule: None,
                field: Field::WelcomeEmail,
                part: None,
                because: Cow::Borrowed(because),
                before: before.filter(|_| renamed).map(|template| template.subject.as_str().into()),
                after: renamed.then(|| wanted.subject.as_str().into()),
            }],
            basis: None,
        })
    }

    fn withheld(&self, subject: impl Into<String>, fields: &[Field]) -> Note {
        let fields: Vec<_> = fields.iter().map(|field| field.as_str()).collect();
        let read = (self.inputs.reading.completeness.is_complete(), self.inputs.account.completeness.is_complete());
        let why = match read {
            (true, true) => "a rule cannot be evaluated",
            (false, true) => "the directory was not read completely",
            (true, false) => "the account was not read completely",
            (false, false) => "neither the directory nor the account was read completely",
        };
        Note::new(NoteKind::Withheld, subject, format!("{} would change, but {why}", fields.join(", ")))
    }

    fn provenance(&self, user: usize) -> Option<Provenance<'p, 'd>> {
        let whole = Whole::of(self.inputs.reading, self.inputs.account);
        match self.desired.origins[user] {
            Origin::Nobody => None,
            Origin::Desire(at) => {
                let desire = &self.desires.people[at as usize];
                let person = self.desires.directory.person(desire.person);
                let profile = self.desires.profile(desire);
                // A person without a link, or no longer selected by one of the stored rules, may belong to a rule that cannot be
                // evaluated: only add.
                let stayed = |link: &Link| link.rules.iter().all(|rule| profile.rules.contains(rule));
                let known = self.desires.broken.is_empty() || self.linked.links[at as usize].is_some_and(stayed);
                Some(Provenance {
                    person: Some(person.id.clone()),
                    rules: Arc::clone(&profile.rules),
                    priority: profile.indexes.first().copied().unwrap_or(usize::MAX),
                    why: Why::Selected { profile, offer: &self.desired.offers[desire.profile as usize], person },
                    whole: whole.filter(|_| known),
                })
            }
            Origin::Leaver(at) => {
                let link = self.linked.leavers[at as usize].link;
                Some(Provenance {
                    person: Some(link.person.clone()),
                    rules: Arc::clone(&link.rules),
                    priority: usize::MAX,
                    why: Why::Leaver(link),
                    whole,
                })
            }
        }
    }
}

impl Provenance<'_, '_> {
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

fn create(user: &Arc<User>, provenance: &Provenance<'_, '_>, inputs: &Inputs<'_>) -> Draft {
    let Why::Selected { profile, .. } = provenance.why else { unreachable!("only selected people become new users") };
    let creator = profile.indexes.iter().map(|index| &inputs.rules.list[*index]).find(|rule| rule.create);
    let reason = Reason {
        rule: creator.map(|rule| Arc::clone(&rule.name)),
        field: Field::Access,
        part: None,
        because: Cow::Borrowed("a rule selects the person, and the account has no user for them"),
        before: None,
        after: None,
    };
    let mut user = Arc::clone(user);
    if provenance.whole.is_none() && !user.role.is_member() {
        let user = Arc::make_mut(&mut user);
        user.role = Role::Member;
        user.status = if user.is_bare() { Status::Suspended } else { user.status };
    }
    let user = &user;
    let action = Action::Create(Creation {
        user: Arc::clone(user),
        welcome: profile.welcome.value.clone(),
        voicemail: profile.voicemail_for(user.settings().extension.as_deref(), false),
    });
    provenance.draft(MAKE, action, user, vec![reason], None)
}

/// Returns the step that deletes a leaver, but only with evidence that both reads were complete.
fn delete(drafting: &Drafting<'_, '_>, user: u32, provenance: &Provenance<'_, '_>) -> Option<Draft> {
    let before = &drafting.inputs.account.users[user as usize];
    let action = Action::Delete(Deletion::new(provenance.whole?, before.key.clone()?, before.email.clone()));
    let why = Explain { drafting, before, provenance };
    Some(provenance.draft(FREE, action, before, vec![why.deletion()], Some(fingerprint(before))))
}

fn change_user(
    drafting: &Drafting<'_, '_>,
    change: &UserDiff,
    provenance: &Provenance<'_, '_>,
    drafts: &mut Vec<Draft>,
    notes: &mut Vec<Note>,
) {
    let (before, after) = (&*change.before, &*change.after);
    let Some(key) = before.key.clone() else { return };
    let (mut changes, mut withheld) = UserChanges::between(before, after, provenance.whole);
    let suspended = after.status == Status::Suspended && before.status != Status::Suspended;
    let why = Explain { drafting, before, provenance };

    let mut basis = Some(fingerprint(before));
    match provenance.whole {
        None if suspended => {
            changes.licenses = SetChange::default();
            withheld.retain(|field| !matches!(field, Field::Role | Field::Products));
            withheld.push(Field::Access);
        }
        Some(whole) if suspended => {
            changes.licenses = SetChange::default();
            changes.role = None;
            let action =
                Action::Suspend(Suspension::new(whole, key.clone(), before.licenses.clone(), before.role.clone()));
            drafts.push(provenance.draft(FREE, action, before, why.access(), basis.take()));
        }
        Some(whole) if changes.licenses.added().is_empty() && !changes.licenses.removed().is_empty() => {
            let gone = std::mem::take(&mut changes.licenses).removed().to_vec();
            let reasons = why.licenses(&[], &gone);
            let action = Action::Release(Release::new(whole, key.clone(), gone));
            drafts.push(provenance.draft(FREE, action, before, reasons, basis.take()));
        }
        None | Some(_) => {}
    }
    if let (Why::Selected { profile, .. }, Some(settings)) = (&provenance.why, &mut changes.settings) {
        let extension = settings.extension.as_ref().and_then(|change| change.after());
        settings.voicemail = profile.voicemail_for(extension.map(|extension| &**extension), true);
    }
    if !changes.is_empty() {
        let mut reasons = why.fields(&changes);
        reasons.extend(why.licenses(changes.licenses.added(), changes.licenses.removed()));
        let access = !changes.licenses.added().is_empty() || changes.role.is_some();
        let back = before.status == Status::Suspended && after.status != Status::Suspended && access;
        let update = Update { user: key, changes };
        let action = if back { Action::Reactivate(update) } else { Action::Update(update) };
        let others = drafting.desired.after_others.get(&(change.index as u32)).copied().unwrap_or(0);
        drafts.push(provenance.draft(CHANGE + others, action, before, reasons, basis));
    }
    if !withheld.is_empty() {
        notes.push(drafting.withheld(before.email.as_str(), &withheld));
    }
}
