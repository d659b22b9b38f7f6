//! What can go wrong on a wire, as data.

use std::time::Duration;

use super::aim::{Aim, Damage};

/// One kind of damage to what a server says.
///
/// A fault is done to the answer to one request, which for a search is one page: its entries and references, and the
/// `SearchResultDone`. Several faults on the same answer are done in the order in which they are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Another result code in the answer. A bind or a wish for TLS does not even get to the server.
    Code {
        /// The result code.
        code: u32,
        /// What becomes of the entries of the page.
        entries: Entries,
        /// What becomes of the paging control.
        paging: Keep,
    },
    /// The connection ends, or says no more.
    Cut {
        /// Where in the answer.
        spot: Spot,
        /// In which way.
        ending: Ending,
    },
    /// A pause before every message.
    Slow {
        /// How long each lasts.
        each: Duration,
    },
    /// Every message goes out in pieces of so many bytes; give it last.
    Chopped {
        /// Bytes in a piece.
        size: usize,
    },
    /// So many pages without entries, but with a cookie, come first.
    EmptyPages {
        /// How many.
        times: usize,
    },
    /// The page says that there is more, and what comes is the same page again, for ever.
    PageLoop {
        /// Whether its cookie gives it away.
        cookie: LoopCookie,
    },
    /// The page comes twice, and then the search goes on.
    PageTwice,
    /// The paging control is not in the answer, as if the server knew nothing of pages.
    PagingTaken,
    /// The cookie is empty: "this was the last page".
    CookieCleared,
    /// The cookie is one that the server did not give.
    CookieChanged,
    /// An entry comes twice.
    EntryTwice {
        /// Which entry of the page, counted from 1.
        entry: usize,
        /// What the second one is like.
        copy: Copied,
    },
    /// The entries of the page come the other way round.
    EntriesReversed,
    /// An entry of the page, counted from 1, does not come.
    EntryDropped {
        /// Which one.
        entry: usize,
    },
    /// Attribute names are written in capitals.
    NamesInCapitals,
    /// An attribute is changed.
    Attribute {
        /// Its name, whatever the case.
        name: String,
        /// In which way.
        edit: Edit,
        /// In which entries of the page.
        entries: Which,
    },
    /// An entry is not as entries are.
    EntryBroken {
        /// Which entry of the page, counted from 1.
        entry: usize,
        /// In which way.
        how: Broken,
    },
    /// Long attributes come in ranges, as AD does it with `MaxValRange`, whatever the server itself can do: their values
    /// are fetched from it whole and cut up here.
    RangeImposed {
        /// The attribute.
        attribute: String,
        /// Values in one answer at most.
        step: usize,
    },
    /// Of an attribute only the first values come, as `attribute;range=0-N`; what follows is asked of the server itself.
    RangeCut {
        /// The attribute.
        attribute: String,
        /// How many values.
        keep: usize,
    },
    /// The answer to a request for a later range is not what was asked for.
    RangeAnswer(RangeAnswer),
    /// A continuation reference comes with the page.
    Reference {
        /// Where it points to, as URLs.
        urls: Vec<String>,
    },
    /// The answer is result code 10.
    Referral {
        /// Where it points to, as URLs.
        urls: Vec<String>,
    },
    /// Something that does not belong there.
    Rubbish {
        /// What.
        what: Rubbish,
        /// Where in the answer.
        spot: Spot,
        /// What becomes of what would have followed.
        rest: Rest,
    },
    /// From here on every search on this connection gets this result code, as if nobody had signed in.
    SearchesRefused {
        /// The result code.
        code: u32,
    },
}

/// What becomes of the entries of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries {
    /// They come.
    Passed,
    /// They do not come.
    Held,
}

/// What becomes of the paging control of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It stays as the server gave it, with a cookie if there is more.
    Kept,
    /// It is taken away.
    Taken,
}

/// A place in an answer; counts beyond its end mean its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// Before anything of it.
    Start,
    /// After so many entries.
    AfterEntries(usize),
    /// In the middle of the entry that follows so many others.
    InEntryAfter(usize),
    /// After the last entry.
    BeforeDone,
    /// In the middle of the last message.
    InDone,
    /// After all of it.
    End,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// In good order; under TLS with a `close_notify`.
    Closed,
    /// With a FIN, and nothing said under TLS.
    Fin,
    /// With an RST.
    Rst,
    /// Not at all: it stays open and says nothing more.
    Silence,
}

/// The cookie of a page that never ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopCookie {
    /// The same each time.
    Same,
    /// A new one each time.
    Fresh,
}

/// What the second of two equal entries is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// The same bytes.
    Same,
    /// The first value of this attribute has another end.
    OtherValue(String),
    /// Another name, and all else the same.
    OtherDn,
}

/// What is done to an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// It is not there.
    Taken,
    /// It is there without values.
    Emptied,
    /// These are its values, also where it was not there.
    Set(Vec<Vec<u8>>),
    /// It lacks this value.
    Without(Vec<u8>),
}

/// Some or all entries of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// One of them, counted from 1.
    Nth(usize),
}

/// How an entry is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Its name is not UTF-8.
    DnNotText,
    /// Its name is no name: no equals sign in it.
    DnNoName,
    /// Its name is empty.
    DnEmpty,
    /// The length of its first attribute goes beyond the end of the list.
    Lengths,
    /// Its first attribute has no set of values.
    NoValues,
    /// There is nothing after its name.
    NoAttributes,
}

/// How a request for a later range of values is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeAnswer {
    /// With an entry that lacks the attribute.
    Nothing,
    /// With success and no entry.
    NoEntry,
    /// With `noSuchObject`: the group has just gone.
    Gone,
    /// With a range that begins at 0 again.
    Again,
    /// With a range that begins one value later than it should, that value being left out.
    Hole,
    /// With the right values, but as a range that is not the last.
    Unclosed,
}

/// What becomes of what would have followed some rubbish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// It follows.
    Follows,
    /// It never comes, though the connection stays.
    Missing,
}

/// Something that does not belong where it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rubbish {
    /// An `ExtendedResponse` to a search, as Samba answers a critical control it does not know.
    Extended,
    /// A `BindResponse` to a search, or a `SearchResultDone` to anything else.
    OtherAnswer,
    /// An operation of the unknown tag 30.
    UnknownOp,
    /// An entry for a request that nobody has made.
    StrangeEntry,
    /// A `SearchResultDone` for a request that nobody has made.
    StrangeDone,
    /// A Notice of Disconnection with this result code.
    Disconnection(u32),
    /// An unsolicited notification that is not known; a client has to ignore it (RFC 4511, 4.4).
    Notification,
    /// A message with the number -1.
    NegativeId,
    /// A message with a number beyond 2^31-1.
    HugeId,
    /// A successful `SearchResultDone` whose list of controls is no list.
    ControlsMalformed,
    /// A successful `SearchResultDone` whose paging control holds rubbish.
    PagingMalformed,
    /// A `SearchResultDone` without anything in it.
    BareDone,
    /// A `SearchResultDone` whose result code takes five bytes.
    HugeCode,
    /// An `IntermediateResponse` that nobody has asked for.
    Intermediate,
    /// A successful `SearchResultDone` in a message of indefinite length.
    Indefinite,
    /// A message with nothing in it.
    Empty,
    /// A message of so many sequences, each in the one before.
    Nested(u32),
    /// The beginning of a message of so many bytes.
    Announced(u64),
    /// Half a thousand bytes that depend on this number alone.
    Random(u64),
}

impl Rubbish {
    /// One of each.
    pub const ALL: [Self; 19] = [
        Self::Extended,
        Self::OtherAnswer,
        Self::UnknownOp,
        Self::StrangeEntry,
        Self::StrangeDone,
        Self::Disconnection(52),
        Self::Notification,
        Self::NegativeId,
        Self::HugeId,
        Self::ControlsMalformed,
        Self::PagingMalformed,
        Self::BareDone,
        Self::HugeCode,
        Self::Intermediate,
        Self::Indefinite,
        Self::Empty,
        Self::Nested(100_000),
        Self::Announced(2 << 30),
        Self::Random(1),
    ];
}

impl Fault {
    /// A result code in the place of a success, after the entries, and without a way to go on.
    pub fn code(code: u32) -> Self {
        Self::Code { code, entries: Entries::Passed, paging: Keep::Taken }
    }

    /// The connection ends at a place.
    pub fn cut(spot: Spot, ending: Ending) -> Self {
        Self::Cut { spot, ending }
    }

    /// An attribute is not in any entry.
    pub fn without(name: &str) -> Self {
        Self::Attribute { name: name.to_owned(), edit: Edit::Taken, entries: Which::All }
    }

    /// An attribute has another value in every entry.
    pub fn set(name: &str, value: impl Into<Vec<u8>>) -> Self {
        Self::Attribute { name: name.to_owned(), edit: Edit::Set(vec![value.into()]), entries: Which::All }
    }

    /// The rootDSE does not name a control; to be aimed at [`Aim::root_dse`].
    pub fn without_control(oid: &str) -> Self {
        let edit = Edit::Without(oid.as_bytes().to_vec());
        Self::Attribute { name: "supportedControl".to_owned(), edit, entries: Which::All }
    }

    /// Rubbish in the middle of an answer that goes on as if nothing had been.
    pub fn rubbish(what: Rubbish, spot: Spot) -> Self {
        Self::Rubbish { what, spot, rest: Rest::Follows }
    }

    /// Rubbish in the place of what ends an answer.
    pub fn rubbish_instead(what: Rubbish) -> Self {
        Self::Rubbish { what, spot: Spot::BeforeDone, rest: Rest::Missing }
    }

    /// Does it there.
    pub fn at(self, aim: Aim) -> Damage {
        Damage { fault: self, aim }
    }
}
