//! The shared parts of the fuzz targets: a memory limit and the connection from libFuzzer to an entry point.

use std::alloc::System;

use cap::Cap;

/// Enforces the memory limit: beyond it, an allocation fails and ends the process, which the fuzzer reports as a
/// finding.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, LIMIT);

/// Connects libFuzzer to a function of `gotosync_tests::fuzz`.
#[macro_export]
macro_rules! fuzz {
    ($entrance:ident) => {
        ::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ::gotosync_tests::fuzz::$entrance(bytes));
    };
}

/// The maximum amount of memory in use, in bytes.
const LIMIT: usize = 192 << 20;
