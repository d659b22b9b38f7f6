use super::*;
use crate::model::{DirectoryBuilder, Dn, License, PersonEntry, PersonId, UserGroup, UserGroupPath};
use crate::target::{Feature, RoleAccess};

/// A directory with two people in Sales, one in IT, and none in Guests.
fn directory() -> Arc<Directory> {
    let mut builder = DirectoryBuilder::new();
    let (title, drink) = (builder.attribute("title"), builder.attribute("favouriteDrink"));
    for (id, ou, value) in [("1", "Sales", "Trainee"), ("2", "Sales", "Director"), ("3", "IT", "Admin")] {
        let dn = Dn::parse(&format!("CN=p{id},OU={ou},DC=x")).unwrap();
        builder.person(PersonEntry::new(PersonId::parse(id), dn).with(title, value).with(drink, "Mate"));
    }
    builder.unit("OU=Guests,DC=x", crate::model::UnitKind::Unit);
    Arc::new(builder.build().unwrap())
}

fn account() -> Account {
    let mut account = Account::empty("1", "Test");
    let products = vec!["G2M".to_owned()];
    account.licenses.push(License { products, ..License::new("10", "GoToMeeting", &[], 5) });
    account.groups.push(UserGroup { key: None, path: UserGroupPath::new("Sales") });
    account
}

fn found(text: &str, directory: Option<&Arc<Directory>>) -> Vec<(FindingKind, Option<String>)> {
    let file = RulesFile::parse(text, "rules.toml").unwrap();
    let findings = lint(&file, directory, Some((&account(), &Capabilities::built_in())))
        .unwrap_or_else(|errors| panic!("{errors:?}"));
    findings.into_iter().map(|finding| (finding.kind, finding.rule)).collect()
}

fn one(kind: FindingKind, rule: &str) -> Vec<(FindingKind, Option<String>)> {
    vec![(kind, Some(rule.to_owned()))]
}

const SALES: &str =
    "[[rule]]\nname = 'Sales'\nou = 'OU=Sales,DC=x'\nproducts = ['GoToMeeting']\nuser_group = 'Sales'\n";

#[test]
fn accepts_rules_with_different_values_for_different_people() {
    let text = format!("{SALES}[[rule]]\nname = 'IT'\nou = 'OU=IT,DC=x'\nuser_group = 'Sales'\nlanguage = 'de_DE'\n");
    assert_eq!(found(&text, Some(&directory())), []);
    assert_eq!(found(&text, None), []);
}

#[test]
fn reports_a_narrower_rule_that_repeats_an_earlier_one() {
    let text = format!(
        "{SALES}[[rule]]\nname = 'Again'\nou = 'OU=Sales,DC=x'\nfilter = '(title=Director)'\nproducts = 'GoToMeeting'\n"
    );
    for directory in [None, Some(&directory())] {
        assert_eq!(found(&text, directory), one(FindingKind::NoEffect, "Again"));
    }
    // The second rule sets something more.
    assert_eq!(found(&text.replace("= 'GoToMeeting'\n", "= 'GoToMeeting'\nlanguage = 'de_DE'\n"), None), []);
    // In reverse order, the narrow rule comes first, and the wide one selects more people.
    let (wide, narrow) = text.split_at(SALES.len());
    assert_eq!(found(&format!("{narrow}{wide}"), Some(&directory())), []);
    // The earlier rule applies only to new users, so the later one still matters for existing users.
    assert_eq!(found(&text.replacen("ou =", "update = false\nou =", 1), None), []);
}

#[test]
fn reports_a_value_that_an_earlier_rule_overrides_for_all_people() {
    let text = format!(
        "{SALES}[[rule]]\nname = 'All Sales'\nou = 'OU=Sales,DC=x'\nuser_group = 'Staff'\ncreate_user_group = true\nlanguage = 'de_DE'\n"
    );
    let file = RulesFile::parse(&text, "rules.toml").unwrap();
    let findings = lint(&file, Some(&directory()), None).unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        findings[0].to_string(),
        "warning: rule `All Sales` sets a value that never applies, because an earlier rule sets it: for all of the 2 people it \
         selects, `user_group` is set first by `Sales` (`Sales`), so its own `Staff` is never used"
    );
    assert_eq!(findings[0].line, Some(6));
    // The value applies if the rule selects more people than the earlier one.
    assert_eq!(
        found(
            &text.replace("ou = 'OU=Sales,DC=x'\nuser_group = 'Staff'", "everyone = true\nuser_group = 'Staff'"),
            Some(&directory())
        ),
        []
    );
}

#[test]
fn reports_one_finding_for_a_rule_with_an_overridden_value_and_repeated_ones() {
    let again =
        |number: usize| format!("[[rule]]\nname = 'S{number}'\nou = 'OU=Sales,DC=x'\nproducts = 'GoToMeeting'\n");
    let text = format!("{SALES}{}language = 'de_DE'\n{}language = 'en_US'\n", again(1), again(2));
    let file = RulesFile::parse(&text, "rules.toml").unwrap();
    let findings = lint(&file, None, None).unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        findings[0].evidence,
        "for everyone that it can select, `language` is set first by `S1` (`de_DE`), so its own `en_US` is never used; \
         earlier rules set the rest, too"
    );
    let text = SALES.to_owned() + &(1..=5).map(again).collect::<Vec<_>>().concat();
    let file = RulesFile::parse(&text, "rules.toml").unwrap();
    let last = lint(&file, None, None).unwrap().pop().unwrap();
    assert!(last.evidence.ends_with("is already set by `Sales`, `S1`, `S2` and 2 more"), "{last}");
}

#[test]
fn reports_an_expression_behind_one_for_everyone() {
    let text = "[[rule]]\nname = 'All'\neveryone = true\nfields.last_name = '{{ sn | upper }}'\n\
                [[rule]]\nname = 'Sales'\nou = 'OU=Sales,DC=x'\nproducts = 'G2M'\nfields = { last_name = '{{ sn }}' }\n";
    for directory in [None, Some(&directory())] {
        assert_eq!(found(text, directory), one(FindingKind::UnusedMapping, "Sales"));
    }
    assert_eq!(
        found(&text.replacen("{{ sn | upper }}", "{{ sn }}", 1), None),
        [],
        "an identical expression is not reported"
    );
}

#[test]
fn reports_a_rule_that_excludes_everyone_it_selects() {
    let text = format!("{SALES}exclude = {{ ou = 'DC=x' }}\n");
    assert_eq!(found(&text, None), one(FindingKind::ExcludesItself, "Sales"));
    let text = format!("{SALES}filter = '(title=Trainee)'\nexclude = {{ filter = '(title=Trainee)' }}\n");
    assert_eq!(found(&text, None), one(FindingKind::ExcludesItself, "Sales"));
    let text = format!("{SALES}exclude = {{ filter = '(title=*)' }}\n");
    assert_eq!(found(&text, None), []);
    assert_eq!(found(&text, Some(&directory())), one(FindingKind::ExcludesItself, "Sales"));
}

#[test]
fn reports_why_a_rule_selects_no_one() {
    let evidence = |text: &str| {
        let file = RulesFile::parse(text, "rules.toml").unwrap();
        let findings = lint(&file, Some(&directory()), None).unwrap();
        findings.into_iter().map(|it| (it.kind, it.evidence)).collect::<Vec<_>>()
    };
    assert_eq!(
        evidence(&format!("{SALES}filter = '(title=Astronaut)'\n")),
        [(FindingKind::SelectsNobody, "none of the 2 people in its OUs and groups matches its filter".to_owned())]
    );
    assert_eq!(
        evidence("[[rule]]\nname = 'G'\nou = 'OU=Guests,DC=x'\n"),
        [(FindingKind::SelectsNobody, "there are no people in the OU `OU=Guests,DC=x`".to_owned())]
    );
    assert_eq!(
        evidence("[[rule]]\nname = 'G'\nenabled = false\nou = 'OU=Guests,DC=x'\n"),
        [],
        "disabled rules are skipped"
    );
}

#[test]
fn reports_a_rule_that_neither_creates_nor_changes_users_unless_another_rule_creates_them() {
    let only = "[[rule]]\nname = 'Keep'\nou = 'OU=IT,DC=x'\ncreate = false\nupdate = false\n";
    assert_eq!(found(only, Some(&directory())), one(FindingKind::OnlySelects, "Keep"));
    assert_eq!(found(&format!("{only}{SALES}"), Some(&directory())), one(FindingKind::OnlySelects, "Keep"));
    let together = format!("{only}products = 'G2M'\n[[rule]]\nname = 'All'\neveryone = true\n");
    assert_eq!(found(&together, Some(&directory())), []);
}

#[test]
fn suggests_the_nearest_names_for_unknown_ones() {
    let text = "attributes = ['shoeSize', 'favouriteDrink', 'shirtSize']\n\
                [[rule]]\nname = 'Sales'\nou = 'OU=Sale,DC=x'\nfilter = '(&(titel=A)(favouriteDrink=*))'\n\
                exclude = { filter = '(shirtSize=5)' }\nproducts = ['GoToMeting']\nuser_group = 'Sale'\n";
    let file = RulesFile::parse(text, "rules.toml").unwrap();
    let findings = lint(&file, Some(&directory()), Some((&account(), &Capabilities::built_in()))).unwrap();
    let reported: Vec<_> = findings.iter().map(|it| (it.kind, it.evidence.as_str(), it.hint.as_str())).collect();
    assert_eq!(
        reported,
        [
            (
                FindingKind::UnusedAttribute,
                "no filter and no expression uses `shoeSize`",
                "remove it from `attributes`"
            ),
            (
                FindingKind::UnknownAttribute,
                "`attributes` declares `shirtSize`, but no person in the directory has it",
                "check how the directory spells it"
            ),
            (
                FindingKind::ScopeMissing,
                "the OU `OU=Sale,DC=x` is not in the directory",
                "did you mean `OU=Sales,DC=x`?"
            ),
            (FindingKind::UnknownAttribute, "the filter uses `titel`", "did you mean `title`?"),
            (FindingKind::UnknownProduct, "the account has no license `GoToMeting`", "did you mean `GoToMeeting`?"),
            (
                FindingKind::UnknownGroup,
                "the account has no user group `Sale`",
                "did you mean `Sales`? Or write `create_user_group = true` to have it created"
            ),
        ]
    );
}

#[test]
fn suggests_an_ou_of_the_same_name_elsewhere() {
    let file = "[[rule]]\nname = 'Sales'\nou = 'OU=Sales,OU=People,DC=x'\n";
    let file = RulesFile::parse(file, "rules.toml").unwrap();
    let findings = unknown_names(&file, "Sales", Some(&directory()), None).unwrap();
    assert_eq!(findings[0].hint, "did you mean `OU=Sales,DC=x`?");
}

#[test]
fn reports_a_key_without_effect() {
    let voicemail = "[[rule]]\nname = 'A'\neveryone = true\nvoicemail = { review = true }\n";
    assert_eq!(found(voicemail, None), one(FindingKind::UnusedKey, "A"));
    // Another rule may set the extension.
    let extension = "[[rule]]\nname = 'B'\neveryone = true\nextension = '{{ ipPhone }}'\n";
    assert_eq!(found(&format!("{voicemail}{extension}"), None), []);
    assert_eq!(
        found("[[rule]]\nname = 'A'\neveryone = true\ncreate_user_group = true\n", None),
        one(FindingKind::UnusedKey, "A")
    );
}

#[test]
fn serializes_a_kind_as_its_word() {
    for kind in FindingKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn reports_unknown_settings_with_the_nearest_names() {
    let text = format!(
        "{SALES}templates = {{ GoToMeeting = 'Basic' }}\ndevice_groups = ['Kiosk']\nrole = {{ role_set = 'Help' }}\n\
         welcome_email = {{ template = 'Saels' }}\ncustom_fields = {{ Cost = '1' }}\n\
         [[welcome_email]]\nname = 'Sales'\nsubject = 'Hi'\ntext = 'You'\n"
    );
    let file = RulesFile::parse(&text, "rules.toml").unwrap();
    let mut account = account();
    account.catalog.device_groups.push("Kiosks".to_owned());
    let findings = lint(&file, None, Some((&account, &Capabilities::built_in()))).unwrap();
    let reported: Vec<String> = findings.iter().map(|finding| format!("{finding}; {}", finding.hint)).collect();
    for part in [
        "the account has no settings template `Basic` for GoToMeeting (there are none at all); create it",
        "the account has no device group `Kiosk`; did you mean `Kiosks`?",
        "the account has no role set `Help` (there are none at all); create it",
        "neither the account nor the rules have a welcome e-mail `Saels`; did you mean `Sales`?",
        "the account has no custom field `Cost` (there are none at all); create it",
        "the file defines a welcome e-mail that no rule uses",
    ] {
        assert!(reported.iter().any(|line| line.contains(part)), "{part}: {reported:#?}");
    }
    assert_eq!(reported.len(), 6, "{reported:#?}");
}

#[test]
fn does_not_advise_to_create_settings_that_gotosync_cannot_read() {
    let text = format!(
        "{SALES}templates = {{ GoToMeeting = 'Quiet' }}\ndevice_groups = ['Kiosk']\nrole = {{ role_set = 'Help' }}\n\
         welcome_email = {{ template = 'Hello' }}\ncustom_fields = {{ Cost = '1' }}\nextension = '12'\n\
         voicemail = {{ operator = '100' }}\n"
    );
    let file = RulesFile::parse(&text, "rules.toml").unwrap();
    let reported = |capabilities: &Capabilities| {
        let findings = lint(&file, None, Some((&account(), capabilities))).unwrap();
        findings.iter().map(|finding| format!("{}; {}", finding.evidence, finding.hint)).collect::<Vec<_>>()
    };
    let unreadable = |list: &str, name: &str| {
        format!(
            "gotosync cannot read or change {list} in this kind of account, so it cannot verify `{name}`; \
             remove it from the rule, and set it in the account by hand"
        )
    };
    let nothing = Capabilities { features: [Feature::Products].into(), ..Capabilities::built_in() };
    assert_eq!(
        reported(&nothing),
        [
            unreadable("settings templates", "Quiet"),
            unreadable("device groups", "Kiosk"),
            unreadable("roles", "Help"),
            unreadable("welcome e-mails and invitations", "Hello"),
            unreadable("extensions", "100"),
            unreadable("custom fields", "Cost"),
        ]
    );
    let manager = Capabilities { roles: RoleAccess::Hidden, ..Capabilities::built_in() };
    let found = reported(&manager);
    assert!(found[0].starts_with("the account has no settings template `Quiet`"), "{found:#?}");
    assert!(found[2].starts_with("the signed-in user cannot read role sets"), "{found:#?}");
    assert!(found[2].ends_with("; sign in as a full administrator, or remove the role from the rule"), "{found:#?}");
    // A welcome e-mail that the file itself defines needs no account.
    let own = format!("{text}[[welcome_email]]\nname = 'Hello'\nsubject = 'Hi'\ntext = 'You'\n");
    let file = RulesFile::parse(&own, "rules.toml").unwrap();
    let findings = lint(&file, None, Some((&account(), &nothing))).unwrap();
    assert!(!findings.iter().any(|finding| finding.evidence.contains("`Hello`")), "{findings:#?}");
}

#[test]
fn reports_simulations_rehearsals_and_deletions() {
    let text = format!(
        "mode = 'simulate'\nrewrite_email = {{ prefix = 't-' }}\n{SALES}mode = 'simulate'\n\
         leavers = {{ delete_after_days = 30, delete_after_reads = 1 }}\n"
    );
    let file = RulesFile::parse(&text, "rules.toml").unwrap();
    let findings = lint(&file, Some(&directory()), None).unwrap();
    assert_eq!(
        findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "info: the file is only simulated: no changes are applied",
            "warning: the file rewrites every e-mail address: ann@example.test becomes t-ann@example.test",
            "info: rule `Sales` is only simulated: no changes are applied for 2 people",
            "info: rule `Sales` deletes leavers: after 30 days and 1 read",
        ]
    );
}

#[test]
fn lets_the_first_rule_decide_which_products_of_a_license_are_turned_off() {
    let inner =
        "[[rule]]\nname = 'Inner'\nou = 'OU=Sales,DC=x'\nproducts = [{ name = 'GoToMeeting', without = ['G2M'] }]\n";
    // The rule above assigns the same license without turning products off.
    assert_eq!(found(&format!("{SALES}{inner}"), Some(&directory())), one(FindingKind::NeverApplies, "Inner"));
    // In reverse order, `without` applies, and the user group of the second rule is new.
    assert_eq!(found(&format!("{inner}{SALES}"), Some(&directory())), []);
    let twice = SALES.replace("['GoToMeeting']", "['GoToMeeting', 'GoToMeeting']");
    assert_eq!(found(&twice, Some(&directory())), one(FindingKind::UnusedKey, "Sales"));
    let nowhere = SALES.replace("user_group = 'Sales'", "user_group = false\ncreate_user_group = true");
    assert_eq!(found(&nowhere, Some(&directory())), one(FindingKind::UnusedKey, "Sales"));
}
