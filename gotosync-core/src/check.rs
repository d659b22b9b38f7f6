//! A linter for plans: all or nothing, before the first write.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::text::count;
use crate::model::{Action, Note, NoteKind, PlanId, Role, Severity, UserKey};
use crate::plan::{Plan, RuleBasis, Step};
use crate::rules::{Amount, Limits, Rules};
use crate::{Error, ErrorKind, Result};

/// What the check of a plan found, with what planning found.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Every note, the gravest first.
    pub notes: Vec<Note>,
    plan: Plan,
    approved: bool,
}

/// Checks a plan against limits and against what no limit allows.
///
/// The limits are those of the rules as they are now; everything else is in the plan itself, so a plan that was made
/// elsewhere or earlier is checked just the same. `approval` is the id of the plan that an admin has looked at: it lifts
/// notes of [`Severity::Hold`] for that very plan and no other.
pub fn check(plan: &Plan, rules: &Rules, approval: Option<&PlanId>) -> Verdict {
    let mut notes = plan.notes().to_vec();
    let checks: [fn(&Plan, &Rules) -> Vec<Note>; 8] = [
        other_rules,
        run_limits,
        rule_limits,
        deletions,
        shrunken_scopes,
        short_seats,
        lost_administrators,
        unsupported,
    ];
    notes.extend(checks.iter().flat_map(|check| check(plan, rules)));
    notes.sort_by(|a, b| b.severity().cmp(&a.severity()).then_with(|| a.cmp(b)));
    notes.dedup();
    Verdict { notes, plan: plan.clone(), approved: approval.is_some_and(|id| id == plan.id()) }
}

impl Verdict {
    /// Notes that stand against the first write.
    pub fn stops(&self) -> impl Iterator<Item = &Note> {
        let from = if self.approved { Severity::Stop } else { Severity::Hold };
        self.notes.iter().filter(move |note| note.severity() >= from)
    }

    /// Says whether the plan may be applied.
    pub fn passes(&self) -> bool {
        self.stops().next().is_none()
    }

    /// Says whether notes stand against the first write that an approval of this very plan lifts.
    pub fn approved(&self) -> bool {
        self.approved && self.passes() && self.notes.iter().any(|note| note.severity() >= Severity::Hold)
    }

    /// Says whether everything that stands against the first write can be approved.
    pub fn approvable(&self) -> bool {
        !self.approved && !self.passes() && self.stops().all(|note| note.severity() == Severity::Hold)
    }

    /// The plan this verdict is about.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Turns a verdict that stops into an error.
    ///
    /// # Errors
    /// [`ErrorKind::Stopped`], with the way to approve the plan where there is one.
    pub fn into_result(self) -> Result<()> {
        let Some(first) = self.stops().next() else { return Ok(()) };
        let message = match self.stops().count() - 1 {
            0 => format!("the check stopped the run: {}: {}", first.subject, first.evidence),
            more => format!("the check stopped the run: {}: {}; and {more} more", first.subject, first.evidence),
        };
        let hint = if self.approvable() {
            format!("look at the plan; to apply this very plan, approve it by its id: {}", self.plan.id())
        } else {
            "this cannot be approved: mend what the notes name, and plan again".to_owned()
        };
        Err(Error::new(ErrorKind::Stopped, message).with("plan", self.plan.id()).hint(hint))
    }
}

fn other_rules(plan: &Plan, rules: &Rules) -> Vec<Note> {
    if plan.is_empty() || plan.basis().rules_fingerprint == rules.fingerprint {
        return Vec::new();
    }
    let evidence = "the rules file is not as it was when the plan was made: plan again, or approve this very plan";
    vec![Note::new(NoteKind::RulesChanged, "the plan", evidence)]
}

/// Counts what a step changes.
fn amounts(step: &Step) -> Vec<Amount> {
    match &step.action {
        Action::Suspend(_) => vec![Amount::Suspend],
        Action::Release(_) => vec![Amount::Release],
        Action::Delete(_) => vec![Amount::Delete],
        Action::CreateGroup { .. } | Action::WriteTemplate { .. } => Vec::new(),
        Action::Invite { .. } => vec![Amount::Emails],
        Action::Create(_) => {
            let mut amounts = vec![Amount::Create];
            amounts.extend(step.action.sends_mail().then_some(Amount::Emails));
            amounts.extend(step.action.role_given().map(|_| Amount::RoleChange));
            amounts
        }
        Action::Update(update) | Action::Reactivate(update) => {
            let changes = &update.changes;
            // Writing down whose user it is changes nothing for anybody.
            let mut amounts = if changes.only_mark() { Vec::new() } else { vec![Amount::Update] };
            if changes.group.is_some() {
                amounts.push(Amount::GroupChange);
            }
            if changes.role.is_some() {
                amounts.push(Amount::RoleChange);
            }
            if changes.releases() {
                amounts.push(Amount::Release);
            }
            amounts
        }
    }
}

fn exceeded(
    limits: &Limits,
    counts: &BTreeMap<Amount, usize>,
    whole: impl Fn(Amount) -> usize,
    subject: &str,
) -> Vec<Note> {
    let mut notes = Vec::new();
    for (amount, number) in counts {
        let base = whole(*amount);
        let Some(limit) = limits.of(*amount, base) else { continue };
        if limit.exceeded(*number, base) {
            let share =
                limit.percent.map(|percent| format!(", {percent} % of {base} {}", amount.base())).unwrap_or_default();
            let evidence = format!("{number} {}; the limit is {}{share}", amount.noun(), limit.allowed(base));
            notes.push(Note::new(NoteKind::LimitExceeded, subject, evidence));
        }
    }
    notes
}

fn run_limits(plan: &Plan, rules: &Rules) -> Vec<Note> {
    let mut counts = BTreeMap::new();
    plan.steps().iter().flat_map(amounts).for_each(|amount| *counts.entry(amount).or_insert(0) += 1);
    let basis = plan.basis();
    let whole = |amount| match amount {
        Amount::Create | Amount::Emails => basis.source.selected,
        Amount::Suspend | Amount::Release => basis.account.managed,
        _ => basis.account.with_access,
    };
    exceeded(&rules.limits, &counts, whole, "the run")
}

/// A step counts for the highest rule behind it.
fn rule_limits(plan: &Plan, rules: &Rules) -> Vec<Note> {
    let mut counts: BTreeMap<&str, BTreeMap<Amount, usize>> = BTreeMap::new();
    for step in plan.steps() {
        let Some(rule) = step.rules.first() else { continue };
        for amount in amounts(step) {
            *counts.entry(rule).or_default().entry(amount).or_insert(0) += 1;
        }
    }
    let mut notes = Vec::new();
    for (name, counts) in &counts {
        let Some(rule) = rules.rule(name) else { continue };
        let known = plan.basis().rules.iter().find(|basis| *basis.name == **name);
        let people = known.map_or(0, |basis| basis.people.unwrap_or(0).max(basis.before.unwrap_or(0)));
        notes.extend(exceeded(&rule.limits, counts, |_| people, &format!("rule `{name}`")));
    }
    notes
}

fn shrunken_scopes(plan: &Plan, rules: &Rules) -> Vec<Note> {
    let mut notes = Vec::new();
    let live = |basis: &&RuleBasis| rules.rule(&basis.name).is_none_or(|rule| !rule.is_simulated());
    for basis in plan.basis().rules.iter().filter(live) {
        let (Some(now), Some(before)) = (basis.people, basis.before) else { continue };
        let own = rules.rule(&basis.name).and_then(|rule| rule.limits.of(Amount::Shrink, before));
        let Some(limit) = own.or_else(|| rules.limits.of(Amount::Shrink, before)) else { continue };
        let gone = before.saturating_sub(now);
        if limit.exceeded(gone, before) {
            let evidence = format!("selects {} now and {before} at the last good read", count(now, "person", "people"));
            notes.push(Note::new(NoteKind::ScopeShrank, &*basis.name, evidence));
        }
    }
    notes
}

fn short_seats(plan: &Plan, _: &Rules) -> Vec<Note> {
    let account = &plan.basis().account;
    let mut balance: BTreeMap<&str, i64> = BTreeMap::new();
    for license in &account.licenses {
        balance.insert(license.key.as_str(), i64::from(license.seats) - i64::from(license.used));
    }
    let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
    for step in plan.steps() {
        for license in step.action.licenses_taken() {
            *balance.entry(license.as_str()).or_insert(0) += 1;
        }
        for license in step.action.licenses_given() {
            *wanted.entry(license.as_str()).or_insert(0) += 1;
        }
    }
    let mut notes = Vec::new();
    for (license, wanted) in wanted {
        let free = balance.get(license).copied().unwrap_or(0);
        if wanted > free {
            let known = account.licenses.iter().find(|own| own.key.as_str() == license);
            let name = known.map_or(license, |license| license.name.as_str());
            let missing = usize::try_from(wanted - free.max(0)).unwrap_or(0);
            let evidence = format!(
                "{}: {wanted} wanted, {} free: buy seats, select fewer people, or set `seats = \"fill\"` in the rules",
                count(missing, "seat is missing", "seats are missing"),
                free.max(0)
            );
            notes.push(Note::new(NoteKind::SeatsShort, name, evidence));
        }
    }
    let made = plan.steps().iter().filter(|step| matches!(step.action, Action::Create(_))).count();
    if account.users + made > account.user_limit {
        let evidence = format!("{} users and {made} more; the account takes {}", account.users, account.user_limit);
        notes.push(Note::new(NoteKind::AccountFull, &account.name, evidence));
    }
    notes
}

/// What is deleted does not come back: an admin looks at that very plan, whatever the limits say.
fn deletions(plan: &Plan, _: &Rules) -> Vec<Note> {
    let deleted = plan.steps().iter().filter(|step| matches!(step.action, Action::Delete(_)));
    let note = |step: &Step| {
        let because = step.reasons.first().map_or("", |reason| &*reason.because);
        Note::new(NoteKind::Deletion, &*step.subject, because)
    };
    deleted.map(note).collect()
}

/// Says whether a step ends the user's access or takes a full administrator's role.
fn dethrones(step: &Step) -> bool {
    match &step.action {
        Action::Suspend(_) | Action::Delete(_) => true,
        action => {
            let lost = |role: Option<&Role>| role.is_none_or(|role| !role.is_administrator());
            matches!(action, Action::Update(_) | Action::Reactivate(_)) && action.role_given().is_some_and(lost)
        }
    }
}

fn lost_administrators(plan: &Plan, _: &Rules) -> Vec<Note> {
    let account = &plan.basis().account;
    let lost_ones: BTreeSet<&UserKey> =
        plan.steps().iter().filter(|step| dethrones(step)).filter_map(|step| step.action.user()).collect();
    let mut notes = Vec::new();
    for step in
        plan.steps().iter().filter(|step| step.action.user().is_some() && step.action.user() == account.login.as_ref())
    {
        if dethrones(step) {
            let evidence =
                format!("step {} would {} the user this engine signs in as", step.number, step.action.kind().as_str());
            notes.push(Note::new(NoteKind::OwnUser, &*step.subject, evidence));
        }
    }
    let lost = account.administrators.iter().filter(|admin| lost_ones.contains(admin)).count();
    if lost > 0 && lost == account.administrators.len() {
        let evidence = match lost {
            1 => "its only administrator would be suspended or lose the role".to_owned(),
            lost => format!("all of its {lost} administrators would be suspended or lose the role"),
        };
        notes.push(Note::new(NoteKind::LastAdministrator, &account.name, evidence));
    }
    notes
}

fn unsupported(plan: &Plan, _: &Rules) -> Vec<Note> {
    let account = &plan.basis().account;
    let note = |number: usize, what: &str| {
        let evidence = format!("{} {what}", count(number, "step", "steps"));
        Note::new(NoteKind::Unsupported, &account.target, evidence)
    };
    let lacking = plan.counts().into_iter().filter(|(kind, _)| !account.actions.contains(kind));
    let mut notes: Vec<Note> = lacking.map(|(kind, number)| note(number, &format!("to {}", kind.as_str()))).collect();
    for feature in &account.lacks {
        let number = plan.steps().iter().filter(|step| feature.is_needed_by(&step.action)).count();
        if number > 0 {
            notes.push(note(number, &format!("with {}", feature.as_str())));
        }
    }
    notes
}
