//! Servers end with the process that started them, and report why they fail to start.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use gotosync_tests::servers::{Ds389, Samba, Slapd};

/// Returns `true` if a process is running, and is not a zombie.
fn runs(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Returns the folder of a server, which contains the folder of its CA.
fn folder(ca_file: &Path) -> PathBuf {
    ca_file.ancestors().nth(2).expect("the path has enough parents").to_path_buf()
}

#[test]
fn a_dropped_server_leaves_no_process_and_no_files() {
    let samba = Samba::options().start().unwrap();
    let slapd = Slapd::options().start().unwrap();
    let ds389 = Ds389::options().start().unwrap();
    let servers = [
        (samba.pid().unwrap(), folder(&samba.ca_file())),
        (slapd.pid().unwrap(), folder(&slapd.ca_file())),
        (ds389.pid().unwrap(), folder(&ds389.ca_file())),
    ];
    assert!(servers.iter().all(|(pid, folder)| runs(*pid) && folder.join("log").exists()));
    // A paused server cannot handle signals, but ends nevertheless.
    slapd.pause().unwrap();
    drop((samba, slapd, ds389));
    assert!(servers.iter().all(|(pid, folder)| !runs(*pid) && !folder.exists()), "{servers:?}");
}

#[test]
fn a_stopped_server_keeps_its_files() {
    let slapd = Slapd::options().start().unwrap();
    let pid = slapd.pid().unwrap();
    slapd.stop().unwrap();
    assert_eq!((runs(pid), slapd.pid()), (false, None));
    assert!(folder(&slapd.ca_file()).exists());
    slapd.restart().unwrap();
    assert!(slapd.export_ldif().unwrap().contains("cn=reader"));
}

/// This test uses two processes: one starts a server and never finishes, and the other one kills it.
#[test]
fn a_server_ends_with_its_killed_parent() {
    if env::var_os(VICTIM).is_some() {
        let slapd = Slapd::options().start().unwrap();
        println!("\n{SERVER}{} {}", slapd.pid().unwrap(), folder(&slapd.ca_file()).display());
        std::io::stdout().flush().unwrap();
        loop {
            thread::park();
        }
    }
    // The name of this test without the name of the binary.
    let (_, module) = module_path!().split_once("::").unwrap();
    let name = format!("{module}::a_server_ends_with_its_killed_parent");
    let mut victim = Command::new(env::current_exe().unwrap());
    victim.args(["--exact", &name, "--nocapture"]).env(VICTIM, "1").stdout(Stdio::piped());
    let mut victim = victim.spawn().unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find_map(|line| line.strip_prefix(SERVER).map(str::to_owned));
    victim.kill().unwrap();
    victim.wait().unwrap();
    let line = line.expect("the server starts");
    let (pid, folder) = line.split_once(' ').unwrap();
    while runs(pid.parse().unwrap()) || Path::new(folder).exists() {
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_failed_start_reports_its_reason() {
    let wrong = Slapd::options().limit("nobody", "size=some").start().unwrap_err().to_string();
    assert!(wrong.contains("slapd.conf") && wrong.contains("limit"), "{wrong}");
    let orphan = "dn: cn=a,dc=nowhere\nobjectClass: device\ncn: a\n";
    let wrong = Slapd::options().ldif(orphan).start().unwrap_err().to_string();
    assert!(wrong.contains("dc=nowhere"), "{wrong}");
}

#[test]
fn does_not_mistake_a_foreign_server_on_its_address_for_its_own() {
    let [first, second] = [Slapd::options().start().unwrap(), Slapd::options().start().unwrap()];
    second.stop().unwrap();
    let taken = TcpListener::bind((second.ip(), 3636)).unwrap();
    let refused = second.restart().unwrap_err().to_string();
    assert!(refused.contains("ended at once") && refused.contains("Address already in use"), "{refused}");
    drop(taken);
    second.restart().unwrap();
    assert_ne!(first.ip(), second.ip());
}

const VICTIM: &str = "GOTOSYNC_TESTS_VICTIM";
const SERVER: &str = "the server is ";
