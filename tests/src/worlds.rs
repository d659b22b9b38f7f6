//! Small random worlds: a directory, rules, an account, and the stored state, drawn by proptest.

use std::fmt::Write;
use std::sync::Arc;

use gotosync_core::model::{
    Account, Catalog, DirectoryBuilder, Dn, Email, GroupEntry, GroupId, License, Locks, NamedNumber, PersonEntry,
    PersonId, PhoneNumber, RingsAt, Role, SettingsTemplate, Status, TemplateName, User, UserGroup, UserGroupPath,
    UserKey,
};
use gotosync_core::state::Link;
use gotosync_core::{Rules, model::Directory};
use proptest::prelude::*;

/// A randomly drawn person.
#[derive(Clone, Debug)]
pub struct Somebody {
    /// The index of the e-mail address, if any.
    pub email: Option<u8>,
    /// `true` if the address is in upper case.
    pub capitals: bool,
    /// The index of the name.
    pub name: u8,
    /// The index of the unit.
    pub unit: u8,
    /// The groups, as bits.
    pub groups: u8,
    /// `true` if the account is disabled in the directory.
    pub disabled: bool,
}

/// A randomly drawn rule.
#[derive(Clone, Debug)]
pub struct Ruling {
    /// The selection: units for 0 to 2, groups for 3 to 6, everyone from 7 on.
    pub scope: u8,
    /// `true` if the rule creates users.
    pub create: bool,
    /// `true` if the rule updates users.
    pub update: bool,
    /// The products, as bits.
    pub products: u8,
    /// The index of the user group, if any.
    pub group: Option<u8>,
    /// `true` if the rule sets a language.
    pub language: bool,
    /// The leaver policy: 0 keeps, 1 removes products, and other values suspend.
    pub leavers: u8,
    /// Further settings, as bits; see [`extras`].
    pub extras: u16,
}

/// A randomly drawn user.
#[derive(Clone, Debug)]
pub struct Customer {
    /// The index of the e-mail address.
    pub email: u8,
    /// The index of the name.
    pub name: u8,
    /// The licenses, as bits.
    pub licenses: u8,
    /// `true` if the user is an administrator.
    pub administrator: bool,
    /// The index of the person that is linked to the user, if any.
    pub link: Option<u8>,
    /// `true` if the state says that the engine suspended the user.
    pub suspended: bool,
    /// Further properties as bits: two device groups, a template, a disabled product, and locks.
    pub extras: u8,
}

/// All inputs of a plan.
#[derive(Clone, Debug)]
pub struct World {
    /// The people.
    pub people: Vec<Somebody>,
    /// The rules.
    pub rules: Vec<Ruling>,
    /// The users.
    pub users: Vec<Customer>,
    /// `true` if scarce seats are filled by priority, `false` if they stop the run.
    pub fill: bool,
    /// The number of seats of each license.
    pub seats: [u32; 3],
}

/// Draws a world.
pub fn worlds() -> impl Strategy<Value = World> {
    let somebody =
        (prop::option::weighted(0.9, 0..8u8), any::<bool>(), 0..6u8, 0..3u8, 0..16u8, prop::bool::weighted(0.2))
            .prop_map(|(email, capitals, name, unit, groups, disabled)| Somebody {
                email,
                capitals,
                name,
                unit,
                groups,
                disabled,
            });
    let ruling = (
        0..9u8,
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.8),
        0..8u8,
        prop::option::of(0..3u8),
        any::<bool>(),
        0..3u8,
        any::<u16>(),
    )
        .prop_map(|(scope, create, update, products, group, language, leavers, extras)| Ruling {
            scope,
            create,
            update,
            products,
            group,
            language,
            leavers,
            extras,
        });
    let customer =
        (0..8u8, 0..6u8, 0..8u8, prop::bool::weighted(0.15), prop::option::of(0..9u8), any::<bool>(), any::<u8>())
            .prop_map(|(email, name, licenses, administrator, link, suspended, extras)| Customer {
                email,
                name,
                licenses,
                administrator,
                link,
                suspended,
                extras,
            });
    (
        prop::collection::vec(somebody, 0..8),
        prop::collection::vec(ruling, 1..5),
        prop::collection::vec(customer, 0..7),
        any::<bool>(),
        prop::array::uniform3(prop_oneof![3 => Just(50u32), 1 => 0..6u32]),
    )
        .prop_map(|(people, rules, users, fill, seats)| World { people, rules, users, fill, seats })
}

impl World {
    /// Returns the directory. `order` changes the order of the entries, which must not matter.
    pub fn directory(&self, order: usize) -> Directory {
        let mut builder = DirectoryBuilder::new();
        let ids = ["mail", "givenName", "sn"].map(|name| builder.attribute(name));
        let count = self.people.len();
        let turned = (0..count).map(|at| (at + order) % count);
        for at in turned {
            let person = &self.people[at];
            let (first, last) = NAMES[usize::from(person.name)];
            let unit = UNITS[usize::from(person.unit)];
            let mut entry = PersonEntry::new(PersonId::parse(&format!("p{at}")), dn(&format!("CN=p{at},{unit}")));
            entry = entry.with(ids[1], first).with(ids[2], last);
            if let Some(email) = person.email {
                let address = address(email);
                entry = entry.with(ids[0], if person.capitals { address.to_uppercase() } else { address });
            }
            entry.disabled = person.disabled;
            builder.person(entry);
        }
        for group in 0..4u8 {
            let mut entry =
                GroupEntry::new(GroupId::parse(&format!("g{group}")), dn(&format!("CN=g{group},OU=Groups,DC=x")));
            for (at, person) in self.people.iter().enumerate() {
                if person.groups & (1 << group) != 0 {
                    entry = entry.member(&format!("CN=p{at},{}", UNITS[usize::from(person.unit)]));
                }
            }
            // Each group contains the next one, and the last contains the first: a cycle.
            builder.group(entry.member(&format!("cn=G{},ou=groups,dc=x", (group + 1) % 4)));
        }
        for unit in UNITS {
            builder.unit(unit, gotosync_core::model::UnitKind::Unit);
        }
        builder.build().expect("ids are unique in a small world")
    }

    /// Returns the rules, without limits.
    pub fn rules(&self) -> Rules {
        let mut text = format!("seats = \"{}\"\n[limits]\n", if self.fill { "fill" } else { "stop" });
        for limit in ["create", "update", "suspend", "release", "group_change", "role_change", "emails", "shrink"] {
            let _ = writeln!(text, "{limit} = \"unlimited\"");
        }
        for (at, rule) in self.rules.iter().enumerate() {
            let scope = match rule.scope {
                unit @ 0..3 => format!("ou = \"{}\"", UNITS[usize::from(unit)]),
                group @ 3..5 => format!("group = \"g{}\"", group - 3),
                group @ 5..7 => format!("group = {{ name = \"g{}\", members = \"direct\" }}", group - 3),
                _ => "everyone = true".to_owned(),
            };
            let without = if rule.extras & WITHOUT != 0 { "[\"VOICE\"]" } else { "[]" };
            let products: Vec<String> = (0..3)
                .filter(|bit| rule.products & (1 << bit) != 0)
                .map(|bit| match PRODUCTS[bit] {
                    "Connect" => format!("{{ name = \"Connect\", without = {without} }}"),
                    name => format!("\"{name}\""),
                })
                .collect();
            let leavers = ["keep", "remove-products", "suspend"][usize::from(rule.leavers)];
            let _ = writeln!(
                text,
                "[[rule]]\nname = \"r{at}\"\n{scope}\ncreate = {}\nupdate = {}",
                rule.create, rule.update
            );
            let _ = writeln!(text, "products = [{}]\nleavers = \"{leavers}\"", products.join(", "));
            if let Some(group) = rule.group {
                let _ = writeln!(text, "user_group = \"{}\"\ncreate_user_group = true", GROUPS[usize::from(group)]);
            }
            if rule.extras & SIMULATED == SIMULATED {
                text.push_str("mode = \"simulate\"\n");
            }
            text.push_str(&extras(rule.extras, at));
            if rule.extras & (1 << 7) != 0 {
                text.push_str(
                    [
                        "extension = { from = 200, to = 299 }\nvoicemail = { review = true }\n\
                         phone_numbers = [\"{{ '+15555550100' if sn == 'Lee' else '' }}\"]\n",
                        "extension = { from = 300, to = 301 }\nphone_numbers = [\"+15555550101\", \"+15555550199\"]\n",
                    ][at % 2],
                );
            }
            if rule.language {
                let _ = writeln!(text, "language = \"{}\"", ["en_US", "de_DE"][at % 2]);
            }
        }
        Rules::parse(&text, "rules.toml").unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
    }

    /// Returns the account: the drawn users and an administrator that no rule selects.
    pub fn account(&self) -> Account {
        let mut account = Account::empty("1", "World");
        for (at, product) in PRODUCTS.iter().enumerate() {
            account.licenses.push(License::new(&format!("{}", 10 * (at + 1)), product, &[], self.seats[at]));
        }
        account.licenses[2].products = ["VOICE", "FAX"].map(str::to_owned).into();
        account.catalog = catalog();
        account.groups.push(UserGroup { key: None, path: UserGroupPath::new(GROUPS[0]) });
        for (at, customer) in self.users.iter().enumerate() {
            if self.users[..at].iter().any(|other| other.email == customer.email) {
                continue;
            }
            let (first, last) = NAMES[usize::from(customer.name)];
            let mut user = User::new(&address(customer.email), first, last);
            user.key = Some(UserKey::new(format!("{}", 100 + at)));
            user.licenses = (0..3)
                .filter(|bit| customer.licenses & (1 << bit) != 0)
                .map(|bit| account.licenses[bit].key.clone())
                .collect();
            user.role = if customer.administrator { Role::Administrator } else { Role::Member };
            user.status =
                if user.licenses.is_empty() && user.role.is_member() { Status::Suspended } else { Status::Active };
            give(&mut user, customer.extras);
            account.users.push(Arc::new(user));
        }
        for license in &mut account.licenses {
            license.used = account.users.iter().filter(|user| user.licenses.contains(&license.key)).count() as u32;
        }
        let mut root = User::new("root@account.test", "Account", "Owner");
        root.key = Some(UserKey::new("1"));
        root.role = Role::Administrator;
        root.status = Status::Active;
        account.users.push(Arc::new(root));
        account.login = Some(UserKey::new("1"));
        account.sort();
        account
    }

    /// Returns the links, at most one user for each person.
    pub fn links(&self) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        for (at, customer) in self.users.iter().enumerate() {
            let Some(person) = customer.link.map(|person| PersonId::parse(&format!("p{person}"))) else { continue };
            if links.iter().any(|link| link.person == person) {
                continue;
            }
            let user = UserKey::new(format!("{}", 100 + at));
            let email = Email::new(&address(customer.email));
            links.push(Link {
                suspended: customer.suspended.then_some(jiff::Timestamp::UNIX_EPOCH),
                ..Link::new(person, user, email, Arc::from([Arc::from("r0")]))
            });
        }
        links.sort_by(|a, b| a.person.cmp(&b.person));
        links
    }
}

/// Returns the catalog of the account in a small world.
pub fn catalog() -> Catalog {
    let template = |license: &str, name: &str| TemplateName { license: license.into(), name: name.to_owned() };
    let named = |end: &str, rings_at| NamedNumber { number: number(end), name: "Spare".to_owned(), rings_at };
    Catalog {
        templates: vec![template("10", "Basic"), template("20", "Basic")],
        role_sets: vec!["Help desk".to_owned()],
        device_groups: vec!["Desk".to_owned(), "Lab".to_owned()],
        custom_fields: vec!["Site".to_owned()],
        phone_numbers: ["0100", "0101"]
            .map(|end| named(end, None))
            .into_iter()
            .chain([named("0900", Some(RingsAt::Elsewhere))])
            .collect(),
        extensions: vec!["100".to_owned(), "101".to_owned()],
        locations: vec!["HQ".to_owned(), "Plant".to_owned()],
        ..Catalog::default()
    }
}

/// Returns the settings of a rule beyond products, as TOML with inline tables only.
pub fn extras(bits: u16, at: usize) -> String {
    let mut text = String::new();
    let mut line = |mask: u16, value: &str| {
        if bits & mask != 0 {
            text.push_str(value);
            text.push('\n');
        }
    };
    match bits & 0b11 {
        1 => line(0b11, "role = \"member\""),
        2 => line(0b11, "role = { role_set = \"Help desk\" }"),
        3 => line(0b11, "role = { privileges = [\"manage-users\"], groups = [\"Staff\"] }"),
        _ => {}
    }
    line(1 << 2, "templates = { Meeting = \"Basic\", Webinar = \"system\" }");
    match bits >> 3 & 0b11 {
        1 => line(0b11 << 3, "device_groups = [\"Lab\"]"),
        2 => line(0b11 << 3, "device_groups = [\"desk\"]"),
        3 => line(0b11 << 3, "device_groups = [\"Lab\", \"Desk\"]"),
        _ => {}
    }
    line(1 << 5, ["time_zone = \"Europe/Berlin\"", "time_zone = \"UTC\""][at % 2]);
    line(1 << 6, ["custom_fields = { Site = \"{{ sn or 'none' }}\" }", "custom_fields = { Site = \"HQ\" }"][at % 2]);
    line(1 << 7, "welcome_email = \"none\"");
    // Phone system settings and locations share bits with other settings, so that they occur in all combinations.
    line(1 << 2, ["secondary_extensions = [\"100\"]", "secondary_extensions = [\"100\", \"101\"]"][at % 2]);
    line(1 << 5, ["location = \"hq\"", "location = \"plant\""][at % 2]);
    line(
        1 << 6,
        [
            "caller_id_numbers = [\"+1 555 555 0900\"]",
            "texting_numbers = [\"+15555550100\", \"{{ telephoneNumber }}\"]",
            "caller_id_numbers = [\"+15555550100\", \"+15555550101\"]\nphone_number_name = \"{{ sn or 'none' }}\"",
        ][at % 3],
    );
    text
}

/// Gives a user the settings that the bits select.
fn give(user: &mut User, bits: u8) {
    user.locks = Locks { email: bits & 0b1100_0000 == 0b1100_0000, name: bits & 0b11_0000 == 0b11_0000 };
    user.set_settings(|settings| {
        for (mask, name) in [(1, "Desk"), (2, "Lab")] {
            if bits & mask != 0 {
                settings.device_groups.insert(name.to_owned());
            }
        }
        if bits & 4 != 0 {
            settings.templates.insert("10".into(), SettingsTemplate::System);
        }
        if bits & 8 != 0 {
            settings.off.insert("30".into(), ["VOICE".to_owned()].into());
        }
        if bits & 1 != 0 {
            settings.location = Some("Plant".into());
            settings.secondary_extensions.insert("101".to_owned());
        }
        if bits & 2 != 0 {
            settings.caller_id_numbers.insert(number("0101"));
        }
    });
}

fn number(end: &str) -> PhoneNumber {
    format!("+1555555{end}").parse().expect("digits")
}

fn dn(text: &str) -> Dn {
    Dn::parse(text).expect("the DNs of a small world are valid")
}

fn address(number: u8) -> String {
    format!("person{number}@world.test")
}

const UNITS: [&str; 3] = ["OU=Sales,DC=x", "OU=EMEA,OU=Sales,DC=x", "OU=IT,DC=x"];
/// The bit of a rule that disables a product inside a license.
const WITHOUT: u16 = 1 << 8;

/// The bits of a simulated rule: one of eight rules is simulated.
const SIMULATED: u16 = 0b111 << 9;

const PRODUCTS: [&str; 3] = ["Meeting", "Webinar", "Connect"];
const GROUPS: [&str; 3] = ["Staff", "Staff/Sales", "Partners"];
const NAMES: [(&str, &str); 6] = [
    ("Ann", "Lee"),
    ("Zoe\u{308}", "A\u{30a}stro\u{308}m"),
    ("Zoë", "Åström"),
    ("Maximilian", "Freiherr von und zu Guttenberg-Hohenstein"),
    ("Łukasz", "Źdźbło"),
    ("Mary", ""),
];
