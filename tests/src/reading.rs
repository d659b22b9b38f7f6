//! Connection options for the test servers, and comparisons of directories that were read in different ways.

use std::collections::BTreeSet;

use gotosync_core::Secret;
use gotosync_core::model::{Directory, GroupIx, Person, Reading};
use gotosync_core::source::ldap::{LdapOptions, Roots, Server, SignIn};

use crate::Trouble;
use crate::servers::{Account, Ds389, Samba, Slapd};

/// Returns options that bind as an account to a server whose certificate a test CA has signed.
///
/// # Errors
/// If the address is invalid.
pub fn options(url: &str, ca: impl Into<std::path::PathBuf>, who: &Account) -> Result<LdapOptions, Trouble> {
    let mut options = LdapOptions::new(vec![Server::parse(url)?]);
    options.tls.roots = Roots::Bundle(ca.into());
    options.sign_in = SignIn::Simple { name: who.principal.clone(), password: Secret::new(who.password.clone()) };
    Ok(options)
}

/// Returns options that bind as an account to Samba.
///
/// # Errors
/// As [`options`].
pub fn samba(samba: &Samba, who: &Account) -> Result<LdapOptions, Trouble> {
    options(&samba.url(), samba.ca_file(), who)
}

/// Returns options that bind as an account to slapd, where the distinguished name is the only name of a user.
///
/// # Errors
/// As [`options`].
pub fn slapd(slapd: &Slapd, who: &Account) -> Result<LdapOptions, Trouble> {
    let who = Account { principal: who.dn.clone(), ..who.clone() };
    options(&slapd.url(), slapd.ca_file(), &who)
}

/// Returns options that bind as an account to 389 Directory Server.
///
/// # Errors
/// As [`options`].
pub fn ds389(server: &Ds389, who: &Account) -> Result<LdapOptions, Trouble> {
    options(&server.url(), server.ca_file(), who)
}

/// Returns the directory of a complete read, and panics with the gaps if the read is incomplete.
pub fn whole(reading: &Reading) -> &Directory {
    assert!(reading.completeness.is_complete(), "{}", reading.completeness);
    &reading.directory
}

/// Returns the differences between two directories: entries that only one of them has, and entries that differ.
pub fn difference(one: &Directory, other: &Directory) -> Vec<String> {
    let (one, other) = (lines(one), lines(other));
    let alone = |mark: &str, own: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
        own.difference(other).map(|line| format!("{mark} {line}")).collect()
    };
    [alone("-", &one, &other), alone("+", &other, &one)].concat()
}

/// Returns a line for each person, group, and unit. References to other entries are names instead of indexes.
pub fn lines(directory: &Directory) -> BTreeSet<String> {
    let group = |ix: &GroupIx| directory.group(*ix).dn.to_string();
    let person = |person: &Person| {
        let mut attributes: Vec<String> = (person.attributes.iter())
            .map(|(id, values)| {
                let mut values: Vec<String> = values.iter().map(|value| value.display().into_owned()).collect();
                values.sort();
                format!("{}={values:?}", directory.attributes().name(id))
            })
            .collect();
        attributes.sort();
        let (mut groups, primary): (Vec<String>, _) =
            (person.groups.iter().map(group).collect(), person.primary_group.as_ref().map(group));
        groups.sort();
        let unit = &directory.unit(person.unit).dn;
        format!(
            "person {} {} in {unit}, off {}, ends {:?}, groups {groups:?}, primary {primary:?}, {attributes:?}",
            person.dn, person.id, person.disabled, person.expires
        )
    };
    let people = directory.people().iter().map(person);
    let groups = directory.groups().iter().map(|own| {
        let mut people: Vec<String> = own.people.iter().map(|ix| directory.person(*ix).dn.to_string()).collect();
        let mut groups: Vec<String> = own.groups.iter().map(group).collect();
        people.sort();
        groups.sort();
        format!("group {} {} called {}, people {people:?}, groups {groups:?}", own.dn, own.id, own.name)
    });
    let units = directory.units().iter().map(|unit| {
        let parent = unit.parent.map(|parent| directory.unit(parent).dn.to_string());
        format!("unit {} {:?} in {parent:?}", unit.dn, unit.kind)
    });
    people.chain(groups).chain(units).collect()
}
