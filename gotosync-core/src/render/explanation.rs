//! An explanation as text.

use std::fmt::{self, Display};

use crate::explain::Explanation;

pub(super) struct ExplanationText<'e>(pub(super) &'e Explanation);

impl Display for ExplanationText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = self.0;
        writeln!(f, "person  {}", told.dn)?;
        writeln!(f, "        id {}, {}", told.id, if told.enabled { "enabled" } else { "disabled or expired" })?;
        writeln!(f, "rules")?;
        for (number, line) in (1..).zip(&told.rules) {
            match &line.miss {
                None => writeln!(f, "  {number}. {}: selected", line.rule)?,
                Some(miss) => writeln!(f, "  {number}. {}: {miss}", line.rule)?,
            }
        }
        if told.fields.is_empty() {
            writeln!(f, "fields  none: no rule selects this person")?;
        } else {
            writeln!(f, "fields")?;
        }
        for line in &told.fields {
            let part = line.part.as_ref().map(|part| format!(" of {part}")).unwrap_or_default();
            write!(f, "  {}{part} = {}", line.field, line.value.as_deref().unwrap_or("(nothing)"))?;
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
                    [] => writeln!(f, "    {name} is absent")?,
                    values => writeln!(f, "    {name} = {}", values.join(" | "))?,
                }
            }
            if let Some(problem) = &line.problem {
                writeln!(f, "    not acceptable: {problem}")?;
            }
        }
        writeln!(f, "link    {}", told.link)?;
        if let Some(user) = &told.user {
            let licenses = if told.products.is_empty() { "no license".to_owned() } else { told.products.join(", ") };
            let group = user.group.as_ref().map(|group| format!(", in {group}")).unwrap_or_default();
            write!(f, "user    {} ({}), {}, {licenses}{group}", user.email, user.full_name(), user.status.as_str())?;
            if !user.role.is_member() {
                write!(f, ", {}", user.role.told(|license| told.plan.license_name(license)))?;
            }
            super::write_settings(f, &told.plan, user.settings())?;
            writeln!(f)?;
        }
        if told.steps.is_empty() {
            writeln!(f, "steps   none: nothing would be done")?;
        } else {
            writeln!(f, "steps")?;
        }
        for step in &told.steps {
            f.write_str("  ")?;
            super::write_step(f, &told.plan, step)?;
        }
        if !told.simulated.is_empty() {
            writeln!(f, "only simulated, and not applied")?;
        }
        for step in &told.simulated {
            f.write_str("  ")?;
            super::write_step(f, &told.plan, step)?;
        }
        for note in &told.notes {
            writeln!(f, "note    {}: {}", note.kind.heading(), note.evidence)?;
        }
        Ok(())
    }
}
