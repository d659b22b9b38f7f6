//! Fuzzes `csv`.
#![no_main]

gotosync_fuzz::fuzz!(csv);
