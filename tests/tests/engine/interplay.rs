//! Tests of pairs of features that affect each other: simulated rules, leavers, roles, protection, and older plans.

use gotosync_core::apply::Stop;
use gotosync_core::model::{Email, Feature, NoteKind, Role, Status};
use gotosync_core::target::MemoryTarget;
use gotosync_tests::world::{
    A, Person, UNITS, World, directory, disabled, meeting, member, person, roomy, rules, team, user,
};

fn delete_rules() -> String {
    format!("leavers = {{ first = \"suspend\", delete_after_days = 1, delete_after_reads = 1 }}\n{A}")
}

fn outside(id: &str, mail: &str) -> Person {
    person(id, mail, "D")
}

#[tokio::test]
async fn the_limit_of_a_simulated_rule_does_not_stop_the_run() {
    let world = World::new(&team(4), roomy([]));
    let simulated = "[[rule]]\nname = \"T\"\nmode = \"simulate\"\nou = \"OU=A,DC=x\"\nproducts = [\"Webinar\"]\nlimits = { create = { count = 1 } }\n";
    world.run(&format!("{simulated}{A}")).await;
}

#[tokio::test]
async fn a_shrunken_simulated_rule_does_not_stop_the_run() {
    let mut people = team(2);
    people.extend((0..20).map(|n| person(&format!("q{n}"), &format!("q{n}@x.test"), "B")));
    let world = World::new(&people, roomy([]));
    let simulated = "[[rule]]\nname = \"T\"\nmode = \"simulate\"\nou = \"OU=B,DC=x\"\nproducts = [\"Webinar\"]\n";
    world.run(&format!("{A}{simulated}")).await;
    world.people_are(&team(3));
    world.run(&format!("{A}{simulated}")).await;
}

#[tokio::test]
async fn a_broken_simulated_rule_does_not_stop_the_run() {
    let world = World::new(&team(2), roomy([]));
    let simulated = "[[rule]]\nname = \"T\"\nmode = \"simulate\"\nou = \"OU=Nowhere,DC=x\"\nproducts = [\"Webinar\"]\n";
    world.run(&format!("{A}{simulated}")).await;
}

#[tokio::test]
async fn leavers_of_a_simulated_rule_follow_the_live_rule() {
    let world = World::new(&team(2), roomy([]));
    let simulated = "[[rule]]\nname = \"T\"\nmode = \"simulate\"\nou = \"OU=A,DC=x\"\nproducts = [\"Webinar\"]\nleavers = \"suspend\"\n";
    let rules = format!("{simulated}{A}leavers = \"keep\"\n");
    world.run(&rules).await;
    world.people_are(&[person("p0", "u0@x.test", "A"), outside("p1", "u1@x.test")]);
    world.approve(&rules).await;
    assert!(world.active("u1@x.test"), "the live rule says keep");
}

#[tokio::test]
async fn ending_a_simulation_removes_nothing_from_a_kept_leaver() {
    let world = World::new(&team(2), roomy([]));
    let live = format!("{A}leavers = \"keep\"\n");
    let simulated = "[[rule]]\nname = \"T\"\nmode = \"simulate\"\nou = \"OU=D,DC=x\"\nproducts = [\"Meeting\"]\n";
    world.run(&live).await;
    world.people_are(&[person("p0", "u0@x.test", "A"), outside("p1", "u1@x.test")]);
    world.run(&live).await;
    assert!(world.active("u1@x.test"));
    world.run(&format!("{live}{simulated}")).await;
    world.approve(&live).await;
    assert!(world.active("u1@x.test"), "the simulation must not affect the leaver: {:?}", world.link("p1").await);
}

#[tokio::test]
async fn a_simulated_duplicate_does_not_block_the_live_person() {
    let world = World::new(&[person("p0", "a@x.test", "A"), person("p1", "a@x.test", "B")], roomy([]));
    let simulated = "[[rule]]\nname = \"T\"\nmode = \"simulate\"\nou = \"OU=B,DC=x\"\nproducts = [\"Meeting\"]\n";
    assert_eq!(world.plan(A).await.steps().len(), 1);
    assert_eq!(world.plan(&format!("{A}{simulated}")).await.steps().len(), 1);
}

#[tokio::test]
async fn a_simulated_rule_does_not_reset_the_days_of_a_leaver() {
    let world = World::new(&team(2), roomy([]));
    let simulated = "[[rule]]\nname = \"T\"\nmode = \"simulate\"\nou = \"OU=D,DC=x\"\nproducts = [\"Meeting\"]\n";
    let live = delete_rules().replace("after_days = 1", "after_days = 30");
    world.run(&live).await;
    world.people_are(&[person("p0", "u0@x.test", "A"), outside("p1", "u1@x.test")]);
    world.approve(&live).await;
    let before = world.link("p1").await;
    world.run(&format!("{live}{simulated}")).await;
    assert_eq!(world.link("p1").await, before);
}

#[tokio::test]
async fn a_dry_run_stores_no_populations() {
    let world = World::new(&team(4), roomy([]));
    world.run(A).await;
    let before = world.populations().await;
    world.people_are(&team(5));
    world.engine(A).simulated().run(&Stop::new()).await.unwrap();
    assert_eq!(world.populations().await, before);
}

#[tokio::test]
async fn a_dry_run_makes_no_plan_stale() {
    let world = World::new(&team(1), roomy([member("k", "u0@x.test", "meeting")]));
    world.run(A).await;
    let moved = [person("p0", "u0@x.test", "B")];
    world.people_are(&moved);
    let both = meeting(&["A", "B"]);
    let plan = world.plan(&both).await;
    world.engine(&both).simulated().run(&Stop::new()).await.unwrap();
    world.engine(&both).apply(&plan, None, &Stop::new()).await.unwrap();
    assert_eq!(&*world.link("p0").await.rules[0], "B");
}

#[tokio::test]
async fn does_not_delete_a_leaver_suspended_by_hand_later() {
    let world = World::new(&team(2), roomy([]));
    let rules = delete_rules();
    world.run(&rules).await;
    world.people_are(&team(1));
    world.approve(&rules).await;
    assert!(!world.active("u1@x.test"));
    world.edit("u1@x.test", |user| {
        user.licenses = vec!["connect".into()];
        user.status = Status::Active;
    });
    world.approve(&rules).await;
    assert!(world.active("u1@x.test"));
    world.edit("u1@x.test", |user| {
        user.licenses = vec![];
        user.status = Status::Suspended;
    });
    world.days(5);
    let plan = world.plan(&rules).await;
    assert!(plan.is_empty(), "a user suspended by hand must not be deleted: {:?}", plan.steps());
}

#[tokio::test]
async fn does_not_restore_an_outdated_role() {
    let rules = format!("{A}{}", rules(&[("C", &["Connect"])]));
    let world = World::new(&team(2), roomy([user("k", "u1@x.test", &["meeting"], Role::Set("Help".into()))]));
    world.target.edit(|account| account.catalog.role_sets.push("Help".into()));
    world.run(&rules).await;
    world.people_are(&team(1));
    world.approve(&rules).await;
    assert!(!world.active("u1@x.test"));
    // An admin gives access back without the role, and then the engine suspends the user again.
    world.edit("u1@x.test", |user| {
        user.licenses = vec!["connect".into()];
        user.status = Status::Active;
    });
    world.approve(&rules).await;
    assert!(!world.active("u1@x.test"));
    world.people_are(&team(2));
    world.approve(&rules).await;
    assert!(world.active("u1@x.test"));
    assert_eq!(world.user("u1@x.test").role, Role::Member, "the user had no role when the access ended");
}

#[tokio::test]
async fn a_person_selected_in_between_becomes_a_new_leaver() {
    let rules = format!("leavers = {{ first = \"suspend\", delete_after_days = 30, delete_after_reads = 1 }}\n{A}");
    let world = World::new(&team(2), roomy([]));
    world.run(&rules).await;
    world.people_are(&team(1));
    world.approve(&rules).await;
    world.days(29);
    // The person is back, but another person temporarily has the same e-mail.
    world.people_are(&[person("p0", "u0@x.test", "A"), person("p1", "u1@x.test", "A"), person("p2", "u1@x.test", "A")]);
    world.approve(&rules).await;
    world.days(2);
    world.people_are(&team(1));
    world.approve(&rules).await;
    let plan = world.plan(&rules).await;
    assert!(plan.is_empty(), "{:?}", plan.steps());
}

#[tokio::test]
async fn a_leaver_loses_the_role_that_a_rule_gave() {
    let rules = format!("{A}role = \"administrator\"\n");
    let world = World::new(&team(2), roomy([user("k", "u1@x.test", &["connect"], Role::Member)]));
    world.approve(&rules).await;
    assert!(world.user("u1@x.test").role.is_administrator());
    world.people_are(&team(1));
    world.approve(&rules).await;
    assert_eq!(world.user("u1@x.test").role, Role::Member, "a leaver must not stay an administrator");
}

#[tokio::test]
async fn a_disabled_person_loses_the_role_that_a_rule_gave() {
    let rules = format!("{A}role = \"administrator\"\n");
    let world = World::new(&team(2), roomy([user("k", "u1@x.test", &["connect"], Role::Member)]));
    world.approve(&rules).await;
    assert!(world.user("u1@x.test").role.is_administrator());
    world.people_are(&[person("p0", "u0@x.test", "A"), disabled(person("p1", "u1@x.test", "A"))]);
    world.approve(&rules).await;
    assert_eq!(world.user("u1@x.test").role, Role::Member, "a disabled person must not stay an administrator");
}

#[tokio::test]
async fn keeps_a_manual_role_that_a_rule_once_gave() {
    let world = World::new(&team(1), roomy([]));
    world.run(&format!("{A}role = \"administrator\"\n")).await;
    assert!(world.user("u0@x.test").role.is_administrator());
    // An admin removes the role, and the rules no longer give it.
    world.edit("u0@x.test", |user| user.role = Role::Member);
    world.approve(A).await;
    assert_eq!(world.user("u0@x.test").role, Role::Member);
    world.edit("u0@x.test", |user| user.role = Role::Administrator);
    let plan = world.plan(A).await;
    assert!(plan.is_empty(), "{:?}", plan.steps());
}

#[tokio::test]
async fn restores_the_role_for_new_users_when_they_return() {
    let rules = format!(
        "{A}[[rule]]\nname = \"New\"\nou = \"OU=A,DC=x\"\nupdate = false\nrole = \"administrator\"\nproducts = [\"Webinar\"]\n"
    );
    let world = World::new(&team(1), roomy([]));
    world.run(&rules).await;
    assert!(world.user("u0@x.test").role.is_administrator());
    world.people_are(&[disabled(person("p0", "u0@x.test", "A"))]);
    world.approve(&rules).await;
    assert!(!world.active("u0@x.test"));
    world.people_are(&team(1));
    world.approve(&rules).await;
    assert_eq!(world.user("u0@x.test").licenses.len(), 2, "licenses come back");
    assert!(world.user("u0@x.test").role.is_administrator(), "the role must come back, too");
}

#[tokio::test]
async fn moving_does_not_suspend_a_protected_user() {
    let rules = format!("protected = [\"u1@x.test\"]\n{A}[[rule]]\nname = \"B\"\nou = \"OU=B,DC=x\"\n");
    let world = World::new(&team(2), roomy([]));
    world.run(&rules).await;
    world.people_are(&[person("p0", "u0@x.test", "A"), person("p1", "u1@x.test", "B")]);
    world.approve(&rules).await;
    assert!(world.active("u1@x.test"), "a protected user keeps access");
}

#[tokio::test]
async fn an_older_deletion_spares_people_who_returned() {
    let rules = delete_rules();
    let world = World::new(&team(2), roomy([]));
    world.run(&rules).await;
    world.people_are(&team(1));
    world.approve(&rules).await;
    world.days(3);
    let report = world.run(&rules).await;
    let deletions = report.deletions.expect("a deletion waits for approval");
    // The person is back in the directory, still disabled: a rule selects them, so they are no longer a leaver.
    world.people_are(&[person("p0", "u0@x.test", "A"), disabled(person("p1", "u1@x.test", "A"))]);
    world.run(&rules).await;
    assert_eq!(world.link("p1").await.leaver_since, None);
    let _ = world.engine(&rules).apply(&deletions, Some(deletions.id()), &Stop::new()).await;
    assert!(
        world.target.account().user_by_email(&Email::new("u1@x.test")).is_some(),
        "a person who is no leaver must not be deleted"
    );
}

#[tokio::test]
async fn an_older_deletion_spares_people_protected_since() {
    let rules = delete_rules();
    let world = World::new(&team(2), roomy([]));
    world.run(&rules).await;
    world.people_are(&team(1));
    world.approve(&rules).await;
    world.days(3);
    let deletions = world.run(&rules).await.deletions.expect("a deletion waits for approval");
    let rules = format!("protected = [\"u1@x.test\"]\n{rules}");
    let _ = world.engine(&rules).apply(&deletions, Some(deletions.id()), &Stop::new()).await;
    assert!(
        world.target.account().user_by_email(&Email::new("u1@x.test")).is_some(),
        "a protected user must not be deleted"
    );
}

#[tokio::test]
async fn an_older_plan_creates_no_second_user_for_a_person() {
    let world = World::new(&[person("p0", "old@x.test", "A")], roomy([]));
    let older = world.plan(A).await;
    world.people_are(&[person("p0", "new@x.test", "A")]);
    world.run(A).await;
    let _ = world.engine(A).apply(&older, None, &Stop::new()).await;
    let users: Vec<_> = world.target.account().users.iter().map(|user| user.email.to_string()).collect();
    assert_eq!(users, ["new@x.test", "root@x.test"]);
}

#[tokio::test]
async fn a_person_with_the_address_of_a_leaver_does_not_get_the_role() {
    let world = World::new(&team(2), roomy([user("k", "u1@x.test", &["meeting"], Role::Set("Help".into()))]));
    world.target.edit(|account| account.catalog.role_sets.push("Help".into()));
    world.run(A).await;
    world.people_are(&team(1));
    world.approve(A).await;
    assert!(!world.active("u1@x.test"));
    world.people_are(&[person("p0", "u0@x.test", "A"), person("p9", "u1@x.test", "A")]);
    world.approve(A).await;
    assert!(world.active("u1@x.test"), "the user belongs to the new person");
    assert_eq!(world.user("u1@x.test").role, Role::Member);
}

#[tokio::test]
async fn a_suspension_does_not_wait_behind_an_update_that_failed() {
    let rules = format!("{A}[[rule]]\nname = \"B\"\nou = \"OU=B,DC=x\"\n");
    let world = World::new(&team(2), roomy([]));
    world.run(&rules).await;
    world.target.edit(|account| account.catalog.elsewhere.push(Email::new("taken@x.test")));
    world.people_are(&[person("p0", "u0@x.test", "A"), person("p1", "taken@x.test", "A")]);
    let failed = world.run(&rules).await;
    assert_eq!(failed.set_aside.len(), 1);
    // The same update would fail again, but the person also loses the product now.
    world.people_are(&[person("p0", "u0@x.test", "A"), person("p1", "taken@x.test", "B")]);
    world.approve(&rules).await;
    assert!(!world.active("u1@x.test"), "the suspension must not wait");
}

#[tokio::test]
async fn resending_a_mail_does_not_clear_a_failure() {
    let world = World::new(&team(2), roomy([]));
    world.run(A).await;
    world.target.edit(|account| account.catalog.elsewhere.push(Email::new("taken@x.test")));
    world.people_are(&[person("p0", "u0@x.test", "A"), person("p1", "taken@x.test", "A")]);
    assert_eq!(world.run(A).await.set_aside.len(), 1);
    let invite = world.engine(A).invite("p1").await.unwrap();
    let report = world.engine(A).apply(&invite, None, &Stop::new()).await.unwrap();
    assert!(report.all_done(), "{:?}", report.lines);
    assert_eq!(report.set_aside.len(), 1, "the failed step must still be set aside");
}

#[tokio::test]
async fn a_field_that_no_step_sets_needs_no_capability() {
    let mut capabilities = MemoryTarget::capabilities();
    capabilities.features.retain(|feature| !matches!(feature, Feature::TimeZone | Feature::Extensions));
    let target = MemoryTarget::new(roomy([])).with_capabilities(capabilities);
    let world = World::with(directory(&team(1), UNITS), target);
    let nothing = format!("{A}time_zone = \"{{{{ c }}}}\"\nextension = \"{{{{ ipPhone }}}}\"\n");
    assert!(world.run(&nothing).await.all_done());
    let zone = format!("{A}time_zone = \"Europe/Berlin\"\n");
    world.people_are(&team(2));
    let plan = world.plan(&zone).await;
    let verdict = world.engine(&zone).check(&plan, None);
    assert_eq!(verdict.stops().map(|note| note.kind).collect::<Vec<_>>(), [NoteKind::Unsupported]);
}
