//! What planning and checking found.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody was set aside, or something is not as a rule wants it.
    Warning,
    /// Nothing may be written. An admin who has looked at the plan can approve that very plan.
    Hold,
    /// Nothing may be written, and no approval changes that.
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

/// Kinds of what is found; each has one severity, one word and one heading.
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

            /// How much one of this kind matters.
            pub const fn severity(self) -> $crate::model::Severity {
                match self { $(Self::$name => $crate::model::Severity::$severity,)* }
            }

            /// What the kind says of all its subjects.
            pub const fn heading(self) -> &'static str {
                match self { $(Self::$name => $heading,)* }
            }
        }
    };
}

pub(crate) use kinds;

kinds! {
    /// What a note is about. Each kind has one severity, one word and one heading.
    NoteKind;

    /// The directory was not read to its end.
    SourceIncomplete = "source-incomplete", Hold, "the directory was not read completely";
    /// The account was not read to its end.
    AccountIncomplete = "account-incomplete", Hold, "the account was not read completely";
    /// A rule names an OU or group that is not there.
    ScopeMissing = "scope-missing", Hold, "a rule names an OU or group that the directory does not have; its people are left as they are";
    /// A rule names a group by a name that several groups have.
    ScopeAmbiguous = "scope-ambiguous", Hold, "a rule names a group that matches several; its people are left as they are";
    /// The rules file changed since the plan was made.
    RulesChanged = "rules-changed", Hold, "the rules have changed since the plan was made";
    /// A rule selects far fewer people than at the last good read.
    ScopeShrank = "scope-shrank", Hold, "a rule selects far fewer people than before";
    /// A rule names a product the account has no license for.
    UnknownProduct = "unknown-product", Stop, "a rule names a product that the account does not have";
    /// A rule names a user group the account does not have.
    UnknownGroup = "unknown-group", Stop, "a rule names a user group that the account does not have";
    /// More steps of one kind than the limit allows.
    LimitExceeded = "limit-exceeded", Hold, "more would change than the limits allow";
    /// Not enough seats.
    SeatsShort = "seats-short", Stop, "a license has too few seats";
    /// More users than the account takes.
    AccountFull = "account-full", Stop, "the account cannot hold more users";
    /// The last full administrator would be taken from.
    LastAdministrator = "last-administrator", Stop, "the last administrator would lose access";
    /// The login's own user would be taken from.
    OwnUser = "own-user", Stop, "the user that gotosync signs in as would lose access";
    /// Users would be deleted.
    Deletion = "deletion", Hold, "users would be deleted permanently";
    /// Deletions that an unattended run leaves to an admin.
    DeletionWaits = "deletion-waits", Warning, "deletions wait for the approval of an admin";
    /// A rule names a template, role set, device group or custom field the account does not have.
    UnknownSetting = "unknown-setting", Stop, "a rule names a setting that the account does not have";
    /// The target cannot do what a step needs.
    Unsupported = "unsupported", Stop, "the account does not support this";
    /// A person has no e-mail.
    NoEmail = "no-email", Warning, "no e-mail address; the person is skipped";
    /// A field of a person is not acceptable to the target.
    InvalidField = "invalid-field", Warning, "the account would reject a field; the person is skipped";
    /// A lesser field of a person is not acceptable to the target.
    FieldLeft = "field-left", Warning, "the account would reject a field; the field is left as it is";
    /// Two or more people have one e-mail.
    DuplicateEmail = "duplicate-email", Warning, "several people share one e-mail address; all of them are skipped";
    /// One person has two users, or two people one user.
    TwoUsers = "two-users", Warning, "it is unclear which user belongs to the person; the person is skipped";
    /// The user was suspended by hand.
    SuspendedByHand = "suspended-by-hand", Warning, "suspended by an admin; left suspended";
    /// A disabled person or leaver keeps access through what no rule manages.
    KeepsAccess = "keeps-access", Warning, "keeps access through a license or role that no rule manages";
    /// A role goes with the access.
    RoleGoes = "role-goes", Warning, "loses a role together with the access";
    /// The login may not see or give roles.
    RolesHidden = "roles-hidden", Warning, "the signed-in user is not a full administrator; gotosync can neither read nor change roles";
    /// A role is out of the engine's reach.
    RoleKept = "role-kept", Warning, "a role cannot be changed; left as it is";
    /// A rule would take something from somebody who is protected.
    Protected = "protected", Info, "protected; nothing is taken away";
    /// Two people want what only one can have, or somebody else has it.
    Clash = "clash", Warning, "an extension, device, or number belongs to another user; left as it is";
    /// A device that the account does not know, or a text that is none.
    UnknownDevice = "unknown-device", Warning, "the account does not have this device; left out";
    /// A telephone number that the account does not have.
    UnknownNumber = "unknown-number", Warning, "the account does not have this phone number; left out";
    /// A telephone extension that the account does not have.
    UnknownExtension = "unknown-extension", Warning, "the account does not have this extension; left out";
    /// A location that the account does not have.
    UnknownLocation = "unknown-location", Warning, "the account does not have this location; left as it is";
    /// No number of the range is free.
    RangeFull = "range-full", Warning, "no extension in the range is free";
    /// Whoever reviews plans took a step out.
    LeftOut = "left-out", Warning, "left out by the reviewer of plans";
    /// Whoever reviews plans refused this one.
    Vetoed = "vetoed", Stop, "the reviewer of plans rejected this plan";
    /// A person whose step failed is left alone for a while.
    SetAside = "set-aside", Warning, "skipped after a failure";
    /// The address belongs to another account, whose owner was asked to come over.
    TransferPending = "transfer-pending", Info, "invited to move here from another account; no answer yet";
    /// The owner of an address that belongs to another account did not come over in time.
    TransferExpired = "transfer-expired", Warning, "the invitation to move here from another account has expired; gotosync does not repeat it";
    /// The address belongs to another account.
    TransferNeeded = "transfer-needed", Info, "the address belongs to a user in another account; gotosync invites that user to move here";
    /// Users who have not signed in yet.
    InvitationPending = "invitation-pending", Info, "invited; has not signed in yet";
    /// An invitation that can no longer be accepted.
    InvitationExpired = "invitation-expired", Warning, "the invitation has expired; gotosync does not resend it";
    /// The account does not let the e-mail or the name be changed.
    Locked = "locked", Warning, "the account does not allow this change; left as it is";
    /// A license was bought and is not active yet.
    LicensePending = "license-pending", Info, "waits for a license that is not active yet";
    /// The login to the account ends soon.
    SignInEnds = "sign-in-ends", Warning, "the sign-in to the account expires soon; run `gotosync login`";
    /// The account's server is not asked who it is.
    DangerousTls = "dangerous-tls", Warning, "TLS certificate verification is off: anyone on the network path can read and change the traffic";
    /// Addresses are rewritten for a rehearsal.
    Rewritten = "rewritten", Warning, "rehearsal: addresses are rewritten so that no real person receives mail";
    /// A rule or the whole run is only simulated.
    Simulated = "simulated", Info, "simulated only; nothing here is applied";
    /// The person may have a user in the part of the account that was not read.
    MayExist = "may-exist", Warning, "may already have a user in the part of the account that was not read; not created";
    /// A change would overwrite or take away, and a read was not complete.
    Withheld = "withheld", Warning, "a change that overwrites or takes away is withheld";
    /// A seat was not free for this person.
    Waiting = "waiting", Warning, "waits for a seat";
    /// A rule has an error, so people who may be its own are left alone.
    RuleHeld = "rule-held", Info, "left as they are because one of their rules cannot be evaluated";
    /// The user is not in the account any more.
    UserGone = "user-gone", Info, "another admin or program deleted the user from the account";
    /// A mapping cut the value of a field.
    Cut = "cut", Info, "a value was shortened to fit";
    /// A remark of the source.
    Remark = "remark", Info, "messages from the source";
}

impl NoteKind {
    /// Says whether it tells where somebody stands: neither done nor failed, and told in every report until it changes.
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

/// One thing that planning or checking found: how severe, what kind, about whom, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Note {
    /// What it is about.
    pub kind: NoteKind,
    /// The person, user, rule, license or side it is about.
    pub subject: String,
    /// What shows it, in words.
    pub evidence: String,
}

impl Note {
    /// Makes a note.
    pub fn new(kind: NoteKind, subject: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self { kind, subject: subject.into(), evidence: evidence.into() }
    }

    /// How much it matters.
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
    fn the_word_in_json_is_the_word_of_the_kind() {
        for kind in NoteKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
