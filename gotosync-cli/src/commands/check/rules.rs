//! `gotosync check --rules`

use std::fmt::{self, Display};

use gotosync_core::model::Severity;
use gotosync_core::model::text::count;
use gotosync_core::rules::{Finding, lint};
use serde_json::json;

use crate::commands::rule::look;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::{print, say};
use crate::setup::ConfigLocation;

/// Prints the problems of the rules, as far as the directory and the account can be read.
pub(super) async fn check(json: bool, place: &ConfigLocation) -> Result<Exit, Failure> {
    let config = place.load()?;
    // `rules_file` treats a missing file as a file without rules. For a check, a missing file is an error.
    config.rules()?;
    let file = config.rules_file()?;
    let rules = file.rules()?;
    let seen = look::everything(&config, &rules).await;
    let findings = lint(&file, seen.directory(), seen.account())?;
    let warnings = findings.iter().filter(|finding| finding.severity() >= Severity::Warning).count();
    let unverified: Vec<String> = seen.problems().map(ToString::to_string).collect();
    if json {
        let findings: Vec<_> = findings.iter().map(value).collect();
        json::print_json(serde_json::to_string_pretty(&json!({ "findings": findings, "unverified": unverified })))?;
    } else {
        print(Listing { findings: &findings, file: file.file() })?;
    }
    for problem in &unverified {
        say(format_args!("note: some names could not be looked up: {problem}"));
    }
    say(match (findings.len(), warnings) {
        (0, _) => "no problems found in the rules".to_owned(),
        (all, 0) => format!("{}, no warnings", count(all, "finding", "findings")),
        (all, warnings) => {
            format!("{}, {}", count(all, "finding", "findings"), count(warnings, "warning", "warnings"))
        }
    });
    Ok(if warnings == 0 { Exit::Done } else { Exit::Stopped })
}

fn value(finding: &Finding) -> serde_json::Value {
    let mut value = json!(finding);
    value["severity"] = json!(finding.severity());
    value
}

struct Listing<'f> {
    findings: &'f [Finding],
    file: &'f str,
}

impl Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in self.findings {
            writeln!(f, "{finding}")?;
            if let Some(line) = finding.line {
                writeln!(f, "  --> {}:{line}", self.file)?;
            }
            writeln!(f, "  help: {}", finding.hint)?;
        }
        Ok(())
    }
}
