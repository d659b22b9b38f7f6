use super::*;

fn file(text: &str) -> RulesFile {
    RulesFile::parse(text, "rules.toml").unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn set(text: &str, key: &str, value: &str) -> String {
    let mut file = file(text);
    file.edit("A", &[Change::set(key, value).unwrap()]).unwrap_or_else(|errors| panic!("{errors:?}"));
    file.text().to_owned()
}

fn unset(text: &str, key: &str) -> String {
    let mut file = file(text);
    file.edit("A", &[Change::unset(key).unwrap()]).unwrap_or_else(|errors| panic!("{errors:?}"));
    file.text().to_owned()
}

fn message(result: Result<(), Vec<Error>>) -> String {
    let errors = result.unwrap_err();
    format!("{}; {}", errors[0].message(), errors[0].help().unwrap_or_default())
}

const A: &str = "[[rule]]\nname = 'A'\neveryone = true\n";

#[test]
fn keeps_lines_and_comments_of_a_list_that_grows_or_shrinks() {
    let list = |inner: &str| format!("{A}products = [{inner}] # end\n");
    let lines = list("\n  'X', # first\n  'Y', # second\n");
    assert_eq!(set(&list("'X', 'Y'"), "products", "['X', 'Y', 'Z']"), list("'X', 'Y', 'Z'"));
    assert_eq!(set(&list("'X', 'Y'"), "products", "['Y']"), list("'Y'"));
    assert_eq!(set(&list("'X', 'Y'"), "products", "['X']"), list("'X'"));
    assert_eq!(set(&list("'X', 'Y'"), "products", "['Y', 'X']"), list("'Y', 'X'"));
    assert_eq!(set(&lines, "products", "['X', 'Y', 'Z']"), list("\n  'X', # first\n  'Y', # second\n  'Z',\n"));
    assert_eq!(set(&list("\n  'X',\n  'Y'\n"), "products", "['X', 'Y', 'Z']"), list("\n  'X',\n  'Y',\n  'Z'\n"));
    assert_eq!(set(&lines, "products", "['X']"), list("\n  'X', # first\n"));
    assert_eq!(set(&lines, "products", "['Y']"), list("\n  'Y', # second\n"));
    let bare = list("\n  # above\n  'X', # first\n  'Y' # second\n");
    assert_eq!(set(&bare, "products", "['X']"), list("\n  # above\n  'X' # first\n"));
    assert_eq!(set(&bare, "products", "['Y']"), list("\n  # above\n  'Y' # second\n"));
    assert_eq!(
        set(&format!("{A}products = 'X' # one\n"), "products", "['X', 'Y']"),
        format!("{A}products = ['X', 'Y'] # one\n")
    );
}

#[test]
fn changes_a_table_in_its_existing_form() {
    let braces = format!("{A}exclude = {{ filter = '(a=b)' }}  # not those\n");
    let grown = set(&braces, "exclude.group", "'G'");
    assert_eq!(grown, format!("{A}exclude = {{ filter = '(a=b)', group = 'G' }}  # not those\n"));
    assert_eq!(unset(&grown, "exclude.group"), braces);
    assert_eq!(unset(&braces, "exclude.filter"), A, "an empty table is removed");
    let dotted = format!("{A}fields.email = '{{{{ mail }}}}'\nupdate = false\n");
    let grown = set(&dotted, "fields.last_name", "false");
    assert_eq!(grown, dotted.replace("update", "fields.last_name = false\nupdate"));
    assert_eq!(unset(&grown, "fields"), format!("{A}update = false\n"));
    let headed = format!(
        "{A}\n# what changes\n  [rule.fields]\n  email = '{{{{ mail }}}}' # m\n\n[[rule]]\nname = 'B'\neveryone = true\n"
    );
    let grown = set(&headed, "fields.last_name", "false");
    assert_eq!(grown, headed.replace("# m\n", "# m\n  last_name = false\n"));
    assert_eq!(unset(&headed, "fields"), format!("{A}\n[[rule]]\nname = 'B'\neveryone = true\n"));
    assert_eq!(
        set(&headed, "fields", "{ email = false }"),
        format!("{A}fields = {{ email = false }}\n\n[[rule]]\nname = 'B'\neveryone = true\n")
    );
    assert_eq!(set(A, "limits.shrink.percent", "7"), format!("{A}limits = {{ shrink = {{ percent = 7 }} }}\n"));
    let deeper = format!("{A}[rule.limits.shrink]\npercent = 5\n");
    assert_eq!(
        set(&deeper, "limits.create.count", "7"),
        format!("{A}limits.create = {{ count = 7 }}\n[rule.limits.shrink]\npercent = 5\n")
    );
}

#[test]
fn inserts_a_key_in_the_order_of_the_schema() {
    let text = "[[rule]]\n  name = 'A' # n\n  # who\n  everyone = true\n  products = 'X'\n  # language = 'de_DE'\n";
    assert_eq!(set(text, "filter", "'(a=b)'"), text.replace("= true\n", "= true\n  filter = '(a=b)'\n"));
    assert_eq!(set(text, "enabled", "false"), text.replace("# n\n", "# n\n  enabled = false\n"));
    assert_eq!(
        set("[[rule]]\nname = 'A'\neveryone = true", "update", "false"),
        "[[rule]]\nname = 'A'\neveryone = true\nupdate = false\n"
    );
}

#[test]
fn leaves_an_equal_value_in_its_own_formatting() {
    let text = "[[rule]]\nname = 'A'\nou   =   [ 'OU=a,DC=x'  ]\nlimits.create = {count=0x10}\n";
    assert_eq!(set(text, "ou", "[\"OU=a,DC=x\"]"), text);
    assert_eq!(set(text, "limits.create.count", "16"), text);
}

#[test]
fn disabling_and_enabling_a_rule_restores_the_text() {
    for text in [A.to_owned(), format!("{A}enabled = true # yes\n"), A.replace('\n', "\r\n")] {
        let mut file = file(&text);
        file.disable("A").unwrap();
        assert!(!file.rules().unwrap().list[0].enabled);
        file.enable("A").unwrap();
        assert_eq!(file.text(), text);
    }
    let mut commented = file(&format!("{A}enabled = false # until May\n"));
    commented.enable("A").unwrap();
    assert_eq!(commented.text(), format!("{A}enabled = true # until May\n"), "the comment is kept");
}

#[test]
fn rejects_an_edit_that_would_make_the_file_invalid() {
    let mut file = file(A);
    let change = Change::set("seets", "5").unwrap();
    assert!(message(file.edit("A", &[change])).contains("rule `A` has no key `seets`"));
    let change = Change::set("everyone", "false").unwrap();
    assert!(message(file.edit("A", &[change])).starts_with("the rule selects no one"));
    let change = Change::unset("products").unwrap();
    assert_eq!(message(file.edit("A", &[change])), "`products` is not set in the rule; the keys are name, everyone");
    let change = Change::set("name.first", "5").unwrap();
    assert_eq!(
        message(file.edit("A", &[change])),
        "`name` is not a table, so it has no keys to change; set `name` itself to a new value"
    );
    assert!(message(file.add("A", &[], &Position::Last)).starts_with("a rule with the name `A` exists already"));
    assert!(message(file.add("B", &[], &Position::Last)).starts_with("the rule selects no one"));
    assert!(message(file.remove("A")).starts_with("`A` is the only rule, and a rules file needs at least one"));
    assert!(message(file.remove("a")).ends_with("did you mean `A`?"));
    assert!(
        message(file.move_to("A", &Position::Before("A".into())))
            .starts_with("cannot move the rule `A` before or after itself")
    );
    assert_eq!((file.text(), file.is_changed()), (A, false));
}

#[test]
fn fixes_an_invalid_rule_but_rejects_edits_of_an_inline_list_of_rules() {
    let mut wrong = file("[[rule]]\nname = 'A'\neveryone = true\nleavers = 'delete'\n");
    assert!(wrong.rules().is_err());
    wrong.edit("A", &[Change::set("leavers", "'keep'").unwrap()]).unwrap();
    assert_eq!(
        wrong.rules().unwrap().list[0].leavers,
        Some(crate::rules::Leavers { first: crate::rules::LeaverPolicy::Keep, delete: None })
    );
    let mut list = file("rule = [{ name = 'A', everyone = true }]\n");
    assert!(message(list.disable("A")).starts_with("the rules are in an inline list"));
    assert!(message(list.add("B", &[], &Position::Last)).starts_with("the rules are in an inline list"));
}

#[test]
fn adds_the_first_rule_to_a_file_without_rules() {
    for (text, wanted) in [
        ("", String::new()),
        ("# ours", "# ours\n\n".into()),
        ("\u{feff}", "\u{feff}".into()),
        ("leavers = 'keep'\r\n", "leavers = 'keep'\r\n\r\n".into()),
    ] {
        let mut file = file(text);
        file.add("A", &[Change::set("everyone", "true").unwrap()], &Position::First).unwrap();
        let end = lines::end_of_line(text);
        assert_eq!(file.text(), format!("{wanted}[[rule]]{end}name = \"A\"{end}everyone = true{end}"));
    }
}

#[test]
fn converts_a_file_to_json_and_back() {
    let text = "leavers = \"keep\"\nlimits = { create = { count = 5 } }\n\n[[example]]\nattributes = { sn = \"x\" }\n\
                fields = { last_name = \"x\" }\n\n[[rule]]\nname = 'A \"b\"'\nou = [\"OU=A\", { depth = \"one-level\", dn = \"OU=B\" }]\n\
                products = [\"G2M\"]\n\n[[rule]]\nname = \"All\"\neveryone = true\n";
    let file = RulesFile::parse(text, "rules.toml").unwrap();
    let again = RulesFile::from_json(&file.json(), "rules.toml").unwrap();
    assert_eq!(again.json(), file.json());
    assert_eq!(again.text().split_whitespace().collect::<Vec<_>>(), text.split_whitespace().collect::<Vec<_>>());
    again.rules().unwrap();
}

#[test]
fn reports_json_values_that_toml_cannot_represent() {
    let message_for = |json: serde_json::Value| RulesFile::from_json(&json, "rules").unwrap_err()[0].to_string();
    assert_eq!(message_for(serde_json::json!([])), "rules must be an object with the key `rule` (file: rules)");
    let rule = serde_json::json!({ "rule": [{ "name": "A", "products": ["x", null] }] });
    assert_eq!(message_for(rule), "rule 1: products: `null` is not allowed in a list (file: rules)");
    assert!(
        message_for(serde_json::json!({ "seats": u64::MAX }))
            .starts_with("seats: the number 18446744073709551615 is too")
    );
    let change = Change::json("limits", &serde_json::json!({ "create": [null] })).unwrap_err();
    assert_eq!(change[0].to_string(), "create: `null` is not allowed in a list (key: limits)");
}
