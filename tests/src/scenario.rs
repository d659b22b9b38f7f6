//! Scenarios: each folder is one test.
//!
//! | file | content |
//! |---|---|
//! | `about.txt` | one sentence about the behavior that the folder shows |
//! | `directory.ldif` | the directory |
//! | `rules.toml` | the rules |
//! | `before.json` | the account before the first run |
//! | `memory.json` | the stored state of earlier runs; empty if the file is missing |
//! | `settings.json` | the clock, an approval, and other settings that differ from the defaults; see [`Settings`] |
//! | `plan.txt`, `report.txt`, `after.json` | the expected output: the plan with its verdict, the report, the account |
//!
//! `directory.2.ldif`, `rules.2.toml`, `settings.2.json`, and `edit.2.json` describe a second run, and so on;
//! `edit.2.json` contains the changes that an admin makes to the account by hand between two runs (see [`edit`]). The
//! expected output is in `plan.2.txt`, `report.2.txt`, and `after.2.json`. The highest number in a file name is the
//! number of runs. A run without its own directory or rules uses those of the run before; settings are not inherited.
//! The account and the state carry over.
//!
//! [`Live`] directories load the same folders and must give the same plans.
//!
//! Every applied run is checked for the **first law**: planning again gives an empty plan, and the account equals the
//! desired account. If a scenario is about an exception, its settings state the reason, and then the exception must
//! occur.

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
