//! Where a fault strikes.

use super::fault::Fault;
use super::message::SearchOp;

/// A fault, and where it strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What goes wrong.
    pub fault: Fault,
    /// Where.
    pub aim: Aim,
}

/// A place in what client and server say to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aim {
    pub(super) at: At,
    pages: Pages,
    text: Option<String>,
    asking: Option<String>,
    nth: Option<usize>,
}

/// The kinds of requests that can be aimed at.
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
    /// Every connection, before a byte is exchanged (also before TLS); only for [`Fault::Cut`], where the spot does not
    /// matter, and [`Fault::Rubbish`].
    pub fn connection() -> Self {
        Self { at: At::Connection, pages: Pages::Every, text: None, asking: None, nth: None }
    }

    /// Every answer to the wish for TLS. What follows the answer at [`Spot::End`](super::Spot::End) is sent in the same
    /// piece as the answer, and is not protected.
    pub fn start_tls() -> Self {
        Self { at: At::StartTls, ..Self::connection() }
    }

    /// Every answer to a bind.
    pub fn bind() -> Self {
        Self { at: At::Bind, ..Self::connection() }
    }

    /// Every read of the rootDSE.
    pub fn root_dse() -> Self {
        Self { at: At::RootDse, ..Self::connection() }
    }

    /// Every page of every search but those of the rootDSE.
    pub fn every_page() -> Self {
        Self { at: At::Search, ..Self::connection() }
    }

    /// This page of every search, counted from 1 by what the client asks for.
    pub fn page(page: usize) -> Self {
        Self { pages: Pages::Only(page), ..Self::every_page() }
    }

    /// This page of every search, and all later ones.
    pub fn from_page(page: usize) -> Self {
        Self { pages: Pages::From(page), ..Self::every_page() }
    }

    /// Only searches with this text in the base or the filter (as RFC 4515 writes it), whatever the case of letters.
    pub fn of(self, text: &str) -> Self {
        Self { text: Some(text.to_lowercase()), ..self }
    }

    /// Only searches with this text in the name of an attribute they ask for, whatever the case of letters.
    pub fn asking(self, text: &str) -> Self {
        Self { asking: Some(text.to_lowercase()), ..self }
    }

    /// Only the n-th of these connections, binds or searches, counted from 1 over all connections.
    pub fn nth(self, n: usize) -> Self {
        Self { nth: Some(n), ..self }
    }

    /// Whether it is about this search, on whatever page.
    pub(super) fn is_about(&self, search: &SearchOp) -> bool {
        let holds = |text: &str, wanted: &String| text.to_lowercase().contains(wanted.as_str());
        let wanted = if search.is_root_dse() { At::RootDse } else { At::Search };
        let text = |wanted| holds(&search.base, wanted) || holds(&search.filter.to_string(), wanted);
        let asks = |wanted| search.attributes.iter().any(|name| holds(name, wanted));
        self.at == wanted && self.text.as_ref().is_none_or(text) && self.asking.as_ref().is_none_or(asks)
    }

    /// Whether the n-th of what it is about is meant.
    pub(super) fn takes(&self, ordinal: usize) -> bool {
        self.nth.is_none_or(|nth| nth == ordinal)
    }

    /// Whether a page is meant, for a fault that lasts for so many pages.
    pub(super) fn meets(&self, page: usize, pages: usize) -> bool {
        match self.pages {
            Pages::Every => true,
            Pages::Only(first) => (first..first.saturating_add(pages)).contains(&page),
            Pages::From(first) => page >= first,
        }
    }
}
