//! What points to a source stands for it.

use std::sync::Arc;

use async_trait::async_trait;

use super::{DirectoryInfo, DirectorySource, ListQuery, Listing, Node};
use crate::Result;
use crate::model::{Dn, ReadRequest, Reading};

/// Lets what points to a source stand for it, so that an embedder can own, share or borrow one.
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
