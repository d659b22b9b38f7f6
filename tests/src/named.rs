//! Sources and targets under a fixed name, so that a plan has the same bytes wherever its source and target are
//! stored.

use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use gotosync_core::Result;
use gotosync_core::model::{Account, Batch, Completeness, Dn, Gap, Outcome, ReadRequest, Reading};
use gotosync_core::source::{DirectoryInfo, DirectorySource, ListQuery, Listing, Node};
use gotosync_core::target::{ProvisioningTarget, TargetInfo};

/// A source under another name, whose gaps do not reveal the folder of its files.
#[derive(Debug)]
pub struct NamedSource<S> {
    inner: S,
    name: String,
    folder: PathBuf,
}

/// A source that reports neither read statistics nor remarks.
#[derive(Debug)]
pub struct QuietSource<S>(pub S);

impl<S: DirectorySource> NamedSource<S> {
    /// Gives a source a name and removes the path of the folder from the places of its gaps.
    pub fn new(inner: S, name: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self { inner, name: name.into(), folder: folder.into() }
    }
}

impl<S> fmt::Display for NamedSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: DirectorySource> DirectorySource for NamedSource<S> {
    async fn describe(&self) -> Result<DirectoryInfo> {
        Ok(DirectoryInfo { name: self.name.clone(), ..self.inner.describe().await? })
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        self.inner.children(of).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Listing> {
        self.inner.list(query).await
    }

    async fn read(&self, request: &ReadRequest) -> Result<Reading> {
        let reading = self.inner.read(request).await?;
        let folder = format!("{}/", self.folder.display());
        let placed = |gap: &Gap| Gap { place: gap.place.replace(&folder, ""), problem: gap.problem.clone() };
        let completeness = Completeness::from_gaps(reading.completeness.gaps().iter().map(placed).collect());
        Ok(Reading { completeness, ..reading })
    }
}

impl<S: fmt::Display> fmt::Display for QuietSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<S: DirectorySource> DirectorySource for QuietSource<S> {
    async fn describe(&self) -> Result<DirectoryInfo> {
        self.0.describe().await
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        self.0.children(of).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Listing> {
        self.0.list(query).await
    }

    async fn read(&self, request: &ReadRequest) -> Result<Reading> {
        Ok(Reading { remarks: Vec::new(), effort: None, ..self.0.read(request).await? })
    }
}

/// A target under another name, whose reads can be marked as incomplete.
#[derive(Debug)]
pub struct NamedTarget<T> {
    inner: T,
    name: String,
    gaps: Vec<Gap>,
}

impl<T: ProvisioningTarget> NamedTarget<T> {
    /// Gives a target a name.
    pub fn new(inner: T, name: impl Into<String>) -> Self {
        Self { inner, name: name.into(), gaps: Vec::new() }
    }

    /// Marks every read as incomplete, without omitting any data.
    #[must_use]
    pub fn incomplete(mut self, gaps: impl IntoIterator<Item = Gap>) -> Self {
        self.gaps.extend(gaps);
        self
    }
}

impl<T> fmt::Display for NamedTarget<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<T: ProvisioningTarget> ProvisioningTarget for NamedTarget<T> {
    async fn describe(&self) -> Result<TargetInfo> {
        Ok(TargetInfo { name: self.name.clone(), ..self.inner.describe().await? })
    }

    async fn read(&self) -> Result<Account> {
        let account = self.inner.read().await?;
        let gaps = account.completeness.gaps().iter().chain(&self.gaps).cloned().collect();
        Ok(Account { completeness: Completeness::from_gaps(gaps), ..account })
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        self.inner.execute(batch).await
    }
}
