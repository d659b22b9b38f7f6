//! Secrets from the output of a command.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use secrecy::zeroize::Zeroizing;

use super::{LARGEST, Secret, taken};
use crate::{Error, ErrorKind, Result};

/// Runs a command and returns the first line of its output.
///
/// The command gets no input, and its error output is discarded because it may contain the secret. No shell is involved, so
/// arguments are passed unchanged.
pub(super) fn first_line(words: &[String], folder: &Path) -> Result<Secret> {
    within(words, folder, PATIENCE)
}

fn within(words: &[String], folder: &Path, patience: Duration) -> Result<Secret> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::new(ErrorKind::Input, "the command is missing"));
    };
    let named =
        |error: Error| error.hint(format!("run it by hand as the same user to see its error output: {program} …"));
    let failed = |message: String| named(Error::new(ErrorKind::Unavailable, message));
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    let end = Instant::now() + patience;
    let mut child = command.spawn().map_err(|error| {
        let problem = format!("could not start the command `{program}`: {error}");
        Error::new(Error::from(error).kind(), problem)
            .hint("give the path of a program, or the name of a program in `PATH`; no shell is used")
    })?;
    let line = child.stdout.take().map(listen);
    let printed = line.map(|line| line.recv_timeout(end.saturating_duration_since(Instant::now())));
    let status = wait(&mut child, end)
        .map_err(|error| failed(format!("could not wait for the command `{program}`: {error}")))?;
    let Some(status) = status else {
        return Err(failed(format!("the command `{program}` did not end within {} s", patience.as_secs_f32())));
    };
    if !status.success() {
        return Err(failed(format!("the command `{program}` failed: {status}")));
    }
    let Some(Ok(Ok(line))) = printed else {
        return Err(failed(format!("could not read the output of the command `{program}`")));
    };
    let refused = |problem: &str| {
        let message = format!("the output of the command `{program}` {problem}");
        Error::new(ErrorKind::Input, message).hint("the command must print the secret as its first line")
    };
    if line.len() as u64 > LARGEST {
        return Err(refused("is too large for a secret"));
    }
    let text = std::str::from_utf8(&line).ok().filter(|text| !text.contains('\0'));
    let text = text.ok_or_else(|| refused("is not UTF-8"))?;
    taken(text.strip_suffix('\r').unwrap_or(text)).ok_or_else(|| refused("is empty or begins with an empty line"))
}

/// Reads the first line in a thread of its own, and discards the rest so that the command does not block on a full pipe.
fn listen(mut out: ChildStdout) -> mpsc::Receiver<io::Result<Zeroizing<Vec<u8>>>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut buffer = Zeroizing::new([0; 4096]);
        // Allocated for the largest secret: a vector that grows would leave copies of the secret in freed memory.
        let mut line = Zeroizing::new(Vec::with_capacity(LARGEST as usize + buffer.len()));
        let mut waiting = Some(sender);
        loop {
            let read = match out.read(&mut *buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    if let Some(sender) = waiting.take() {
                        let _ = sender.send(Err(error));
                    }
                    return;
                }
            };
            if waiting.is_some() {
                let end = buffer[..read].iter().position(|byte| *byte == b'\n');
                line.extend_from_slice(&buffer[..end.unwrap_or(read)]);
                if (end.is_some() || read == 0 || line.len() as u64 > LARGEST)
                    && let Some(sender) = waiting.take()
                {
                    let _ = sender.send(Ok(std::mem::take(&mut line)));
                }
            }
            if read == 0 {
                return;
            }
        }
    });
    receiver
}

/// Waits until the command exits. At the deadline it kills the command and returns `None`.
fn wait(child: &mut Child, end: Instant) -> io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= end {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// The time limit for a command: long enough for a remote password vault, too short for an interactive prompt.
const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Secret> {
        run(&["sh", "-c", script])
    }

    fn run(words: &[&str]) -> Result<Secret> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        first_line(&words, Path::new(""))
    }

    #[test]
    fn returns_the_first_line() {
        assert_eq!(shell("printf 'hunter2'").unwrap().expose(), "hunter2");
        assert_eq!(shell("echo hunter2; echo user: ann").unwrap().expose(), "hunter2");
        assert_eq!(shell("printf 'a b \\r\\n'").unwrap().expose(), "a b ");
        // More output than a pipe holds: the command must neither block nor be killed by SIGPIPE.
        assert_eq!(shell("echo hunter2; head -c 300000 /dev/zero").unwrap().expose(), "hunter2");
    }

    #[test]
    fn uses_no_shell() {
        assert_eq!(run(&["echo", "$HOME; *"]).unwrap().expose(), "$HOME; *");
        let error = run(&["echo hunter2"]).unwrap_err();
        assert!(error.kind() == ErrorKind::NotFound && error.help().unwrap().contains("no shell is used"), "{error:?}");
        assert!(first_line(&[], Path::new("")).is_err());
    }

    #[test]
    fn runs_in_the_given_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("it"), "hunter2").unwrap();
        assert_eq!(first_line(&["cat".into(), "it".into()], folder.path()).unwrap().expose(), "hunter2");
    }

    #[test]
    fn errors_do_not_show_the_output_of_the_command() {
        for (script, problem) in [
            ("echo hunter2; echo hunter2 >&2; exit 3", "exit status: 3"),
            ("true", "is empty"),
            ("echo; echo hunter2", "empty line"),
            ("printf 'hunter2\\377\\n'", "UTF-8"),
            ("head -c 70000 /dev/zero | tr '\\0' h", "too large"),
            ("printf hunter2; kill -9 $$", "signal: 9"),
        ] {
            let error = shell(script).unwrap_err();
            assert!(error.to_string().contains(problem), "{script}: {error}");
            let shown = format!("{error:?}");
            assert!(error.help().is_some() && !shown.contains("hunter2") && !shown.contains(script), "{shown}");
        }
    }

    #[test]
    fn kills_a_command_that_hangs() {
        let folder = tempfile::tempdir().unwrap();
        let script = "echo $$ > pid; echo hunter2; exec sleep 1000";
        let words = ["sh", "-c", script].map(str::to_owned);
        let pid = [0.3, 3.0, 30.0].into_iter().find_map(|seconds| {
            let error = within(&words, folder.path(), Duration::from_secs_f32(seconds)).unwrap_err();
            let shown = error.to_string();
            assert!(
                error.kind() == ErrorKind::Unavailable && shown.contains(&format!("within {seconds} s")),
                "{shown}"
            );
            // On a busy machine the script may not have started within the shortest limit.
            std::fs::read_to_string(folder.path().join("pid")).ok().filter(|pid| pid.ends_with('\n'))
        });
        let pid = pid.expect("the script never started");
        assert!(!Path::new("/proc").join(pid.trim()).join("cmdline").exists(), "the command is still running");
    }
}
