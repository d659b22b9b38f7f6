//! What the core does not write as JSON itself.

use gotosync_core::model::Note;
use gotosync_core::{Error, Verdict};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::print;

/// Writes what `serde_json::to_string_pretty` gave, with a line end.
pub(crate) fn print_json(text: serde_json::Result<String>) -> Result<(), Failure> {
    // Nothing here can fail to be written but by a mistake in a type: then stdout shows as little as with a full disk.
    let text = text.map_err(std::io::Error::from)?;
    Ok(print(format_args!("{text}\n"))?)
}

/// Notes with their severity, which a reader would otherwise have to know by heart.
pub(crate) fn notes(notes: &[Note]) -> Value {
    notes
        .iter()
        .map(|note| {
            let (severity, kind) = (note.severity().as_str(), note.kind.as_str());
            json!({ "kind": kind, "severity": severity, "subject": note.subject, "evidence": note.evidence })
        })
        .collect()
}

/// What does not come out as an example says, as a note with its place, what was expected and what came.
pub(crate) fn example(error: &Error) -> Value {
    let mut note = json!({ "kind": "example", "severity": "stop", "subject": error.message() });
    note["evidence"] = json!(error.to_string());
    for (name, value) in error.context() {
        note[*name] = json!(value);
    }
    note
}

/// What stopped a plan, and whether it can be approved.
pub(crate) fn stopped(verdict: &Verdict, file: &std::path::Path) -> Value {
    json!({
        "plan": verdict.plan().id(),
        "file": file.display().to_string(),
        "approvable": verdict.approvable(),
        "notes": notes(&verdict.notes),
    })
}
