//! Benchmarks of single stages, for comparing versions of the code.

use std::env;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gotosync_benches::{Case, Corpus, Export, Packing, Situation, expressions, rules, since};

fn ldif(criterion: &mut Criterion) {
    if most() < OFFICE {
        return;
    }
    let mut group = criterion.benchmark_group("ldif/read");
    group.sample_size(10).throughput(Throughput::Elements(OFFICE as u64));
    let request = rules().request();
    for (name, packing) in [("25k", Packing::Plain), ("25k-gz", Packing::Gzip)] {
        let export = Export::new(&Corpus::new(OFFICE), packing).expect("a folder for an export");
        group.bench_function(name, |bencher| bencher.iter_custom(|rounds| total(rounds, || export.read(&request))));
    }
}

fn plan(criterion: &mut Criterion) {
    for situation in Situation::ALL {
        let mut group = criterion.benchmark_group(format!("plan/{}", situation.as_str()));
        for (name, people) in [("1k", 1_000), ("25k", OFFICE), ("100k", 100_000), ("1M", 1_000_000)] {
            if people > most() {
                continue;
            }
            group.sample_size(if people > 1_000 { 10 } else { 50 }).throughput(Throughput::Elements(people as u64));
            // Create the case only if the benchmark is not filtered out, and drop it before the next one.
            let mut case = None;
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                let case = case.get_or_insert_with(|| {
                    Case::new(Corpus::new(people).directory(&rules().request().attributes), rules(), situation)
                });
                bencher.iter_custom(|rounds| total(rounds, || case.run()));
            });
        }
    }
}

fn plan_expressions(criterion: &mut Criterion) {
    if most() < OFFICE {
        return;
    }
    let mut group = criterion.benchmark_group("plan/expressions");
    group.sample_size(10).throughput(Throughput::Elements(OFFICE as u64));
    let directory = Corpus::new(OFFICE).directory(&expressions().request().attributes);
    let case = Case::new(directory, expressions(), Situation::Steady);
    group.bench_function("25k", |bencher| bencher.iter_custom(|rounds| total(rounds, || case.run())));
}

/// Returns the total time of several rounds. Excludes the time to drop results, because the program only drops them at its end.
fn total<T>(rounds: u64, mut work: impl FnMut() -> T) -> Duration {
    (0..rounds).map(|_| since(&mut work)).sum()
}

/// Returns the maximum number of people in a case.
fn most() -> usize {
    env::var("GOTOSYNC_BENCH_MAX").ok().and_then(|max| max.parse().ok()).unwrap_or(1_000_000)
}

const OFFICE: usize = 25_000;

criterion_group!(benches, ldif, plan, plan_expressions);
criterion_main!(benches);
