//! Tests that editing a rules file keeps every byte of the unchanged parts.
//!
//! Each folder in `edits` is a test: `before.toml`, the edits in `do.txt`, and the expected `after.toml`. With
//! `GOTOSYNC_BLESS=1`, the tests write `after.toml` and fail nevertheless.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use gotosync_core::Error;
use gotosync_core::rules::{Change, Position, RulesFile};
use proptest::prelude::*;

fn open(text: &str) -> RulesFile {
    RulesFile::parse(text, "before.toml").unwrap_or_else(|errors| panic!("{errors:?}\n{text}"))
}

/// Splits a line into words. Text in single quotes is one word.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    parts
        .flat_map(|(at, part)| {
            if at % 2 == 1 { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
        })
        .collect()
}

fn step(file: &mut RulesFile, line: &str) -> Result<(), Vec<Error>> {
    let words = words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let place = |word: &str, other: &str| match word {
        "first" => Position::First,
        "last" => Position::Last,
        "before" => Position::Before(other.to_owned()),
        "after" => Position::After(other.to_owned()),
        _ => panic!("`{word}` is not a position"),
    };
    match *words.as_slice() {
        ["add", name, at, ref rest @ ..] => {
            let other = usize::from(at == "before" || at == "after");
            let says: Result<Vec<_>, _> = rest[other..].chunks(2).map(|pair| Change::set(pair[0], pair[1])).collect();
            file.add(name, &says?, &place(at, rest[0]))
        }
        ["move", name, at] => file.move_to(name, &place(at, "")),
        ["move", name, at, other] => file.move_to(name, &place(at, other)),
        ["set", name, key, value] => file.edit(name, &[Change::set(key, value)?]),
        ["unset", name, key] => file.edit(name, &[Change::unset(key)?]),
        ["rename", name, new] => file.rename(name, new),
        ["enable", name] => file.enable(name),
        ["disable", name] => file.disable(name),
        ["remove", name] => file.remove(name),
        _ => panic!("`{line}` is not an edit"),
    }
}

#[test]
fn every_edit_folder_gives_its_expected_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("edits");
    let bless = std::env::var_os("GOTOSYNC_BLESS").is_some();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for case in fs::read_dir(folder).expect("the folder of edits can be listed") {
        let case = case.expect("the entry can be read").path();
        let read = |name: &str| fs::read_to_string(case.join(name)).unwrap_or_default();
        let before = read("before.toml");
        let mut file = open(&before);
        for line in read("do.txt").lines().filter(|line| !line.starts_with('#')) {
            step(&mut file, line).unwrap_or_else(|errors| panic!("{}: {line}: {errors:?}", case.display()));
        }
        assert_ne!(file.text(), before, "{}: the edits change nothing", case.display());
        if file.text() != read("after.toml") {
            if bless {
                fs::write(case.join("after.toml"), file.text()).expect("the file can be written");
            }
            wrong.push(format!("{}:\n{}", case.display(), file.text()));
        }
        seen += 1;
    }
    assert!(seen >= 9, "only {seen} folders of edits");
    assert!(wrong.is_empty(), "unexpected results:\n{}", wrong.join("\n"));
}

/// Returns the nonblank lines of a file that do not belong to a rule.
fn others(file: &RulesFile, rule: &str) -> Vec<String> {
    let own = file.written(rule).unwrap_or_default();
    let text = file.text();
    let start = if own.is_empty() { None } else { text.find(&own) };
    let rest = start.map_or_else(|| text.to_owned(), |at| format!("{}\n{}", &text[..at], &text[at + own.len()..]));
    rest.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

/// Returns the nonblank lines of a rule, except those that set a key.
fn own_lines(file: &RulesFile, rule: &str, key: &str) -> Vec<String> {
    let text = file.written(rule).expect("the rule is there");
    let kept = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with(key);
    text.lines().filter(kept).map(str::to_owned).collect()
}

/// Draws comments and blank lines between or inside rules.
fn filler() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "", "\n", "\n\n", "# c\n", "\n# apart\n\n", "  # ä\n", "\n# one\n# two\n"])
}

fn body() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "everyone = true\n",
        "everyone=true # e\nproducts = [\n  'X', # x\n  'Y'\n]\n",
        "  ou = 'OU=a,DC=x'\n  exclude = { filter = '(a=b)' } # f\n",
        "group = { name = 'G', members = \"direct\" }\nfields.email = '{{ mail }}'\n# fields.last_name = false\n",
        "ou = ['OU=a,DC=x']\nlanguage = '''\n# no comment\nen_US'''\n",
        "everyone = true\n\n[rule.fields] # fields\n# of names\nlast_name = '{{ sn }}'\n[rule.limits.shrink]\npercent = 5\n",
        "everyone = true\nenabled = false # off\n",
    ])
}

/// Draws a rules file in unusual but valid TOML, and whether it has CRLF line endings.
fn rules_text() -> impl Strategy<Value = String> {
    let rule = (filler(), body(), filler());
    let top = prop::sample::select(vec!["", "# top\n\n", "leavers = 'keep' # l\n", "[limits]\ncreate = 'unlimited'\n"]);
    (top, prop::collection::vec(rule, 1..6), filler(), any::<bool>(), any::<bool>()).prop_map(
        |(top, rules, end, windows, cut)| {
            let mut text = top.to_owned();
            for (at, (above, body, within)) in rules.into_iter().enumerate() {
                let (first, rest) = body.split_at(body.find('\n').map_or(0, |end| end + 1));
                // Comments must not be inserted into a multi-line value.
                let within = if first.contains('[') { "" } else { within };
                let _ = write!(text, "{above}[[rule]]\nname = 'R{at}'\n{within}{first}{rest}");
            }
            text += end;
            if cut && text.ends_with('\n') {
                text.pop();
            }
            if windows { text.replace('\n', "\r\n") } else { text }
        },
    )
}

#[derive(Clone, Debug)]
enum Op {
    Add(usize),
    Set(usize, usize),
    Unset(usize, usize),
    Toggle(usize),
    Remove(usize),
    Move(usize, usize, usize),
    Rename(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let any = || any::<prop::sample::Index>().prop_map(|at| at.index(60));
    prop_oneof![
        any().prop_map(Op::Add),
        (any(), any()).prop_map(|(rule, key)| Op::Set(rule, key)),
        (any(), any()).prop_map(|(rule, key)| Op::Unset(rule, key)),
        any().prop_map(Op::Toggle),
        any().prop_map(Op::Remove),
        (any(), any(), any()).prop_map(|(rule, other, place)| Op::Move(rule, other, place)),
        any().prop_map(Op::Rename),
    ]
}

const SETTINGS: &[(&str, &str)] = &[
    ("products", "['X', 'Z']"),
    ("update", "false"),
    ("fields.email", "'{{ mail | lower }}'"),
    ("limits.shrink.percent", "7"),
    ("exclude.group", "'Guests'"),
    ("language", "'de_DE'"),
];

/// Performs one edit and checks that it changes only its own lines.
fn held(file: &mut RulesFile, op: &Op, number: usize) {
    let names = file.names();
    let pick = |at: usize| names[at % names.len()].clone();
    let before = file.clone();
    match op {
        Op::Add(at) => {
            let name = format!("N{number}");
            let says = [Change::set("everyone", "true").expect("the value is valid")];
            let place = if at % 2 == 0 { Position::Before(pick(*at)) } else { Position::After(pick(*at)) };
            file.add(&name, &says, &place).expect("a rule can be added");
            assert_eq!(others(file, &name), others(&before, &name), "{op:?}");
        }
        Op::Set(at, key) => {
            let (rule, (key, value)) = (pick(*at), SETTINGS[key % SETTINGS.len()]);
            let result = file.edit(&rule, &[Change::set(key, value).expect("the value is valid")]);
            result.unwrap_or_else(|errors| panic!("{op:?}: {errors:?}\n{}", before.text()));
            assert_eq!(others(file, &rule), others(&before, &rule), "{op:?}");
            let top = key.split('.').next().expect("a key has a first part");
            if ["update", "language"].contains(&top) && !before.text().contains("'''") {
                assert_eq!(own_lines(file, &rule, top), own_lines(&before, &rule, top), "{op:?}");
            }
        }
        Op::Unset(at, key) => {
            let (rule, (key, _)) = (pick(*at), SETTINGS[key % SETTINGS.len()]);
            if file.edit(&rule, &[Change::unset(key).expect("the key is valid")]).is_err() {
                assert_eq!(file.text(), before.text());
            }
            assert_eq!(others(file, &rule), others(&before, &rule), "{op:?}");
        }
        Op::Toggle(at) => {
            let rule = pick(*at);
            file.disable(&rule).expect("a rule can be disabled");
            assert_eq!(own_lines(file, &rule, "enabled"), own_lines(&before, &rule, "enabled"), "{op:?}");
            file.enable(&rule).expect("a rule can be enabled");
            assert_eq!(others(file, &rule), others(&before, &rule), "{op:?}");
            assert_eq!(own_lines(file, &rule, "enabled"), own_lines(&before, &rule, "enabled"), "{op:?}");
        }
        Op::Remove(at) => {
            let rule = pick(*at);
            let removed = file.remove(&rule);
            assert_eq!(removed.is_err(), names.len() == 1);
            if removed.is_ok() {
                assert_eq!(others(file, &rule), others(&before, &rule), "{op:?}");
            }
        }
        Op::Move(at, other, place) => {
            let (rule, other) = (pick(*at), pick(*other));
            let places = [Position::First, Position::Last, Position::Before(other.clone()), Position::After(other)];
            if file.move_to(&rule, &places[place % 4]).is_err() {
                assert_eq!(file.text(), before.text());
            }
            assert_eq!(others(file, &rule), others(&before, &rule), "{op:?}");
            let trimmed =
                |file: &RulesFile| file.written(&rule).expect("the rule is in the file").trim_end().to_owned();
            assert_eq!(trimmed(file), trimmed(&before), "{op:?}");
        }
        Op::Rename(at) => {
            let (rule, new) = (pick(*at), format!("M{number}"));
            file.rename(&rule, &new).expect("a rule can be renamed");
            assert_eq!(others(file, &new), others(&before, &rule), "{op:?}");
        }
    }
    for name in file.names().iter().filter(|name| names.contains(name)) {
        assert!(file.line_of(name).is_some(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(gotosync_tests::cases(400)))]

    #[test]
    fn any_sequence_of_edits_keeps_the_rest_of_the_file(text in rules_text(), ops in prop::collection::vec(op(), 1..8)) {
        let mut file = open(&text);
        prop_assume!(file.rules().is_ok());
        for (number, op) in ops.iter().enumerate() {
            held(&mut file, op, number);
            file.rules().unwrap_or_else(|errors| panic!("{op:?}: {errors:?}\n{}", file.text()));
            let windows = text.contains("\r\n");
            if windows {
                prop_assert_eq!(file.text().matches('\n').count(), file.text().matches("\r\n").count(), "{}", file.text());
            }
        }
    }
}
