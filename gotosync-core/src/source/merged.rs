//! Several sources merged into one directory.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::join_all;
use hashbrown::HashMap;

use super::{DirectoryInfo, DirectorySource, Node, children_of};
use crate::model::{
    Completeness, Directory, DirectoryBuilder, Dn, Effort, Gap, Group, GroupEntry, GroupId, GroupIx, Kept, Person,
    PersonEntry, PersonId, PrimaryGroup, ReadRequest, Reading, Value, Values, email, sid,
};
use crate::{Error, ErrorKind, Result};

/// Several sources that are read as one directory. Earlier sources take precedence over later ones.
///
/// **Duplicate people.** Two entries in different sources with the same immutable id or the same e-mail are the same person.
/// The entry in the earlier source counts, the later one is left out, and a remark names both. A contractor who becomes an
/// employee therefore keeps their user. The e-mail is `mail`, or the primary address in `proxyAddresses`, and it is compared
/// as everywhere else. Two people in the *same* source with the same address both stay; planning skips both of them.
///
/// **Leavers.** The reading is complete only if every part is complete, and the read fails if any part fails: a person who is
/// missing from one part may be in the part that was not read. Only a person who is in no part has left.
///
/// **Trees and groups.** The trees of all parts appear side by side. A group that two parts contain, with the same id or
/// distinguished name, has the members of both. Members from another part are found by their distinguished names and, in
/// Active Directory, by the SIDs of foreign security principals, so that groups can have members across domains and forests.
///
/// Every part is read without scopes, no matter which scopes the request has, because a duplicate may be outside of them.
///
/// ```
/// use gotosync_core::model::ReadRequest;
/// use gotosync_core::source::{DirectorySource, ListSource, MergedSource};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let staff: Box<dyn DirectorySource> = Box::new(ListSource::new("staff", "Ann Lee ann@x.test")?);
/// let guests: Box<dyn DirectorySource> = Box::new(ListSource::new("guests", "A. Lee ANN@x.test; Bob Ray bob@x.test")?);
/// let both = MergedSource::new(vec![("staff".into(), staff), ("guests".into(), guests)])?;
/// let reading = both.read(&ReadRequest::everyone(["mail"])).await?;
/// let names: Vec<_> = reading.directory.people().iter().map(|person| person.dn.to_string()).collect();
/// assert_eq!(names, ["CN=Bob Ray,OU=guests", "CN=Ann Lee,OU=staff"]);
/// assert_eq!(reading.remarks.len(), 1);
/// # Ok::<(), gotosync_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct MergedSource {
    parts: Vec<(String, Box<dyn DirectorySource>)>,
}

impl MergedSource {
    /// Merges named sources; earlier ones take precedence.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if there is no source, or two sources have the same name.
    pub fn new(parts: Vec<(String, Box<dyn DirectorySource>)>) -> Result<Self> {
        if parts.is_empty() {
            return Err(Error::new(ErrorKind::Input, "no source is configured").hint("configure at least one source"));
        }
        for (at, (name, _)) in parts.iter().enumerate() {
            if parts[..at].iter().any(|(other, _)| other == name) {
                return Err(Error::new(ErrorKind::Input, format!("two sources have the name `{name}`"))
                    .hint("give each source a different name"));
            }
        }
        Ok(Self { parts })
    }

    async fn everybody(&self, attributes: &[String], since: Option<&Kept>) -> Result<Reading> {
        let request = ReadRequest::everyone(attributes.iter().map(String::as_str).chain(ADDRESSES.iter().copied()));
        let before = since.and_then(|kept| taken_apart(kept, self.parts.len()));
        let before = before.unwrap_or_else(|| vec![None; self.parts.len()]);
        let asked: Vec<ReadRequest> =
            before.iter().map(|since| ReadRequest { since: since.clone(), ..request.clone() }).collect();
        let readings = join_all(self.parts.iter().zip(&asked).map(|((_, part), request)| part.read(request))).await;
        let mut read = Vec::with_capacity(readings.len());
        for ((name, _), reading) in self.parts.iter().zip(readings) {
            read.push((name.as_str(), reading.map_err(|error| error.with("source", name))?));
        }
        let kept = joined(&before, &read);
        Ok(Reading { kept, ..merge(&read)? })
    }
}

impl fmt::Display for MergedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().enumerate().try_for_each(|(at, (_, part))| {
            f.write_str(if at == 0 { "" } else { " + " })?;
            part.fmt(f)
        })
    }
}

#[async_trait]
impl DirectorySource for MergedSource {
    async fn describe(&self) -> Result<DirectoryInfo> {
        let described = join_all(self.parts.iter().map(|(_, part)| part.describe())).await;
        let (mut vendors, mut servers) = (Vec::<String>::new(), Vec::new());
        for ((name, _), info) in self.parts.iter().zip(described) {
            let info = info.map_err(|error| error.with("source", name))?;
            vendors.extend(info.vendor.filter(|vendor| !vendors.contains(vendor)));
            servers.extend(info.servers);
        }
        let naming_contexts = self.children(None).await?.into_iter().map(|node| node.dn).collect();
        let vendor = (!vendors.is_empty()).then(|| vendors.join(" + "));
        Ok(DirectoryInfo { name: self.to_string(), vendor, naming_contexts, servers })
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        children_of(&self.everybody(&[], None).await?.directory, of)
    }

    async fn read(&self, request: &ReadRequest) -> Result<Reading> {
        self.everybody(&request.attributes, request.since.as_ref()).await
    }
}

/// Merges several readings into one; earlier ones take precedence.
fn merge(parts: &[(&str, Reading)]) -> Result<Reading> {
    let mut joining = Joining::default();
    let (mut gaps, mut remarks) = (Vec::new(), Vec::new());
    let effort = parts.iter().filter_map(|(_, reading)| reading.effort.clone()).reduce(Effort::and);
    for (name, reading) in parts {
        let gap = |gap: &Gap| Gap { place: format!("{name}: {}", gap.place), problem: gap.problem.clone() };
        gaps.extend(reading.completeness.gaps().iter().map(gap));
        remarks.extend(reading.remarks.iter().map(|remark| format!("{name}: {remark}")));
        joining.add(name, &reading.directory, &mut remarks);
    }
    Ok(Reading {
        directory: Arc::new(joining.build()?),
        completeness: Completeness::from_gaps(gaps),
        remarks,
        effort,
        kept: None,
    })
}

/// Combines the data that the parts keep for their next incremental read. A part that returns none keeps its previous data.
/// Returns `None` if no part returned any.
fn joined(before: &[Option<Kept>], parts: &[(&str, Reading)]) -> Option<Kept> {
    if parts.iter().all(|(_, reading)| reading.kept.is_none()) {
        return None;
    }
    let mut bytes = Vec::new();
    for (before, (_, reading)) in before.iter().zip(parts) {
        let own = reading.kept.as_ref().or(before.as_ref()).map_or(&[][..], Kept::bytes);
        bytes.extend_from_slice(&(own.len() as u64).to_le_bytes());
        bytes.extend_from_slice(own);
    }
    Some(Kept::new(bytes))
}

/// Splits the data that [`joined`] combined; `None` if it comes from a different number of parts.
fn taken_apart(kept: &Kept, parts: usize) -> Option<Vec<Option<Kept>>> {
    let mut rest = kept.bytes();
    let mut found = Vec::with_capacity(parts);
    while !rest.is_empty() {
        let (length, behind) = rest.split_first_chunk()?;
        let (own, behind) = behind.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        found.push((!own.is_empty()).then(|| Kept::new(own)));
        rest = behind;
    }
    (found.len() == parts).then_some(found)
}

/// A directory that is being merged from several.
#[derive(Default)]
struct Joining<'p> {
    builder: DirectoryBuilder,
    groups: Vec<GroupEntry>,
    group_ids: HashMap<GroupId, usize>,
    group_keys: HashMap<String, usize>,
    ids: HashMap<PersonId, Known<'p>>,
    emails: HashMap<String, Known<'p>>,
    /// The names of people and groups, by SID.
    sids: HashMap<Box<[u8]>, Box<str>>,
    /// The people who were left out: their comparison keys, with the names of the people who take precedence.
    left_out: HashMap<String, Box<str>>,
    /// The members that groups name and that are in other parts.
    strangers: Vec<(usize, Box<str>)>,
}

/// A person in an earlier source.
#[derive(Clone, Copy)]
struct Known<'p> {
    source: &'p str,
    dn: &'p Dn,
}

impl<'p> Joining<'p> {
    fn add(&mut self, source: &'p str, directory: &'p Directory, remarks: &mut Vec<String>) {
        for unit in directory.units().iter().filter(|unit| !unit.dn.as_str().is_empty()) {
            self.builder.unit(unit.dn.as_str(), unit.kind);
        }
        let numbers: Vec<usize> = directory.groups().iter().map(|group| self.group(group)).collect();
        for (group, number) in directory.groups().iter().zip(&numbers) {
            self.strangers.extend(group.strangers.iter().map(|name| (*number, name.clone())));
            if let Some(sid) = &group.sid {
                self.sids.insert(sid.clone(), group.dn.as_str().into());
            }
            for parent in &group.parents {
                let name = self.builder.group_name(self.groups[numbers[parent.index()]].dn.as_str());
                self.groups[*number].member_of.push(name);
            }
        }
        let mut people = Vec::with_capacity(directory.people().len());
        for person in directory.people() {
            let address = address(directory, person).map(|address| email::key(address).into_owned());
            let by_email = address.as_ref().and_then(|address| self.emails.get(address));
            let clash = self.ids.get(&person.id).map(|known| (known, "id".to_owned()));
            let clash = clash.or_else(|| Some((by_email?, format!("e-mail {}", address.as_deref()?))));
            let sid = directory.values(person, "objectSid").first().and_then(|sid| sid::parse(sid.as_bytes()));
            if let Some((known, what)) = clash {
                let (own, other) = (person.dn.name(), known.dn.name());
                remarks.push(format!(
                    "{source}: {own} is left out: {other} in {} has the same {what} and takes precedence",
                    known.source
                ));
                // Groups that name the entry that was left out mean the same person, who is the other entry here.
                let name: Box<str> = known.dn.as_str().into();
                self.sids.extend(sid.map(|sid| (sid, name.clone())));
                self.left_out.insert(person.dn.key(), name);
                continue;
            }
            people.push((person, address));
            self.person(directory, person, &numbers);
            self.sids.extend(sid.map(|sid| (sid, person.dn.as_str().into())));
        }
        // Only after the loop, because planning handles duplicates within one source.
        for (person, address) in people {
            let known = Known { source, dn: &person.dn };
            self.ids.insert(person.id.clone(), known);
            if let Some(address) = address {
                self.emails.entry(address).or_insert(known);
            }
        }
    }

    /// Returns the index of a group, which an earlier source may have added already.
    fn group(&mut self, group: &Group) -> usize {
        let (id, dn) = (&group.id, &group.dn);
        let known = self.group_ids.get(id).or_else(|| self.group_keys.get(&dn.key())).copied();
        let number = known.unwrap_or_else(|| {
            let number = self.groups.len();
            let (name, sid) = (group.name.to_string(), group.sid.clone());
            self.groups.push(GroupEntry { name, sid, ..GroupEntry::new(id.clone(), dn.clone()) });
            number
        });
        self.group_ids.insert(id.clone(), number);
        self.group_keys.insert(dn.key(), number);
        number
    }

    fn person(&mut self, directory: &Directory, person: &Person, numbers: &[usize]) {
        let mut entry = PersonEntry::new(person.id.clone(), person.dn.clone());
        entry.disabled = person.disabled;
        entry.expires = person.expires;
        for (attribute, values) in person.attributes.iter() {
            let number = self.builder.attribute(directory.attributes().name(attribute));
            entry.attributes.push((number, all(values)));
        }
        let number = |group: GroupIx| numbers[group.index()];
        for group in &person.groups {
            let name = self.builder.group_name(self.groups[number(*group)].dn.as_str());
            entry.member_of.push(name);
        }
        let sid = person.primary_group.and_then(|group| self.groups[number(group)].sid.clone());
        entry.primary_group = sid.map(|sid| PrimaryGroup { sid });
        self.builder.person(entry);
    }

    fn build(mut self) -> Result<Directory> {
        for (group, name) in self.strangers {
            let dn = Dn::trusted(&name);
            let own = sid::parse(dn.name().as_bytes()).and_then(|sid| self.sids.get(&sid));
            let known = own.or_else(|| self.left_out.get(&dn.key())).cloned();
            self.groups[group].members.push(known.unwrap_or(name));
        }
        for group in self.groups {
            self.builder.group(group);
        }
        self.builder.build()
    }
}

fn all(values: &[Value]) -> Values {
    match values {
        [one] => Values::One(one.clone()),
        several => Values::Many(several.into()),
    }
}

/// Returns the e-mail address of a person, from the attributes that rules use by default.
fn address<'d>(directory: &Directory, person: &'d Person) -> Option<&'d str> {
    let values = |name: &str| {
        let number = directory.attributes().find(name);
        number.map_or(&[][..], |number| person.attributes.values(number)).iter().filter_map(Value::as_text)
    };
    let mail = values("mail").next().filter(|mail| !mail.trim().is_empty());
    // Exchange marks the primary address with `SMTP:` in upper case.
    mail.or_else(|| values("proxyAddresses").find_map(|address| address.strip_prefix("SMTP:")))
}

/// The attributes that identify people across parts.
const ADDRESSES: &[&str] = &["mail", "proxyAddresses", "objectSid"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Membership, Scope, UnitKind};
    use crate::source::MemorySource;

    /// Builds a directory with people, given as `id name mail`, in `OU=<unit>,DC=<unit>`.
    fn part(unit: &str, people: &[[&str; 3]]) -> DirectoryBuilder {
        let mut builder = DirectoryBuilder::new();
        builder.unit(&format!("DC={unit}"), UnitKind::NamingContext);
        let mail = builder.attribute("mail");
        for [id, name, address] in people {
            let dn = Dn::parse(&format!("CN={name},OU={unit},DC={unit}")).unwrap();
            builder.person(PersonEntry::new(PersonId::parse(id), dn).with(mail, *address));
        }
        builder
    }

    fn memory(builder: DirectoryBuilder) -> MemorySource {
        MemorySource::new(builder.build().unwrap())
    }

    fn merged(parts: Vec<(&str, MemorySource)>) -> MergedSource {
        let boxed = |(name, part): (&str, MemorySource)| (name.to_owned(), Box::new(part) as Box<dyn DirectorySource>);
        MergedSource::new(parts.into_iter().map(boxed).collect()).unwrap()
    }

    async fn read(parts: Vec<(&str, MemorySource)>) -> Reading {
        merged(parts).read(&ReadRequest { attributes: vec![], scopes: vec![], since: None }).await.unwrap()
    }

    fn ids(reading: &Reading) -> Vec<String> {
        reading.directory.people().iter().map(|person| person.id.to_string()).collect()
    }

    #[tokio::test]
    async fn prefers_the_earlier_source_for_duplicate_ids_and_addresses() {
        let a = [["1", "Ann", "ann@x.test"], ["2", "Bob", "bob@x.test"], ["3", "Eve", " "]];
        let b = [
            ["9", "Ann L", " ANN@x.test"],
            ["2", "Robert", "rob@x.test"],
            ["8", "Cyd", "cyd@x.test"],
            ["7", "Eve", ""],
        ];
        let reading = read(vec![("a", memory(part("a", &a))), ("b", memory(part("b", &b)))]).await;
        assert_eq!(ids(&reading), ["1", "2", "3", "7", "8"]);
        assert_eq!(reading.directory.people()[1].dn.name(), "Bob");
        assert_eq!(
            reading.remarks,
            [
                "b: Robert is left out: Bob in a has the same id and takes precedence",
                "b: Ann L is left out: Ann in a has the same e-mail ann@x.test and takes precedence",
            ]
        );
        let reading = read(vec![("b", memory(part("b", &b))), ("a", memory(part("a", &a)))]).await;
        assert_eq!(ids(&reading), ["2", "3", "7", "8", "9"]);
    }

    #[tokio::test]
    async fn uses_the_primary_proxy_address_without_mail() {
        let mut builder = part("a", &[]);
        let proxies = builder.attribute("proxyAddresses");
        let dn = Dn::parse("CN=Ann,DC=a").unwrap();
        let entry = PersonEntry::new(PersonId::parse("1"), dn);
        builder.person(entry.with(proxies, "smtp:old@x.test").with(proxies, "SMTP:ann@x.test"));
        let b = part("b", &[["2", "Ann", "ann@x.test"], ["3", "Old", "old@x.test"]]);
        assert_eq!(ids(&read(vec![("a", memory(builder)), ("b", memory(b))]).await), ["1", "3"]);
    }

    #[tokio::test]
    async fn leaves_duplicates_within_one_source_to_planning() {
        let b = [["1", "Ann", "ann@x.test"], ["2", "Anna", "ann@x.test"]];
        let reading = read(vec![("a", memory(part("a", &[]))), ("b", memory(part("b", &b)))]).await;
        assert_eq!(ids(&reading), ["1", "2"]);
        assert!(reading.remarks.is_empty());
    }

    #[tokio::test]
    async fn finds_group_members_in_other_parts() {
        let mut a = part("a", &[["1", "Ann", "ann@x.test"]]);
        let group = |id: &str, dn: &str| GroupEntry::new(GroupId::parse(id), Dn::parse(dn).unwrap());
        let foreign = |sid: &str| format!("CN={sid},CN=ForeignSecurityPrincipals,DC=a");
        let all = group("all", "CN=All,OU=a,DC=a")
            .member("CN=Ann,OU=a,DC=a")
            .member("cn=bob,ou=b,dc=b")
            .member(&foreign("S-1-5-21-1-2-3-1103"))
            .member(&foreign("S-1-5-21-1-2-3-1200"))
            .member(&foreign("S-1-5-21-9-9-9-1200"));
        a.group(all);
        let mut b = part("b", &[["2", "Bob", "bob@x.test"], ["4", "Dee", "dee@x.test"]]);
        let sid_of = b.attribute("objectSid");
        let sid = |text: &str| sid::parse(text.as_bytes()).unwrap();
        let cyd = PersonEntry::new(PersonId::parse("3"), Dn::parse("CN=Cyd,OU=b,DC=b").unwrap());
        b.person(cyd.with(sid_of, Value::Bytes(sid("S-1-5-21-1-2-3-1103"))));
        let team = group("team", "CN=Team,OU=b,DC=b").member("CN=Dee,OU=b,DC=b");
        b.group(GroupEntry { sid: Some(sid("S-1-5-21-1-2-3-1200")), ..team });
        for parts in
            [vec![("a", memory(a.clone())), ("b", memory(b.clone()))], vec![("b", memory(b)), ("a", memory(a))]]
        {
            let reading = read(parts).await;
            let directory = &reading.directory;
            let all = directory.find_groups(&crate::model::GroupRef::parse("All"))[0];
            let names =
                |ix| directory.group(ix).people.iter().map(|ix| directory.person(*ix).dn.name()).collect::<Vec<_>>();
            let reached: Vec<String> = directory.nested_groups(all).into_iter().flat_map(names).collect();
            assert_eq!(reached, ["Ann", "Bob", "Cyd", "Dee"]);
        }
    }

    #[tokio::test]
    async fn is_incomplete_or_fails_if_any_part_does() {
        let complete = || memory(part("a", &[["1", "Ann", "ann@x.test"]]));
        let reading = read(vec![("a", complete()), ("b", memory(part("b", &[])).incomplete("page 2", "lost"))]).await;
        assert_eq!(reading.completeness.to_string(), "incomplete; b: page 2: lost");
        let failing = memory(part("b", &[]));
        failing.fail_with(ErrorKind::Unavailable, "no route to host");
        let source = merged(vec![("a", complete()), ("b", failing)]);
        let error = source.read(&ReadRequest::everyone(["mail"])).await.unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Unavailable, "no route to host (source: b)".into()));
        assert!(source.children(None).await.is_err() && source.describe().await.is_err());
    }

    #[tokio::test]
    async fn merges_trees_side_by_side_and_members_of_equal_groups() {
        let group = |id: &str, dn: &str| GroupEntry::new(GroupId::parse(id), Dn::parse(dn).unwrap());
        let mut a = part("a", &[["1", "Ann", "ann@x.test"]]);
        a.group(group("g", "CN=All,DC=a").member("CN=Ann,OU=a,DC=a").member("CN=In,DC=a"));
        a.group(GroupEntry { sid: Some([5].into()), ..group("in", "CN=In,DC=a") });
        let mut own = PersonEntry::new(PersonId::parse("5"), Dn::parse("CN=Own,OU=a,DC=a").unwrap());
        own.primary_group = Some(PrimaryGroup { sid: [5].into() });
        a.person(own);
        let mut b = part("b", &[["2", "Bob", "bob@x.test"], ["3", "Ann", "ann@x.test"]]);
        b.group(group("g", "CN=Everybody,DC=b").member("CN=Bob,OU=b,DC=b").member("CN=Ann,OU=b,DC=b"));
        b.group(group("h", "CN=Here,DC=b").member("CN=Everybody,DC=b"));
        let source = merged(vec![("a", memory(a)), ("b", memory(b))]);
        let reading = source.read(&ReadRequest::everyone(["mail"])).await.unwrap();
        let directory = &reading.directory;
        let names = |ids: &[crate::model::PersonIx]| -> Vec<String> {
            ids.iter().map(|ix| directory.person(*ix).dn.name()).collect()
        };
        let groups: Vec<_> = directory.groups().iter().map(|g| (&*g.name, names(&g.people), g.groups.len())).collect();
        let text = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            groups,
            [("All", text(&["Ann", "Bob"]), 1), ("Here", vec![], 1), ("In", text(&["Own"]), 0)],
            "Ann of b is left out, and so is her membership"
        );
        assert!(directory.people().iter().any(|person| person.primary_group.is_some()));
        let scope = Scope::Group { group: crate::model::GroupRef::parse("here"), membership: Membership::Nested };
        assert!(scope.find(directory).is_ok());
        let tops: Vec<_> = source.children(None).await.unwrap().into_iter().map(|node| node.dn.to_string()).collect();
        assert_eq!(tops, ["DC=a", "DC=b"]);
        assert_eq!(source.to_string(), "memory directory + memory directory");
    }

    #[test]
    fn rejects_no_sources_and_duplicate_names() {
        let part = || ("a".to_owned(), Box::new(memory(part("a", &[]))) as Box<dyn DirectorySource>);
        assert!(MergedSource::new(vec![]).is_err());
        assert_eq!(MergedSource::new(vec![part(), part()]).unwrap_err().message(), "two sources have the name `a`");
    }
}
