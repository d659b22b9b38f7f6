//! The domain types: directories and their people, accounts and their users, and the actions that change an account.

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
mod evidence;
mod feature;
mod filter;
mod group_ref;
mod guard;
mod id;
mod mac;
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
mod user_group;
mod value;
mod welcome;

pub use account::{Account, Invitation, License, Locks, Status, User, WelcomeEmail};
pub use action::{Action, ActionKind, Batch, Creation, Deletion, Release, Suspension, Update};
pub use aside::{Failure, SetAside};
pub use builder::{DirectoryBuilder, GroupEntry, GroupName, PersonEntry, PrimaryGroup};
pub use capabilities::{Capabilities, FieldLimits, RoleAccess, Visibility};
pub use catalog::{Catalog, Device, TemplateName, Transfer, WelcomeTemplate};
pub use change::{Change, SetChange, UserChanges, Whole};
pub(crate) use change::{ChangeRead, Unproven, UserChangesRead};
pub use directory::{Directory, Group, GroupIx, Person, PersonIx, Unit, UnitIx, UnitKind};
pub use dn::Dn;
#[cfg(feature = "ldap")]
pub(crate) use dn::{key as dn_key, parent as dn_parent};
pub use email::Email;
pub use filter::{CompiledFilter, Filter, FilterError};
pub use group_ref::GroupRef;
pub use guard::{Arrival, Guards};
pub use id::{AccountKey, Fingerprint, GroupId, LicenseKey, PersonId, PlanId, RunId, UserKey};
pub use mac::{Mac, NotAMac};
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
pub use scope::{Depth, Membership, ReadRequest, Scope, ScopeError};
pub use settings::{
    Arity, Exclusive, ExpressionKey, Feature, Field, FieldChange, Form, Listed, Setting, SettingsChanges,
    SettingsTemplate, UserSettings,
};
pub use telephone::{NamedNumber, NotAPhoneNumber, PhoneNumber, RingsAt, Voicemail};
pub use user_group::{UserGroup, UserGroupPath};
pub use value::{Attributes, Value, Values};
