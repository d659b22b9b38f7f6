//! Searches from their first page to their last, and values from the first to the last.

use ldap3::Scope;
use ldap3::controls::RawControl;

use super::ber::{Ber, INTEGER, Malformed, OCTETS, SEQUENCE, element, number};
use super::guard::Item;
use super::message::{Entry, Message};
use super::session::{Question, Session, Stopped, control};
use crate::model::text;
use crate::source::entries::Chunk;

/// Where a search ended that did not reach its end.
#[derive(Clone, Debug)]
pub(super) struct Halt {
    /// The page, counted from one.
    pub(super) page: u32,
    pub(super) stopped: Stopped,
}

impl Session {
    /// Searches to the last page.
    ///
    /// # Errors
    /// Whatever keeps it from being told that the last page was the last: see [`ask`](Self::ask), and a page that does not say
    /// whether another one follows.
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
            // AD may send pages without entries before the last; a server that does nothing else goes round in circles.
            empty = if came { 0 } else { empty + 1 };
            if empty > EMPTY_PAGES {
                return Err(halt(Stopped::because(format!(
                    "{empty} pages in a row were empty, and none was the last"
                ))));
            }
            next.clone_into(&mut cookie);
        }
    }

    /// Reads the values of an attribute from a position on, which the server gives only so many of at a time.
    ///
    /// # Errors
    /// As [`ask`](Self::ask), and an answer that does not go on where the one before ended.
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
                Some(32) => Stopped { problem: "it vanished while it was read".to_owned(), ..stopped },
                _ => stopped,
            })?;
            match chunk {
                Some(Chunk { last: None, .. }) => return Ok(()),
                Some(Chunk { last: Some(last), .. }) => next = last.saturating_add(1),
                None => {
                    let problem = format!("the values of {attribute} from number {next} on did not come");
                    return Err(Stopped::because(problem));
                }
            }
        }
    }
}

/// Takes the values of one chunk, and says which it was; `None` if it is not the one that begins at `first`.
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
            take(values.expect(OCTETS, "a value is none")?)?;
            count += 1;
        }
        check(chunk, first, count)?;
        return Ok(Some(chunk));
    }
    Ok(None)
}

/// Whether a range of values begins where it should, and has as many of them as it says.
///
/// # Errors
/// When it does not: others would be missing, or it would never come to an end.
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
        "a range of values that should begin at {first} came as {}-{last} with {}",
        chunk.first,
        text::count(count as usize, "value", "values"),
    )))
}

/// Asks for a page (RFC 2696). Critical: a server that says it knows the control must not ignore it.
pub(super) fn paging(size: u32, cookie: &[u8]) -> RawControl {
    let value = [number(INTEGER, i64::from(size)), element(OCTETS, cookie)].concat();
    RawControl { ctype: PAGED.to_owned(), crit: true, val: Some(element(SEQUENCE, &value)) }
}

pub(super) fn next_cookie(value: &[u8]) -> Result<&[u8], Malformed> {
    let mut parts = Ber::new(Ber::new(value).expect(SEQUENCE, "the paging control is none")?);
    parts.expect(INTEGER, "the paging control has no size")?;
    parts.expect(OCTETS, "the paging control has no cookie")
}

pub(super) const PAGED: &str = "1.2.840.113556.1.4.319";

/// Empty pages that are taken in a row.
const EMPTY_PAGES: u32 = 100;

const UNCONTROLLED: &str = "the page does not say whether another one follows (the paging control is missing)";

/// Entries of a page: the default policy of Active Directory (`MaxPageSize`).
pub(super) const PAGE: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_the_values_that_it_says() {
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
    fn the_cookie_of_a_page_comes_back() {
        let control = paging(1000, b"abc");
        assert_eq!(next_cookie(control.val.as_deref().unwrap()).unwrap(), b"abc");
        for bad in [&b""[..], b"\x30\x00", b"\x30\x03\x02\x01\x00", b"\x04\x00"] {
            assert!(next_cookie(bad).is_err(), "{bad:?}");
        }
    }
}
