//! Value ranges of an attribute, and their faults.

use super::entries::each;
use super::{Ask, Kind, Step, is, replace_done};
use crate::wire::fault::{Fault, RangeAnswer, Which};
use crate::wire::message::{Entry, range};

/// Returns the attribute name that requests all values from the server, whatever range the client requests.
pub(in crate::wire) fn whole<'a>(name: &'a str, attribute: &str) -> &'a str {
    match range(name) {
        Some((plain, _, _)) if plain.eq_ignore_ascii_case(attribute) => plain,
        _ => name,
    }
}

/// Splits the values of an attribute into ranges like Active Directory. `wanted` contains the attributes that the
/// search requests. If the client requests no range and there are more than `step` values, the entry gets the first
/// range beside the attribute without values.
pub(in crate::wire) fn cut_up(entry: &mut Entry, attribute: &str, step: usize, wanted: &[String]) -> bool {
    let Some(at) = entry.attributes.iter().position(|(name, _)| name.eq_ignore_ascii_case(attribute)) else {
        return false;
    };
    let ranges = wanted.iter().filter_map(|name| range(name));
    let asked = ranges.filter(|(name, ..)| name.eq_ignore_ascii_case(attribute)).map(|(_, from, to)| (from, to)).next();
    let (name, values) = entry.attributes[at].clone();
    if asked.is_none() && values.len() <= step {
        return false;
    }
    let (from, to) = asked.unwrap_or((0, None));
    let end = values.len().min(from.saturating_add(step)).min(to.map_or(usize::MAX, |to| to.saturating_add(1)));
    entry.attributes.remove(at);
    if let Some(part) = values.get(from..end).filter(|part| !part.is_empty()) {
        let last = if end == values.len() { "*".to_owned() } else { (end - 1).to_string() };
        entry.attributes.insert(at, (format!("{name};range={from}-{last}"), part.to_vec()));
        if asked.is_none() {
            entry.attributes.insert(at, (name, Vec::new()));
        }
    }
    true
}

pub(super) fn strike(fault: &Fault, steps: &mut Vec<Step>, ask: &Ask) {
    let Some(search) = &ask.search else { return };
    match fault {
        Fault::RangeImposed { attribute, step } => {
            each(steps, Which::All, |entry| cut_up(entry, attribute, *step, &search.attributes));
        }
        Fault::RangeCut { attribute, keep } => each(steps, Which::All, |entry| cut_short(entry, attribute, *keep)),
        Fault::RangeAnswer(how) => {
            let mut ranges = search.attributes.iter().filter_map(|name| range(name));
            if ranges.any(|(_, from, _)| from > 0) {
                answer(*how, steps, ask);
            }
        }
        _ => {}
    }
}

fn cut_short(entry: &mut Entry, attribute: &str, keep: usize) -> bool {
    let first = |name: &str| {
        let whole = range(name).is_some_and(|(plain, from, _)| from == 0 && plain.eq_ignore_ascii_case(attribute));
        whole || name.eq_ignore_ascii_case(attribute)
    };
    let long = entry.attributes.iter_mut().find(|(name, values)| first(name) && values.len() > keep.max(1));
    let Some((name, values)) = long else { return false };
    values.truncate(keep.max(1));
    *name = format!("{};range=0-{}", whole(name, attribute), values.len() - 1);
    true
}

fn answer(how: RangeAnswer, steps: &mut Vec<Step>, ask: &Ask) {
    match how {
        RangeAnswer::Nothing => each(steps, Which::All, |entry| {
            let before = entry.attributes.len();
            entry.attributes.retain(|(name, _)| range(name).is_none());
            entry.attributes.len() != before
        }),
        RangeAnswer::NoEntry => steps.retain(|step| !is(step, Kind::Entry)),
        RangeAnswer::Gone => {
            steps.retain(|step| is(step, Kind::Done));
            replace_done(steps, super::refusal(ask, 32, Vec::new()));
        }
        RangeAnswer::Again => renamed(steps, |_, plain, _, to, values| {
            let last = to.map_or("*".to_owned(), |_| (values.len().saturating_sub(1)).to_string());
            format!("{plain};range=0-{last}")
        }),
        RangeAnswer::Hole => renamed(steps, |_, plain, from, to, values| {
            values.drain(..values.len().min(1));
            format!("{plain};range={}-{}", from + 1, to.map_or("*".to_owned(), |to| to.to_string()))
        }),
        RangeAnswer::Unclosed => renamed(steps, |name, plain, from, to, values| match to {
            Some(_) => name.to_owned(),
            None => format!("{plain};range={from}-{}", from + values.len().saturating_sub(1)),
        }),
    }
}

type Rename = fn(&str, &str, usize, Option<usize>, &mut Vec<Vec<u8>>) -> String;

fn renamed(steps: &mut [Step], rename: Rename) {
    each(steps, Which::All, |entry| {
        let mut found = false;
        for (name, values) in &mut entry.attributes {
            let Some((plain, from, to)) = range(name).map(|(plain, from, to)| (plain.to_owned(), from, to)) else {
                continue;
            };
            *name = rename(name, &plain, from, to, values);
            found = true;
        }
        found
    });
}
