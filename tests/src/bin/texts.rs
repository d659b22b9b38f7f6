//! Prints a random sample of the project's texts, for a reader to judge: `cargo run -p gotosync-tests --bin texts SEED`.
//!
//! The same seed gives the same texts for the same tree.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

use gotosync_tests::texts::{Kind, texts};

/// The number of texts of each kind in a sample of sixty.
const SHARES: &[(Kind, usize)] =
    &[(Kind::Doc, 18), (Kind::Comment, 8), (Kind::Message, 14), (Kind::TestName, 8), (Kind::Page, 12)];

fn main() -> ExitCode {
    let Some(seed) = env::args().nth(1) else {
        eprintln!("usage: texts SEED");
        return ExitCode::from(2);
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the workspace");
    let listed = Command::new("git").arg("-C").arg(root).arg("ls-files").output().expect("git lists the files");
    let mut all = Vec::new();
    for name in String::from_utf8_lossy(&listed.stdout).lines() {
        if let Ok(content) = fs::read_to_string(root.join(name)) {
            all.extend(texts(name, &content).into_iter().map(|text| (name.to_owned(), text)));
        }
    }
    all.sort_by_cached_key(|(name, text)| {
        *blake3::hash(format!("{seed}\0{name}\0{}", text.line).as_bytes()).as_bytes()
    });
    let mut number = 0;
    for (kind, share) in SHARES {
        for (name, text) in all.iter().filter(|(_, text)| text.kind == *kind).take(*share) {
            number += 1;
            println!("{number}. {kind:?}, {name}:{}\n    {}\n", text.line, text.words.replace('\n', "\n    "));
        }
    }
    ExitCode::SUCCESS
}
