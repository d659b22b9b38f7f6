//! Fuzzes `config`.
#![no_main]

gotosync_fuzz::fuzz!(config);
