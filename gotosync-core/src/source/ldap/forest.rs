//! An Active Directory forest: all of its domains, found from one of them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::future::try_join_all;
use rustls::ClientConfig;

use super::LdapSource;
use super::describe::domains;
use super::options::{Discovery, LdapOptions, SignIn};
use super::server::Vendor;
use super::session::Session;
use crate::model::{Completeness, Directory, Dn, Effort, Gap, Kept, ReadRequest, Reading};
use crate::source::tree::sort;
use crate::source::{
    DirectoryInfo, DirectorySource, Domain, LIST_ATTRIBUTES, ListQuery, Listing, MergedSource, Node, NodeKind,
    listing_of,
};
use crate::tls::configure;
use crate::{Error, ErrorKind, Result};

/// All domains of a forest, read as one directory in the way of [`MergedSource`].
///
/// The options name one domain, whose servers are looked up in DNS. These servers list the domains of the forest (MS-ADTS
/// 6.1.1.2.1.1), and the servers of each domain are looked up in DNS as well. The named domain takes precedence; the others
/// follow in the order of their names.
///
/// **Completeness.** The reading is incomplete if a domain cannot be reached, refuses the bind, or cannot be read completely,
/// so that its people are not mistaken for leavers. Each such domain is named. If the domains cannot be listed, the read
/// fails.
///
/// If [base DNs](LdapOptions::bases) are configured, domains without a base DN are not read.
///
/// When browsing, the number of members of a group includes only those in the domain of the group. A read includes members in
/// all domains.
pub struct ForestSource {
    options: Arc<LdapOptions>,
    config: Arc<ClientConfig>,
    discovery: Discovery,
    known: Mutex<Option<Arc<Known>>>,
}

/// The domains of a forest as sources, cached as long as the domains do not change.
struct Known {
    parts: Vec<Arc<Part>>,
    merged: MergedSource,
}

/// One domain of a forest.
#[derive(Debug)]
struct Part {
    name: String,
    bases: Vec<Dn>,
    source: LdapSource,
}

impl ForestSource {
    /// Creates a source. It connects only when it is used.
    ///
    /// # Errors
    /// The errors of [`LdapSource::new`], and [`ErrorKind::Input`] if the options do not name a domain to look up servers
    /// for, or if the user name is a distinguished name, which other domains do not know.
    pub fn new(options: LdapOptions) -> Result<Self> {
        let wrong = |problem: &str, hint: &str| {
            Err(Error::new(ErrorKind::Input, problem).during("set up the directory").hint(hint.to_owned()))
        };
        options.check()?;
        let Some(discovery) = options.discover.clone().filter(|_| options.servers.is_empty()) else {
            return wrong("no domain of the forest is configured", "set `domain`, and remove the list of servers");
        };
        if matches!(&options.sign_in, SignIn::Simple { name, .. } if SignIn::is_distinguished(name)) {
            return wrong(
                "a distinguished name is unknown in the other domains of the forest",
                "sign in as `user@domain`",
            );
        }
        let config = Arc::new(configure(&options.tls.roots, options.tls.client.as_ref())?);
        Ok(Self { options: Arc::new(options), config, discovery, known: Mutex::default() })
    }

    /// Returns the current domains, and the effort of listing them.
    async fn known(&self) -> Result<(Arc<Known>, Effort)> {
        let mut session = Session::open(&self.options, &self.config).await?;
        if session.root.vendor() != Vendor::ActiveDirectory {
            let problem = format!("{} is not Active Directory and has no forest", session.server);
            return Err(Error::new(ErrorKind::Unsupported, problem).hint("remove `forest`"));
        }
        let found = domains(&mut session).await;
        let (received, sent) = session.bytes();
        let effort = Effort { connections: 1, searches: session.searches, received, sent, ..Effort::default() };
        session.close().await;
        let unlisted = |problem: String| {
            Error::new(ErrorKind::Incomplete, problem)
                .during("list the domains of the forest")
                .hint("grant the user read access to CN=Partitions in the configuration naming context of the forest")
        };
        let mut domains = found.map_err(|stopped| unlisted(stopped.problem))?;
        domains.sort_by(|a, b| (!a.here, &a.dns).cmp(&(!b.here, &b.dns)));
        if !domains.first().is_some_and(|domain| domain.here) {
            return Err(unlisted(format!("the list does not contain `{}` itself", self.discovery.domain)));
        }
        let places = self.places(&domains)?;
        let mut slot = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*slot
            && known
                .parts
                .iter()
                .map(|part| (&part.name, &part.bases))
                .eq(places.iter().map(|(name, bases)| (name, bases)))
        {
            return Ok((Arc::clone(known), effort));
        }
        let known = Arc::new(self.parts(places)?);
        *slot = Some(Arc::clone(&known));
        Ok((known, effort))
    }

    /// Returns the base DNs of each domain, without domains that are not read.
    fn places(&self, domains: &[Domain]) -> Result<Vec<(String, Vec<Dn>)>> {
        let mut places: Vec<(String, Vec<Dn>)> =
            domains.iter().map(|domain| (domain.dns.to_ascii_lowercase(), Vec::new())).collect();
        if self.options.bases.is_empty() {
            places.iter_mut().zip(domains).for_each(|((_, bases), domain)| bases.push(domain.dn.clone()));
        }
        for base in &self.options.bases {
            let holding = domains.iter().enumerate().filter(|(_, domain)| base.is_within(&domain.dn));
            // A child domain is not part of its parent domain, so the domain with the longest DN holds the base.
            let Some((at, _)) = holding.max_by_key(|(_, domain)| depth(&domain.dn)) else {
                let names: Vec<&str> = domains.iter().map(|domain| &*domain.dns).collect();
                return Err(Error::new(ErrorKind::Input, format!("`{base}` is not in any domain of the forest"))
                    .hint(format!("the domains are {}", names.join(", "))));
            };
            places[at].1.push(base.clone());
        }
        places.retain(|(_, bases)| !bases.is_empty());
        Ok(places)
    }

    fn parts(&self, places: Vec<(String, Vec<Dn>)>) -> Result<Known> {
        let everywhere: Vec<Dn> = places.iter().flat_map(|(_, bases)| bases.clone()).collect();
        let part = |(name, bases): (String, Vec<Dn>)| {
            let elsewhere = everywhere.iter().filter(|base| !bases.contains(base)).cloned();
            let options = LdapOptions {
                discover: Some(Discovery { domain: name.clone(), ..self.discovery.clone() }),
                bases: bases.clone(),
                elsewhere: elsewhere.chain(self.options.elsewhere.iter().cloned()).collect(),
                ..(*self.options).clone()
            };
            let source =
                LdapSource { options: Arc::new(options), config: Arc::clone(&self.config), recent: Arc::default() };
            Arc::new(Part { name, bases, source })
        };
        let parts: Vec<Arc<Part>> = places.into_iter().map(part).collect();
        let boxed = |part: &Arc<Part>| (part.name.clone(), Box::new(Arc::clone(part)) as Box<dyn DirectorySource>);
        let merged = MergedSource::new(parts.iter().map(boxed).collect())?;
        Ok(Known { parts, merged })
    }
}

impl Known {
    /// Returns the roots of all domains, including child domains.
    async fn tops(&self) -> Result<Vec<Node>> {
        Ok(try_join_all(self.parts.iter().map(|part| part.children(None))).await?.concat())
    }

    /// Returns the domain that holds an entry.
    fn of(&self, place: &Dn) -> Option<&Part> {
        let holding = self.parts.iter().flat_map(|part| part.bases.iter().map(move |base| (base, part)));
        let holding = holding.filter(|(base, _)| place.is_within(base));
        holding.max_by_key(|(base, _)| depth(base)).map(|(_, part)| &**part)
    }

    /// Returns `true` if other domains are below an entry.
    fn has_domains_below(&self, place: &Dn, of: &Part) -> bool {
        self.parts
            .iter()
            .filter(|part| part.name != of.name)
            .flat_map(|part| &part.bases)
            .any(|base| base.is_within(place))
    }

    /// Returns the names of the domains, which are stored with the kept data.
    fn names(&self) -> String {
        self.parts.iter().map(|part| &*part.name).collect::<Vec<_>>().join(" ")
    }

    /// Returns the kept data of the merged source, if it belongs to the same domains.
    fn since(&self, kept: &Kept) -> Option<Kept> {
        kept.bytes().strip_prefix(self.names().as_bytes())?.strip_prefix(b"\0").map(Kept::new)
    }

    fn kept(&self, kept: &Kept) -> Kept {
        Kept::new([self.names().as_bytes(), b"\0", kept.bytes()].concat())
    }
}

/// Adds the child domains to one level of the tree, and their people to the counts.
fn nested(mut level: Vec<Node>, tops: &[Node], of: Option<&Dn>) -> Vec<Node> {
    let below = |node: &Node, place: &Dn| node.dn.is_within(place) && node.dn != *place;
    let first = |node: &&Node| {
        of.is_none_or(|of| below(node, of))
            && !tops.iter().any(|other| below(node, &other.dn) && of.is_none_or(|of| below(other, of)))
            && !level.iter().any(|other| node.dn.is_within(&other.dn))
    };
    let new: Vec<Node> = tops.iter().filter(first).cloned().collect();
    level.extend(new);
    for node in level.iter_mut().filter(|node| node.kind != NodeKind::Group) {
        for top in tops.iter().filter(|top| below(top, &node.dn)) {
            node.people_below += top.people_below;
            node.children = true;
        }
    }
    let (mut places, mut groups): (Vec<Node>, Vec<Node>) =
        level.into_iter().partition(|node| node.kind != NodeKind::Group);
    sort(&mut places);
    places.append(&mut groups);
    places
}

impl fmt::Display for ForestSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "forest of {}", self.discovery.domain)
    }
}

impl fmt::Debug for ForestSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForestSource").field("options", &self.options).finish_non_exhaustive()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[async_trait]
impl DirectorySource for ForestSource {
    async fn describe(&self) -> Result<DirectoryInfo> {
        let (known, _) = self.known().await?;
        let described = try_join_all(known.parts.iter().map(DirectorySource::describe)).await?;
        let naming_contexts = nested(Vec::new(), &known.tops().await?, None).into_iter().map(|node| node.dn).collect();
        let vendor = described.first().and_then(|info| info.vendor.clone());
        let servers = described.into_iter().flat_map(|info| info.servers).collect();
        Ok(DirectoryInfo { name: self.to_string(), vendor, naming_contexts, servers })
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        let (known, _) = self.known().await?;
        let Some(of) = of else { return Ok(nested(Vec::new(), &known.tops().await?, None)) };
        let Some(part) = known.of(of) else { return known.merged.children(Some(of)).await };
        let level = part.children(Some(of)).await?;
        if !known.has_domains_below(of, part) {
            return Ok(level);
        }
        Ok(nested(level, &known.tops().await?, Some(of)))
    }

    async fn list(&self, query: &ListQuery) -> Result<Listing> {
        let (known, _) = self.known().await?;
        let part = query.of.as_ref().and_then(|of| Some((of, known.of(of)?)));
        match (&known.parts[..], part) {
            ([only], _) => only.list(query).await,
            (_, Some((of, part))) if !known.has_domains_below(of, part) => part.list(query).await,
            _ => {
                let reading = self.read(&ReadRequest::everyone(LIST_ATTRIBUTES)).await?;
                let listing = listing_of(&reading.directory, query, jiff::Timestamp::now())?;
                Ok(Listing { completeness: reading.completeness, ..listing })
            }
        }
    }

    async fn read(&self, request: &ReadRequest) -> Result<Reading> {
        let (known, effort) = self.known().await?;
        let since = request.since.as_ref().and_then(|kept| known.since(kept));
        let reading = known.merged.read(&ReadRequest { since, ..request.clone() }).await?;
        let kept = reading.kept.as_ref().map(|kept| known.kept(kept));
        let effort = reading.effort.map(|read| {
            let changes = read.changes;
            Effort { changes, ..read.and(effort) }
        });
        Ok(Reading { effort, kept, ..reading })
    }
}

#[async_trait]
impl DirectorySource for Part {
    async fn describe(&self) -> Result<DirectoryInfo> {
        self.source.describe().await.map_err(|error| error.with("domain", &self.name))
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        self.source.children(of).await.map_err(|error| error.with("domain", &self.name))
    }

    async fn list(&self, query: &ListQuery) -> Result<Listing> {
        self.source.list(query).await.map_err(|error| error.with("domain", &self.name))
    }

    /// Reads the domain. An error, such as a refused bind, becomes a gap, because the other domains are still read.
    async fn read(&self, request: &ReadRequest) -> Result<Reading> {
        Ok(self.source.read(request).await.unwrap_or_else(|error| Reading {
            completeness: Completeness::from_gaps(vec![Gap {
                place: "the domain".to_owned(),
                problem: error.to_string(),
            }]),
            ..Reading::complete(Directory::default())
        }))
    }
}

fn depth(dn: &Dn) -> usize {
    std::iter::successors(Some(dn.clone()), Dn::parent).count()
}
