use super::*;
use crate::model::{DirectoryBuilder, Dn, License, PersonEntry, PersonId, UserGroup, UserGroupPath};

/// Two in Sales, one in IT, nobody in Guests.
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
    let findings = lint(&file, directory, Some(&account())).unwrap_or_else(|errors| panic!("{errors:?}"));
    findings.into_iter().map(|finding| (finding.kind, finding.rule)).collect()
}

fn one(kind: FindingKind, rule: &str) -> Vec<(FindingKind, Option<String>)> {
    vec![(kind, Some(rule.to_owned()))]
}

const SALES: &str =
    "[[rule]]\nname = 'Sales'\nou = 'OU=Sales,DC=x'\nproducts = ['GoToMeeting']\nuser_group = 'Sales'\n";

#[test]
fn rules_that_say_different_things_of_different_people_are_fine() {
    let text = format!("{SALES}[[rule]]\nname = 'IT'\nou = 'OU=IT,DC=x'\nuser_group = 'Sales'\nlanguage = 'de_DE'\n");
    assert_eq!(found(&text, Some(&directory())), []);
    assert_eq!(found(&text, None), []);
}

#[test]
fn a_narrower_rule_that_repeats_an_earlier_one_has_no_effect() {
    let text = format!(
        "{SALES}[[rule]]\nname = 'Again'\nou = 'OU=Sales,DC=x'\nfilter = '(title=Director)'\nproducts = 'GoToMeeting'\n"
    );
    for directory in [None, Some(&directory())] {
        assert_eq!(found(&text, directory), one(FindingKind::NoEffect, "Again"));
    }
    // It gives one thing more.
    assert_eq!(found(&text.replace("= 'GoToMeeting'\n", "= 'GoToMeeting'\nlanguage = 'de_DE'\n"), None), []);
    // The other way round the narrow rule comes first, and the wide one has people of its own.
    let (wide, narrow) = text.split_at(SALES.len());
    assert_eq!(found(&format!("{narrow}{wide}"), Some(&directory())), []);
    // What the earlier rule says holds for new users alone, so the later one is for those who exist.
    assert_eq!(found(&text.replacen("ou =", "update = false\nou =", 1), None), []);
}

#[test]
fn a_value_that_an_earlier_rule_sets_otherwise_for_all_never_applies() {
    let text = format!(
        "{SALES}[[rule]]\nname = 'All Sales'\nou = 'OU=Sales,DC=x'\nuser_group = 'Staff'\ncreate_user_group = true\nlanguage = 'de_DE'\n"
    );
    let file = RulesFile::parse(&text, "rules.toml").unwrap();
    let findings = lint(&file, Some(&directory()), None).unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        findings[0].to_string(),
        "warning: rule `All Sales` contradicts an earlier rule and never applies: for all of the 2 people it selects, \
         `user_group` is set first by `Sales` (`Sales`), so its own `Staff` is never used"
    );
    assert_eq!(findings[0].line, Some(6));
    // For somebody else it does apply.
    assert_eq!(
        found(
            &text.replace("ou = 'OU=Sales,DC=x'\nuser_group = 'Staff'", "everyone = true\nuser_group = 'Staff'"),
            Some(&directory())
        ),
        []
    );
}

#[test]
fn a_rule_of_which_one_value_is_contradicted_and_the_rest_repeated_is_told_as_a_contradiction() {
    let again =
        |number: usize| format!("[[rule]]\nname = 'S{number}'\nou = 'OU=Sales,DC=x'\nproducts = 'GoToMeeting'\n");
    let text = format!("{SALES}{}language = 'de_DE'\n{}language = 'en_US'\n", again(1), again(2));
    let file = RulesFile::parse(&text, "rules.toml").unwrap();
    let findings = lint(&file, None, None).unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        findings[0].evidence,
        "for everybody it can select, `language` is set first by `S1` (`de_DE`), so its own `en_US` is never used; the rest \
         of it is said already"
    );
    let text = SALES.to_owned() + &(1..=5).map(again).collect::<Vec<_>>().concat();
    let file = RulesFile::parse(&text, "rules.toml").unwrap();
    let last = lint(&file, None, None).unwrap().pop().unwrap();
    assert!(last.evidence.ends_with("is said already by `Sales`, `S1`, `S2` and 2 more"), "{last}");
}

#[test]
fn an_expression_behind_one_for_everybody_is_never_used() {
    let text = "[[rule]]\nname = 'All'\neveryone = true\nfields.last_name = '{{ sn | upper }}'\n\
                [[rule]]\nname = 'Sales'\nou = 'OU=Sales,DC=x'\nproducts = 'G2M'\nfields = { last_name = '{{ sn }}' }\n";
    for directory in [None, Some(&directory())] {
        assert_eq!(found(text, directory), one(FindingKind::UnusedMapping, "Sales"));
    }
    assert_eq!(found(&text.replacen("{{ sn | upper }}", "{{ sn }}", 1), None), [], "the same expression hurts nobody");
}

#[test]
fn whoever_excludes_all_it_means_is_told_so_with_and_without_a_directory() {
    let text = format!("{SALES}exclude = {{ ou = 'DC=x' }}\n");
    assert_eq!(found(&text, None), one(FindingKind::ExcludesItself, "Sales"));
    let text = format!("{SALES}filter = '(title=Trainee)'\nexclude = {{ filter = '(title=Trainee)' }}\n");
    assert_eq!(found(&text, None), one(FindingKind::ExcludesItself, "Sales"));
    let text = format!("{SALES}exclude = {{ filter = '(title=*)' }}\n");
    assert_eq!(found(&text, None), []);
    assert_eq!(found(&text, Some(&directory())), one(FindingKind::ExcludesItself, "Sales"));
}

#[test]
fn whoever_selects_nobody_is_told_why() {
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
        [(FindingKind::SelectsNobody, "nobody is in the OU `OU=Guests,DC=x`".to_owned())]
    );
    assert_eq!(evidence("[[rule]]\nname = 'G'\nenabled = false\nou = 'OU=Guests,DC=x'\n"), [], "it is off");
}

#[test]
fn a_rule_that_makes_and_changes_nobody_is_told_unless_another_makes_its_people() {
    let only = "[[rule]]\nname = 'Keep'\nou = 'OU=IT,DC=x'\ncreate = false\nupdate = false\n";
    assert_eq!(found(only, Some(&directory())), one(FindingKind::OnlySelects, "Keep"));
    assert_eq!(found(&format!("{only}{SALES}"), Some(&directory())), one(FindingKind::OnlySelects, "Keep"));
    let together = format!("{only}products = 'G2M'\n[[rule]]\nname = 'All'\neveryone = true\n");
    assert_eq!(found(&together, Some(&directory())), []);
}

#[test]
fn names_that_are_not_there_come_with_the_nearest() {
    let text = "attributes = ['shoeSize', 'favouriteDrink', 'shirtSize']\n\
                [[rule]]\nname = 'Sales'\nou = 'OU=Sale,DC=x'\nfilter = '(&(titel=A)(favouriteDrink=*))'\n\
                exclude = { filter = '(shirtSize=5)' }\nproducts = ['GoToMeting']\nuser_group = 'Sale'\n";
    let file = RulesFile::parse(text, "rules.toml").unwrap();
    let findings = lint(&file, Some(&directory()), Some(&account())).unwrap();
    let told: Vec<_> = findings.iter().map(|it| (it.kind, it.evidence.as_str(), it.hint.as_str())).collect();
    assert_eq!(
        told,
        [
            (
                FindingKind::UnusedAttribute,
                "no filter and no expression uses `shoeSize`",
                "take it out of `attributes`"
            ),
            (
                FindingKind::UnknownAttribute,
                "nobody in the directory has `shirtSize`, which `attributes` declares",
                "see how the directory spells it"
            ),
            (
                FindingKind::ScopeMissing,
                "the OU `OU=Sale,DC=x` is not in the directory",
                "did you mean `OU=Sales,DC=x`?"
            ),
            (FindingKind::UnknownAttribute, "the filter looks at `titel`", "did you mean `title`?"),
            (FindingKind::UnknownProduct, "the account has no license `GoToMeting`", "did you mean `GoToMeeting`?"),
            (
                FindingKind::UnknownGroup,
                "the account has no user group `Sale`",
                "did you mean `Sales`? Or let it be made: `create_user_group = true`"
            ),
        ]
    );
}

#[test]
fn a_unit_in_a_place_that_is_not_there_is_found_by_its_name() {
    let file = "[[rule]]\nname = 'Sales'\nou = 'OU=Sales,OU=People,DC=x'\n";
    let file = RulesFile::parse(file, "rules.toml").unwrap();
    let findings = unknown_names(&file, "Sales", Some(&directory()), None).unwrap();
    assert_eq!(findings[0].hint, "did you mean `OU=Sales,DC=x`?");
}

#[test]
fn a_key_that_needs_another_is_told() {
    let voicemail = "[[rule]]\nname = 'A'\neveryone = true\nvoicemail = { review = true }\n";
    assert_eq!(found(voicemail, None), one(FindingKind::UnusedKey, "A"));
    // Another rule may give the extension that it comes with.
    let extension = "[[rule]]\nname = 'B'\neveryone = true\nextension = '{{ ipPhone }}'\n";
    assert_eq!(found(&format!("{voicemail}{extension}"), None), []);
    assert_eq!(
        found("[[rule]]\nname = 'A'\neveryone = true\ncreate_user_group = true\n", None),
        one(FindingKind::UnusedKey, "A")
    );
}

#[test]
fn the_word_in_json_is_the_word_of_the_kind() {
    for kind in FindingKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn what_the_account_lacks_is_named_with_the_nearest() {
    let text = format!(
        "{SALES}templates = {{ GoToMeeting = 'Basic' }}\ndevice_groups = ['Kiosk']\nrole = {{ role_set = 'Help' }}\n\
         welcome_email = {{ template = 'Saels' }}\ncustom_fields = {{ Cost = '1' }}\n\
         [[welcome_email]]\nname = 'Sales'\nsubject = 'Hi'\ntext = 'You'\n"
    );
    let file = RulesFile::parse(&text, "rules.toml").unwrap();
    let mut account = account();
    account.catalog.device_groups.push("Kiosks".to_owned());
    let findings = lint(&file, None, Some(&account)).unwrap();
    let told: Vec<String> = findings.iter().map(|finding| format!("{finding}; {}", finding.hint)).collect();
    for part in [
        "no settings template `Basic` for GoToMeeting, nor any other",
        "no device group `Kiosk`; did you mean `Kiosks`?",
        "no role set `Help`, nor any other",
        "no welcome e-mail `Saels`, and the rules make none; did you mean `Sales`?",
        "no custom field `Cost`, nor any other",
        "the file makes a welcome e-mail that no rule uses",
    ] {
        assert!(told.iter().any(|line| line.contains(part)), "{part}: {told:#?}");
    }
    assert_eq!(told.len(), 6, "{told:#?}");
}

#[test]
fn trials_rehearsals_and_deletions_are_pointed_out() {
    let text = format!(
        "mode = 'simulate'\nrewrite_email = {{ prefix = 't-' }}\n{SALES}mode = 'simulate'\n\
         leavers = {{ delete_after_days = 30, delete_after_reads = 1 }}\n"
    );
    let file = RulesFile::parse(&text, "rules.toml").unwrap();
    let told: Vec<String> = lint(&file, Some(&directory()), None).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "info: the file is only simulated: nothing of it is applied",
            "warning: the file rewrites every address: ann@example.test becomes t-ann@example.test",
            "info: rule `Sales` is only simulated: nothing of it is applied for 2 people",
            "info: rule `Sales` deletes leavers: after 30 days and 1 read",
        ]
    );
}

#[test]
fn what_is_switched_off_inside_a_product_is_said_by_the_first_rule_that_gives_it() {
    let inner =
        "[[rule]]\nname = 'Inner'\nou = 'OU=Sales,DC=x'\nproducts = [{ name = 'GoToMeeting', without = ['G2M'] }]\n";
    // The rule above gives the same product and leaves that alone.
    assert_eq!(found(&format!("{SALES}{inner}"), Some(&directory())), one(FindingKind::NeverApplies, "Inner"));
    // The other way round the first has its say, and the second group is new.
    assert_eq!(found(&format!("{inner}{SALES}"), Some(&directory())), []);
    let twice = SALES.replace("['GoToMeeting']", "['GoToMeeting', 'GoToMeeting']");
    assert_eq!(found(&twice, Some(&directory())), one(FindingKind::UnusedKey, "Sales"));
    let nowhere = SALES.replace("user_group = 'Sales'", "user_group = false\ncreate_user_group = true");
    assert_eq!(found(&nowhere, Some(&directory())), one(FindingKind::UnusedKey, "Sales"));
}
