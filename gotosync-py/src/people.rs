//! Reads people returned by Python code, as dicts or otherwise.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use gotosync_core::model::{AttrId, Completeness, Gap, ReadRequest, Reading as CoreReading, Value, Values};
use gotosync_core::source::{PeopleBuilder, PersonRecord};
use gotosync_core::{Error, ErrorKind};
use jiff::Timestamp;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::directory::{Directory, Origin, Person, Reading, dn};
use crate::error::raised;
use crate::own::is_one;

/// The result of a custom source that returns more than people: empty groups and OUs, missing data, and remarks.
///
/// ``gaps`` are pairs of a place and a problem. With any gap, the read is incomplete, and gotosync takes nothing away from users.
///
/// >>> people = gotosync.People([{"id": 7, "mail": "ann@example.test"}], gaps=[("page 2", "timed out")])
/// >>> len(people.people), people.gaps
/// (1, [('page 2', 'timed out')])
#[pyclass(frozen, module = "gotosync")]
#[expect(clippy::struct_field_names, reason = "they are attributes in Python")]
pub(crate) struct People {
    /// The people.
    #[pyo3(get)]
    people: Py<PyAny>,
    /// Groups that may have no members, by name or distinguished name.
    #[pyo3(get)]
    groups: Vec<String>,
    /// Distinguished names of OUs that may contain no people.
    #[pyo3(get)]
    units: Vec<String>,
    /// Missing data: pairs of a place and a problem.
    #[pyo3(get)]
    gaps: Vec<(String, String)>,
    /// Remarks about the read that do not affect its completeness.
    #[pyo3(get)]
    remarks: Vec<String>,
}

#[pymethods]
impl People {
    #[new]
    #[pyo3(signature = (people, *, groups = Vec::new(), units = Vec::new(), gaps = Vec::new(), remarks = Vec::new()))]
    fn new(
        people: Py<PyAny>,
        groups: Vec<String>,
        units: Vec<String>,
        gaps: Vec<(String, String)>,
        remarks: Vec<String>,
    ) -> Self {
        Self { people, groups, units, gaps, remarks }
    }
}

/// The meaning of a key of a dict.
#[derive(Clone, Copy)]
enum Key {
    Id,
    Dn,
    Disabled,
    Enabled,
    Expires,
    Groups,
    Attribute(AttrId),
    /// An attribute that was not requested.
    Unwanted,
}

/// Builds a directory from people, one at a time.
struct Reader<'py> {
    builder: PeopleBuilder,
    /// The requested attributes in lower case; `None` for all.
    wanted: Option<HashSet<String>>,
    /// Known keys, by the address of the key object, because most dicts share their key objects. `kept` keeps these objects alive, so
    /// that no other object gets the same address.
    seen: HashMap<usize, Key>,
    /// The keys in the order of the last dict, which most likely is the order of the next dict.
    order: Vec<(usize, Key)>,
    kept: Vec<Bound<'py, PyAny>>,
    /// The reads that people came from, each once.
    origins: Vec<Arc<Origin>>,
    count: usize,
}

/// Converts the result of a custom source to a reading. `source` is the name of the source.
pub(crate) fn reading(given: &Bound<'_, PyAny>, source: &str, request: Option<&ReadRequest>) -> PyResult<CoreReading> {
    let py = given.py();
    if let Ok(reading) = given.cast::<Reading>() {
        let reading = reading.get();
        covers(py, &reading.1, request)?;
        return Ok(reading.0.clone());
    }
    if let Ok(directory) = given.cast::<Directory>() {
        let Directory(directory, origin) = directory.get();
        covers(py, origin, request)?;
        return Ok(reading_of(Arc::clone(directory), origin.completeness.clone(), Vec::new()));
    }
    let builder = PeopleBuilder::new(source).map_err(|error| raised(py, &error))?;
    let wanted = request.map(|request| request.attributes.iter().map(|name| name.to_ascii_lowercase()).collect());
    let (seen, order, kept, origins) = (HashMap::new(), Vec::new(), Vec::new(), Vec::new());
    let mut reader = Reader { builder, wanted, seen, order, kept, origins, count: 0 };
    let more = given.cast::<People>().ok().map(Bound::get);
    let all = more.map_or_else(|| given.clone(), |more| more.people.bind(py).clone());
    if all.is_none() || is_one(&all) {
        let class = all.get_type().name()?;
        let error = Error::new(ErrorKind::Data, format!("the source returned a {class}, expected people"));
        return Err(raised(py, &error.hint("return an iterable of dicts, or yield them")));
    }
    if let Ok(directory) = all.cast::<Directory>() {
        reader.origins.push(Arc::clone(&directory.get().1));
    }
    if let Some(more) = more {
        more.groups.iter().for_each(|group| reader.builder.group(group));
        for unit in &more.units {
            reader.builder.unit(&dn(py, unit)?);
        }
    }
    for person in all.try_iter()? {
        reader.add(&person?)?;
    }
    let Reader { builder, origins, .. } = reader;
    let directory = builder.build().map_err(|error| raised(py, &error))?;
    let own = more.into_iter().flat_map(|more| &more.gaps);
    let mut gaps: Vec<Gap> =
        own.map(|(place, problem)| Gap { place: place.clone(), problem: problem.clone() }).collect();
    // If the source passes on people from an incomplete read, the new reading is incomplete, too.
    for origin in origins {
        covers(py, &origin, request)?;
        gaps.extend(origin.completeness.gaps().iter().cloned());
    }
    let remarks = more.map(|more| more.remarks.clone()).unwrap_or_default();
    Ok(reading_of(Arc::new(directory), Completeness::from_gaps(gaps), remarks))
}

/// Checks that a passed-on reading covers the request. Otherwise, attributes that were not requested would look empty.
fn covers(py: Python<'_>, origin: &Origin, request: Option<&ReadRequest>) -> PyResult<()> {
    let (Some(asked), Some(request)) = (&origin.asked, request) else { return Ok(()) };
    let has = |name: &&String| asked.attributes.iter().any(|own| own.eq_ignore_ascii_case(name));
    let missing: Vec<&str> = request.attributes.iter().filter(|name| !has(name)).map(String::as_str).collect();
    let narrower = !asked.wants_everyone() && asked.scopes != request.scopes;
    if missing.is_empty() && !narrower {
        return Ok(());
    }
    let what = if missing.is_empty() { "these people".to_owned() } else { missing.join(", ") };
    let error = Error::new(ErrorKind::Data, format!("the source passed on a reading that did not request {what}"));
    Err(raised(py, &error.hint("pass the request on: `source.read(request)`")))
}

fn reading_of(
    directory: Arc<gotosync_core::model::Directory>,
    completeness: Completeness,
    remarks: Vec<String>,
) -> CoreReading {
    CoreReading { directory, completeness, remarks, effort: None, kept: None }
}

impl<'py> Reader<'py> {
    fn add(&mut self, person: &Bound<'py, PyAny>) -> PyResult<()> {
        self.count += 1;
        let py = person.py();
        let entries = if let Ok(entries) = person.cast::<PyDict>() {
            entries.clone()
        } else if let Ok(person) = person.cast::<Person>() {
            let origin = &person.get().origin;
            if !self.origins.iter().any(|own| Arc::ptr_eq(own, origin)) {
                self.origins.push(Arc::clone(origin));
            }
            person.call_method0("to_dict")?.cast_into()?
        } else {
            let made = py.get_type::<PyDict>().call1((person,)).and_then(|made| Ok(made.cast_into::<PyDict>()?));
            made.map_err(|_| self.wrong(py, "", format!("is a {}, expected a dict", kind(person))))?
        };
        let mut record = PersonRecord { attributes: Vec::with_capacity(entries.len()), ..PersonRecord::default() };
        for (position, (key, value)) in entries.iter().enumerate() {
            let what = self.key(position, &key)?;
            if value.is_none() {
                continue;
            }
            let given = || format!("`{key}` is a {}", kind(&value));
            match what {
                Key::Unwanted => {}
                Key::Attribute(id) => {
                    let values = values(&value).map_err(|NoValue| {
                        self.wrong(
                            py,
                            &record.id,
                            format!("{}, expected text, bytes, a number, or a list of these", given()),
                        )
                    })?;
                    record.attributes.extend(values.map(|values| (id, values)));
                }
                Key::Id => {
                    record.id = id(&value)
                        .ok_or_else(|| self.wrong(py, "", format!("{}, expected text or a whole number", given())))?;
                }
                Key::Dn => {
                    let text: String = value
                        .extract()
                        .map_err(|_| self.wrong(py, &record.id, format!("{}, expected text", given())))?;
                    record.dn = Some(dn(py, &text).map_err(|error| self.place(py, &record.id, error))?);
                }
                Key::Disabled | Key::Enabled => {
                    let yes: bool = value
                        .extract()
                        .map_err(|_| self.wrong(py, &record.id, format!("{}, expected True or False", given())))?;
                    record.disabled |= yes == matches!(what, Key::Disabled);
                }
                Key::Expires => {
                    let moment: Timestamp = value.extract().map_err(|_| {
                        self.wrong(py, &record.id, format!("{}, expected a datetime with a time zone", given()))
                    })?;
                    record.expires = Some(moment);
                }
                Key::Groups => {
                    let groups: Result<Vec<String>, _> = value
                        .try_iter()
                        .and_then(|groups| groups.map(|group| group.and_then(|group| group.extract())).collect());
                    record.groups = match groups {
                        Ok(groups) if !value.is_instance_of::<PyString>() => groups,
                        _ => return Err(self.wrong(py, &record.id, format!("{}, expected a list of texts", given()))),
                    };
                }
            }
        }
        if record.id.trim().is_empty() {
            return Err(self.wrong(py, "", "`id` is missing; it must be a permanent id of the person".to_owned()));
        }
        self.builder.add(record);
        Ok(())
    }

    fn key(&mut self, position: usize, key: &Bound<'py, PyAny>) -> PyResult<Key> {
        let at = key.as_ptr().addr();
        if let Some((_, known)) = self.order.get(position).filter(|(last, _)| *last == at) {
            return Ok(*known);
        }
        if let Some(known) = self.seen.get(&at).copied() {
            self.expect(position, at, known);
            return Ok(known);
        }
        let name = key
            .extract::<String>()
            .map_err(|_| self.wrong(key.py(), "", format!("the key {key} is a {}, expected text", kind(key))))?;
        let what = match name.to_ascii_lowercase().as_str() {
            "id" => Key::Id,
            "dn" => Key::Dn,
            "disabled" => Key::Disabled,
            "enabled" => Key::Enabled,
            "expires" => Key::Expires,
            "groups" => Key::Groups,
            folded if self.wanted.as_ref().is_none_or(|wanted| wanted.contains(folded)) => {
                Key::Attribute(self.builder.attribute(&name))
            }
            _ => Key::Unwanted,
        };
        // Limit the number of keys: key objects that are created for each dict would fill the memory.
        if self.kept.len() < MOST_KEYS {
            self.seen.insert(at, what);
            self.kept.push(key.clone());
            self.expect(position, at, what);
        }
        Ok(what)
    }

    /// Remembers a key for the same position in the next dict.
    fn expect(&mut self, position: usize, at: usize, key: Key) {
        if let Some(slot) = self.order.get_mut(position) {
            *slot = (at, key);
        } else if position == self.order.len() {
            self.order.push((at, key));
        }
    }

    fn wrong(&self, py: Python<'_>, id: &str, problem: String) -> PyErr {
        let who =
            if id.is_empty() { format!("person {}", self.count) } else { format!("person {} ({id})", self.count) };
        raised(py, &Error::new(ErrorKind::Data, format!("{who}: {problem}")).with("person", self.count))
    }

    fn place(&self, py: Python<'_>, id: &str, error: PyErr) -> PyErr {
        let wrong = self.wrong(py, id, error.value(py).to_string());
        wrong.set_cause(py, Some(error));
        wrong
    }
}

/// Returns an id: a text or an integer. Rejects floats, because libraries may turn 7 into 7.0.
fn id(value: &Bound<'_, PyAny>) -> Option<String> {
    if value.is_instance_of::<PyBool>() || value.is_instance_of::<PyFloat>() {
        return None;
    }
    match text(value)? {
        Value::Text(text) => Some(text.into()),
        Value::Bytes(_) => None,
    }
}

/// An error for a value that cannot be an attribute value.
struct NoValue;

/// Returns the values of an attribute; `None` for an empty list.
fn values(value: &Bound<'_, PyAny>) -> Result<Option<Values>, NoValue> {
    if let Ok(list) = value.cast::<PyList>() {
        return many(list.iter());
    }
    if let Ok(list) = value.cast::<PyTuple>() {
        return many(list.iter());
    }
    Ok(Some(Values::One(text(value).ok_or(NoValue)?)))
}

fn many<'py>(values: impl Iterator<Item = Bound<'py, PyAny>>) -> Result<Option<Values>, NoValue> {
    let given = values.filter(|value| !value.is_none());
    let mut all = given.map(|value| text(&value).ok_or(NoValue)).collect::<Result<Vec<_>, _>>()?;
    Ok(match all.len() {
        0 => None,
        1 => all.pop().map(Values::One),
        _ => Some(Values::Many(all.into())),
    })
}

fn text(value: &Bound<'_, PyAny>) -> Option<Value> {
    if let Ok(text) = value.cast::<PyString>() {
        return text.to_cow().ok().map(|text| Value::from(&*text));
    }
    if let Ok(yes) = value.cast::<PyBool>() {
        return Some(Value::from(if yes.is_true() { "TRUE" } else { "FALSE" }));
    }
    if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() {
        return value.str().ok().map(|text| Value::from(text.to_string()));
    }
    value.cast::<PyBytes>().ok().map(|bytes| Value::from(bytes.as_bytes().to_vec()))
}

fn kind(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map(|name| name.to_string()).unwrap_or_default()
}

/// The maximum number of remembered keys.
const MOST_KEYS: usize = 1000;
