//! Paged lists that detect whether they are complete.

use std::collections::HashSet;

use serde::de::DeserializeOwned;

use super::fault::error_of;
use super::offers::{Offer, Offers, Paging};
use super::wire::{Page, WireGroup, WireUser};
use crate::http::{Api, Request};
use crate::model::Gap;
use crate::{Error, Result};

/// A list, and the gaps in it.
#[derive(Debug)]
pub(super) struct Listing<T> {
    pub(super) rows: Vec<T>,
    pub(super) gaps: Vec<Gap>,
}

/// A row with an ID.
pub(super) trait Identified {
    fn id(&self) -> &str;
}

impl Identified for WireUser {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for WireGroup {
    fn id(&self) -> &str {
        &self.id
    }
}

/// Reads a list page by page.
///
/// The list is complete only if every page was received, no row appeared twice, and the number of rows equals the
/// total, which must be the same on every page.
///
/// # Errors
/// An error if the first page cannot be read.
pub(super) async fn list<T: DeserializeOwned + Identified>(
    api: &Api,
    what: &'static str,
    offers: &Offers,
    sort_by: &str,
    size: usize,
) -> Result<Listing<T>> {
    let (mut rows, mut gaps): (Vec<T>, Vec<Gap>) = (Vec::new(), Vec::new());
    let (mut seen, mut total, mut cursor): (HashSet<Box<str>>, Option<u64>, Option<String>) =
        (HashSet::new(), None, None);
    let gap = |problem: String| Gap { place: what.to_lowercase(), problem };
    for number in 1_usize.. {
        let mut request = Request::get(format!("/{what}"));
        match offers.paging {
            Paging::Index => request = request.query("startIndex", rows.len() + 1).query("count", size),
            Paging::Cursor => {
                request = request.query("cursor", cursor.as_deref().unwrap_or_default()).query("count", size);
            }
            Paging::Whole => {}
        }
        // A stable order prevents duplicate or missing rows between pages. Cursors have an order of their own.
        if offers.offer(Offer::Sort) && offers.paging == Paging::Index {
            request = request.query("sortBy", sort_by);
        }
        let page = api.send(&request).await.map_err(error_of).and_then(|answer| answer.json());
        let page: Page<T> =
            match page.map_err(|error: Error| error.during(format!("list {} (page {number})", what.to_lowercase()))) {
                Ok(page) => page,
                Err(error) if number == 1 => return Err(error),
                Err(error) => {
                    gaps.push(gap(error.to_string()));
                    break;
                }
            };
        if let (Some(before), Some(now)) = (total, page.total_results)
            && before != now
        {
            gaps.push(gap(format!("the total changed from {before} to {now} while the list was read")));
        }
        total = page.total_results.or(total);
        let came = page.resources.len();
        for row in page.resources {
            if seen.insert(row.id().into()) {
                rows.push(row);
            } else {
                gaps.push(gap(format!("row {} appeared twice", row.id())));
            }
        }
        cursor = page.next_cursor.filter(|cursor| !cursor.is_empty());
        let done = match offers.paging {
            Paging::Cursor => cursor.is_none(),
            Paging::Index => came == 0 || total.is_none_or(|total| rows.len() as u64 >= total),
            Paging::Whole => true,
        };
        // Stop eventually if a service repeats rows on every page.
        if done || gaps.len() > GAPS {
            break;
        }
    }
    match total {
        Some(total) if rows.len() as u64 != total => {
            gaps.push(gap(format!("received {} of {total} rows", rows.len())));
        }
        _ => {}
    }
    Ok(Listing { rows, gaps })
}

/// The number of gaps after which the read stops, because more gaps give no new information.
const GAPS: usize = 20;
