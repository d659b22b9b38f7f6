//! Paged searches, and ranged retrieval of attributes with many values.

use ldap3::Scope;
use ldap3::controls::RawControl;

use super::ber::{Ber, INTEGER, Malformed, OCTETS, SEQUENCE, element, number};
use super::guard::Item;
use super::message::{Entry, Message};
use super::session::{Question, Session, Stopped, control};
use crate::model::text;
use crate::source::entries::Chunk;

/// A search that failed, and the page on which it failed.
#[derive(Clone, Debug)]
pub(super) struct Halt {
    /// The page, from 1.
    pub(super) page: u32,
    pub(super) stopped: Stopped,
}

impl Session {
    /// Runs a search and reads all pages.
    ///
    /// # Errors
    /// If the last page was not reached for certain: the errors of [`ask`](Self::ask), and a page without the paged results
    /// control, so that it is unknown whether more pages follow.
    pub(super) async fn search(
        &mut self,
        question: &Question<'_>,
        page_size: u32,
        take: &mut (dyn FnMut(Item) -> Result<(), Stopped> + Send),
    ) -> Result<(), Halt> {
        let paged = self.root.supports(PAGED);
        let (mut page, mut empty, mut cookie) = (0, 0, Vec::new());
        loop {
            page += 1;
            let halt = |stopped| Halt { page, stopped };
            let controls = if paged { vec![paging(page_size, &cookie)] } else { Vec::new() };
            let mut came = false;
            let mut counting = |item: Item| {
                came |= matches!(item, Item::Entries(_));
                take(item)
            };
            let result = self.ask(question, controls, &mut counting).await.map_err(halt)?;
            if !paged {
                return Ok(());
            }
            let value = control(&result, PAGED).ok_or_else(|| halt(Stopped::because(UNCONTROLLED)))?;
            let next = next_cookie(value).map_err(|malformed| halt(Stopped::because(malformed.to_string())))?;
            if next.is_empty() {
                return Ok(());
            }
            // AD may send empty pages before the last one, but a server that sends nothing else would loop forever.
            empty = if came { 0 } else { empty + 1 };
            if empty > EMPTY_PAGES {
                return Err(halt(Stopped::because(format!(
                    "the server sent {empty} empty pages in a row, and none of them was the last"
                ))));
            }
            next.clone_into(&mut cookie);
        }
    }

    /// Reads the values of an attribute from the index `next` on, for servers that limit the number of values per response.
    ///
    /// # Errors
    /// The errors of [`ask`](Self::ask), and a response that does not continue where the previous one ended.
    pub(super) async fn rest_of(
        &mut self,
        dn: &str,
        attribute: &str,
        mut next: u32,
        range_size: Option<u32>,
        take: &mut (dyn FnMut(&[u8]) -> Result<(), Stopped> + Send),
    ) -> Result<(), Stopped> {
        loop {
            let last = range_size.map_or_else(|| "*".to_owned(), |size| (next.saturating_add(size - 1)).to_string());
            let attributes = [format!("{attribute};range={next}-{last}")];
            let question =
                Question { base: dn, scope: Scope::Base, filter: "(objectClass=*)", attributes: &attributes };
            let mut chunk = None;
            let mut taking = |item: Item| match item {
                Item::Entries(frame) => {
                    chunk = range(&frame, attribute, next, take)?;
                    Ok(())
                }
                _ => Ok(()),
            };
            let asked = self.ask(&question, Vec::new(), &mut taking).await;
            asked.map_err(|stopped| match stopped.code {
                Some(32) => {
                    Stopped { problem: "the entry was moved or deleted while it was read".to_owned(), ..stopped }
                }
                _ => stopped,
            })?;
            match chunk {
                Some(Chunk { last: None, .. }) => return Ok(()),
                Some(Chunk { last: Some(last), .. }) => next = last.saturating_add(1),
                None => {
                    let problem = format!("the server did not return the values of {attribute} from number {next} on");
                    return Err(Stopped::because(problem));
                }
            }
        }
    }
}

/// Reads the values of one range and returns the range; `None` if the entry has no range that begins at `first`.
fn range(
    frame: &[u8],
    attribute: &str,
    first: u32,
    take: &mut (dyn FnMut(&[u8]) -> Result<(), Stopped> + Send),
) -> Result<Option<Chunk>, Stopped> {
    let mut entry = Entry::parse(&Message::parse(frame)?)?;
    while let Some((name, mut values)) = entry.next()? {
        let own = name.split(|byte| *byte == b';').next().unwrap_or_default();
        let Ok(Some(chunk)) = Chunk::of(name) else { continue };
        if !own.eq_ignore_ascii_case(attribute.as_bytes()) || chunk.first != first || values.is_empty() {
            continue;
        }
        let mut count = 0;
        while !values.is_empty() {
            take(values.expect(OCTETS, "a value is invalid")?)?;
            count += 1;
        }
        check(chunk, first, count)?;
        return Ok(Some(chunk));
    }
    Ok(None)
}

/// Checks that a range begins at `first` and contains the number of values that it declares.
///
/// # Errors
/// If it does not: values would be missing, or the retrieval would never end.
pub(super) fn check(chunk: Chunk, first: u32, count: u32) -> Result<(), Stopped> {
    let fits = match chunk.last {
        _ if chunk.first != first => false,
        Some(last) => last.checked_sub(first).and_then(|more| more.checked_add(1)) == Some(count),
        None => true,
    };
    if fits {
        return Ok(());
    }
    let last = chunk.last.map_or_else(|| "*".to_owned(), |last| last.to_string());
    Err(Stopped::because(format!(
        "the server returned the range {}-{last} with {} instead of a range that begins at {first}",
        chunk.first,
        text::count(count as usize, "value", "values"),
    )))
}

/// Creates the control that requests a page (RFC 2696). It is critical, because a server that announces the control must
/// not ignore it.
pub(super) fn paging(size: u32, cookie: &[u8]) -> RawControl {
    let value = [number(INTEGER, i64::from(size)), element(OCTETS, cookie)].concat();
    RawControl { ctype: PAGED.to_owned(), crit: true, val: Some(element(SEQUENCE, &value)) }
}

pub(super) fn next_cookie(value: &[u8]) -> Result<&[u8], Malformed> {
    let mut parts = Ber::new(Ber::new(value).expect(SEQUENCE, "the paged results control is invalid")?);
    parts.expect(INTEGER, "the paged results control has no size")?;
    parts.expect(OCTETS, "the paged results control has no cookie")
}

pub(super) const PAGED: &str = "1.2.840.113556.1.4.319";

/// The maximum number of empty pages in a row.
const EMPTY_PAGES: u32 = 100;

const UNCONTROLLED: &str =
    "the page came without the paged results control, so it is unknown whether more pages follow";

/// The default number of entries per page, which is the default `MaxPageSize` of Active Directory.
pub(super) const PAGE: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_the_number_of_values_in_a_range() {
        let chunk = |first, last| Chunk { first, last };
        for (range, first, count) in [
            (chunk(0, Some(1499)), 0, 1500),
            (chunk(1500, None), 1500, 3),
            (chunk(7, Some(7)), 7, 1),
            (chunk(u32::MAX, Some(u32::MAX)), u32::MAX, 1),
        ] {
            check(range, first, count).unwrap();
        }
        for (range, first, count) in [
            (chunk(0, Some(1499)), 0, 1499),
            (chunk(0, Some(1499)), 1500, 1500),
            (chunk(1, None), 0, 3),
            (chunk(7, Some(6)), 7, 0),
            (chunk(7, Some(3)), 7, 1),
            (chunk(0, Some(u32::MAX)), 0, 0),
        ] {
            assert!(check(range, first, count).is_err(), "{range:?}");
        }
    }

    #[test]
    fn parses_the_paged_results_cookie() {
        let control = paging(1000, b"abc");
        assert_eq!(next_cookie(control.val.as_deref().unwrap()).unwrap(), b"abc");
        for bad in [&b""[..], b"\x30\x00", b"\x30\x03\x02\x01\x00", b"\x04\x00"] {
            assert!(next_cookie(bad).is_err(), "{bad:?}");
        }
    }
}
