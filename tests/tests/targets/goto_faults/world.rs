//! An account at the emulator, a directory, and runs between them.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gotosync_core::apply::Stop;
use gotosync_core::http::{HttpOptions, Patience, Timeouts};
use gotosync_core::model::{
    Account, Directory, DirectoryBuilder, Dn, License, PersonEntry, PersonId, Role, Status, UnitKind, User, UserKey,
};
use gotosync_core::source::MemorySource;
use gotosync_core::state::MemoryState;
use gotosync_core::target::goto::GotoOptions;
use gotosync_core::{Engine, Report, Rules};
use gotosync_tests::goto::{Emulator, Fault, FaultKind, Operation, Served, Shift};
use jiff::{SignedDuration, Timestamp};

use super::truth;

/// The stage of a run at which the fault occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    SignIn,
    Read,
    Create,
    Update,
    Suspend,
    Delete,
}

impl Stage {
    pub(crate) const ALL: [Self; 6] =
        [Self::SignIn, Self::Read, Self::Create, Self::Update, Self::Suspend, Self::Delete];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign in",
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Suspend => "suspend",
            Self::Delete => "delete",
        }
    }

    /// Returns the requests in which the fault occurs.
    pub(crate) fn operation(self) -> Operation {
        match self {
            Self::SignIn => Operation::Token,
            Self::Read => Operation::ListUsers,
            Self::Create => Operation::CreateUsers,
            Self::Update | Self::Suspend => Operation::ChangeUser,
            Self::Delete => Operation::DeleteUser,
        }
    }
}

/// The people of the directory, as numbers and last names.
type People = Vec<(usize, &'static str)>;

/// The result of a run.
enum Run {
    /// There was nothing to do.
    Nothing,
    /// The account read was partial, so nothing was changed.
    LeftAlone,
    /// The run was applied and has a report.
    Applied(Box<Report>),
}

pub(crate) struct World {
    pub(crate) emulator: Arc<Emulator>,
    source: Arc<MemorySource>,
    state: MemoryState,
    /// The number of days that have passed.
    day: AtomicI64,
    /// The directory now.
    pub(crate) people: People,
    pub(crate) before: People,
    /// The people who lose access or are deleted in the run with the fault.
    pub(crate) leaving: Vec<usize>,
    /// `true` if leavers are deleted.
    deletes: bool,
    /// The account before the run with the fault.
    pub(crate) began: Mutex<Account>,
}

impl World {
    /// Creates a world whose next run exercises a stage, after successful runs.
    pub(crate) async fn before(stage: Stage) -> Result<Self, String> {
        let emulator = Emulator::options().account(account()).per_second(None).start().map_err(|e| e.to_string())?;
        let first: People = (0..14).map(|number| (number, "Lee")).collect();
        let mut world = Self {
            emulator: Arc::new(emulator),
            source: Arc::new(MemorySource::new(directory(&first))),
            state: MemoryState::new(),
            day: AtomicI64::new(0),
            people: first.clone(),
            before: first,
            leaving: Vec::new(),
            deletes: false,
            began: Mutex::new(account()),
        };
        let renamed = |people: People| -> People {
            people.into_iter().map(|(number, name)| (number, if number < 8 { "Berg" } else { name })).collect()
        };
        match stage {
            Stage::SignIn | Stage::Read => {
                world.well().await?;
                // A mix of changes: four people are renamed, three leave, and four are new.
                world.leaving = vec![11, 12, 13];
                let stay = renamed(world.before.clone()).into_iter().filter(|(number, _)| *number < 11);
                world.people = stay.chain((14..18).map(|number| (number, "Lee"))).collect();
            }
            Stage::Create => {
                world.before = world.people.iter().copied().filter(|(number, _)| *number < 2).collect();
                world.source.set(directory(&world.before));
                world.well().await?;
            }
            Stage::Update => {
                world.well().await?;
                world.people = renamed(world.before.clone());
            }
            Stage::Suspend | Stage::Delete => {
                world.well().await?;
                world.leaving = vec![9, 10, 11, 12];
                world.people.retain(|(number, _)| !(9..13).contains(number));
                if stage == Stage::Delete {
                    world.source.set(directory(&world.people));
                    // The people are suspended, and one more read on the same day misses them.
                    world.deletes = true;
                    world.run().await?;
                    world.run().await?;
                    world.before = world.people.clone();
                    world.day.fetch_add(10, Ordering::Relaxed);
                }
            }
        }
        world.source.set(directory(&world.people));
        world.emulator.forget_calls();
        *world.began.lock().unwrap() = world.emulator.account();
        Ok(world)
    }

    /// Returns an engine with a new client, like that of a new process.
    fn engine(&self) -> Result<Engine, String> {
        let options =
            GotoOptions { per_second: None, visible_within: 0, page_size: 7, batch: 5, ..GotoOptions::default() };
        let http = HttpOptions {
            patience: Patience { attempts: 4, first: Duration::from_millis(10), ..Patience::default() },
            timeouts: Timeouts { total: Duration::from_millis(1500), ..Timeouts::default() },
            largest_answer: 2 << 20,
            ..HttpOptions::default()
        };
        let target = Served::by(&self.emulator, options, http, |_| {}).map_err(|error| error.to_string())?;
        let leavers = if self.deletes { DELETED } else { "leavers = 'suspend'" };
        let rules = Rules::parse(&format!("{leavers}\n{RULES}"), "rules.toml").map_err(|error| format!("{error:?}"))?;
        let now =
            START.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * self.day.load(Ordering::Relaxed));
        Ok(Engine::new(Arc::clone(&self.source), target, self.state.clone(), rules).clock(move || now))
    }

    /// Plans and applies with approval.
    async fn run(&self) -> Result<Run, String> {
        let engine = self.engine()?;
        let told = |error: gotosync_core::Error| format!("{error:?}");
        engine.resume(&Stop::new()).await.map_err(told)?;
        let plan = engine.plan().await.map_err(told)?.plan;
        if plan.is_empty() && !plan.basis().account.completeness.is_complete() {
            return Ok(Run::LeftAlone);
        }
        // Empty plans are applied, too, because that stores the complete read.
        let report = engine.apply(&plan, Some(plan.id()), &Stop::new()).await.map_err(told)?;
        Ok(if plan.is_empty() { Run::Nothing } else { Run::Applied(Box::new(report)) })
    }

    /// Runs without faults until there is nothing to do.
    async fn well(&self) -> Result<(), String> {
        for _ in 0..3 {
            match self.run().await? {
                Run::Nothing => return Ok(()),
                Run::Applied(report) if report.all_done() => self.day.fetch_add(1, Ordering::Relaxed),
                Run::Applied(report) => return Err(format!("without a fault: {:?}", report.lines)),
                Run::LeftAlone => return Err("without a fault, the account read was partial".to_owned()),
            };
        }
        Err("without a fault, there is still something to do".to_owned())
    }

    /// Runs with a fault, checks the report, and returns a short summary.
    pub(crate) async fn run_under(&self, fault: Fault) -> Result<String, String> {
        let strikes = fault != Fault::on(Operation::Unknown, NONE);
        self.emulator.fault(fault);
        let ended = self.run().await;
        self.emulator.heal();
        if (self.emulator.struck() > 0) != strikes {
            return Err("the fault did not occur".to_owned());
        }
        truth::only_leavers_lost_something(self)?;
        match ended {
            Ok(Run::Applied(report)) => truth::told(self, &report),
            Ok(Run::LeftAlone) => Ok("left alone".to_owned()),
            Ok(Run::Nothing) => Err("there was nothing to do".to_owned()),
            Err(_) => Ok("refused".to_owned()),
        }
    }

    /// Runs until there is nothing to do, and returns the number of runs with steps.
    pub(crate) async fn recover(&self) -> Result<usize, String> {
        // An admin buys more seats, and people who were set aside are retried.
        self.emulator.edit(|account| account.licenses.iter_mut().for_each(|license| license.seats = SEATS));
        for runs in 0..6 {
            self.day.fetch_add(2, Ordering::Relaxed);
            let report = self.run().await.map_err(|error| format!("after the fault: {error}"))?;
            truth::only_leavers_lost_something(self)?;
            match report {
                Run::Nothing => return Ok(runs),
                Run::Applied(report) => drop(truth::told(self, &report)?),
                Run::LeftAlone => {}
            }
        }
        Err("after the fault, there is still something to do".to_owned())
    }

    /// Checks that the account ends as it would without the fault.
    pub(crate) fn check_end(&self) -> Result<(), String> {
        truth::all_is_as_wanted(self)
    }
}

/// Returns the number of a person in the directory by address.
pub(crate) fn number_of(email: &str) -> Option<usize> {
    email.strip_prefix('u')?.split('@').next()?.parse().ok()
}

pub(crate) fn address(number: usize) -> String {
    format!("u{number}@example.test")
}

fn directory(people: &[(usize, &'static str)]) -> Directory {
    let mut builder = DirectoryBuilder::new();
    let [mail, first, last] = ["mail", "givenName", "sn"].map(|name| builder.attribute(name));
    for (number, name) in people {
        let dn = Dn::parse(&format!("CN=p{number},OU=A,DC=x")).unwrap();
        let entry = PersonEntry::new(PersonId::parse(&format!("p{number}")), dn);
        builder.person(entry.with(mail, address(*number)).with(first, "Ann").with(last, *name));
    }
    builder.unit("OU=A,DC=x", UnitKind::Unit);
    builder.build().unwrap()
}

/// Returns an account with an administrator, seven unmanaged users with a product, and four managed users.
fn account() -> Account {
    let mut account = Account::empty("1", "World");
    account.licenses.push(License::new("10", "GoToMeeting", &["G2M"], SEATS));
    let mut put = |key: usize, email: String, role: Role, licensed: bool| {
        let mut user = User::new(&email, "Some", "Body");
        user.key = Some(UserKey::new(key.to_string()));
        user.licenses = if licensed { vec!["10".into()] } else { Vec::new() };
        user.status = if user.licenses.is_empty() && role.is_member() { Status::Suspended } else { Status::Active };
        user.role = role;
        account.users.push(Arc::new(user));
    };
    put(1, "root@example.test".to_owned(), Role::Administrator, false);
    (0..7).for_each(|number| put(10 + number, format!("other{number}@example.test"), Role::Member, true));
    (0..4)
        .for_each(|number| put(30 + number, format!("{}{number}@example.test", Shift::PASSER_BY), Role::Member, false));
    account.login = Some("1".into());
    account
}

const DELETED: &str = "leavers = { first = 'suspend', delete_after_days = 1, delete_after_reads = 1 }";
const RULES: &str = "
[[rule]]
name = 'A'
ou = 'OU=A,DC=x'
products = ['GoToMeeting']
";
/// A fault for a path that is never requested.
pub(crate) const NONE: FaultKind = FaultKind::Status(500);
const START: &str = "2026-11-22T09:00:00Z";
const SEATS: u32 = 60;
