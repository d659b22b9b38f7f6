//! `gotosync quickstart`

use std::fmt::Write as _;
use std::path::Path;

use gotosync_core::{Error, ErrorKind, render};

use super::run_output::RunOutput;
use crate::cli::{Quickstart, Shape};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{print, say};
use crate::setup::{ConfigLocation, Setup, quoted};
use crate::signals;

mod example;

use example::Found;

/// Writes the example, unless the folder holds it already, and runs it.
pub(super) async fn quickstart(args: &Quickstart, given: &ConfigLocation) -> Result<Exit, Failure> {
    if given.is_named() {
        return Err(Error::new(ErrorKind::Input, "quickstart cannot use --config: it writes its own configuration")
            .hint("leave out --config; to run your own configuration, use `gotosync run`")
            .into());
    }
    let folder = args.folder.as_path();
    match example::look(folder)? {
        Found::Nothing => {
            example::write(folder)?;
            say(format_args!("wrote a directory export, rules, and an account into {}\n", folder.display()));
        }
        Found::Example => say(format_args!("{} holds an example already; running it unchanged\n", folder.display())),
    }
    let place = ConfigLocation::named(folder.join(example::CONFIG));
    let exit = go(&place).await?;
    say(next(folder, &place));
    Ok(exit)
}

/// Plans, checks, and applies, then plans again to show that nothing is left to do.
async fn go(place: &ConfigLocation) -> Result<Exit, Failure> {
    let Setup { config, engine, line, .. } = place.open("quickstart")?;
    let stop = signals::stop(&line);
    let mut output = RunOutput::new(Shape::TEXT);
    if let Some(report) = engine.resume(&stop).await? {
        line.clear();
        say("resumed an interrupted run:");
        let exit = output.resumed(&report)?;
        if stop.requested() {
            return Ok(exit);
        }
    }
    let plan = engine.plan().await?.plan;
    let verdict = engine.check(&plan, None);
    line.clear();
    print(render::plan(&plan, SHORT))?;
    if !verdict.passes() {
        return output.stopped(&verdict, &config.keep_plan(&plan)?, place);
    }
    print(render::verdict(&verdict, SHORT))?;
    if plan.is_empty() {
        return Ok(Exit::Done);
    }
    say("\napplying");
    let report = engine.apply(&plan, None, &stop).await?;
    line.clear();
    let exit = output.report(&report)?;
    if stop.requested() {
        return Ok(exit);
    }
    say("\nplanning again");
    let again = engine.plan().await?.plan;
    line.clear();
    print(render::plan(&again, SHORT))?;
    Ok(exit)
}

fn next(folder: &Path, place: &ConfigLocation) -> String {
    let lines = [
        ("explain one person", format!("explain {}", example::PERSON)),
        ("browse the directory tree", format!("browse {}", quoted(Path::new(example::PEOPLE)))),
        ("show pending changes", "plan".to_owned()),
        ("apply them", "apply".to_owned()),
        ("list all runs", "history".to_owned()),
    ];
    let rules = quoted(&folder.join(example::RULES));
    let mut text = format!("\ntry next (first edit {rules}, for example remove the exclusion of trainees):\n");
    for (what, rest) in lines {
        let _ = writeln!(text, "  # {what}\n  {}", place.command(&rest));
    }
    if built_here() {
        text.push_str("in this checkout, type `cargo run -q --bin gotosync --` instead of `gotosync`\n");
    }
    text
}

/// Returns `true` if the program runs from cargo's target folder, and so is probably not in the search path.
fn built_here() -> bool {
    std::env::current_exe().is_ok_and(|path| path.iter().any(|part| part == "target"))
}

const SHORT: render::Length = render::Length::Short(4);
