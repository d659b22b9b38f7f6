//! Reproducible mutations of bytes: the same seeds give the same mutations.

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// An endless iterator over mutations of the given bytes.
#[derive(Debug)]
pub struct Mutator<'s> {
    seeds: &'s [Vec<u8>],
    words: &'s [Vec<u8>],
    chance: TestRng,
}

impl<'s> Mutator<'s> {
    /// Creates a mutator from at least one seed and from dictionary words that are meaningful in the seeds' format.
    pub fn new(seeds: &'s [Vec<u8>], words: &'s [Vec<u8>]) -> Self {
        assert!(!seeds.is_empty(), "at least one seed is required");
        Self { seeds, words, chance: TestRng::deterministic_rng(RngAlgorithm::ChaCha) }
    }

    fn below(&mut self, end: usize) -> usize {
        self.chance.next_u32() as usize % end.max(1)
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..start + self.below((length - start).min(64) + 1)
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let place = self.range(bytes.len());
        match self.below(8) {
            0 => drop(bytes.drain(place)),
            1 => bytes.truncate(place.start),
            2 => {
                let copy = bytes[place.clone()].to_vec();
                let times = 1 + self.below(40);
                bytes.splice(place.end..place.end, copy.repeat(times));
            }
            3 => {
                let seeds = self.seeds;
                let other = &seeds[self.below(seeds.len())];
                let part = self.range(other.len());
                bytes.splice(place, other[part].iter().copied());
            }
            4 if place.start < bytes.len() => bytes[place.start] ^= 1 << self.below(8),
            5 if place.start < bytes.len() => bytes[place.start] = self.below(256) as u8,
            _ if !self.words.is_empty() => {
                let words = self.words;
                let word = &words[self.below(words.len())];
                let over = if self.below(2) == 0 { place.start..place.start } else { place };
                bytes.splice(over, word.iter().copied());
            }
            _ => bytes.push(self.below(256) as u8),
        }
    }
}

impl Iterator for Mutator<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let seed = self.below(self.seeds.len());
        let mut bytes = self.seeds[seed].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut bytes);
        }
        bytes.truncate(LONGEST);
        Some(bytes)
    }
}

/// Parses a libFuzzer dictionary: one word per line in quotes, with `\xAB` for a byte.
///
/// # Errors
/// Returns the first line that is not a dictionary word.
pub fn words(dictionary: &str) -> Result<Vec<Vec<u8>>, String> {
    let lines = dictionary.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| word(line).ok_or_else(|| format!("invalid dictionary word: {line}"))).collect()
}

fn word(line: &str) -> Option<Vec<u8>> {
    let mut rest = line.strip_prefix('"')?.strip_suffix('"')?.as_bytes();
    let mut word = Vec::new();
    loop {
        rest = match rest {
            [] => return Some(word),
            [b'\\', b'x', high, low, rest @ ..] => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                word.push((digit(high)? * 16 + digit(low)?) as u8);
                rest
            }
            [b'\\', byte @ (b'\\' | b'"'), rest @ ..] => {
                word.push(*byte);
                rest
            }
            [b'\\' | b'"', ..] => return None,
            [byte, rest @ ..] => {
                word.push(*byte);
                rest
            }
        };
    }
}

const LONGEST: usize = 16_384;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_dictionary_like_libfuzzer() {
        let text = "# names\n\"dn: \"\n\n\"\\x0a\\\"\\\\\"\n";
        assert_eq!(words(text), Ok(vec![b"dn: ".to_vec(), b"\n\"\\".to_vec()]));
        for wrong in ["dn", "\"", "\"\\n\"", "\"a\"b\""] {
            assert!(words(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn mutations_are_reproducible_and_varied() {
        let seeds = [b"(&(cn=a)(sn=b))".to_vec(), b"(mail=*)".to_vec()];
        let drawn = || Mutator::new(&seeds, &seeds).take(100).collect::<Vec<_>>();
        assert_eq!(drawn(), drawn());
        let mut different = drawn();
        different.sort();
        different.dedup();
        assert!(different.len() > 80, "{}", different.len());
    }
}
