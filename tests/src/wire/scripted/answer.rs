//! Answers searches from a script.

use super::{Script, ServedPaging};
use crate::wire::ber::{self, INTEGER, OCTETS, Reader, SEQUENCE};
use crate::wire::message::{self, Control, DONE, Entry, Message, PAGING, Paging, SearchOp, range};
use crate::wire::strike::range::cut_up;

/// Encodes the response to a search, or to one page of it.
pub(super) fn answer(script: &Script, signed_in: bool, request: &Message, search: &SearchOp) -> Vec<u8> {
    let mut bytes = Vec::new();
    let send = |op: Vec<u8>, bytes: &mut Vec<u8>| bytes.extend(Message::new(request.id, op).bytes());
    let done = |code, text, urls: &[String]| Message::new(request.id, message::result(DONE, code, text, urls)).bytes();
    if search.is_root_dse() {
        let root = Entry { dn: String::new(), attributes: script.root.clone() };
        if search.filter.holds(&root) {
            send(shown(script, root, search).op(), &mut bytes);
        }
        return [bytes, done(0, "", &[])].concat();
    }
    if !signed_in {
        return done(1, "00002020: Operation unavailable without authentication", &[]);
    }
    let unknown = |control: &&Control| control.critical && !is_known(script, &control.oid);
    if request.controls.iter().any(|control| unknown(&control)) {
        return done(12, "critical extension is unavailable", &[]);
    }
    if let Some((_, urls)) = script.elsewhere.iter().find(|(part, _)| is_in(&search.base, part)) {
        return done(10, "", urls);
    }
    let base_exists = search.base.is_empty() || script.entries.iter().any(|entry| is_in(&entry.dn, &search.base));
    if !base_exists {
        return done(32, "", &[]);
    }
    let found: Vec<&Entry> =
        script.entries.iter().filter(|entry| in_scope(entry, search) && search.filter.holds(entry)).collect();
    let part = Part::new(script, request, search, found.len());
    for entry in &found[part.from..part.to] {
        send(shown(script, (*entry).clone(), search).op(), &mut bytes);
    }
    if part.from == 0 {
        for (_, urls) in script.elsewhere.iter().filter(|(place, _)| search.scope == 2 && is_in(place, &search.base)) {
            send(message::reference(urls), &mut bytes);
        }
    }
    let op = message::result(DONE, part.code, "", &[]);
    bytes.extend(Message { id: request.id, op, controls: part.control.into_iter().collect() }.bytes());
    bytes
}

/// The part of the found entries that one response contains.
struct Part {
    from: usize,
    to: usize,
    code: u32,
    control: Option<Control>,
}

impl Part {
    fn new(script: &Script, request: &Message, search: &SearchOp, found: usize) -> Self {
        if let Some((step, from)) = dir_sync(script, request) {
            let to = from.saturating_add(step).min(found);
            return Self { from: from.min(to), to, code: 0, control: Some(dir_sync_control(to, to < found)) };
        }
        let limit = script.limit.unwrap_or(usize::MAX);
        let Some(paging) = request.paging().filter(|_| script.paging == ServedPaging::Served) else {
            let wanted = usize::try_from(search.size_limit).ok().filter(|wanted| *wanted > 0);
            let limit = limit.min(wanted.unwrap_or(usize::MAX));
            return Self { from: 0, to: found.min(limit), code: if found > limit { 4 } else { 0 }, control: None };
        };
        let Some(from) = offset(&paging.cookie).filter(|from| *from <= found) else {
            return Self { from: 0, to: 0, code: 53, control: None };
        };
        let size = usize::try_from(paging.size).unwrap_or(0).min(limit);
        let to = found.min(from.saturating_add(size));
        let cookie = if to < found { to.to_string().into_bytes() } else { Vec::new() };
        Self { from, to, code: 0, control: Some(Paging { size: 0, cookie }.control()) }
    }
}

/// Returns the number of entries before a cookie's position, or `None` if this server did not create the cookie.
fn offset(cookie: &[u8]) -> Option<usize> {
    if cookie.is_empty() { Some(0) } else { std::str::from_utf8(cookie).ok()?.parse().ok() }
}

fn is_known(script: &Script, oid: &str) -> bool {
    match oid {
        PAGING => script.paging != ServedPaging::Unknown,
        DIR_SYNC => script.dir_sync.is_some(),
        _ => KNOWN.contains(&oid),
    }
}

/// Returns the number of entries in a round of a `DirSync` search and the number of entries before it.
fn dir_sync(script: &Script, request: &Message) -> Option<(usize, usize)> {
    let step = script.dir_sync?;
    let control = request.controls.iter().find(|control| control.oid == DIR_SYNC)?;
    let mut inner = Reader::new(Reader::new(control.value.as_deref()?).body(SEQUENCE).ok()?);
    inner.number(INTEGER).ok()?;
    inner.number(INTEGER).ok()?;
    let cookie = inner.text(OCTETS).ok()?;
    Some((step, cookie.strip_prefix(MARK).and_then(|from| from.parse().ok()).unwrap_or(0)))
}

fn dir_sync_control(to: usize, more: bool) -> Control {
    let value = ber::group(
        SEQUENCE,
        &[
            ber::number(INTEGER, i64::from(more)),
            ber::number(INTEGER, 0),
            ber::element(OCTETS, format!("{MARK}{to}").as_bytes()),
        ],
    );
    Control { oid: DIR_SYNC.to_owned(), critical: true, value: Some(value) }
}

/// Returns an entry with the requested attributes.
fn shown(script: &Script, mut entry: Entry, search: &SearchOp) -> Entry {
    let plain = |name: &'_ String| range(name).map_or(name.clone(), |(plain, ..)| plain.to_owned());
    let all = search.attributes.is_empty() || search.attributes.iter().any(|name| name == "*" || name == "+");
    let asked = |name: &str| all || search.attributes.iter().any(|wanted| plain(wanted).eq_ignore_ascii_case(name));
    let held = |name: &str| match &script.partial {
        Some(partial) if !entry.dn.is_empty() => partial.iter().any(|known| known.eq_ignore_ascii_case(name)),
        _ => true,
    };
    entry.attributes.retain(|(name, _)| asked(name) && held(name));
    if let Some(step) = script.range {
        let names: Vec<String> = entry.attributes.iter().map(|(name, _)| name.clone()).collect();
        for name in names {
            cut_up(&mut entry, &name, step, &search.attributes);
        }
    }
    entry
}

fn in_scope(entry: &Entry, search: &SearchOp) -> bool {
    let (own, base) = (parts(&entry.dn), parts(&search.base));
    let depth = own.len().checked_sub(base.len()).filter(|_| own.ends_with(&base));
    match search.scope {
        0 => depth == Some(0),
        1 => depth == Some(1),
        _ => depth.is_some(),
    }
}

/// Returns `true` if a DN is equal to or below the base.
fn is_in(name: &str, base: &str) -> bool {
    parts(name).ends_with(&parts(base))
}

/// Returns the RDNs of a DN in a comparable form: trimmed and in lower case.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for sign in name.chars() {
        if sign == ',' && !escaped {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(sign);
        }
        escaped = sign == '\\' && !escaped;
    }
    let parts: Vec<String> = parts.iter().map(|part| part.trim().to_lowercase()).collect();
    if parts == [""] { Vec::new() } else { parts }
}

const DIR_SYNC: &str = "1.2.840.113556.1.4.841";
const MARK: &str = "MSDS";
/// The controls Show Deleted, Extended DN, and Domain Scope, which have no effect here.
const KNOWN: [&str; 3] = ["1.2.840.113556.1.4.417", "1.2.840.113556.1.4.529", "1.2.840.113556.1.4.1339"];
