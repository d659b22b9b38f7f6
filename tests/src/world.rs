//! A directory, an account, and the stored state: the world that the tests of complete runs share.

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
/// A rule that gives Meeting to unit A.
pub const A: &str = "[[rule]]\nname = \"A\"\nou = \"OU=A,DC=x\"\nproducts = [\"Meeting\"]\n";

/// A person for a test directory.
#[derive(Debug)]
pub struct Person {
    /// The id, which is the common name as well.
    pub id: String,
    /// The e-mail.
    pub mail: String,
    /// The unit.
    pub unit: String,
    /// `true` if the account is disabled in the directory.
    pub disabled: bool,
}

/// Returns an enabled person.
pub fn person(id: &str, mail: &str, unit: &str) -> Person {
    Person { id: id.into(), mail: mail.into(), unit: unit.into(), disabled: false }
}

/// Returns the same person, disabled.
pub fn disabled(person: Person) -> Person {
    Person { disabled: true, ..person }
}

/// Returns `count` people of unit A.
pub fn team(count: usize) -> Vec<Person> {
    (0..count).map(|n| person(&format!("p{n}"), &format!("u{n}@x.test"), "A")).collect()
}

/// Returns a directory with these people and units.
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

/// Returns a license.
pub fn license(key: &str, name: &str, seats: u32) -> License {
    License::new(key, name, &[], seats)
}

/// Returns a user with licenses and a role.
pub fn user(key: &str, mail: &str, licenses: &[&str], role: Role) -> Arc<User> {
    let mut user = User::new(mail, "First", "Last");
    user.key = Some(UserKey::new(key));
    user.licenses = licenses.iter().map(|license| LicenseKey::new(*license)).collect();
    user.status = if licenses.is_empty() && role.is_member() { Status::Suspended } else { Status::Active };
    user.role = role;
    Arc::new(user)
}

/// Returns a user with one license.
pub fn member(key: &str, mail: &str, license: &str) -> Arc<User> {
    user(key, mail, &[license], Role::Member)
}

/// Returns an account with the given seats for three products, these users, and the administrator that the engine
/// signs in as.
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

/// Returns an account with enough seats for all users.
pub fn roomy(users: impl IntoIterator<Item = Arc<User>>) -> Account {
    account([50; 3], users)
}

/// Returns rules that each give products to one unit. A rule has the name of its unit.
pub fn rules(given: &[(&str, &[&str])]) -> String {
    let rule = |(unit, products): &(&str, &[&str])| {
        format!("[[rule]]\nname = \"{unit}\"\nou = \"OU={unit},DC=x\"\nproducts = {products:?}\n")
    };
    given.iter().map(rule).collect::<Vec<_>>().concat()
}

/// Returns rules that each give Meeting to one unit.
pub fn meeting(units: &[&str]) -> String {
    rules(&units.iter().map(|unit| (*unit, &["Meeting"][..])).collect::<Vec<_>>())
}

/// A directory, an account, and the stored state, with a clock that advances by itself.
#[derive(Debug)]
pub struct World<T = MemoryTarget> {
    /// The directory.
    pub source: Arc<MemorySource>,
    /// The account.
    pub target: Arc<T>,
    /// The stored state.
    pub state: MemoryState,
    clock: Arc<Mutex<Timestamp>>,
    tick: SignedDuration,
}

impl World {
    /// Creates a world with these people in the units of [`UNITS`] and with an account.
    pub fn new(people: &[Person], account: Account) -> Self {
        Self::with(directory(people, UNITS), MemoryTarget::new(account))
    }

    /// Returns the user with an address.
    ///
    /// # Panics
    /// If no user has the address.
    pub fn user(&self, mail: &str) -> Arc<User> {
        Arc::clone(self.target.account().user_by_email(&Email::new(mail)).unwrap_or_else(|| panic!("no {mail}")))
    }

    /// Returns `true` if the user has access.
    pub fn active(&self, mail: &str) -> bool {
        self.user(mail).status != Status::Suspended
    }

    /// Changes a user by hand.
    ///
    /// # Panics
    /// If no user has the address.
    pub fn edit(&self, mail: &str, change: impl Fn(&mut User)) {
        let mail = Email::new(mail);
        self.target.edit(|account| {
            change(Arc::make_mut(account.users.iter_mut().find(|user| user.email == mail).expect("the user exists")));
        });
    }

    /// Replaces a user by hand.
    pub fn replace(&self, key: &UserKey, by: &Arc<User>) {
        self.target.edit(|account| {
            account.users.retain(|user| user.key.as_ref() != Some(key));
            account.users.push(Arc::clone(by));
            account.sort();
        });
    }
}

impl<T: ProvisioningTarget + 'static> World<T> {
    /// Creates a world with a clock that advances by one second each time it is read.
    ///
    /// # Panics
    /// Never: the start time is a constant.
    pub fn with(directory: Directory, target: T) -> Self {
        Self {
            source: Arc::new(MemorySource::new(directory)),
            target: Arc::new(target),
            state: MemoryState::new(),
            clock: Arc::new(Mutex::new("2026-11-22T09:00:00Z".parse().expect("a time"))),
            tick: SignedDuration::from_secs(1),
        }
    }

    /// Stops the clock at the given time.
    #[must_use]
    pub fn stopped_at(mut self, time: Timestamp) -> Self {
        self.tick = SignedDuration::ZERO;
        self.set_clock(time);
        self
    }

    /// Sets the clock.
    ///
    /// # Panics
    /// If another thread panicked while it held the clock.
    pub fn set_clock(&self, time: Timestamp) {
        *self.clock.lock().expect("the clock") = time;
    }

    /// Advances the clock by the given number of days.
    ///
    /// # Panics
    /// If another thread panicked while it held the clock.
    pub fn days(&self, days: i64) {
        *self.clock.lock().expect("the clock") += SignedDuration::from_hours(24 * days);
    }

    /// Replaces the people of the directory.
    pub fn people_are(&self, people: &[Person]) {
        self.source.set(directory(people, UNITS));
    }

    /// Returns an engine with these rules.
    pub fn engine(&self, rules: &str) -> Engine {
        self.engine_on(Arc::clone(&self.source), self.state.clone(), rules)
    }

    /// Returns an engine with another source or state store.
    ///
    /// # Panics
    /// If the rules are invalid.
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

    /// Plans a run.
    ///
    /// # Panics
    /// If planning fails.
    pub async fn plan(&self, rules: &str) -> Plan {
        self.engine(rules).plan().await.expect("a plan").plan
    }

    /// Plans, checks, and applies a run.
    ///
    /// # Panics
    /// If the run fails or the check stops it.
    pub async fn run(&self, rules: &str) -> Report {
        self.engine(rules).run(&Stop::new()).await.unwrap_or_else(|unfinished| panic!("{:?}", unfinished.error))
    }

    /// Plans and applies a run with every possible approval, and ignores the result of applying.
    ///
    /// # Panics
    /// If planning fails.
    pub async fn approve(&self, rules: &str) -> Plan {
        let engine = self.engine(rules);
        let plan = engine.plan().await.expect("a plan").plan;
        let _ = engine.apply(&plan, Some(plan.id()), &Stop::new()).await;
        plan
    }

    /// Returns the stored state.
    ///
    /// # Panics
    /// If the state cannot be read.
    pub async fn remembered(&self) -> Remembered {
        self.state.load(&"1".into()).await.expect("the state")
    }

    /// Returns the link of a person.
    ///
    /// # Panics
    /// If the person has no link.
    pub async fn link(&self, id: &str) -> Link {
        self.remembered().await.link(&PersonId::parse(id)).expect("a link").clone()
    }

    /// Returns the number of people that each rule selected at the last good read.
    pub async fn populations(&self) -> BTreeMap<String, usize> {
        self.remembered().await.populations
    }
}
