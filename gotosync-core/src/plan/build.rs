//! Builds a plan from two reads: pure, synchronous, and deterministic down to the byte.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::draft::Draft;
use super::steps::Drafting;
use super::{AccountBasis, Basis, Content, Inputs, Plan, Purpose, RuleBasis, SourceBasis, Step, aside};
use crate::desired::desired;
use crate::diff::diff;
use crate::link::{Linked, Pairing, link};
use crate::model::text::count;
use crate::model::{
    Account, Completeness, Effort, Email, Fingerprint, Link, Note, NoteKind, PersonId, Role, ScopeError, Status, User,
};
use crate::rules::{Desires, Mode, Trial, desire};
use crate::target::RoleAccess;

/// A plan with the desired account that it leads to.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The desired account. If a read was incomplete, seats are short, or people are set aside, the plan does not reach it
    /// completely.
    pub desired: Account,
    /// The effort of reading the directory, if it was read from a server.
    pub effort: Option<Effort>,
}

/// Makes the plan.
///
/// The plan contains steps that remove or overwrite something only if both reads were complete: see
/// [`Whole`](crate::model::Whole). The result depends only on the inputs.
pub fn plan(inputs: &Inputs<'_>) -> Planned {
    let Pass { basis, mut steps, mut notes, mut links, mut cleared, desired } = pass(inputs, Trial::Hold);
    let mut simulated = Vec::new();
    if inputs.rules.list.iter().any(|rule| rule.enabled && rule.is_simulated()) {
        let simulation = pass(inputs, Trial::Include);
        let live: HashSet<Fingerprint> = steps.iter().map(|step| step.action.fingerprint()).collect();
        let only_there = simulation.steps.into_iter().filter(|step| !live.contains(&step.action.fingerprint()));
        simulated = super::renumbered(only_there);
        // A problem with a simulated rule must not stop the other rules, so its notes become informational.
        let known: HashSet<&Note> = notes.iter().collect();
        let more: Vec<Note> = simulation.notes.into_iter().filter(|note| !known.contains(note)).collect();
        notes.extend(more.into_iter().map(|note| {
            let evidence = format!("{}: {}", note.kind.heading(), note.evidence);
            Note::new(NoteKind::Simulated, note.subject, evidence)
        }));
    }
    if inputs.rules.mode == Mode::Simulate {
        simulated = super::renumbered(steps.drain(..).chain(simulated));
        links.clear();
        cleared.clear();
    }
    if !simulated.is_empty() {
        let what = match inputs.rules.mode {
            Mode::Simulate => "the whole run",
            Mode::Apply => "simulated rules",
        };
        notes.push(Note::new(NoteKind::Simulated, what, count(simulated.len(), "step", "steps")));
    }
    Planned {
        plan: Plan::new(Content { basis, steps, simulated, notes, links, cleared }),
        desired,
        effort: inputs.reading.effort.clone(),
    }
}

/// The result of one pass through the stages.
struct Pass {
    basis: Basis,
    steps: Vec<Step>,
    notes: Vec<Note>,
    links: Vec<Link>,
    cleared: Vec<PersonId>,
    desired: Account,
}

fn pass(inputs: &Inputs<'_>, trial: Trial) -> Pass {
    let desires = desire(inputs.rules, &inputs.reading.directory, inputs.target.limits, trial);
    let mut linked = link(&desires, inputs.account, inputs.remembered);
    let mut wanted = desired(&desires, &linked, inputs.account, inputs.target, inputs.now);
    let difference = diff(inputs.account, &wanted.account);

    let mut notes = reading_notes(inputs, &desires);
    notes.extend(invitation_notes(inputs, &linked));
    notes.append(&mut linked.notes);
    notes.append(&mut wanted.notes);
    let drafts =
        Drafting { inputs, desires: &desires, linked: &linked, desired: &wanted }.drafts(&difference, &mut notes);
    let cleared = aside::cleared(inputs, &drafts);
    let drafts = aside::leave_out(inputs, drafts, &mut notes);
    let links = links(inputs, &desires, &linked);
    let basis = basis(inputs, &desires, &linked);
    let deleted = std::mem::take(&mut wanted.deleted);
    // Free memory before allocating more: there may be a million people.
    drop((difference, linked, desires));
    let reached = without_absent(wanted.account, inputs.account, &deleted);
    Pass { basis, steps: number(drafts), notes, links, cleared, desired: reached }
}

/// Returns the desired account without users to delete, and without users that must first move here from another account.
fn without_absent(mut account: Account, current: &Account, deleted: &BTreeSet<u32>) -> Account {
    if !deleted.is_empty() || !current.catalog.elsewhere.is_empty() {
        let elsewhere: HashSet<_> = current.catalog.elsewhere.iter().map(Email::key).collect();
        let mut at = 0;
        account.users.retain(|user| {
            at += 1;
            let elsewhere = user.key.is_none() && elsewhere.contains(&user.email.key());
            !(elsewhere || deleted.contains(&(at - 1)))
        });
    }
    account
}

/// Sorts drafts and numbers steps and stages consecutively from 1.
fn number(mut drafts: Vec<Draft>) -> Vec<Step> {
    drafts.sort_by(|a, b| (a.stage, a.action.kind(), a.order()).cmp(&(b.stage, b.action.kind(), b.order())));
    super::renumbered(drafts.into_iter().map(|draft| {
        let Draft { stage, action, subject, person, rules, reasons, basis, .. } = draft;
        Step { number: 0, stage, action, subject, person, rules, reasons, basis }
    }))
}

/// Returns notes about invitations: the number of users that have not signed in yet, and each expired invitation.
fn invitation_notes(inputs: &Inputs<'_>, linked: &Linked<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut pending = 0;
    for pairing in &linked.pairings {
        let Pairing::User(user, _) = pairing else { continue };
        let user = &inputs.account.users[*user as usize];
        if user.status != Status::Invited {
            continue;
        }
        let Some(invitation) = user.invitation else { continue };
        if invitation.expired {
            let sent = count(invitation.sent as usize, "invitation was sent", "invitations were sent");
            notes.push(Note::new(NoteKind::InvitationExpired, user.email.as_str(), sent));
        } else {
            pending += 1;
        }
    }
    if pending > 0 {
        notes.push(Note::new(NoteKind::InvitationPending, "the account", count(pending, "user", "users")));
    }
    notes
}

fn reading_notes(inputs: &Inputs<'_>, desires: &Desires<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    let sides = [
        (NoteKind::SourceIncomplete, "directory", &inputs.reading.completeness),
        (NoteKind::AccountIncomplete, "account", &inputs.account.completeness),
    ];
    for (kind, side, completeness) in sides {
        if let Completeness::Incomplete(gaps) = completeness {
            notes.extend(gaps.iter().map(|gap| Note::new(kind, side, format!("{}: {}", gap.place, gap.problem))));
        }
    }
    notes.extend(inputs.reading.remarks.iter().map(|remark| Note::new(NoteKind::Remark, "directory", remark)));
    notes.extend(inputs.target.remarks.iter().cloned());
    if let Some(rewrite) = &inputs.rules.rewrite {
        let evidence = format!("ann@example.test becomes {rewrite}");
        notes.push(Note::new(NoteKind::Rewritten, "rewrite_email", evidence));
    }
    let counts = |at: usize| desires.trial == Trial::Include || !inputs.rules.list[at].is_simulated();
    notes.extend(desires.broken.iter().filter(|broken| counts(broken.index)).map(|broken| {
        let kind = match broken.error {
            ScopeError::Missing { .. } => NoteKind::ScopeMissing,
            ScopeError::Ambiguous { .. } => NoteKind::ScopeAmbiguous,
        };
        Note::new(kind, &*inputs.rules.list[broken.index].name, broken.error.to_string())
    }));
    notes
}

/// Returns the links to store: new ones, and those whose rules, e-mail, or state changed.
fn links(inputs: &Inputs<'_>, desires: &Desires<'_>, linked: &Linked<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    for ((desire, pairing), old) in desires.people.iter().zip(&linked.pairings).zip(&linked.links) {
        let Pairing::User(user, _) = pairing else { continue };
        let user = &inputs.account.users[*user as usize];
        let Some(key) = &user.key else { continue };
        // A person selected only by simulated rules must not become a leaver when the simulation ends.
        if !desires.profile(desire).live {
            continue;
        }
        // After an incomplete read, some rules may fail to select the person: keep the stored list of rules.
        let rules = match old {
            Some(old) if !inputs.reading.completeness.is_complete() => &old.rules,
            _ => &desires.profile(desire).rules,
        };
        // While a rule cannot be evaluated, the list of this person's rules may be incomplete, so do not store it.
        if old.is_none() && !desires.broken.is_empty() {
            continue;
        }
        let person = &desires.directory.person(desire.person).id;
        let role = old.filter(|old| old.user == *key).and_then(|old| still_given(inputs, old, user));
        let same = |old: &&Link| {
            old.person == *person
                && old.user == *key
                && old.rules == *rules
                && old.leaver_since.is_none()
                && old.absences == 0
                && (old.suspended.is_none() || user.status == Status::Suspended)
                && old.role.as_ref() == role
                && old.email.as_str() == user.email.as_str()
        };
        if old.as_ref().is_some_and(same) {
            continue;
        }
        links.push(Link {
            person: person.clone(),
            user: key.clone(),
            email: user.email.clone(),
            rules: Arc::clone(rules),
            // If an admin restored the access, a later suspension by an admin must not look like one by gotosync.
            suspended: old
                .filter(|old| old.user == *key && user.status == Status::Suspended)
                .and_then(|old| old.suspended),
            leaver_since: None,
            absences: 0,
            role: role.cloned(),
            had: old.filter(|old| old.user == *key && user.status == Status::Suspended).and_then(|old| old.had.clone()),
        });
    }
    let whole = inputs.reading.completeness.is_complete();
    for leaver in linked.leavers.iter().filter(|_| whole) {
        let old = leaver.link;
        // Count absences only as far as deletion depends on them: otherwise every read would rewrite every leaver.
        let counted = inputs.rules.leavers_of(&old.rules).delete.is_some_and(|after| old.absences < after.reads);
        // If an admin restored the access, a later suspension by an admin must not look like one by gotosync.
        let user = &inputs.account.users[leaver.user as usize];
        let regained = old.suspended.is_some() && user.status != Status::Suspended;
        let role = still_given(inputs, old, user);
        if old.leaver_since.is_none() || counted || regained || old.role.as_ref() != role {
            let (suspended, had) = if regained { (None, None) } else { (old.suspended, old.had.clone()) };
            links.push(Link {
                leaver_since: old.leaver_since.or(Some(inputs.now)),
                absences: old.absences + u32::from(counted),
                role: role.cloned(),
                suspended,
                had,
                ..old.clone()
            });
        }
    }
    links
}

/// Returns the role that a rule gave, if the user still has it: a role that an admin gives later must not be taken away by a
/// rule. The stored role is also kept while gotosync has suspended the user, and if the signed-in user cannot read roles.
fn still_given<'l>(inputs: &Inputs<'_>, link: &'l Link, user: &User) -> Option<&'l Role> {
    let capabilities = &inputs.target.capabilities;
    let visible = capabilities.roles == RoleAccess::Full && capabilities.visibility.is_certain();
    let away = user.status == Status::Suspended && link.suspended.is_some();
    link.role.as_ref().filter(|role| away || !visible || **role == user.role)
}

/// Returns the number of users with access that the rules manage.
fn managed(inputs: &Inputs<'_>, linked: &Linked<'_>) -> usize {
    let selected = linked.pairings.iter().filter_map(|pairing| match pairing {
        Pairing::User(user, _) => Some(*user),
        Pairing::New | Pairing::Aside => None,
    });
    let all = selected.chain(linked.leavers.iter().map(|leaver| leaver.user));
    all.filter(|user| inputs.account.users[*user as usize].status != Status::Suspended).count()
}

fn basis(inputs: &Inputs<'_>, desires: &Desires<'_>, linked: &Linked<'_>) -> Basis {
    let account = inputs.account;
    let with_access = |user: &&Arc<User>| user.status != Status::Suspended;
    let administrators = account.users.iter().filter(with_access).filter(|user| user.role.is_administrator());
    let rules = inputs.rules.list.iter().enumerate().filter(|(_, rule)| rule.enabled);
    Basis {
        made_at: inputs.now,
        purpose: match inputs.rules.mode {
            Mode::Apply => Purpose::Sync,
            Mode::Simulate => Purpose::Simulation,
        },
        source: SourceBasis {
            name: inputs.source.to_owned(),
            people: desires.directory.people().len(),
            selected: desires.people.len(),
            completeness: inputs.reading.completeness.clone(),
        },
        account: AccountBasis {
            target: inputs.target.name.clone(),
            key: account.key.clone(),
            name: account.name.clone(),
            users: account.users.len(),
            with_access: account.users.iter().filter(with_access).count(),
            managed: managed(inputs, linked),
            user_limit: inputs.target.limits.users,
            licenses: account.licenses.clone(),
            administrators: administrators.filter_map(|user| user.key.clone()).collect(),
            login: inputs.target.login.clone().or_else(|| account.login.clone()),
            actions: inputs.target.capabilities.actions.iter().copied().collect(),
            lacks: inputs.target.capabilities.lacks(),
            completeness: account.completeness.clone(),
        },
        rules: rules
            .map(|(index, rule)| RuleBasis {
                name: Arc::clone(&rule.name),
                people: (!desires.broken.iter().any(|broken| broken.index == index))
                    .then_some(desires.populations[index]),
                before: inputs.remembered.populations.get(&*rule.name).copied(),
            })
            .collect(),
        rules_fingerprint: inputs.rules.fingerprint.clone(),
    }
}
