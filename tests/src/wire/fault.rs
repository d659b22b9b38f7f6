//! The faults that a wire can inject, as data.

use std::time::Duration;

use super::aim::{Aim, Damage};

/// A fault in a server's response.
///
/// A fault applies to the response to one request. For a search, this is one page: its entries and references and the
/// `SearchResultDone`. Several faults in the same response apply in the order in which they are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Sends another result code. A bind or `StartTLS` request does not reach the server.
    Code {
        /// The result code.
        code: u32,
        /// The handling of the page's entries.
        entries: Entries,
        /// The handling of the paging control.
        paging: Keep,
    },
    /// Closes the connection, or keeps it open but sends nothing more.
    Cut {
        /// The place in the response.
        spot: Spot,
        /// The way in which the connection ends.
        ending: Ending,
    },
    /// Pauses before every message.
    Slow {
        /// The duration of each pause.
        each: Duration,
    },
    /// Splits every message into pieces of the given size. This must be the last fault.
    Chopped {
        /// The number of bytes in a piece.
        size: usize,
    },
    /// Sends the given number of pages with a cookie but without entries first.
    EmptyPages {
        /// The number of empty pages.
        times: usize,
    },
    /// Sends the same page again and again, always with a cookie for more.
    PageLoop {
        /// The kind of cookie, by which a client may detect the loop.
        cookie: LoopCookie,
    },
    /// Sends the page twice and then continues the search.
    PageTwice,
    /// Removes the paging control from the response, as if the server did not support paging.
    PagingTaken,
    /// Empties the cookie, which marks the page as the last one.
    CookieCleared,
    /// Replaces the cookie with one that the server did not create.
    CookieChanged,
    /// Sends an entry twice.
    EntryTwice {
        /// The number of the entry on the page, counted from 1.
        entry: usize,
        /// The difference between the copy and the original.
        copy: Copied,
    },
    /// Reverses the order of the page's entries.
    EntriesReversed,
    /// Removes one entry of the page.
    EntryDropped {
        /// The number of the entry, counted from 1.
        entry: usize,
    },
    /// Sends attribute names in upper case.
    NamesInCapitals,
    /// Changes an attribute.
    Attribute {
        /// The name of the attribute, ignoring case.
        name: String,
        /// The change.
        edit: Edit,
        /// The affected entries of the page.
        entries: Which,
    },
    /// Sends a malformed entry.
    EntryBroken {
        /// The number of the entry on the page, counted from 1.
        entry: usize,
        /// The kind of damage.
        how: Broken,
    },
    /// Sends large attributes in ranges, like Active Directory with `MaxValRange`, even if the server does not
    /// support that: the wire requests all values from the server and splits them.
    RangeImposed {
        /// The attribute.
        attribute: String,
        /// The maximum number of values in a response.
        step: usize,
    },
    /// Sends only the first values of an attribute, as `attribute;range=0-N`. Later ranges are requested from the
    /// server itself.
    RangeCut {
        /// The attribute.
        attribute: String,
        /// The number of values.
        keep: usize,
    },
    /// Answers the request for a later range incorrectly.
    RangeAnswer(RangeAnswer),
    /// Adds a continuation reference to the page.
    Reference {
        /// The URLs of the reference.
        urls: Vec<String>,
    },
    /// Sends result code 10 (referral).
    Referral {
        /// The URLs of the referral.
        urls: Vec<String>,
    },
    /// Sends an unexpected message.
    Rubbish {
        /// The message.
        what: Rubbish,
        /// The place in the response.
        spot: Spot,
        /// The handling of the remaining response.
        rest: Rest,
    },
    /// Rejects every later search on this connection with this result code, as if the client had not signed in.
    SearchesRefused {
        /// The result code.
        code: u32,
    },
}

/// The handling of a page's entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries {
    /// The entries are sent.
    Passed,
    /// The entries are not sent.
    Held,
}

/// The handling of the paging control in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The control stays as the server sent it, with a cookie if there are more pages.
    Kept,
    /// The control is removed.
    Taken,
}

/// A place in a response. A count beyond the end of the response means its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// Before the first message.
    Start,
    /// After the given number of entries.
    AfterEntries(usize),
    /// In the middle of the entry that follows the given number of entries.
    InEntryAfter(usize),
    /// After the last entry.
    BeforeDone,
    /// In the middle of the last message.
    InDone,
    /// After the last message.
    End,
}

/// The way in which a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// An orderly close, with `close_notify` under TLS.
    Closed,
    /// A FIN without `close_notify` under TLS.
    Fin,
    /// An RST.
    Rst,
    /// No end: the connection stays open, but nothing more is sent.
    Silence,
}

/// The cookie of an endless page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopCookie {
    /// The same cookie each time.
    Same,
    /// A new cookie each time.
    Fresh,
}

/// The difference between an entry and its copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// No difference: the copy has the same bytes.
    Same,
    /// The last byte of this attribute's first value.
    OtherValue(String),
    /// The DN. The rest is the same.
    OtherDn,
}

/// A change of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The attribute is removed.
    Taken,
    /// The values of the attribute are removed.
    Emptied,
    /// The attribute gets these values, even if the entry did not have it.
    Set(Vec<Vec<u8>>),
    /// This value of the attribute is removed.
    Without(Vec<u8>),
}

/// A selection of a page's entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All entries.
    All,
    /// One entry, counted from 1.
    Nth(usize),
}

/// The damage of a malformed entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The DN is not UTF-8.
    DnNotText,
    /// The DN is invalid: it contains no equals sign.
    DnNoName,
    /// The DN is empty.
    DnEmpty,
    /// The length of the first attribute exceeds the attribute list.
    Lengths,
    /// The first attribute has no set of values.
    NoValues,
    /// Nothing follows the DN.
    NoAttributes,
}

/// An incorrect response to the request for a later range of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeAnswer {
    /// An entry without the attribute.
    Nothing,
    /// A success without an entry.
    NoEntry,
    /// `noSuchObject`, as if the group had just been deleted.
    Gone,
    /// A range that begins at 0 again.
    Again,
    /// A range that begins one value too late, so that a value is missing.
    Hole,
    /// The right values, but marked as not being the last range.
    Unclosed,
}

/// The handling of the response after an unexpected message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// The remaining response follows.
    Follows,
    /// The remaining response never arrives, although the connection stays open.
    Missing,
}

/// An unexpected or malformed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rubbish {
    /// An `ExtendedResponse` to a search, which is how Samba answers an unknown critical control.
    Extended,
    /// A `BindResponse` to a search, or a `SearchResultDone` to anything else.
    OtherAnswer,
    /// An operation with the unknown tag 30.
    UnknownOp,
    /// An entry with an unknown message id.
    StrangeEntry,
    /// A `SearchResultDone` with an unknown message id.
    StrangeDone,
    /// A Notice of Disconnection with this result code.
    Disconnection(u32),
    /// An unknown unsolicited notification, which clients must ignore (RFC 4511, section 4.4).
    Notification,
    /// A message with the id -1.
    NegativeId,
    /// A message with an id above 2^31-1.
    HugeId,
    /// A successful `SearchResultDone` whose list of controls is malformed.
    ControlsMalformed,
    /// A successful `SearchResultDone` whose paging control is malformed.
    PagingMalformed,
    /// An empty `SearchResultDone`.
    BareDone,
    /// A `SearchResultDone` whose result code has five bytes.
    HugeCode,
    /// An `IntermediateResponse` that the client did not request.
    Intermediate,
    /// A successful `SearchResultDone` in a message of indefinite length.
    Indefinite,
    /// An empty message.
    Empty,
    /// A message of the given number of nested sequences.
    Nested(u32),
    /// The beginning of a message whose header announces the given number of bytes.
    Announced(u64),
    /// 500 pseudorandom bytes from this seed.
    Random(u64),
}

impl Rubbish {
    /// One example of each kind.
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
    /// Sends a result code instead of a success, after the entries and without a paging control.
    pub fn code(code: u32) -> Self {
        Self::Code { code, entries: Entries::Passed, paging: Keep::Taken }
    }

    /// Ends the connection at a spot.
    pub fn cut(spot: Spot, ending: Ending) -> Self {
        Self::Cut { spot, ending }
    }

    /// Removes an attribute from every entry.
    pub fn without(name: &str) -> Self {
        Self::Attribute { name: name.to_owned(), edit: Edit::Taken, entries: Which::All }
    }

    /// Sets the value of an attribute in every entry.
    pub fn set(name: &str, value: impl Into<Vec<u8>>) -> Self {
        Self::Attribute { name: name.to_owned(), edit: Edit::Set(vec![value.into()]), entries: Which::All }
    }

    /// Removes a control from the root DSE. Use it with [`Aim::root_dse`].
    pub fn without_control(oid: &str) -> Self {
        let edit = Edit::Without(oid.as_bytes().to_vec());
        Self::Attribute { name: "supportedControl".to_owned(), edit, entries: Which::All }
    }

    /// Inserts rubbish into a response, which then continues normally.
    pub fn rubbish(what: Rubbish, spot: Spot) -> Self {
        Self::Rubbish { what, spot, rest: Rest::Follows }
    }

    /// Sends rubbish instead of the message that ends the response.
    pub fn rubbish_instead(what: Rubbish) -> Self {
        Self::Rubbish { what, spot: Spot::BeforeDone, rest: Rest::Missing }
    }

    /// Aims the fault.
    pub fn at(self, aim: Aim) -> Damage {
        Damage { fault: self, aim }
    }
}
