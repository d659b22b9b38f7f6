//! `gotosync history`

use std::fmt::{self, Display};

use gotosync_core::state::RunRecord;

use crate::cli::History;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::{print, say};
use crate::setup::ConfigLocation;

/// Lists the latest runs.
pub(super) async fn history(args: &History, place: &ConfigLocation) -> Result<Exit, Failure> {
    let runs = place.load()?.history(args.limit).await?;
    if args.json.json {
        json::print_json(serde_json::to_string_pretty(&runs))?;
    } else if runs.is_empty() {
        say("no runs yet");
    } else {
        print(Listing(&runs))?;
    }
    Ok(Exit::Done)
}

/// Runs as a table. The line below a run is the reason why it stopped or failed.
struct Listing<'r>(&'r [RunRecord]);

impl Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<20}  {:<20}  {:<11}  {:<16}  steps", "started (UTC)", "command", "ending", "plan")?;
        for run in self.0 {
            let started = run.started.strftime("%Y-%m-%d %H:%M:%S").to_string();
            let plan = run.plan.as_ref().map_or("-", |plan| plan.as_str());
            let counts: Vec<String> =
                run.outcomes.iter().map(|(outcome, number)| format!("{number} {outcome}")).collect();
            let counts = if counts.is_empty() { "-".to_owned() } else { counts.join(", ") };
            writeln!(f, "{started:<20}  {:<20}  {:<11}  {plan:<16}  {counts}", run.command, run.ending.as_str())?;
            if let Some(reason) = &run.reason {
                writeln!(f, "    {reason}")?;
            }
        }
        Ok(())
    }
}
