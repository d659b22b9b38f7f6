//! Regression tests: histories in which a run once wrongly removed access or lost the reason for a suspension.

use gotosync_core::apply::Stop;
use gotosync_core::model::{Account, NoteKind, PersonId, Role};
use gotosync_tests::world::{
    A, World, account, directory, disabled, license, meeting, member, person, roomy, rules, team, user,
};

/// Asserts that an unapproved run is refused; otherwise the message shows the steps that it performed.
async fn refuses(world: &World, rules: &str) {
    let ended = world.engine(rules).run(&Stop::new()).await;
    assert!(ended.is_err(), "the run was not stopped: {:?}", ended.unwrap().counts());
}

/// Once, the limit of suspensions did not apply to only four people, and a disabled rule suspended all of them.
#[tokio::test]
async fn a_small_team_cannot_disappear_without_a_note() {
    let world = World::new(&team(4), roomy([]));
    world.run(A).await;
    refuses(&world, &A.replace("name = \"A\"", "name = \"A\"\nenabled = false")).await;
}

/// Once, the limit of suspensions did not apply to only four people, and an empty directory suspended all of them.
#[tokio::test]
async fn an_empty_directory_does_not_suspend_a_small_team() {
    let world = World::new(&team(4), roomy([]));
    let everyone = A.replace("ou = \"OU=A,DC=x\"", "everyone = true");
    world.run(&everyone).await;
    world.people_are(&[]);
    refuses(&world, &everyone).await;
}

/// Once, the percentage of suspensions was calculated from all users of the account instead of the managed ones.
#[tokio::test]
async fn a_deleted_rule_counts_against_its_own_people() {
    let by_hand = (0..1000).map(|n| member(&format!("h{n}"), &format!("hand{n}@x.test"), "meeting"));
    let world = World::new(&team(40), account([5000, 0, 0], by_hand));
    world.run(A).await;
    refuses(&world, &meeting(&["B"]).replace("\"B\"", "\"other\"")).await;
}

/// Once, a license swap released its old seat immediately but got no new one, because only a later swap freed that
/// seat.
#[tokio::test]
async fn a_swap_waits_for_the_swap_that_frees_its_seat() {
    let users = [member("b", "bob@x.test", "webinar"), member("z", "zed@x.test", "meeting")];
    let people = [person("p1", "bob@x.test", "A"), person("p2", "zed@x.test", "B")];
    let world = World::new(&people, account([1, 1, 5], users));
    let report = world.run(&rules(&[("A", &["Meeting"]), ("B", &["Connect"]), ("C", &["Webinar"])])).await;
    assert!(report.all_done() && world.active("bob@x.test"), "{:?}", report.lines);
}

/// Once, a product was added before the swap that freed its seat, and the step failed.
#[tokio::test]
async fn an_addition_waits_for_the_swap_that_frees_its_seat() {
    let users = [member("b", "bob@x.test", "webinar"), member("z", "zed@x.test", "meeting")];
    let people = [person("p1", "bob@x.test", "A"), person("p2", "zed@x.test", "B")];
    let world = World::new(&people, account([1, 5, 5], users));
    let report = world.run(&rules(&[("A", &["Meeting", "Webinar"]), ("B", &["Connect"])])).await;
    assert!(report.all_done(), "{:?}", report.lines);
}

/// Once, the links of a stale plan replaced newer ones, which recorded that the engine had suspended the user.
#[tokio::test]
async fn a_stale_plan_does_not_undo_newer_links() {
    let people = || [person("p1", "a@x.test", "A"), person("p2", "b@x.test", "A")];
    let users = [member("a", "a@x.test", "meeting"), member("b", "b@x.test", "meeting")];
    let world = World::new(&people(), roomy(users));
    let stale = world.plan(A).await;
    world.people_are(&people().map(|one| if one.id == "p1" { disabled(one) } else { one }));
    world.run(A).await;
    assert!(!world.active("a@x.test"));
    world.engine(A).apply(&stale, None, &Stop::new()).await.unwrap();
    world.people_are(&people());
    world.run(A).await;
    assert!(world.active("a@x.test"), "the state lost the suspension by the engine");
}

/// Once, a user that an admin had recreated and suspended was reactivated, because the engine had suspended the
/// former user.
#[tokio::test]
async fn a_suspension_is_not_attributed_to_another_user() {
    let world = World::new(&[person("p1", "a@x.test", "A")], roomy([]));
    world.run(A).await;
    world.people_are(&[disabled(person("p1", "a@x.test", "A"))]);
    world.run(A).await;
    let key = world.user("a@x.test").key.clone().unwrap();
    world.replace(&key, &user("hand", "a@x.test", &[], Role::Member));
    world.people_are(&[person("p1", "a@x.test", "A")]);
    world.run(A).await;
    assert!(!world.active("a@x.test"), "a user that the engine never suspended was reactivated");
}

/// Once, the suspension of a person recreated in the directory stayed with the former link, so the person never got
/// access back.
#[tokio::test]
async fn a_recreated_person_gets_access_back_after_leaving() {
    let world = World::new(&[person("p1", "a@x.test", "A")], roomy([]));
    world.run(A).await;
    world.people_are(&[person("p2", "a@x.test", "A")]);
    world.run(A).await;
    world.people_are(&[person("p2", "a@x.test", "D")]);
    world.run(A).await;
    assert!(!world.active("a@x.test"));
    world.people_are(&[person("p2", "a@x.test", "A")]);
    let report = world.run(A).await;
    assert!(world.active("a@x.test"), "{:?}", report.notes);
}

/// Once, the link of a former person, suspended long ago, reactivated a user that an admin had suspended since.
#[tokio::test]
async fn a_recreated_person_stays_suspended_by_hand() {
    let world = World::new(&[person("p9", "a@x.test", "A")], roomy([]));
    world.run(A).await;
    world.people_are(&[disabled(person("p9", "a@x.test", "A"))]);
    world.run(A).await;
    world.people_are(&[person("p1", "a@x.test", "A")]);
    world.run(A).await;
    assert!(world.active("a@x.test"));
    world.run(A).await;
    world.edit("a@x.test", |user| user.licenses.clear());
    world.run(A).await;
    assert!(!world.active("a@x.test"));
    world.people_are(&[person("p2", "a@x.test", "A")]);
    world.run(A).await;
    assert!(!world.active("a@x.test"), "reactivated by the link of a former person");
}

/// Once, a person who moved into a unit during its renaming became a leaver, because the rule did not find its unit.
#[tokio::test]
async fn a_person_who_moves_under_a_broken_rule_is_no_leaver() {
    let rules = meeting(&["A", "B"]);
    let world = World::new(&[person("p1", "a@x.test", "A"), person("p2", "b@x.test", "B")], roomy([]));
    world.run(&rules).await;
    let moved = [person("p1", "a@x.test", "BB"), person("p2", "b@x.test", "BB")];
    world.source.set(directory(&moved, &["A", "BB"]));
    world.approve(&rules).await;
    assert!(world.active("a@x.test"), "the person was treated as a leaver");
}

/// Once, a person of a rule that was renamed and got a typo in its unit became a leaver.
#[tokio::test]
async fn a_person_of_a_renamed_and_broken_rule_is_no_leaver() {
    let world = World::new(&[person("p1", "a@x.test", "A"), person("p2", "b@x.test", "B")], roomy([]));
    world.run(&meeting(&["A", "B"])).await;
    world.approve(&meeting(&["A", "Bee"])).await;
    assert!(world.active("b@x.test"), "the person was treated as a leaver");
}

/// Once, a plan was applied after a partial read of the account, although the user could already exist in the unread
/// part.
#[tokio::test]
async fn a_partial_account_read_creates_no_users() {
    let world = World::new(&[person("p1", "a@x.test", "A")], roomy([]));
    let plan = world.plan(A).await;
    world.target.incomplete("page 2", "cut");
    let ended = world.engine(A).apply(&plan, None, &Stop::new()).await;
    assert!(ended.as_ref().map_or(true, |report| !report.all_done()), "{ended:?}");
}

/// Once, a plan suspended an administrator who had become the last one after planning.
#[tokio::test]
async fn keeps_the_last_administrator_if_others_left_after_the_plan() {
    let users = [user("a", "a@x.test", &["meeting"], Role::Administrator), member("b", "b@x.test", "meeting")];
    let account = Account { login: None, ..roomy(users) };
    let world = World::new(&[disabled(person("p1", "a@x.test", "A")), person("p2", "b@x.test", "A")], account);
    let plan = world.plan(A).await;
    world.edit("root@x.test", |user| user.role = Role::Member);
    let _ = world.engine(A).apply(&plan, None, &Stop::new()).await;
    assert!(world.target.account().users.iter().any(|user| user.role.is_administrator()), "no administrator is left");
}

/// Once, a plan was applied after the rules had changed, and suspended a person who gets a product from the new rules.
#[tokio::test]
async fn a_plan_of_other_rules_suspends_no_user() {
    let world = World::new(&[person("p1", "a@x.test", "A"), person("p2", "b@x.test", "A")], roomy([]));
    world.run(A).await;
    world.people_are(&[person("p1", "a@x.test", "D"), person("p2", "b@x.test", "A")]);
    let plan = world.plan(A).await;
    let engine = world.engine(&meeting(&["A", "D"]));
    let verdict = engine.check(&plan, None);
    let ended = engine.apply(&plan, None, &Stop::new()).await;
    assert!(world.active("a@x.test"), "{:?}; {:?}", verdict.notes, ended.map(|report| report.counts()));
}

/// Once, a person whose user was on an unread page was linked to another user, who had the person's new address.
#[tokio::test]
async fn a_partial_account_read_creates_no_links() {
    let world = World::new(&[person("p1", "a@x.test", "A")], roomy([]));
    world.run(A).await;
    let key = world.user("a@x.test").key.clone().unwrap();
    world.people_are(&[person("p1", "new@x.test", "A")]);
    world.replace(&key, &member("other", "new@x.test", "webinar"));
    world.target.incomplete("page 2", "cut");
    let plan = world.plan(A).await;
    assert!(plan.links().is_empty() && plan.is_empty(), "linked anew: {:?}", plan.links());
}

/// Once, a suspended administrator also lost the role, did not get it back on return, and no note reported it.
#[tokio::test]
async fn removing_a_role_leaves_a_note() {
    let users = [user("a", "a@x.test", &["meeting"], Role::Administrator), member("b", "b@x.test", "meeting")];
    let world = World::new(&[disabled(person("p1", "a@x.test", "A")), person("p2", "b@x.test", "A")], roomy(users));
    let report = world.run(A).await;
    assert!(!world.active("a@x.test"));
    let told = report.notes.iter().any(|note| note.kind == NoteKind::RoleGoes && note.subject == "a@x.test");
    assert!(told, "{:?}", report.notes);
}

/// Once, a rule used a product name that two licenses share, and the engine chose one of them.
#[tokio::test]
async fn does_not_choose_between_two_licenses_with_the_same_name() {
    let mut account = roomy([]);
    account.licenses.push(license("x2", "Meeting", 5));
    account.sort();
    let world = World::new(&[person("p1", "a@x.test", "A")], account);
    let engine = world.engine(A);
    let plan = engine.plan().await.unwrap().plan;
    assert!(!engine.check(&plan, None).passes(), "the engine chose one of the two");
}

/// Once, a person got the user of another person, who was still in the directory, together with that person's former
/// address.
#[tokio::test]
async fn a_reassigned_address_does_not_reassign_the_user() {
    let world = World::new(&[person("p1", "ceo@x.test", "A")], roomy([]));
    world.run(A).await;
    let key = world.user("ceo@x.test").key.clone().unwrap();
    world.people_are(&[person("p1", "old.ceo@x.test", "D"), person("p2", "ceo@x.test", "A")]);
    let plan = world.plan(A).await;
    let robbed = plan.links().iter().any(|link| link.user == key && link.person == PersonId::parse("p2"));
    assert!(!robbed, "p1 is still in the directory, but p2 got the user of p1");
}
