//! The words of the domain: what a directory says, what an account holds, and what may be done about the difference.

mod account;
mod action;
mod aside;
mod builder;
mod capabilities;
mod catalog;
mod change;
mod directory;
mod dn;
pub(crate) mod email;
mod feature;
mod filter;
mod guard;
mod id;
mod note;
mod outcome;
mod reading;
mod remembered;
mod role;
mod run;
mod schema;
mod scope;
mod settings;
pub(crate) mod sid;
mod telephone;
pub mod text;
mod value;

pub use account::{
    Account, Invitation, License, Locks, SettingsTemplate, Status, User, UserGroup, UserGroupPath, WelcomeEmail,
};
pub use action::{Action, ActionKind, Batch, Creation, Deletion, Release, Suspension, Update};
pub use aside::{Failure, SetAside};
pub use builder::{DirectoryBuilder, GroupEntry, GroupName, PersonEntry, PrimaryGroup};
pub use capabilities::{Capabilities, FieldLimits, RoleAccess, Visibility};
pub use catalog::{Catalog, Device, Mac, NotAMac, TemplateName, Transfer, WelcomeTemplate};
pub use change::{Change, FieldChange, SetChange, UserChanges, Whole};
pub(crate) use change::{ChangeRead, Unproven, UserChangesRead};
pub use directory::{Directory, Group, GroupIx, Person, PersonIx, Unit, UnitIx, UnitKind};
pub use dn::Dn;
#[cfg(feature = "ldap")]
pub(crate) use dn::{key as dn_key, parent as dn_parent};
pub use email::Email;
pub use filter::{CompiledFilter, Filter, FilterError};
pub use guard::{Arrival, Guards};
pub use id::{AccountKey, Fingerprint, GroupId, LicenseKey, PersonId, PlanId, RunId, UserKey};
pub(crate) use note::kinds;
pub use note::{Note, NoteKind, Severity};
pub use outcome::{Cause, Effect, Fault, Outcome};
pub use reading::{Completeness, Effort, Gap, Kept, Reading};
pub use remembered::{Had, Learned, Link, Remembered};
pub use role::{Privilege, Role};
pub use run::{Ending, RunRecord};
pub use schema::{AttrId, AttributeTable, Syntax};
pub(crate) use schema::{known_attribute, known_attributes};
pub(crate) use scope::FoundScope;
pub use scope::{Depth, GroupRef, Membership, ReadRequest, Scope, ScopeError};
pub use settings::{
    Arity, Exclusive, ExpressionKey, Feature, Field, Form, Listed, Setting, SettingsChanges, UserSettings,
};
pub use telephone::{NamedNumber, NotAPhoneNumber, PhoneNumber, RingsAt, Voicemail};
pub use value::{Attributes, Value, Values};
