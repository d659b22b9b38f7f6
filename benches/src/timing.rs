//! Measures several stages in one run, so that their ratios are meaningful.

use std::time::{Duration, Instant};

/// A stage to measure.
pub struct Stage<'s> {
    /// The name.
    pub name: String,
    work: Box<dyn FnMut() -> Duration + 's>,
}

impl<'s> Stage<'s> {
    /// Creates a stage that measures `work`, without the time to drop its result.
    pub fn new<T>(name: impl Into<String>, mut work: impl FnMut() -> T + 's) -> Self {
        Self { name: name.into(), work: Box::new(move || since(&mut work)) }
    }

    /// Runs the stage once, and returns its time.
    pub fn once(&mut self) -> Duration {
        (self.work)()
    }
}

impl std::fmt::Debug for Stage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stage({:?})", self.name)
    }
}

/// Returns the time of `work`, without the time to drop its result.
pub fn since<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let result = std::hint::black_box(work());
    let took = start.elapsed();
    drop(result);
    took
}

/// Returns the median times of several stages. The stages take turns, so that a temporary slowdown of the machine affects all.
pub fn median(stages: &mut [Stage<'_>], rounds: usize) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(rounds); stages.len()];
    // The first round warms up caches and is not counted.
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
