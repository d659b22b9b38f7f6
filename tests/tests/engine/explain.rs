//! Tests of the explanation of one person: every expression with its inputs and its result.

use gotosync_core::model::{Account, DirectoryBuilder, Dn, GroupEntry, GroupId, License, PersonEntry, PersonId};
use gotosync_core::source::MemorySource;
use gotosync_core::state::MemoryState;
use gotosync_core::target::MemoryTarget;
use gotosync_core::{Engine, Error, Rules, render};

const RULES: &str = r#"
[[rule]]
name = "Germany"
ou = "OU=Germany,DC=example,DC=test"
products = ["GoToMeeting"]
language = "{{ 'de_DE' if 'Germany' in ous and domain == 'example.test' else 'en_US' }}"
[rule.fields]
email = "{{ givenName | ascii('de') | lower }}.{{ sn | ascii('de') | lower }}@example.test"
first_name = false

[[rule]]
name = "Managers"
group = "Managers"
[rule.fields]
last_name = "{{ sn | cut(3) }}{{ ' (Manager)' if groups | contains('managers') }}"

[[rule]]
name = "Everyone"
everyone = true
language = "{{ preferredLanguage }}"
[rule.fields]
email = "{{ [mail, otherMailbox] | first }}"
first_name = "{{ displayName | match('^[A-Z]+') or givenName }}"
last_name = "{{ otherTelephone }}"

[[rule]]
name = "Sales"
ou = "OU=Sales,DC=example,DC=test"
[rule.fields]
email = "{{ userPrincipalName }}"
"#;

fn engine() -> Engine {
    let mut directory = DirectoryBuilder::new();
    directory.unit("OU=Sales,DC=example,DC=test", gotosync_core::model::UnitKind::Unit);
    let dn = "CN=Jürgen Groß,OU=Berlin,OU=Germany,DC=example,DC=test";
    let mut person = PersonEntry::new(PersonId::parse("7"), Dn::parse(dn).expect("the DN is valid"));
    for (name, value) in [
        ("givenName", "Jürgen"),
        ("sn", "Groß"),
        ("otherMailbox", "j@example.test"),
        ("otherMailbox", "g@example.test"),
        ("otherTelephone", "1"),
        ("otherTelephone", "2"),
    ] {
        person = person.with(directory.attribute(name), value);
    }
    directory.person(person);
    let group = Dn::parse("CN=Managers,DC=example,DC=test").expect("the DN is valid");
    directory.group(GroupEntry::new(GroupId::parse("1"), group).member(dn));
    let mut account = Account::empty("1", "Example");
    account.licenses.push(License::new("10", "GoToMeeting", &["G2M"], 10));
    let rules = Rules::parse(RULES, "rules.toml").map_err(Error::from).expect("the rules are valid");
    let source = MemorySource::new(directory.build().expect("the directory is valid"));
    Engine::new(source, MemoryTarget::new(account), MemoryState::new(), rules)
}

#[tokio::test]
async fn explains_every_expression_with_its_inputs_and_result() {
    let explanation = engine().explain("Jürgen Groß").await.expect("a person has that name");
    insta::assert_snapshot!(render::explanation(&explanation).to_string());
}

#[tokio::test]
async fn an_unused_setting_names_the_rule_that_wins() {
    let explanation = engine().explain("7").await.expect("a person has that id");
    let unused: Vec<_> = explanation
        .fields
        .iter()
        .filter_map(|line| Some((line.field.as_str(), line.rule.as_deref()?, line.instead.as_deref()?)))
        .collect();
    let expected = [
        ("email", "Everyone", "Germany"),
        ("first_name", "Everyone", "Germany"),
        ("last_name", "Everyone", "Managers"),
        ("language", "Everyone", "Germany"),
    ];
    assert_eq!(unused, expected);
}
