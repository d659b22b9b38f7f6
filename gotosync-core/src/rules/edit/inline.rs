//! Editing of inline tables and lists. Lists keep their formatting when items are added or removed.

use toml_edit::{Array, InlineTable, RawString, Value};

use super::json;

/// Formats a value without the spaces and comments around it.
pub(super) fn bare(mut value: Value) -> String {
    value.decor_mut().clear();
    value.to_string()
}

/// Parses an inline table.
pub(super) fn table(text: &str) -> Option<InlineTable> {
    match text.parse().ok()? {
        Value::InlineTable(table) => Some(table),
        _ => None,
    }
}

/// Sets a key in a table; returns `None` if a part of the key leads to a value that is not a table.
pub(super) fn set(table: &mut InlineTable, key: &[String], value: &Value) -> Option<()> {
    let (name, rest) = key.split_first()?;
    if let Some(found) = table.get_mut(name) {
        if rest.is_empty() && json::value(found) == json::value(value) {
            return Some(());
        }
        if rest.is_empty() {
            let mut new: Value = merged(&bare(found.clone()), value).parse().ok()?;
            *new.decor_mut() = found.decor().clone();
            *found = new;
            return Some(());
        }
        return set(found.as_inline_table_mut()?, rest, value);
    }
    let mut value = value.clone();
    for name in rest.iter().rev() {
        value.decor_mut().clear();
        let mut inner = InlineTable::new();
        inner.insert(name, value);
        value = inner.into();
    }
    // Keep the spacing between the last value and the brace.
    let end = last(table).map_or_else(
        || RawString::from(" "),
        |last| {
            let end = last.decor().suffix().cloned().unwrap_or_default();
            last.decor_mut().set_suffix("");
            end
        },
    );
    *value.decor_mut() = toml_edit::Decor::new(" ", end);
    table.insert(name, value);
    Some(())
}

/// Removes a key from a table, and also an inner table that becomes empty; returns `None` if the key is missing.
pub(super) fn unset(table: &mut InlineTable, key: &[String]) -> Option<()> {
    let (name, rest) = key.split_first()?;
    if !rest.is_empty() {
        let inner = table.get_mut(name)?.as_inline_table_mut()?;
        unset(inner, rest)?;
        if !inner.is_empty() {
            return Some(());
        }
    }
    let is_last = table.iter().last().is_some_and(|(last, _)| last == name);
    let removed = table.remove(name)?;
    if is_last && let Some(last) = last(table) {
        last.decor_mut().set_suffix(removed.decor().suffix().cloned().unwrap_or_default());
    }
    Some(())
}

/// Formats a new value that replaces an old one. A list keeps its lines and comments if items are only added or only removed.
pub(super) fn merged(old: &str, new: &Value) -> String {
    if let (Ok(Value::Array(mut list)), Value::Array(wanted)) = (old.parse(), new) {
        let wanted_values: Vec<_> = wanted.iter().map(json::value).collect();
        for at in (0..list.len()).rev() {
            if list.get(at).is_some_and(|item| !wanted_values.contains(&json::value(item))) {
                remove(&mut list, at);
            }
        }
        let kept = list.len();
        wanted.iter().skip(kept).for_each(|item| push(&mut list, item.clone()));
        if list.iter().map(json::value).eq(wanted_values) {
            return bare(list.into());
        }
    }
    bare(new.clone())
}

/// Removes an item from a list, together with the comment at the end of its line. Other comments stay.
fn remove(list: &mut Array, at: usize) {
    let removed = list.remove(at);
    let before = text(removed.decor().prefix());
    // The parser attaches the comment of an item to the next item, or to the end of the list.
    if let Some(next) = list.get_mut(at) {
        let own = text(next.decor().prefix());
        next.decor_mut().set_prefix(joined(&before, &own));
    } else if list.trailing_comma() {
        let own = text(Some(list.trailing()));
        list.set_trailing(joined(&before, &own));
    } else if let Some(last) = list.get_mut(at.wrapping_sub(1)) {
        let own = text(removed.decor().suffix());
        last.decor_mut().set_suffix(if own.contains('\n') { joined(&before, &own) } else { String::new() });
    }
}

/// Joins the text before and after a removed item, and drops the rest of the item's line.
fn joined(before: &str, behind: &str) -> String {
    match behind.split_once('\n') {
        None if before.contains('#') => format!("{}\n", before.trim_end()),
        None => before.to_owned(),
        Some((_, rest)) if before.contains('#') => format!("{}\n{rest}", before.trim_end()),
        Some((_, rest)) => format!("\n{rest}"),
    }
}

/// Appends an item to a list, on a separate line if the previous item has one.
fn push(list: &mut Array, mut item: Value) {
    let count = list.len();
    let before = list.get(count.wrapping_sub(1)).map(|last| text(last.decor().prefix()));
    let mut prefix = match &before {
        None => String::new(),
        Some(before) => before.rfind('\n').map_or_else(|| " ".to_owned(), |at| before[at..].to_owned()),
    };
    let mut suffix = RawString::default();
    if let Some(last) = list.get_mut(count.wrapping_sub(1)) {
        suffix = last.decor().suffix().cloned().unwrap_or_default();
        last.decor_mut().set_suffix("");
    }
    let end = text(Some(list.trailing()));
    if end.contains('#') {
        // This comment belongs to the previous item.
        prefix = format!("{}{}", end.trim_end(), if prefix.contains('\n') { prefix } else { "\n".to_owned() });
        list.set_trailing("\n");
    }
    *item.decor_mut() = toml_edit::Decor::new(prefix, suffix);
    list.push_formatted(item);
}

fn last(table: &mut InlineTable) -> Option<&mut Value> {
    table.iter_mut().last().map(|(_, value)| value)
}

fn text(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str).unwrap_or_default().to_owned()
}
