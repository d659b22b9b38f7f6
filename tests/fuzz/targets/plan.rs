//! Fuzzes `plan`.
#![no_main]

gotosync_fuzz::fuzz!(plan);
