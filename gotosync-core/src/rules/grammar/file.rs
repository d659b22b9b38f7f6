//! The keys at the top of a rules file, and of the tables there. They are statics, so that a table that stands in two places is known
//! for one.

use super::kinds::{Names, Number, OneOf, Table, Tables, Text, TextOrFalse, Texts, WordOrTable};
use super::rule::{CustomField, Rows, RuleKeys, count, spliced};
use super::{Keys, Kind, Named, Places, Source, Unlimited, WordOr, keys};
use crate::model::Field;
use crate::rules::document::Placed;
use crate::rules::profile::single_fields;
use crate::rules::schema::{Key, KeyKind, Need};
use crate::rules::{LeaverPolicy, Mode, SeatPolicy};

keys! {
    /// Keys at the top of the file.
    FILE, FileKeys {
        attributes: Texts = "attribute names of your own schema that expressions may use", "none", "[\"favouriteDrink\"]";
        leavers: WordOrTable<LeaverPolicy, StageKeys> =
            "what becomes of a linked user whom no rule selects any more",
            "`\"suspend\"`",
            "{ first = \"suspend\", delete_after_days = 90, delete_after_reads = 30 }";
        protected: Texts =
            "e-mails of users from whom nothing is taken by leaving or being disabled, and who are never deleted",
            "nobody",
            "[\"ceo@example.com\"]";
        mode: OneOf<Mode> = "whether the whole run is applied", "`\"apply\"`", "\"simulate\"";
        rewrite_email: Table<RewriteKeys> =
            "rewrites every address, so that a rehearsal mails no real person",
            "addresses stay",
            "{ prefix = \"test-\", domain = \"sink.example.com\" }";
        seats: OneOf<SeatPolicy> =
            "what to do when there are fewer seats than people for them",
            "`\"stop\"`",
            "\"fill\"";
        limits: Table<RunLimitKeys> =
            "how much may change in one run before somebody must look",
            "a limit of each kind",
            "{ create = { count = 50 } }";
        welcome_email: Tables<WelcomeKeys> =
            "templates of welcome e-mails that the account shall have",
            "none",
            "[{ name = \"Sales\", subject = \"Welcome, {first_name}\", text = \"You have {products}.\" }]";
        example: Tables<ExampleKeys> =
            "people who are made up, and what must come out for them; `check` verifies them",
            "none",
            "[{ attributes = { mail = \"ann@example.com\" }, fields = { email = \"ann@example.com\" } }]";
        rule: Tables<RuleKeys> [Required] =
            "the rules, highest priority first",
            "an error",
            "[{ name = \"Sales\", everyone = true }]";
    }
}

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

keys! {
    /// How addresses are rewritten.
    REWRITE, RewriteKeys {
        prefix: Text [Any] = "what comes before each address", "nothing", "\"test-\"";
        suffix: Text [Any] = "what comes before each `@`", "nothing", "\"+test\"";
        domain: Text [Any] = "the domain of all addresses", "each keeps its own", "\"sink.example.com\"";
    }
}

keys! {
    /// A template of welcome e-mails.
    WELCOME, WelcomeKeys {
        name: Text [Required] = "its name, which no other template has", "an error", "\"Sales\"";
        subject: Text [Required] =
            "its subject; `{first_name}`, `{last_name}`, `{email}`, `{account}` and `{products}` stand for what they say",
            "an error",
            "\"Welcome, {first_name}\"";
        text: Text [Required] = "its text, with the same words", "an error", "\"You have {products} now.\"";
    }
}

keys! {
    /// An example.
    EXAMPLE, ExampleKeys {
        name: Text = "what it is called in errors", "its number", "\"umlauts in logins\"";
        rule: Text = "the one rule whose expressions it is about", "as if every rule selected the person", "\"Sales\"";
        attributes: Names<Attribute> =
            "the attributes of the person, each a text or a list of them",
            "none",
            "{ givenName = \"Jürgen\", sn = \"Groß\" }";
        dn: Text = "where the person stands", "`\"CN=Example\"`", "\"CN=Ann,OU=Sales,DC=example,DC=com\"";
        groups: Texts = "names of groups the person is directly in", "none", "[\"Sales Team\"]";
        fields: Table<ExpectedKeys> [Required] =
            "what must come out; `false` means nothing",
            "an error",
            "{ email = \"ann@example.com\" }";
    }
    titled |name, number| Some(name.map_or_else(|| format!("example {number}"), |name| format!("example `{name}`")));
}

/// An attribute of the person of an example.
pub(in crate::rules) struct Attribute;

static ATTRIBUTE: Key = Key::new("attributes", KeyKind::Texts, "its values", "none", "\"Jürgen\"");

impl Named for Attribute {
    type Kind = Texts;
    const KEY: &'static Key = &ATTRIBUTE;
}

keys! {
    /// What must come out for the fields that every user has.
    EXPECTED_NAMES, ExpectedNameKeys {
        email: TextOrFalse = "the e-mail that must come out", "not looked at", "\"ann@example.com\"";
        first_name: TextOrFalse = "the first name that must come out", "not looked at", "\"Jürgen\"";
        last_name: TextOrFalse = "the last name that must come out", "not looked at", "\"Groß\"";
        language: TextOrFalse = "the language that must come out", "not looked at", "\"de_DE\"";
        custom_fields: Names<CustomField> =
            "custom fields that must come out, by name",
            "not looked at",
            "{ \"Cost center\" = \"4711\" }";
    }
}

/// What must come out: the fields that every user has, and the settings with one value.
static EXPECTED: &[Key] = &spliced::<EXPECTED_ROWS>(EXPECTED_NAMES, "custom_fields", Rows::Expected);
const EXPECTED_ROWS: usize = EXPECTED_NAMES.len() + count(Rows::Expected);

/// What must come out of an example.
#[derive(Debug)]
pub(in crate::rules) struct ExpectedKeys {
    pub(in crate::rules) fields: Vec<(Field, Placed<Option<String>>)>,
    pub(in crate::rules) custom_fields: <Names<CustomField> as Kind>::Read,
}

impl Keys for ExpectedKeys {
    const KEYS: &'static [Key] = EXPECTED;

    fn read(table: &Source<'_, '_>) -> Self {
        let ExpectedNameKeys { custom_fields, email, first_name, last_name, language, .. } = Keys::read(table);
        let names = [email, first_name, last_name, language].into_iter();
        let settings = single_fields().skip(names.len()).map(|field| table.string_or_false(field.as_str()));
        let found = single_fields().zip(names.chain(settings));
        Self { fields: found.filter_map(|(field, text)| Some((field, text?))).collect(), custom_fields }
    }
}

/// Limits of a run and of one rule: the same keys, with other defaults.
macro_rules! limits {
    ($($key:ident: $about:literal, $run:literal, $rule_about:literal, $rule:literal;)*) => {
        keys! {
            /// Limits of a run; the standard ones hold where the file says nothing.
            RUN_LIMITS, RunLimitKeys {
                $($key: WordOrTable<Unlimited, LimitKeys> = $about, $run, "{ count = 50 }";)*
            }
        }

        keys! {
            /// Limits of one rule.
            RULE_LIMITS, RuleLimitKeys {
                $($key: WordOrTable<Unlimited, LimitKeys> = $rule_about, $rule, "{ count = 50 }";)*
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

/// A limit as a file says it.
pub(in crate::rules) type SaidLimit = WordOr<Unlimited, LimitKeys>;

limits! {
    create: "users made", "500", "users made", "none";
    update: "users whose fields change", "1000 or 30 %, but never less than 50", "users whose fields change", "none";
    suspend: "users who lose every product and role", "500 or 5 %, but never less than 5",
        "users who lose every product and role", "none";
    release: "users who lose a licence without being suspended", "500 or 5 %, but never less than 5",
        "users who lose a licence without being suspended", "none";
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
