//! A directory, an account and what is remembered of both: the world that tests of whole runs share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use gotosync_core::apply::Stop;
use gotosync_core::model::{
    Account, Directory, DirectoryBuilder, Dn, Email, License, LicenseKey, Link, PersonEntry, PersonId, Remembered,
    Role, Status, UnitKind, User, UserKey,
};
use gotosync_core::source::{DirectorySource, MemorySource};
use gotosync_core::state::{MemoryState, StateStore};
use gotosync_core::target::{MemoryTarget, ProvisioningTarget};
use gotosync_core::{Engine, Plan, Report, Rules};
use jiff::{SignedDuration, Timestamp};

/// The units of the directory.
pub const UNITS: &[&str] = &["A", "B", "C", "D"];
/// Gives Meeting to unit A.
pub const A: &str = "[[rule]]\nname = \"A\"\nou = \"OU=A,DC=x\"\nproducts = [\"Meeting\"]\n";

/// What a test says of a person of the directory.
#[derive(Debug)]
pub struct Person {
    /// The id, which is the common name as well.
    pub id: String,
    /// The e-mail.
    pub mail: String,
    /// The unit.
    pub unit: String,
    /// Whether the directory switched the account off.
    pub disabled: bool,
}

/// An enabled person.
pub fn person(id: &str, mail: &str, unit: &str) -> Person {
    Person { id: id.into(), mail: mail.into(), unit: unit.into(), disabled: false }
}

/// The same person, switched off.
pub fn disabled(person: Person) -> Person {
    Person { disabled: true, ..person }
}

/// `count` people of unit A.
pub fn team(count: usize) -> Vec<Person> {
    (0..count).map(|n| person(&format!("p{n}"), &format!("u{n}@x.test"), "A")).collect()
}

/// A directory of these people and units.
pub fn directory(people: &[Person], units: &[&str]) -> Directory {
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

/// A license.
pub fn license(key: &str, name: &str, seats: u32) -> License {
    License::new(key, name, &[], seats)
}

/// A user with licenses and a role.
pub fn user(key: &str, mail: &str, licenses: &[&str], role: Role) -> Arc<User> {
    let mut user = User::new(mail, "First", "Last");
    user.key = Some(UserKey::new(key));
    user.licenses = licenses.iter().map(|license| LicenseKey::new(*license)).collect();
    user.status = if licenses.is_empty() && role.is_member() { Status::Suspended } else { Status::Active };
    user.role = role;
    Arc::new(user)
}

/// A user with one license.
pub fn member(key: &str, mail: &str, license: &str) -> Arc<User> {
    user(key, mail, &[license], Role::Member)
}

/// An account with so many seats of three products, these users, and the administrator whom the engine logs in as.
pub fn account([meeting, webinar, connect]: [u32; 3], users: impl IntoIterator<Item = Arc<User>>) -> Account {
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
pub fn roomy(users: impl IntoIterator<Item = Arc<User>>) -> Account {
    account([50; 3], users)
}

/// Rules that each give products to one unit; a rule is named as its unit.
pub fn rules(given: &[(&str, &[&str])]) -> String {
    let rule = |(unit, products): &(&str, &[&str])| {
        format!("[[rule]]\nname = \"{unit}\"\nou = \"OU={unit},DC=x\"\nproducts = {products:?}\n")
    };
    given.iter().map(rule).collect::<Vec<_>>().concat()
}

/// Rules that each give Meeting to one unit.
pub fn meeting(units: &[&str]) -> String {
    rules(&units.iter().map(|unit| (*unit, &["Meeting"][..])).collect::<Vec<_>>())
}

/// A directory, an account and what is remembered of both, with a clock that goes on by itself.
#[derive(Debug)]
pub struct World<T = MemoryTarget> {
    /// The directory.
    pub source: Arc<MemorySource>,
    /// The account.
    pub target: Arc<T>,
    /// What is remembered.
    pub state: MemoryState,
    clock: Arc<Mutex<Timestamp>>,
    tick: SignedDuration,
}

impl World {
    /// These people in the units of [`UNITS`], and an account.
    pub fn new(people: &[Person], account: Account) -> Self {
        Self::with(directory(people, UNITS), MemoryTarget::new(account))
    }

    /// Returns the user with an address.
    ///
    /// # Panics
    /// If there is none.
    pub fn user(&self, mail: &str) -> Arc<User> {
        Arc::clone(self.target.account().user_by_email(&Email::new(mail)).unwrap_or_else(|| panic!("no {mail}")))
    }

    /// Says whether a user has access.
    pub fn active(&self, mail: &str) -> bool {
        self.user(mail).status != Status::Suspended
    }

    /// Changes a user by hand.
    ///
    /// # Panics
    /// If there is none.
    pub fn edit(&self, mail: &str, change: impl Fn(&mut User)) {
        let mail = Email::new(mail);
        self.target.edit(|account| {
            change(Arc::make_mut(account.users.iter_mut().find(|user| user.email == mail).expect("a user")));
        });
    }

    /// Puts a user in the place of another by hand.
    pub fn replace(&self, key: &UserKey, by: &Arc<User>) {
        self.target.edit(|account| {
            account.users.retain(|user| user.key.as_ref() != Some(key));
            account.users.push(Arc::clone(by));
            account.sort();
        });
    }
}

impl<T: ProvisioningTarget + 'static> World<T> {
    /// A directory and a target, and a clock that goes on by a second each time it is read.
    ///
    /// # Panics
    /// Never: the time it begins with is written here.
    pub fn with(directory: Directory, target: T) -> Self {
        Self {
            source: Arc::new(MemorySource::new(directory)),
            target: Arc::new(target),
            state: MemoryState::new(),
            clock: Arc::new(Mutex::new("2026-11-22T09:00:00Z".parse().expect("a time"))),
            tick: SignedDuration::from_secs(1),
        }
    }

    /// Stops the clock at a time.
    #[must_use]
    pub fn stopped_at(mut self, time: Timestamp) -> Self {
        self.tick = SignedDuration::ZERO;
        self.set_clock(time);
        self
    }

    /// Sets the clock.
    ///
    /// # Panics
    /// If another thread panicked with it.
    pub fn set_clock(&self, time: Timestamp) {
        *self.clock.lock().expect("the clock") = time;
    }

    /// Lets days go by.
    ///
    /// # Panics
    /// If another thread panicked with the clock.
    pub fn days(&self, days: i64) {
        *self.clock.lock().expect("the clock") += SignedDuration::from_hours(24 * days);
    }

    /// Replaces the people of the directory.
    pub fn people_are(&self, people: &[Person]) {
        self.source.set(directory(people, UNITS));
    }

    /// An engine with these rules.
    pub fn engine(&self, rules: &str) -> Engine {
        self.engine_on(Arc::clone(&self.source), self.state.clone(), rules)
    }

    /// An engine that reads another source, or keeps its state elsewhere.
    ///
    /// # Panics
    /// If the rules have a mistake.
    pub fn engine_on(
        &self,
        source: impl DirectorySource + 'static,
        state: impl StateStore + 'static,
        rules: &str,
    ) -> Engine {
        let rules = Rules::parse(rules, "rules.toml").unwrap_or_else(|error| panic!("{error:?}"));
        let (clock, tick) = (Arc::clone(&self.clock), self.tick);
        Engine::new(source, Arc::clone(&self.target), state, rules).clock(move || {
            let mut now = clock.lock().expect("the clock");
            *now += tick;
            *now
        })
    }

    /// Plans.
    ///
    /// # Panics
    /// If that fails.
    pub async fn plan(&self, rules: &str) -> Plan {
        self.engine(rules).plan().await.expect("a plan").plan
    }

    /// Plans, checks and applies.
    ///
    /// # Panics
    /// If that fails or is stopped.
    pub async fn run(&self, rules: &str) -> Report {
        self.engine(rules).run(&Stop::new()).await.unwrap_or_else(|unfinished| panic!("{:?}", unfinished.error))
    }

    /// Plans and applies with everything approved that can be; whether it ends well is not asked.
    ///
    /// # Panics
    /// If there is no plan.
    pub async fn approve(&self, rules: &str) -> Plan {
        let engine = self.engine(rules);
        let plan = engine.plan().await.expect("a plan").plan;
        let _ = engine.apply(&plan, Some(plan.id()), &Stop::new()).await;
        plan
    }

    /// Returns what is remembered.
    ///
    /// # Panics
    /// If the state cannot be read.
    pub async fn remembered(&self) -> Remembered {
        self.state.load(&"1".into()).await.expect("the state")
    }

    /// Returns the link of a person.
    ///
    /// # Panics
    /// If there is none.
    pub async fn link(&self, id: &str) -> Link {
        self.remembered().await.link(&PersonId::parse(id)).expect("a link").clone()
    }

    /// Returns how many people each rule selected at the last good read.
    pub async fn populations(&self) -> BTreeMap<String, usize> {
        self.remembered().await.populations
    }
}
