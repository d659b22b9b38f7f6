//! What went over a wire.

/// All that clients asked and got, in order of its beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many connections were made.
    pub connections: usize,
    /// How many of them are still open.
    pub open: usize,
    /// The attempts to sign in.
    pub binds: Vec<Bind>,
    /// The searches; their pages are not searches of their own.
    pub searches: Vec<Search>,
    /// All other requests but unbinds, by name; extended ones by their identifier.
    pub others: Vec<String>,
    /// How many clients took their leave.
    pub unbinds: usize,
    /// What was asked on a connection after its bind had been refused, but for an unbind.
    pub after_refused_bind: Vec<String>,
    /// Bytes from clients, below TLS left out.
    pub from_clients: u64,
    /// Bytes to clients.
    pub to_clients: u64,
    /// The faults that did something, each time they did.
    pub struck: Vec<Struck>,
    /// What went wrong without being asked to, such as a server that cannot be reached.
    pub troubles: Vec<String>,
}

/// An attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// On which connection, counted from 1.
    pub connection: usize,
    /// `simple`, the SASL mechanism, or `other`.
    pub mechanism: String,
    /// Who.
    pub name: String,
    /// What the password was like.
    pub password: Password,
    /// The result code the client was told.
    pub code: Option<u32>,
}

/// What a password was like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Password {
    /// There was none, the mechanism being another.
    None,
    /// There was an empty one.
    Empty,
    /// There was one.
    Given,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// On which connection, counted from 1.
    pub connection: usize,
    /// Where.
    pub base: String,
    /// How deep: 0 the base alone, 1 what is right below it, 2 all.
    pub scope: i64,
    /// What for, as RFC 4515 writes it.
    pub filter: String,
    /// Which attributes; none for all.
    pub attributes: Vec<String>,
    /// The controls of its first request: identifiers, with a `!` in front where critical.
    pub controls: Vec<String>,
    /// Its pages; an unpaged search has one.
    pub pages: Vec<Page>,
}

/// A page of a search, as the client got it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The page size the client wanted, if it wanted pages.
    pub size: Option<i64>,
    /// The cookie the client sent, in ASCII with escapes.
    pub sent: String,
    /// How many entries it got.
    pub entries: usize,
    /// How many references it got.
    pub references: usize,
    /// The result code, if there was an end.
    pub code: Option<u32>,
    /// The cookie the client got, if there was a paging control.
    pub got: Option<String>,
}

/// A fault that did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Struck {
    /// Which of the faults, counted from 0 as they were given.
    pub fault: usize,
    /// On which connection, counted from 1.
    pub connection: usize,
    /// On which page, if it was a search.
    pub page: Option<usize>,
}

impl Seen {
    /// The searches with this text in base or filter, whatever the case of letters.
    pub fn searches_of(&self, text: &str) -> impl Iterator<Item = &Search> {
        let text = text.to_lowercase();
        let holds = move |search: &&Search| {
            search.base.to_lowercase().contains(&text) || search.filter.to_lowercase().contains(&text)
        };
        self.searches.iter().filter(holds)
    }

    /// How often a fault did something, counted from 0 as they were given.
    pub fn strikes(&self, fault: usize) -> usize {
        self.struck.iter().filter(|struck| struck.fault == fault).count()
    }
}

impl Search {
    /// How many entries the client got in all.
    pub fn entries(&self) -> usize {
        self.pages.iter().map(|page| page.entries).sum()
    }
}
