//! Fuzzes `list`.
#![no_main]

gotosync_fuzz::fuzz!(list);
