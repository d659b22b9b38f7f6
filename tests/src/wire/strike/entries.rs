//! Faults in single entries.

use super::{Kind, Step, entry_positions};
use crate::wire::ber::{self, OCTETS, SEQUENCE};
use crate::wire::fault::{Broken, Copied, Edit, Fault, Which};
use crate::wire::message::{ENTRY, Entry, Message};

pub(super) fn strike(fault: &Fault, steps: &mut Vec<Step>) {
    match fault {
        Fault::EntryTwice { entry, copy } => {
            if let Some(at) = nth(steps, *entry)
                && let Some(second) = edited(&steps[at], |entry| copied(entry, copy))
            {
                steps.insert(at + 1, second);
            }
        }
        Fault::EntriesReversed => {
            let positions = entry_positions(steps);
            let half = positions.len() / 2;
            for (first, last) in positions.iter().zip(positions.iter().rev()).take(half) {
                steps.swap(*first, *last);
            }
        }
        Fault::EntryDropped { entry } => {
            if let Some(at) = nth(steps, *entry) {
                steps.remove(at);
            }
        }
        Fault::NamesInCapitals => each(steps, Which::All, |entry| {
            entry.attributes.iter_mut().for_each(|(name, _)| *name = name.to_uppercase());
            true
        }),
        Fault::Attribute { name, edit, entries } => each(steps, *entries, |entry| changed(entry, name, edit)),
        Fault::EntryBroken { entry, how } => {
            if let Some(at) = nth(steps, *entry)
                && let Some(bytes) = broken(&steps[at], *how)
            {
                steps[at] = Step::Send { kind: Kind::Entry, bytes };
            }
        }
        _ => {}
    }
}

/// Changes entries in place. Entries that `change` does not modify keep their original bytes.
pub(super) fn each(steps: &mut [Step], which: Which, mut change: impl FnMut(&mut Entry) -> bool) {
    for (count, at) in entry_positions(steps).into_iter().enumerate() {
        if which == Which::All || which == Which::Nth(count + 1) {
            steps[at] = edited(&steps[at], &mut change).unwrap_or_else(|| steps[at].clone());
        }
    }
}

fn nth(steps: &[Step], entry: usize) -> Option<usize> {
    entry_positions(steps).get(entry.checked_sub(1)?).copied()
}

fn parsed(step: &Step) -> Option<(Message, Entry)> {
    let Step::Send { bytes, .. } = step else { return None };
    let message = Message::parse(bytes).ok()?;
    let entry = Entry::parse(&message).ok()?;
    Some((message, entry))
}

fn edited(step: &Step, change: impl FnOnce(&mut Entry) -> bool) -> Option<Step> {
    let (message, mut entry) = parsed(step)?;
    let bytes = |entry: &Entry| Message { op: entry.op(), ..message }.bytes();
    change(&mut entry).then(|| Step::Send { kind: Kind::Entry, bytes: bytes(&entry) })
}

fn copied(entry: &mut Entry, copy: &Copied) -> bool {
    match copy {
        Copied::Same => true,
        Copied::OtherDn => {
            entry.dn = format!("cn=copy,{}", entry.dn);
            true
        }
        Copied::OtherValue(name) => {
            let named = entry.attributes.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name));
            let last = named.and_then(|(_, values)| values.first_mut()?.last_mut());
            last.map(|byte| *byte ^= 1).is_some()
        }
    }
}

fn changed(entry: &mut Entry, name: &str, edit: &Edit) -> bool {
    let at = entry.attributes.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
    match (edit, at) {
        (Edit::Taken, Some(at)) => drop(entry.attributes.remove(at)),
        (Edit::Emptied, Some(at)) => entry.attributes[at].1.clear(),
        (Edit::Set(values), Some(at)) => entry.attributes[at].1.clone_from(values),
        (Edit::Set(values), None) => entry.attributes.push((name.to_owned(), values.clone())),
        (Edit::Without(value), Some(at)) => entry.attributes[at].1.retain(|known| known != value),
        (_, None) => return false,
    }
    true
}

fn broken(step: &Step, how: Broken) -> Option<Vec<u8>> {
    let (message, entry) = parsed(step)?;
    let dn = ber::element(OCTETS, entry.dn.as_bytes());
    let listed = |attribute: &[u8]| ber::group(ENTRY, &[dn.clone(), ber::element(SEQUENCE, attribute)]);
    let op = match how {
        Broken::DnNotText => entry.op_named(b"cn=\xff\xfe\x80,dc=test"),
        Broken::DnNoName => entry.op_named(b"no name at all"),
        Broken::DnEmpty => entry.op_named(b""),
        Broken::Lengths => listed(&[SEQUENCE, 0x20, OCTETS, 2, b'c', b'n', 0x31, 0x18, OCTETS, 0x16, b'x']),
        Broken::NoValues => listed(&ber::group(SEQUENCE, &[ber::element(OCTETS, b"cn")])),
        Broken::NoAttributes => ber::element(ENTRY, &dn),
    };
    Some(Message { op, ..message }.bytes())
}
