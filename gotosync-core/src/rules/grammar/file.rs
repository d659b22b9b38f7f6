//! The keys at the top of a rules file, and of the tables there. They are statics, so that a table that stands in two places is known
//! for one.

use super::common::{CustomField, RunLimitKeys, StageKeys};
use super::kinds::{Names, OneOf, Table, Tables, Text, TextOrFalse, Texts, WordOrTable};
use super::rule::RuleKeys;
use super::splice::{Rows, count, spliced};
use super::{Keys, Kind, Named, Source, Spans, keys};
use crate::model::Field;
use crate::rules::document::Placed;
use crate::rules::key::{Key, KeyKind, Need};
use crate::rules::profile::single_fields;
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
