//! Renders plans, verdicts, reports, and explanations as text for people: readable without color, and the same in every front end.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use crate::check::Verdict;
use crate::explain::Explanation;
use crate::model::text::count;
use crate::model::{
    Action, ActionKind, LicenseKey, Listed, Note, NoteKind, Outcome, PersonId, SetAside, Severity, UserSettings,
    WelcomeEmail,
};
use crate::plan::{Plan, Reason, Step};
use crate::report::Report;
use crate::rules::Miss;

mod explanation;

/// The number of lines of a long list to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// All lines.
    Full,
    /// At most this many lines of each kind, and the number of further lines.
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

/// A plan as text: its basis, a count of each kind of step, and every step with its reasons.
#[derive(Clone, Copy, Debug)]
pub struct PlanText<'p> {
    plan: &'p Plan,
    length: Length,
    only: Option<&'p PersonId>,
}

/// The notes of a verdict as text, grouped by kind.
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

/// Returns a plan as text.
pub fn plan(plan: &Plan, length: Length) -> PlanText<'_> {
    PlanText { plan, length, only: None }
}

impl<'p> PlanText<'p> {
    /// Limits the text to the steps about one person.
    #[must_use]
    pub fn only(mut self, person: &'p PersonId) -> Self {
        self.only = Some(person);
        self
    }

    fn steps(&self) -> impl Iterator<Item = &'p Step> + Clone + use<'p> {
        self.shown(self.plan.steps())
    }

    fn simulated(&self) -> impl Iterator<Item = &'p Step> + Clone + use<'p> {
        self.shown(self.plan.simulated())
    }

    fn shown(&self, steps: &'p [Step]) -> impl Iterator<Item = &'p Step> + Clone + use<'p> {
        let only = self.only;
        steps.iter().filter(move |step| only.is_none_or(|person| step.person.as_ref() == Some(person)))
    }
}

/// Returns the result of a check as text.
pub fn verdict(verdict: &Verdict, length: Length) -> VerdictText<'_> {
    VerdictText { verdict, length }
}

/// Returns a report as text.
pub fn report(report: &Report, length: Length) -> ReportText<'_> {
    ReportText { report, length }
}

/// Returns an explanation as text.
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
            writeln!(f, "nothing to do")?;
        }
        self.write_steps(f, &self.steps())?;
        if self.simulated().next().is_some() {
            writeln!(f, "simulated only, not applied:")?;
            self.write_steps(f, &self.simulated())?;
        }
        Ok(())
    }
}

impl<'p> PlanText<'p> {
    /// Writes a count of each kind of step, then the steps grouped by kind.
    fn write_steps(&self, f: &mut fmt::Formatter<'_>, all: &(impl Iterator<Item = &'p Step> + Clone)) -> fmt::Result {
        let of = |kind| all.clone().filter(move |step| step.action.kind() == kind);
        for kind in ActionKind::ALL {
            let number = of(kind).count();
            if number > 0 {
                writeln!(f, "  {} {:<14} {number:>6}", mark(kind), kind.as_str())?;
            }
        }
        for kind in ActionKind::ALL {
            for step in of(kind).take(self.length.lines()) {
                write_step(f, self.plan, step)?;
            }
            let more = of(kind).count().saturating_sub(self.length.lines());
            if more > 0 {
                writeln!(f, "  … and {more} more to {}", kind.as_str())?;
            }
        }
        Ok(())
    }
}

/// Returns the sign that a kind of step starts with: for additions, changes, and removals.
fn mark(kind: ActionKind) -> char {
    match kind {
        ActionKind::Create | ActionKind::CreateGroup => '+',
        ActionKind::Update | ActionKind::WriteTemplate => '~',
        ActionKind::Invite => '@',
        ActionKind::Reactivate => '^',
        ActionKind::Suspend | ActionKind::Release => '-',
        ActionKind::Delete => 'x',
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
            if !user.role.is_member() {
                write!(f, ", {}", user.role.told(|license| plan.license_name(license)))?;
            }
            write_settings(f, plan, user.settings())?;
            creation.voicemail.iter().try_for_each(|voicemail| write!(f, ", voicemail with {voicemail}"))?;
            match &creation.welcome {
                WelcomeEmail::Default => {}
                WelcomeEmail::None => f.write_str(", no welcome e-mail")?,
                WelcomeEmail::Template(name) => write!(f, ", welcome e-mail {name}")?,
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

/// Writes the settings that a new user starts with. The location comes last.
fn write_settings(f: &mut fmt::Formatter<'_>, plan: &Plan, settings: &UserSettings) -> fmt::Result {
    let mut parts = Vec::new();
    settings.each(|setting, part, value| {
        let part = part.unwrap_or_default();
        let license = plan.license_name(&LicenseKey::new(part)).to_owned();
        let shown = setting.shown.split_inclusive('}').map(|piece| match piece.split_once('{') {
            Some((text, "value}")) => format!("{text}{value}"),
            Some((text, "license}")) => format!("{text}{license}"),
            Some((text, _)) => format!("{text}{part}"),
            None => piece.to_owned(),
        });
        parts.push((setting.listed == Some(Listed::Locations), shown.collect::<String>()));
    });
    parts.sort_by_key(|(last, _)| *last);
    parts.iter().try_for_each(|(_, shown)| write!(f, ", {shown}"))
}

fn write_rules(f: &mut fmt::Formatter<'_>, step: &Step) -> fmt::Result {
    let rules: Vec<&str> = step.rules.iter().map(|rule| &**rule).collect();
    if rules.is_empty() { Ok(()) } else { write!(f, "  [{}]", rules.join(", ")) }
}

fn write_reason(f: &mut fmt::Formatter<'_>, reason: &Reason) -> fmt::Result {
    write!(f, "    {}", reason.field)?;
    if let Some(part) = &reason.part {
        write!(f, " of {part}")?;
    }
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
        let number = count(self.verdict.stops().count(), "note stops", "notes stop");
        writeln!(f, "check failed: {number} the run; nothing was written")
    }
}

/// Writes notes grouped by kind under a heading, the most severe first.
fn write_notes(f: &mut fmt::Formatter<'_>, notes: &[Note], length: Length) -> fmt::Result {
    let mut kinds: BTreeMap<(std::cmp::Reverse<Severity>, NoteKind), Vec<&Note>> = BTreeMap::new();
    for note in notes {
        kinds.entry((std::cmp::Reverse(note.severity()), note.kind)).or_default().push(note);
    }
    for ((severity, kind), notes) in kinds {
        writeln!(f, "{}: {} ({})", severity.0.as_str(), kind.heading(), notes.len())?;
        // Notes that stop a run are always listed in full.
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
        if let Some(effort) = &report.effort {
            writeln!(f, "  directory  {effort}")?;
        }
        if report.lines.is_empty() {
            writeln!(f, "nothing to do")?;
        }
        for (outcome, number) in report.counts() {
            writeln!(f, "  {outcome:<16} {number:>6}")?;
        }
        for (shown, line) in report.undone().enumerate() {
            if shown == self.length.lines() {
                writeln!(f, "  … and {} more steps that were not done", report.undone().count() - shown)?;
                break;
            }
            let why = match &line.outcome {
                Outcome::Failed { fault } | Outcome::InDoubt { fault } => fault.message.as_str(),
                Outcome::Skipped { reason } => reason,
                Outcome::Done { .. } => "",
            };
            writeln!(f, "! {} {} {}: {why}", line.outcome.as_str(), line.kind.as_str(), line.subject)?;
        }
        for (shown, step) in report.simulated.iter().enumerate() {
            if shown == 0 {
                writeln!(f, "simulated only, not applied ({})", report.simulated.len())?;
            }
            if shown == self.length.lines() {
                writeln!(f, "    … and {} more", report.simulated.len() - shown)?;
                break;
            }
            writeln!(f, "    {} {}", step.kind.as_str(), step.subject)?;
        }
        for (shown, aside) in report.set_aside.iter().enumerate() {
            if shown == 0 {
                writeln!(f, "skipped after a failure ({})", report.set_aside.len())?;
            }
            if shown == self.length.lines() {
                writeln!(f, "    … and {} more", report.set_aside.len() - shown)?;
                break;
            }
            let failures = count(aside.failures as usize, "time", "times");
            let next = aside.next.strftime("%Y-%m-%d %H:%M");
            let SetAside { subject, kind, reason, .. } = aside;
            writeln!(f, "    {subject}: {} failed {failures}: {reason}; next attempt {next} UTC", kind.as_str())?;
        }
        let states: Vec<Note> = report.notes.iter().filter(|note| note.kind.is_state()).cloned().collect();
        write_notes(f, &states, self.length)
    }
}

impl Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("the rule is disabled"),
            Self::Broken { error } => write!(f, "the rule cannot be evaluated: {error}"),
            Self::OutsideScopes { scopes } => write!(f, "not in {}", scopes.join(" or ")),
            Self::Filter { part } => write!(f, "does not match {part}"),
            Self::Excluded { scopes } => write!(f, "excluded by {}", scopes.join(" or ")),
            Self::ExcludedByFilter { filter } => write!(f, "excluded by the filter {filter}"),
        }
    }
}
