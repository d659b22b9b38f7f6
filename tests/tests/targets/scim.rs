//! Accounts at a SCIM service: use of optional features, unmanaged data, and outcomes in doubt.

use std::sync::Arc;

use gotosync_core::apply::Stop;
use gotosync_core::http::{Client, HttpOptions, Patience, StaticToken};
use gotosync_core::model::{
    Account, Action, ActionKind, Change, Creation, Email, Outcome, Status, Update, User, UserChanges, UserGroupPath,
    WelcomeEmail, Whole,
};
use gotosync_core::secret::{Existing, write_private};
use gotosync_core::source::{LdifSource, MemorySource};
use gotosync_core::state::MemoryState;
use gotosync_core::target::scim::{Dialect, ScimOptions, ScimTarget};
use gotosync_core::target::{Feature, ProvisioningTarget};
use gotosync_core::{Engine, ErrorKind, Rules, Secret};
use gotosync_tests::goto::{Emulator, Fault, FaultKind, Operation, Probe};
use gotosync_tests::laws::corpus;
use gotosync_tests::scim::target;
use gotosync_tests::servers::Scim;
use serde_json::{Value, json};

/// A service and a probe that inspects it.
struct Bench {
    server: Scim,
    probe: Probe,
}

impl Bench {
    fn new(server: Scim) -> Self {
        let probe = Probe::bearer(server.token());
        Self { server, probe }
    }

    fn target(&self) -> ScimTarget {
        target(&self.server, "one", ScimOptions::default()).unwrap()
    }

    fn make(&self, kind: &str, body: &Value) -> String {
        let answer = self.probe.json("POST", &format!("{}/{kind}", self.server.url("one")), body).unwrap();
        answer.json()["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    fn get(&self, path: &str) -> Value {
        self.probe.get(&format!("{}/{path}", self.server.url("one"))).unwrap().json()
    }

    fn user(&self, name: &str) -> String {
        self.make(
            "Users",
            &json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": true,
                "nickName": "Sunny", "name": { "givenName": "Ann", "familyName": "Lee" },
                "emails": [{ "value": "ann@example.test", "primary": true }, { "value": "private@example.test" }],
            }),
        )
    }
}

fn create(email: &str, group: Option<&str>) -> Action {
    let user = User {
        licenses: vec!["active".into()],
        group: group.map(UserGroupPath::new),
        ..User::new(email, "Gus", "Lee")
    };
    Action::Create(Creation::new(user, WelcomeEmail::Default))
}

async fn one(target: &dyn ProvisioningTarget, action: Action) -> Outcome {
    target.execute(&[action].into_iter().collect()).await.unwrap().pop().unwrap()
}

/// Returns an update of the last name.
fn renamed(key: &str, before: &str, after: &str) -> Action {
    let (reading, account) = (corpus::nobody().unwrap(), Account::empty("0", "evidence"));
    let whole = Whole::of(&reading, &account).unwrap();
    let last_name = Some(Change::replace(whole, before.into(), Some(after.into())));
    Action::Update(Update { user: key.into(), changes: UserChanges { last_name, ..UserChanges::default() } })
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_unmanaged_attributes() {
    for options in [Scim::options(), Scim::options().without("patch")] {
        let bench = Bench::new(options.start().unwrap());
        let id = bench.user("ann@example.test");
        let members = json!([{ "value": id }]);
        let foreign = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "VPN", "members": members,
        });
        let vpn = bench.make("Groups", &foreign);
        let target = bench.target();
        let account = target.read().await.unwrap();
        assert_eq!(account.groups, [], "an unmanaged group must not be part of the account");
        assert!(one(&target, Action::CreateGroup { path: UserGroupPath::new("Sales") }).await.is_done());
        let group = Some(Change::fill(UserGroupPath::new("Sales")));
        let changes = UserChanges { group, ..UserChanges::default() };
        assert!(one(&target, Action::Update(Update { user: id.as_str().into(), changes })).await.is_done());
        assert!(one(&target, renamed(&id, "Lee", "Berg")).await.is_done());
        let user = bench.get(&format!("Users/{id}"));
        assert_eq!((&user["nickName"], &user["name"]["givenName"]), (&json!("Sunny"), &json!("Ann")));
        assert_eq!((&user["name"]["familyName"], user["emails"].as_array().unwrap().len()), (&json!("Berg"), 2));
        assert_eq!(bench.get(&format!("Groups/{vpn}"))["members"][0]["value"], json!(id));
        let read = target.read().await.unwrap();
        assert_eq!(read.users[0].group, Some(UserGroupPath::new("Sales")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_all_pages_of_a_service_with_small_pages() {
    for options in [Scim::options().most(3), Scim::options().most(3).by_cursor()] {
        let bench = Bench::new(options.start().unwrap());
        (0..10).for_each(|number| drop(bench.user(&format!("u{number}@example.test"))));
        let account = bench.target().read().await.unwrap();
        assert_eq!((account.users.len(), account.completeness.is_complete()), (10, true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn matches_users_by_primary_address_if_the_user_name_differs() {
    let bench = Bench::new(Scim::options().start().unwrap());
    let id = bench.user("ann.lee");
    let target = bench.target();
    assert_eq!(target.read().await.unwrap().users[0].email, Email::new("ann@example.test"));
    let (reading, account) = (corpus::nobody().unwrap(), Account::empty("0", "evidence"));
    let whole = Whole::of(&reading, &account).unwrap();
    let email = Some(Change::replace(whole, Email::new("ann@example.test"), Some(Email::new("ann@new.test"))));
    let changes = UserChanges { email, ..UserChanges::default() };
    assert!(one(&target, Action::Update(Update { user: id.as_str().into(), changes })).await.is_done());
    let user = bench.get(&format!("Users/{id}"));
    assert_eq!((&user["userName"], &user["emails"][0]["value"]), (&json!("ann.lee"), &json!("ann@new.test")));
    assert_eq!(user["emails"][1]["value"], "private@example.test");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_has_nothing_to_do() {
    let server = Scim::options().start().unwrap();
    let target = target(&server, "one", ScimOptions::default()).unwrap();
    let rules = "[[rule]]\nname = 'Sales'\nou = 'OU=Sales,DC=example,DC=test'\nproducts = ['Access']\n\
                 user_group = 'Sales'\ncreate_user_group = true\n";
    let rules = Rules::parse(rules, "rules.toml").unwrap();
    let source = MemorySource::new(corpus::directory().unwrap());
    let engine = Engine::new(source, target, MemoryState::new(), rules);
    let plan = engine.plan().await.unwrap().plan;
    let report = engine.apply(&plan, None, &Stop::new()).await.unwrap();
    assert!(report.all_done(), "{:?}", report.lines);
    let account = engine.target().read().await.unwrap();
    assert_eq!((account.users.len(), account.licenses[0].used), (3, 3));
    assert!(account.users.iter().all(|user| user.status == Status::Active && user.group.is_some()));
    assert!(engine.plan().await.unwrap().plan.is_empty());
}

/// Returns the directory of the conformance tests with another address for Ann.
fn moved(folder: &std::path::Path) -> LdifSource {
    let file = folder.join("directory.ldif");
    std::fs::write(&file, corpus::LDIF.replace("mail: ann@", "mail: anna@")).unwrap();
    LdifSource::open(file)
}

#[tokio::test(flavor = "multi_thread")]
async fn recognizes_created_users_after_losing_the_state() {
    let (server, folder) = (Scim::options().start().unwrap(), tempfile::tempdir().unwrap());
    let rules = "[[rule]]\nname = 'Sales'\nou = 'OU=Sales,DC=example,DC=test'\nproducts = ['Access']\n";
    let engine = |moves: bool| {
        let target = target(&server, "one", ScimOptions::default()).unwrap();
        let rules = Rules::parse(rules, "rules.toml").unwrap();
        if moves {
            return Engine::new(moved(folder.path()), target, MemoryState::new(), rules);
        }
        Engine::new(MemorySource::new(corpus::directory().unwrap()), target, MemoryState::new(), rules)
    };
    let first = engine(false);
    let plan = first.plan().await.unwrap().plan;
    assert!(first.apply(&plan, None, &Stop::new()).await.unwrap().all_done());
    let before = first.target().read().await.unwrap();
    let second = engine(true);
    let plan = second.plan().await.unwrap().plan;
    let told: Vec<(ActionKind, &str)> = plan.steps().iter().map(|step| (step.action.kind(), &*step.subject)).collect();
    assert_eq!(told, [(ActionKind::Update, "ann@example.test")]);
    assert!(second.apply(&plan, None, &Stop::new()).await.unwrap().all_done());
    let after = second.target().read().await.unwrap();
    assert_eq!(after.users.len(), before.users.len());
    assert!(after.user_by_email(&Email::new("anna@example.test")).is_some());
}

/// An existing user is found by e-mail once and by id afterwards. An external id that another client set is kept.
#[tokio::test(flavor = "multi_thread")]
async fn marks_existing_users_and_recognizes_them_after_losing_the_state() {
    for server in [Scim::options(), Scim::options().without("patch")] {
        let (bench, folder) = (Bench::new(server.start().unwrap()), tempfile::tempdir().unwrap());
        let (ann, bob) = (bench.user("ann@example.test"), bench.user("bob@example.test"));
        let other = bench.get(&format!("Users/{bob}"));
        let other = json!({ "schemas": other["schemas"], "userName": "bob@example.test", "active": true,
            "name": { "givenName": "Bob", "familyName": "Lee" }, "externalId": "00u1-of-somebody-else" });
        let url = format!("{}/Users/{bob}", bench.server.url("one"));
        assert_eq!(bench.probe.json("PUT", &url, &other).unwrap().status, 200);
        let rules = "[[rule]]\nname = 'Sales'\nou = 'OU=Sales,DC=example,DC=test'\nproducts = ['Access']\n";
        let rules = || Rules::parse(rules, "rules.toml").unwrap();
        let source = MemorySource::new(corpus::directory().unwrap());
        let first = Engine::new(source, bench.target(), MemoryState::new(), rules());
        let plan = first.plan().await.unwrap().plan;
        assert!(first.apply(&plan, None, &Stop::new()).await.unwrap().all_done());
        let person = corpus::directory().unwrap();
        let person = person.people().iter().find(|person| person.dn.name().starts_with("Ann")).unwrap().id.to_string();
        let now = bench.get(&format!("Users/{ann}"));
        assert_eq!((&now["externalId"], &now["nickName"]), (&json!(person), &json!("Sunny")));
        assert_eq!(bench.get(&format!("Users/{bob}"))["externalId"], "00u1-of-somebody-else");
        assert!(first.plan().await.unwrap().plan.is_empty());

        let second = Engine::new(moved(folder.path()), bench.target(), MemoryState::new(), rules());
        let plan = second.plan().await.unwrap().plan;
        let told: Vec<_> = plan.steps().iter().map(|step| (step.action.kind(), &*step.subject)).collect();
        assert_eq!(told, [(ActionKind::Update, "ann@example.test")], "and no user is created");
    }
}

/// Another client writes between the read and the write. The `ETag` reveals that, so the write is refused and the other
/// client's change is kept.
#[tokio::test(flavor = "multi_thread")]
async fn refuses_to_overwrite_concurrent_changes() {
    let bench = Bench::new(Scim::options().start().unwrap());
    let id = bench.user("ann@example.test");
    let path = format!("/Users/{id}");
    let url = format!("{}{path}", bench.server.url("one"));
    let (probe, raced) = (bench.probe.clone(), std::sync::atomic::AtomicUsize::new(0));
    let client = Client::new(HttpOptions { patience: Patience::NONE, ..HttpOptions::default() }).unwrap();
    let client = client.watch(move |exchange| {
        let looked = exchange.method == "GET" && exchange.path.ends_with(&path);
        if looked && raced.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
            let rename = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "replace", "path": "nickName", "value": "Quick" }] });
            assert!(matches!(probe.json("PATCH", &url, &rename).unwrap().status, 200 | 204));
        }
    });
    let token = Arc::new(StaticToken::new(Secret::new(bench.server.token())));
    let target = ScimTarget::new(&client, &bench.server.url("one"), Some(token), ScimOptions::default()).unwrap();
    let late = one(&target, renamed(&id, "Lee", "Berg")).await;
    assert!(matches!(&late, Outcome::Failed { fault } if fault.kind == ErrorKind::Conflict), "{late:?}");
    let now = bench.get(&format!("Users/{id}"));
    assert_eq!((&now["name"]["familyName"], &now["nickName"]), (&json!("Lee"), &json!("Quick")));
    // The next run reads again, and its write succeeds.
    assert!(one(&target, renamed(&id, "Lee", "Berg")).await.is_done());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_service_leaves_steps_in_doubt() {
    let bench = Bench::new(Scim::options().without("bulk").start().unwrap());
    let timeouts = gotosync_core::http::Timeouts {
        total: std::time::Duration::from_millis(300),
        ..gotosync_core::http::Timeouts::default()
    };
    let client = Client::new(HttpOptions { timeouts, patience: Patience::NONE, ..HttpOptions::default() }).unwrap();
    let token = Arc::new(StaticToken::new(Secret::new(bench.server.token())));
    let target = ScimTarget::new(&client, &bench.server.url("one"), Some(token), ScimOptions::default()).unwrap();
    target.describe().await.unwrap();
    bench.server.pause().unwrap();
    let outcome = one(&target, create("gus@example.test", None)).await;
    bench.server.resume().unwrap();
    assert!(matches!(outcome, Outcome::InDoubt { .. }), "{outcome:?}");
    assert!(!format!("{outcome:?} {target:?}").contains(bench.server.token()));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_a_rejected_token_without_printing_it() {
    let bench = Bench::new(Scim::options().start().unwrap());
    let client = Client::new(HttpOptions::default()).unwrap();
    let token = Arc::new(StaticToken::new(Secret::new("hunter2")));
    let target = ScimTarget::new(&client, &bench.server.url("one"), Some(token), ScimOptions::default()).unwrap();
    let error = target.describe().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
    assert!(!format!("{error:?} {target:?}").contains("hunter2"));
}

/// Returns a target for GoTo's own SCIM service, which uses an older dialect.
fn goto(emulator: &Emulator) -> ScimTarget {
    let patience = Patience { first: std::time::Duration::from_millis(10), ..Patience::default() };
    let client = Client::new(HttpOptions { patience, ..HttpOptions::default() }).unwrap();
    let token = Arc::new(StaticToken::new(Secret::new(emulator.tokens().access)));
    let options = ScimOptions { dialect: Dialect::GoToIdentity, ..ScimOptions::default() };
    ScimTarget::new(&client, &emulator.urls().scim, Some(token), options).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_goto_dialect_creates_and_changes_users_and_removes_nothing() {
    let emulator = Emulator::options().account(corpus::account()).per_second(None).start().unwrap();
    let target = goto(&emulator);
    let info = target.describe().await.unwrap();
    assert_eq!(info.capabilities.actions, [ActionKind::Update, ActionKind::Create].into());
    assert!(!info.capabilities.has(Feature::UserGroups));
    let account = target.read().await.unwrap();
    assert_eq!((account.users.len(), account.completeness.is_complete()), (6, true));
    assert!(account.users.iter().all(|user| user.status == Status::Active), "the status of the others is unknown");
    let made = one(&target, create("gus@example.test", None)).await;
    assert!(made.is_done(), "{made:?}");
    let again = one(&target, create("gus@example.test", None)).await;
    assert!(matches!(again, Outcome::Failed { fault } if fault.kind == ErrorKind::Conflict));
    assert!(one(&target, renamed("1", "Lee", "Berg")).await.is_done());
    let ann = emulator.account().user(&"1".into()).unwrap().clone();
    assert_eq!((&*ann.first_name, &*ann.last_name), ("ann", "Berg"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_goto_dialect_reports_a_missing_role() {
    let options = Emulator::options().account(corpus::account()).per_second(None).no_organization_role();
    let emulator = options.start().unwrap();
    let error = goto(&emulator).read().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("no role in the organization"), "{error}");
    assert!(error.help().unwrap().contains("Organization Center"));
}

#[tokio::test(flavor = "multi_thread")]
async fn finds_a_user_whose_creation_response_was_lost() {
    let emulator = Emulator::options().account(corpus::account()).per_second(None).start().unwrap();
    let target = goto(&emulator);
    target.describe().await.unwrap();
    for (kind, done) in [(FaultKind::ResetAfter, true), (FaultKind::ResetBefore, false)] {
        emulator.fault(Fault::on(Operation::ScimWrite, kind).first(1));
        let email = format!("{}@example.test", if done { "gus" } else { "hal" });
        let outcome = one(&target, create(&email, None)).await;
        emulator.heal();
        assert_eq!(outcome.is_done(), done, "{outcome:?}");
        assert_eq!(matches!(outcome, Outcome::InDoubt { .. }), !done, "{outcome:?}");
    }
    assert_eq!(emulator.account().users.len(), 7);
    let writes = emulator.calls().iter().filter(|call| call.operation == Operation::ScimWrite).count();
    assert_eq!(writes, 2, "no write is repeated");
}

/// Creates a folder with a directory of four people, rules, and a configuration with the service's token in a file.
fn office(server: &Scim) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("directory.ldif", corpus::LDIF);
    write("rules.toml", "[[rule]]\nname = 'Sales'\nou = 'OU=Sales,DC=example,DC=test'\nproducts = ['Access']\n");
    let account = format!("scim = '{}'\ntoken = {{ file = 'token' }}", server.url("cli"));
    write("gotosync.toml", &format!("[source]\nldif = 'directory.ldif'\n[account]\n{account}\n"));
    write_private(&folder.path().join("token"), server.token(), Existing::Keep).unwrap();
    folder
}

#[test]
fn the_command_runs_against_a_service_and_prints_no_token() {
    let server = Scim::options().start().unwrap();
    let office = office(&server);
    let mut said = String::new();
    for (words, expected) in [(&["plan"][..], "ann@example.test"), (&["run"], "created"), (&["plan"], "nothing to do")]
    {
        let one = gotosync_tests::command::run(office.path(), words);
        assert!(one.out.contains(expected) || one.err.contains(expected), "{words:?}: {one:?}");
        said.extend([one.out, one.err]);
    }
    assert!(said.contains("SCIM service http://"), "{said}");
    assert!(!said.contains(server.token()));
    for entry in std::fs::read_dir(office.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && path.file_name().is_some_and(|name| name != "token") {
            let bytes = std::fs::read(&path).unwrap();
            let held = bytes.windows(server.token().len()).any(|part| part == server.token().as_bytes());
            assert!(!held, "{} contains the token", path.display());
        }
    }
}

/// Returns the error message for an `[account]` table.
fn problem(account: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gotosync.toml");
    std::fs::write(&file, format!("[source]\nldif = 'directory.ldif'\n[account]\n{account}\n")).unwrap();
    let error = gotosync_core::Config::load(file).unwrap_err();
    format!("{} | {}", error.message(), error.help().unwrap_or("NONE"))
}

#[test]
fn explains_invalid_configurations() {
    for (account, told) in [
        ("scim = 'https://x.test'\ntoken = 'hunter2'", "`token` must not be in the configuration itself"),
        ("scim = 'https://x.test'\ndialect = 'scim2'", "known dialects are `scim-2.0` and `goto-identity`"),
        ("scim = 'https://x.test'\nlocal = 'account.db'", "names two accounts: with `scim` and with `local`"),
        ("scim = 'https://x.test'\npage_size = 0", "`page_size` is 0"),
        ("scim = 'https://x.test'\nentitlments = {}", "entitlments"),
    ] {
        let problem = problem(account);
        assert!(problem.contains(told) && !problem.contains("hunter2"), "{account}: {problem}");
    }
}

/// Checks that every configuration on the page is valid.
#[test]
fn the_page_shows_valid_configurations() {
    let page = include_str!("../../../gotosync-core/docs/scim.md");
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let accounts: Vec<&&str> = blocks.iter().filter(|block| block.contains("[account]")).collect();
    assert_eq!(accounts.len(), 2);
    for block in accounts {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gotosync.toml");
        let source = if block.contains("[source]") { "" } else { "[source]\nldif = 'directory.ldif'\n" };
        std::fs::write(&file, format!("{source}{block}")).unwrap();
        gotosync_core::Config::load(file).unwrap_or_else(|error| panic!("{error:?}"));
    }
    let rules: Vec<&&str> = blocks.iter().filter(|block| block.contains("[[rule]]")).collect();
    assert!(rules.iter().all(|rules| Rules::parse(rules, "rules.toml").is_ok()) && !rules.is_empty());
}
