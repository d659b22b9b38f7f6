//! Plans, verdicts, reports and explanations as people read them: legible without colour, the same from every front end.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use crate::check::Verdict;
use crate::explain::Explanation;
use crate::model::text::count;
use crate::model::{Action, ActionKind, Note, NoteKind, Outcome, PersonId, Severity, WelcomeEmail};
use crate::plan::{Plan, Reason, Step};
use crate::report::Report;
use crate::rules::Miss;

mod explanation;

/// How much of a long list is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// All of it.
    Full,
    /// So many lines of each kind, and how many more there are.
    Short(usize),
}

impl Length {
    fn lines(self) -> usize {
        match self {
            Self::Full => usize::MAX,
            Self::Short(lines) => lines,
        }
    }
}

/// A plan as text: what it is about, a count of each kind, and every step with its reasons.
#[derive(Clone, Copy, Debug)]
pub struct PlanText<'p> {
    plan: &'p Plan,
    length: Length,
    only: Option<&'p PersonId>,
}

/// The notes of a verdict as text, gathered by kind.
#[derive(Clone, Copy, Debug)]
pub struct VerdictText<'v> {
    verdict: &'v Verdict,
    length: Length,
}

/// A report as text: a count of each outcome, and every step that was not done.
#[derive(Clone, Copy, Debug)]
pub struct ReportText<'r> {
    report: &'r Report,
    length: Length,
}

/// Shows a plan.
pub fn plan(plan: &Plan, length: Length) -> PlanText<'_> {
    PlanText { plan, length, only: None }
}

impl<'p> PlanText<'p> {
    /// Shows only the steps about one person.
    #[must_use]
    pub fn only(mut self, person: &'p PersonId) -> Self {
        self.only = Some(person);
        self
    }

    fn steps(&self) -> impl Iterator<Item = &'p Step> {
        let only = self.only;
        self.plan.steps().iter().filter(move |step| only.is_none_or(|person| step.person.as_ref() == Some(person)))
    }
}

/// Shows what a check found.
pub fn verdict(verdict: &Verdict, length: Length) -> VerdictText<'_> {
    VerdictText { verdict, length }
}

/// Shows what happened.
pub fn report(report: &Report, length: Length) -> ReportText<'_> {
    ReportText { report, length }
}

/// Shows what leads from one person to the steps about them.
pub fn explanation(explanation: &Explanation) -> impl Display + '_ {
    explanation::ExplanationText(explanation)
}

impl Display for PlanText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (plan, basis) = (self.plan, self.plan.basis());
        writeln!(f, "plan {} for the account {}", plan.id(), basis.account.name)?;
        let source = &basis.source;
        let read = count(source.people, "person", "people");
        writeln!(f, "  directory  {}: {read} read, {} selected", source.name, source.selected)?;
        let users = count(basis.account.users, "user", "users");
        writeln!(f, "  account    {}: {users}, {} with access", basis.account.target, basis.account.with_access)?;
        for rule in &basis.rules {
            match rule.people {
                Some(people) => writeln!(f, "  rule       {}: {}", rule.name, count(people, "person", "people"))?,
                None => writeln!(f, "  rule       {}: cannot be evaluated", rule.name)?,
            }
        }
        if self.steps().next().is_none() {
            return writeln!(f, "nothing to do");
        }
        for kind in ActionKind::ALL {
            let number = self.steps().filter(|step| step.action.kind() == kind).count();
            if number > 0 {
                writeln!(f, "  {} {:<12} {number:>6}", mark(kind), kind.as_str())?;
            }
        }
        for kind in ActionKind::ALL {
            let steps = || self.steps().filter(|step| step.action.kind() == kind);
            for step in steps().take(self.length.lines()) {
                write_step(f, plan, step)?;
            }
            let more = steps().count().saturating_sub(self.length.lines());
            if more > 0 {
                writeln!(f, "  … and {more} more to {}", kind.as_str())?;
            }
        }
        Ok(())
    }
}

/// A sign before each step: what comes, what changes, what goes.
fn mark(kind: ActionKind) -> char {
    match kind {
        ActionKind::Create | ActionKind::CreateGroup => '+',
        ActionKind::Update => '~',
        ActionKind::Reactivate => '^',
        ActionKind::Suspend | ActionKind::Release => '-',
    }
}

fn write_step(f: &mut fmt::Formatter<'_>, plan: &Plan, step: &Step) -> fmt::Result {
    let kind = step.action.kind();
    write!(f, "{} {} {}", mark(kind), kind.as_str(), step.subject)?;
    match &step.action {
        Action::Create(creation) => {
            let user = &creation.user;
            write!(f, ": {}", user.full_name())?;
            for license in &user.licenses {
                write!(f, ", {}", plan.license_name(license))?;
            }
            if let Some(group) = &user.group {
                write!(f, ", in {group}")?;
            }
            if let Some(language) = &user.language {
                write!(f, ", {language}")?;
            }
            if creation.welcome == WelcomeEmail::None {
                f.write_str(", no welcome e-mail")?;
            }
            write_rules(f, step)?;
            f.write_char('\n')
        }
        Action::CreateGroup { .. } => {
            write_rules(f, step)?;
            f.write_char('\n')
        }
        _ => {
            f.write_char('\n')?;
            step.reasons.iter().try_for_each(|reason| write_reason(f, reason))
        }
    }
}

fn write_rules(f: &mut fmt::Formatter<'_>, step: &Step) -> fmt::Result {
    let rules: Vec<&str> = step.rules.iter().map(|rule| &**rule).collect();
    if rules.is_empty() { Ok(()) } else { write!(f, "  [{}]", rules.join(", ")) }
}

fn write_reason(f: &mut fmt::Formatter<'_>, reason: &Reason) -> fmt::Result {
    write!(f, "    {}", reason.field)?;
    match (&reason.before, &reason.after) {
        (Some(before), Some(after)) => write!(f, ": {before} -> {after}")?,
        (None, Some(after)) => write!(f, ": + {after}")?,
        (Some(before), None) => write!(f, ": - {before}")?,
        (None, None) => {}
    }
    match (&reason.rule, &*reason.because) {
        (Some(rule), "") => writeln!(f, "  [{rule}]"),
        (Some(rule), because) => writeln!(f, "  [{rule}: {because}]"),
        (None, because) => writeln!(f, "  [{because}]"),
    }
}

impl Display for VerdictText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_notes(f, &self.verdict.notes, self.length)?;
        if self.verdict.approved() {
            return writeln!(f, "check passed: this plan is approved");
        }
        if self.verdict.passes() {
            return writeln!(f, "check passed");
        }
        let number = count(self.verdict.stops().count(), "note stands", "notes stand");
        writeln!(f, "check failed: {number} against the first write; nothing was written")
    }
}

/// Notes of one kind share a heading, the gravest first.
fn write_notes(f: &mut fmt::Formatter<'_>, notes: &[Note], length: Length) -> fmt::Result {
    let mut kinds: BTreeMap<(std::cmp::Reverse<Severity>, NoteKind), Vec<&Note>> = BTreeMap::new();
    for note in notes {
        kinds.entry((std::cmp::Reverse(note.severity()), note.kind)).or_default().push(note);
    }
    for ((severity, kind), notes) in kinds {
        writeln!(f, "{}: {} ({})", severity.0.as_str(), kind.heading(), notes.len())?;
        // What stops a run is always told whole.
        let lines = if severity.0 >= Severity::Hold { usize::MAX } else { length.lines() };
        for note in notes.iter().take(lines) {
            writeln!(f, "    {}: {}", note.subject, note.evidence)?;
        }
        let more = notes.len().saturating_sub(lines);
        if more > 0 {
            writeln!(f, "    … and {more} more")?;
        }
    }
    Ok(())
}

impl Display for ReportText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        writeln!(f, "run {} of plan {}: {}", report.run, report.plan, report.ending.as_str())?;
        if report.lines.is_empty() {
            writeln!(f, "nothing to do")?;
        }
        for (outcome, number) in report.counts() {
            writeln!(f, "  {outcome:<14} {number:>6}")?;
        }
        for (shown, line) in report.undone().enumerate() {
            if shown == self.length.lines() {
                writeln!(f, "  … and {} more that were not done", report.undone().count() - shown)?;
                break;
            }
            let why = match &line.outcome {
                Outcome::Failed { fault } | Outcome::InDoubt { fault } => fault.message.as_str(),
                Outcome::Skipped { reason } => reason,
                Outcome::Done { .. } => "",
            };
            writeln!(f, "! {} {} {}: {why}", line.outcome.as_str(), line.kind.as_str(), line.subject)?;
        }
        let waiting: Vec<Note> = report.notes.iter().filter(|note| note.kind == NoteKind::Waiting).cloned().collect();
        write_notes(f, &waiting, self.length)
    }
}

impl Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("the rule is switched off"),
            Self::Broken { error } => write!(f, "the rule cannot be evaluated: {error}"),
            Self::OutsideScopes { scopes } => write!(f, "not in {}", scopes.join(", nor in ")),
            Self::Filter { part } => write!(f, "does not match {part}"),
            Self::Excluded { scopes } => write!(f, "excluded by {}", scopes.join(" or ")),
            Self::ExcludedByFilter { filter } => write!(f, "excluded by the filter {filter}"),
        }
    }
}
