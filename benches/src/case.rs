//! The inputs of a plan.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Arc;

use gotosync_core::Rules;
use gotosync_core::check::{Verdict, check};
use gotosync_core::model::{
    Account, AccountKey, Action, Directory, License, LicenseKey, Reading, Role, Status, User, UserGroup, UserGroupPath,
    UserKey,
};
use gotosync_core::plan::{Inputs, Override, Planned, plan};
use gotosync_core::state::{Link, Remembered};
use gotosync_core::target::{FieldLimits, MemoryTarget, TargetInfo};
use jiff::Timestamp;

use crate::rulebook::{LICENSES, USER_GROUPS};

/// The state of the account relative to the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// The account has no users, so all are created.
    First,
    /// All users match the rules and are linked, so nothing is to do.
    Steady,
    /// Like `Steady`, except for 5 % of the users: of every 100, two have another name, one lacks a license, one has an extra license,
    /// and one is missing.
    Mixed,
}

/// The directory, the account, the rules, and the remembered state.
#[derive(Debug)]
pub struct Case {
    /// The rules.
    pub rules: Rules,
    /// The result of reading the source.
    pub reading: Reading,
    /// The description of the target.
    pub target: TargetInfo,
    /// The account.
    pub account: Account,
    /// The links between people and users, and other remembered state.
    pub remembered: Remembered,
}

impl Situation {
    /// Every situation.
    pub const ALL: [Self; 3] = [Self::First, Self::Steady, Self::Mixed];

    /// Returns the word used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Steady => "steady",
            Self::Mixed => "mixed",
        }
    }
}

impl Case {
    /// Creates a case with an account in this situation for a directory.
    pub fn new(directory: Directory, rules: Rules, situation: Situation) -> Self {
        let mut case = Self::first(directory, rules);
        if situation != Situation::First {
            case.apply_once();
        }
        if situation == Situation::Mixed {
            case.disturb();
        }
        case
    }

    /// Creates a case with an account from [`save`](Self::save).
    ///
    /// # Panics
    /// The data is not from `save`.
    pub fn restore(directory: Directory, rules: Rules, saved: impl Read) -> Self {
        let mut case = Self::first(directory, rules);
        (case.account, case.remembered.links) = serde_json::from_reader(saved).expect("an account that was saved");
        case
    }

    /// Writes the account and the links, so that another process can load them without the memory needed to create them.
    ///
    /// # Panics
    /// The data cannot be written.
    pub fn save(&self, to: impl Write) {
        serde_json::to_writer(to, &(&self.account, &self.remembered.links)).expect("a file that can be written");
    }

    /// Runs the stages from the rules to the check. Returns the result, so that measurements can exclude the time to drop it.
    ///
    /// # Panics
    /// The check does not pass, because that would invalidate the measurement.
    pub fn run(&self) -> (Planned, Verdict) {
        let planned = self.plan();
        let verdict = check(&planned.plan, &self.rules, None);
        assert!(verdict.passes(), "{:?}", verdict.stops().next());
        (planned, verdict)
    }

    /// Runs the stages from the rules to the plan.
    pub fn plan(&self) -> Planned {
        plan(&Inputs {
            rules: &self.rules,
            source: "corpus",
            reading: &self.reading,
            target: &self.target,
            account: &self.account,
            remembered: &self.remembered,
            now: NOW,
            overrides: Override::None,
        })
    }

    fn first(directory: Directory, rules: Rules) -> Self {
        let mut account = Account::empty("1", "Corpus");
        for (at, (name, product)) in LICENSES.iter().enumerate() {
            account.licenses.push(License::new(license(at).as_str(), name, &[product], 4_000_000));
        }
        account.groups =
            USER_GROUPS.iter().map(|path| UserGroup { key: None, path: UserGroupPath::new(path) }).collect();
        account.sort();
        let target = TargetInfo {
            name: "corpus".to_owned(),
            account: AccountKey::new("1"),
            login: None,
            capabilities: MemoryTarget::capabilities(),
            limits: FieldLimits { users: usize::MAX, ..FieldLimits::VENDOR },
            remarks: Vec::new(),
        };
        let remembered = Remembered::default();
        Self { rules, reading: Reading::complete(directory), target, account, remembered }
    }

    /// Applies the plan to the account, and remembers the links.
    fn apply_once(&mut self) {
        let plan = self.plan().plan;
        let mut links = Vec::with_capacity(plan.steps().len());
        for (step, number) in plan.steps().iter().zip(2_000_000_u64..) {
            let (Action::Create(creation), Some(person)) = (&step.action, &step.person) else {
                panic!("the plan for an empty account must only create users, but has {:?}", step.action)
            };
            let key = UserKey::new(number.to_string());
            self.account.users.push(Arc::new(as_read(&creation.user, key.clone())));
            let rules = step.rules.iter().cloned().collect();
            let (person, email) = (person.clone(), creation.user.email.clone());
            links.push(Link::new(person, key, email, rules));
        }
        links.sort_by(|a, b| a.person.cmp(&b.person));
        let populations: BTreeMap<_, _> =
            plan.basis().rules.iter().filter_map(|rule| Some((rule.name.to_string(), rule.people?))).collect();
        self.remembered = Remembered { links, populations, set_aside: Vec::new() };
        if let Some(admin) = self.account.users.first_mut() {
            Arc::make_mut(admin).role = Role::Administrator;
        }
        self.account.sort();
        self.count_seats();
    }

    fn disturb(&mut self) {
        for (at, user) in self.account.users.iter_mut().enumerate() {
            match at % 100 {
                10 | 60 => Arc::make_mut(user).first_name = "Formerly".into(),
                30 => drop(Arc::make_mut(user).licenses.pop()),
                80 => Arc::make_mut(user).licenses = (0..LICENSES.len()).map(license).collect(),
                _ => {}
            }
        }
        let mut at = 0;
        self.account.users.retain(|_| {
            at += 1;
            at % 100 != 99
        });
        let kept: std::collections::HashSet<_> =
            self.account.users.iter().filter_map(|user| user.key.clone()).collect();
        self.remembered.links.retain(|link| kept.contains(&link.user));
        self.count_seats();
    }

    fn count_seats(&mut self) {
        for license in &mut self.account.licenses {
            license.used = self.account.users.iter().filter(|user| user.licenses.contains(&license.key)).count() as u32;
        }
    }
}

/// Returns a user as a target would return it: with a key, and without sharing memory with rules or other users.
fn as_read(user: &User, key: UserKey) -> User {
    User {
        key: Some(key),
        status: Status::Active,
        licenses: user.licenses.iter().map(|license| LicenseKey::new(license.as_str())).collect(),
        group: user.group.as_ref().map(|group| UserGroupPath::new(group.as_str())),
        ..user.clone()
    }
}

fn license(at: usize) -> LicenseKey {
    LicenseKey::new(format!("{}", 7_000_000_000_000_000_u64 + at as u64))
}

/// 2026-01-01, after which no accounts expire.
const NOW: Timestamp = Timestamp::constant(1_767_225_600, 0);
