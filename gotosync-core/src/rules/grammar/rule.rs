//! The keys of a rule and of the tables in it.

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
    /// Keys of a rule, except the settings that take an expression.
    OWN, OwnKeys {
        name: Text [Required] = "the unique name of the rule, shown in plans and errors", "required", "\"Sales\"";
        enabled: Flag =
            "whether the rule is used; licenses and device groups that a disabled rule names still count as managed",
            "`true`",
            "false";
        mode: OneOf<Mode> = "whether runs apply the changes of this rule", "`\"apply\"`", "\"simulate\"";
        ou: TextsOrTables<UnitKeys> [Any] =
            "selects people in an OU, or in any OU of a list",
            "",
            "\"OU=Sales,DC=example,DC=test\"";
        group: TextsOrTables<GroupKeys> [Any] =
            "selects members of a group, or of any group of a list",
            "",
            "\"Sales Team\"";
        everyone: Flag [Any] = "`true` selects everyone in the directory", "`false`", "true";
        filter: Text =
            "an LDAP filter (RFC 4515) that the selected people must also match",
            "no filter",
            "\"(&(department=Sales)(!(title=Trainee)))\"";
        exclude: Table<ExcludeKeys> = "people to exclude although they match", "none", "{ filter = \"(title=Trainee)\" }";
        create: Flag = "whether the rule creates users", "`true`", "false";
        update: Flag =
            "whether the rule changes existing users, suspends people who are disabled in the directory, and reactivates them",
            "`true`",
            "false";
        products: TextsOrTables<ProductKeys> =
            "licenses to assign, by name, key, or product code",
            "none",
            "[\"GoToMeeting\", { name = \"GoToConnect\", without = [\"G2M\"] }]";
        user_group: TextOrFalse =
            "the user group to put the people into, by its path; `false` removes them from their group",
            "unchanged",
            "\"Sales/EMEA\"";
        create_user_group: Flag = "whether to create the user group if it is missing", "`false`", "true";
        role: WordOrTable<RoleGrant, RoleKeys> =
            "the admin role to assign; it is removed when no rule assigns it any more",
            "unchanged",
            "{ privileges = [\"manage-users\"], groups = [\"Sales\"] }";
        templates: Names<Template> =
            "the settings template for each product, including products that the people do not have",
            "unchanged",
            "{ GoToMeeting = \"Sales\", GoToWebinar = \"system\" }";
        device_groups: Texts = "device access groups to add the people to, by name", "none", "[\"Kiosks\"]";
        welcome_email: WordOrTable<WelcomeEmail, MailKeys> =
            "the welcome e-mail for new users",
            "the default e-mail of the account",
            "{ template = \"Sales\" }";
        language: TextOrFalse = "an expression for the language, such as `en_US`", "unchanged", "\"de_DE\"";
        voicemail: Table<VoicemailKeys> =
            "voicemail settings, applied when a user gets an extension",
            "the defaults of the service",
            "{ transcription = true, time_zone = \"Europe/Berlin\" }";
        custom_fields: Names<CustomField> =
            "expressions for custom fields of the account, by name",
            "unchanged",
            "{ \"Cost center\" = \"{{ departmentNumber }}\" }";
        fields: Table<FieldKeys> =
            "expressions for the e-mail address and the names of users",
            "the defaults below",
            "{ first_name = \"{{ displayName | before(' ') }}\" }";
        leavers: WordOrTable<LeaverPolicy, StageKeys> =
            "what happens to people of this rule when no rule selects them any more",
            "`leavers` at the top of the file",
            "\"remove-products\"";
        limits: Table<RuleLimitKeys> =
            "how much this rule may change in one run before an admin must approve the plan",
            "none",
            "{ shrink = { percent = 10 } }";
    }
    not {
        // Keys that admins may expect here, with the reason why gotosync does not have them (goto-api, 5).
        ["caller_id", "outbound_caller_id"],
            "GoTo has no API to set the caller ID of a line",
            "set it in GoTo Connect Admin; `caller_id_numbers` sets the numbers that users may choose from";
        ["dial_plan", "dial_plans", "queue", "queues", "ring_group", "ring_groups"],
            "GoTo has no API to change dial plans, queues, and ring groups",
            "set them up in GoTo Connect Admin";
    }
}

/// All keys of a rule.
pub(in crate::rules) static RULE: &[Key] = &spliced::<ROWS>(OWN, "voicemail", Rows::Rule);
const ROWS: usize = OWN.len() + count(Rows::Rule);

/// The values of a rule.
#[derive(Debug)]
pub(in crate::rules) struct RuleKeys {
    pub(in crate::rules) own: OwnKeys,
    /// The settings that take an expression.
    pub(in crate::rules) settings: Vec<(Field, SettingValue)>,
}

/// The value of a setting's key.
#[derive(Debug)]
pub(in crate::rules) enum SettingValue {
    /// An expression, or `None` to leave the setting unchanged.
    Single(Placed<Option<String>>),
    /// A list of expressions.
    List(Vec<Placed<String>>),
    /// A range of telephone extensions.
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
    /// A license that a rule assigns.
    PRODUCT, ProductKeys {
        name: Text [Required] = "the license, by name, key, or product code", "required", "\"GoToConnect\"";
        without: Texts =
            "products of the license to turn off, by product code; all others are turned on",
            "unchanged",
            "[\"G2M\"]";
    }
}

keys! {
    /// A manager role with privileges, or a role set.
    ROLE, RoleKeys {
        role_set: Text [One] = "a role set of the account, by name", "", "\"Help desk\"";
        privileges: SomeOf<Privilege> [One] = "the privileges of a manager", "", "[\"manage-users\", \"run-reports\"]";
        groups: Texts =
            "the user groups that the manager may administer, including the groups below them",
            "all user groups",
            "[\"Sales/EMEA\"]";
        products: Texts = "the licenses that the manager may administer", "all licenses", "[\"GoToMeeting\"]";
    }
}

/// The settings template of a product.
pub(in crate::rules) struct Template;

static TEMPLATE: Key = Key::new(
    "templates",
    <TextOrTable<NamedKeys> as Kind>::KIND,
    "the name of a settings template, or `\"system\"` for the system settings",
    "unchanged",
    "\"Sales\"",
);

impl Named for Template {
    type Kind = TextOrTable<NamedKeys>;
    const KEY: &'static Key = &TEMPLATE;
}

keys! {
    /// A settings template as a table, for a template whose name is `system`.
    NAMED, NamedKeys {
        name: Text [Required] = "the name of the template", "required", "\"system\"";
    }
}

keys! {
    /// A welcome e-mail from a template.
    MAIL, MailKeys {
        template: Text [Required] = "a welcome e-mail template of the account or of this file", "required", "\"Sales\"";
    }
}

keys! {
    /// The voicemail settings of an extension.
    VOICEMAIL, VoicemailKeys {
        time_zone: Text [Any] =
            "the time zone for the times of messages",
            "the default of the service",
            "\"Europe/Berlin\"";
        without_password: Flag [Any] =
            "whether users can open the voicemail without a password",
            "the default of the service",
            "false";
        review: Flag [Any] =
            "whether callers can review a message before they send it",
            "the default of the service",
            "true";
        transcription: Flag [Any] = "whether messages are transcribed", "the default of the service", "true";
        operator: Text [Any] =
            "the extension that callers reach when they ask for the operator",
            "the default of the service",
            "\"100\"";
    }
    not {
        ["password"],
            "gotosync does not set voicemail passwords",
            "a password would be visible in plans; let users set their own, or write `without_password = true`";
    }
}

keys! {
    /// People that a rule leaves out.
    EXCLUDE, ExcludeKeys {
        ou: TextsOrTables<UnitKeys> =
            "excludes people in an OU, or in any OU of a list",
            "",
            "\"OU=Guests,DC=example,DC=test\"";
        group: TextsOrTables<GroupKeys> = "excludes members of a group, or of any group of a list", "", "\"Contractors\"";
        filter: Text = "excludes people who match an LDAP filter (RFC 4515)", "", "\"(title=Trainee)\"";
    }
}

keys! {
    /// An OU.
    UNIT, UnitKeys {
        dn: Text [Required] = "the distinguished name of the OU", "required", "\"OU=Sales,DC=example,DC=test\"";
        depth: OneOf<Depth> = "how deep the OU is searched for people", "`\"subtree\"`", "\"one-level\"";
    }
}

keys! {
    /// A group.
    GROUP, GroupKeys {
        name: Text [One] = "the account name (`sAMAccountName`) or common name of the group", "", "\"Sales Team\"";
        dn: Text [One] =
            "the distinguished name of the group",
            "",
            "\"CN=Sales Team,OU=Groups,DC=example,DC=test\"";
        id: Text [One] = "the immutable ID of the group", "", "\"2f9d1c1e-6a4b-4c0d-9a53-0d3f6f2d7b11\"";
        members: OneOf<Membership> = "which members of the group are selected", "`\"nested\"`", "\"direct\"";
    }
}

keys! {
    /// Expressions for the fields that every user has.
    FIELDS, FieldKeys {
        email: TextOrFalse =
            "an expression for the e-mail address; `false` leaves existing users unchanged",
            "`mail`, or the primary address in `proxyAddresses`",
            "\"{{ mail or userPrincipalName }}\"";
        first_name: TextOrFalse =
            "an expression for the first name; `false` leaves existing users unchanged",
            "`givenName`, or `displayName` without its last word",
            "\"{{ givenName | title }}\"";
        last_name: TextOrFalse =
            "an expression for the last name; `false` leaves existing users unchanged",
            "`sn`, or the last word of `displayName`",
            "\"{{ sn | cut(32) }}\"";
    }
}
