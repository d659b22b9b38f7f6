//! Prints the cost of reading live directories, as ratios of two measurements of the same run: a complete plan relative to the wall
//! time of `ldapsearch` for the same search, the time per person in a large directory relative to a small one, and a read without
//! changes relative to a full read.
//!
//! `wire` measures all servers; `wire samba` and `wire slapd` measure one. With `--strict`, the exit code is 1 if a ratio exceeds its
//! bar. It needs root and the servers that `tests/servers/install` installs. `GOTOSYNC_BENCH_MAX` is the maximum number of people in a
//! directory, default 200,000.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use gotosync_benches::{Stage, median};
use gotosync_core::model::{Account, License, ReadRequest};
use gotosync_core::source::ldap::{Changes, LdapOptions, Roots, Server, SignIn};
use gotosync_core::source::{DirectorySource, LdapSource};
use gotosync_core::state::MemoryState;
use gotosync_core::target::MemoryTarget;
use gotosync_core::{Engine, Rules, Secret};
use gotosync_tests::Trouble;
use gotosync_tests::servers::{Population, Samba, Slapd};
use tokio::runtime::{Builder, Runtime};

/// The connection settings for a server.
#[derive(Clone, Debug)]
struct Site {
    url: String,
    ca: PathBuf,
    user: String,
    password: String,
    base: String,
    filter: &'static str,
    attributes: &'static [&'static str],
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, url, ca, user, password, base] = arguments.as_slice()
        && flag == "--peak"
    {
        let place = Site {
            url: url.clone(),
            ca: ca.into(),
            user: user.clone(),
            password: password.clone(),
            base: base.clone(),
            filter: "",
            attributes: &[],
        };
        plan(&runtime(), &place);
        println!("{}", peak());
        return ExitCode::SUCCESS;
    }
    let wanted = |name: &str| {
        let any = arguments.iter().any(|argument| !argument.starts_with("--"));
        !any || arguments.iter().any(|argument| argument == name)
    };
    let max = env::var("GOTOSYNC_BENCH_MAX").ok().and_then(|max| max.parse().ok()).unwrap_or(CITY);
    let mut missed = false;
    for (name, part) in [("samba", samba as fn(usize, &mut bool) -> Result<(), Trouble>), ("slapd", slapd)] {
        if wanted(name)
            && let Err(error) = part(max, &mut missed)
        {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    if missed && arguments.iter().any(|argument| argument == "--strict") {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn samba(max: usize, missed: &mut bool) -> Result<(), Trouble> {
    let server = Samba::options().population(Population::new(OFFICE.min(max), GROUPS)).start()?;
    let who = server.administrator();
    let place = Site {
        url: server.url(),
        ca: server.ca_file(),
        user: who.principal,
        password: who.password,
        base: server.base(),
        filter: AD_FILTER,
        attributes: AD_ATTRIBUTES,
    };
    against_ldapsearch("Samba", &place, 1.15, 5, missed)
}

fn slapd(max: usize, missed: &mut bool) -> Result<(), Trouble> {
    let start = |people| Slapd::options().population(Population::new(people, GROUPS)).start();
    let of = |server: &Slapd| {
        let who = server.administrator();
        Site {
            url: server.url(),
            ca: server.ca_file(),
            user: who.dn,
            password: who.password,
            base: server.base().to_owned(),
            filter: RFC_FILTER,
            attributes: RFC_ATTRIBUTES,
        }
    };
    let small = start(OFFICE.min(max))?;
    against_ldapsearch("slapd", &of(&small), 1.5, 9, missed)?;
    if max < CITY {
        println!("growth: skipped, because it needs {CITY} people");
        return Ok(());
    }
    let large = start(CITY)?;
    let runtime = runtime();
    let (few, many) = (of(&small), of(&large));
    let mut stages = [Stage::new("25 k", || plan(&runtime, &few)), Stage::new("200 k", || plan(&runtime, &many))];
    let times = median(&mut stages, 3);
    let per_person = |at: usize, people: usize| times[at].as_secs_f64() * 1e6 / f64::from(people as u32);
    row("slapd, time per person, 200 k / 25 k", per_person(1, CITY), per_person(0, OFFICE), "µs", Some(1.2), missed);
    Ok(())
}

/// Measures a complete plan, a read without changes, and peak memory with one server.
fn against_ldapsearch(name: &str, place: &Site, bar: f64, rounds: usize, missed: &mut bool) -> Result<(), Trouble> {
    let runtime = runtime();
    let quiet = source(place, true);
    let request = |since| ReadRequest { since, ..ReadRequest::everyone(WANTED.iter().copied()) };
    let first = runtime.block_on(quiet.read(&request(None)))?;
    let full = first.effort.clone().unwrap_or_default();
    let people = first.directory.people().len();
    let mut stages = [
        Stage::new("plan", || plan(&runtime, place)),
        Stage::new("ldapsearch", || ldapsearch(place)),
        Stage::new("full read", || runtime.block_on(source(place, false).read(&request(None)))),
        Stage::new("read without changes", || runtime.block_on(quiet.read(&request(first.kept.clone())))),
    ];
    let ms: Vec<f64> = median(&mut stages, rounds).iter().map(|time| time.as_secs_f64() * 1e3).collect();
    println!("{name}: {people} people; the full read took {full}");
    row(&format!("{name}, complete plan / ldapsearch"), ms[0], ms[1], "ms", Some(bar), missed);
    row(&format!("{name}, read without changes / full read"), ms[3], ms[2], "ms", Some(0.01), missed);
    let mut child = Command::new(env::current_exe()?);
    child.arg("--peak").arg(&place.url).arg(&place.ca).args([&place.user, &place.password, &place.base]);
    let output = child.output()?;
    let bytes: f64 = String::from_utf8_lossy(&output.stdout).trim().parse()?;
    row(&format!("{name}, peak memory of the plan / 1 MB"), bytes / 1e6, 1.0, "MB", Some(150.0), missed);
    Ok(())
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn source(place: &Site, changes: bool) -> LdapSource {
    let mut options = LdapOptions::new(vec![Server::parse(&place.url).expect("an address")]);
    options.tls.roots = Roots::Bundle(place.ca.clone());
    options.sign_in = SignIn::Simple { name: place.user.clone(), password: Secret::new(place.password.clone()) };
    options.changes = changes.then(Changes::default);
    LdapSource::new(options).expect("valid options")
}

/// Makes and checks a plan, with a live directory and an account in memory.
fn plan(runtime: &Runtime, place: &Site) -> usize {
    let rules = format!(
        "[limits]\ncreate = {{ count = 1000000 }}\n[[rule]]\nname = 'Some'\nou = '{}'\nfilter = '(title=*)'\nproducts = ['GoToWebinar']\n\
         [[rule]]\nname = 'Everyone'\neveryone = true\nproducts = ['GoToMeeting']\nfields = {{ last_name = \"{{{{ sn | cut(32) }}}}\" }}\n",
        place.base
    );
    let rules = Rules::parse(&rules, "rules.toml").expect("rules");
    let account = Account {
        licenses: vec![
            License::new("1", "GoToMeeting", &["G2M"], 1_000_000),
            License::new("2", "GoToWebinar", &["G2W"], 1_000_000),
        ],
        ..Account::empty("1", "Bench")
    };
    let engine = Engine::new(source(place, false), MemoryTarget::new(account), MemoryState::new(), rules);
    let planned = runtime.block_on(engine.plan()).expect("a plan");
    assert!(planned.plan.basis().source.completeness.is_complete());
    let verdict = engine.check(&planned.plan, None);
    planned.plan.steps().len() + verdict.notes.len()
}

/// Runs the same search with `ldapsearch`, and discards its output.
fn ldapsearch(place: &Site) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    fs::write(&file, &place.password).expect("a file for the password");
    let mut command = Command::new("ldapsearch");
    command.args(["-LLL", "-x", "-H", &place.url, "-D", &place.user, "-y"]).arg(&file);
    command.args(["-b", &place.base, "-E", "pr=1000/noprompt", place.filter]).args(place.attributes);
    let status = command
        .env("LDAPTLS_CACERT", &place.ca)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("ldapsearch is installed");
    assert!(status.success(), "{status}");
}

fn row(name: &str, a: f64, b: f64, unit: &str, bar: Option<f64>, missed: &mut bool) {
    let ratio = a / b;
    let over = bar.is_some_and(|bar| ratio > bar);
    *missed |= over;
    let verdict = bar.map_or(String::new(), |bar| format!("{bar:>8.3} {}", if over { "over" } else { "ok" }));
    println!("{name:<44} {a:>9.2} {unit} {b:>9.2} {unit} {ratio:>8.3} {verdict}");
}

/// Returns the peak memory of this process, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0) * 1024
}

const OFFICE: usize = 25_000;
const CITY: usize = 200_000;
const GROUPS: usize = 500;

/// The attributes that the rules of the plan need. `ldapsearch` requests these, and the attributes that identify people and groups.
const WANTED: &[&str] = &["mail", "proxyAddresses", "givenName", "sn", "displayName", "title", "preferredLanguage"];

const AD_FILTER: &str = "(|(&(objectCategory=person)(objectClass=user))(objectClass=group)(objectClass=organizationalUnit)\
(objectClass=container)(objectClass=builtinDomain)(objectClass=domainDNS))";

const AD_ATTRIBUTES: &[&str] = &[
    "objectClass",
    "objectGUID",
    "objectSid",
    "primaryGroupID",
    "userAccountControl",
    "accountExpires",
    "member",
    "sAMAccountName",
    "mail",
    "proxyAddresses",
    "givenName",
    "sn",
    "displayName",
    "title",
];

const RFC_FILTER: &str = "(|(objectClass=person)(objectClass=inetOrgPerson)(objectClass=posixAccount)(objectClass=account)\
(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup)(objectClass=group)\
(objectClass=organizationalUnit)(objectClass=organization)(objectClass=dcObject)(objectClass=domain)(objectClass=container))";

const RFC_ATTRIBUTES: &[&str] = &[
    "objectClass",
    "entryUUID",
    "nsUniqueId",
    "objectSid",
    "primaryGroupID",
    "userAccountControl",
    "accountExpires",
    "nsAccountLock",
    "pwdAccountLockedTime",
    "shadowExpire",
    "uid",
    "memberOf",
    "member",
    "uniqueMember",
    "memberUid",
    "sAMAccountName",
    "cn",
    "mail",
    "proxyAddresses",
    "givenName",
    "sn",
    "displayName",
    "title",
];
