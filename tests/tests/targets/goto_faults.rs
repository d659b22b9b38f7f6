//! Every fault at every stage of a run against GoTo: no user is lost, duplicated, or wrongly changed, the report is
//! correct, and the next run ends with nothing to do.

mod truth;
mod world;

use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use gotosync_tests::goto::{Again, Fault, FaultKind, Operation, Shift};
use world::{NONE, Stage, World};

/// Every fault with its name in the table.
const KINDS: [(&str, FaultKind); 21] = [
    ("429", FaultKind::TooMany(Again::Unsaid)),
    ("429, Retry-After in seconds", FaultKind::TooMany(Again::Seconds(1))),
    ("429, Retry-After as a date", FaultKind::TooMany(Again::Date(1))),
    ("500", FaultKind::Status(500)),
    ("502", FaultKind::Status(502)),
    ("504", FaultKind::Status(504)),
    ("502 with a web page", FaultKind::Html(502)),
    ("200 with a web page", FaultKind::Html(200)),
    ("reset before the effect", FaultKind::ResetBefore),
    ("reset after the effect", FaultKind::ResetAfter),
    ("slow bytes", FaultKind::Slow(1)),
    ("bytes too slow", FaultKind::Slow(400)),
    ("truncated", FaultKind::Truncated),
    ("oversized", FaultKind::Oversized(3 << 20)),
    ("shifts: a row more", FaultKind::Shift(Shift::Added)),
    ("shifts: a row less", FaultKind::Shift(Shift::Removed)),
    ("shifts: one for another", FaultKind::Shift(Shift::Swapped)),
    ("a page lost", FaultKind::PageLost),
    ("not seen at once", FaultKind::Hidden(4)),
    ("seats taken meanwhile", FaultKind::SeatsTaken),
    ("token expired", FaultKind::Expired),
];

/// The number of occurrences of a fault: once, or more often than any call is retried.
const TIMES: [(&str, usize); 2] = [("once", 1), ("for long", 40)];

#[test]
fn every_fault_at_every_stage_ends_well() {
    let mut cells = Vec::new();
    for (name, kind) in KINDS.into_iter().chain([("token revoked", FaultKind::Revoked)]) {
        for (often, times) in TIMES {
            // Pauses that the service requests are respected, so forty of them would take too long.
            if matches!(kind, FaultKind::TooMany(Again::Seconds(_) | Again::Date(_))) && times > 1 {
                continue;
            }
            for stage in Stage::ALL {
                cells.push((name, often, kind, times, stage));
            }
        }
    }
    let (next, told) = (AtomicUsize::new(0), Mutex::new(vec![None; cells.len()]));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                while let Some((name, often, kind, times, stage)) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let fault = Fault::on(stage.operation(), *kind);
                    // A list shifts between two pages, so the fault must not occur before the first page.
                    let fault = match kind {
                        FaultKind::Shift(_) | FaultKind::PageLost if *times == 1 && *stage == Stage::Read => {
                            fault.nth(2)
                        }
                        _ => fault.first(*times),
                    };
                    // A user who is invisible for some reads is invisible to the next run, too.
                    let most = if let FaultKind::Hidden(_) = kind { 2 } else { 1 };
                    let cell = runtime.block_on(cell(*stage, fault, most));
                    let at = cells.iter().position(|own| (own.0, own.1, own.4) == (*name, *often, *stage));
                    told.lock().unwrap()[at.unwrap()] = Some(cell);
                }
            });
        }
    });
    let told: Vec<Result<String, String>> = told.into_inner().unwrap().into_iter().map(Option::unwrap).collect();
    let (mut table, mut broken) = (String::new(), Vec::new());
    let _ = write!(table, "{:38}", "");
    for stage in Stage::ALL {
        let _ = write!(table, "{:22}", stage.name());
    }
    for (row, cells) in cells.chunks(Stage::ALL.len()).enumerate() {
        let _ = write!(table, "\n{:38}", format!("{}, {}", cells[0].0, cells[0].1));
        for (column, (name, often, _, _, stage)) in cells.iter().enumerate() {
            match &told[row * Stage::ALL.len() + column] {
                Ok(told) => {
                    let _ = write!(table, "{told:22}");
                }
                Err(problem) => {
                    let _ = write!(table, "{:22}", "BROKEN");
                    broken.push(format!("{name}, {often}, {}: {problem}", stage.name()));
                }
            }
        }
    }
    println!(
        "The result of the run with the fault, and the number of further runs until there was nothing to do:\n{table}"
    );
    assert!(broken.is_empty(), "{}\n{table}", broken.join("\n"));
}

/// Tests one cell of the table: a run with a fault, the correctness of its report, and at most `most` further runs
/// until there is nothing to do.
async fn cell(stage: Stage, fault: Fault, most: usize) -> Result<String, String> {
    let world = World::before(stage).await?;
    let told = world.run_under(fault).await?;
    let runs = world.recover().await?;
    world.check_end()?;
    if runs > most {
        return Err(format!("{told}, but {runs} runs until there was nothing to do"));
    }
    Ok(format!("{told}, {runs}"))
}

/// A fault that does not occur has no effect. This shows that the stages work and that the table is not empty by
/// mistake.
#[tokio::test]
async fn without_faults_every_stage_succeeds_at_once() {
    for stage in Stage::ALL {
        let fault = Fault::on(Operation::Unknown, NONE);
        assert_eq!(cell(stage, fault, 0).await.unwrap(), "done, 0", "{}", stage.name());
    }
}

// Cells spend most of their time waiting for slow responses and between attempts.
const THREADS: usize = 6;
