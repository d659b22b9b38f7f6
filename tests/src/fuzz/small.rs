//! A small directory with unusual values, a matching account, and the links that an earlier run stored.

use std::cell::OnceCell;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use gotosync_core::check::check;
use gotosync_core::model::{
    Account, AccountKey, Directory, DirectoryBuilder, Dn, Email, GroupEntry, GroupId, License, PersonEntry, PersonId,
    Reading, Role, Status, User, UserGroup, UserGroupPath, UserKey,
};
use gotosync_core::plan::{Inputs, Override, plan};
use gotosync_core::render::{self, Length};
use gotosync_core::state::{Link, Remembered};
use gotosync_core::target::{FieldLimits, MemoryTarget, TargetInfo};
use gotosync_core::{Plan, Rules};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// All inputs of a plan.
pub(super) struct Small {
    pub(super) rules: Rules,
    pub(super) reading: Reading,
    pub(super) account: Account,
    remembered: Remembered,
}

pub(super) static SMALL: LazyLock<Small> = LazyLock::new(|| Small {
    rules: Rules::parse(RULES, "rules.toml").expect("the rules are valid"),
    reading: Reading::complete(directory()),
    account: account(),
    remembered: remembered(),
});

impl Small {
    /// Plans twice and checks the guarantees of every plan. `asked` is the number of input bytes that the plan was
    /// made from.
    pub(super) fn plan(&self, rules: &Rules, account: &Account, asked: usize) -> Plan {
        let target = TargetInfo {
            name: "account".to_owned(),
            account: AccountKey::new("1"),
            login: None,
            capabilities: MemoryTarget::capabilities(),
            limits: FieldLimits::VENDOR,
            remarks: Vec::new(),
        };
        let inputs = Inputs {
            rules,
            source: "directory",
            reading: &self.reading,
            target: &target,
            account,
            remembered: &self.remembered,
            now: NOW,
            overrides: Override::None,
        };
        let made = plan(&inputs).plan;
        let written = made.to_json();
        assert_eq!(plan(&inputs).plan.to_json(), written, "planning twice gives the same plan");
        let back = Plan::from_json(&written).expect("a written plan can be read back");
        assert!(back == made && back.id() == made.id());
        // Every rule can select the same person, and each step names all rules that caused it.
        let most = asked + 65_536;
        super::small(render::plan(&made, Length::Full), most);
        super::small(render::verdict(&check(&made, rules, None), Length::Full), most);
        made
    }
}

/// Runs a future to completion on a runtime that each thread creates once.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
    }
    RUNTIME.with(|runtime| {
        let make = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts");
        runtime.get_or_init(make).block_on(future)
    })
}

/// Calls a function with the path of a file that contains these bytes. Each thread creates the folder of the file
/// once.
pub(super) fn with_file<T>(name: &str, bytes: &[u8], see: impl FnOnce(&Path) -> T) -> T {
    thread_local! {
        static FOLDER: TempDir = tempfile::tempdir().expect("a temporary folder can be created");
    }
    FOLDER.with(|folder| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("the file can be written");
        see(&path)
    })
}

fn dn(text: &str) -> Dn {
    Dn::parse(text).expect("the DN is valid")
}

fn directory() -> Directory {
    let mut builder = DirectoryBuilder::new();
    let names = ["mail", "givenName", "sn", "sAMAccountName", "otherMailbox", "userAccountControl", "own", "jpegPhoto"];
    let [mail, first, last, login, other, control, own, photo] = names.map(|name| builder.attribute(name));
    let (manager, changed) = (builder.attribute("manager"), builder.attribute("whenChanged"));
    let person = |number: u8, place: &str| {
        PersonEntry::new(PersonId::parse(&format!("p{number}")), dn(&format!("CN=p{number},{place}")))
    };
    let staff = |number: u8, place: &str, name: &str| {
        person(number, place).with(mail, format!("{name}@example.test").as_str()).with(first, name).with(last, "Lee")
    };
    builder.person(staff(0, SALES, "Ann").with(login, "ann").with(control, "512").with(changed, "20261122004249.0Z"));
    builder.person(staff(1, SALES, "Bob").with(manager, "CN=p0,OU=Sales,DC=example,DC=test").with(control, "514"));
    builder.person(staff(2, EMEA, "Zo\u{eb}").with(other, "a@x.test").with(other, "b@x.test"));
    builder.person(staff(3, EMEA, "Zoe\u{308}").with(own, "{{ mail }} \\ \" *()\u{0} \u{202e}\u{fffd}"));
    builder.person(staff(4, IT, "\u{fb03}\u{130}\u{df}").with(own, "x".repeat(5_000).as_str()));
    builder.person(person(5, IT).with(photo, vec![0, 255, 128, 40, 42]).with(login, ""));
    builder.person(person(6, r"OU=a\,b\2B\C3\A9,DC=example,DC=test").with(first, " ").with(last, "\u{1D160}"));
    let mut gone = staff(7, SALES, "Ann");
    gone.disabled = true;
    builder.person(gone);
    // Each group contains the next one, and the last contains the first: a cycle.
    for number in 0..3 {
        let mut entry = GroupEntry::new(
            GroupId::parse(&format!("00000000-0000-4000-8000-00000000000{number}")),
            dn(&format!("CN=g{number},OU=Groups,DC=example,DC=test")),
        );
        entry.name = if number == 0 { "Team".to_owned() } else { format!("g{number}") };
        builder.group(
            entry
                .member(&format!("CN=p{number},{SALES}"))
                .member(&format!("CN=g{},OU=Groups,DC=example,DC=test", (number + 1) % 3)),
        );
    }
    builder.build().expect("ids are unique")
}

fn account() -> Account {
    let mut account = Account::empty("1", "Example");
    for (key, name, product, seats) in [("10", "GoToMeeting", "G2M", 3), ("20", "GoToWebinar", "G2W", 1)] {
        account.licenses.push(License::new(key, name, &[product], seats));
    }
    account.groups.push(UserGroup { key: None, path: UserGroupPath::new("Staff") });
    let people = [("ann", Role::Member), ("BOB", Role::Member), ("carl", Role::Member), ("root", Role::Administrator)];
    for (at, (name, role)) in people.into_iter().enumerate() {
        let mut user = User::new(&format!("{name}@example.test"), name, "Lee");
        user.key = Some(UserKey::new(format!("{}", 100 + at)));
        user.status = Status::Active;
        if role.is_member() {
            user.licenses.push(account.licenses[at % 2].key.clone());
            account.licenses[at % 2].used += 1;
        }
        user.role = role;
        account.users.push(Arc::new(user));
    }
    account.login = Some(UserKey::new("103"));
    account.sort();
    account
}

/// Returns links for Ann, Bob, and Carl. Carl is no longer in the directory.
fn remembered() -> Remembered {
    let link = |(person, user, email): (&str, &str, &str)| {
        Link::new(PersonId::parse(person), UserKey::new(user), Email::new(email), Arc::from([Arc::from("Sales")]))
    };
    let links =
        [("p0", "100", "ann@example.test"), ("p1", "101", "bob@example.test"), ("p9", "102", "carl@example.test")];
    let populations = [("Sales".to_owned(), 4)].into_iter().collect();
    Remembered { links: links.map(link).into(), populations, set_aside: Vec::new() }
}

pub(super) const NOW: Timestamp = Timestamp::constant(1_795_338_000, 0);
const SALES: &str = "OU=Sales,DC=example,DC=test";
const EMEA: &str = "OU=EMEA,OU=Sales,DC=example,DC=test";
const IT: &str = "OU=IT,DC=example,DC=test";
const RULES: &str = r#"
attributes = ["own"]
seats = "fill"
[[rule]]
name = "Sales"
ou = "OU=Sales,DC=example,DC=test"
products = ["GoToMeeting", "GoToWebinar"]
user_group = "Staff/Sales"
create_user_group = true
language = "de_DE"
fields = { first_name = "{{ givenName | upper }}" }
[[rule]]
name = "Team"
group = "Team"
mode = "simulate"
products = ["GoToWebinar"]
[[rule]]
name = "Rest"
everyone = true
exclude = { filter = "(own=x*)" }
products = ["GoToMeeting"]
leavers = "remove-products"
"#;
