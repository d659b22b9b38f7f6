//! Phone settings and locations at the emulator of GoTo: set by rules, in an order that survives crashes, and with
//! failing writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use gotosync_core::apply::Stop;
use gotosync_core::http::{HttpOptions, Patience};
use gotosync_core::model::{
    Account, Action, Change, Directory, DirectoryBuilder, Dn, Field, License, NamedNumber, NoteKind, PersonEntry,
    PersonId, RingsAt, Role, SetChange, Status, UnitKind, Update, User, UserChanges, UserKey, UserSettings,
};
use gotosync_core::source::MemorySource;
use gotosync_core::state::MemoryState;
use gotosync_core::target::ProvisioningTarget;
use gotosync_core::target::goto::GotoOptions;
use gotosync_core::{Engine, Report, Rules};
use gotosync_tests::goto::{Emulator, Fault, FaultKind, Operation, Probe, Served};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const RULES: &str = r#"
[[rule]]
name = "Staff"
ou = "OU=Staff,DC=x"
products = ["GoTo Connect"]
extension = "{{ ipPhone }}"
devices = ["{{ extensionAttribute1 }}"]
phone_numbers = ["{{ telephoneNumber }}"]
phone_number_name = "{{ displayName }}"
caller_id_numbers = ["+15555550900", "{{ telephoneNumber }}"]
texting_numbers = ["{{ telephoneNumber }}"]
secondary_extensions = ["100"]
voicemail = { transcription = true, without_password = false, operator = "100", time_zone = "Europe/Berlin" }
location = "{{ l }}"
"#;

/// Returns an account in which Ann has an extension, a phone number, a caller id, a secondary extension, and a
/// location, all of which differ from the directory. Extension 301 is unassigned, and Bob has no user yet.
fn account() -> Account {
    let mut account = Account::empty("1", "World");
    account.licenses.push(License::new("10", "GoTo Connect", &["JIVE"], 10));
    let mut root = User::new("root@example.test", "Some", "Body");
    root.key = Some("1".into());
    (root.role, root.status) = (Role::Administrator, Status::Active);
    let mut ann = User::new("ann@example.test", "Ann", "Lee");
    ann.key = Some("2".into());
    (ann.licenses, ann.status) = (vec!["10".into()], Status::Active);
    ann.set_settings(|own| {
        own.extension = Some("201".into());
        own.phone_numbers = [(number("0101"), "Old".to_owned()), (number("0109"), "Fax".to_owned())].into();
        own.caller_id_numbers = [number("0109")].into();
        own.secondary_extensions = ["101".to_owned()].into();
        own.location = Some("Berlin".into());
    });
    account.users = vec![Arc::new(root), Arc::new(ann)];
    account.login = Some("1".into());
    let spare =
        |end: &str, elsewhere| NamedNumber { number: number(end), name: "Spare".to_owned(), rings_at: elsewhere };
    account.catalog.phone_numbers = vec![spare("0102", None), spare("0900", Some(RingsAt::Elsewhere))];
    account.catalog.extensions = ["100", "101", "301"].map(str::to_owned).to_vec();
    account.catalog.locations = ["Berlin", "Graz"].map(str::to_owned).to_vec();
    account.catalog.devices = vec![gotosync_core::model::Device { mac: mac(), name: "Desk 1".to_owned() }];
    account
}

fn directory() -> Directory {
    let mut builder = DirectoryBuilder::new();
    let names = ["mail", "givenName", "sn", "displayName", "ipPhone", "telephoneNumber", "l", "extensionAttribute1"];
    let ids = names.map(|name| builder.attribute(name));
    for (name, values) in [
        ("Ann", ["ann@example.test", "Ann", "Lee", "Ann Lee", "301", "+1 555 555 0101", "Graz", "Desk 1"]),
        ("Bob", ["bob@example.test", "Bob", "Fox", "Bob Fox", "202", "+1 555 555 0102", "berlin", ""]),
    ] {
        let dn = Dn::parse(&format!("CN={name},OU=Staff,DC=x")).unwrap();
        let given = ids.into_iter().zip(values).filter(|(_, value)| !value.is_empty());
        builder.person(given.fold(PersonEntry::new(PersonId::parse(name), dn), |entry, (id, v)| entry.with(id, v)));
    }
    builder.unit("OU=Staff,DC=x", UnitKind::Unit);
    builder.build().unwrap()
}

/// Returns the settings that the rules give to a person in the end.
fn wanted(name: &str) -> UserSettings {
    let (extension, end, full, location) = match name {
        "ann" => ("301", "0101", "Ann Lee", "Graz"),
        _ => ("202", "0102", "Bob Fox", "Berlin"),
    };
    UserSettings {
        extension: Some(extension.into()),
        devices: if name == "ann" { [mac()].into() } else { [].into() },
        phone_numbers: [(number(end), full.to_owned())].into(),
        caller_id_numbers: [number("0900"), number(end)].into(),
        texting_numbers: [number(end)].into(),
        secondary_extensions: ["100".to_owned()].into(),
        location: Some(location.into()),
        ..UserSettings::default()
    }
}

struct World {
    emulator: Arc<Emulator>,
    source: Arc<MemorySource>,
    state: MemoryState,
    day: AtomicI64,
}

impl World {
    fn new() -> Self {
        let emulator = Emulator::options().account(account()).per_second(None).start().unwrap();
        Self {
            emulator: Arc::new(emulator),
            source: Arc::new(MemorySource::new(directory())),
            state: MemoryState::new(),
            day: AtomicI64::new(0),
        }
    }

    fn options(&self) -> GotoOptions {
        let connect = Some(self.emulator.urls().connect);
        GotoOptions { connect, caller_ids: true, per_second: None, visible_within: 0, ..GotoOptions::default() }
    }

    fn target(&self) -> Served {
        let patience = Patience { attempts: 3, first: Duration::from_millis(5), ..Patience::default() };
        let http = HttpOptions { patience, ..HttpOptions::default() };
        Served::by(&self.emulator, self.options(), http, |_| {}).unwrap()
    }

    fn engine(&self) -> Engine {
        let now = "2026-11-22T09:00:00Z".parse::<Timestamp>().unwrap();
        let now = now + SignedDuration::from_hours(24 * self.day.fetch_add(1, Ordering::Relaxed));
        let rules = Rules::parse(RULES, "rules.toml").unwrap_or_else(|problems| panic!("{problems:?}"));
        Engine::new(Arc::clone(&self.source), self.target(), self.state.clone(), rules).clock(move || now)
    }

    /// Resumes, plans, and applies. Returns `None` if there was nothing to do.
    async fn run(&self) -> gotosync_core::Result<Option<Report>> {
        let engine = self.engine();
        engine.resume(&Stop::new()).await?;
        let plan = engine.plan().await?.plan;
        if plan.is_empty() {
            return Ok(None);
        }
        engine.apply(&plan, Some(plan.id()), &Stop::new()).await.map(Some)
    }

    fn settings(&self, name: &str) -> UserSettings {
        let account = self.emulator.account();
        let user = account.users.iter().find(|user| user.email.as_str().starts_with(name));
        user.unwrap_or_else(|| panic!("no {name}")).settings().clone()
    }

    /// Returns the first difference from the expected final state.
    fn problem(&self) -> Option<String> {
        let voicemail = json!({
            "timeZone": "Europe/Berlin", "allowAccessWithoutPassword": false, "transcriptionEnabled": true,
            "allowEscapeToOperator": true, "operatorExtensionId": self.extension("100")["id"],
        });
        for name in ["ann", "bob"] {
            let (now, wanted) = (self.settings(name), wanted(name));
            if now != wanted {
                return Some(format!("{name} has {now:?} instead of {wanted:?}"));
            }
            let extension = wanted.extension.as_deref().unwrap_or_default();
            let now = self.emulator.voicemail(extension);
            if now.as_ref() != Some(&voicemail) {
                return Some(format!("the voicemail of {extension} is {now:?}"));
            }
        }
        None
    }

    fn probe(&self, path: &str) -> Value {
        let probe = Probe::bearer(&self.emulator.tokens().access);
        let url = format!("{}/voice-admin/v1{path}", self.emulator.urls().connect);
        let answer = probe.get(&url).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    fn extension(&self, number: &str) -> Value {
        let all = self.probe("/extensions?accountKey=1&pageSize=100");
        all["items"].as_array().unwrap().iter().find(|own| own["number"] == number).unwrap().clone()
    }

    /// Returns the writes so far in order, such as `PATCH extensions`.
    fn writes(&self) -> Vec<String> {
        let calls = self.emulator.calls();
        let writes = calls.iter().filter(|call| call.operation == Operation::ConnectWrite);
        let short = |target: &str| target.trim_start_matches("/voice-admin/v1/").to_owned();
        writes.map(|call| format!("{} {}", call.method, short(&call.target))).collect()
    }
}

fn number(end: &str) -> gotosync_core::model::PhoneNumber {
    format!("+1555555{end}").parse().unwrap()
}

fn mac() -> gotosync_core::model::Mac {
    "00:0b:82:00:00:01".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_every_field_and_the_next_run_has_nothing_to_do() {
    let world = World::new();
    // Rules do not change other permissions on a phone number.
    let answering = json!({ "userKey": "2", "permissions": ["INSTANT_RESPONSE"] });
    let id = world.probe("/phone-numbers?accountKey=1")["items"][0]["id"].as_str().unwrap().to_owned();
    let probe = Probe::bearer(&world.emulator.tokens().access);
    let url = format!("{}/voice-admin/v1/phone-numbers/{id}/permissions", world.emulator.urls().connect);
    assert_eq!(probe.json("POST", &url, &answering).unwrap().status, 204);

    let report = world.run().await.unwrap().expect("there is something to do");
    assert!(report.all_done(), "{:#?}", report.lines);
    assert_eq!(world.problem(), None);
    let permissions = world.probe(&format!("/phone-numbers/{id}/permissions"));
    let all = ["INSTANT_RESPONSE", "OUTBOUND_CALLER_ID", "TEXTING"];
    assert_eq!(permissions["items"][0], json!({ "userKey": "2", "permissions": all }));
    // Ann's former extension still exists, unassigned, and the phone number is routed to her new extension.
    assert!(world.emulator.account().catalog.extensions.contains(&"201".to_owned()));
    let numbers = world.probe("/phone-numbers?accountKey=1");
    assert_eq!(numbers["items"][0]["routeTo"]["id"], world.extension("301")["id"]);
    assert!(world.run().await.unwrap().is_none());
}

/// A voicemail cannot be read. Therefore, it is set before the extension is assigned, so that every assigned
/// extension has its voicemail.
#[tokio::test(flavor = "multi_thread")]
async fn sets_the_voicemail_before_assigning_the_extension() {
    let world = World::new();
    world.run().await.unwrap().expect("there is something to do");
    let writes = world.writes();
    for extension in ["301", "202"] {
        let path = format!("extensions/{}", world.extension(extension)["id"].as_str().unwrap());
        let at = |what: &str| writes.iter().position(|write| *write == format!("PATCH {path}{what}")).unwrap();
        assert!(at("/voicemail") < at(""), "{writes:#?}");
    }
}

/// If a write is lost, the report shows an incomplete step, and later runs complete it: no user has two extensions,
/// every phone number is routed correctly, and every voicemail is set.
#[tokio::test(flavor = "multi_thread")]
async fn later_runs_repair_any_failed_write() {
    let world = World::new();
    world.run().await.unwrap();
    let all = world.writes().len();
    assert!(all > 15, "{all} writes");
    let mut mended = 0;
    for kind in [FaultKind::ResetBefore, FaultKind::ResetAfter, FaultKind::Status(500), FaultKind::Html(502)] {
        for nth in 1..=all {
            let told = format!("{kind:?} at write {nth} of {all}");
            let world = World::new();
            // All attempts of one write fail, but no later write.
            for attempt in 0..3 {
                world.emulator.fault(Fault::on(Operation::ConnectWrite, kind).nth(nth + attempt));
            }
            let report = world.run().await.unwrap().expect("there is something to do");
            assert!(world.emulator.struck() > 0, "{told}: the fault did not occur");
            let right = world.problem().is_none();
            assert!(right || !report.all_done(), "{told}: reported as done, but {:?}", world.problem());
            world.emulator.heal();
            let mut runs = 0;
            while world.run().await.unwrap_or_else(|error| panic!("{told}: {error}")).is_some() {
                runs += 1;
                assert!(runs < 4, "{told}: there is still something to do; {:?}", world.problem());
            }
            assert_eq!(world.problem(), None, "{told}");
            assert_eq!(world.emulator.account().users.len(), 3, "{told}");
            mended += usize::from(!report.all_done());
        }
    }
    assert!(mended > all, "only {mended} runs were incomplete");
}

/// A write to an extension contains all secondary users. Users who were added after the list was read must stay.
#[tokio::test(flavor = "multi_thread")]
async fn keeps_users_added_to_an_extension_meanwhile() {
    let world = World::new();
    let path = format!("/voice-admin/v1/extensions/{}", world.extension("100")["id"].as_str().unwrap());
    let url = format!("{}{path}", world.emulator.urls().connect);
    let probe = Probe::bearer(&world.emulator.tokens().access);
    let listed = AtomicI64::new(0);
    let watch = move |exchange: &gotosync_core::http::Exchange<'_>| {
        // The batch has read its list, and now an admin adds a user.
        let list = exchange.method == "GET" && exchange.path.ends_with("/extensions");
        if list && listed.fetch_add(1, Ordering::Relaxed) == 0 {
            let root = json!({ "assignedSecondaryUserKeys": ["1"] });
            assert_eq!(probe.json("PATCH", &url, &root).unwrap().status, 200);
        }
    };
    let target = Served::watched(&world.emulator, world.options(), watch).unwrap();
    let outcomes = target.execute(&[shares("2", "100")].into_iter().collect()).await.unwrap();
    assert!(outcomes[0].is_done(), "{outcomes:?}");
    assert_eq!(world.extension("100")["assignedSecondaryUserKeys"], json!(["1", "2"]));
}

/// Concurrent batches must not overwrite each other's changes to an extension.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_batches_all_reach_one_extension() {
    let world = World::new();
    world.emulator.edit(|account| {
        for at in 0..20 {
            let mut user = User::new(&format!("u{at}@example.test"), "Some", "Body");
            user.key = Some(UserKey::new(format!("{}", 100 + at)));
            account.users.push(Arc::new(user));
        }
    });
    let target = Arc::new(world.target());
    target.describe().await.unwrap();
    let mut running = tokio::task::JoinSet::new();
    for at in 0..20 {
        let target = Arc::clone(&target);
        let batch = [shares(&format!("{}", 100 + at), "100")].into_iter().collect();
        running.spawn(async move { target.execute(&batch).await.unwrap() });
    }
    let done = running.join_all().await;
    assert!(done.iter().all(|outcomes| outcomes[0].is_done()), "{done:?}");
    assert_eq!(world.extension("100")["assignedSecondaryUserKeys"].as_array().unwrap().len(), 20);
}

fn shares(user: &str, extension: &str) -> Action {
    let mut changes = UserChanges::default();
    changes.settings_mut().secondary_extensions = SetChange::adding(vec![extension.to_owned()]);
    Action::Update(Update { user: user.into(), changes })
}

/// If one of several phone number expressions fails, no phone number is removed.
#[tokio::test(flavor = "multi_thread")]
async fn unusable_settings_remove_nothing() {
    let world = World::new();
    let rules = RULES.replace(
        "phone_numbers = [\"{{ telephoneNumber }}\"]",
        "phone_numbers = [\"{{ telephoneNumber }}\", \"{{ displayName }}\"]",
    );
    let rules = Rules::parse(&rules, "rules.toml").unwrap();
    let engine = Engine::new(Arc::clone(&world.source), world.target(), world.state.clone(), rules);
    let plan = engine.plan().await.unwrap().plan;
    let told = plan.notes().iter().any(|note| note.evidence.contains("phone_numbers: `Ann Lee` is invalid"));
    assert!(told, "{:#?}", plan.notes());
    let ann = plan.steps().iter().find(|step| step.subject.starts_with("ann")).unwrap();
    let goes = |reason: &&gotosync_core::plan::Reason| reason.field == Field::PhoneNumbers && reason.after.is_none();
    assert_eq!(ann.reasons.iter().find(goes), None);
}

/// Phone numbers routed to an unassigned extension come with the extension, and the plan shows them.
#[tokio::test(flavor = "multi_thread")]
async fn phone_numbers_come_with_their_extension() {
    let world = World::new();
    world.emulator.edit(|account| {
        let spare = account.catalog.phone_numbers.iter_mut().find(|own| own.number == number("0102")).unwrap();
        spare.rings_at = Some(RingsAt::Elsewhere);
    });
    let (id, probe) = (world.extension("301")["id"].clone(), Probe::bearer(&world.emulator.tokens().access));
    let numbers = world.probe("/phone-numbers?accountKey=1");
    let spare = numbers["items"].as_array().unwrap().iter().find(|own| own["number"] == "+15555550102").unwrap();
    let url =
        format!("{}/voice-admin/v1/phone-numbers/{}", world.emulator.urls().connect, spare["id"].as_str().unwrap());
    let route = json!({ "routeTo": { "id": id, "type": "EXTENSION" } });
    assert_eq!(probe.json("PATCH", &url, &route).unwrap().status, 200);
    let engine = world.engine();
    let plan = engine.plan().await.unwrap().plan;
    let told = gotosync_core::render::plan(&plan, gotosync_core::render::Length::Full).to_string();
    assert!(told.contains("phone_numbers of +15555550102: + Ann Lee"), "{told}");
    let report = engine.apply(&plan, Some(plan.id()), &Stop::new()).await.unwrap();
    assert!(report.all_done(), "{:#?}", report.lines);
    let ann = world.settings("ann");
    assert_eq!(ann.phone_numbers.keys().collect::<Vec<_>>(), [&number("0101"), &number("0102")]);
}

/// A batch reads only those phone system lists that its actions need.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_reads_only_the_lists_it_needs() {
    let world = World::new();
    let target = world.target();
    target.describe().await.unwrap();
    target.read().await.unwrap();
    world.emulator.forget_calls();
    let mut changes = UserChanges::default();
    changes.settings_mut().location = Some(Change::fill("Graz".into()));
    let update = Update { user: UserKey::new("1"), changes };
    let outcomes = target.execute(&[Action::Update(update)].into_iter().collect()).await.unwrap();
    assert!(outcomes[0].is_done(), "{outcomes:?}");
    let reads: Vec<String> = world
        .emulator
        .calls()
        .iter()
        .filter(|call| call.operation == Operation::ConnectRead)
        .map(|call| call.target.clone())
        .collect();
    assert!(!reads.is_empty() && reads.iter().all(|target| target.contains("/locations")), "{reads:#?}");
}

/// Without `caller_ids`, the permissions of phone numbers are not read, and a rule that sets caller ids stops the run
/// with the reason.
#[tokio::test(flavor = "multi_thread")]
async fn reads_caller_ids_only_on_request() {
    let world = World::new();
    let connect = Some(world.emulator.urls().connect);
    let options = GotoOptions { connect, per_second: None, visible_within: 0, ..GotoOptions::default() };
    let target = Served::at(&world.emulator, options).unwrap();
    let rules = Rules::parse(RULES, "rules.toml").unwrap();
    let engine = Engine::new(Arc::clone(&world.source), target, world.state.clone(), rules);
    let planned = engine.plan().await.unwrap();
    let note =
        planned.plan.notes().iter().find(|note| note.kind == NoteKind::Unsupported).expect("the plan has the note");
    assert_eq!(
        note.evidence,
        "the rule sets caller_id_numbers, but gotosync cannot set caller ID numbers in this account"
    );
    let asked = world.emulator.calls().iter().any(|call| call.target.contains("/permissions"));
    assert!(!asked && world.emulator.account() == account_as_served());
}

/// Returns the account as the emulator stores it.
fn account_as_served() -> Account {
    World::new().emulator.account()
}
