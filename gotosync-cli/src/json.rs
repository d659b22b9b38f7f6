//! JSON output for types that the core does not serialize itself.

use gotosync_core::model::Note;
use gotosync_core::{Error, Verdict};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::print;

/// Prints the result of `serde_json::to_string_pretty`, with a line break at the end.
pub(crate) fn print_json(text: serde_json::Result<String>) -> Result<(), Failure> {
    // Serialization fails only if a type has a bug. Report it like a failed write to stdout.
    let text = text.map_err(std::io::Error::from)?;
    Ok(print(format_args!("{text}\n"))?)
}

/// Returns notes as JSON with their severity, which the JSON of the core leaves out.
pub(crate) fn notes(notes: &[Note]) -> Value {
    notes
        .iter()
        .map(|note| {
            let (severity, kind) = (note.severity().as_str(), note.kind.as_str());
            json!({ "kind": kind, "severity": severity, "subject": note.subject, "evidence": note.evidence })
        })
        .collect()
}

/// Returns a failed example as a note in JSON, with its location, and the expected and actual values.
pub(crate) fn example(error: &Error) -> Value {
    let mut note = json!({ "kind": "example", "severity": "stop", "subject": error.message() });
    note["evidence"] = json!(error.to_string());
    for (name, value) in error.context() {
        note[*name] = json!(value);
    }
    note
}

/// Returns the notes that stopped a plan as JSON, and whether an admin can approve it.
pub(crate) fn stopped(verdict: &Verdict, file: &std::path::Path) -> Value {
    json!({
        "plan": verdict.plan().id(),
        "file": file.display().to_string(),
        "approvable": verdict.approvable(),
        "notes": notes(&verdict.notes),
    })
}
