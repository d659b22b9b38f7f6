//! The keys of a rule, and of the tables in it.

use super::common::{CustomField, RangeKeys, RuleLimitKeys, StageKeys};
use super::kinds::{
    Flag, Names, OneOf, SomeOf, Table, Text, TextFalseOrTable, TextOrFalse, TextOrTable, Texts, TextsOrTables,
    WordOrTable,
};
use super::splice::{Rows, count, spliced};
use super::{Keys, Kind, Named, Source, Spans, TextFalseOr, keys};
use crate::model::{Arity, Depth, ExpressionKey, Field, Membership, Privilege, WelcomeEmail};
use crate::rules::document::Placed;
use crate::rules::key::{Key, KeyKind, Need};
use crate::rules::{LeaverPolicy, Mode, RoleGrant};

keys! {
    /// Keys of a rule, without those of settings that take an expression.
    OWN, OwnKeys {
        name: Text [Required] = "its name, in plans and errors, which no other rule has", "an error", "\"Sales\"";
        enabled: Flag = "whether it takes part; what it gives is named by a rule all the same", "`true`", "false";
        mode: OneOf<Mode> = "whether what it says is applied", "`\"apply\"`", "\"simulate\"";
        ou: TextsOrTables<UnitKeys> [Any] =
            "people in an OU, or in any of a list of them",
            "",
            "\"OU=Sales,DC=example,DC=test\"";
        group: TextsOrTables<GroupKeys> [Any] =
            "people in a group, or in any of a list of them",
            "",
            "\"Sales Team\"";
        everyone: Flag [Any] = "`true` means everybody in the directory", "`false`", "true";
        filter: Text =
            "an LDAP filter (RFC 4515) that its people match as well",
            "everybody",
            "\"(&(department=Sales)(!(title=Trainee)))\"";
        exclude: Table<ExcludeKeys> = "people who are not meant", "nobody", "{ filter = \"(title=Trainee)\" }";
        create: Flag = "whether it makes users", "`true`", "false";
        update: Flag =
            "whether it changes users, suspends whom the directory disabled, and gives access back",
            "`true`",
            "false";
        products: TextsOrTables<ProductKeys> =
            "licenses that its people get, by name, key or product code",
            "none",
            "[\"GoToMeeting\", { name = \"GoToConnect\", without = [\"G2M\"] }]";
        user_group: TextOrFalse =
            "the user group its people come into, by its path; `false` takes them out of any",
            "left alone",
            "\"Sales/EMEA\"";
        create_user_group: Flag = "whether a missing user group is made", "`false`", "true";
        role: WordOrTable<RoleGrant, RoleKeys> =
            "what its people may administer; a role that a rule gave goes when no rule gives it any more",
            "left alone",
            "{ privileges = [\"manage-users\"], groups = [\"Sales\"] }";
        templates: Names<Template> =
            "the settings template of each product, also of products its people do not have",
            "left alone",
            "{ GoToMeeting = \"Sales\", GoToWebinar = \"system\" }";
        device_groups: Texts = "device access groups that its people get, by name", "none", "[\"Kiosks\"]";
        welcome_email: WordOrTable<WelcomeEmail, MailKeys> =
            "the mail that new users get",
            "the account's default text",
            "{ template = \"Sales\" }";
        language: TextOrFalse = "an expression that gives a language as `en_US`", "left alone", "\"de_DE\"";
        voicemail: Table<VoicemailKeys> =
            "the voicemail of an extension, set when somebody gets it",
            "as the service has it",
            "{ transcription = true, time_zone = \"Europe/Berlin\" }";
        custom_fields: Names<CustomField> =
            "expressions for custom fields of the account, by name",
            "left alone",
            "{ \"Cost center\" = \"{{ departmentNumber }}\" }";
        fields: Table<FieldKeys> =
            "expressions for fields of users",
            "the defaults",
            "{ first_name = \"{{ displayName | before(' ') }}\" }";
        leavers: WordOrTable<LeaverPolicy, StageKeys> =
            "what becomes of its people when no rule selects them any more",
            "as at the top",
            "\"remove-products\"";
        limits: Table<RuleLimitKeys> =
            "how much of it may change in one run before somebody must look",
            "none",
            "{ shrink = { percent = 10 } }";
    }
    not {
        // What one may expect of a rule, with the reason why it is not given (goto-api, 5).
        ["caller_id", "outbound_caller_id"],
            "GoTo has no interface that sets what number a line shows",
            "set it in the administration of GoTo Connect; `caller_id_numbers` says which numbers people may choose there";
        ["dial_plan", "dial_plans", "queue", "queues", "ring_group", "ring_groups"],
            "GoTo has no interface that changes dial plans, queues and ring groups",
            "set them up in the administration of GoTo Connect";
    }
}

/// Keys of a rule.
pub(in crate::rules) static RULE: &[Key] = &spliced::<ROWS>(OWN, "voicemail", Rows::Rule);
const ROWS: usize = OWN.len() + count(Rows::Rule);

/// What a rule says.
#[derive(Debug)]
pub(in crate::rules) struct RuleKeys {
    pub(in crate::rules) own: OwnKeys,
    /// The settings that are set by expressions.
    pub(in crate::rules) settings: Vec<(Field, SettingValue)>,
}

/// The value of a key for a setting.
#[derive(Debug)]
pub(in crate::rules) enum SettingValue {
    /// An expression, or `None` to leave the setting alone.
    Single(Placed<Option<String>>),
    /// Expressions.
    List(Vec<Placed<String>>),
    /// A range of extensions.
    Range(RangeKeys),
}

impl Keys for RuleKeys {
    const KEYS: &'static [Key] = RULE;

    fn read(table: &Source<'_, '_>) -> Self {
        let value = |key: &'static ExpressionKey| {
            let row = RULE.iter().find(|row| row.name == key.field.as_str())?;
            let value = match (row.kind, key.arity) {
                (KeyKind::TextFalseOrTable(_), _) => {
                    match <TextFalseOrTable<RangeKeys> as Kind>::read(table, row.name, row)? {
                        TextFalseOr::Text(text) => SettingValue::Single(text),
                        TextFalseOr::Table(range) => SettingValue::Range(range),
                    }
                }
                (_, Arity::One) => SettingValue::Single(table.string_or_false(row.name)?),
                (_, Arity::Several) => SettingValue::List(table.strings(row.name)),
            };
            Some((key.field, value))
        };
        Self { own: Keys::read(table), settings: ExpressionKey::all().filter_map(value).collect() }
    }

    fn title(table: &Source<'_, '_>, _: usize) -> Option<String> {
        let name = table.text_of("name")?.trim();
        (!name.is_empty()).then(|| format!("rule `{name}`"))
    }
}

keys! {
    /// A license that a rule gives.
    PRODUCT, ProductKeys {
        name: Text [Required] = "the license, by name, key or product code", "an error", "\"GoToConnect\"";
        without: Texts =
            "products inside it that are switched off, by product code; all others are switched on",
            "left alone",
            "[\"G2M\"]";
    }
}

keys! {
    /// A role of some privileges, or a role set.
    ROLE, RoleKeys {
        role_set: Text [One] = "a role set of the account, by name", "", "\"Help desk\"";
        privileges: SomeOf<Privilege> [One] = "what a manager may do", "", "[\"manage-users\", \"run-reports\"]";
        groups: Texts =
            "the user groups a manager may do it for, and what is below them",
            "all of them",
            "[\"Sales/EMEA\"]";
        products: Texts = "the licenses a manager may do it for", "all of them", "[\"GoToMeeting\"]";
    }
}

/// The settings template of a product.
pub(in crate::rules) struct Template;

static TEMPLATE: Key = Key::new(
    "templates",
    <TextOrTable<NamedKeys> as Kind>::KIND,
    "the name of a settings template, or `\"system\"` for the system's own settings",
    "left alone",
    "\"Sales\"",
);

impl Named for Template {
    type Kind = TextOrTable<NamedKeys>;
    const KEY: &'static Key = &TEMPLATE;
}

keys! {
    /// For a template that somebody called `system`.
    NAMED, NamedKeys {
        name: Text [Required] = "the name of a template", "an error", "\"system\"";
    }
}

keys! {
    /// A welcome e-mail made from a template.
    MAIL, MailKeys {
        template: Text [Required] = "a template of the account or of this file", "an error", "\"Sales\"";
    }
}

keys! {
    /// The voicemail of an extension.
    VOICEMAIL, VoicemailKeys {
        time_zone: Text [Any] = "the time zone of the times it tells", "as the service has it", "\"Europe/Berlin\"";
        without_password: Flag [Any] = "whether it asks for no password", "as the service has it", "false";
        review: Flag [Any] =
            "whether callers may listen to their message before they leave it",
            "as the service has it",
            "true";
        transcription: Flag [Any] = "whether messages are written out", "as the service has it", "true";
        operator: Text [Any] = "the extension that callers may escape to", "as the service has it", "\"100\"";
    }
    not {
        ["password"],
            "gotosync sets no password of a voicemail",
            "a password would stand in plans; people set their own, or `without_password = true` asks for none";
    }
}

keys! {
    /// People who are not meant.
    EXCLUDE, ExcludeKeys {
        ou: TextsOrTables<UnitKeys> =
            "people in an OU, or in any of a list of them",
            "",
            "\"OU=Guests,DC=example,DC=test\"";
        group: TextsOrTables<GroupKeys> = "people in a group, or in any of a list of them", "", "\"Contractors\"";
        filter: Text = "people who match an LDAP filter (RFC 4515)", "", "\"(title=Trainee)\"";
    }
}

keys! {
    /// An OU.
    UNIT, UnitKeys {
        dn: Text [Required] = "the distinguished name of the OU", "an error", "\"OU=Sales,DC=example,DC=test\"";
        depth: OneOf<Depth> = "how far below the OU people are meant", "`\"subtree\"`", "\"one-level\"";
    }
}

keys! {
    /// A group.
    GROUP, GroupKeys {
        name: Text [One] = "the account name or common name of the group", "", "\"Sales Team\"";
        dn: Text [One] =
            "the distinguished name of the group",
            "",
            "\"CN=Sales Team,OU=Groups,DC=example,DC=test\"";
        id: Text [One] = "the immutable id of the group", "", "\"2f9d1c1e-6a4b-4c0d-9a53-0d3f6f2d7b11\"";
        members: OneOf<Membership> = "which members of the group are meant", "`\"nested\"`", "\"direct\"";
    }
}

keys! {
    /// Expressions for the fields that every user has.
    FIELDS, FieldKeys {
        email: TextOrFalse =
            "an expression for the e-mail; `false` leaves that of users who exist alone",
            "`mail`, or the primary of `proxyAddresses`",
            "\"{{ mail or userPrincipalName }}\"";
        first_name: TextOrFalse =
            "an expression for the first name; `false` leaves that of users who exist alone",
            "`givenName`, or the first part of `displayName`",
            "\"{{ givenName | title }}\"";
        last_name: TextOrFalse =
            "an expression for the last name; `false` leaves that of users who exist alone",
            "`sn`, or the last word of `displayName`",
            "\"{{ sn | cut(32) }}\"";
    }
}
