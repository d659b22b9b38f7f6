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

/// Writes the example, or takes the one that is there, and runs it.
pub(super) async fn quickstart(args: &Quickstart, given: &ConfigLocation) -> Result<Exit, Failure> {
    if given.is_named() {
        return Err(Error::new(ErrorKind::Input, "quickstart writes a configuration of its own")
            .hint("leave out --config; to run the one you have: `gotosync run`")
            .into());
    }
    let folder = args.folder.as_path();
    match example::look(folder)? {
        Found::Nothing => {
            example::write(folder)?;
            say(format_args!("wrote a directory export, rules and an account into {}\n", folder.display()));
        }
        Found::Example => say(format_args!("{} holds an example already: it is run as it is\n", folder.display())),
    }
    let place = ConfigLocation::named(folder.join(example::CONFIG));
    let exit = go(&place).await?;
    say(next(folder, &place));
    Ok(exit)
}

/// Plans, checks and applies, and shows that nothing is left to do.
async fn go(place: &ConfigLocation) -> Result<Exit, Failure> {
    let Setup { config, engine, line, .. } = place.open("quickstart")?;
    let stop = signals::stop(&line);
    let mut told = RunOutput::new(Shape::TEXT);
    if let Some(report) = engine.resume(&stop).await? {
        line.clear();
        say("an interrupted run was resumed:");
        let exit = told.resumed(&report)?;
        if stop.requested() {
            return Ok(exit);
        }
    }
    let plan = engine.plan().await?.plan;
    let verdict = engine.check(&plan, None);
    line.clear();
    print(render::plan(&plan, SHORT))?;
    if !verdict.passes() {
        return told.stopped(&verdict, &config.keep_plan(&plan)?, place);
    }
    print(render::verdict(&verdict, SHORT))?;
    if plan.is_empty() {
        return Ok(Exit::Done);
    }
    say("\napplying");
    let report = engine.apply(&plan, None, &stop).await?;
    line.clear();
    let exit = told.report(&report)?;
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
        ("one person, from the directory to the user", format!("explain {}", example::PERSON)),
        ("the tree of the directory", format!("browse {}", quoted(Path::new(example::PEOPLE)))),
        ("what would be done now", "plan".to_owned()),
        ("do it", "apply".to_owned()),
        ("every run so far", "history".to_owned()),
    ];
    let rules = quoted(&folder.join(example::RULES));
    let mut text = format!("\ntry next (edit {rules} first, for instance its exclusion of trainees):\n");
    for (what, rest) in lines {
        let _ = writeln!(text, "  # {what}\n  {}", place.command(&rest));
    }
    if built_here() {
        text.push_str("from this checkout, `cargo run -q --bin gotosync --` stands for `gotosync`\n");
    }
    text
}

/// Says whether the program lies where cargo builds it, and so in no search path.
fn built_here() -> bool {
    std::env::current_exe().is_ok_and(|path| path.iter().any(|part| part == "target"))
}

const SHORT: render::Length = render::Length::Short(4);
