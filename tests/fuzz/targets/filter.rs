//! Fuzzes `filter`.
#![no_main]

gotosync_fuzz::fuzz!(filter);
