//! Browsing: one level of the tree, and people page by page. Each call takes a few searches, regardless of the number of people.

use std::sync::Arc;

use jiff::Timestamp;
use ldap3::{Scope, ldap_escape};
use rustls::ClientConfig;

use super::options::{LdapOptions, Referrals};
use super::plan::{Job, Wanted};
use super::read::{bases, gather, read};
use super::server::Vendor;
use super::session::Session;
use crate::model::{Depth, Directory, Dn, GroupRef, Membership, ReadRequest, Reading, Scope as PeopleScope};
use crate::source::listing::{page, places};
use crate::source::tree::missing;
use crate::source::{LIST_ATTRIBUTES, ListQuery, Listing, Node, NodeKind, children_of, listing_of};
use crate::{Error, ErrorKind, Result};

/// A browsing session.
///
/// Entries on other servers are left out unless referrals are followed. The counts are the same as those of a full read.
pub(super) struct Browser<'s> {
    options: Arc<LdapOptions>,
    config: &'s Arc<ClientConfig>,
    sessions: Vec<Session>,
    bases: Vec<Dn>,
    vendor: Vendor,
}

impl<'s> Browser<'s> {
    /// Connects and binds.
    pub(super) async fn open(options: &Arc<LdapOptions>, config: &'s Arc<ClientConfig>) -> Result<Self> {
        let referrals = match &options.referrals {
            // Browsing shows what this server has; only a read has to report that it is incomplete.
            Referrals::Refuse => Referrals::Ignore,
            other => other.clone(),
        };
        let options = Arc::new(LdapOptions { referrals, ..(**options).clone() });
        let session = Session::open(&options, config).await?;
        let (bases, vendor) = (bases(&options, &session.root)?, session.root.vendor());
        Ok(Self { options, config, sessions: vec![session], bases, vendor })
    }

    /// Unbinds and closes the connections.
    pub(super) async fn close(self) {
        for session in self.sessions {
            session.close().await;
        }
    }

    /// Lists one level of the tree: see [`DirectorySource::children`](crate::source::DirectorySource::children).
    ///
    /// One search returns the names of all people, groups, and units below the entry. If groups are listed, two more searches
    /// read their members. A global catalog does not contain the members, so it returns an error.
    pub(super) async fn children(&mut self, of: Option<&Dn>) -> Result<Vec<Node>> {
        let jobs = jobs(&self.tree(of), Scope::Subtree, &self.wanted().all(), IDENTITY);
        let Some(directory) = self.find(jobs).await? else { return Err(self.missing(of).await) };
        if of.is_some_and(|of| directory.find_unit(of).is_none() && directory.group_by_dn(of).is_none()) {
            return Err(self.missing(of).await);
        }
        let mut nodes = children_of(&directory, of)?;
        let inside = of.filter(|of| directory.find_unit(of).is_none());
        let listed = nodes.iter().filter(|node| node.kind == NodeKind::Group).map(|node| &node.dn);
        let groups: Vec<&Dn> = inside.into_iter().chain(listed).collect();
        if groups.is_empty() {
            return Ok(nodes);
        }
        let members = complete(self.members(&groups, Membership::Nested, &[]).await?)?.directory;
        nodes.retain(|node| node.kind != NodeKind::Group);
        nodes.extend(children_of(&members, of)?.into_iter().filter(|node| node.kind == NodeKind::Group));
        Ok(nodes)
    }

    /// Lists people, and finds people, groups, and units by name: see
    /// [`DirectorySource::list`](crate::source::DirectorySource::list).
    pub(super) async fn list(&mut self, query: &ListQuery, now: Timestamp) -> Result<Listing> {
        let at = self.places(query.of.as_ref());
        if let Some(of) = &query.of {
            let is_below_a_base = at.iter().any(|place| place == of);
            let entry = jobs(&at, Scope::Base, "(objectClass=*)", IDENTITY);
            match self.find(entry).await? {
                Some(it) if it.group_by_dn(of).is_some() => return self.list_group(of, query, now).await,
                Some(it) if it.people().is_empty() || !is_below_a_base => {}
                _ => return Err(self.missing(Some(of)).await),
            }
        }
        let (words, scope) = (query.words(), scope(query));
        let filter = if words.is_empty() { self.wanted().people().to_owned() } else { self.called(&words) };
        let attributes: Vec<&str> = IDENTITY.iter().chain(STANDING).chain(&LIST_ATTRIBUTES).copied().collect();
        let at = if scope == Scope::OneLevel { query.of.iter().cloned().collect() } else { at };
        let jobs = jobs(&at, scope, &filter, &attributes);
        let reading = gather(&self.options, self.config, &mut self.sessions, &owned(&LIST_ATTRIBUTES), jobs).await?;
        let Some(Reading { directory, completeness, .. }) = reading else {
            if query.of.is_none() && words.is_empty() {
                return Err(unseen());
            }
            return Ok(page(&Directory::default(), [].into_iter(), Vec::new(), query, now));
        };
        let places = places(&directory, query, &words);
        Ok(Listing { completeness, ..page(&directory, directory.people().iter(), places, query, now) })
    }

    async fn list_group(&self, group: &Dn, query: &ListQuery, now: Timestamp) -> Result<Listing> {
        let membership = if query.depth == Depth::Subtree { Membership::Nested } else { Membership::Direct };
        let reading = self.members(&[group], membership, &LIST_ATTRIBUTES).await?;
        let listing = listing_of(&reading.directory, query, now)?;
        Ok(Listing { completeness: reading.completeness, ..listing })
    }

    /// Reads groups with their members.
    async fn members(&self, groups: &[&Dn], membership: Membership, attributes: &[&str]) -> Result<Reading> {
        let scope = |dn: &&Dn| PeopleScope::Group { group: GroupRef::Dn((*dn).clone()), membership };
        let request =
            ReadRequest { attributes: owned(attributes), scopes: groups.iter().map(scope).collect(), since: None };
        read(&self.options, self.config, &request).await
    }

    /// Runs the searches and returns what they find; `None` if they find nothing.
    async fn find(&mut self, jobs: Vec<Job>) -> Result<Option<Arc<Directory>>> {
        let reading = gather(&self.options, self.config, &mut self.sessions, &[], jobs).await?;
        Ok(reading.map(complete).transpose()?.map(|reading| reading.directory))
    }

    /// Returns the error for an unknown distinguished name, with the most similar one in the directory.
    async fn missing(&mut self, of: Option<&Dn>) -> Error {
        let jobs = jobs(&self.bases, Scope::Subtree, &self.wanted().groups_and_units(), IDENTITY);
        match (self.find(jobs).await, of) {
            (Ok(Some(directory)), Some(of)) => missing(&directory, of),
            (Ok(_), _) => unseen(),
            (Err(error), _) => error,
        }
    }

    /// Returns the bases to search for an entry: the entry itself, or the configured bases below it.
    fn places(&self, of: Option<&Dn>) -> Vec<Dn> {
        match of {
            None => self.bases.clone(),
            Some(of) if self.bases.iter().any(|base| of.is_within(base)) => vec![of.clone()],
            Some(of) => self.bases.iter().filter(|base| base.is_within(of)).cloned().collect(),
        }
    }

    /// Returns the bases to search for the tree at an entry. Above the configured bases, all bases are needed to find their common
    /// ancestors.
    fn tree(&self, of: Option<&Dn>) -> Vec<Dn> {
        let places = self.places(of);
        let is_above = of.is_some_and(|of| !places.is_empty() && !places.contains(of));
        if is_above { self.bases.clone() } else { places }
    }

    fn wanted(&self) -> Wanted<'_> {
        let range_size = self.options.range_size;
        Wanted { request: &NOTHING, bases: &self.bases, vendor: self.vendor, range_size, catalog: false }
    }

    /// Returns a filter for people, groups, and units whose names contain these words. Active Directory uses ambiguous name
    /// resolution for people, which matches the beginning of names with an index.
    fn called(&self, words: &[String]) -> String {
        let each = |attributes: &[&str]| -> String {
            let any = |word: &String| -> String {
                let word = ldap_escape(word.as_str());
                let one = |name: &&str| format!("({name}=*{word}*)");
                format!("(|{})", attributes.iter().map(one).collect::<String>())
            };
            words.iter().map(any).collect()
        };
        let wanted = self.wanted();
        let (people, places) = if self.vendor == Vendor::ActiveDirectory {
            (format!("(anr={})", ldap_escape(words.join(" "))), each(&["name", "sAMAccountName"]))
        } else {
            (each(&["displayName", "cn", "givenName", "sn", "mail", "uid"]), each(&["cn", "ou", "o", "dc"]))
        };
        format!("(|(&{}{people})(&{}{places}))", wanted.people(), wanted.groups_and_units())
    }
}

/// Returns the same search for each of these bases.
fn jobs(at: &[Dn], scope: Scope, filter: &str, attributes: &[&str]) -> Vec<Job> {
    let job = |base: &Dn| Job {
        base: base.clone(),
        scope,
        filter: filter.to_owned(),
        attributes: owned(attributes),
        what: "entries",
        may_be_missing: true,
    };
    at.iter().map(job).collect()
}

fn scope(query: &ListQuery) -> Scope {
    match query {
        ListQuery { of: Some(_), depth: Depth::OneLevel, .. } => Scope::OneLevel,
        _ => Scope::Subtree,
    }
}

/// Returns the reading if it is complete; otherwise its counts would be wrong.
fn complete(reading: Reading) -> Result<Reading> {
    match reading.completeness.gaps() {
        [] => Ok(reading),
        [gap, ..] => {
            let problem = format!("{}: {}", gap.place, gap.problem);
            Err(Error::new(ErrorKind::Incomplete, problem).during("count the people"))
        }
    }
}

fn unseen() -> Error {
    Error::new(ErrorKind::Denied, "the search returned no entries: the user has no read access here")
        .hint("grant the user read access to the entries below the base DN")
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

static NOTHING: ReadRequest = ReadRequest { attributes: Vec::new(), scopes: Vec::new(), since: None };

/// The attributes that determine the kind and the id of an entry.
const IDENTITY: &[&str] = &["objectClass", "objectGUID", "entryUUID", "nsUniqueId"];

/// The attributes that determine the sign-in status of a person.
const STANDING: &[&str] =
    &["userAccountControl", "accountExpires", "nsAccountLock", "pwdAccountLockedTime", "shadowExpire"];
