//! Scenarios: a folder is a test.
//!
//! | file | what it is |
//! |---|---|
//! | `about.txt` | one sentence on what the folder shows |
//! | `directory.ldif` | the directory |
//! | `rules.toml` | the rules |
//! | `before.json` | the account before |
//! | `memory.json` | what is remembered of earlier runs; nothing, if there is no such file |
//! | `settings.json` | the clock, an approval, and what else is not as usual; see [`Settings`] |
//! | `plan.txt`, `report.txt`, `after.json` | what must come out: the plan with its verdict, the report, the account |
//!
//! A second run, and a third, are described by `directory.2.ldif`, `rules.2.toml`, `settings.2.json` and `edit.2.json` (what
//! an admin changes in the account by hand between two runs; see [`edit`]), and come to `plan.2.txt`, `report.2.txt` and
//! `after.2.json`. There are as many runs as the highest number in a name; a directory or rules that are not given again
//! stay, settings do not. Account and memory carry over.
//!
//! The same folders are held by [`Live`] directories, from which the same plans must come.
//!
//! **Law one** is asked after every run that was applied: planning again is empty, and the account that is read equals the
//! one that was desired. Where a scenario is about the opposite, its settings say why; then the opposite must hold.

mod edit;
mod folder;
mod golden;
mod live;
mod run;

pub use edit::edit;
pub use folder::{Run, Scenario, Settings};
pub use golden::{Golden, compare};
pub use live::Live;
pub use run::{Home, Open, Order, Printed, export, run, run_on};
