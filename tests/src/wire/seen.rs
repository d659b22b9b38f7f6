//! The recorded traffic of a wire.

/// The requests of clients and the responses that they got, in order of their start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The number of connections.
    pub connections: usize,
    /// The number of connections that are still open.
    pub open: usize,
    /// The bind requests.
    pub binds: Vec<Bind>,
    /// The searches. A search with several pages counts once.
    pub searches: Vec<Search>,
    /// The names of all other requests except unbinds; the object identifiers for extended requests.
    pub others: Vec<String>,
    /// The number of unbind requests.
    pub unbinds: usize,
    /// The requests on a connection after a refused bind, except unbinds.
    pub after_refused_bind: Vec<String>,
    /// The number of bytes from clients, without TLS overhead.
    pub from_clients: u64,
    /// The number of bytes to clients.
    pub to_clients: u64,
    /// The faults that occurred, once for each occurrence.
    pub struck: Vec<Struck>,
    /// The unplanned errors, such as an unreachable server.
    pub troubles: Vec<String>,
}

/// A bind request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// The number of the connection, counted from 1.
    pub connection: usize,
    /// `simple`, the SASL mechanism, or `other`.
    pub mechanism: String,
    /// The name of the user.
    pub name: String,
    /// The kind of password.
    pub password: Password,
    /// The result code that the client got.
    pub code: Option<u32>,
}

/// The kind of password in a bind request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Password {
    /// No password, because the mechanism has none.
    None,
    /// An empty password.
    Empty,
    /// A password that is not empty.
    Given,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The number of the connection, counted from 1.
    pub connection: usize,
    /// The base DN.
    pub base: String,
    /// The scope: 0 for the base entry, 1 for its children, 2 for the subtree.
    pub scope: i64,
    /// The filter, as in RFC 4515.
    pub filter: String,
    /// The requested attributes; empty for all.
    pub attributes: Vec<String>,
    /// The controls of the first request: object identifiers, with a leading `!` for critical ones.
    pub controls: Vec<String>,
    /// The pages. An unpaged search has one.
    pub pages: Vec<Page>,
}

/// A page of a search, as the client received it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The page size that the client requested, if it requested paging.
    pub size: Option<i64>,
    /// The cookie that the client sent, as ASCII with escapes.
    pub sent: String,
    /// The number of entries in the response.
    pub entries: usize,
    /// The number of references in the response.
    pub references: usize,
    /// The result code, if the response was complete.
    pub code: Option<u32>,
    /// The cookie that the client received, if the response had a paging control.
    pub got: Option<String>,
}

/// An occurrence of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Struck {
    /// The index of the fault, in the given order.
    pub fault: usize,
    /// The number of the connection, counted from 1.
    pub connection: usize,
    /// The number of the page, for searches.
    pub page: Option<usize>,
}

impl Seen {
    /// Returns the searches whose base or filter contains this text, ignoring case.
    pub fn searches_of(&self, text: &str) -> impl Iterator<Item = &Search> {
        let text = text.to_lowercase();
        let holds = move |search: &&Search| {
            search.base.to_lowercase().contains(&text) || search.filter.to_lowercase().contains(&text)
        };
        self.searches.iter().filter(holds)
    }

    /// Returns how often a fault occurred. `fault` is its index in the given order.
    pub fn strikes(&self, fault: usize) -> usize {
        self.struck.iter().filter(|struck| struck.fault == fault).count()
    }
}

impl Search {
    /// Returns the total number of entries that the client received.
    pub fn entries(&self) -> usize {
        self.pages.iter().map(|page| page.entries).sum()
    }
}
