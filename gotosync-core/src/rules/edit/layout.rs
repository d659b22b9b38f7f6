//! The byte ranges of the rules in a file.

use std::ops::Range;

use toml_edit::{Document, Item, Table};

use super::lines::{comments_above, comments_below, line_end, line_start};

/// The rules of a file with their positions.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) rules: Vec<Block>,
    sections: Vec<Section>,
}

/// The lines of a rule, including its comments.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) name: String,
    /// The position of its heading.
    pub(super) header: usize,
    /// The ranges of the rule's lines. There is nearly always one, but TOML allows other tables between the tables of a rule.
    pub(super) parts: Vec<Range<usize>>,
}

/// A table with a heading.
#[derive(Debug)]
struct Section {
    header: Range<usize>,
    rule: Option<usize>,
    path: Vec<String>,
    lines: Range<usize>,
}

impl Block {
    pub(super) fn start(&self) -> usize {
        self.parts.first().map_or(self.header, |part| part.start)
    }

    pub(super) fn end(&self) -> usize {
        self.parts.last().map_or(self.header, |part| part.end)
    }

    /// Returns the text of the block.
    pub(super) fn text(&self, text: &str) -> String {
        self.parts.iter().map(|part| &text[part.clone()]).collect()
    }
}

impl Layout {
    pub(super) fn of(text: &str, document: &Document<&str>) -> Self {
        let mut walk = Walk::default();
        walk.table(document.as_table(), None, &[]);
        let Walk { mut sections, mut ends } = walk;
        sections.sort_by_key(|section| section.header.start);
        ends.extend(sections.iter().map(|section| section.header.end));
        ends.sort_unstable();
        draw(text, &mut sections, &ends);
        let mut rules: Vec<Block> = Vec::new();
        let mut before = None;
        for section in &sections {
            let Some(rule) = section.rule else {
                before = None;
                continue;
            };
            if rule == rules.len() {
                let name = document["rule"][rule].get("name").and_then(Item::as_str).unwrap_or_default();
                let name = name.trim().to_owned();
                rules.push(Block { name, header: section.header.start, parts: vec![section.lines.clone()] });
            } else if before == Some(rule) {
                rules[rule].parts.last_mut().into_iter().for_each(|part| part.end = section.lines.end);
            } else {
                rules[rule].parts.push(section.lines.clone());
            }
            before = Some(rule);
        }
        Self { rules, sections }
    }

    /// Returns the lines of all tables with headings in a rule that are at or below a path.
    pub(super) fn tables(&self, rule: usize, path: &[String]) -> Vec<Range<usize>> {
        let within = |section: &&Section| section.rule == Some(rule) && section.path.starts_with(path);
        self.sections.iter().filter(within).map(|section| section.lines.clone()).collect()
    }
}

/// Computes the lines of each section: from the comments directly above its heading to those directly below its last value.
fn draw(text: &str, sections: &mut [Section], ends: &[usize]) {
    let mut floor = ends
        .iter()
        .take_while(|end| sections.first().is_some_and(|first| **end < first.header.start))
        .last()
        .map_or(0, |end| line_end(text, *end));
    for at in 0..sections.len() {
        let next = sections.get(at + 1).map_or(text.len(), |next| line_start(text, next.header.start));
        let section = &mut sections[at];
        let start = comments_above(text, line_start(text, section.header.start), floor);
        let last = ends.iter().rev().find(|end| **end <= next).copied().unwrap_or(section.header.end);
        floor = line_end(text, last);
        let below = comments_below(text, floor);
        // Comments without a blank line on either side belong to the next section.
        let end = if below >= next && next < text.len() { floor } else { below };
        section.lines = start..end;
    }
}

#[derive(Default)]
struct Walk {
    sections: Vec<Section>,
    ends: Vec<usize>,
}

impl Walk {
    fn table(&mut self, table: &Table, rule: Option<usize>, path: &[String]) {
        for (key, item) in table {
            let mut inner = path.to_vec();
            inner.push(key.to_owned());
            match item {
                Item::None => {}
                Item::Value(value) => self.ends.extend(value.span().map(|span| span.end)),
                Item::Table(table) => self.section(table, rule, inner),
                Item::ArrayOfTables(tables) => {
                    for (index, table) in tables.iter().enumerate() {
                        if rule.is_none() && path.is_empty() && key == "rule" {
                            self.section(table, Some(index), Vec::new());
                        } else {
                            self.section(table, rule, inner.clone());
                        }
                    }
                }
            }
        }
    }

    fn section(&mut self, table: &Table, rule: Option<usize>, path: Vec<String>) {
        self.table(table, rule, &path);
        if let Some(header) = table.span().filter(|_| !table.is_implicit() && !table.is_dotted()) {
            self.sections.push(Section { header, rule, path, lines: 0..0 });
        }
    }
}
