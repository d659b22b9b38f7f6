//! Fuzzes `account`.
#![no_main]

gotosync_fuzz::fuzz!(account);
