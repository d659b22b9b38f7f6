//! Notes: the findings of planning and checking.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The severity of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// For information only.
    Info,
    /// A person was skipped, or the account differs from what a rule wants.
    Warning,
    /// The plan is blocked until an admin has looked at it and approved this exact plan.
    Hold,
    /// The plan is blocked, and no approval can unblock it.
    Stop,
}

impl Severity {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Info, Self::Warning, Self::Hold, Self::Stop];

    /// The word used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Hold => "hold",
            Self::Stop => "stop",
        }
    }
}

// Defines an enum of kinds of findings; each kind has one severity, one word, and one heading.
macro_rules! kinds {
    (
        $(#[$about:meta])* $kind:ident;
        $($(#[$doc:meta])* $name:ident = $word:literal, $severity:ident, $heading:literal;)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum $kind { $($(#[$doc])* $name,)* }

        impl $kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word used in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Returns the severity of this kind.
            pub const fn severity(self) -> $crate::model::Severity {
                match self { $(Self::$name => $crate::model::Severity::$severity,)* }
            }

            /// Returns the heading under which notes of this kind are listed.
            pub const fn heading(self) -> &'static str {
                match self { $(Self::$name => $heading,)* }
            }
        }
    };
}

pub(crate) use kinds;

kinds! {
    /// The kind of a note. Each kind has one severity, one word, and one heading.
    NoteKind;

    /// The directory was not read completely.
    SourceIncomplete = "source-incomplete", Hold, "the directory was not read completely";
    /// The account was not read completely.
    AccountIncomplete = "account-incomplete", Hold, "the account was not read completely";
    /// A rule names an OU or group that does not exist in the directory.
    ScopeMissing = "scope-missing", Hold, "a rule names an OU or group that the directory does not have; its people are left as they are";
    /// A rule names a group by a name that matches several groups.
    ScopeAmbiguous = "scope-ambiguous", Hold, "a rule names a group that matches several; its people are left as they are";
    /// The rules file has changed since the plan was made.
    RulesChanged = "rules-changed", Hold, "the rules have changed since the plan was made";
    /// A rule selects far fewer people than at the last complete read.
    ScopeShrank = "scope-shrank", Hold, "a rule selects far fewer people than before";
    /// A rule names a product that the account has no license for.
    UnknownProduct = "unknown-product", Stop, "a rule names a product that the account does not have";
    /// A rule names a user group that the account does not have.
    UnknownGroup = "unknown-group", Stop, "a rule names a user group that the account does not have";
    /// The plan contains more steps of one kind than the limit allows.
    LimitExceeded = "limit-exceeded", Hold, "more would change than the limits allow";
    /// A license has too few seats for the plan.
    SeatsShort = "seats-short", Stop, "a license has too few seats";
    /// The plan would create more users than the account can hold.
    AccountFull = "account-full", Stop, "the account cannot hold more users";
    /// The plan would remove access from the last full administrator.
    LastAdministrator = "last-administrator", Stop, "the last administrator would lose access";
    /// The plan would remove access from the user that gotosync signs in as.
    OwnUser = "own-user", Stop, "the user that gotosync signs in as would lose access";
    /// The plan would delete users.
    Deletion = "deletion", Hold, "users would be deleted permanently";
    /// Deletions that an unattended run does not apply because an admin must approve them.
    DeletionWaits = "deletion-waits", Warning, "deletions wait for the approval of an admin";
    /// A rule names a template, role set, device group, or custom field that the account does not have.
    UnknownSetting = "unknown-setting", Stop, "a rule names a setting that the account does not have";
    /// The target does not support a step of the plan.
    Unsupported = "unsupported", Stop, "the account does not support this";
    /// A person has no e-mail address.
    NoEmail = "no-email", Warning, "no e-mail address; the person is skipped";
    /// The target would reject a required field of a person.
    InvalidField = "invalid-field", Warning, "the account would reject a field; the person is skipped";
    /// The target would reject an optional field of a person.
    FieldLeft = "field-left", Warning, "the account would reject a field; the field is left as it is";
    /// Two or more people have the same e-mail address.
    DuplicateEmail = "duplicate-email", Warning, "several people share one e-mail address; all of them are skipped";
    /// A person matches two users, or two people match the same user.
    TwoUsers = "two-users", Warning, "it is unclear which user belongs to the person; the person is skipped";
    /// An admin suspended the user.
    SuspendedByHand = "suspended-by-hand", Warning, "suspended by an admin; left suspended";
    /// A disabled person or a leaver (a linked user that no rule selects any more) keeps access through something that no rule manages.
    KeepsAccess = "keeps-access", Warning, "keeps access through a license or role that no rule manages";
    /// A user loses a role together with the access.
    RoleGoes = "role-goes", Warning, "loses a role together with the access";
    /// The signed-in user may not read or assign roles.
    RolesHidden = "roles-hidden", Warning, "the signed-in user is not a full administrator; gotosync can neither read nor change roles";
    /// The engine cannot change a role.
    RoleKept = "role-kept", Warning, "a role cannot be changed; left as it is";
    /// A rule would take something away from a protected user.
    Protected = "protected", Info, "protected; nothing is taken away";
    /// Two people claim the same extension, device, or number, or another user already has it.
    Clash = "clash", Warning, "an extension, device, or number belongs to another user; left as it is";
    /// A rule gives a device that the account does not have, or an invalid device address.
    UnknownDevice = "unknown-device", Warning, "the account does not have this device; left out";
    /// A rule gives a phone number that the account does not have.
    UnknownNumber = "unknown-number", Warning, "the account does not have this phone number; left out";
    /// A rule gives an extension that the account does not have.
    UnknownExtension = "unknown-extension", Warning, "the account does not have this extension; left out";
    /// A rule gives a location that the account does not have.
    UnknownLocation = "unknown-location", Warning, "the account does not have this location; left as it is";
    /// No extension in the range is free.
    RangeFull = "range-full", Warning, "no extension in the range is free";
    /// The reviewer of plans removed a step.
    LeftOut = "left-out", Warning, "left out by the reviewer of plans";
    /// The reviewer of plans rejected the plan.
    Vetoed = "vetoed", Stop, "the reviewer of plans rejected this plan";
    /// A person is skipped for a while because one of the person's steps failed.
    SetAside = "set-aside", Warning, "skipped after a failure";
    /// The address belongs to another account; its user has an invitation to move to this account.
    TransferPending = "transfer-pending", Info, "invited to move here from another account; no answer yet";
    /// The address belongs to another account, and its user did not accept the invitation to move in time.
    TransferExpired = "transfer-expired", Warning, "the invitation to move here from another account has expired; gotosync does not repeat it";
    /// The address belongs to another account, and its user must be invited to move to this account.
    TransferNeeded = "transfer-needed", Info, "the address belongs to a user in another account; gotosync invites that user to move here";
    /// A user has been invited but has not signed in yet.
    InvitationPending = "invitation-pending", Info, "invited; has not signed in yet";
    /// The invitation of a user has expired.
    InvitationExpired = "invitation-expired", Warning, "the invitation has expired; gotosync does not resend it";
    /// The account does not allow changes to the user's e-mail address or name.
    Locked = "locked", Warning, "the account does not allow this change; left as it is";
    /// A license has been bought but is not active yet.
    LicensePending = "license-pending", Info, "waits for a license that is not active yet";
    /// The sign-in to the account expires soon.
    SignInEnds = "sign-in-ends", Warning, "the sign-in to the account expires soon; run `gotosync login`";
    /// TLS certificate verification is off for the connection to the account.
    DangerousTls = "dangerous-tls", Warning, "TLS certificate verification is off: anyone on the network path can read and change the traffic";
    /// Addresses are rewritten because the run is a rehearsal.
    Rewritten = "rewritten", Warning, "rehearsal: addresses are rewritten so that no real person receives mail";
    /// A rule, or the whole run, is only simulated.
    Simulated = "simulated", Info, "simulated only; nothing here is applied";
    /// The person may already have a user in the part of the account that was not read.
    MayExist = "may-exist", Warning, "may already have a user in the part of the account that was not read; not created";
    /// A change that overwrites or takes away is withheld because a read was incomplete.
    Withheld = "withheld", Warning, "a change that overwrites or takes away is withheld";
    /// The person waits because no seat is free.
    Waiting = "waiting", Warning, "waits for a seat";
    /// People are left unchanged because a rule that may select them has an error.
    RuleHeld = "rule-held", Info, "left as they are because one of their rules cannot be evaluated";
    /// The user no longer exists in the account.
    UserGone = "user-gone", Info, "another admin or program deleted the user from the account";
    /// A mapping shortened the value of a field.
    Cut = "cut", Info, "a value was shortened to fit";
    /// A message from the source.
    Remark = "remark", Info, "messages from the source";
}

impl NoteKind {
    /// Returns `true` if the kind describes a lasting state of a person or user, neither a success nor a failure. Such notes
    /// are repeated in every report until the state changes.
    pub const fn is_state(self) -> bool {
        matches!(
            self,
            Self::Waiting
                | Self::LicensePending
                | Self::TransferPending
                | Self::TransferExpired
                | Self::InvitationPending
                | Self::InvitationExpired
                | Self::Locked
                | Self::RolesHidden
                | Self::RoleKept
                | Self::DeletionWaits
                | Self::Rewritten
                | Self::SignInEnds
                | Self::DangerousTls
                | Self::Simulated
                | Self::LeftOut
        )
    }
}

/// A finding of planning or checking.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Note {
    /// The kind of the finding.
    pub kind: NoteKind,
    /// The person, user, rule, license, or side of the sync that the note is about.
    pub subject: String,
    /// The evidence, in words.
    pub evidence: String,
}

impl Note {
    /// Creates a note.
    pub fn new(kind: NoteKind, subject: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self { kind, subject: subject.into(), evidence: evidence.into() }
    }

    /// Returns the severity of the note.
    pub fn severity(&self) -> Severity {
        self.kind.severity()
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.severity().as_str(), self.subject, self.evidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serializes_each_kind_as_its_word() {
        for kind in NoteKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
