//! Implementations of [`DirectorySource`] for references, boxes, and `Arc`s of sources.

use std::sync::Arc;

use async_trait::async_trait;

use super::{DirectoryInfo, DirectorySource, ListQuery, Listing, Node};
use crate::Result;
use crate::model::{Dn, ReadRequest, Reading};

/// Implements [`DirectorySource`] for pointer types, so that an application can own, share, or borrow a source.
macro_rules! pointer {
    ($($pointer:ty),+) => {$(
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<T: DirectorySource + ?Sized> DirectorySource for $pointer {
            async fn describe(&self) -> Result<DirectoryInfo> {
                (**self).describe().await
            }

            async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
                (**self).children(of).await
            }

            async fn list(&self, query: &ListQuery) -> Result<Listing> {
                (**self).list(query).await
            }

            async fn read(&self, request: &ReadRequest) -> Result<Reading> {
                (**self).read(request).await
            }
        }
    )+};
}

pointer!(&T, Box<T>, Arc<T>);
