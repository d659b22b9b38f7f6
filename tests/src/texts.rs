//! The texts that a reader of the project can see: documentation, comments, messages, and names of tests, taken from its files.

/// A kind of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A doc comment or a docstring.
    Doc,
    /// A comment in code.
    Comment,
    /// A string literal of the product with at least three words.
    Message,
    /// The name of a test.
    TestName,
    /// A paragraph, a list item, or a row of a table on a page.
    Page,
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Self] = &[Self::Doc, Self::Comment, Self::Message, Self::TestName, Self::Page];
}

/// A text and the line on which it begins, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The kind of text.
    pub kind: Kind,
    /// The line on which it begins.
    pub line: usize,
    /// The words, with line breaks as they are in the file.
    pub words: String,
}

/// Returns the texts of a file, chosen by the ending of its name; a file of an unknown kind has none.
pub fn texts(name: &str, content: &str) -> Vec<Text> {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("rs") => rust(name, content),
        Some("py" | "pyi") => python(content),
        Some("md") => page(content),
        Some("txt") if name.ends_with("about.txt") => page(content),
        _ if content.starts_with("#!") => {
            merged(content.lines().enumerate().filter_map(|(at, line)| hash(at + 1, line)))
        }
        _ => Vec::new(),
    }
}

/// A message has at least three words, so that keys and data are not taken for one.
fn is_message(text: &str) -> bool {
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_alphabetic() || ",.:;'`-".contains(c));
    text.split_whitespace().filter(is_word).count() >= 3
}

fn rust(name: &str, content: &str) -> Vec<Text> {
    let tests_only = name.contains("/tests/") || name.starts_with("tests/");
    let product = content.split("\n#[cfg(test)]").next().unwrap_or_default().len();
    let mut found = Vec::new();
    let mut rest = content;
    let mut line = 1;
    let mut after_test = false;
    while let Some(first) = rest.chars().next() {
        let at = content.len() - rest.len();
        let length = if rest.starts_with("//") {
            let text = rest.lines().next().unwrap_or_default();
            let kind = if text.starts_with("///") || text.starts_with("//!") { Kind::Doc } else { Kind::Comment };
            found.push(Text { kind, line, words: text.trim_start_matches(['/', '!']).trim().to_owned() });
            text.len()
        } else if let Some((inner, length)) = string(rest, at == 0 || !is_name(content[..at].chars().next_back())) {
            if at < product && !tests_only && is_message(inner) {
                found.push(Text { kind: Kind::Message, line, words: inner.to_owned() });
            }
            length
        } else if first == '\'' {
            character(rest)
        } else if rest.starts_with("test]") || rest.starts_with("test(") {
            after_test = true;
            4
        } else if after_test && rest.starts_with("fn ") {
            let test: String = rest[3..].chars().take_while(|c| is_name(Some(*c))).collect();
            found.push(Text { kind: Kind::TestName, line, words: test });
            after_test = false;
            3
        } else {
            first.len_utf8()
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    merged(found.into_iter())
}

fn is_name(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// Returns the inside of a string literal at the start of the text, and the length of the literal.
fn string(rest: &str, begins: bool) -> Option<(&str, usize)> {
    let prefix = if begins { rest.len() - rest.trim_start_matches(['b', 'r', 'c']).len() } else { 0 };
    let (prefix, open) = if prefix <= 2 { rest.split_at(prefix) } else { ("", rest) };
    let hashes = open.len() - open.trim_start_matches('#').len();
    let raw = prefix.contains('r');
    if (hashes > 0 && !raw) || !open[hashes..].starts_with('"') {
        return None;
    }
    let start = prefix.len() + hashes + 1;
    let mut end = start;
    if raw {
        end += rest[start..].find(&format!("\"{}", "#".repeat(hashes)))?;
        return Some((&rest[start..end], end + 1 + hashes));
    }
    let mut characters = rest[start..].chars();
    loop {
        match characters.next()? {
            '"' => return Some((&rest[start..end], end + 1)),
            '\\' => end += 1 + characters.next()?.len_utf8(),
            other => end += other.len_utf8(),
        }
    }
}

/// Returns the length of a character literal, or of the apostrophe of a lifetime.
fn character(rest: &str) -> usize {
    let mut inside = rest[1..].chars();
    match inside.next() {
        Some('\\') => rest[2..].char_indices().skip(1).find(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 3),
        Some(c) if inside.next() == Some('\'') => c.len_utf8() + 2,
        _ => 1,
    }
}

fn python(content: &str) -> Vec<Text> {
    let mut found = Vec::new();
    for (number, part) in content.split("\"\"\"").enumerate() {
        let begin = part.as_ptr() as usize - content.as_ptr() as usize;
        let line = content[..begin].matches('\n').count() + 1;
        if number % 2 == 1 {
            found.push(Text { kind: Kind::Doc, line, words: part.trim().to_owned() });
            continue;
        }
        for (at, text) in part.lines().enumerate() {
            found.extend(hash(line + at, text));
            if let Some(name) = text.trim_start().trim_start_matches("async ").strip_prefix("def test_") {
                let words = name.split('(').next().unwrap_or_default().to_owned();
                found.push(Text { kind: Kind::TestName, line: line + at, words });
            }
        }
    }
    merged(found.into_iter())
}

/// Returns the comment that a line consists of, in a language whose comments begin with `#`.
fn hash(line: usize, text: &str) -> Option<Text> {
    let words = text.trim_start().strip_prefix('#')?.trim().to_owned();
    (!words.starts_with('!')).then_some(Text { kind: Kind::Comment, line, words })
}

/// Joins comments on consecutive lines.
fn merged(texts: impl Iterator<Item = Text>) -> Vec<Text> {
    let mut found: Vec<Text> = Vec::new();
    for text in texts {
        let joins = |last: &&mut Text| {
            last.kind == text.kind
                && matches!(text.kind, Kind::Doc | Kind::Comment)
                && last.line + last.words.matches('\n').count() + 1 == text.line
        };
        match found.last_mut().filter(joins) {
            Some(last) => {
                last.words.push('\n');
                last.words.push_str(&text.words);
            }
            None => found.push(text),
        }
    }
    found.retain(|text| !text.words.trim().is_empty());
    found
}

fn page(content: &str) -> Vec<Text> {
    let (mut found, mut code, mut open) = (Vec::<Text>::new(), false, false);
    for (at, line) in content.lines().enumerate() {
        let text = line.trim();
        if text.starts_with("```") {
            (code, open) = (!code, false);
        } else if code || text.is_empty() || text.starts_with("|--") || text.starts_with("<!--") {
            open = false;
        } else if open && !text.starts_with(['|', '#']) && !text.starts_with("- ") {
            let last = found.last_mut().expect("a paragraph is open");
            last.words.push('\n');
            last.words.push_str(text);
        } else {
            found.push(Text { kind: Kind::Page, line: at + 1, words: text.to_owned() });
            open = !text.starts_with(['|', '#']);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, content: &str) -> Vec<(Kind, usize, String)> {
        texts(name, content).into_iter().map(|text| (text.kind, text.line, text.words)).collect()
    }

    #[test]
    fn finds_the_texts_of_a_rust_file_and_not_its_code() {
        let source = "/// Returns it.\n/// Twice.\nfn a<'a>(b: char) { // why\n    let q = ('\"', '\\'', \"two words\");\n    \
                      error(r#\"the \"server\" closed the connection\"#);\n}\n#[cfg(test)]\nmod tests {\n    #[test]\n    \
                      fn closes_it() { assert!(x, \"the data of a test\") }\n}\n";
        let expected = [
            (Kind::Doc, 1, "Returns it.\nTwice."),
            (Kind::Comment, 3, "why"),
            (Kind::Message, 5, "the \"server\" closed the connection"),
            (Kind::TestName, 10, "closes_it"),
        ];
        assert_eq!(of("a.rs", source), expected.map(|(kind, line, words)| (kind, line, words.to_owned())));
    }

    #[test]
    fn finds_paragraphs_items_and_rows_of_a_page_and_no_code() {
        let source = "# Title\n\nOne\ntwo\n- item\n  goes on\n\n```sh\nls\n```\n| a | b |\n|---|---|\n| c | d |\n";
        let expected = [(1, "# Title"), (3, "One\ntwo"), (5, "- item\ngoes on"), (11, "| a | b |"), (13, "| c | d |")];
        assert_eq!(of("a.md", source), expected.map(|(line, words)| (Kind::Page, line, words.to_owned())));
    }

    #[test]
    fn finds_docstrings_comments_and_tests_of_python() {
        let source = "\"\"\"A module.\"\"\"\n# why\n# so\ndef test_it(a):\n    \"\"\"Reads.\n\n    More.\n    \"\"\"\n";
        let expected = [
            (Kind::Doc, 1, "A module."),
            (Kind::Comment, 2, "why\nso"),
            (Kind::TestName, 4, "it"),
            (Kind::Doc, 5, "Reads.\n\n    More."),
        ];
        assert_eq!(of("a.py", source), expected.map(|(kind, line, words)| (kind, line, words.to_owned())));
    }
}
