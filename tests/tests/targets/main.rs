//! Tests with accounts behind HTTP: the emulator of GoTo, which runs inside this process, and a SCIM service, which
//! the tests start.

mod goto_cli;
mod goto_connect;
mod goto_emulator;
mod goto_faults;
mod goto_kill;
mod goto_laws;
mod goto_reads;
mod http_tls;
mod scim;
mod scim_laws;
