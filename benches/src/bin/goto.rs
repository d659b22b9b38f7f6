//! Prints the cost of a bulk run against GoTo, measured with the emulator at the documented rate limit: the number of calls relative
//! to the minimum, the share of the allowed rate that is used while users are created, the speed of the emulator without a limit,
//! and the emulator's share of the time of a read.
//!
//! With `--strict`, the exit code is 1 if a bar is missed. `GOTOSYNC_BENCH_MAX` is the number of people, default 24,998.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gotosync_core::apply::Stop;
use gotosync_core::model::{Account, License, Role, Status, User};
use gotosync_core::source::LdifSource;
use gotosync_core::state::MemoryState;
use gotosync_core::target::ProvisioningTarget;
use gotosync_core::target::goto::GotoOptions;
use gotosync_core::{Engine, Rules};
use gotosync_tests::Trouble;
use gotosync_tests::goto::{Call, Emulator, Operation, Probe, Served};
use gotosync_tests::people::export;

fn main() -> ExitCode {
    let people = env::var("GOTOSYNC_BENCH_MAX").ok().and_then(|max| max.parse().ok()).unwrap_or(PEOPLE);
    let strict = env::args().any(|argument| argument == "--strict");
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(measure(people)) {
        Ok(missed) if missed && strict => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Creates all users, with and without the rate limit.
async fn measure(people: usize) -> Result<bool, Trouble> {
    let (limited, _) = bulk(people, Some(LIMIT)).await?;
    let (_, free) = bulk(people, None).await?;
    let made: Vec<&Call> = of(&limited, Operation::CreateUsers).collect();
    let groups = of(&limited, Operation::Change).count();
    let fewest = 2 * (people / 2).div_ceil(BATCH);
    let pages = of(&limited, Operation::ListUsers).count();
    let refused = limited.iter().filter(|call| call.status == Some(429)).count();
    let (Some(first), Some(last)) = (made.first(), made.last()) else { return Err("no users were created".into()) };
    let took = last.at.checked_sub(first.at).unwrap_or_default();
    let rate = f64::from(made.len() as u32 - 1) / took.as_secs_f64();
    let share = rate / f64::from(LIMIT);
    println!("people                          {people}");
    println!("calls that create users         {}, minimum {fewest}", made.len());
    println!("calls that create groups        {groups}, minimum 1");
    println!("pages of users                  {pages}");
    println!("calls refused with 429          {refused}");
    println!(
        "creating users took             {:.1} s, {rate:.2} calls per second: {:.1} % of {LIMIT}",
        took.as_secs_f64(),
        share * 100.0
    );
    println!("total time without a limit      {:.1} s", free.as_secs_f64());
    let (own, read) = reads(people).await?;
    println!(
        "reading all users took          {:.2} s, of which the emulator took {:.2} s: {:.2}",
        read.as_secs_f64(),
        own.as_secs_f64(),
        own.as_secs_f64() / read.as_secs_f64()
    );
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for call in &limited {
        *kinds.entry(format!("{:?}", call.operation)).or_default() += 1;
    }
    println!("all calls                       {kinds:?}");
    let missed = made.len() > fewest || share < 0.95 || refused > 0 || free * 2 > took;
    println!(
        "{}",
        if missed {
            "MISSED a bar: minimum number of calls, 95 % of the rate, no 429, emulator at least twice as fast"
        } else {
            "all bars are met"
        }
    );
    Ok(missed)
}

/// Returns the time to fetch all pages of users without parsing them, and the time of a complete read by the client.
async fn reads(people: usize) -> Result<(Duration, Duration), Trouble> {
    let mut account = account(people);
    account.users.extend((0..people).map(|number| {
        let mut user = User::new(&format!("u{number}@example.test"), "Some", "Body");
        user.licenses = vec!["10".into()];
        Arc::new(user)
    }));
    let emulator = Arc::new(Emulator::options().account(account).per_second(None).start()?);
    let probe = Probe::bearer(&emulator.tokens().access);
    let list = format!("{}/accounts/1/users?pageSize=1000&offset=", emulator.urls().admin);
    let options = GotoOptions { per_second: None, visible_within: 0, ..GotoOptions::default() };
    let target = Served::at(&emulator, options)?;
    target.describe().await?;
    let (mut pages, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for offset in (0..=people).step_by(1000) {
            probe.get(&format!("{list}{offset}"))?;
        }
        pages.push(began.elapsed());
        let began = Instant::now();
        if target.read().await?.users.len() != people + 1 {
            return Err("some users were not read".into());
        }
        whole.push(began.elapsed());
    }
    Ok((middle(pages), middle(whole)))
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn of(calls: &[Call], operation: Operation) -> impl Iterator<Item = &Call> {
    calls.iter().filter(move |call| call.operation == operation)
}

/// Runs once and creates all users. Returns the calls, and the time of applying the plan.
async fn bulk(people: usize, limit: Option<u32>) -> Result<(Vec<Call>, Duration), Trouble> {
    let emulator = Arc::new(Emulator::options().account(account(people)).per_second(limit).start()?);
    let options = GotoOptions { per_second: limit.map(f64::from), visible_within: 0, ..GotoOptions::default() };
    let target = Served::at(&emulator, options)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("directory.ldif");
    fs::write(&file, export(people))?;
    let rules = Rules::parse(RULES, "rules.toml").map_err(gotosync_core::Error::from)?;
    let engine = Engine::new(LdifSource::open(&file), target, MemoryState::new(), rules);
    let plan = engine.plan().await?.plan;
    let began = Instant::now();
    let report = engine.apply(&plan, None, &Stop::new()).await?;
    let took = began.elapsed();
    if !report.all_done() || emulator.account().users.len() != people + 1 {
        return Err(format!("some users were not created: {:?}", report.counts()).into());
    }
    Ok((emulator.calls(), took))
}

fn account(people: usize) -> Account {
    let mut account = Account::empty("1", "Example");
    let mut admin = User::new("admin@example.test", "Ada", "Min");
    (admin.key, admin.role, admin.status) = (Some("7".into()), Role::Administrator, Status::Active);
    account.users.push(Arc::new(admin));
    account.licenses.push(License::new("10", "GoToMeeting", &["G2M"], people as u32));
    account.login = Some("7".into());
    account
}

const ROUNDS: usize = 5;
const PEOPLE: usize = 24_998;
const BATCH: usize = 100;
/// The rate limit that GoTo documents, in requests per second.
const LIMIT: u32 = 10;

const RULES: &str = r#"
[limits]
create = "unlimited"
emails = "unlimited"

[[rule]]
name = "Sales"
ou = "OU=Sales,DC=test"
products = ["GoToMeeting"]
user_group = "Sales"
create_user_group = true

[[rule]]
name = "IT"
ou = "OU=IT,DC=test"
products = ["GoToMeeting"]
"#;
