//! Tests of error messages: each names the place, the expected value, and the fix.

use gotosync_core::{Error, Rules};

/// Returns every problem of a rules file, as a front end would show it.
fn problems(text: &str) -> String {
    let Err(problems) = Rules::parse(text, "rules.toml") else { panic!("expected an error for these rules:\n{text}") };
    problems.iter().map(show).collect::<Vec<_>>().join("\n")
}

fn show(error: &Error) -> String {
    format!("{error}\n  help: {}", error.help().unwrap_or("NONE"))
}

#[test]
fn explains_an_empty_file() {
    insta::assert_snapshot!(problems(""));
}

#[test]
fn explains_invalid_toml() {
    insta::assert_snapshot!(problems("[[rule]]\nname = \"A\nou = 'OU=x,DC=y'\n"));
}

#[test]
fn explains_mistyped_keys_and_words() {
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
fn explains_incomplete_and_contradictory_rules() {
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
fn explains_invalid_products_roles_and_settings() {
    insta::assert_snapshot!(problems(
        r#"
        [[rule]]
        name = "Managers"
        everyone = true
        role = { privileges = ["manage-user", "run-reports"], groups = ["Sales//EMEA"] }
        extension = { from = 2000 }
        products = [{ name = "GoToConnect", witout = ["G2M"] }, { without = ["G2M"] }]
        templates = { GoToMeeting = "", GoToWebinar = 5 }
        welcome_email = "Sales"
        device_groups = ["", "Kiosk"]

        [[rule]]
        name = "Others"
        everyone = true
        mode = "simulated"
        role = "admin"
        user_group = true
        extension = { from = 2999, to = 2000 }
        welcome_email = { name = "Sales" }
        custom_fields = { "Cost center" = "{{ departmentNumbr }}", Site = 5 }
        devices = ["{{ ipPhon }}"]

        [[rule]]
        name = "Nothing"
        everyone = true
        role = { groups = ["Sales"] }
        extension = "{{ telephoneNumber"
        time_zone = 1
        "#
    ));
}

#[test]
fn explains_conflicting_settings_across_rules() {
    insta::assert_snapshot!(problems(
        r#"
        mode = "test"
        protected = ["ceo@example.test", "the boss"]
        rewrite_email = { prefix = "a b", domin = "sink.test" }
        leavers = { first = "remove-products", delete_after_days = 30, delete_after_reads = 10 }

        [[welcome_email]]
        name = "Sales"
        subject = "Welcome, {frist_name}"
        text = "Dear {first_name}"

        [[welcome_email]]
        name = "Sales"
        subject = "Welcome"

        [[rule]]
        name = "Sales"
        everyone = true
        leavers = { delete_after_days = 30 }

        [[rule]]
        name = "Service"
        everyone = true
        leavers = { first = "delete" }
        "#
    ));
}

#[test]
fn explains_invalid_dns_and_groups() {
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
fn explains_invalid_expressions() {
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

#[test]
fn explains_invalid_filter_constants() {
    insta::assert_snapshot!(problems(
        r#"
        [[rule]]
        name = "Sales"
        everyone = true
        language = '{{ c | match("[A-Z") }}'
        [rule.fields]
        email = '{{ mail | match("^(\w+)@", 2) }}'
        first_name = "{{ givenName | ascii('dk') }}"
        last_name = "{{ sn | replace_regex(title, '') }}"

        [[rule]]
        name = "IT"
        everyone = true
        [rule.fields]
        email = "{{ telephoneNumber | phone('Germany') }}"
        first_name = "{{ lower(givenName) }}"
        last_name = '{{ sn | replace_regex("(\w+) (\w+)", "$2_$1") }}'
        "#
    ));
}

#[test]
fn explains_invalid_examples() {
    insta::assert_snapshot!(problems(
        r#"
        [[rule]]
        name = "Sales"
        everyone = true

        [[example]]
        rule = "Slaes"
        attributes = { givenNme = "Ann", sn = 5 }
        dn = "Ann"
        fields = { frist_name = "Ann" }

        [[example]]
        name = "nothing"
        atributes = { givenName = "Ann" }
        "#
    ));
}

#[test]
fn explains_failing_examples() {
    let rules = r#"
        attributes = ["badgeLanguage"]

        [[rule]]
        name = "Logins"
        everyone = true
        language = "{{ badgeLanguage }}"
        [rule.fields]
        email = "{{ givenName | ascii('de') | lower }}.{{ sn | ascii('de') | lower }}@example.test"

        [[rule]]
        name = "Off"
        enabled = false
        everyone = true
        [rule.fields]
        first_name = "{{ otherTelephone }}"

        [[example]]
        name = "umlauts in logins"
        rule = "Logins"
        attributes = { givenName = "Jürgen", sn = "Groß", BADGELANGUAGE = "de_DE" }
        fields = { email = "juergen.gross@example.test", last_name = "Groß", language = "de_DE" }

        [[example]]
        name = "wrong in three ways"
        attributes = { givenName = "Jürgen", mail = "j@example.test" }
        fields = { email = "j@example.test", first_name = false, last_name = "Groß" }

        [[example]]
        rule = "Off"
        attributes = { otherTelephone = ["1", "2"] }
        dn = "CN=Jürgen Groß,OU=Sales,DC=example,DC=test"
        groups = ["Sales Team"]
        fields = { first_name = "1", language = "de_DE" }
        "#;
    let rules = Rules::parse(rules, "rules.toml").map_err(Error::from).expect("the rules are valid");
    let wrong: Vec<_> = rules.verify_examples().iter().map(show).collect();
    insta::assert_snapshot!(wrong.join("\n"));
}

/// Errors of a file in a different format are not listed line by line.
#[test]
fn reports_every_mistake_of_a_file() {
    let lines: Vec<String> = (0..20_000).map(|number| format!("key{number} = 1")).collect();
    let text = lines.join("\n");
    let Err(problems) = Rules::parse(&text, "rules.toml") else { panic!("expected an error") };
    assert_eq!(problems.iter().count(), 300);
}
