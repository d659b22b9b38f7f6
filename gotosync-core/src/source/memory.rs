//! A directory in memory, for tests of applications that use this library.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;

use super::{DirectoryInfo, DirectorySource, Node, children_of};
use crate::model::{Completeness, Directory, Dn, Gap, ReadRequest, Reading};
use crate::{Error, ErrorKind, Result};

/// A directory in memory that a test can change between two reads.
///
/// It returns the entire directory for every request, which the trait allows: a source may return more people than
/// requested. It also returns all attributes, requested or not.
///
/// ```
/// use gotosync_core::model::{DirectoryBuilder, Dn, PersonEntry, PersonId, ReadRequest};
/// use gotosync_core::source::{DirectorySource, MemorySource};
///
/// let mut builder = DirectoryBuilder::new();
/// builder.person(PersonEntry::new(PersonId::parse("1"), Dn::parse("CN=Ann,OU=People,DC=x")?));
/// let source = MemorySource::new(builder.build()?);
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let request = ReadRequest::everyone(["mail"]);
/// assert_eq!(source.read(&request).await?.directory.people().len(), 1);
/// source.set(DirectoryBuilder::new().build()?);
/// assert!(source.read(&request).await?.directory.people().is_empty());
/// # Ok::<(), gotosync_core::Error>(())
/// # })?;
/// # Ok::<(), gotosync_core::Error>(())
/// ```
#[derive(Debug)]
pub struct MemorySource {
    answer: RwLock<Answer>,
    gaps: Vec<Gap>,
    remarks: Vec<String>,
}

/// The result of the next call.
#[derive(Clone, Debug)]
enum Answer {
    Directory(Arc<Directory>),
    Failure(ErrorKind, String),
}

impl MemorySource {
    /// Creates a source that returns this directory.
    pub fn new(directory: Directory) -> Self {
        Self { answer: RwLock::new(Answer::Directory(Arc::new(directory))), gaps: Vec::new(), remarks: Vec::new() }
    }

    /// Marks every read as incomplete, no matter which directory is [set](Self::set). Each call adds a gap.
    #[must_use]
    pub fn incomplete(mut self, place: impl Into<String>, problem: impl Into<String>) -> Self {
        self.gaps.push(Gap { place: place.into(), problem: problem.into() });
        self
    }

    /// Adds a remark to every read. Remarks do not make a read incomplete. Each call adds a remark.
    #[must_use]
    pub fn remark(mut self, remark: impl Into<String>) -> Self {
        self.remarks.push(remark.into());
        self
    }

    /// Replaces the directory for all later calls and ends a failure that [`fail_with`](Self::fail_with) started.
    pub fn set(&self, directory: Directory) {
        self.change(Answer::Directory(Arc::new(directory)));
    }

    /// Makes every call fail until a directory is [set](Self::set).
    pub fn fail_with(&self, kind: ErrorKind, message: impl Into<String>) {
        self.change(Answer::Failure(kind, message.into()));
    }

    fn change(&self, answer: Answer) {
        *self.answer.write().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    fn directory(&self) -> Result<Arc<Directory>> {
        match &*self.answer.read().unwrap_or_else(PoisonError::into_inner) {
            Answer::Directory(directory) => Ok(Arc::clone(directory)),
            Answer::Failure(kind, message) => Err(Error::new(*kind, message)),
        }
    }
}

impl fmt::Display for MemorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory directory")
    }
}

#[async_trait]
impl DirectorySource for MemorySource {
    async fn describe(&self) -> Result<DirectoryInfo> {
        let directory = self.directory()?;
        let naming_contexts = children_of(&directory, None)?.into_iter().map(|node| node.dn).collect();
        Ok(DirectoryInfo::new(self.to_string(), naming_contexts))
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        children_of(&*self.directory()?, of)
    }

    async fn read(&self, _request: &ReadRequest) -> Result<Reading> {
        let completeness = Completeness::from_gaps(self.gaps.clone());
        Ok(Reading {
            directory: self.directory()?,
            completeness,
            remarks: self.remarks.clone(),
            effort: None,
            kept: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DirectoryBuilder, PersonEntry, PersonId};

    fn directory(names: &[&str]) -> Directory {
        let mut builder = DirectoryBuilder::new();
        for name in names {
            builder
                .person(PersonEntry::new(PersonId::parse(name), Dn::parse(&format!("CN={name},OU=A,DC=x")).unwrap()));
        }
        builder.build().unwrap()
    }

    #[tokio::test]
    async fn returns_the_directory_that_was_set() {
        let source = MemorySource::new(directory(&["Ann", "Bob"]));
        let reading = source.read(&ReadRequest { attributes: vec![], scopes: vec![], since: None }).await.unwrap();
        assert_eq!(reading.directory.people().len(), 2);
        assert!(reading.completeness.is_complete());
        assert_eq!(source.describe().await.unwrap().naming_contexts, [Dn::parse("DC=x").unwrap()]);
        assert_eq!(source.children(None).await.unwrap()[0].people_below, 2);
        assert_eq!(source.to_string(), "memory directory");
    }

    #[tokio::test]
    async fn reports_gaps_and_failures() {
        let source = MemorySource::new(directory(&["Ann"])).incomplete("page 3", "timed out");
        let request = ReadRequest::everyone(["mail"]);
        let reading = source.read(&request).await.unwrap();
        assert_eq!(reading.completeness.to_string(), "incomplete; page 3: timed out");
        source.fail_with(ErrorKind::Unavailable, "no route to host");
        assert_eq!(source.read(&request).await.unwrap_err().to_string(), "no route to host");
        source.set(directory(&["Ann", "Bob"]));
        assert_eq!(source.read(&request).await.unwrap().directory.people().len(), 2);
    }
}
