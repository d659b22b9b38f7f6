//! Tables and values that occur both at the top of a file and in its rules.

use super::kinds::{Number, OneOf, TextOrFalse, WordOrTable};
use super::{Keys, Kind, Named, Source, Spans, Unlimited, WordOr, keys, word_or_table};
use crate::rules::LeaverPolicy;
use crate::rules::key::{Key, KeyKind, Need};

keys! {
    /// The handling of leavers, in stages.
    STAGES, StageKeys {
        first: OneOf<LeaverPolicy> = "what happens to leavers immediately", "`\"suspend\"`", "\"suspend\"";
        delete_after_days: Number [Required] =
            "a suspended leaver is deleted only after at least this many days without a rule that selects the person",
            "required",
            "90";
        delete_after_reads: Number [Required] =
            "and only after at least this many complete reads of the directory in which no rule selected the person",
            "required",
            "30";
    }
}

/// An expression for a custom field.
pub(in crate::rules) struct CustomField;

static CUSTOM_FIELD: Key = Key::new(
    "custom_fields",
    KeyKind::TextOrFalse,
    "an expression for the custom field; `false` leaves the field unchanged",
    "unchanged",
    "\"{{ departmentNumber }}\"",
);

impl Named for CustomField {
    type Kind = TextOrFalse;
    const KEY: &'static Key = &CUSTOM_FIELD;
}

keys! {
    /// A range of telephone extensions.
    RANGE, RangeKeys {
        from: Number [Required] = "the first extension, with two to eight digits", "required", "2000";
        to: Number [Required] = "the last extension", "required", "2999";
    }
}

/// Defines the limits of a run and of one rule: the same keys with different defaults.
macro_rules! limits {
    ($($key:ident: $about:literal, $run:literal, $rule_about:literal, $rule:literal;)*) => {
        keys! {
            /// Limits of a run. The standard limits apply unless the file sets others.
            RUN_LIMITS, RunLimitKeys {
                $($key: Limit = $about, $run, "{ count = 50 }";)*
            }
        }

        keys! {
            /// Limits of one rule.
            RULE_LIMITS, RuleLimitKeys {
                $($key: Limit = $rule_about, $rule, "{ count = 50 }";)*
            }
        }

        impl RunLimitKeys {
            /// Returns each limit that the file sets, with its key.
            pub(in crate::rules) fn said(self) -> Vec<(&'static str, SaidLimit)> {
                [$((stringify!($key), self.$key)),*].into_iter().filter_map(|(key, said)| Some((key, said?))).collect()
            }
        }

        impl RuleLimitKeys {
            /// Returns each limit that the file sets, with its key.
            pub(in crate::rules) fn said(self) -> Vec<(&'static str, SaidLimit)> {
                [$((stringify!($key), self.$key)),*].into_iter().filter_map(|(key, said)| Some((key, said?))).collect()
            }
        }
    };
}

/// A limit. If a list of limits is given, the last one is used.
pub(in crate::rules) struct Limit;

impl Kind for Limit {
    type Read = Option<SaidLimit>;
    const KIND: KeyKind = <WordOrTable<Unlimited, LimitKeys> as Kind>::KIND;

    fn read(table: &Source<'_, '_>, name: &str, key: &Key) -> Self::Read {
        let found = table.strings_or_tables(name, &key.expected()).pop()?;
        word_or_table(table, name, key, found)
    }
}

/// A limit as written in a file.
pub(in crate::rules) type SaidLimit = WordOr<Unlimited, LimitKeys>;

limits! {
    create: "how many users may be created", "500", "how many users may be created", "none";
    update: "how many users may have fields changed", "1000 or 30 %, whichever is lower, but at least 50",
        "how many users may have fields changed", "none";
    suspend: "how many users may lose all licenses and roles", "500 or 5 %, whichever is lower, but at least 5",
        "how many users may lose all licenses and roles", "none";
    release: "how many users may lose a license without being suspended", "500 or 5 %, whichever is lower, but at least 5",
        "how many users may lose a license without being suspended", "none";
    delete: "how many users may be deleted", "50 or 1 %, whichever is lower, but at least 5",
        "how many users may be deleted", "none";
    group_change: "how many users may move to another user group", "1000 or 20 %, whichever is lower, but at least 20",
        "how many users may move to another user group", "none";
    role_change: "how many users may get, change, or lose a role", "20 or 5 %, whichever is lower, but at least 5",
        "how many users may get, change, or lose a role", "none";
    emails: "how many e-mails may be sent: welcome e-mails and repeated invitations", "500",
        "how many e-mails may be sent: welcome e-mails and repeated invitations", "none";
    shrink: "how many people any one rule may stop selecting since the last complete read", "20 %, but at least 5",
        "how many people this rule may stop selecting since the last complete read", "the limit at the top of the file";
}

keys! {
    /// One limit.
    LIMIT, LimitKeys {
        count: Number [Any] = "at most this many", "no such limit", "50";
        percent: Number [Any] = "at most this percentage; if `count` is set too, the lower limit applies", "no such limit", "5";
        floor: Number = "this many are always allowed", "`0`", "5";
    }
}
