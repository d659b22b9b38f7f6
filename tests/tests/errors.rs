//! What people read when something they wrote is wrong: every text names the place, what was expected and what to do.

use gotosync_core::{Error, Rules};

/// Every problem of a rules file, as a front end would show it.
fn problems(text: &str) -> String {
    let Err(problems) = Rules::parse(text, "rules.toml") else { panic!("these rules are not wrong:\n{text}") };
    problems.iter().map(show).collect::<Vec<_>>().join("\n")
}

fn show(error: &Error) -> String {
    format!("{error}\n  help: {}", error.help().unwrap_or("NONE"))
}

#[test]
fn an_empty_file() {
    insta::assert_snapshot!(problems(""));
}

#[test]
fn what_is_not_toml() {
    insta::assert_snapshot!(problems("[[rule]]\nname = \"A\nou = 'OU=x,DC=y'\n"));
}

#[test]
fn mistyped_keys_and_words() {
    insta::assert_snapshot!(problems(
        r#"
        leaver = "suspend"
        seats = "fil"

        [limits]
        creat = { count = 5 }
        suspend = { percentage = 5 }
        update = 17

        [[rule]]
        name = "Sales"
        grup = "sales"
        everyone = "yes"
        leavers = "delete"
        products = ["Meeting", 5]

        [rule.fields]
        fist_name = "{{ givenName }}"
        "#
    ));
}

#[test]
fn rules_that_say_too_little_or_too_much() {
    insta::assert_snapshot!(problems(
        r#"
        [[rule]]
        products = ["Meeting"]

        [[rule]]
        name = "Nobody"

        [[rule]]
        name = "Twice"
        everyone = true

        [[rule]]
        name = "Twice"
        group = { name = "a", dn = "CN=a,DC=x", members = "some" }
        user_group = "Sales//EMEA"
        "#
    ));
}

#[test]
fn places_that_are_no_places() {
    insta::assert_snapshot!(problems(
        r#"
        [[rule]]
        name = "Sales"
        ou = ["Sales", { dn = "OU=Sales,DC=x", depth = "onelevel" }, "OU=,DC=x"]
        filter = "(&(department=Sales)(title=Trainee)"
        exclude = { group = "", filter = "(cn:dn:=x)" }
        "#
    ));
}

#[test]
fn expressions_that_cannot_work() {
    insta::assert_snapshot!(problems(
        r#"
        [[rule]]
        name = "Sales"
        everyone = true
        language = "{{ preferedLanguage }}"
        [rule.fields]
        email = "{{ mail | lowr }}"
        first_name = "{{ givenName * 3 }}"
        last_name = "{% if sn %}{{ sn }}{% endif %}"

        [[rule]]
        name = "IT"
        everyone = true
        [rule.fields]
        email = "{{ mail.lower() }}"
        first_name = "{{ givenName"
        last_name = "{{ sn | cut('x') }}"
        "#
    ));
}
