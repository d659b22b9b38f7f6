//! Lists in pages, and whether they are whole.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use hashbrown::HashSet;
use serde::de::DeserializeOwned;

use super::TOGETHER;
use super::trouble::meant;
use super::wire::{Key, Page};
use crate::Result;
use crate::http::{Api, Request};
use crate::model::Gap;

/// What a listing gave.
pub(super) struct Listing<T> {
    pub(super) rows: Vec<T>,
    /// Why it is not whole, if it is not.
    pub(super) gaps: Vec<Gap>,
}

/// One list of the account.
pub(super) struct List<'l, T> {
    pub(super) api: &'l Api,
    pub(super) path: String,
    /// What it is called in messages.
    pub(super) name: &'static str,
    pub(super) page_size: usize,
    /// The fields that are asked for; all of them where none is named.
    pub(super) fields: &'static str,
    /// Whether every answer says how many rows there are: one that does not is not whole.
    pub(super) counted: bool,
    /// By what a row is known.
    pub(super) key: fn(&T) -> &Key,
}

impl<T: DeserializeOwned + Send> List<'_, T> {
    /// Reads all of it. A list that moves while it is read is read again, a few times.
    ///
    /// # Errors
    /// When not even the first page can be had.
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

    /// Reads it once, and says whether it moved meanwhile.
    async fn once(&self) -> Result<(Vec<T>, Vec<Gap>, bool)> {
        let first = self.page(0).await?;
        let Some(total) = first.total else {
            let gap = self.counted.then(|| self.gap("the answer does not say how many there are".to_owned()));
            return Ok((first.results, Vec::from_iter(gap), false));
        };
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        let step = first.results.len();
        if step == 0 {
            let gaps = if total == 0 { Vec::new() } else { vec![self.gap(format!("none of {total} came"))] };
            return Ok((Vec::new(), gaps, false));
        }
        // As many as came, whatever was asked for, are on a page; the end of a page is not where it says. Each page begins
        // with the last row of the one before: where it is another row, the list has moved, even if the total stayed.
        let overlap = usize::from(step > 1);
        let new = step - overlap;
        let calls = (step..total).step_by(new).map(|from| self.stretch(from, new.min(total - from), total, overlap));
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
            gaps.push(self.gap("it changed from page to page".to_owned()));
        }
        if let Some(twice) = self.twice(&rows) {
            gaps.push(self.gap(format!("{twice} came twice, so another one may be missing")));
        }
        if rows.len() != total {
            gaps.push(self.gap(format!("{} of {total} came", rows.len())));
        }
        let shifted = !gaps.is_empty();
        Ok((rows, gaps, shifted))
    }

    /// A key that comes twice.
    fn twice(&self, rows: &[T]) -> Option<String> {
        let mut seen = HashSet::with_capacity(rows.len());
        rows.iter().map(self.key).find(|key| !seen.insert(*key)).map(|key| key.0.clone())
    }

    /// Reads so many rows from one on, in as many pages as it takes, each of which begins so many rows earlier.
    async fn stretch(&self, from: usize, wanted: usize, total: usize, overlap: usize) -> Result<Stretch<T>, Gap> {
        let mut part = Stretch { rows: Vec::with_capacity(wanted), before: None, moved: false };
        while part.rows.len() < wanted {
            let at = from + part.rows.len() - overlap;
            let page = self.page(at).await.map_err(|error| self.gap(format!("from row {}: {error}", at + 1)))?;
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

    async fn page(&self, offset: usize) -> Result<Page<T>> {
        let mut request = Request::get(&*self.path).query("pageSize", self.page_size).query("offset", offset);
        if !self.fields.is_empty() {
            request = request.query("attributes", self.fields);
        }
        self.api.send(&request).await.map_err(meant)?.json()
    }

    fn gap(&self, problem: String) -> Gap {
        Gap { place: self.name.to_owned(), problem }
    }
}

/// A part of a list.
struct Stretch<T> {
    rows: Vec<T>,
    /// The row before them, where it was read again.
    before: Option<Key>,
    /// Whether a page had another total than the first.
    moved: bool,
}

/// How often a list that moves is read.
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
    async fn who_does_not_count_is_not_believed_where_others_always_do() {
        for (body, rows) in [("{}", 0), (r#"{"results":[{"key":"1","name":"A"}]}"#, 1)] {
            for counted in [true, false] {
                let server = Server::start(vec![ok(body)]);
                let (api, path) = (&server.api(), "list".to_owned());
                let list = List { api, path, name: "user groups", page_size: 10, fields: "", counted, key: group_key };
                let Ok(listing) = list.read().await else { panic!("an answer that can be read") };
                let told: Vec<&str> = listing.gaps.iter().map(|gap| gap.problem.as_str()).collect();
                let expected: &[&str] = if counted { &["the answer does not say how many there are"] } else { &[] };
                assert_eq!((listing.rows.len(), &told[..]), (rows, expected));
            }
        }
    }
}
