//! The rules for planning corpora.

use gotosync_core::Rules;

/// Twelve rules with OUs, groups, filters, and exclusions, as in a large company. Fields have their default expressions.
pub const RULES: &str = r#"
leavers = "suspend"

[limits]
create = "unlimited"
update = "unlimited"
suspend = "unlimited"
release = "unlimited"
group_change = "unlimited"
emails = "unlimited"
shrink = "unlimited"

[[rule]]
name = "Directors"
ou = "OU=Company,DC=ad,DC=example,DC=test"
filter = "(&(title=Director)(!(department=Legal)))"
products = ["GoToMeeting", "GoToWebinar"]
user_group = "Management"

[[rule]]
name = "Webinar hosts"
group = ["Department Marketing", "Department Sales"]
filter = "(!(title=Trainee))"
products = ["GoToWebinar"]

[[rule]]
name = "Support"
group = { dn = "CN=Department Support,OU=Groups,OU=Company,DC=ad,DC=example,DC=test" }
products = ["GoToResolve"]
user_group = "Support"

[[rule]]
name = "Training"
ou = "OU=People,OU=Company,DC=ad,DC=example,DC=test"
filter = "(|(department=People and Culture)(&(department=Research)(title=Senior*)))"
products = ["GoToTraining"]

[[rule]]
name = "Project chain"
group = "Project 0013"
products = ["GoToConnect"]
exclude = { group = "Department Legal" }

[[rule]]
name = "Germany"
ou = "OU=Germany,OU=People,OU=Company,DC=ad,DC=example,DC=test"
user_group = "Europe/Germany"

[[rule]]
name = "Berlin"
ou = { dn = "OU=Berlin,OU=Germany,OU=People,OU=Company,DC=ad,DC=example,DC=test", depth = "one-level" }
products = ["GoToConnect"]
exclude = { filter = "(title=Trainee)" }

[[rule]]
name = "United States"
ou = "OU=United States,OU=People,OU=Company,DC=ad,DC=example,DC=test"
filter = "(c=us)"
user_group = "Americas"

[[rule]]
name = "Partners"
ou = 'OU=External\, Partners,OU=Company,DC=ad,DC=example,DC=test'
products = ["GoToMeeting"]
user_group = "Partners"
update = true
leavers = "remove-products"

[[rule]]
name = "New hires"
group = "All Staff"
filter = "(employeeNumber>=900000)"
products = ["GoToTraining"]
update = false

[[rule]]
name = "Pilot"
enabled = false
group = "Project 0020"
products = ["GoToResolve"]

[[rule]]
name = "Everybody else"
ou = [
    "OU=People,OU=Company,DC=ad,DC=example,DC=test",
    "OU=Disabled Users,OU=Company,DC=ad,DC=example,DC=test",
]
products = ["GoToMeeting"]
user_group = "Staff"
"#;

/// A rule with the highest priority that sets names, e-mail, and language of all people with five expressions.
const FIELDS: &str = r#"
[[rule]]
name = "Fields"
ou = "OU=Company,DC=ad,DC=example,DC=test"
language = "{{ c | lower | replace('us', 'en') | replace('gb', 'en') }}_{{ c | default('US') | upper }}"

[rule.fields]
email = "{{ (mail or userPrincipalName) | trim | lower }}"
first_name = "{{ givenName | default(displayName) | cut(32) }}"
last_name = "{{ sn | replace(',', '') | cut(32) }}"
"#;

/// Returns the rules with default expressions.
pub fn rules() -> Rules {
    parse(RULES)
}

/// Returns the rules with an additional first rule. It has five expressions that are evaluated for each person: one each for e-mail,
/// first name, and last name, and two for the language.
pub fn expressions() -> Rules {
    let (head, rest) = RULES.split_once("[[rule]]").expect("the text contains a rule");
    parse(&format!("{head}{FIELDS}\n[[rule]]{rest}"))
}

fn parse(text: &str) -> Rules {
    Rules::parse(text, "rules.toml").unwrap_or_else(|problems| panic!("{}", gotosync_core::Error::from(problems)))
}

/// The licenses in the rules, with their product codes.
pub(crate) const LICENSES: &[(&str, &str)] = &[
    ("GoToMeeting", "G2M"),
    ("GoToWebinar", "G2W"),
    ("GoToTraining", "G2T"),
    ("GoToConnect", "GTC"),
    ("GoToResolve", "RSLV"),
];

/// The user groups of the account.
pub(crate) const USER_GROUPS: &[&str] =
    &["Americas", "Europe", "Europe/Germany", "Management", "Partners", "Staff", "Support"];
