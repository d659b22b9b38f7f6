//! Fuzzes `rules`.
#![no_main]

gotosync_fuzz::fuzz!(rules);
