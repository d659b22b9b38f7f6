//! Fuzzes `expression`.
#![no_main]

gotosync_fuzz::fuzz!(expression);
