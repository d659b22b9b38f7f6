//! Renders an explanation as text.

use std::fmt::{self, Display};

use crate::explain::Explanation;

pub(super) struct ExplanationText<'e>(pub(super) &'e Explanation);

impl Display for ExplanationText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let explanation = self.0;
        writeln!(f, "person  {}", explanation.dn)?;
        writeln!(
            f,
            "        id {}, {}",
            explanation.id,
            if explanation.enabled { "enabled" } else { "disabled or expired" }
        )?;
        writeln!(f, "rules")?;
        for (number, line) in (1..).zip(&explanation.rules) {
            match &line.miss {
                None => writeln!(f, "  {number}. {}: selected", line.rule)?,
                Some(miss) => writeln!(f, "  {number}. {}: {miss}", line.rule)?,
            }
        }
        if explanation.fields.is_empty() {
            writeln!(f, "fields  none: no rule selects this person")?;
        } else {
            writeln!(f, "fields")?;
        }
        for line in &explanation.fields {
            let part = line.part.as_ref().map(|part| format!(" of {part}")).unwrap_or_default();
            write!(f, "  {}{part} = {}", line.field, line.value.as_deref().unwrap_or("(empty)"))?;
            match &line.instead {
                Some(rule) => writeln!(f, "  (not used: {rule} sets it first)")?,
                None => writeln!(f)?,
            }
            match &line.rule {
                Some(rule) => writeln!(f, "    from {}  [{rule}]", line.expression)?,
                None => writeln!(f, "    from {}", line.expression)?,
            }
            for (name, values) in &line.inputs {
                match values.as_slice() {
                    [] => writeln!(f, "    {name} has no value")?,
                    values => writeln!(f, "    {name} = {}", values.join(" | "))?,
                }
            }
            if let Some(problem) = &line.problem {
                writeln!(f, "    invalid: {problem}")?;
            }
        }
        writeln!(f, "link    {}", explanation.link)?;
        if let Some(user) = &explanation.user {
            let licenses =
                if explanation.products.is_empty() { "no license".to_owned() } else { explanation.products.join(", ") };
            let group = user.group.as_ref().map(|group| format!(", in {group}")).unwrap_or_default();
            write!(f, "user    {} ({}), {}, {licenses}{group}", user.email, user.full_name(), user.status.as_str())?;
            if !user.role.is_member() {
                write!(f, ", {}", user.role.told(|license| explanation.plan.license_name(license)))?;
            }
            super::write_settings(f, &explanation.plan, user.settings())?;
            writeln!(f)?;
        }
        if explanation.steps.is_empty() {
            writeln!(f, "steps   none: nothing to do")?;
        } else {
            writeln!(f, "steps")?;
        }
        for step in &explanation.steps {
            f.write_str("  ")?;
            super::write_step(f, &explanation.plan, step)?;
        }
        if !explanation.simulated.is_empty() {
            writeln!(f, "simulated only, not applied")?;
        }
        for step in &explanation.simulated {
            f.write_str("  ")?;
            super::write_step(f, &explanation.plan, step)?;
        }
        for note in &explanation.notes {
            writeln!(f, "note    {}: {}", note.kind.heading(), note.evidence)?;
        }
        Ok(())
    }
}
