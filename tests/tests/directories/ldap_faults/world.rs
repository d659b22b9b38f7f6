//! Directories on real servers, an account that has been synced with them, and wires between them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use gotosync_core::apply::Stop;
use gotosync_core::model::{
    Account, Directory, Dn, License, Person, ReadRequest, Reading, Role, Status, Unit, User, UserKey,
};
use gotosync_core::plan::Planned;
use gotosync_core::source::ldap::{LdapOptions, LdapSource, Roots, Server, SignIn, Timeouts};
use gotosync_core::source::{DirectoryInfo, DirectorySource, ListQuery, Listing, Node};
use gotosync_core::state::MemoryState;
use gotosync_core::target::MemoryTarget;
use gotosync_core::{Engine, Error, Result, Rules, Secret};
use gotosync_tests::servers::{Certificate, Pair, Population, Samba, Slapd};
use gotosync_tests::wire::{Damage, Front, Seen, Upstream, Wire};

/// A real server behind the wire, and its TLS mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Samba, with TLS.
    Samba,
    /// `OpenLDAP`, with TLS.
    Slapd,
    /// `OpenLDAP` without TLS.
    Plain,
}

/// The people that the rules select.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selected {
    /// All people, some of them by several rules: one search.
    Everybody,
    /// The people of a unit and of a group with nested groups: groups and units are searched first, then people.
    Some,
    /// The people of a unit.
    Unit,
}

/// A directory, its rules, and an account that matches them.
pub(crate) struct World {
    rules: String,
    target: Arc<MemoryTarget>,
    state: MemoryState,
    /// The read without faults.
    pub(crate) whole: Reading,
    /// The traffic of the read without faults.
    pub(crate) seen: Seen,
}

/// The result of a damaged read.
pub(crate) struct Outcome {
    pub(crate) reading: Option<Reading>,
    pub(crate) plan: Result<Planned>,
    pub(crate) seen: Seen,
}

impl World {
    fn new(way: Way, selected: Selected) -> Self {
        let mut account = Account::empty("1", "Account");
        account.licenses = ["Meeting", "Webinar"].map(|name| License::new(name, name, &[], 100_000)).to_vec();
        let mut root = User::new("root@account.test", "Root", "Root");
        root.key = Some(UserKey::new("root"));
        root.role = Role::Administrator;
        root.status = Status::Active;
        account.login.clone_from(&root.key);
        account.users.push(Arc::new(root));
        let mut world = Self {
            rules: rules(&way.base(), selected),
            target: Arc::new(MemoryTarget::new(account)),
            state: MemoryState::new(),
            whole: Reading::complete(Directory::default()),
            seen: Seen::default(),
        };
        let wire = way.wire([]);
        let runtime = runtime();
        let (engine, last) = world.engine(way.options(&wire.url()));
        let report = runtime.block_on(engine.run(&Stop::new())).unwrap_or_else(|error| panic!("{}", error.error));
        assert!(report.lines.len() > 20, "{way:?}: {} steps", report.lines.len());
        drop((engine, runtime));
        world.whole = last.take().expect("the read succeeds");
        assert!(world.whole.completeness.is_complete(), "{}", world.whole.completeness);
        world.seen = wire.quiet();
        let again = world.read(way, [], Timeouts::default());
        let plan = again.plan.expect("planning succeeds").plan;
        assert!(plan.is_empty(), "{way:?}: {:#?}", plan.steps());
        world
    }

    fn engine(&self, options: LdapOptions) -> (Engine, Last) {
        let last = Last::default();
        let source = Watched { source: LdapSource::new(options).expect("the options are valid"), last: last.clone() };
        (Engine::new(source, Arc::clone(&self.target), self.state.clone(), self.parsed()), last)
    }

    /// Returns the request that the rules need.
    pub(crate) fn request(&self) -> ReadRequest {
        self.parsed().request()
    }

    fn parsed(&self) -> Rules {
        Rules::parse(&self.rules, "rules.toml").unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    /// Reads and plans with faults on the wire.
    pub(crate) fn read(&self, way: Way, damages: impl IntoIterator<Item = Damage>, timeouts: Timeouts) -> Outcome {
        let wire = way.wire(damages);
        let mut options = way.options(&wire.url());
        options.timeouts = timeouts;
        self.read_from(options, &wire)
    }

    /// Reads and plans over a wire.
    pub(crate) fn read_from(&self, options: LdapOptions, wire: &Wire) -> Outcome {
        let runtime = runtime();
        let (engine, last) = self.engine(options);
        let plan = runtime.block_on(engine.plan());
        drop((engine, runtime));
        Outcome { reading: last.take(), plan, seen: wire.quiet() }
    }
}

impl Outcome {
    /// Returns the gaps of the read or the error as one text.
    pub(crate) fn said(&self) -> String {
        match (&self.plan, &self.reading) {
            (Err(error), _) => told(error),
            (Ok(_), Some(reading)) => reading.completeness.to_string(),
            (Ok(_), None) => "the directory was not read".to_owned(),
        }
    }

    /// Returns `true` if the read is marked as complete.
    pub(crate) fn claims_to_be_whole(&self) -> bool {
        self.plan.is_ok() && self.reading.as_ref().is_some_and(|reading| reading.completeness.is_complete())
    }

    /// Returns the steps that remove something.
    pub(crate) fn taking(&self) -> Vec<String> {
        let steps = self.plan.iter().flat_map(|planned| planned.plan.steps());
        let taking = steps.filter(|step| step.action.takes_away());
        taking.map(|step| format!("{} {}", step.action.kind().as_str(), step.subject)).collect()
    }
}

/// Returns an error with its full message.
pub(crate) fn told(error: &Error) -> String {
    let context: Vec<String> = error.context().iter().map(|(name, value)| format!("{name} {value}")).collect();
    format!("{:?}: {error} ({}) hint: {}", error.kind(), context.join(", "), error.help().unwrap_or_default())
}

/// Returns `true` if two directories are equal.
pub(crate) fn same(a: &Directory, b: &Directory) -> bool {
    fn parts(directory: &Directory) -> (&[Person], &[Unit]) {
        (directory.people(), directory.units())
    }
    parts(a) == parts(b) && a.groups() == b.groups()
}

impl Way {
    /// Returns the world for a server, which is created once.
    pub(crate) fn world(self, selected: Selected) -> &'static World {
        static WORLDS: [[OnceLock<World>; 3]; 3] = [const { [const { OnceLock::new() }; 3] }; 3];
        WORLDS[self as usize][selected as usize].get_or_init(|| World::new(self, selected))
    }

    /// Returns the base DN of the directory.
    pub(crate) fn base(self) -> String {
        match self {
            Self::Samba => samba().base(),
            Self::Slapd | Self::Plain => slapd().base().to_owned(),
        }
    }

    /// Returns the attribute of immutable ids.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Samba => "objectGUID",
            Self::Slapd | Self::Plain => "entryUUID",
        }
    }

    /// Returns the filter part that every search for people contains.
    pub(crate) fn people(self) -> &'static str {
        match self {
            Self::Samba => "objectCategory=person",
            Self::Slapd | Self::Plain => "objectClass=posixAccount",
        }
    }

    /// Returns the server as the upstream of a wire.
    pub(crate) fn upstream(self) -> Upstream {
        match self {
            Self::Samba => Upstream::tls(format!("{}:636", samba().ip()), samba().ip().to_string(), &samba().ca_file()),
            Self::Slapd => {
                Upstream::tls(slapd().url().replace("ldaps://", ""), slapd().ip().to_string(), &slapd().ca_file())
            }
            Self::Plain => Upstream::plain(slapd().plain_url().replace("ldap://", "")),
        }
    }

    /// Returns the TLS mode of the wire for clients.
    pub(crate) fn front(self) -> Front {
        match self {
            Self::Samba | Self::Slapd => Front::tls(&certificate().certificate, &certificate().key),
            Self::Plain => Front::plain(),
        }
    }

    /// Starts a wire to the server.
    pub(crate) fn wire(self, damages: impl IntoIterator<Item = Damage>) -> Wire {
        Wire::start_at(&self.front(), self.upstream(), damages).expect("the wire starts")
    }

    /// Returns options for reading through a wire.
    pub(crate) fn options(self, url: &str) -> LdapOptions {
        let reader = match self {
            Self::Samba => samba().reader(),
            Self::Slapd | Self::Plain => slapd().reader(),
        };
        let mut options = options(url);
        options.sign_in = SignIn::Simple { name: reader.principal, password: Secret::new(reader.password) };
        options.danger_plain = self == Self::Plain;
        options
    }
}

/// Returns options for reading anonymously from an address, with small pages.
pub(crate) fn options(url: &str) -> LdapOptions {
    let mut options = LdapOptions::new(vec![Server::parse(url).expect("the address is valid")]);
    options.tls.roots = Roots::Bundle(slapd().ca_file());
    options.page_size = Some(PAGE);
    options
}

/// Returns short timeouts, for faults that end in silence.
pub(crate) fn impatient() -> Timeouts {
    let idle = Duration::from_secs(2);
    Timeouts { connect: Duration::from_secs(10), operation: Duration::from_secs(30), idle }
}

/// Returns a single-threaded runtime, which ends with all of its tasks.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts")
}

/// Calls `work` for each case on several threads and returns the results in the order of the cases.
pub(crate) fn side_by_side<T: Sync, R: Send>(cases: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let one = || {
        let mine = std::iter::from_fn(|| {
            let at = next.fetch_add(1, Ordering::Relaxed);
            cases.get(at).map(|case| (at, work(case)))
        });
        mine.collect::<Vec<_>>()
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no thread panicked")).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Returns the certificate of all wires, signed by the CA of slapd. Its files are removed with the server.
pub(crate) fn certificate() -> &'static Pair {
    static PAIR: LazyLock<Pair> = LazyLock::new(|| {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        slapd()
            .authority()
            .server(Certificate::Valid, &["localhost"], &[address])
            .expect("the certificate can be signed")
    });
    &PAIR
}

pub(crate) fn samba() -> &'static Samba {
    static SAMBA: LazyLock<Samba> =
        LazyLock::new(|| Samba::options().population(population()).start().expect("Samba starts"));
    &SAMBA
}

pub(crate) fn slapd() -> &'static Slapd {
    static SLAPD: LazyLock<Slapd> =
        LazyLock::new(|| Slapd::options().population(population()).start().expect("slapd starts"));
    &SLAPD
}

/// The last read of a source.
#[derive(Clone, Debug, Default)]
struct Last(Arc<Mutex<Option<Reading>>>);

impl Last {
    fn take(&self) -> Option<Reading> {
        self.0.lock().expect("no thread panicked while it held the lock").take()
    }
}

/// A source that stores its last read.
#[derive(Debug)]
struct Watched {
    source: LdapSource,
    last: Last,
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl DirectorySource for Watched {
    async fn describe(&self) -> Result<DirectoryInfo> {
        self.source.describe().await
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        self.source.children(of).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Listing> {
        self.source.list(query).await
    }

    async fn read(&self, request: &ReadRequest) -> Result<Reading> {
        let reading = self.source.read(request).await?;
        *self.last.0.lock().expect("no thread panicked while it held the lock") = Some(reading.clone());
        Ok(reading)
    }
}

fn population() -> Population {
    Population::new(130, 40)
}

fn rules(base: &str, selected: Selected) -> String {
    let limits = "leavers = \"suspend\"\n[limits]\ncreate = \"unlimited\"\nemails = \"unlimited\"\ngroup_change = \"unlimited\"\n";
    let unit = format!("name = \"Unit\"\nou = \"OU=Staff,OU=Müller & Söhne,{base}\"\nproducts = [\"Meeting\"]\n");
    let group = "name = \"Nested\"\ngroup = \"Chain 1\"\nproducts = [\"Webinar\"]\n";
    let everybody = "name = \"Everybody\"\neveryone = true\nuser_group = \"Staff\"\ncreate_user_group = true\n";
    let rules = match selected {
        Selected::Everybody => vec![&*unit, group, everybody],
        Selected::Some => vec![&*unit, group],
        Selected::Unit => vec![&*unit],
    };
    let rules = rules.into_iter().map(|rule| format!("[[rule]]\n{rule}"));
    std::iter::once(limits.to_owned()).chain(rules).collect()
}

/// The number of entries in a page.
pub(crate) const PAGE: u32 = 30;
