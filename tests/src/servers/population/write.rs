//! Writes a population as LDIF.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::super::ldif::{Record, line};
use super::group::Group;
use super::names::{DEPARTMENTS, SITES, TITLES};
use super::person::{Person, Standing};
use super::random::Random;
use super::unit::{UnitContent, find};
use super::{Content, Style};

pub(super) fn entries(content: &Content, out: &mut impl Write) -> io::Result<()> {
    let active = content.style == Style::ActiveDirectory;
    for unit in &content.units {
        let mut record = Record { dn: unit.dn.clone(), ..Record::default() };
        classes(&mut record, &["top", "organizationalUnit"]);
        record.add("ou", &unit.name);
        record.write(out)?;
    }
    let above = if active { Vec::new() } else { groups_above(content) };
    for (at, person) in content.people.iter().enumerate() {
        let mut record = self::person(content, at, person);
        within(content, &mut record, above.get(at));
        record.write(out)?;
    }
    if active {
        strangers(content, out)?;
    }
    for (at, group) in content.groups.iter().enumerate() {
        let mut record = self::group(content, group);
        within(content, &mut record, above.get(content.people.len() + at));
        record.write(out)?;
    }
    Ok(())
}

pub(super) fn changes(content: &Content) -> String {
    let mut out = Vec::new();
    let mut change = |dn: &str, how: &str, name: &str, value: &str| -> io::Result<()> {
        line(&mut out, "dn", dn.as_bytes())?;
        writeln!(out, "changetype: modify\n{how}: {name}")?;
        line(&mut out, name, value.as_bytes())?;
        writeln!(out, "-\n")
    };
    if content.style == Style::ActiveDirectory {
        for group in &content.groups {
            if let Some(member) = group.circle {
                change(&group.dn, "add", "member", &content.groups[member].dn).expect("writing to memory succeeds");
            }
        }
        if let [first, second, ..] = &content.people[..] {
            change(&first.dn, "replace", "manager", &second.dn).expect("writing to memory succeeds");
        }
    }
    String::from_utf8(out).expect("names are UTF-8")
}

/// Escapes a DN value as RFC 4514 requires.
pub(super) fn escape(value: &str) -> String {
    let mut escaped = String::new();
    let last = value.chars().count().saturating_sub(1);
    for (at, letter) in value.chars().enumerate() {
        let edge = (letter == ' ' && (at == 0 || at == last)) || (letter == '#' && at == 0);
        if edge || ",+\"\\<>;=".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

fn person(content: &Content, at: usize, person: &Person) -> Record {
    let mut record = Record { dn: person.dn.clone(), ..Record::default() };
    let mut random = Random::new(content.seed ^ 0x5eed, at as u64);
    let site = &SITES[person.site];
    let active = content.style == Style::ActiveDirectory;
    if active {
        let inet_org: &[&str] = if person.inet_org { &["inetOrgPerson"] } else { &[] };
        classes(&mut record, &["top", "person", "organizationalPerson", "user"]);
        classes(&mut record, inet_org);
        record.add("sAMAccountName", &person.account);
        record.add("userPrincipalName", format!("{}@example.test", person.account));
        let lasting = if random.percent(10) { 0x1_0000 } else { 0 };
        record.add(
            "userAccountControl",
            (0x200 | lasting | if person.standing == Standing::Disabled { 2 } else { 0 }).to_string(),
        );
        // In units of 100 nanoseconds since 1601: some day of 2019 or of 2049.
        if person.standing == Standing::Expired {
            record.add("accountExpires", (132_000_000_000_000_000 + at).to_string());
        } else if random.percent(5) {
            record.add("accountExpires", (141_500_000_000_000_000 + at).to_string());
        }
    } else {
        classes(&mut record, &["top", "person", "organizationalPerson", "inetOrgPerson"]);
        record.add("uid", &person.account);
        if person.standing == Standing::Disabled {
            record.add("nsAccountLock", "true");
        }
    }
    record.add("cn", &person.name);
    record.add("displayName", &person.display);
    person.first.iter().for_each(|first| record.add("givenName", first));
    person.last.iter().for_each(|last| record.add("sn", last));
    person.mail.iter().for_each(|mail| record.add("mail", mail));
    record.add("telephoneNumber", telephone(&mut random, site.dial));
    if random.percent(60) {
        record.add("mobile", telephone(&mut random, site.dial));
    }
    record.add("title", random.pick(TITLES));
    record.add(if active { "department" } else { "departmentNumber" }, random.pick(DEPARTMENTS));
    record.add("employeeNumber", (10_000 + at).to_string());
    record.add("l", site.city);
    record.add("postalCode", format!("{:05}", random.below(100_000)));
    record.add("physicalDeliveryOfficeName", format!("{}.{:03}", 1 + random.below(9), random.below(400)));
    if random.percent(20) {
        record.add("description", format!("Since {}\r\nat {}", 1990 + random.below(35), site.city));
    }
    if active {
        record.add("c", site.code);
        record.add("co", site.country);
        record.add("company", "Müller & Söhne KG");
        record.add("streetAddress", format!("Große Straße {}\r\nHinterhaus", 1 + random.below(200)));
        record.add("employeeID", format!("E-{at:07}"));
        if let Some(mail) = &person.mail {
            record.add("proxyAddresses", format!("SMTP:{mail}"));
            record.add("proxyAddresses", format!("smtp:{}@old.example.test", person.account));
        }
    }
    // Managers precede the people that they manage. The LDIF changes close the cycle.
    if at > 0 && (at == 1 || random.percent(90)) {
        record.add("manager", &content.people[if at == 1 { 0 } else { random.below(at.min(1 + at / 8).max(1)) }].dn);
    }
    record
}

fn group(content: &Content, group: &Group) -> Record {
    let mut record = Record { dn: group.dn.clone(), ..Record::default() };
    let active = content.style == Style::ActiveDirectory;
    classes(&mut record, &["top", if active { "group" } else { "groupOfNames" }]);
    record.add("cn", &group.name);
    if active {
        // Windows rejects these characters in `sAMAccountName`, which groups have as well.
        let account: String = group.name.chars().filter(|letter| !"\"/\\[]:;|=,+*?<>#".contains(*letter)).collect();
        record.add("sAMAccountName", account);
        record.add("groupType", group.kind.number().to_string());
    }
    if group.name.starts_with("Mailing") && active {
        record.add("mail", "list@example.test");
    }
    let circle = group.circle.filter(|_| !active);
    let groups = group.groups.iter().chain(&circle).map(|member| &content.groups[*member].dn);
    let people = group.people.iter().map(|member| &content.people[*member].dn);
    groups.chain(people).for_each(|member| record.add("member", member));
    if group.strangers {
        record.add("member", computer(content, 0));
        record.add("member", contact(content, 0));
    }
    record
}

/// Returns the groups that contain each person, followed by the groups that contain each group.
fn groups_above(content: &Content) -> Vec<Vec<usize>> {
    let mut above = vec![Vec::new(); content.people.len() + content.groups.len()];
    for (at, group) in content.groups.iter().enumerate() {
        group.people.iter().for_each(|person| above[*person].push(at));
        group.groups.iter().chain(&group.circle).for_each(|member| above[content.people.len() + member].push(at));
    }
    above
}

/// Writes the `memberOf` values of an entry.
fn within(content: &Content, record: &mut Record, groups: Option<&Vec<usize>>) {
    let groups = groups.map_or(&[][..], Vec::as_slice);
    if content.style == Style::Ds389 && !groups.is_empty() {
        // 389 Directory Server allows `memberOf` only with this class.
        record.add("objectClass", "nsMemberOf");
    }
    for group in groups {
        record.add("memberOf", &content.groups[*group].dn);
    }
}

/// Writes computers and contacts, which resemble people but are not people.
fn strangers(content: &Content, out: &mut impl Write) -> io::Result<()> {
    for at in 0..content.computers {
        let mut record = Record { dn: computer(content, at), ..Record::default() };
        classes(&mut record, &["top", "person", "organizationalPerson", "user", "computer"]);
        record.add("sAMAccountName", format!("PC{at:05}$"));
        record.add("userAccountControl", "4096");
        record.add("dNSHostName", format!("pc{at:05}.example.test"));
        record.write(out)?;
    }
    for at in 0..content.contacts {
        let mut record = Record { dn: contact(content, at), ..Record::default() };
        classes(&mut record, &["top", "person", "organizationalPerson", "contact"]);
        for (name, value) in [("givenName", "Partner"), ("sn", "Kontakt"), ("displayName", "Partner Kontakt")] {
            record.add(name, value);
        }
        record.add("mail", format!("contact{at}@partner.test"));
        record.write(out)?;
    }
    Ok(())
}

fn computer(content: &Content, at: usize) -> String {
    format!("CN=PC{at:05},{}", find(&content.units, UnitContent::Computers).dn)
}

fn contact(content: &Content, at: usize) -> String {
    format!("CN=Contact {at},{}", find(&content.units, UnitContent::Contacts).dn)
}

fn classes(record: &mut Record, names: &[&str]) {
    for name in names {
        record.add("objectClass", name);
    }
}

/// Returns a phone number of the site, in one of five notations.
fn telephone(random: &mut Random, dial: &str) -> String {
    let mut number = String::new();
    for _ in 0..7 {
        let _ = write!(number, "{}", random.below(10));
    }
    let (country, town) = dial.split_once(' ').unwrap_or((dial, ""));
    match random.below(5) {
        0 => format!("{dial} {} {}", &number[..3], &number[3..]),
        1 => format!("{}{town}{number}", country.replace('+', "00")),
        2 => format!("{country} (0) {town} / {number}"),
        3 => format!("({town}) {number} ext. {}", random.below(1000)),
        _ => format!("{country}-{town}-{number}"),
    }
}
