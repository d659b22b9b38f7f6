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
fn a_list_keeps_its_lines_and_comments_as_it_grows_and_shrinks() {
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
fn a_table_is_changed_in_the_form_it_has() {
    let braces = format!("{A}exclude = {{ filter = '(a=b)' }}  # not those\n");
    let grown = set(&braces, "exclude.group", "'G'");
    assert_eq!(grown, format!("{A}exclude = {{ filter = '(a=b)', group = 'G' }}  # not those\n"));
    assert_eq!(unset(&grown, "exclude.group"), braces);
    assert_eq!(unset(&braces, "exclude.filter"), A, "a table with nothing in it goes");
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
fn a_key_comes_where_it_reads_best() {
    let text = "[[rule]]\n  name = 'A' # n\n  # who\n  everyone = true\n  products = 'X'\n  # language = 'de_DE'\n";
    assert_eq!(set(text, "filter", "'(a=b)'"), text.replace("= true\n", "= true\n  filter = '(a=b)'\n"));
    assert_eq!(set(text, "enabled", "false"), text.replace("# n\n", "# n\n  enabled = false\n"));
    assert_eq!(
        set("[[rule]]\nname = 'A'\neveryone = true", "update", "false"),
        "[[rule]]\nname = 'A'\neveryone = true\nupdate = false\n"
    );
}

#[test]
fn the_same_value_changes_nothing_however_it_is_written() {
    let text = "[[rule]]\nname = 'A'\nou   =   [ 'OU=a,DC=x'  ]\nlimits.create = {count=0x10}\n";
    assert_eq!(set(text, "ou", "[\"OU=a,DC=x\"]"), text);
    assert_eq!(set(text, "limits.create.count", "16"), text);
}

#[test]
fn off_and_on_again_is_as_before() {
    for text in [A.to_owned(), format!("{A}enabled = true # yes\n"), A.replace('\n', "\r\n")] {
        let mut file = file(&text);
        file.disable("A").unwrap();
        assert!(!file.rules().unwrap().list[0].enabled);
        file.enable("A").unwrap();
        assert_eq!(file.text(), text);
    }
    let mut told = file(&format!("{A}enabled = false # until May\n"));
    told.enable("A").unwrap();
    assert_eq!(told.text(), format!("{A}enabled = true # until May\n"), "the comment is not lost");
}

#[test]
fn an_edit_that_makes_the_file_unusable_is_refused_as_reading_it_is_and_changes_nothing() {
    let mut file = file(A);
    let change = Change::set("seets", "5").unwrap();
    assert!(message(file.edit("A", &[change])).contains("rule `A` has no key `seets`"));
    let change = Change::set("everyone", "false").unwrap();
    assert!(message(file.edit("A", &[change])).starts_with("the rule selects nobody"));
    let change = Change::unset("products").unwrap();
    assert_eq!(message(file.edit("A", &[change])), "`products` is not set in the rule; it has name, everyone");
    let change = Change::set("name.first", "5").unwrap();
    assert_eq!(
        message(file.edit("A", &[change])),
        "`name` is no table, so nothing can be set in it; set `name` as a whole"
    );
    assert!(message(file.add("A", &[], &Position::Last)).starts_with("there is a rule `A` already"));
    assert!(message(file.add("B", &[], &Position::Last)).starts_with("the rule selects nobody"));
    assert!(message(file.remove("A")).starts_with("`A` is the only rule, and a rules file needs one"));
    assert!(message(file.remove("a")).ends_with("did you mean `A`?"));
    assert!(message(file.move_to("A", &Position::Before("A".into()))).starts_with("`A` cannot stand beside itself"));
    assert_eq!((file.text(), file.is_changed()), (A, false));
}

#[test]
fn a_wrong_rule_can_be_mended_and_a_list_of_rules_is_left_to_editors() {
    let mut wrong = file("[[rule]]\nname = 'A'\neveryone = true\nleavers = 'delete'\n");
    assert!(wrong.rules().is_err());
    wrong.edit("A", &[Change::set("leavers", "'keep'").unwrap()]).unwrap();
    assert_eq!(
        wrong.rules().unwrap().list[0].leavers,
        Some(crate::rules::Leavers { first: crate::rules::LeaverPolicy::Keep, delete: None })
    );
    let mut list = file("rule = [{ name = 'A', everyone = true }]\n");
    assert!(message(list.disable("A")).starts_with("the rules stand in one list"));
    assert!(message(list.add("B", &[], &Position::Last)).starts_with("the rules stand in one list"));
}

#[test]
fn a_file_without_rules_gets_its_first() {
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
fn what_a_file_says_can_be_written_as_one() {
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
fn what_toml_has_no_word_for_is_told_with_its_place() {
    let told = |json: serde_json::Value| RulesFile::from_json(&json, "rules").unwrap_err()[0].to_string();
    assert_eq!(told(serde_json::json!([])), "rules are an object with `rule` and other keys (file: rules)");
    let rule = serde_json::json!({ "rule": [{ "name": "A", "products": ["x", null] }] });
    assert_eq!(told(rule), "rule 1: products: nothing stands in a list, where there is no such value (file: rules)");
    assert!(told(serde_json::json!({ "seats": u64::MAX })).starts_with("seats: 18446744073709551615 is too large"));
    let change = Change::json("limits", &serde_json::json!({ "create": [null] })).unwrap_err();
    assert_eq!(change[0].to_string(), "create: nothing stands in a list, where there is no such value (key: limits)");
}
