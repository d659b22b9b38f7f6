//! The rows: one a key, in the order in which a rule reads best.
//!
//! They are statics, so that a table that stands in two places is known for one.

use super::KeyKind::{
    Flag, Names, Number, Table, Tables, Text, TextFalseOrTable, TextOrFalse, TextOrTable, Texts, TextsOrTables,
    Word as OneOf, WordOrTable, Words,
};
use super::Need::{Any, One, Required};
use super::{Key, Word};

/// Keys at the top of the file.
pub(super) static FILE: &[Key] = &[
    Key::new(
        "attributes",
        Texts,
        "attribute names of your own schema that expressions may use",
        "none",
        "[\"favouriteDrink\"]",
    ),
    Key::new(
        "leavers",
        WordOrTable(LEAVERS, STAGES),
        "what becomes of a linked user whom no rule selects any more",
        "`\"suspend\"`",
        "{ first = \"suspend\", delete_after_days = 90, delete_after_reads = 30 }",
    ),
    Key::new(
        "protected",
        Texts,
        "e-mails of users from whom nothing is taken by leaving or being disabled, and who are never deleted",
        "nobody",
        "[\"ceo@example.com\"]",
    ),
    Key::new("mode", OneOf(MODES), "whether the whole run is applied", "`\"apply\"`", "\"simulate\""),
    Key::new(
        "rewrite_email",
        Table(REWRITE),
        "rewrites every address, so that a rehearsal mails no real person",
        "addresses stay",
        "{ prefix = \"test-\", domain = \"sink.example.com\" }",
    ),
    Key::new(
        "seats",
        OneOf(SEATS),
        "what to do when there are fewer seats than people for them",
        "`\"stop\"`",
        "\"fill\"",
    ),
    Key::new(
        "limits",
        Table(RUN_LIMITS),
        "how much may change in one run before somebody must look",
        "a limit of each kind",
        "{ create = { count = 50 } }",
    ),
    Key::new(
        "welcome_email",
        Tables(WELCOME),
        "templates of welcome e-mails that the account shall have",
        "none",
        "[{ name = \"Sales\", subject = \"Welcome, {first_name}\", text = \"You have {products}.\" }]",
    ),
    Key::new(
        "example",
        Tables(EXAMPLE),
        "people who are made up, and what must come out for them; `check` verifies them",
        "none",
        "[{ attributes = { mail = \"ann@example.com\" }, fields = { email = \"ann@example.com\" } }]",
    ),
    Key::new(
        "rule",
        Tables(RULE),
        "the rules, highest priority first",
        "an error",
        "[{ name = \"Sales\", everyone = true }]",
    )
    .need(Required),
];

/// Keys of a rule.
pub(super) static RULE: &[Key] = &[
    Key::new("name", Text, "its name, in plans and errors, which no other rule has", "an error", "\"Sales\"")
        .need(Required),
    Key::new(
        "enabled",
        Flag,
        "whether it takes part; what it gives is named by a rule all the same",
        "`true`",
        "false",
    ),
    Key::new("mode", OneOf(MODES), "whether what it says is applied", "`\"apply\"`", "\"simulate\""),
    Key::new(
        "ou",
        TextsOrTables(UNIT),
        "people in an OU, or in any of a list of them",
        "",
        "\"OU=Sales,DC=example,DC=test\"",
    )
    .need(Any),
    Key::new("group", TextsOrTables(GROUP), "people in a group, or in any of a list of them", "", "\"Sales Team\"")
        .need(Any),
    Key::new("everyone", Flag, "`true` means everybody in the directory", "`false`", "true").need(Any),
    Key::new(
        "filter",
        Text,
        "an LDAP filter (RFC 4515) that its people match as well",
        "everybody",
        "\"(&(department=Sales)(!(title=Trainee)))\"",
    ),
    Key::new("exclude", Table(EXCLUDE), "people who are not meant", "nobody", "{ filter = \"(title=Trainee)\" }"),
    Key::new("create", Flag, "whether it makes users", "`true`", "false"),
    Key::new(
        "update",
        Flag,
        "whether it changes users, suspends whom the directory disabled, and gives access back",
        "`true`",
        "false",
    ),
    Key::new(
        "products",
        TextsOrTables(PRODUCT),
        "licences that its people get, by name, key or product code",
        "none",
        "[\"GoToMeeting\", { name = \"GoToConnect\", without = [\"G2M\"] }]",
    ),
    Key::new(
        "user_group",
        TextOrFalse,
        "the user group its people come into, by its path; `false` takes them out of any",
        "left alone",
        "\"Sales/EMEA\"",
    ),
    Key::new("create_user_group", Flag, "whether a missing user group is made", "`false`", "true"),
    Key::new(
        "role",
        WordOrTable(ROLES, ROLE),
        "what its people may administer; a role that a rule gave goes when no rule gives it any more",
        "left alone",
        "{ privileges = [\"manage-users\"], groups = [\"Sales\"] }",
    ),
    Key::new(
        "templates",
        Names(&TEMPLATE),
        "the settings template of each product, also of products its people do not have",
        "left alone",
        "{ GoToMeeting = \"Sales\", GoToWebinar = \"system\" }",
    ),
    Key::new("device_groups", Texts, "device access groups that its people get, by name", "none", "[\"Kiosks\"]"),
    Key::new(
        "welcome_email",
        WordOrTable(WELCOMES, MAIL),
        "the mail that new users get",
        "the account's default text",
        "{ template = \"Sales\" }",
    ),
    Key::new("language", TextOrFalse, "an expression that gives a language as `en_US`", "left alone", "\"de_DE\""),
    Key::new(
        "time_zone",
        TextOrFalse,
        "an expression that gives a time zone as `Europe/Berlin`",
        "left alone",
        "\"Europe/Berlin\"",
    ),
    Key::new(
        "extension",
        TextFalseOrTable(RANGE),
        "the telephone extension: an expression, or a range of which people without one get the next free number",
        "left alone",
        "{ from = 2000, to = 2999 }",
    ),
    Key::new(
        "devices",
        Texts,
        "expressions that each give a device of the account, by MAC address or name",
        "left alone",
        "[\"Phone {{ ipPhone }}\"]",
    ),
    Key::new(
        "phone_numbers",
        Texts,
        "expressions that each give a telephone number of the account; it rings at the user's extension",
        "left alone",
        "[\"{{ telephoneNumber }}\"]",
    ),
    Key::new(
        "phone_number_name",
        TextOrFalse,
        "an expression for the name of each telephone number that rings at the user",
        "left alone",
        "\"{{ displayName }}\"",
    ),
    Key::new(
        "caller_id_numbers",
        Texts,
        "expressions that each give a telephone number of the account that the user may show as caller id",
        "left alone",
        "[\"+15555550100\", \"{{ telephoneNumber }}\"]",
    ),
    Key::new(
        "secondary_extensions",
        Texts,
        "expressions that each give an extension of somebody else, or of nobody, that rings at the user too",
        "left alone",
        "[\"100\"]",
    ),
    Key::new(
        "voicemail",
        Table(VOICEMAIL),
        "the voicemail of an extension, set when somebody gets it",
        "as the service has it",
        "{ transcription = true, time_zone = \"Europe/Berlin\" }",
    ),
    Key::new(
        "location",
        TextOrFalse,
        "an expression that gives a location of the account, by name",
        "left alone",
        "\"{{ l }}\"",
    ),
    Key::new(
        "custom_fields",
        Names(&CUSTOM_FIELD),
        "expressions for custom fields of the account, by name",
        "left alone",
        "{ \"Cost center\" = \"{{ departmentNumber }}\" }",
    ),
    Key::new(
        "fields",
        Table(FIELDS),
        "expressions for fields of users",
        "the defaults",
        "{ first_name = \"{{ displayName | before(' ') }}\" }",
    ),
    Key::new(
        "leavers",
        WordOrTable(LEAVERS, STAGES),
        "what becomes of its people when no rule selects them any more",
        "as at the top",
        "\"remove-products\"",
    ),
    Key::new(
        "limits",
        Table(LIMITS),
        "how much of it may change in one run before somebody must look",
        "none",
        "{ shrink = { percent = 10 } }",
    ),
];

static PRODUCT: &[Key] = &[
    Key::new("name", Text, "the licence, by name, key or product code", "an error", "\"GoToConnect\"").need(Required),
    Key::new(
        "without",
        Texts,
        "products inside it that are switched off, by product code; all others are switched on",
        "left alone",
        "[\"G2M\"]",
    ),
];

static ROLE: &[Key] = &[
    Key::new("role_set", Text, "a role set of the account, by name", "", "\"Help desk\"").need(One),
    Key::new("privileges", Words(PRIVILEGES), "what a manager may do", "", "[\"manage-users\", \"run-reports\"]")
        .need(One),
    Key::new(
        "groups",
        Texts,
        "the user groups a manager may do it for, and what is below them",
        "all of them",
        "[\"Sales/EMEA\"]",
    ),
    Key::new("products", Texts, "the licences a manager may do it for", "all of them", "[\"GoToMeeting\"]"),
];

static TEMPLATE: Key = Key::new(
    "templates",
    TextOrTable(NAMED),
    "the name of a settings template, or `\"system\"` for the system's own settings",
    "left alone",
    "\"Sales\"",
);

/// For a template that somebody called `system`.
static NAMED: &[Key] = &[Key::new("name", Text, "the name of a template", "an error", "\"system\"").need(Required)];

static CUSTOM_FIELD: Key = Key::new(
    "custom_fields",
    TextOrFalse,
    "an expression; `false` leaves the field alone",
    "left alone",
    "\"{{ departmentNumber }}\"",
);

static MAIL: &[Key] =
    &[Key::new("template", Text, "a template of the account or of this file", "an error", "\"Sales\"").need(Required)];

static RANGE: &[Key] = &[
    Key::new("from", Number, "the first number, of two to eight digits", "an error", "2000").need(Required),
    Key::new("to", Number, "the last number", "an error", "2999").need(Required),
];

static VOICEMAIL: &[Key] = &[
    Key::new("time_zone", Text, "the time zone of the times it tells", "as the service has it", "\"Europe/Berlin\"")
        .need(Any),
    Key::new("without_password", Flag, "whether it asks for no password", "as the service has it", "false").need(Any),
    Key::new(
        "review",
        Flag,
        "whether callers may listen to their message before they leave it",
        "as the service has it",
        "true",
    )
    .need(Any),
    Key::new("transcription", Flag, "whether messages are written out", "as the service has it", "true").need(Any),
    Key::new("operator", Text, "the extension that callers may escape to", "as the service has it", "\"100\"")
        .need(Any),
];

static STAGES: &[Key] = &[
    Key::new("first", OneOf(LEAVERS), "what becomes of them at once", "`\"suspend\"`", "\"suspend\""),
    Key::new(
        "delete_after_days",
        Number,
        "days since no rule has selected them, before which they are not deleted",
        "an error",
        "90",
    )
    .need(Required),
    Key::new(
        "delete_after_reads",
        Number,
        "complete reads since then, before which they are not deleted",
        "an error",
        "30",
    )
    .need(Required),
];

static REWRITE: &[Key] = &[
    Key::new("prefix", Text, "what comes before each address", "nothing", "\"test-\"").need(Any),
    Key::new("suffix", Text, "what comes before each `@`", "nothing", "\"+test\"").need(Any),
    Key::new("domain", Text, "the domain of all addresses", "each keeps its own", "\"sink.example.com\"").need(Any),
];

static WELCOME: &[Key] = &[
    Key::new("name", Text, "its name, which no other template has", "an error", "\"Sales\"").need(Required),
    Key::new(
        "subject",
        Text,
        "its subject; `{first_name}`, `{last_name}`, `{email}`, `{account}` and `{products}` stand for what they say",
        "an error",
        "\"Welcome, {first_name}\"",
    )
    .need(Required),
    Key::new("text", Text, "its text, with the same words", "an error", "\"You have {products} now.\"").need(Required),
];

static EXAMPLE: &[Key] = &[
    Key::new("name", Text, "what it is called in errors", "its number", "\"umlauts in logins\""),
    Key::new(
        "rule",
        Text,
        "the one rule whose expressions it is about",
        "as if every rule selected the person",
        "\"Sales\"",
    ),
    Key::new(
        "attributes",
        Names(&ATTRIBUTE),
        "the attributes of the person, each a text or a list of them",
        "none",
        "{ givenName = \"Jürgen\", sn = \"Groß\" }",
    ),
    Key::new("dn", Text, "where the person stands", "`\"CN=Example\"`", "\"CN=Ann,OU=Sales,DC=example,DC=com\""),
    Key::new("groups", Texts, "names of groups the person is directly in", "none", "[\"Sales Team\"]"),
    Key::new(
        "fields",
        Table(EXPECTED),
        "what must come out; `false` means nothing",
        "an error",
        "{ email = \"ann@example.com\" }",
    )
    .need(Required),
];

static ATTRIBUTE: Key = Key::new("attributes", Texts, "its values", "none", "\"Jürgen\"");

static EXPECTED: &[Key] = &[
    Key::new("email", TextOrFalse, "the e-mail that must come out", "not looked at", "\"ann@example.com\""),
    Key::new("first_name", TextOrFalse, "the first name that must come out", "not looked at", "\"Jürgen\""),
    Key::new("last_name", TextOrFalse, "the last name that must come out", "not looked at", "\"Groß\""),
    Key::new("language", TextOrFalse, "the language that must come out", "not looked at", "\"de_DE\""),
    Key::new("time_zone", TextOrFalse, "the time zone that must come out", "not looked at", "\"Europe/Berlin\""),
    Key::new("extension", TextOrFalse, "the extension that must come out", "not looked at", "\"2042\""),
    Key::new("location", TextOrFalse, "the location that must come out", "not looked at", "\"Berlin\""),
    Key::new(
        "phone_number_name",
        TextOrFalse,
        "the name of telephone numbers that must come out",
        "not looked at",
        "\"Ann Lee\"",
    ),
    Key::new(
        "custom_fields",
        Names(&CUSTOM_FIELD),
        "custom fields that must come out, by name",
        "not looked at",
        "{ \"Cost center\" = \"4711\" }",
    ),
];

static EXCLUDE: &[Key] = &[
    Key::new(
        "ou",
        TextsOrTables(UNIT),
        "people in an OU, or in any of a list of them",
        "",
        "\"OU=Guests,DC=example,DC=test\"",
    ),
    Key::new("group", TextsOrTables(GROUP), "people in a group, or in any of a list of them", "", "\"Contractors\""),
    Key::new("filter", Text, "people who match an LDAP filter (RFC 4515)", "", "\"(title=Trainee)\""),
];

static UNIT: &[Key] = &[
    Key::new("dn", Text, "the distinguished name of the OU", "an error", "\"OU=Sales,DC=example,DC=test\"")
        .need(Required),
    Key::new("depth", OneOf(DEPTHS), "how far below the OU people are meant", "`\"subtree\"`", "\"one-level\""),
];

static GROUP: &[Key] = &[
    Key::new("name", Text, "the account name or common name of the group", "", "\"Sales Team\"").need(One),
    Key::new("dn", Text, "the distinguished name of the group", "", "\"CN=Sales Team,OU=Groups,DC=example,DC=test\"")
        .need(One),
    Key::new("id", Text, "the immutable id of the group", "", "\"2f9d1c1e-6a4b-4c0d-9a53-0d3f6f2d7b11\"").need(One),
    Key::new("members", OneOf(MEMBERS), "which members of the group are meant", "`\"nested\"`", "\"direct\""),
];

static FIELDS: &[Key] = &[
    Key::new(
        "email",
        TextOrFalse,
        "an expression for the e-mail; `false` leaves that of users who exist alone",
        "`mail`, or the primary of `proxyAddresses`",
        "\"{{ mail or userPrincipalName }}\"",
    ),
    Key::new(
        "first_name",
        TextOrFalse,
        "an expression for the first name; `false` leaves that of users who exist alone",
        "`givenName`, or the first part of `displayName`",
        "\"{{ givenName | title }}\"",
    ),
    Key::new(
        "last_name",
        TextOrFalse,
        "an expression for the last name; `false` leaves that of users who exist alone",
        "`sn`, or the last word of `displayName`",
        "\"{{ sn | cut(32) }}\"",
    ),
];

/// Limits of a run; the standard ones stand where the file says nothing.
static RUN_LIMITS: &[Key] = &[
    limit("create", "users made", "500"),
    limit("update", "users whose fields change", "1000 or 30 %, but never less than 50"),
    limit("suspend", "users who lose every product and role", "500 or 5 %, but never less than 5"),
    limit("release", "users who lose a licence without being suspended", "500 or 5 %, but never less than 5"),
    limit("delete", "users deleted", "50 or 1 %, but never less than 5"),
    limit("group_change", "users who come into another user group", "1000 or 20 %, but never less than 20"),
    limit("role_change", "users who get, change or lose a role", "20 or 5 %, but never less than 5"),
    limit("emails", "e-mails sent: welcomes, and invitations sent again", "500"),
    limit("shrink", "people a rule selected before and does not now", "20 %, but never less than 5"),
];

/// Limits of one rule.
static LIMITS: &[Key] = &[
    limit("create", "users made", "none"),
    limit("update", "users whose fields change", "none"),
    limit("suspend", "users who lose every product and role", "none"),
    limit("release", "users who lose a licence without being suspended", "none"),
    limit("delete", "users deleted", "none"),
    limit("group_change", "users who come into another user group", "none"),
    limit("role_change", "users who get, change or lose a role", "none"),
    limit("emails", "e-mails sent: welcomes, and invitations sent again", "none"),
    limit("shrink", "people it selected before and does not now", "as at the top"),
];

const fn limit(name: &'static str, about: &'static str, absent: &'static str) -> Key {
    Key::new(name, WordOrTable(UNLIMITED, LIMIT), about, absent, "{ count = 50 }")
}

static LIMIT: &[Key] = &[
    Key::new("count", Number, "at most so many", "no such limit", "50").need(Any),
    Key::new("percent", Number, "at most so many of a hundred; of two limits the lower counts", "no such limit", "5")
        .need(Any),
    Key::new("floor", Number, "so many are always allowed", "`0`", "5"),
];

static LEAVERS: &[Word] = &[
    Word::new("keep", "nothing"),
    Word::new("remove-products", "the licences that rules name go; roles stay"),
    Word::new("suspend", "every licence that rules name and the role go, so that the user cannot sign in"),
];
static MODES: &[Word] =
    &[Word::new("apply", "it is"), Word::new("simulate", "it is planned and shown, and nothing of it is applied")];
static ROLES: &[Word] = &[Word::new("member", "nothing"), Word::new("administrator", "everything")];
static PRIVILEGES: &[Word] = &[
    Word::new("manage-users", "add and delete users"),
    Word::new("manage-seats", "give and take seats"),
    Word::new("manage-settings", "change organizer settings"),
    Word::new("manage-groups", "add and delete groups"),
    Word::new("run-reports", "create reports"),
];
static WELCOMES: &[Word] = &[Word::new("default", "the account's default text"), Word::new("none", "no mail")];
static SEATS: &[Word] =
    &[Word::new("stop", "nothing is written"), Word::new("fill", "seats go by priority of rules, and the others wait")];
static DEPTHS: &[Word] =
    &[Word::new("subtree", "the OU and everything below it"), Word::new("one-level", "only people right in the OU")];
static MEMBERS: &[Word] = &[
    Word::new("nested", "its members, and those of the groups nested in it"),
    Word::new("direct", "only people the group itself names"),
];
static UNLIMITED: &[Word] = &[Word::new("unlimited", "no limit")];
