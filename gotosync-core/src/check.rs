//! The check of a plan before the first write: either the whole plan may be applied, or none of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::text::count;
use crate::model::{Action, Field, Note, NoteKind, PlanId, Role, Severity, UserKey};
use crate::plan::{Plan, Reason, RuleBasis, Step};
use crate::rules::{Amount, Limits, Rules};
use crate::target::Feature;
use crate::{Error, ErrorKind, Result};

/// The result of checking a plan, including the notes from planning.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// All notes, the most severe first.
    pub notes: Vec<Note>,
    plan: Plan,
    approved: bool,
}

/// Checks a plan against the limits and against conditions that are never allowed, such as the loss of the last administrator.
///
/// The limits come from `rules`, as they are now; everything else comes from the plan itself, so a plan from a file is checked in the
/// same way. `approval` is the id of a plan that an admin has reviewed: it overrides notes of [`Severity::Hold`] for exactly that
/// plan.
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
    /// Returns the notes that stop the run before its first write.
    pub fn stops(&self) -> impl Iterator<Item = &Note> {
        let from = if self.approved { Severity::Stop } else { Severity::Hold };
        self.notes.iter().filter(move |note| note.severity() >= from)
    }

    /// Returns `true` if the plan may be applied.
    pub fn passes(&self) -> bool {
        self.stops().next().is_none()
    }

    /// Returns `true` if the plan may be applied only because an admin approved it.
    pub fn approved(&self) -> bool {
        self.approved && self.passes() && self.notes.iter().any(|note| note.severity() >= Severity::Hold)
    }

    /// Returns `true` if the plan is on hold and an approval is enough to apply it.
    pub fn approvable(&self) -> bool {
        !self.approved && !self.passes() && self.stops().all(|note| note.severity() == Severity::Hold)
    }

    /// Returns the plan that was checked.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Turns a verdict that stops the run into an error.
    ///
    /// # Errors
    /// Returns [`ErrorKind::Stopped`] if the plan may not be applied. The hint gives the id for an approval, if one is possible.
    pub fn into_result(self) -> Result<()> {
        let Some(first) = self.stops().next() else { return Ok(()) };
        let message = match self.stops().count() - 1 {
            0 => format!("the check stopped the run: {}: {}", first.subject, first.evidence),
            more => format!("the check stopped the run: {}: {}; and {more} more", first.subject, first.evidence),
        };
        let hint = if self.approvable() {
            format!("review the plan; to apply exactly this plan, approve it by its id: {}", self.plan.id())
        } else {
            "an approval cannot override this: fix the problems that the notes name, then make a new plan".to_owned()
        };
        Err(Error::new(ErrorKind::Stopped, message).with("plan", self.plan.id()).hint(hint))
    }
}

fn other_rules(plan: &Plan, rules: &Rules) -> Vec<Note> {
    if plan.is_empty() || plan.basis().rules_fingerprint == rules.fingerprint {
        return Vec::new();
    }
    let evidence = "the rules file has changed since the plan was made: make a new plan, or approve this one";
    vec![Note::new(NoteKind::RulesChanged, "the plan", evidence)]
}

/// Returns the amounts that a step counts toward.
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
            // Storing the person's id with a user changes nothing for the user.
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
                limit.percent.map(|percent| format!(" ({percent} % of {base} {})", amount.base())).unwrap_or_default();
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

/// Checks the limits of each rule. A step counts toward the highest rule behind it.
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
            let evidence = format!(
                "selects {} now; it selected {before} at the last complete read",
                count(now, "person", "people")
            );
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
                "{}: {wanted} needed, {} free; buy seats, select fewer people, or set `seats = \"fill\"` in the rules",
                count(missing, "seat is missing", "seats are missing"),
                free.max(0)
            );
            notes.push(Note::new(NoteKind::SeatsShort, name, evidence));
        }
    }
    let made = plan.steps().iter().filter(|step| matches!(step.action, Action::Create(_))).count();
    if account.users + made > account.user_limit {
        let evidence = format!("{} users now and {made} to create; the limit is {}", account.users, account.user_limit);
        notes.push(Note::new(NoteKind::AccountFull, &account.name, evidence));
    }
    notes
}

/// Puts deletions on hold, whatever the limits are: they cannot be undone, so an admin must approve exactly that plan.
fn deletions(plan: &Plan, _: &Rules) -> Vec<Note> {
    let deleted = plan.steps().iter().filter(|step| matches!(step.action, Action::Delete(_)));
    let note = |step: &Step| {
        let because = step.reasons.first().map_or("", |reason| &*reason.because);
        Note::new(NoteKind::Deletion, &*step.subject, because)
    };
    deleted.map(note).collect()
}

/// Returns `true` if a step ends the user's access or takes the full administrator's role away.
fn ends_administration(step: &Step) -> bool {
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
        plan.steps().iter().filter(|step| ends_administration(step)).filter_map(|step| step.action.user()).collect();
    let mut notes = Vec::new();
    for step in
        plan.steps().iter().filter(|step| step.action.user().is_some() && step.action.user() == account.login.as_ref())
    {
        if ends_administration(step) {
            let evidence = format!(
                "step {} would {} the user that gotosync signs in as",
                step.number,
                step.action.kind().as_str()
            );
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

/// Finds steps that the target does not support, and names the rules that cause them, so that an admin knows what to change.
fn unsupported(plan: &Plan, rules: &Rules) -> Vec<Note> {
    let account = &plan.basis().account;
    let note = |what: &str, feature: Option<Feature>, steps: &[&Step]| {
        let evidence = format!("{} {what}{}", count(steps.len(), "step", "steps"), causes(feature, steps, rules));
        Note::new(NoteKind::Unsupported, &account.target, evidence)
    };
    let mut notes = Vec::new();
    for kind in plan.counts().into_keys().filter(|kind| !account.actions.contains(kind)) {
        let steps: Vec<&Step> = plan.steps().iter().filter(|step| step.action.kind() == kind).collect();
        notes.push(note(&format!("to {}", kind.as_str()), None, &steps));
    }
    for feature in &account.lacks {
        let steps: Vec<&Step> = plan.steps().iter().filter(|step| feature.is_needed_by(&step.action)).collect();
        if !steps.is_empty() {
            notes.push(note(&format!("with {}", feature.as_str()), Some(*feature), &steps));
        }
    }
    notes
}

/// The number of subjects up to which a note lists all of them.
const LISTED: usize = 5;

/// Names the rules that cause steps to need a feature, and the subjects of the steps if they are few.
fn causes(feature: Option<Feature>, steps: &[&Step], rules: &Rules) -> String {
    let names: BTreeSet<&str> = steps.iter().flat_map(|step| causing_rules(feature, step, rules)).collect();
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let because = match names.len() {
        0 => String::new(),
        1 => format!(", because of rule {}", names[0]),
        _ => format!(", because of rules {}", names.join(", ")),
    };
    let subjects: BTreeSet<&str> = steps.iter().map(|step| &*step.subject).collect();
    if subjects.len() > LISTED {
        return because;
    }
    format!("{because}: {}", subjects.into_iter().collect::<Vec<_>>().join(", "))
}

/// Returns the rules that cause a step to need a feature, or the rules behind the step if no single one of them is known.
fn causing_rules<'s>(feature: Option<Feature>, step: &'s Step, rules: &Rules) -> Vec<&'s str> {
    let concerned = |reason: &&Reason| feature.is_none_or(|feature| is_about(reason, feature));
    let mut names: Vec<&str> =
        step.reasons.iter().filter(concerned).filter_map(|reason| reason.rule.as_deref()).collect();
    if names.is_empty() {
        // The reasons of a creation do not list the fields of the new user: look for them in the rules.
        let sets = |name: &&str| feature.zip(rules.rule(name)).is_some_and(|(feature, rule)| rule.sets(feature));
        names = step.rules.iter().map(|rule| &**rule).filter(sets).collect();
    }
    if names.is_empty() { step.rules.iter().map(|rule| &**rule).collect() } else { names }
}

/// Returns `true` if a reason is about a change that needs a feature.
fn is_about(reason: &Reason, feature: Feature) -> bool {
    match feature {
        Feature::NestedProducts => reason.field == Field::Products && reason.part.is_some(),
        Feature::Products => reason.is_license_given() || reason.is_license_taken(),
        feature => feature.field() == Some(reason.field),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::apply::cases::{create, license, update, user};
    use crate::model::WelcomeEmail;

    fn rules() -> Rules {
        let text = r#"
            [[rule]]
            name = "Sales"
            everyone = true
            products = [{ name = "GoToConnect", without = ["SMS"] }]

            [[rule]]
            name = "Berlin"
            everyone = true
            time_zone = "Europe/Berlin"
        "#;
        Rules::parse(text, "rules.toml").unwrap()
    }

    fn reason(rule: &str, field: Field, part: Option<&str>) -> Reason {
        let (rule, part) = (Some(rule.into()), part.map(Into::into));
        Reason { rule, field, part, because: "products".into(), before: None, after: None }
    }

    #[test]
    fn names_the_rule_whose_reason_concerns_the_unsupported_feature() {
        let reasons = vec![
            reason("Berlin", Field::TimeZone, None),
            reason("Office", Field::Products, None),
            reason("Sales", Field::Products, Some("GoToConnect")),
        ];
        let step = Step { reasons, ..update(&user("u1", &["connect"], Role::Member), license("g2m")) };
        let nested = causes(Some(Feature::NestedProducts), &[&step], &rules());
        assert_eq!(nested, ", because of rule `Sales`: ann@example.test");
        let licenses = causes(Some(Feature::Products), &[&step], &rules());
        assert_eq!(licenses, ", because of rule `Office`: ann@example.test");
        let all = causes(None, &[&step], &rules());
        assert_eq!(all, ", because of rules `Berlin`, `Office`, `Sales`: ann@example.test");
    }

    #[test]
    fn names_the_rule_that_sets_the_unsupported_feature_of_a_new_user() {
        let created = create(user("u1", &["connect"], Role::Member), WelcomeEmail::None);
        let reasons = vec![reason("Berlin", Field::Access, None)];
        let step = Step { reasons, rules: Arc::new(["Berlin".into(), "Sales".into()]), ..created };
        let nested = causes(Some(Feature::NestedProducts), &[&step], &rules());
        assert_eq!(nested, ", because of rule `Sales`: ann@example.test");
        let time_zone = causes(Some(Feature::TimeZone), &[&step], &rules());
        assert_eq!(time_zone, ", because of rule `Berlin`: ann@example.test");
        let unclear = causes(Some(Feature::Roles), &[&step], &rules());
        assert_eq!(unclear, ", because of rules `Berlin`, `Sales`: ann@example.test");
    }

    #[test]
    fn lists_the_people_behind_unsupported_steps_only_if_they_are_few() {
        let step = |nth: usize| Step {
            subject: format!("u{nth}@example.test").into(),
            rules: Arc::new(["Sales".into()]),
            ..create(user("u1", &[], Role::Member), WelcomeEmail::None)
        };
        let steps: Vec<Step> = (1..=LISTED + 1).map(step).collect();
        let steps: Vec<&Step> = steps.iter().collect();
        assert_eq!(causes(None, &steps, &rules()), ", because of rule `Sales`");
        assert_eq!(causes(None, &steps[..2], &rules()), ", because of rule `Sales`: u1@example.test, u2@example.test");
    }
}
