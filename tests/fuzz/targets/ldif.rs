//! Fuzzes `ldif`.
#![no_main]

gotosync_fuzz::fuzz!(ldif);
