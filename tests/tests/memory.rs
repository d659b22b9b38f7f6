//! Tests of the memory use of directory reads, with hostile servers as well. Both tests measure the whole process, so
//! they run one after another.

use std::io::{BufWriter, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gotosync_core::Secret;
use gotosync_core::model::ReadRequest;
use gotosync_core::source::DirectorySource;
use gotosync_core::source::ldap::{LdapOptions, LdapSource, Server, SignIn, Timeouts};
use gotosync_tests::wire::message::{BIND, BOUND, DONE, Message, SEARCH, SearchOp, result};
use gotosync_tests::wire::{Aim, Entry, Fault, Rest, Rubbish, Script, Scripted, Spot, Wire, ber};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Returns by how many bytes the peak memory exceeds the memory in use before the work.
fn growth(work: impl FnOnce()) -> u64 {
    let _alone = ONE_AT_A_TIME.lock();
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").expect("procfs is available");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
    };
    // This resets the peak to the memory that is in use now.
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak can be reset");
    let before = peak();
    work();
    peak() - before
}

fn options(url: &str) -> LdapOptions {
    let mut options = LdapOptions::new(vec![Server::parse(url).expect("the address is valid")]);
    options.danger_plain = true;
    options.sign_in = SignIn::Simple { name: "reader".to_owned(), password: Secret::new("secret") };
    let short = Duration::from_millis(300);
    options.timeouts = Timeouts { connect: short, idle: short, ..Timeouts::default() };
    options
}

fn read(options: LdapOptions) -> gotosync_core::Result<gotosync_core::model::Reading> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts");
    runtime.block_on(LdapSource::new(options)?.read(&ReadRequest::everyone(["mail"])))
}

/// Memory is allocated for received bytes, not for announced lengths, and nested elements are not expanded.
#[test]
fn announced_lengths_and_nesting_use_no_memory() {
    let entry = Entry::new("dc=x", [("objectClass", "domain")]);
    let server = Scripted::start(Script::new("dc=x", [entry])).expect("the server starts");
    let sizes = [Rubbish::Announced(1_000_000), Rubbish::Announced(200 << 20), Rubbish::Announced(u64::from(u32::MAX))];
    let others = [Rubbish::Nested(30_000), Rubbish::Nested(150_000), Rubbish::Random(7)];
    let all: Vec<Rubbish> = Rubbish::ALL.into_iter().chain(sizes).chain(others).collect();
    let grown = growth(|| {
        for what in all {
            for aim in [Aim::connection(), Aim::bind(), Aim::root_dse(), Aim::page(1)] {
                let fault = Fault::Rubbish { what, spot: Spot::Start, rest: Rest::Missing };
                let wire = Wire::start(server.upstream(), [fault.at(aim.clone())]).expect("the wire starts");
                let reading = read(options(&wire.url()));
                let whole = reading.is_ok_and(|reading| reading.completeness.is_complete());
                // A malformed message is accepted where a valid one with the same meaning is expected.
                let may_be = matches!(what, Rubbish::OtherAnswer | Rubbish::PagingMalformed);
                assert!(!whole || may_be, "{what:?} at {aim:?}");
                assert_eq!(wire.quiet().strikes(0), 1, "{what:?} at {aim:?}");
            }
        }
    });
    assert!(grown < 48 << 20, "{} MiB", grown >> 20);
}

/// A server without paging sends 200,000 printers as fast as the client reads them.
#[test]
fn an_unpaged_response_is_streamed() {
    const COUNT: u64 = 200_000;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let url = format!("ldap://{}", listener.local_addr().expect("the address is valid"));
    let written = AtomicU64::new(0);
    let mut people = 0;
    let grown = growth(|| {
        std::thread::scope(|scope| {
            let written = &written;
            scope.spawn(move || serve(&listener.accept().expect("a client").0, COUNT, written));
            let mut options = options(&url);
            options.timeouts = Timeouts::default();
            let reading = read(options).expect("the read succeeds");
            assert!(reading.completeness.is_complete(), "{}", reading.completeness);
            people = reading.directory.people().len();
        });
    });
    let written = written.into_inner();
    assert_eq!(people, 1, "the last entry is a person");
    assert!(written > 150 << 20, "{written} bytes");
    assert!(grown < 48 << 20, "{} MiB for a response of {} MiB", grown >> 20, written >> 20);
}

/// Answers a bind and two searches: one for the root DSE and one for all entries.
fn serve(mut stream: &TcpStream, count: u64, written: &AtomicU64) {
    let (mut buffer, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(received @ 1..) = stream.read(&mut chunk) {
        buffer.extend_from_slice(&chunk[..received]);
        while let Ok(Some(length)) = ber::first(&buffer)
            && buffer.len() >= length
        {
            let message = Message::parse(&buffer[..length]).expect("LDAP");
            buffer.drain(..length);
            let mut out = BufWriter::new(stream);
            for op in answer(&message, count) {
                let bytes = Message::new(message.id, op).bytes();
                written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                out.write_all(&bytes).expect("the client is connected");
            }
            out.flush().expect("the client is connected");
        }
    }
}

/// Returns the messages that answer a request. They are created one by one.
fn answer(message: &Message, count: u64) -> Box<dyn Iterator<Item = Vec<u8>>> {
    let end = |tag| std::iter::once(result(tag, 0, "", &[]));
    match message.tag() {
        BIND => Box::new(end(BOUND)),
        SEARCH if SearchOp::parse(message).expect("the search is recorded").is_root_dse() => {
            let root = Entry::new("", [("objectClass", "top"), ("namingContexts", "dc=x")]);
            Box::new(std::iter::once(root.op()).chain(end(DONE)))
        }
        SEARCH => {
            let pad = "x".repeat(800);
            let printer = move |number| {
                Entry::new(&format!("cn={number},dc=x"), [("objectClass", "printer"), ("pad", &pad)]).op()
            };
            let id = [("entryUUID", "7a1c0e30-6b0f-4c1e-9a55-0d6f5b0c0001"), ("objectClass", "person")];
            let somebody = Entry::new("cn=somebody,dc=x", id).op();
            Box::new((0..count).map(printer).chain([somebody]).chain(end(DONE)))
        }
        _ => Box::new(std::iter::empty()),
    }
}
