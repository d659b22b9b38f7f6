//! Keeps the people of a directory and the users of a GoTo account the same.

pub mod error;
pub mod model;
pub mod source;
pub mod target;
pub mod journal;
pub mod state;
pub mod rules;

pub use error::{Error, ErrorKind, Result};
