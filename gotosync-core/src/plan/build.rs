//! From two readings to a plan: pure, synchronous, and the same bytes for the same input.

use std::sync::Arc;

use jiff::Timestamp;

use super::steps::{Draft, Drafting};
use super::{AccountBasis, Basis, Plan, RuleBasis, SourceBasis, Step, seats};
use crate::desired::desired;
use crate::diff::diff;
use crate::link::{Linked, Pairing, link};
use crate::model::{Account, Completeness, Note, NoteKind, Reading, ScopeError, Status};
use crate::rules::{Desires, Rules, desire};
use crate::state::{Link, Remembered};
use crate::target::TargetInfo;

/// Everything a plan is computed from, as values.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// What the source is called.
    pub source: &'a str,
    /// What it said.
    pub reading: &'a Reading,
    /// What the target is and can do.
    pub target: &'a TargetInfo,
    /// The account as it is.
    pub account: &'a Account,
    /// What is remembered of it.
    pub remembered: &'a Remembered,
    /// The moment that decides who has expired, and that the plan bears.
    pub now: Timestamp,
}

/// A plan with the account it leads to.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The account as the rules want it. Where a read was incomplete or seats are short, the plan stays behind it.
    pub desired: Account,
}

/// Makes the plan.
///
/// Nothing that takes away or overwrites is in it unless both reads were complete: see
/// [`Whole`](crate::model::Whole). The result depends on the inputs alone.
pub fn plan(inputs: &Inputs<'_>) -> Planned {
    let desires = desire(inputs.rules, &inputs.reading.directory, inputs.target.limits);
    let mut linked = link(&desires, inputs.account, inputs.remembered);
    let mut wanted = desired(&desires, &linked, inputs.account, inputs.now);
    let difference = diff(inputs.account, &wanted.account);

    let mut notes = reading_notes(inputs, &desires);
    notes.append(&mut linked.notes);
    notes.append(&mut wanted.notes);
    let drafts =
        Drafting { inputs, desires: &desires, linked: &linked, desired: &wanted }.drafts(&difference, &mut notes);
    let drafts = seats::settle(inputs, drafts, &mut notes);
    let links = links(inputs, &desires, &linked);
    let basis = basis(inputs, &desires, &linked);
    // Of a million people, what is done with goes before more comes.
    drop((difference, linked, desires));
    Planned { plan: Plan::new(basis, number(drafts), notes, links), desired: wanted.account }
}

/// Puts drafts into order and numbers them; stages become 1, 2, 3.
fn number(mut drafts: Vec<Draft>) -> Vec<Step> {
    drafts.sort_by(|a, b| (a.stage, a.action.kind(), a.order()).cmp(&(b.stage, b.action.kind(), b.order())));
    let mut steps = Vec::with_capacity(drafts.len());
    let (mut stage, mut last) = (0, None);
    for (number, draft) in (1..).zip(drafts) {
        if last.replace(draft.stage) != Some(draft.stage) {
            stage += 1;
        }
        let Draft { action, subject, person, rules, reasons, basis, .. } = draft;
        steps.push(Step { number, stage, action, subject, person, rules, reasons, basis });
    }
    steps
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
    notes.extend(desires.broken.iter().map(|broken| {
        let kind = match broken.error {
            ScopeError::Missing { .. } => NoteKind::ScopeMissing,
            ScopeError::Ambiguous { .. } => NoteKind::ScopeAmbiguous,
        };
        Note::new(kind, &*inputs.rules.list[broken.index].name, broken.error.to_string())
    }));
    notes
}

/// What is to be remembered of who is whom: links that are new, and those whose rules, e-mail or standing changed.
fn links(inputs: &Inputs<'_>, desires: &Desires<'_>, linked: &Linked<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    for ((desire, pairing), old) in desires.people.iter().zip(&linked.pairings).zip(&linked.links) {
        let Pairing::User(user, _) = pairing else { continue };
        let user = &inputs.account.users[*user as usize];
        let Some(key) = &user.key else { continue };
        // From an incomplete read too few rules may select somebody; the ones that are missing must not be forgotten.
        let rules = match old {
            Some(old) if !inputs.reading.completeness.is_complete() => &old.rules,
            _ => &desires.profile(desire).rules,
        };
        // Nothing is known of this person's rules while one cannot be evaluated: the next run must not think there is.
        if old.is_none() && !desires.broken.is_empty() {
            continue;
        }
        let person = &desires.directory.person(desire.person).id;
        let same = |old: &&Link| {
            old.person == *person
                && old.user == *key
                && old.rules == *rules
                && old.leaver_since.is_none()
                && (old.suspended.is_none() || user.status == Status::Suspended)
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
            // Somebody gave access back by hand: a later suspension by hand must not look like the engine's.
            suspended: old
                .filter(|old| old.user == *key && user.status == Status::Suspended)
                .and_then(|old| old.suspended),
            leaver_since: None,
        });
    }
    let whole = inputs.reading.completeness.is_complete();
    for leaver in linked.leavers.iter().filter(|leaver| whole && leaver.link.leaver_since.is_none()) {
        links.push(Link { leaver_since: Some(inputs.now), ..leaver.link.clone() });
    }
    links
}

/// How many users with access the rules reach.
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
    let with_access = |user: &&Arc<crate::model::User>| user.status != Status::Suspended;
    let administrators = account.users.iter().filter(with_access).filter(|user| user.role.is_administrator());
    let rules = inputs.rules.list.iter().enumerate().filter(|(_, rule)| rule.enabled);
    Basis {
        made_at: inputs.now,
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
