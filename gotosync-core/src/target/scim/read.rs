//! Reads lists to their ends, and knows whether it did.

use std::collections::HashSet;

use serde::de::DeserializeOwned;

use super::fault::told;
use super::offers::{Offer, Offers, Paging};
use super::wire::{Page, WireGroup, WireUser};
use crate::Result;
use crate::http::{Api, Request};
use crate::model::Gap;

/// A list, and what is missing of it.
#[derive(Debug)]
pub(super) struct Listing<T> {
    pub(super) rows: Vec<T>,
    pub(super) gaps: Vec<Gap>,
}

/// Something with an id.
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

/// Reads a list to its end, page by page.
///
/// It is whole only if every page came, nobody came twice, and there are as many as the service said, on every page.
///
/// # Errors
/// If the first page does not come: then nothing is known.
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
        // In an order that stays, a page does not repeat or miss what another had. A cursor has its own.
        if offers.offer(Offer::Sort) && offers.paging == Paging::Index {
            request = request.query("sortBy", sort_by);
        }
        let page: Page<T> = match api.send(&request).await.map_err(told).and_then(|answer| answer.json()) {
            Ok(page) => page,
            Err(error) if number == 1 => return Err(error),
            Err(error) => {
                gaps.push(gap(format!("page {number} did not come: {error}")));
                break;
            }
        };
        if let (Some(before), Some(now)) = (total, page.total_results)
            && before != now
        {
            gaps.push(gap(format!("{before} became {now} while they were read")));
        }
        total = page.total_results.or(total);
        let came = page.resources.len();
        for row in page.resources {
            if seen.insert(row.id().into()) {
                rows.push(row);
            } else {
                gaps.push(gap(format!("{} came twice", row.id())));
            }
        }
        cursor = page.next_cursor.filter(|cursor| !cursor.is_empty());
        let done = match offers.paging {
            Paging::Cursor => cursor.is_none(),
            Paging::Index => came == 0 || total.is_none_or(|total| rows.len() as u64 >= total),
            Paging::Whole => true,
        };
        // A row twice on every page would go on for ever.
        if done || gaps.len() > GAPS {
            break;
        }
    }
    match total {
        Some(total) if rows.len() as u64 != total => {
            gaps.push(gap(format!("{} came, and there are {total}", rows.len())));
        }
        _ => {}
    }
    Ok(Listing { rows, gaps })
}

/// More than these tell no more.
const GAPS: usize = 20;
