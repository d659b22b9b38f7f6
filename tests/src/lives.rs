//! Random lives: a directory that changes step by step, under rules that manage every field.

use std::fmt::Write;
use std::sync::Arc;

use gotosync_core::model::GroupId;
use gotosync_core::model::{
    Account, Device, Directory, DirectoryBuilder, Dn, License, NamedNumber, PersonEntry, PersonId, Role, Status,
    UnitKind, User, UserKey,
};
use gotosync_core::{Rules, model::GroupEntry};
use proptest::prelude::*;

use crate::worlds::{catalog, extras};

/// The state of one person in the directory at one point in time.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// `true` if the person is in the directory.
    pub present: bool,
    /// `true` if the account is disabled in the directory.
    pub disabled: bool,
    /// The index of the person's unit.
    pub unit: u8,
    /// The groups of the person, as bits.
    pub groups: u8,
    /// The index of the person's name.
    pub name: u8,
    /// `true` if the person has the second of their two addresses.
    pub address: bool,
}

/// A randomly drawn rule. See [`extras`] for the bits.
#[derive(Clone, Copy, Debug)]
pub struct Ruling {
    /// The selection: units for 0 and 1, groups for 2 and 3.
    pub scope: u8,
    /// The products, as bits.
    pub products: u8,
    /// Further settings, as bits.
    pub extras: u16,
}

/// Rules and the states of a directory over time.
#[derive(Clone, Debug)]
pub struct Lives {
    /// The rules above the last one, which selects everyone.
    pub rules: Vec<Ruling>,
    /// The states of all people at each point in time.
    pub times: Vec<Vec<Stage>>,
}

/// Draws the lives of four people over up to five points in time.
pub fn lives() -> impl Strategy<Value = Lives> {
    let stage =
        (prop::bool::weighted(0.75), prop::bool::weighted(0.15), 0..2u8, 0..4u8, 0..3u8, any::<bool>()).prop_map(
            |(present, disabled, unit, groups, name, address)| Stage { present, disabled, unit, groups, name, address },
        );
    let ruling =
        (0..4u8, 0..4u8, any::<u16>()).prop_map(|(scope, products, extras)| Ruling { scope, products, extras });
    (prop::collection::vec(ruling, 0..4), prop::collection::vec(prop::collection::vec(stage, PEOPLE..=PEOPLE), 1..=5))
        .prop_map(|(rules, times)| Lives { rules, times })
}

impl Lives {
    /// Returns the directory at one point in time.
    pub fn directory(&self, time: usize) -> Directory {
        let mut builder = DirectoryBuilder::new();
        let ids = ["mail", "givenName", "sn", "ipPhone"].map(|name| builder.attribute(name));
        let there = || self.times[time].iter().enumerate().filter(|(_, stage)| stage.present);
        for (at, stage) in there() {
            let (first, last) = NAMES[usize::from(stage.name)];
            let mut entry = PersonEntry::new(PersonId::parse(&format!("p{at}")), dn(&place(at, *stage)));
            entry = entry.with(ids[0], address(at, stage.address).as_str()).with(ids[1], first).with(ids[2], last);
            entry = entry.with(ids[3], format!("20{at}").as_str());
            entry.disabled = stage.disabled;
            builder.person(entry);
        }
        for group in 0..2u8 {
            let mut entry = GroupEntry::new(GroupId::parse(&format!("g{group}")), dn(&format!("CN=g{group},DC=x")));
            for (at, stage) in there().filter(|(_, stage)| stage.groups & (1 << group) != 0) {
                entry = entry.member(&place(at, *stage));
            }
            builder.group(entry);
        }
        for unit in UNITS {
            builder.unit(unit, UnitKind::Unit);
        }
        builder.build().expect("ids are unique")
    }

    /// Returns the rules. The last one selects everyone and sets every field once, so that no field keeps a value
    /// that depends on the history. Only then must syncing step by step and at once give the same result.
    pub fn rules(&self) -> Rules {
        let mut text = String::from("[limits]\n");
        for limit in ["create", "update", "suspend", "release", "group_change", "role_change", "emails", "shrink"] {
            let _ = writeln!(text, "{limit} = \"unlimited\"");
        }
        for (at, rule) in self.rules.iter().enumerate() {
            let scope = match rule.scope {
                unit @ 0..2 => format!("ou = \"{}\"", UNITS[usize::from(unit)]),
                group => format!("group = \"g{}\"", group - 2),
            };
            let products: Vec<&str> = ["\"Meeting\"", "{ name = \"Connect\", without = [\"FAX\"] }"]
                .into_iter()
                .enumerate()
                .filter(|(bit, _)| rule.products & (1 << bit) != 0)
                .map(|(_, product)| product)
                .collect();
            let _ = writeln!(text, "[[rule]]\nname = \"r{at}\"\n{scope}\nproducts = [{}]", products.join(", "));
            text.push_str(&extras(rule.extras, at));
        }
        text.push_str(EVERYBODY);
        Rules::parse(&text, "rules.toml").unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
    }

    /// Returns the account, which contains only its owner.
    pub fn account(&self) -> Account {
        let mut account = Account::empty("1", "Lives");
        account.licenses = vec![
            License::new("10", "Meeting", &["G2M"], 50),
            License::new("20", "Webinar", &["G2W"], 50),
            License::new("30", "Connect", &["VOICE", "FAX"], 50),
        ];
        account.catalog = catalog();
        account.catalog.devices = (0..PEOPLE)
            .map(|at| Device {
                mac: format!("00000000000{at}").parse().expect("the MAC address is valid"),
                name: format!("Phone 20{at}"),
            })
            .collect();
        account.catalog.phone_numbers.extend((0..PEOPLE).map(|at| NamedNumber {
            number: format!("+1555555020{at}").parse().expect("digits"),
            name: "Spare".to_owned(),
            rings_at: None,
        }));
        let mut owner = User::new("owner@lives.test", "Account", "Owner");
        (owner.key, owner.role, owner.status) = (Some(UserKey::new("1")), Role::Administrator, Status::Active);
        account.users.push(Arc::new(owner));
        account.login = Some(UserKey::new("1"));
        account.sort();
        account
    }

    /// Returns the addresses of the people who are in the directory and enabled at the last point in time.
    pub fn survivors(&self) -> Vec<String> {
        let last = self.times.last().into_iter().flatten().enumerate();
        last.filter(|(_, stage)| stage.present && !stage.disabled)
            .map(|(at, stage)| address(at, stage.address))
            .collect()
    }
}

fn place(at: usize, stage: Stage) -> String {
    format!("CN=p{at},{}", UNITS[usize::from(stage.unit)])
}

/// Returns one of the two addresses of a person. No other person ever has these addresses.
fn address(at: usize, second: bool) -> String {
    format!("person{at}{}@lives.test", if second { ".new" } else { "" })
}

fn dn(text: &str) -> Dn {
    Dn::parse(text).expect("the DN is valid")
}

const PEOPLE: usize = 4;
const UNITS: [&str; 2] = ["OU=Sales,DC=x", "OU=IT,DC=x"];
const NAMES: [(&str, &str); 3] = [("Ann", "Lee"), ("Zoë", "Åström"), ("Łukasz", "Źdźbło")];
const EVERYBODY: &str = r#"
[[rule]]
name = "everybody"
everyone = true
products = ["Webinar"]
user_group = "Staff"
create_user_group = true
role = "member"
templates = { Meeting = "system", Webinar = "Basic" }
language = "en_US"
time_zone = "America/New_York"
custom_fields = { Site = "none" }
extension = "{{ ipPhone }}"
devices = "Phone {{ ipPhone }}"
phone_numbers = "+15555550{{ ipPhone }}"
phone_number_name = "{{ sn }}"
caller_id_numbers = ["+15555550101"]
texting_numbers = ["+15555550101"]
secondary_extensions = "101"
voicemail = { transcription = true }
location = "Plant"
"#;
