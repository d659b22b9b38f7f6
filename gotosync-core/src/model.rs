//! The words of the domain: what a directory says, what an account holds, and what may be done about the difference.

mod account;
mod action;
mod builder;
mod change;
mod directory;
mod dn;
pub(crate) mod email;
mod filter;
mod id;
mod note;
mod outcome;
mod reading;
mod schema;
mod scope;
pub mod text;
mod value;

pub use account::{
    Account, License, Privilege, Role, SettingsTemplate, Status, User, UserGroup, UserGroupPath, UserSettings,
    WelcomeEmail,
};
pub use action::{Action, ActionKind, Batch, Creation, Release, Suspension, Update};
pub use builder::{DirectoryBuilder, GroupEntry, PersonEntry, PrimaryGroup};
pub use change::{Change, Field, LicenseChange, UserChanges, Whole};
pub use directory::{Directory, Group, GroupIx, Person, PersonIx, Unit, UnitIx, UnitKind};
pub use dn::Dn;
pub use email::Email;
pub use filter::{CompiledFilter, Filter, FilterError};
pub use id::{AccountKey, Fingerprint, GroupId, LicenseKey, PersonId, PlanId, RunId, UserKey};
pub use note::{Note, NoteKind, Severity};
pub use outcome::{Effect, Fault, Outcome};
pub use reading::{Completeness, Gap, Reading};
pub use schema::{AttrId, AttributeTable, Syntax};
pub(crate) use schema::{known_attribute, known_attributes};
pub(crate) use scope::FoundScope;
pub use scope::{Depth, GroupRef, Membership, ReadRequest, Scope, ScopeError};
pub use value::{Attributes, Value, Values};
