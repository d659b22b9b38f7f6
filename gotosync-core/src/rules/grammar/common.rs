//! Tables and values that stand at the top of a file and in its rules.

use super::kinds::{Number, OneOf, TextOrFalse, WordOrTable};
use super::{Keys, Kind, Named, Source, Spans, Unlimited, WordOr, keys, word_or_table};
use crate::rules::LeaverPolicy;
use crate::rules::key::{Key, KeyKind, Need};

keys! {
    /// What becomes of leavers, in stages.
    STAGES, StageKeys {
        first: OneOf<LeaverPolicy> = "what becomes of them at once", "`\"suspend\"`", "\"suspend\"";
        delete_after_days: Number [Required] =
            "days since no rule has selected them, before which they are not deleted",
            "an error",
            "90";
        delete_after_reads: Number [Required] =
            "complete reads since then, before which they are not deleted",
            "an error",
            "30";
    }
}

/// An expression for a custom field.
pub(in crate::rules) struct CustomField;

static CUSTOM_FIELD: Key = Key::new(
    "custom_fields",
    KeyKind::TextOrFalse,
    "an expression; `false` leaves the field alone",
    "left alone",
    "\"{{ departmentNumber }}\"",
);

impl Named for CustomField {
    type Kind = TextOrFalse;
    const KEY: &'static Key = &CUSTOM_FIELD;
}

keys! {
    /// A range of extensions.
    RANGE, RangeKeys {
        from: Number [Required] = "the first number, of two to eight digits", "an error", "2000";
        to: Number [Required] = "the last number", "an error", "2999";
    }
}

/// Limits of a run and of one rule: the same keys, with other defaults.
macro_rules! limits {
    ($($key:ident: $about:literal, $run:literal, $rule_about:literal, $rule:literal;)*) => {
        keys! {
            /// Limits of a run; the standard ones hold where the file says nothing.
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
            /// Each limit that is said, by its key.
            pub(in crate::rules) fn said(self) -> Vec<(&'static str, SaidLimit)> {
                [$((stringify!($key), self.$key)),*].into_iter().filter_map(|(key, said)| Some((key, said?))).collect()
            }
        }

        impl RuleLimitKeys {
            /// Each limit that is said, by its key.
            pub(in crate::rules) fn said(self) -> Vec<(&'static str, SaidLimit)> {
                [$((stringify!($key), self.$key)),*].into_iter().filter_map(|(key, said)| Some((key, said?))).collect()
            }
        }
    };
}

/// A limit. A list of limits is read as its last one, as it always was.
pub(in crate::rules) struct Limit;

impl Kind for Limit {
    type Read = Option<SaidLimit>;
    const KIND: KeyKind = <WordOrTable<Unlimited, LimitKeys> as Kind>::KIND;

    fn read(table: &Source<'_, '_>, name: &str, key: &Key) -> Self::Read {
        let found = table.strings_or_tables(name, &key.expected()).pop()?;
        word_or_table(table, name, key, found)
    }
}

/// A limit as a file says it.
pub(in crate::rules) type SaidLimit = WordOr<Unlimited, LimitKeys>;

limits! {
    create: "users made", "500", "users made", "none";
    update: "users whose fields change", "1000 or 30 %, but never less than 50", "users whose fields change", "none";
    suspend: "users who lose every product and role", "500 or 5 %, but never less than 5",
        "users who lose every product and role", "none";
    release: "users who lose a license without being suspended", "500 or 5 %, but never less than 5",
        "users who lose a license without being suspended", "none";
    delete: "users deleted", "50 or 1 %, but never less than 5", "users deleted", "none";
    group_change: "users who come into another user group", "1000 or 20 %, but never less than 20",
        "users who come into another user group", "none";
    role_change: "users who get, change or lose a role", "20 or 5 %, but never less than 5",
        "users who get, change or lose a role", "none";
    emails: "e-mails sent: welcomes, and invitations sent again", "500",
        "e-mails sent: welcomes, and invitations sent again", "none";
    shrink: "people a rule selected before and does not now", "20 %, but never less than 5",
        "people it selected before and does not now", "as at the top";
}

keys! {
    /// One limit.
    LIMIT, LimitKeys {
        count: Number [Any] = "at most so many", "no such limit", "50";
        percent: Number [Any] = "at most so many of a hundred; of two limits the lower counts", "no such limit", "5";
        floor: Number = "so many are always allowed", "`0`", "5";
    }
}
