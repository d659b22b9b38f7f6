//! Paged lists that detect whether they are complete.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use hashbrown::HashSet;
use serde::de::DeserializeOwned;

use super::TOGETHER;
use super::trouble::meant;
use super::wire::{Key, Page};
use crate::Result;
use crate::http::{Api, Request};
use crate::model::Gap;

/// The rows of a list.
pub(super) struct Listing<T> {
    pub(super) rows: Vec<T>,
    /// The reasons why the list is incomplete, if it is.
    pub(super) gaps: Vec<Gap>,
}

/// A paged list of the account.
pub(super) struct List<'l, T> {
    pub(super) api: &'l Api,
    pub(super) path: String,
    /// The name in messages.
    pub(super) name: &'static str,
    pub(super) page_size: usize,
    /// The requested fields; empty for all fields.
    pub(super) fields: &'static str,
    /// `true` if every response states the total; a response without it is then incomplete.
    pub(super) counted: bool,
    /// Returns the key of a row.
    pub(super) key: fn(&T) -> &Key,
}

impl<T: DeserializeOwned + Send> List<'_, T> {
    /// Reads the complete list. A list that changes during the read is read again, up to [`TRIES`] times.
    ///
    /// # Errors
    /// An error if the first page cannot be read.
    pub(super) async fn read(&self) -> Result<Listing<T>> {
        let mut tries = TRIES;
        loop {
            let (rows, gaps, moved) = self.once().await?;
            tries -= 1;
            if !moved || tries == 0 {
                return Ok(Listing { rows, gaps });
            }
        }
    }

    /// Reads the list once. The last value is `true` if the list changed during the read.
    async fn once(&self) -> Result<(Vec<T>, Vec<Gap>, bool)> {
        let first = self.page(0, 1).await?;
        let Some(total) = first.total else {
            let gap = self.counted.then(|| self.gap("the response does not state the total".to_owned()));
            return Ok((first.results, Vec::from_iter(gap), false));
        };
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        let step = first.results.len();
        if step == 0 {
            let gaps = if total == 0 { Vec::new() } else { vec![self.gap(format!("received 0 of {total} rows"))] };
            return Ok((Vec::new(), gaps, false));
        }
        // The first response decides the page size, which may differ from the requested one. Each page starts with the
        // last row of the page before. If that row differs, the list has changed, even if the total is the same.
        let overlap = usize::from(step > 1);
        let new = step - overlap;
        let pages = (2..).zip((step..total).step_by(new));
        let calls = pages.map(|(page, from)| self.stretch(page, from, new.min(total - from), total, overlap));
        let parts: Result<Vec<Stretch<T>>, Gap> = stream::iter(calls).buffered(TOGETHER).try_collect().await;
        let mut rows = first.results;
        let mut moved = false;
        match parts {
            Ok(parts) => {
                for part in parts {
                    let last = rows.last().map(self.key);
                    moved |= part.moved || part.before.is_some() && part.before.as_ref() != last;
                    rows.extend(part.rows);
                }
            }
            Err(gap) => return Ok((rows, vec![gap], false)),
        }
        let mut gaps = Vec::new();
        if moved {
            gaps.push(self.gap("the list changed while it was read".to_owned()));
        }
        if let Some(twice) = self.twice(&rows) {
            gaps.push(self.gap(format!("row {twice} appeared twice, so another row may be missing")));
        }
        if rows.len() != total {
            gaps.push(self.gap(format!("received {} of {total} rows", rows.len())));
        }
        let shifted = !gaps.is_empty();
        Ok((rows, gaps, shifted))
    }

    /// Returns a duplicate key.
    fn twice(&self, rows: &[T]) -> Option<String> {
        let mut seen = HashSet::with_capacity(rows.len());
        rows.iter().map(self.key).find(|key| !seen.insert(*key)).map(|key| key.0.clone())
    }

    /// Reads `wanted` rows starting at `from`, in as many requests as it takes. Each request starts `overlap` rows
    /// earlier.
    async fn stretch(
        &self,
        number: usize,
        from: usize,
        wanted: usize,
        total: usize,
        overlap: usize,
    ) -> Result<Stretch<T>, Gap> {
        let mut part = Stretch { rows: Vec::with_capacity(wanted), before: None, moved: false };
        while part.rows.len() < wanted {
            let at = from + part.rows.len() - overlap;
            let page = self.page(at, number).await.map_err(|error| self.gap(error.to_string()))?;
            part.moved |= page.total.is_some_and(|own| own != total as u64);
            let mut rows = page.results.into_iter();
            if overlap > 0 {
                let before = rows.next().map(|row| (self.key)(&row).clone());
                match part.rows.last() {
                    None => part.before = before,
                    Some(last) => part.moved |= before.as_ref() != Some((self.key)(last)),
                }
            }
            let had = part.rows.len();
            part.rows.extend(rows.take(wanted - had));
            if part.rows.len() == had {
                break;
            }
        }
        Ok(part)
    }

    async fn page(&self, offset: usize, number: usize) -> Result<Page<T>> {
        let mut request = Request::get(&*self.path).query("pageSize", self.page_size).query("offset", offset);
        if !self.fields.is_empty() {
            request = request.query("attributes", self.fields);
        }
        let answer = self.api.send(&request).await.map_err(meant);
        answer
            .and_then(|answer| answer.json())
            .map_err(|error| error.during(format!("list {} (page {number})", self.name)))
    }

    fn gap(&self, problem: String) -> Gap {
        Gap { place: self.name.to_owned(), problem }
    }
}

/// A section of a list.
struct Stretch<T> {
    rows: Vec<T>,
    /// The row before the section, if it was read again.
    before: Option<Key>,
    /// `true` if a page stated a different total than the first page.
    moved: bool,
}

/// The maximum number of reads of a list that keeps changing.
const TRIES: u32 = 3;

#[cfg(test)]
mod tests {
    use super::super::wire::WireGroup;
    use super::*;
    use crate::http::cases::{Server, ok};

    fn group_key(row: &WireGroup) -> &Key {
        &row.key
    }

    #[tokio::test]
    async fn reports_a_missing_total_as_incomplete_if_the_list_is_counted() {
        for (body, rows) in [("{}", 0), (r#"{"results":[{"key":"1","name":"A"}]}"#, 1)] {
            for counted in [true, false] {
                let server = Server::start(vec![ok(body)]);
                let (api, path) = (&server.api(), "list".to_owned());
                let list = List { api, path, name: "user groups", page_size: 10, fields: "", counted, key: group_key };
                let Ok(listing) = list.read().await else { panic!("the response must be readable") };
                let problems: Vec<&str> = listing.gaps.iter().map(|gap| gap.problem.as_str()).collect();
                let expected: &[&str] = if counted { &["the response does not state the total"] } else { &[] };
                assert_eq!((listing.rows.len(), &problems[..]), (rows, expected));
            }
        }
    }
}
