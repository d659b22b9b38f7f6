//! Reproducible random numbers.

use std::collections::BTreeSet;

/// `SplitMix64` (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// Creates a generator for one subject of a seed.
    pub(super) fn new(seed: u64, subject: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ subject.wrapping_mul(0xd134_2543_de82_ef95))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`, which must not be 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() >> 11) as usize % end
    }

    /// Returns `true` with a probability of `share` %.
    pub(super) fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// Returns `count` different numbers below `end` in ascending order, or all of them if there are fewer.
    pub(super) fn some(&mut self, count: usize, end: usize) -> Vec<usize> {
        let mut chosen = BTreeSet::new();
        if count < end / 4 {
            while chosen.len() < count {
                chosen.insert(self.below(end));
            }
        } else {
            // Each number is selected with a probability of (numbers still needed) / (numbers still left): Knuth's
            // algorithm S.
            let wanted = count.min(end);
            for at in 0..end {
                if self.below(end - at) < wanted - chosen.len() {
                    chosen.insert(at);
                }
            }
        }
        chosen.into_iter().collect()
    }
}
