//! Fuzzes `names`.
#![no_main]

gotosync_fuzz::fuzz!(names);
