//! Finds the imports between the files of a crate by reading its sources, so that a test can check the module order.

use std::collections::{BTreeMap, BTreeSet};

/// The path of a module from the crate root, such as `["model", "email"]`.
pub type Module = Vec<String>;

/// The files of a crate and the imports of each file.
#[derive(Debug)]
pub struct Imports {
    edges: BTreeMap<Module, BTreeSet<Module>>,
}

impl Imports {
    /// Parses the files of a crate, given as paths below `src` and texts. Test code is ignored.
    pub fn read<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let sources: BTreeMap<Module, String> =
            files.into_iter().map(|(path, text)| (module_of(path), without_tests(text))).collect();
        let crate_ = Crate {
            uses: sources.iter().map(|(module, text)| (module.clone(), uses(text).0)).collect(),
            modules: sources.keys().cloned().collect(),
        };
        let mut edges: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for (module, text) in &sources {
            let (named, rest) = uses(text);
            let paths = named.into_iter().map(|(_, path)| path).chain(inline(&rest));
            let found = paths.filter_map(|path| crate_.place(module, &path, 0)).filter(|place| place != module);
            edges.insert(module.clone(), found.collect());
        }
        Self { edges }
    }

    /// Returns the number of modules.
    pub fn modules(&self) -> usize {
        self.edges.len()
    }

    /// Returns each import between top-level modules, with one file that contains it.
    pub fn of_stages(&self) -> BTreeMap<(String, String), String> {
        let mut found = BTreeMap::new();
        for (from, to) in self.edges.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to))) {
            if let (Some(one), Some(other)) = (from.first(), to.first())
                && one != other
            {
                found.entry((one.clone(), other.clone())).or_insert_with(|| from.join("/"));
            }
        }
        found
    }

    /// Returns the import cycles. A module and its submodules may import each other.
    pub fn circles(&self) -> Vec<BTreeSet<String>> {
        let apart = |one: &Module, other: &Module| !one.starts_with(other) && !other.starts_with(one);
        let edges: BTreeMap<&Module, Vec<&Module>> =
            self.edges.iter().map(|(from, all)| (from, all.iter().filter(|to| apart(from, to)).collect())).collect();
        let reached = |from: &Module| {
            let (mut seen, mut left) = (BTreeSet::new(), vec![from]);
            while let Some(module) = left.pop() {
                for next in edges.get(module).into_iter().flatten() {
                    if seen.insert(*next) {
                        left.push(next);
                    }
                }
            }
            seen
        };
        let all: BTreeMap<&Module, BTreeSet<&Module>> = edges.keys().map(|module| (*module, reached(module))).collect();
        let circles = all.iter().filter(|(module, reached)| reached.contains(**module)).map(|(module, reached)| {
            let back = reached.iter().filter(|other| all.get(**other).is_some_and(|from| from.contains(*module)));
            back.map(|other| other.join("/")).collect::<BTreeSet<_>>()
        });
        circles.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The modules of a crate and the names that each module imports.
struct Crate {
    modules: BTreeSet<Module>,
    uses: BTreeMap<Module, Vec<(String, Module)>>,
}

impl Crate {
    /// Resolves a path as seen from a module to the module that it names. Re-exports are followed.
    fn place(&self, from: &Module, path: &[String], depth: usize) -> Option<Module> {
        let (mut here, mut rest) = match path.first()?.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (from.clone(), &path[1..]),
            "super" => {
                let up = path.iter().take_while(|name| *name == "super").count();
                (from[..from.len().checked_sub(up)?].to_vec(), &path[up..])
            }
            first if self.modules.contains(&below(from, first)) => (from.clone(), path),
            _ => return None,
        };
        while let Some(name) = rest.first().filter(|name| self.modules.contains(&below(&here, name))) {
            here = below(&here, name);
            rest = &rest[1..];
        }
        let passed = rest.first().and_then(|name| self.uses.get(&here)?.iter().find(|(own, _)| own == name));
        let further = passed.filter(|_| depth < 8).and_then(|(_, path)| self.place(&here, path, depth + 1));
        Some(further.unwrap_or(here))
    }
}

fn below(module: &Module, name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

fn module_of(path: &str) -> Module {
    match path.trim_end_matches(".rs") {
        "lib" => Vec::new(),
        path => path.split('/').map(str::to_owned).collect(),
    }
}

/// Returns the code of a file up to its inline tests, without comments.
fn without_tests(text: &str) -> String {
    let net = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    net.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Returns the names that `use` statements import, each with its path, and the text without these statements.
fn uses(text: &str) -> (Vec<(String, Module)>, String) {
    let (mut found, mut rest, mut statement) = (Vec::new(), String::new(), None::<String>);
    for line in text.lines() {
        let open = statement.take().or_else(|| begins_use(line).then(String::new));
        let Some(mut open) = open else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        open.push_str(line.trim());
        match open.strip_suffix(';') {
            Some(whole) => {
                let tree = whole.split_once("use ").map_or("", |(_, tree)| tree);
                expand(tree, &mut Vec::new(), &mut found);
            }
            None => statement = Some(open + " "),
        }
    }
    (found, rest)
}

fn begins_use(line: &str) -> bool {
    let line = line.trim_start();
    let public = line.strip_prefix("pub").map(|rest| match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(')').map_or("", |(_, rest)| rest),
        None => rest,
    });
    public.unwrap_or(line).trim_start().starts_with("use ")
}

/// Adds each name of a `use` tree to `found`.
fn expand(tree: &str, way: &mut Module, found: &mut Vec<(String, Module)>) {
    let tree = tree.trim();
    if let Some((head, inner)) = tree.split_once('{') {
        let names: Vec<&str> = head.split("::").map(str::trim).filter(|name| !name.is_empty()).collect();
        way.extend(names.iter().map(|name| (*name).to_owned()));
        for part in parts(inner.strip_suffix('}').unwrap_or(inner)) {
            expand(part, way, found);
        }
        way.truncate(way.len() - names.len());
        return;
    }
    let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
    let mut path: Module = way.iter().cloned().chain(path.split("::").map(|name| name.trim().to_owned())).collect();
    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
        path.pop();
    }
    let last = path.last().cloned().unwrap_or_default();
    let name = if name.is_empty() { last } else { name.trim().to_owned() };
    if !name.is_empty() {
        found.push((name, path));
    }
}

/// Splits a text at the commas outside of inner braces.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

/// Returns the paths in code that begin with `crate`, `super`, or `self`.
fn inline(text: &str) -> Vec<Module> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in text.match_indices(start) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| is_word(c) || c == ':') {
                continue;
            }
            let end = text[at..].find(|c: char| !is_word(c) && c != ':').map_or(text.len(), |end| at + end);
            found.push(text[at..end].trim_end_matches(':').split("::").map(str::to_owned).collect());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        Imports::read(files.iter().copied()).circles().into_iter().map(|circle| circle.into_iter().collect()).collect()
    }

    #[test]
    fn finds_two_files_that_import_each_other() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\npub use a::One;"),
            ("a.rs", "use crate::{\n    b::{self, Two as Other},\n};"),
            ("b.rs", "fn x() -> crate::One {}"),
        ];
        assert_eq!(circles(&files), [["a", "b"]]);
        assert_eq!(circles(&files[..2]), Vec::<Vec<String>>::new());
    }

    #[test]
    fn finds_longer_cycles_and_allows_a_parent_to_import_its_child() {
        let files = [
            ("a.rs", "mod x;\nuse x::Ex;\npub(crate) use self::y::Why;"),
            ("a/x.rs", "use super::Why;"),
            ("a/y.rs", "use super::z::Zed;"),
            ("a/z.rs", "use super::Ex;"),
        ];
        assert_eq!(circles(&files), [["a/x", "a/y", "a/z"]]);
        assert!(circles(&[("a.rs", "use self::x::Ex;"), ("a/x.rs", "use super::One;")]).is_empty());
    }

    #[test]
    fn ignores_imports_in_tests_and_comments() {
        let tests = "// use crate::b::Two;\n#[cfg(test)]\nmod tests {\n    use crate::b::Two;\n}";
        let imports = Imports::read([("a.rs", tests), ("b.rs", "use crate::a::One;")]);
        let stages: Vec<_> = imports.of_stages().into_keys().collect();
        assert_eq!(stages, [("b".to_owned(), "a".to_owned())]);
        assert!(imports.circles().is_empty());
    }
}
