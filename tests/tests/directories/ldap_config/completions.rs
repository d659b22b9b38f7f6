//! Shell completion with a live directory, an account, and rules. On any error, the shell gets no candidates and no
//! output.

use std::process::{Command, Stdio};

use gotosync_tests::command::{Said, said};

use super::SAMBA;
use super::place::{FULL_BINARY, Place, simple};

/// Returns a place whose people are in the domain.
fn place() -> Place {
    let place =
        Place::new(&format!("ldap = '{}'\nca = '{}'\n{}", SAMBA.url(), SAMBA.ca_file().display(), simple(&user())));
    place.secret("secret", &SAMBA.reader().password);
    place.with("LC_ALL", "C.UTF-8")
}

fn user() -> String {
    SAMBA.reader().principal
}

/// Returns the output of the command for a shell with these words, the last of which is to be completed.
fn asked(place: &Place, shell: &str, words: &[&str]) -> Said {
    let mut command = place.command(&[]);
    let mut bare = Command::new(command.get_program());
    bare.current_dir(command.get_current_dir().expect("the command has a working directory")).stdin(Stdio::null());
    bare.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).env_remove("GOTOSYNC_CONFIG");
    bare.env("GOTOSYNC_COMPLETE", shell).env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    bare.args(["--", "gotosync"]).args(words);
    command = bare;
    said(command.output().expect("the command starts"))
}

/// Returns the candidates, without their descriptions.
fn candidates(place: &Place, shell: &str, words: &[&str]) -> Vec<String> {
    let said = asked(place, shell, words);
    assert!(said.code == Some(0) && said.err.is_empty(), "{said:?}");
    let value = |line: &str| {
        let line = line.split('\t').next().unwrap_or_default();
        // zsh separates a value and its description with a colon.
        if shell == "zsh" {
            line.replace("\\:", "\0").split(':').next().unwrap_or_default().replace("\\\\", "\\")
        } else {
            line.to_owned()
        }
    };
    said.out.lines().map(value).collect()
}

#[test]
fn every_shell_completes_units_and_groups_of_a_live_directory() {
    let place = place();
    let unit = format!("OU=Müller & Söhne,{}", SAMBA.base());
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert_eq!(candidates(&place, shell, &["rule", "add", "New", "--ou", "ou=mül"]), [unit.as_str()], "{shell}");
        let groups = candidates(&place, shell, &["rule", "edit", "Everyone", "--group", "domain u"]);
        assert_eq!(groups, ["Domain Users"], "{shell}");
    }
    let tops = candidates(&place, "fish", &["rule", "add", "New", "--ou", ""]);
    assert!(tops.contains(&SAMBA.base()) && tops.contains(&unit), "{tops:?}");
    let deep = candidates(&place, "fish", &["rule", "add", "New", "--ou", "OU=Leipzig,OU=Ger"]);
    assert_eq!(deep, [format!("OU=Leipzig,OU=Germany,OU=Staff,{unit}")]);
    assert_eq!(
        candidates(&place, "fish", &["rule", "add", "New", "--ou", "Leip"]),
        deep,
        "a name must complete to the DN of its unit"
    );
    let hostile = candidates(&place, "fish", &["rule", "add", "New", "--ou", "OU=Partners\\, ext"]);
    assert_eq!(hostile, [format!("OU=Partners\\, external,{unit}")]);
    let groups = candidates(&place, "fish", &["rule", "add", "New", "--group", ""]);
    assert!(groups.iter().any(|group| group == "Domain Users") && groups.len() > 20, "{groups:?}");
    let named = candidates(&place, "fish", &["rule", "add", "New", "--group", "CN=Domain Us"]);
    assert_eq!(named, [format!("CN=Domain Users,CN=Users,{}", SAMBA.base())]);
    assert_eq!(candidates(&place, "fish", &["rule", "add", "New", "--ou", "OU=Nowhere"]), [] as [&str; 0]);
}

#[test]
fn completes_names_of_the_account_and_of_rules() {
    let place = place();
    place.run(&["plan"]);
    for words in [
        &["rule", "show", "E"][..],
        &["rule", "edit", "ev"],
        &["rule", "enable", "ev"],
        &["rule", "disable", "ev"],
        &["rule", "remove", "ev"],
        &["rule", "move", "ev"],
        &["rule", "move", "Everyone", "--before", "ev"],
        &["rule", "add", "New", "--after", "ev"],
        &["import", "people.csv", "--rule", "ev"],
    ] {
        assert_eq!(candidates(&place, "bash", words), ["Everyone"], "{words:?}");
    }
    assert_eq!(candidates(&place, "bash", &["rule", "add", "New", "--product", "goto"]), ["GoToMeeting"]);
    let words = candidates(&place, "bash", &["rule", "add", "New", "--prod"]);
    assert_eq!(words, ["--product"]);
    // The rules file named on the command line is used.
    let elsewhere = Place::new("ldif = 'nothing.ldif'");
    let file = place.path("gotosync.toml").display().to_string();
    for named in [&["--config", &file][..], &[&format!("--config={file}")]] {
        let words = [named, &["rule", "show", "E"]].concat();
        assert_eq!(candidates(&elsewhere, "bash", &words), ["Everyone"], "{words:?}");
    }
}

/// Calls the function of the bash script with words split as bash splits them. Appends the result to the text that
/// bash keeps, and lets bash parse the line again.
#[test]
fn quotes_completions_for_bash() {
    let place = place();
    let unit = format!("OU=Müller & Söhne,{}", SAMBA.base());
    let partners = format!("OU=Partners\\, external,{unit}");
    for (typed, parted, behind, last, name) in [
        ("gotosync rule add N --ou OU=Mül", "gotosync rule add N --ou OU = Mül", "OU=", "Mül", &unit),
        (
            "gotosync rule add N --ou OU=Partners",
            "gotosync rule add N --ou OU = Partners",
            "OU=",
            "Partners",
            &partners,
        ),
        ("gotosync rule add N --ou 'OU=Mü", "gotosync rule add N --ou \"'OU=Mü\"", "", "OU=Mü", &unit),
        ("gotosync rule add 'N M' --ou OU=Mül", "gotosync rule add \"'N M'\" --ou OU = Mül", "OU=", "Mül", &unit),
    ] {
        let quoted = typed.contains("'OU");
        let script = format!(
            "source <(gotosync completions bash) && COMP_LINE={} && COMP_POINT=${{#COMP_LINE}} && COMP_WORDS=({parted}) && \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) && _gotosync gotosync {last} before && \
             for found in \"${{COMPREPLY[@]}}\"; do {}; done",
            shell_word(typed),
            if quoted {
                "printf '%s\\n' \"$found\"".to_owned()
            } else {
                format!("eval \"printf '%s\\n' {behind}$found\"")
            }
        );
        let said = bash(&place, &script);
        assert_eq!((said.code, said.out.lines().next()), (Some(0), Some(name.as_str())), "{typed}: {said:?}");
    }
    assert_eq!(bash(&place, "gotosync completions bash | bash -n").code, Some(0));
    for shell in ["zsh", "fish", "powershell"] {
        let script = place.run(&["completions", shell]);
        assert!(script.code == Some(0) && script.out.contains("GOTOSYNC_COMPLETE"), "{script:?}");
    }
}

/// Runs a script in a bash that finds the command on its path.
fn bash(place: &Place, script: &str) -> Said {
    let folder = place.path("bin");
    let _ = std::fs::create_dir(&folder);
    let _ = std::os::unix::fs::symlink(FULL_BINARY, folder.join("gotosync"));
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let mut bash = Command::new("bash");
    bash.args(["--norc", "--noprofile", "-c", script]).env("PATH", path).env("LC_ALL", "C.UTF-8");
    bash.current_dir(place.path("")).env("GOTOSYNC_CONFIG", place.path("gotosync.toml")).stdin(Stdio::null());
    said(bash.output().expect("bash starts"))
}

fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[test]
fn errors_print_nothing_during_completion() {
    let words = ["rule", "add", "New", "--ou", "OU=Mül"];
    let nothing = |place: &Place, shell: &str, words: &[&str]| {
        let said = asked(place, shell, words);
        assert_eq!((said.code, &*said.out, &*said.err), (Some(0), "", ""), "{shell} {words:?}");
    };
    let place = place();
    assert_eq!(candidates(&place, "bash", &words).len(), 1, "without the error, completion finds a name");
    nothing(&place, "csh", &words);
    place.secret("secret", "wrong");
    nothing(&place, "bash", &words);
    place.mode("secret", 0o644);
    nothing(&place, "bash", &words);
    place.write("gotosync.toml", "[source");
    nothing(&place, "bash", &words);
    nothing(&place, "fish", &["rule", "show", "E"]);
    place.configure("[source]\nldap = 'ldaps://127.0.0.1:1'\nsign_in = 'anonymous'\n");
    nothing(&place, "zsh", &words);
    // A program that provides the password may ask the user for input, so completion does not start it.
    let source =
        format!("[source]\nldap = '{}'\nca = '{}'\nuser = '{}'\n", SAMBA.url(), SAMBA.ca_file().display(), user());
    place.configure(&format!("{source}password = {{ command = ['touch', 'was-started'] }}\n"));
    nothing(&place, "bash", &words);
    assert!(!place.path("was-started").exists());
    place.run(&["browse"]);
    assert!(place.path("was-started").exists(), "other commands start it");
    // Completion does not create a missing account.
    place.configure("[source]\nldif = 'nothing.ldif'\n");
    nothing(&place, "bash", &["rule", "add", "New", "--product", "G"]);
    assert!(!place.path("account.db").exists());
}
