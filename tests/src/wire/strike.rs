//! Applies faults to the response to one request.

mod entries;
pub(super) mod paging;
pub(super) mod range;

use std::time::Duration;

use super::fault::{Ending, Entries, Fault, Keep, Rest, Spot};
use super::message::{self, Control, ENTRY, Message, REFERENCE, SearchOp};
use super::rubbish;
use paging::Cookies;

/// A step of sending a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Send { kind: Kind, bytes: Vec<u8> },
    Wait(Duration),
    End(Ending),
}

/// The kind of message that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Entry,
    Reference,
    /// The message that ends a response.
    Done,
    /// Rubbish and partial messages.
    Other,
}

/// The request to which the response belongs.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) id: i64,
    /// The tag of the message that ends the response.
    pub(super) last: u8,
    pub(super) search: Option<SearchOp>,
}

/// Returns the step that sends a message of the server.
pub(super) fn step(bytes: Vec<u8>, tag: u8) -> Step {
    let kind = match tag {
        ENTRY => Kind::Entry,
        REFERENCE => Kind::Reference,
        message::DONE | message::BOUND | message::EXTENDED_ANSWER => Kind::Done,
        _ => Kind::Other,
    };
    Step::Send { kind, bytes }
}

/// Returns the step that sends a response with only a result code.
pub(super) fn refusal(ask: &Ask, code: u32, controls: Vec<Control>) -> Step {
    let op = message::result(ask.last, code, "", &[]);
    Step::Send { kind: Kind::Done, bytes: Message { id: ask.id, op, controls }.bytes() }
}

/// Applies a fault to a response and returns `true` if this changed it.
pub(super) fn strike(fault: &Fault, steps: &mut Vec<Step>, ask: &Ask, cookies: &mut Cookies) -> bool {
    let before = steps.clone();
    match fault {
        Fault::Code { code, entries, paging } => {
            let controls = match paging {
                Keep::Kept => done(steps).map(|message| message.controls).unwrap_or_default(),
                Keep::Taken => Vec::new(),
            };
            if *entries == Entries::Held {
                steps.retain(|step| is(step, Kind::Done));
            }
            replace_done(steps, refusal(ask, *code, controls));
        }
        Fault::Cut { spot, ending } => {
            let (at, half) = place(steps, *spot);
            let part = half.then(|| halves(&steps[at]).0);
            steps.truncate(at);
            steps.extend(part);
            steps.push(Step::End(*ending));
        }
        Fault::Slow { each } => {
            let waiting = |step| [Step::Wait(*each), step];
            *steps = std::mem::take(steps).into_iter().flat_map(waiting).collect();
        }
        Fault::Chopped { size } => {
            *steps = std::mem::take(steps).into_iter().flat_map(|step| pieces(step, *size)).collect();
        }
        Fault::Referral { urls } => {
            steps.clear();
            let op = message::result(ask.last, 10, "", urls);
            steps.push(Step::Send { kind: Kind::Done, bytes: Message::new(ask.id, op).bytes() });
        }
        Fault::Reference { urls } => {
            let bytes = Message::new(ask.id, message::reference(urls)).bytes();
            let (at, _) = place(steps, Spot::BeforeDone);
            steps.insert(at, Step::Send { kind: Kind::Reference, bytes });
        }
        Fault::Rubbish { what, spot, rest } => {
            let bytes = rubbish::bytes(*what, ask.id, ask.last);
            let (at, half) = place(steps, *spot);
            let after = steps.split_off(at);
            let mut after = after.into_iter();
            let split = if half { after.next().map(|step| halves(&step)) } else { None };
            let (first, second) = split.unzip();
            steps.extend(first);
            steps.push(Step::Send { kind: Kind::Other, bytes });
            if *rest == Rest::Follows {
                steps.extend(second.into_iter().chain(after));
            }
        }
        Fault::RangeImposed { .. } | Fault::RangeCut { .. } | Fault::RangeAnswer(_) => range::strike(fault, steps, ask),
        Fault::PageLoop { .. }
        | Fault::PageTwice
        | Fault::PagingTaken
        | Fault::CookieCleared
        | Fault::CookieChanged => paging::strike(fault, steps, cookies),
        Fault::EntryTwice { .. }
        | Fault::EntriesReversed
        | Fault::EntryDropped { .. }
        | Fault::NamesInCapitals
        | Fault::Attribute { .. }
        | Fault::EntryBroken { .. } => entries::strike(fault, steps),
        // Both faults replace the response before it is requested.
        Fault::EmptyPages { .. } | Fault::SearchesRefused { .. } => {}
    }
    // The first response of a page loop may be the unchanged page.
    let looped =
        matches!(fault, Fault::PageLoop { .. }) && done(steps).is_some_and(|message| message.paging().is_some());
    *steps != before || looped
}

/// Returns `true` if a step sends a message of this kind.
fn is(step: &Step, wanted: Kind) -> bool {
    matches!(step, Step::Send { kind, .. } if *kind == wanted)
}

/// Returns the message that ends the response.
fn done(steps: &[Step]) -> Option<Message> {
    steps.iter().rev().find_map(|step| match step {
        Step::Send { kind: Kind::Done, bytes } => Message::parse(bytes).ok(),
        _ => None,
    })
}

fn replace_done(steps: &mut [Step], new: Step) {
    if let Some(step) = steps.iter_mut().rev().find(|step| is(step, Kind::Done)) {
        *step = new;
    }
}

/// Changes the message that ends the response.
fn edit_done(steps: &mut [Step], edit: impl FnOnce(&mut Message)) {
    if let Some(mut message) = done(steps) {
        edit(&mut message);
        replace_done(steps, Step::Send { kind: Kind::Done, bytes: message.bytes() });
    }
}

/// Returns the indexes of the steps that send entries.
fn entry_positions(steps: &[Step]) -> Vec<usize> {
    (0..steps.len()).filter(|at| is(&steps[*at], Kind::Entry)).collect()
}

/// Returns the step before which a spot is, and `true` if the spot is in the middle of that step instead.
fn place(steps: &[Step], spot: Spot) -> (usize, bool) {
    let end = steps.iter().rposition(|step| is(step, Kind::Done)).unwrap_or(steps.len());
    let entries = entry_positions(steps);
    let in_done = (end, end < steps.len());
    match spot {
        Spot::Start => (0, false),
        Spot::AfterEntries(0) => (entries.first().copied().unwrap_or(end), false),
        Spot::AfterEntries(count) => (entries.get(count - 1).map_or(end, |at| at + 1), false),
        Spot::InEntryAfter(count) => entries.get(count).map_or(in_done, |at| (*at, true)),
        Spot::BeforeDone => (end, false),
        Spot::InDone => in_done,
        Spot::End => (steps.len(), false),
    }
}

/// Splits a step into two steps that each send half of its bytes.
fn halves(step: &Step) -> (Step, Step) {
    let bytes = match step {
        Step::Send { bytes, .. } => bytes.as_slice(),
        Step::Wait(_) | Step::End(_) => &[],
    };
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let part = |bytes: &[u8]| Step::Send { kind: Kind::Other, bytes: bytes.to_vec() };
    (part(first), part(second))
}

/// Splits a step into steps of the given number of bytes. Only the last one is recorded as the message.
fn pieces(step: Step, size: usize) -> Vec<Step> {
    let Step::Send { kind, bytes } = step else { return vec![step] };
    let mut steps = Vec::new();
    let mut chunks = bytes.chunks(size.max(1)).peekable();
    while let Some(chunk) = chunks.next() {
        let kind = if chunks.peek().is_some() { Kind::Other } else { kind };
        steps.extend([Step::Send { kind, bytes: chunk.to_vec() }, Step::Wait(Duration::ZERO)]);
    }
    steps
}
