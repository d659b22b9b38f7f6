//! The people in an imported file, as a directory.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::Draft;
use crate::Result;
use crate::model::{
    Completeness, Directory, DirectoryBuilder, Dn, GroupEntry, GroupId, PersonEntry, PersonId, ReadRequest, Reading,
};
use crate::source::{DirectoryInfo, DirectorySource, Node, children_of, place};

/// Builds a directory with the people in the order of the file.
pub(super) fn directory(drafts: &[&Draft]) -> Result<Directory> {
    let mut builder = DirectoryBuilder::new();
    let mut groups = std::collections::BTreeSet::new();
    for (number, draft) in drafts.iter().enumerate() {
        // Ids of equal length, so that sorting by id keeps the order of the file.
        let id = PersonId::parse(&format!("{UNIT}:{number:010}"));
        let mut entry = PersonEntry::new(id, place::below(UNIT, &draft.facts.name()));
        for (name, value) in &draft.facts.attributes {
            let number = builder.attribute(name);
            entry = entry.with(number, value.as_str());
        }
        for group in &draft.facts.groups {
            let dn = place::below(UNIT, group);
            entry.member_of.push(builder.group_name(dn.as_str()));
            if groups.insert(dn.key()) {
                builder.group(GroupEntry::new(GroupId::parse(&dn.key()), dn));
            }
        }
        builder.person(entry);
    }
    builder.build()
}

/// A source that returns the people of an imported file.
#[derive(Debug)]
pub(super) struct FileSource {
    name: String,
    directory: Arc<Directory>,
    remarks: Vec<String>,
}

impl FileSource {
    pub(super) fn new(name: &str, directory: Directory, remarks: Vec<String>) -> Self {
        Self { name: name.to_owned(), directory: Arc::new(directory), remarks }
    }
}

impl fmt::Display for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "import of {}", self.name)
    }
}

#[async_trait]
impl DirectorySource for FileSource {
    async fn describe(&self) -> Result<DirectoryInfo> {
        let naming_contexts = self.children(None).await?.into_iter().map(|node| node.dn).collect();
        Ok(DirectoryInfo::new(self.to_string(), naming_contexts))
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        children_of(&self.directory, of)
    }

    /// Returns a complete reading. Invalid entries do not make it incomplete, because an import never takes anything from
    /// people who are not in the file.
    async fn read(&self, _request: &ReadRequest) -> Result<Reading> {
        let (directory, remarks) = (Arc::clone(&self.directory), self.remarks.clone());
        Ok(Reading { directory, completeness: Completeness::Complete, remarks, effort: None, kept: None })
    }
}

/// The name of the unit for imported people, and the prefix of their ids.
const UNIT: &str = "import";
