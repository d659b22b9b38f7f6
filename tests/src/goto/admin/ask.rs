//! Parsing of query parameters.

use axum::extract::{FromRequestParts, RawQuery};
use axum::http::request::Parts;

use super::bad;
use super::filter::Filter;
use super::unsure::{MOST, PAGE};
use crate::goto::answer::Refusal;

/// The known parameters of a query.
#[derive(Debug, Default)]
pub(super) struct Ask {
    pub(super) filter: Option<Filter>,
    pub(super) offset: usize,
    pub(super) size: Option<usize>,
    /// The requested attributes; empty for all attributes.
    pub(super) attributes: Vec<String>,
    /// `true` to create the valid users of a request even if others fail (`allOrNothing=false`).
    pub(super) in_part: bool,
}

impl Ask {
    /// Returns the page size.
    pub(super) fn page(&self) -> usize {
        self.size.unwrap_or(PAGE).clamp(1, MOST)
    }

    fn parse(query: &str) -> Result<Self, Refusal> {
        let mut ask = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, raw) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decoded(raw).ok_or_else(|| bad("query.invalid", pair))?;
            let number = || value.parse().map_err(|_| bad("query.invalid", pair));
            match name {
                // Observed: a space must be sent as `%20`; `+` is rejected.
                "filter" if raw.contains('+') => return Err(bad("filter.invalid", raw)),
                "filter" => ask.filter = Some(Filter::parse(&value).map_err(|text| bad("filter.invalid", &text))?),
                "offset" => ask.offset = number()?,
                "pageSize" => ask.size = Some(number()?),
                "attributes" => ask.attributes = value.split(',').map(|name| name.trim().to_owned()).collect(),
                "allOrNothing" => ask.in_part = value.eq_ignore_ascii_case("false"),
                _ => {}
            }
        }
        Ok(ask)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Ask {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Ok(RawQuery(query)) = RawQuery::from_request_parts(parts, state).await;
        Self::parse(&query.unwrap_or_default())
    }
}

/// Decodes percent-encoded text; `None` if the result is not UTF-8.
fn decoded(raw: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_a_plus_for_a_space() {
        assert!(Ask::parse("filter=email%20eq%20%22a@b.c%22&pageSize=5&offset=7").unwrap().filter.is_some());
        assert!(Ask::parse("filter=email+eq+%22a@b.c%22").is_err());
        // In an address, `+` is written as `%2B`.
        assert!(Ask::parse("filter=email%20eq%20%22a%2Bx@b.c%22").unwrap().filter.is_some());
        assert!(Ask::parse("pageSize=x").is_err());
        assert_eq!(Ask::parse("pageSize=5000").unwrap().page(), MOST);
        assert_eq!(Ask::parse("").unwrap().page(), PAGE);
    }
}
