//! Words that must not come back into the project's texts.

use std::fs;

use gotosync_tests::texts::{Kind, texts};

use crate::tidy::{files, root};

/// Words and phrases, in lower case, with what to write instead.
const FOREIGN: &[(&str, &str)] = &[
    ("all the same", "anyway"),
    ("certification authority", "certificate authority"),
    ("comes to nothing", "is invalid, missing, or empty"),
    ("goes before", "takes precedence over"),
    ("if absent", "default, or: if omitted"),
    ("is asked to", "name the actor, or: requests"),
    ("is told", "reports, logs, prints, or shows"),
    ("are told", "report, log, print, or show"),
    ("was told", "reported, logged, printed, or showed"),
    ("be told", "reported, logged, printed, or shown"),
    ("licence", "license"),
    ("may vouch", "CA certificates in this file"),
    ("must vouch", "CA certificates in this file"),
    ("nobody", "no one, no user, or no person: name the actor"),
    ("not to its end", "incomplete read"),
    ("of a hundred", "percentage, at most N %"),
    ("on the way can read along", "unencrypted connection"),
    ("per cent", "%"),
    ("somebody", "user, person, admin, or caller"),
    ("stands against", "blocked by a check"),
    ("tells", "reports, logs, prints, shows, or says"),
    ("to its end", "complete read"),
    ("trial", "dry run (of a run), simulated (of a rule)"),
    ("tried again", "retried"),
    ("tries again", "retries"),
    ("try again", "retry"),
    ("what signing in gives", "credentials, secret, or token"),
    ("who the server is", "TLS certificate verification"),
    ("whoever", "user, person, admin, or caller"),
    ("whom", "name the person: people whose step failed"),
    ("whomever", "user, person, admin, or caller"),
];

/// Words with which no documentation of an item begins: it is a noun phrase, or a verb in the third person.
const OPENINGS: &[&str] = &["How", "Says whether", "What", "Where", "Whether", "Who", "Whose"];

/// Returns the phrases that a text contains as whole words.
fn foreign(words: &str) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    FOREIGN.iter().filter(move |(phrase, _)| {
        words.match_indices(phrase).any(|(at, _)| {
            !is_part(words[..at].chars().next_back()) && !is_part(words[at + phrase.len()..].chars().next())
        })
    })
}

/// The endings of the files that contain texts; scripts have no ending of their own.
const ENDINGS: &[&str] = &[".rs", ".py", ".pyi", ".md", "about.txt", "fuzz", "install", "long", "run"];

#[test]
fn texts_use_the_terms_of_the_field() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README can be read");
    let folders = [".ci", "benches", "gotosync-cli", "gotosync-core", "gotosync-py", "tests"];
    let all = folders.iter().flat_map(|folder| files(folder, ENDINGS)).chain([("README.md".to_owned(), readme)]);
    let (mut seen, mut found) = (0, Vec::new());
    for (name, content) in all.filter(|(name, _)| !name.ends_with("engine/wording.rs")) {
        for text in texts(&name, &content) {
            seen += 1;
            let words = match text.kind {
                Kind::TestName => text.words.replace('_', " "),
                _ => text.words,
            };
            let hits = foreign(&words).map(|(phrase, instead)| format!("`{phrase}`: write {instead}"));
            found.extend(hits.map(|hit| format!("{name}:{}: {hit}", text.line)));
            let opening = OPENINGS.iter().find(|opening| {
                words.strip_prefix(*opening).is_some_and(|rest| rest.starts_with(' ')) && text.kind == Kind::Doc
            });
            if let Some(opening) = opening {
                found.push(format!("{name}:{}: documentation begins with `{opening}`", text.line));
            }
        }
    }
    assert!(seen > 10_000, "only {seen} texts were read");
    assert!(found.is_empty(), "{} texts:\n{}", found.len(), found.join("\n"));
}

#[test]
fn finds_a_foreign_phrase_across_lines_and_not_inside_a_word() {
    let found: Vec<&str> = foreign("Tried\nagain, but retried and `industrial` are fine.").map(|hit| hit.0).collect();
    assert_eq!(found, ["tried again"]);
}
