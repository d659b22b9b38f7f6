//! The place where a fault occurs.

use super::fault::Fault;
use super::message::SearchOp;

/// A fault and the place where it occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The fault.
    pub fault: Fault,
    /// The place where it occurs.
    pub aim: Aim,
}

/// A place in the exchange between client and server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aim {
    pub(super) at: At,
    pages: Pages,
    text: Option<String>,
    asking: Option<String>,
    nth: Option<usize>,
}

/// The kinds of requests at which a fault can be aimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Connection,
    StartTls,
    Bind,
    RootDse,
    Search,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pages {
    Every,
    Only(usize),
    From(usize),
}

impl Aim {
    /// Aims at every connection before the first byte is exchanged, even before TLS. Only for [`Fault::Cut`], where
    /// the spot is ignored, and [`Fault::Rubbish`].
    pub fn connection() -> Self {
        Self { at: At::Connection, pages: Pages::Every, text: None, asking: None, nth: None }
    }

    /// Aims at every `StartTLS` response. Messages after the response, at [`Spot::End`](super::Spot::End), are sent
    /// unencrypted in the same TCP segment.
    pub fn start_tls() -> Self {
        Self { at: At::StartTls, ..Self::connection() }
    }

    /// Aims at every bind response.
    pub fn bind() -> Self {
        Self { at: At::Bind, ..Self::connection() }
    }

    /// Aims at every read of the root DSE.
    pub fn root_dse() -> Self {
        Self { at: At::RootDse, ..Self::connection() }
    }

    /// Aims at every page of every search except those of the root DSE.
    pub fn every_page() -> Self {
        Self { at: At::Search, ..Self::connection() }
    }

    /// Aims at one page of every search. The first page is 1.
    pub fn page(page: usize) -> Self {
        Self { pages: Pages::Only(page), ..Self::every_page() }
    }

    /// Aims at this page and all later pages of every search.
    pub fn from_page(page: usize) -> Self {
        Self { pages: Pages::From(page), ..Self::every_page() }
    }

    /// Limits the aim to searches whose base or filter (as in RFC 4515) contains this text, ignoring case.
    pub fn of(self, text: &str) -> Self {
        Self { text: Some(text.to_lowercase()), ..self }
    }

    /// Limits the aim to searches that request an attribute whose name contains this text, ignoring case.
    pub fn asking(self, text: &str) -> Self {
        Self { asking: Some(text.to_lowercase()), ..self }
    }

    /// Limits the aim to the n-th matching connection, bind, or search, counted from 1 over all connections.
    pub fn nth(self, n: usize) -> Self {
        Self { nth: Some(n), ..self }
    }

    /// Returns `true` if the aim includes this search, on any page.
    pub(super) fn is_about(&self, search: &SearchOp) -> bool {
        let holds = |text: &str, wanted: &String| text.to_lowercase().contains(wanted.as_str());
        let wanted = if search.is_root_dse() { At::RootDse } else { At::Search };
        let text = |wanted| holds(&search.base, wanted) || holds(&search.filter.to_string(), wanted);
        let asks = |wanted| search.attributes.iter().any(|name| holds(name, wanted));
        self.at == wanted && self.text.as_ref().is_none_or(text) && self.asking.as_ref().is_none_or(asks)
    }

    /// Returns `true` if the aim includes the n-th match.
    pub(super) fn takes(&self, ordinal: usize) -> bool {
        self.nth.is_none_or(|nth| nth == ordinal)
    }

    /// Returns `true` if the aim includes this page, for a fault that lasts for the given number of pages.
    pub(super) fn meets(&self, page: usize, pages: usize) -> bool {
        match self.pages {
            Pages::Every => true,
            Pages::Only(first) => (first..first.saturating_add(pages)).contains(&page),
            Pages::From(first) => page >= first,
        }
    }
}
