//! What every fuzzed binary of this folder shares: a bound on memory, and the way from a fuzzer to an entrance.

use std::alloc::System;

use cap::Cap;

/// Turns what takes too much memory into a finding: beyond the limit an allocation fails, and that ends the process.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, LIMIT);

/// Lets libFuzzer call one function of `gotosync_tests::fuzz`.
#[macro_export]
macro_rules! fuzz {
    ($entrance:ident) => {
        ::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ::gotosync_tests::fuzz::$entrance(bytes));
    };
}

/// The most memory that may be in use at any time, in bytes.
const LIMIT: usize = 192 << 20;
