//! Interpretation of directory entries, whether they come from an LDIF export or from an LDAP server.

mod class;
mod collect;
mod entry;
mod flaw;
mod found;
mod names;
mod record;
mod select;

pub(super) use collect::Collector;
#[cfg(all(test, feature = "ldif"))]
pub(super) use entry::Entry;
pub(super) use flaw::Flaw;
#[cfg(feature = "ldif")]
pub(super) use flaw::quoted;
#[cfg(feature = "ldif")]
pub(super) use found::Found;
pub(super) use names::{Meaning, NameIx, Names};
pub(super) use record::{Chunk, DEPTH_MAX, RECORD_MAX, Record, VALUE_MAX};
#[cfg(feature = "ldap")]
pub(super) use select::Reached;
pub(super) use select::Selection;
