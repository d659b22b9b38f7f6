//! The keys at the top of a rules file and in the tables there. They are statics, so that a table that is used in two places can be
//! recognized as the same table by its address.

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
        attributes: Texts = "custom attributes of your directory schema that filters and expressions may use", "none", "[\"favouriteDrink\"]";
        leavers: WordOrTable<LeaverPolicy, StageKeys> =
            "what happens to leavers: linked users who are no longer selected by any rule",
            "`\"suspend\"`",
            "{ first = \"suspend\", delete_after_days = 90, delete_after_reads = 30 }";
        protected: Texts =
            "e-mail addresses of users who keep their access when they leave or are disabled, and who are never deleted",
            "none",
            "[\"ceo@example.com\"]";
        mode: OneOf<Mode> = "whether runs apply the changes of the whole file", "`\"apply\"`", "\"simulate\"";
        rewrite_email: Table<RewriteKeys> =
            "changes every e-mail address, so that a rehearsal sends no mail to real people",
            "addresses are not changed",
            "{ prefix = \"test-\", domain = \"sink.example.com\" }";
        seats: OneOf<SeatPolicy> =
            "what to do when a license has fewer free seats than people who need one",
            "`\"stop\"`",
            "\"fill\"";
        limits: Table<RunLimitKeys> =
            "how much may change in one run before an admin must approve the plan",
            "the standard limits below",
            "{ create = { count = 50 } }";
        welcome_email: Tables<WelcomeKeys> =
            "welcome e-mail templates that gotosync creates and updates in the account",
            "none",
            "[{ name = \"Sales\", subject = \"Welcome, {first_name}\", text = \"You have {products}.\" }]";
        example: Tables<ExampleKeys> =
            "made-up people and the values that the rules must give them; `gotosync check` verifies them",
            "none",
            "[{ attributes = { mail = \"ann@example.com\" }, fields = { email = \"ann@example.com\" } }]";
        rule: Tables<RuleKeys> [Required] =
            "the rules, highest priority first",
            "required",
            "[{ name = \"Sales\", everyone = true }]";
    }
}

keys! {
    /// The rewriting of e-mail addresses.
    REWRITE, RewriteKeys {
        prefix: Text [Any] = "text to put in front of each address", "nothing", "\"test-\"";
        suffix: Text [Any] = "text to put in front of the `@` of each address", "nothing", "\"+test\"";
        domain: Text [Any] = "the new domain of all addresses", "each address keeps its domain", "\"sink.example.com\"";
    }
}

keys! {
    /// A welcome e-mail template.
    WELCOME, WelcomeKeys {
        name: Text [Required] = "the unique name of the template", "required", "\"Sales\"";
        subject: Text [Required] =
            "the subject; the placeholders `{first_name}`, `{last_name}`, `{email}`, `{account}`, and `{products}` are filled in",
            "required",
            "\"Welcome, {first_name}\"";
        text: Text [Required] = "the text, with the same placeholders", "required", "\"You have {products} now.\"";
    }
}

keys! {
    /// An example.
    EXAMPLE, ExampleKeys {
        name: Text = "the name of the example in error messages", "its number", "\"umlauts in logins\"";
        rule: Text =
            "the only rule whose expressions are evaluated",
            "all enabled rules, as if each selected the person",
            "\"Sales\"";
        attributes: Names<Attribute> =
            "the attributes of the person, each a string or a list of strings",
            "none",
            "{ givenName = \"Jürgen\", sn = \"Groß\" }";
        dn: Text = "the distinguished name of the person", "`\"CN=Example\"`", "\"CN=Ann,OU=Sales,DC=example,DC=com\"";
        groups: Texts = "the names of the groups that the person is a direct member of", "none", "[\"Sales Team\"]";
        fields: Table<ExpectedKeys> [Required] =
            "the expected values; `false` means no value",
            "required",
            "{ email = \"ann@example.com\" }";
    }
    titled |name, number| Some(name.map_or_else(|| format!("example {number}"), |name| format!("example `{name}`")));
}

/// An attribute of the person in an example.
pub(in crate::rules) struct Attribute;

static ATTRIBUTE: Key = Key::new("attributes", KeyKind::Texts, "the values of the attribute", "none", "\"Jürgen\"");

impl Named for Attribute {
    type Kind = Texts;
    const KEY: &'static Key = &ATTRIBUTE;
}

keys! {
    /// Expected values of the fields that every user has.
    EXPECTED_NAMES, ExpectedNameKeys {
        email: TextOrFalse = "the expected e-mail address", "not checked", "\"ann@example.com\"";
        first_name: TextOrFalse = "the expected first name", "not checked", "\"Jürgen\"";
        last_name: TextOrFalse = "the expected last name", "not checked", "\"Groß\"";
        language: TextOrFalse = "the expected language", "not checked", "\"de_DE\"";
        custom_fields: Names<CustomField> =
            "the expected custom fields, by name",
            "not checked",
            "{ \"Cost center\" = \"4711\" }";
    }
}

/// Expected values: the fields that every user has, and the settings with a single value.
static EXPECTED: &[Key] = &spliced::<EXPECTED_ROWS>(EXPECTED_NAMES, "custom_fields", Rows::Expected);
const EXPECTED_ROWS: usize = EXPECTED_NAMES.len() + count(Rows::Expected);

/// The expected values of an example.
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
