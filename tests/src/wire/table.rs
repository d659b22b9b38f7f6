//! Tables of faults, for tests that try all of them.

use std::time::Duration;

use super::fault::{Broken, Copied, Edit, Ending, Entries, Fault, Keep, LoopCookie, RangeAnswer, Rubbish, Spot, Which};

/// A fault with a name and its effect on a correct reader.
#[derive(Debug, Clone)]
pub struct Named {
    /// A short, unique name.
    pub name: String,
    /// The fault.
    pub fault: Fault,
    /// The effect on the read.
    pub effect: Effect,
}

/// The effect of a fault on a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// None: LDAP allows it, and the read must be complete and unchanged.
    Harmless,
    /// LDAP does not allow it, but no data is missing: the read must be complete and unchanged, or be reported as
    /// incomplete.
    Either,
    /// Data is missing or wrong and the client can detect that: the read must be reported as incomplete.
    Shows,
    /// Data is missing or wrong, and the protocol gives the client no means to detect it.
    Hidden,
}

/// Returns every kind of fault that can affect a page of a search. The effects hold for a page that has at least two
/// entries and is followed by another page, if the search requests `objectClass` and the attribute of immutable ids,
/// named here.
pub fn faults(id: &str) -> Vec<Named> {
    let mut all = codes();
    all.extend(cuts());
    all.extend(pages());
    all.extend(entries(id));
    all.extend(Rubbish::ALL.into_iter().flat_map(rubbish));
    all
}

/// Returns the faults of a bind. Aim them at [`Aim::bind`](super::Aim::bind).
pub fn sign_in_faults() -> Vec<Named> {
    let codes = [49, 8, 53, 14, 1, 2, 7, 34, 51, 52, 80];
    let mut all: Vec<Named> =
        codes.into_iter().map(|code| shows(format!("bind answered with {code}"), Fault::code(code))).collect();
    for ending in [Ending::Closed, Ending::Fin, Ending::Rst, Ending::Silence] {
        all.push(shows(format!("bind answered with {ending:?}"), Fault::cut(Spot::Start, ending)));
    }
    for what in Rubbish::ALL {
        let named = |place: &str, fault, effect| Named { name: format!("{what:?} {place} the bind"), fault, effect };
        let (before, instead) = match (what, beside(what)) {
            (Rubbish::ControlsMalformed | Rubbish::PagingMalformed, _) => (Effect::Either, Effect::Either),
            (Rubbish::OtherAnswer, effect) => (effect, Effect::Either),
            (_, effect) => (effect, Effect::Shows),
        };
        all.push(named("before the answer to", Fault::rubbish(what, Spot::Start), before));
        all.push(named("as the answer to", Fault::rubbish_instead(what), instead));
    }
    all
}

/// Returns the faults of responses to requests for a later range. Aim them at searches for `;range=`.
pub fn range_faults() -> Vec<Named> {
    use RangeAnswer::{Again, Gone, Hole, NoEntry, Nothing, Unclosed};
    let named = |how| {
        let effect = if how == Unclosed { Effect::Either } else { Effect::Shows };
        Named { name: format!("range answered with {how:?}"), fault: Fault::RangeAnswer(how), effect }
    };
    let mut all: Vec<Named> = [Nothing, NoEntry, Gone, Again, Hole, Unclosed].into_iter().map(named).collect();
    for code in [1, 3, 50, 51, 80] {
        all.push(shows(format!("range answered with {code}"), Fault::code(code)));
    }
    all
}

fn codes() -> Vec<Named> {
    let mut all = Vec::new();
    for code in [1, 2, 3, 4, 8, 10, 11, 12, 32, 49, 50, 51, 52, 53, 80] {
        for (entries, paging) in [
            (Entries::Passed, Keep::Kept),
            (Entries::Passed, Keep::Taken),
            (Entries::Held, Keep::Kept),
            (Entries::Held, Keep::Taken),
        ] {
            let name = format!("code {code}, entries {entries:?}, paging {paging:?}");
            all.push(shows(name, Fault::Code { code, entries, paging }));
        }
    }
    all.push(shows("every later search refused", Fault::SearchesRefused { code: 1 }));
    all.push(shows("referral", Fault::Referral { urls: vec!["ldap://elsewhere.test/dc=elsewhere".to_owned()] }));
    all
}

fn cuts() -> Vec<Named> {
    let spots = [Spot::Start, Spot::AfterEntries(1), Spot::InEntryAfter(1), Spot::BeforeDone, Spot::InDone, Spot::End];
    let endings = [Ending::Closed, Ending::Fin, Ending::Rst, Ending::Silence];
    let pairs = spots.into_iter().flat_map(|spot| endings.map(|ending| (spot, ending)));
    pairs.map(|(spot, ending)| shows(format!("{ending:?} at {spot:?}"), Fault::cut(spot, ending))).collect()
}

fn pages() -> Vec<Named> {
    let urls = vec!["ldap://elsewhere.test/dc=elsewhere".to_owned()];
    vec![
        harmless("slow", Fault::Slow { each: Duration::from_millis(5) }),
        harmless("byte by byte", Fault::Chopped { size: 1 }),
        harmless("in pieces of 7 bytes", Fault::Chopped { size: 7 }),
        harmless("an empty page first", Fault::EmptyPages { times: 1 }),
        harmless("three empty pages first", Fault::EmptyPages { times: 3 }),
        shows("empty pages for ever", Fault::EmptyPages { times: usize::MAX }),
        shows("a loop with one cookie", Fault::PageLoop { cookie: LoopCookie::Same }),
        shows("a loop with fresh cookies", Fault::PageLoop { cookie: LoopCookie::Fresh }),
        either("the page twice", Fault::PageTwice),
        shows("paging control taken", Fault::PagingTaken),
        hidden("cookie cleared", Fault::CookieCleared),
        shows("cookie changed", Fault::CookieChanged),
        harmless("entries reversed", Fault::EntriesReversed),
        shows("a continuation reference", Fault::Reference { urls }),
    ]
}

fn entries(id: &str) -> Vec<Named> {
    let edit = |name: &str, edit| Fault::Attribute { name: name.to_owned(), edit, entries: Which::Nth(1) };
    let copy = |copy| Fault::EntryTwice { entry: 1, copy };
    let mut all = vec![
        either("an entry twice", copy(Copied::Same)),
        shows("an entry twice under two names", copy(Copied::OtherDn)),
        shows("an entry twice with two ids", copy(Copied::OtherValue(id.to_owned()))),
        hidden("an entry dropped", Fault::EntryDropped { entry: 1 }),
        harmless("names in capitals", Fault::NamesInCapitals),
        shows("no id", edit(id, Edit::Taken)),
        shows("an id without values", edit(id, Edit::Emptied)),
        shows("an id of three bytes", edit(id, Edit::Set(vec![vec![1, 2, 3]]))),
        shows("no class", edit("objectClass", Edit::Taken)),
    ];
    for how in
        [Broken::DnNotText, Broken::DnNoName, Broken::DnEmpty, Broken::Lengths, Broken::NoValues, Broken::NoAttributes]
    {
        all.push(shows(format!("an entry broken: {how:?}"), Fault::EntryBroken { entry: 1, how }));
    }
    all
}

fn rubbish(what: Rubbish) -> [Named; 4] {
    let named = |place: &str, fault, effect| Named { name: format!("{what:?} {place}"), fault, effect };
    [
        named("before the page", Fault::rubbish(what, Spot::Start), beside(what)),
        named("between entries", Fault::rubbish(what, Spot::AfterEntries(1)), beside(what)),
        named("before the end", Fault::rubbish(what, Spot::BeforeDone), beside(what)),
        named("in place of the end", Fault::rubbish_instead(what), Effect::Shows),
    ]
}

/// Returns the effect of rubbish that is sent in addition to the complete response.
fn beside(what: Rubbish) -> Effect {
    match what {
        Rubbish::Notification => Effect::Harmless,
        Rubbish::Extended
        | Rubbish::OtherAnswer
        | Rubbish::UnknownOp
        | Rubbish::StrangeEntry
        | Rubbish::StrangeDone
        | Rubbish::NegativeId
        | Rubbish::HugeId
        | Rubbish::Intermediate
        | Rubbish::Empty => Effect::Either,
        Rubbish::Disconnection(_)
        | Rubbish::ControlsMalformed
        | Rubbish::PagingMalformed
        | Rubbish::BareDone
        | Rubbish::HugeCode
        | Rubbish::Indefinite
        | Rubbish::Nested(_)
        | Rubbish::Announced(_)
        | Rubbish::Random(_) => Effect::Shows,
    }
}

fn harmless(name: impl Into<String>, fault: Fault) -> Named {
    Named { name: name.into(), fault, effect: Effect::Harmless }
}

fn shows(name: impl Into<String>, fault: Fault) -> Named {
    Named { name: name.into(), fault, effect: Effect::Shows }
}

fn either(name: impl Into<String>, fault: Fault) -> Named {
    Named { name: name.into(), fault, effect: Effect::Either }
}

fn hidden(name: impl Into<String>, fault: Fault) -> Named {
    Named { name: name.into(), fault, effect: Effect::Hidden }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A new kind of fault does not compile until it has a number here, and this test fails until it is in a table.
    fn kind(fault: &Fault) -> usize {
        match fault {
            Fault::Code { .. } => 0,
            Fault::Cut { .. } => 1,
            Fault::Slow { .. } => 2,
            Fault::Chopped { .. } => 3,
            Fault::EmptyPages { .. } => 4,
            Fault::PageLoop { .. } => 5,
            Fault::PageTwice => 6,
            Fault::PagingTaken => 7,
            Fault::CookieCleared => 8,
            Fault::CookieChanged => 9,
            Fault::EntryTwice { .. } => 10,
            Fault::EntriesReversed => 11,
            Fault::EntryDropped { .. } => 12,
            Fault::NamesInCapitals => 13,
            Fault::Attribute { .. } => 14,
            Fault::EntryBroken { .. } => 15,
            Fault::RangeAnswer(_) => 16,
            Fault::Reference { .. } => 17,
            Fault::Referral { .. } => 18,
            Fault::Rubbish { .. } => 19,
            Fault::SearchesRefused { .. } => 20,
            // The effect of these two depends on the attributes of the directory, not only on the reader.
            Fault::RangeImposed { .. } | Fault::RangeCut { .. } => usize::MAX,
        }
    }

    #[test]
    fn the_table_has_every_kind_of_fault() {
        let all = [faults("objectGUID"), range_faults()].concat();
        let kinds: BTreeSet<usize> = all.iter().map(|named| kind(&named.fault)).collect();
        assert_eq!(kinds, (0..=20).collect());
    }
}
