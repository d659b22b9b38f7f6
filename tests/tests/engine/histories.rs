//! Histories that once took access from somebody wrongly, or forgot who took it: each ends as it should.

use std::sync::{Arc, Mutex};

use gotosync_core::apply::Stop;
use gotosync_core::model::{
    Account, Directory, DirectoryBuilder, Dn, Email, License, LicenseKey, NoteKind, PersonEntry, PersonId, Role,
    Status, UnitKind, User, UserKey,
};
use gotosync_core::source::MemorySource;
use gotosync_core::state::MemoryState;
use gotosync_core::target::MemoryTarget;
use gotosync_core::{Engine, Plan, Report, Rules};
use jiff::{SignedDuration, Timestamp};

const UNITS: &[&str] = &["A", "B", "C", "D"];
/// Gives Meeting to unit A.
const A: &str = "[[rule]]\nname = \"A\"\nou = \"OU=A,DC=x\"\nproducts = [\"Meeting\"]\n";

/// What a test says of a person of the directory.
struct Person {
    id: String,
    mail: String,
    unit: String,
    disabled: bool,
}

fn person(id: &str, mail: &str, unit: &str) -> Person {
    Person { id: id.into(), mail: mail.into(), unit: unit.into(), disabled: false }
}

fn disabled(person: Person) -> Person {
    Person { disabled: true, ..person }
}

/// `count` people of unit A.
fn team(count: usize) -> Vec<Person> {
    (0..count).map(|n| person(&format!("p{n}"), &format!("u{n}@x.test"), "A")).collect()
}

fn directory(people: &[Person], units: &[&str]) -> Directory {
    let mut builder = DirectoryBuilder::new();
    let [mail, first, last] = ["mail", "givenName", "sn"].map(|name| builder.attribute(name));
    for Person { id, mail: address, unit, disabled } in people {
        let dn = Dn::parse(&format!("CN={id},OU={unit},DC=x")).unwrap();
        let entry = PersonEntry::new(PersonId::parse(id), dn);
        let mut entry = entry.with(mail, address.as_str()).with(first, "First").with(last, "Last");
        entry.disabled = *disabled;
        builder.person(entry);
    }
    for unit in units {
        builder.unit(&format!("OU={unit},DC=x"), UnitKind::Unit);
    }
    builder.build().unwrap()
}

fn license(key: &str, name: &str, seats: u32) -> License {
    License::new(key, name, &[], seats)
}

fn user(key: &str, mail: &str, licenses: &[&str], role: Role) -> Arc<User> {
    let mut user = User::new(mail, "First", "Last");
    user.key = Some(UserKey::new(key));
    user.licenses = licenses.iter().map(|license| LicenseKey::new(*license)).collect();
    user.status = if licenses.is_empty() && role.is_member() { Status::Suspended } else { Status::Active };
    user.role = role;
    Arc::new(user)
}

fn member(key: &str, mail: &str, license: &str) -> Arc<User> {
    user(key, mail, &[license], Role::Member)
}

/// An account with so many seats of three products, these users, and the administrator whom the engine logs in as.
fn account([meeting, webinar, connect]: [u32; 3], users: impl IntoIterator<Item = Arc<User>>) -> Account {
    let mut account = Account::empty("1", "World");
    account.licenses.push(license("meeting", "Meeting", meeting));
    account.licenses.push(license("webinar", "Webinar", webinar));
    account.licenses.push(license("connect", "Connect", connect));
    account.users.push(user("root", "root@x.test", &[], Role::Administrator));
    account.users.extend(users);
    account.login = Some("root".into());
    account.sort();
    account
}

/// An account with seats for everybody.
fn roomy(users: impl IntoIterator<Item = Arc<User>>) -> Account {
    account([50; 3], users)
}

/// Rules that each give products to one unit; a rule is named as its unit.
fn rules(given: &[(&str, &[&str])]) -> String {
    let rule = |(unit, products): &(&str, &[&str])| {
        format!("[[rule]]\nname = \"{unit}\"\nou = \"OU={unit},DC=x\"\nproducts = {products:?}\n")
    };
    given.iter().map(rule).collect::<Vec<_>>().concat()
}

/// Rules that each give Meeting to one unit.
fn meeting(units: &[&str]) -> String {
    rules(&units.iter().map(|unit| (*unit, &["Meeting"][..])).collect::<Vec<_>>())
}

/// A directory, an account and what is remembered of both, with a clock that goes on by itself.
struct World {
    source: Arc<MemorySource>,
    target: Arc<MemoryTarget>,
    state: MemoryState,
    clock: Arc<Mutex<Timestamp>>,
}

impl World {
    fn new(people: &[Person], account: Account) -> Self {
        Self {
            source: Arc::new(MemorySource::new(directory(people, UNITS))),
            target: Arc::new(MemoryTarget::new(account)),
            state: MemoryState::new(),
            clock: Arc::new(Mutex::new("2026-11-22T09:00:00Z".parse().unwrap())),
        }
    }

    fn people_are(&self, people: &[Person]) {
        self.source.set(directory(people, UNITS));
    }

    fn engine(&self, rules: &str) -> Engine {
        let rules = Rules::parse(rules, "rules.toml").unwrap_or_else(|error| panic!("{error:?}"));
        let clock = Arc::clone(&self.clock);
        Engine::new(Arc::clone(&self.source), Arc::clone(&self.target), self.state.clone(), rules).clock(move || {
            let mut now = clock.lock().unwrap();
            *now += SignedDuration::from_secs(1);
            *now
        })
    }

    async fn plan(&self, rules: &str) -> Plan {
        self.engine(rules).plan().await.unwrap().plan
    }

    async fn run(&self, rules: &str) -> Report {
        self.engine(rules).run(&Stop::new()).await.unwrap_or_else(|unfinished| panic!("{:?}", unfinished.error))
    }

    /// Sees that a run is refused which nobody accepted; the message says what it did otherwise.
    async fn refuses(&self, rules: &str) {
        let ended = self.engine(rules).run(&Stop::new()).await;
        assert!(ended.is_err(), "nobody was asked: {:?}", ended.unwrap().counts());
    }

    /// Plans and applies with everything accepted that can be; whether it ends well is not asked.
    async fn accept(&self, rules: &str) {
        let engine = self.engine(rules);
        let plan = engine.plan().await.unwrap().plan;
        let _ = engine.apply(&plan, Some(plan.id()), &Stop::new()).await;
    }

    fn user(&self, mail: &str) -> Arc<User> {
        Arc::clone(self.target.account().user_by_email(&Email::new(mail)).unwrap_or_else(|| panic!("no {mail}")))
    }

    fn active(&self, mail: &str) -> bool {
        self.user(mail).status != Status::Suspended
    }

    /// Changes a user by hand.
    fn edit(&self, mail: &str, change: impl Fn(&mut User)) {
        let mail = Email::new(mail);
        self.target.edit(|account| {
            change(Arc::make_mut(account.users.iter_mut().find(|user| user.email == mail).unwrap()));
        });
    }

    /// Puts a user in the place of another by hand.
    fn replace(&self, key: &UserKey, by: &Arc<User>) {
        self.target.edit(|account| {
            account.users.retain(|user| user.key.as_ref() != Some(key));
            account.users.push(Arc::clone(by));
            account.sort();
        });
    }
}

/// Four people fell under a least number of suspensions, and a rule switched off suspended them all.
#[tokio::test]
async fn a_small_team_does_not_vanish_in_silence() {
    let world = World::new(&team(4), roomy([]));
    world.run(A).await;
    world.refuses(&A.replace("name = \"A\"", "name = \"A\"\nenabled = false")).await;
}

/// Four people fell under a least number of suspensions, and an empty directory suspended them all.
#[tokio::test]
async fn an_empty_directory_does_not_suspend_a_small_team() {
    let world = World::new(&team(4), roomy([]));
    let everyone = A.replace("ou = \"OU=A,DC=x\"", "everyone = true");
    world.run(&everyone).await;
    world.people_are(&[]);
    world.refuses(&everyone).await;
}

/// The share of the suspended was taken of all users of the account, and not of those whom the engine manages.
#[tokio::test]
async fn a_deleted_rule_is_not_small_because_the_account_is_large() {
    let by_hand = (0..1000).map(|n| member(&format!("h{n}"), &format!("hand{n}@x.test"), "meeting"));
    let world = World::new(&team(40), account([5000, 0, 0], by_hand));
    world.run(A).await;
    world.refuses(&meeting(&["B"]).replace("\"B\"", "\"other\"")).await;
}

/// A swap took the old seat at once, and got no new one: that was freed only by a later swap.
#[tokio::test]
async fn a_swap_waits_for_the_swap_that_frees_its_seat() {
    let users = [member("b", "bob@x.test", "webinar"), member("z", "zed@x.test", "meeting")];
    let people = [person("p1", "bob@x.test", "A"), person("p2", "zed@x.test", "B")];
    let world = World::new(&people, account([1, 1, 5], users));
    let report = world.run(&rules(&[("A", &["Meeting"]), ("B", &["Connect"]), ("C", &["Webinar"])])).await;
    assert!(report.all_done() && world.active("bob@x.test"), "{:?}", report.lines);
}

/// A product was given before the swap that freed its seat, and failed.
#[tokio::test]
async fn an_addition_waits_for_the_swap_that_frees_its_seat() {
    let users = [member("b", "bob@x.test", "webinar"), member("z", "zed@x.test", "meeting")];
    let people = [person("p1", "bob@x.test", "A"), person("p2", "zed@x.test", "B")];
    let world = World::new(&people, account([1, 5, 5], users));
    let report = world.run(&rules(&[("A", &["Meeting", "Webinar"]), ("B", &["Connect"])])).await;
    assert!(report.all_done(), "{:?}", report.lines);
}

/// The links of a stale plan replaced what a later run had learned: that it suspended the user itself.
#[tokio::test]
async fn a_stale_plan_does_not_undo_what_was_learned_since() {
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
    assert!(world.active("a@x.test"), "the engine forgot that it suspended this user itself");
}

/// A user made anew by hand, and suspended, was reactivated: the engine had suspended the user before it.
#[tokio::test]
async fn a_suspension_is_not_remembered_of_another_user() {
    let world = World::new(&[person("p1", "a@x.test", "A")], roomy([]));
    world.run(A).await;
    world.people_are(&[disabled(person("p1", "a@x.test", "A"))]);
    world.run(A).await;
    let key = world.user("a@x.test").key.clone().unwrap();
    world.replace(&key, &user("hand", "a@x.test", &[], Role::Member));
    world.people_are(&[person("p1", "a@x.test", "A")]);
    world.run(A).await;
    assert!(!world.active("a@x.test"), "a user whom the engine never suspended was reactivated");
}

/// The suspension of a person made anew in the directory was remembered of the former one: nobody came back.
#[tokio::test]
async fn a_recreated_person_comes_back_after_leaving() {
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

/// The link of a former person, suspended long ago, reactivated a user who was since suspended by hand.
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

/// A person who moved to a unit just when it was renamed was taken for a leaver: its rule found no unit.
#[tokio::test]
async fn who_moves_under_a_rule_that_cannot_be_evaluated_does_not_leave() {
    let rules = meeting(&["A", "B"]);
    let world = World::new(&[person("p1", "a@x.test", "A"), person("p2", "b@x.test", "B")], roomy([]));
    world.run(&rules).await;
    let moved = [person("p1", "a@x.test", "BB"), person("p2", "b@x.test", "BB")];
    world.source.set(directory(&moved, &["A", "BB"]));
    world.accept(&rules).await;
    assert!(world.active("a@x.test"), "taken for a leaver");
}

/// A person of a rule that was renamed, with a typo in its unit, was taken for a leaver.
#[tokio::test]
async fn who_was_under_a_rule_renamed_and_broken_does_not_leave() {
    let world = World::new(&[person("p1", "a@x.test", "A"), person("p2", "b@x.test", "B")], roomy([]));
    world.run(&meeting(&["A", "B"])).await;
    world.accept(&meeting(&["A", "Bee"])).await;
    assert!(world.active("b@x.test"), "taken for a leaver");
}

/// A plan was applied though the account was not read to its end, where the user may have been already.
#[tokio::test]
async fn nobody_is_created_in_an_account_read_in_part() {
    let world = World::new(&[person("p1", "a@x.test", "A")], roomy([]));
    let plan = world.plan(A).await;
    world.target.incomplete("page 2", "cut");
    let ended = world.engine(A).apply(&plan, None, &Stop::new()).await;
    assert!(ended.as_ref().map_or(true, |report| !report.all_done()), "{ended:?}");
}

/// A plan suspended an administrator who had become the last one since it was made.
#[tokio::test]
async fn the_last_administrator_stays_when_the_others_went_since_the_plan() {
    let users = [user("a", "a@x.test", &["meeting"], Role::Administrator), member("b", "b@x.test", "meeting")];
    let account = Account { login: None, ..roomy(users) };
    let world = World::new(&[disabled(person("p1", "a@x.test", "A")), person("p2", "b@x.test", "A")], account);
    let plan = world.plan(A).await;
    world.edit("root@x.test", |user| user.role = Role::Member);
    let _ = world.engine(A).apply(&plan, None, &Stop::new()).await;
    assert!(world.target.account().users.iter().any(|user| user.role.is_administrator()), "no administrator is left");
}

/// A plan was applied though the rules had changed since, and suspended somebody to whom they now give a product.
#[tokio::test]
async fn a_plan_of_other_rules_suspends_nobody() {
    let world = World::new(&[person("p1", "a@x.test", "A"), person("p2", "b@x.test", "A")], roomy([]));
    world.run(A).await;
    world.people_are(&[person("p1", "a@x.test", "D"), person("p2", "b@x.test", "A")]);
    let plan = world.plan(A).await;
    let engine = world.engine(&meeting(&["A", "D"]));
    let verdict = engine.check(&plan, None);
    let ended = engine.apply(&plan, None, &Stop::new()).await;
    assert!(world.active("a@x.test"), "{:?}; {:?}", verdict.notes, ended.map(|report| report.counts()));
}

/// A person whose user was on an unread page was linked to another user, who had the person's new address.
#[tokio::test]
async fn nobody_is_linked_anew_in_an_account_read_in_part() {
    let world = World::new(&[person("p1", "a@x.test", "A")], roomy([]));
    world.run(A).await;
    let key = world.user("a@x.test").key.clone().unwrap();
    world.people_are(&[person("p1", "new@x.test", "A")]);
    world.replace(&key, &member("other", "new@x.test", "webinar"));
    world.target.incomplete("page 2", "cut");
    let plan = world.plan(A).await;
    assert!(plan.links().is_empty() && plan.is_empty(), "linked anew: {:?}", plan.links());
}

/// A suspended administrator lost the role too, did not get it back on returning, and nobody was told.
#[tokio::test]
async fn a_role_does_not_go_in_silence() {
    let users = [user("a", "a@x.test", &["meeting"], Role::Administrator), member("b", "b@x.test", "meeting")];
    let world = World::new(&[disabled(person("p1", "a@x.test", "A")), person("p2", "b@x.test", "A")], roomy(users));
    let report = world.run(A).await;
    assert!(!world.active("a@x.test"));
    let told = report.notes.iter().any(|note| note.kind == NoteKind::RoleGoes && note.subject == "a@x.test");
    assert!(told, "{:?}", report.notes);
}

/// A rule named a product that two licences are called by, and one of them was picked.
#[tokio::test]
async fn one_of_two_licences_with_one_name_is_not_picked_in_silence() {
    let mut account = roomy([]);
    account.licenses.push(license("x2", "Meeting", 5));
    account.sort();
    let world = World::new(&[person("p1", "a@x.test", "A")], account);
    let engine = world.engine(A);
    let plan = engine.plan().await.unwrap().plan;
    assert!(!engine.check(&plan, None).passes(), "one of the two was picked");
}

/// A person got the user of another, who is still in the directory, along with that one's former address.
#[tokio::test]
async fn an_address_passed_on_does_not_pass_on_the_user() {
    let world = World::new(&[person("p1", "ceo@x.test", "A")], roomy([]));
    world.run(A).await;
    let key = world.user("ceo@x.test").key.clone().unwrap();
    world.people_are(&[person("p1", "old.ceo@x.test", "D"), person("p2", "ceo@x.test", "A")]);
    let plan = world.plan(A).await;
    let robbed = plan.links().iter().any(|link| link.user == key && link.person == PersonId::parse("p2"));
    assert!(!robbed, "p1 is in the directory, and p2 was given p1's user");
}
