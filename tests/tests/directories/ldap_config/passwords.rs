//! Every source of a password, and the errors for passwords that cannot be used.

use std::io::Write;
use std::process::{Command, Stdio};

use gotosync_tests::command::{Said, said};

use super::place::{FULL_BINARY, Place};
use super::{SAMBA, SLAPD, samba, slapd};

/// Returns a place whose password comes from the given source.
fn from(password: &str) -> Place {
    Place::new(&format!("{}user = '{}'\npassword = {password}\n", slapd(), SLAPD.reader().dn))
}

/// Runs the command with a text on standard input.
fn piped(place: &Place, words: &[&str], text: &str) -> Said {
    feed(place.command(words), text)
}

fn feed(mut command: Command, text: &str) -> Said {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the process starts");
    child.stdin.take().expect("the pipe exists").write_all(text.as_bytes()).expect("the pipe accepts the text");
    said(child.wait_with_output().expect("the process ends"))
}

#[test]
fn reads_the_password_from_a_file_a_variable_a_program_and_systemd() {
    let password = SLAPD.reader().password;
    let file = from("{ file = 'kept/ldap' }");
    std::fs::create_dir(file.path("kept")).expect("the folder can be created");
    file.secret("kept/ldap", &format!("{password}\n"));
    assert_eq!(file.people(), 300);
    // Paths are relative to the configuration file, wherever the command runs.
    let elsewhere = said(file.command(&["plan"]).current_dir("/").output().expect("the process starts"));
    assert_eq!(elsewhere.code, Some(2), "{elsewhere:?}");

    assert_eq!(from("{ variable = 'OUR_PASSWORD' }").with("OUR_PASSWORD", &password).people(), 300);

    let program = from("{ command = ['sh', '-c', 'cat kept; echo a second line'] }");
    program.write("kept", &format!("{password}\n"));
    assert_eq!(program.people(), 300);
    let own = from("{ command = ['./kept', 'x'] }");
    own.write("kept", &format!("#!/bin/sh\necho '{password}'\n"));
    own.mode("kept", 0o700);
    let elsewhere = said(own.command(&["plan"]).current_dir("/").output().expect("the process starts"));
    assert_eq!(elsewhere.code, Some(2), "{elsewhere:?}");

    let systemd = from("{ systemd = 'ldap' }");
    systemd.write("ldap", &password);
    let folder = systemd.path("");
    assert_eq!(systemd.with("CREDENTIALS_DIRECTORY", folder).people(), 300);
}

#[test]
fn signs_in_with_a_password_that_the_command_stored() {
    let place = from("{ file = 'kept' }");
    let kept = piped(&place, &["credential", "set", "--file", "kept"], &format!("{}\n", SLAPD.reader().password));
    assert_eq!(kept.code, Some(0), "{kept:?}");
    assert!(kept.out.is_empty() && kept.err.contains("password = { file = "), "{kept:?}");
    assert_eq!(place.people(), 300);

    let again = piped(&place, &["credential", "set", "--file", "kept"], "other");
    assert!(again.code == Some(1) && again.err.contains("--force") && !again.err.contains("other\n"), "{again:?}");
    assert_eq!(place.people(), 300, "the old password must still be stored");
    let forced = piped(&place, &["credential", "set", "--file", "kept", "--force"], "other");
    assert_eq!(forced.code, Some(0), "{forced:?}");
    place.fails("plan", &["refused the sign-in"]);
    assert_eq!(place.run(&["credential", "remove", "--file", "kept"]).code, Some(0));
    place.fails("plan", &["kept", "gotosync credential set --file"]);

    for (text, told) in [("", "empty"), ("\n", "empty"), ("\u{feff}x", "UTF-8"), (&"x".repeat(70_000), "too large")] {
        let refused = piped(&place, &["credential", "set", "--file", "kept"], text);
        assert!(refused.code == Some(1) && refused.err.contains(told) && refused.err.contains("help: "), "{refused:?}");
    }
    assert!(!place.path("kept").exists());
    // Secrets are not accepted on the command line.
    let word = place.run(&["credential", "set", "ldap", "hunter2"]);
    assert_eq!(word.code, Some(1), "{word:?}");
    assert_eq!(place.run(&["credential", "set"]).code, Some(1));
}

#[test]
fn asks_for_the_password_twice_without_echo() {
    let place = from("{ file = 'kept' }");
    let typed = |first: &str, second: &str| {
        let mut terminal = Command::new("python3");
        terminal.args(["-c", TERMINAL, first, second]).arg(FULL_BINARY);
        terminal.args(["credential", "set", "--file"]).arg(place.path("kept"));
        said(terminal.stdin(Stdio::null()).output().expect("python3 starts"))
    };
    let different = typed("one", "two");
    assert!(different.code == Some(1) && different.out.contains("the two entries differ"), "{different:?}");
    assert!(!place.path("kept").exists());
    let password = SLAPD.reader().password;
    let same = typed(&password, &password);
    assert_eq!(same.code, Some(0), "{same:?}");
    assert!(same.out.contains("repeat the secret") && !same.out.contains(&password), "{same:?}");
    assert_eq!(place.people(), 300);
}

#[test]
fn reads_the_password_from_the_keyring() {
    let place = from("{ keyring = 'gotosync-tests/ldap' }");
    // Use a session keyring of its own, in which a later process finds the stored password.
    let in_session = |words: &[&str], text: &str| {
        let inner = place.command(words);
        let mut session = Command::new("python3");
        session.args(["-c", SESSION]).arg(inner.get_program()).args(inner.get_args());
        feed(session, text)
    };
    let name = "gotosync-tests/ldap";
    let kept = in_session(&["credential", "set", name, "--force"], &SLAPD.reader().password);
    if kept.code != Some(0) {
        // Many containers have no keyrings. Then the error must explain the fix.
        assert!(kept.err.contains("keyring") && kept.err.contains("store the secret in a file"), "{kept:?}");
        place.fails("plan", &["keyring: gotosync-tests/ldap", "help: "]);
        return;
    }
    let twice = in_session(&["credential", "set", name], "other");
    assert!(twice.code == Some(1) && twice.err.contains("--force"), "{twice:?}");
    let planned = in_session(&["plan"], "");
    assert_eq!(planned.code, Some(2), "{planned:?}");
    let removed = in_session(&["credential", "remove", name], "");
    assert_eq!(removed.code, Some(0), "{removed:?}");
    let missing = in_session(&["plan"], "");
    assert!(missing.code == Some(1) && missing.err.contains("gotosync credential set"), "{missing:?}");
}

#[test]
fn a_wrong_password_error_names_the_user_and_the_server() {
    let place = Place::new(&format!("{}{}", samba(), super::simple(&SAMBA.reader().principal)));
    place.secret("secret", "Wr0ng!indeed");
    place.fails("plan", &[&SAMBA.url(), &SAMBA.reader().principal, "help: the name or the password is wrong"]);
    place.fails("browse", &["help: the name or the password is wrong"]);
    let place = Place::new(&format!("{}{}", slapd(), super::simple(&SLAPD.reader().dn)));
    place.secret("secret", "Wr0ng!indeed");
    place.fails("plan", &[&SLAPD.url(), &SLAPD.reader().dn, "help: check the name and the password"]);
}

#[test]
fn rejects_a_missing_or_world_readable_password() {
    let place = from("{ file = 'secret' }");
    place.fails("plan", &["secret", "source: directory", "gotosync credential set --file"]);
    place.secret("secret", "");
    place.fails("plan", &["the file is empty", "secret"]);
    place.secret("secret", &SLAPD.reader().password);
    place.mode("secret", 0o644);
    place.fails("plan", &["0644", "chmod 600", "secret"]);
    // Commands that need no password do not read it.
    for words in [&["about"][..], &["about", "--json"]] {
        let told = place.run(words);
        assert!(told.code == Some(0) && told.out.contains(&SLAPD.reader().dn), "{told:?}");
    }

    from("{ variable = 'OUR_PASSWORD' }").fails("plan", &["`OUR_PASSWORD` is not set", "source: directory", "help: "]);
    from("{ variable = 'OUR_PASSWORD' }").with("OUR_PASSWORD", "").fails("plan", &["`OUR_PASSWORD` is empty"]);
    from("{ systemd = 'ldap' }").fails("plan", &["credential: ldap", "LoadCredential=ldap"]);
    let failing = from("{ command = ['sh', '-c', 'echo hunter2; echo hunter2 >&2; exit 3'] }");
    let failed =
        failing.fails("plan", &["the command `sh` failed", "status: 3", "source: directory", "help: run it by hand"]);
    assert!(!failed.err.contains("hunter2"), "{failed:?}");
    from("{ command = ['true'] }").fails("plan", &["`true`", "first line"]);
    from("{ command = ['./nowhere'] }").fails("plan", &["nowhere", "could not start"]);
    // A keyring without the entry, and an unavailable keyring.
    from("{ keyring = 'gotosync-tests/nobody' }").fails("plan", &["keyring: gotosync-tests/nobody", "help: "]);
}

/// Runs a command in a new session keyring of the kernel.
const SESSION: &str = "
import ctypes, os, sys
if ctypes.CDLL('libkeyutils.so.1', use_errno=True).keyctl_join_session_keyring(None) < 0:
    sys.exit('this kernel has no keyring to offer: keep the secret in a file')
os.execv(sys.argv[1], sys.argv[1:])
";

/// Runs a command on a new terminal and types two lines, each after the terminal has disabled echo.
const TERMINAL: &str = "
import os, pty, select, sys, termios, time
first, second, *command = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)
seen = b''
def more(wait):
    global seen
    if not select.select([terminal], [], [], wait)[0]:
        return True
    try:
        part = os.read(terminal, 4096)
    except OSError:
        return False
    seen += part
    return bool(part)
end = time.monotonic() + 60
for text, prompt in ((first, b'secret: '), (second, b'repeat the secret: ')):
    while prompt not in seen or termios.tcgetattr(terminal)[3] & termios.ECHO:
        if not more(0.01) or time.monotonic() > end:
            sys.exit(f'no prompt: {seen!r}')
    os.write(terminal, text.encode() + b'\\n')
while more(60):
    pass
sys.stdout.buffer.write(seen)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
";
