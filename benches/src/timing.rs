//! Times of one run, taken so that their ratios mean something.

use std::time::{Duration, Instant};

/// What is measured, under one name.
pub struct Stage<'s> {
    /// What it is called.
    pub name: String,
    work: Box<dyn FnMut() -> Duration + 's>,
}

impl<'s> Stage<'s> {
    /// Measures what `work` does; what it returns is dropped outside of the measure.
    pub fn new<T>(name: impl Into<String>, mut work: impl FnMut() -> T + 's) -> Self {
        Self { name: name.into(), work: Box::new(move || since(&mut work)) }
    }

    /// Runs once.
    pub fn once(&mut self) -> Duration {
        (self.work)()
    }
}

impl std::fmt::Debug for Stage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stage({:?})", self.name)
    }
}

/// How long something takes, without dropping what it returns.
pub fn since<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let result = std::hint::black_box(work());
    let took = start.elapsed();
    drop(result);
    took
}

/// The medians of several stages that take turns, so that whatever slows the machine down for a while slows all of them.
pub fn median(stages: &mut [Stage<'_>], rounds: usize) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(rounds); stages.len()];
    // The first round warms caches up and is not counted.
    for round in 0..=rounds {
        for (stage, times) in stages.iter_mut().zip(&mut times) {
            let took = stage.once();
            if round > 0 {
                times.push(took);
            }
        }
    }
    times
        .into_iter()
        .map(|mut times| {
            times.sort();
            times[times.len() / 2]
        })
        .collect()
}
