//! Faults, done to the answer to one request.

mod entries;
pub(super) mod paging;
pub(super) mod range;

use std::time::Duration;

use super::fault::{Ending, Entries, Fault, Keep, Rest, Spot};
use super::message::{self, Control, ENTRY, Message, REFERENCE, SearchOp};
use super::rubbish;
use paging::Cookies;

/// What is to be done to give an answer, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Send { kind: Kind, bytes: Vec<u8> },
    Wait(Duration),
    End(Ending),
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Entry,
    Reference,
    /// The message that ends an answer.
    Done,
    /// Rubbish, and parts of messages.
    Other,
}

/// The request that is answered.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) id: i64,
    /// Tag of the message that ends the answer.
    pub(super) last: u8,
    pub(super) search: Option<SearchOp>,
}

/// The step that sends a message of a server.
pub(super) fn step(bytes: Vec<u8>, tag: u8) -> Step {
    let kind = match tag {
        ENTRY => Kind::Entry,
        REFERENCE => Kind::Reference,
        message::DONE | message::BOUND | message::EXTENDED_ANSWER => Kind::Done,
        _ => Kind::Other,
    };
    Step::Send { kind, bytes }
}

/// An answer that is a result code alone.
pub(super) fn refusal(ask: &Ask, code: u32, controls: Vec<Control>) -> Step {
    let op = message::result(ask.last, code, "", &[]);
    Step::Send { kind: Kind::Done, bytes: Message { id: ask.id, op, controls }.bytes() }
}

/// Does a fault to an answer; says whether that made a difference.
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
        // Both come in the place of an answer, before there is one.
        Fault::EmptyPages { .. } | Fault::SearchesRefused { .. } => {}
    }
    // A page that comes again may come for the first time just as it is.
    let looped =
        matches!(fault, Fault::PageLoop { .. }) && done(steps).is_some_and(|message| message.paging().is_some());
    *steps != before || looped
}

/// Whether a step sends something of this kind.
fn is(step: &Step, wanted: Kind) -> bool {
    matches!(step, Step::Send { kind, .. } if *kind == wanted)
}

/// The message that ends the answer.
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

/// Changes the message that ends the answer.
fn edit_done(steps: &mut [Step], edit: impl FnOnce(&mut Message)) {
    if let Some(mut message) = done(steps) {
        edit(&mut message);
        replace_done(steps, Step::Send { kind: Kind::Done, bytes: message.bytes() });
    }
}

/// The steps that send entries, by position.
fn entry_positions(steps: &[Step]) -> Vec<usize> {
    (0..steps.len()).filter(|at| is(&steps[*at], Kind::Entry)).collect()
}

/// Which step a spot is before, and whether it is rather in the middle of that step.
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

/// A step that sends, as two that send half of it each.
fn halves(step: &Step) -> (Step, Step) {
    let bytes = match step {
        Step::Send { bytes, .. } => bytes.as_slice(),
        Step::Wait(_) | Step::End(_) => &[],
    };
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let part = |bytes: &[u8]| Step::Send { kind: Kind::Other, bytes: bytes.to_vec() };
    (part(first), part(second))
}

/// A step that sends, as many that send so much each; the last of them counts as the whole.
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
