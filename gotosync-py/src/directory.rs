//! Directories, people, and groups as Python values.

use std::sync::Arc;

use gotosync_core::model::{self, Completeness, Dn, GroupIx, PersonId, PersonIx, ReadRequest as CoreRequest, Value};
use gotosync_core::source::LIST_ATTRIBUTES;
use jiff::Timestamp;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::table::{self, Table};
use crate::value::hash_of;

/// The result of reading a source: people, groups, and OUs.
///
/// A directory is a sequence of people, sorted by id.
///
/// >>> [person.name for person in directory]
/// ['Ann Lee', 'Bob Ray', 'Cyd Fox']
#[pyclass(frozen, module = "gotosync", sequence, eq)]
#[derive(Clone)]
pub(crate) struct Directory(pub(crate) Arc<model::Directory>, pub(crate) Arc<Origin>);

/// The read that a value came from. Code that passes values on must not claim a more complete read.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The completeness of that read.
    pub(crate) completeness: Completeness,
    /// The request of that read; `None` if the source returned everything.
    pub(crate) asked: Option<CoreRequest>,
}

/// A person in a directory.
///
/// >>> person = directory[0]
/// >>> person.id, person["mail"], person.get("sn")
/// ('people:1', ['ann@example.test'], 'Lee')
#[pyclass(frozen, module = "gotosync", eq)]
pub(crate) struct Person {
    directory: Arc<model::Directory>,
    pub(crate) origin: Arc<Origin>,
    ix: usize,
}

/// A group of people and other groups.
///
/// >>> group = directory.groups[0]
/// >>> group.name, [person.name for person in group.people]
/// ('Team', ['Ann Lee'])
#[pyclass(frozen, module = "gotosync", eq)]
pub(crate) struct Group {
    directory: Arc<model::Directory>,
    origin: Arc<Origin>,
    ix: usize,
}

/// A directory, and the completeness of its read.
///
/// >>> reading = source.read()
/// >>> len(reading.directory), reading.complete, reading.gaps
/// (3, True, ())
#[pyclass(frozen, module = "gotosync", eq)]
pub(crate) struct Reading(pub(crate) model::Reading, pub(crate) Arc<Origin>);

/// A request to a source: the people to read, and their attributes. A new request asks for everyone.
///
/// >>> gotosync.ReadRequest(["mail", "sn"]).attributes
/// ('mail', 'sn')
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct ReadRequest(pub(crate) CoreRequest);

impl Directory {
    fn all(&self) -> impl ExactSizeIterator<Item = Person> + '_ {
        (0..self.0.people().len()).map(|ix| self.person(ix))
    }

    fn person(&self, ix: usize) -> Person {
        Person { directory: Arc::clone(&self.0), origin: Arc::clone(&self.1), ix }
    }
}

#[pymethods]
impl Directory {
    /// All people, sorted by id.
    #[getter]
    fn people<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.all())
    }

    /// All groups, sorted by name.
    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let groups = 0..self.0.groups().len();
        PyTuple::new(py, groups.map(|ix| self.group(ix)))
    }

    /// The distinguished names of all OUs and containers, parents before children.
    #[getter]
    fn units<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.units().iter().map(|unit| unit.dn.as_str()))
    }

    /// Returns the person with this id, or `None`.
    ///
    /// >>> directory.find("people:2").name
    /// 'Bob Ray'
    fn find(&self, id: &str) -> Option<Person> {
        let ix = self.0.person_by_id(&PersonId::parse(id))?.index();
        Some(self.person(ix))
    }

    /// Returns people as a table: id, dn, name, disabled, expires, groups, and a column with the first value of each attribute.
    ///
    /// >>> directory.table(["mail"]).column_names
    /// ['id', 'dn', 'name', 'disabled', 'expires', 'groups', 'mail']
    #[pyo3(signature = (attributes = None))]
    fn table(&self, py: Python<'_>, attributes: Option<Vec<String>>) -> PyResult<Table> {
        table::people(py, &self.0, attributes.unwrap_or_default())
    }

    fn __len__(&self) -> usize {
        self.0.people().len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyIterator>> {
        self.people(py)?.try_iter()
    }

    fn __getitem__(&self, index: isize) -> PyResult<Person> {
        let length = self.0.people().len();
        let at = if index < 0 { index + length.cast_signed() } else { index };
        match usize::try_from(at) {
            Ok(ix) if ix < length => Ok(self.person(ix)),
            _ => Err(pyo3::exceptions::PyIndexError::new_err("person index out of range")),
        }
    }

    fn __repr__(&self) -> String {
        format!("<Directory of {} people and {} groups>", self.0.people().len(), self.0.groups().len())
    }
}

impl Directory {
    fn group(&self, ix: usize) -> Group {
        Group { directory: Arc::clone(&self.0), origin: Arc::clone(&self.1), ix }
    }
}

impl PartialEq for Directory {
    fn eq(&self, other: &Self) -> bool {
        let groups =
            |directory: &Self| (0..directory.0.groups().len()).map(|ix| directory.group(ix)).collect::<Vec<_>>();
        let units = |directory: &Self| directory.0.units().iter().map(|unit| unit.dn.clone()).collect::<Vec<_>>();
        self.all().eq(other.all()) && groups(self) == groups(other) && units(self) == units(other)
    }
}

impl PartialEq for Reading {
    fn eq(&self, other: &Self) -> bool {
        self.0.completeness == other.0.completeness
            && self.0.remarks == other.0.remarks
            && self.directory() == other.directory()
    }
}

impl Reading {
    /// Wraps the reading for a request; `None` if the source returned everything.
    pub(crate) fn of(reading: model::Reading, asked: Option<CoreRequest>) -> Self {
        let origin = Origin { completeness: reading.completeness.clone(), asked };
        Self(reading, Arc::new(origin))
    }
}

impl Person {
    fn inner(&self) -> &model::Person {
        &self.directory.people()[self.ix]
    }

    fn value_of<'py>(py: Python<'py>, value: &Value) -> Bound<'py, PyAny> {
        match value {
            Value::Text(text) => pyo3::types::PyString::new(py, text).into_any(),
            Value::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
        }
    }
}

impl PartialEq for Person {
    fn eq(&self, other: &Self) -> bool {
        let all = |person: &Self| -> Vec<(String, Vec<Value>)> {
            let named = person.inner().attributes.iter();
            named.map(|(id, values)| (person.directory.attributes().name(id).to_owned(), values.to_vec())).collect()
        };
        let (own, its) = (self.inner(), other.inner());
        own.id == its.id
            && own.dn == its.dn
            && own.disabled == its.disabled
            && own.expires == its.expires
            && self.names() == other.names()
            && all(self) == all(other)
    }
}

impl Person {
    fn names(&self) -> Vec<&str> {
        self.inner().direct_groups().map(|group| &*self.directory.group(group).name).collect()
    }
}

#[pymethods]
impl Person {
    /// The immutable id.
    #[getter]
    fn id(&self) -> String {
        self.inner().id.to_string()
    }

    /// The current distinguished name.
    #[getter]
    fn dn(&self) -> &str {
        self.inner().dn.as_str()
    }

    /// The common name: the first value of the distinguished name.
    #[getter]
    fn name(&self) -> String {
        self.inner().dn.name()
    }

    /// ``True`` if the person's account is disabled in the directory.
    #[getter]
    fn disabled(&self) -> bool {
        self.inner().disabled
    }

    /// The date on which the person's account expires, or `None`.
    #[getter]
    fn expires(&self) -> Option<Timestamp> {
        self.inner().expires
    }

    /// The names of the groups of which the person is a direct member.
    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.names())
    }

    /// The requested attributes: each is a list of ``str``, or ``bytes`` for binary values.
    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for (id, values) in self.inner().attributes.iter() {
            let values = values.iter().map(|value| Self::value_of(py, value));
            all.set_item(self.directory.attributes().name(id), PyList::new(py, values.collect::<Vec<_>>())?)?;
        }
        Ok(all)
    }

    /// Returns the first value of an attribute as text, or a default. Ignores case in attribute names.
    ///
    /// >>> person.get("telephoneNumber", "none")
    /// 'none'
    #[pyo3(signature = (name, default = None))]
    fn get<'py>(&self, py: Python<'py>, name: &str, default: Option<Bound<'py, PyAny>>) -> Option<Bound<'py, PyAny>> {
        let text = self.directory.text(self.inner(), name);
        text.map(|text| pyo3::types::PyString::new(py, text).into_any()).or(default)
    }

    /// Returns ``True`` if the person's account is neither disabled nor expired at a given time; default: now.
    ///
    /// >>> person.enabled(datetime(2026, 11, 27, tzinfo=timezone.utc))
    /// True
    #[pyo3(signature = (now = None))]
    fn enabled(&self, now: Option<Timestamp>) -> bool {
        self.inner().enabled(now.unwrap_or_else(Timestamp::now))
    }

    fn __getitem__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        match self.directory.values(self.inner(), name) {
            [] => Err(PyKeyError::new_err(name.to_owned())),
            values => PyList::new(py, values.iter().map(|value| Self::value_of(py, value)).collect::<Vec<_>>()),
        }
    }

    fn __contains__(&self, name: &str) -> bool {
        !self.directory.values(self.inner(), name).is_empty()
    }

    /// Returns the person as a dict, as a custom source may return it.
    ///
    /// >>> sorted(person.to_dict())
    /// ['disabled', 'dn', 'expires', 'givenName', 'groups', 'id', 'mail', 'sn']
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = self.attributes(py)?;
        all.set_item("id", self.id())?;
        all.set_item("dn", self.dn())?;
        all.set_item("disabled", self.disabled())?;
        all.set_item("expires", self.expires())?;
        all.set_item("groups", self.groups(py)?)?;
        Ok(all)
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.inner().id)
    }

    fn __str__(&self) -> String {
        self.name()
    }

    fn __repr__(&self) -> String {
        format!("<Person {} {:?}>", self.id(), self.name())
    }
}

impl Group {
    fn inner(&self) -> &model::Group {
        &self.directory.groups()[self.ix]
    }
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        let ids = |group: &Self| -> Vec<PersonId> {
            group.inner().people.iter().map(|person| group.directory.person(*person).id.clone()).collect()
        };
        let (own, its) = (self.inner(), other.inner());
        own.id == its.id && own.dn == its.dn && own.name == its.name && ids(self) == ids(other)
    }
}

#[pymethods]
impl Group {
    /// The immutable id.
    #[getter]
    fn id(&self) -> String {
        self.inner().id.to_string()
    }

    /// The current distinguished name.
    #[getter]
    fn dn(&self) -> &str {
        self.inner().dn.as_str()
    }

    /// The group's name.
    #[getter]
    fn name(&self) -> &str {
        &self.inner().name
    }

    /// The direct members, as far as people were read.
    #[getter]
    fn people<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let directory = Directory(Arc::clone(&self.directory), Arc::clone(&self.origin));
        let person = |ix: &PersonIx| directory.person(ix.index());
        PyTuple::new(py, self.inner().people.iter().map(person).collect::<Vec<_>>())
    }

    /// The groups that are direct members.
    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let group = |ix: &GroupIx| Self {
            directory: Arc::clone(&self.directory),
            origin: Arc::clone(&self.origin),
            ix: ix.index(),
        };
        PyTuple::new(py, self.inner().groups.iter().map(group).collect::<Vec<_>>())
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.inner().id)
    }

    fn __str__(&self) -> &str {
        self.name()
    }

    fn __repr__(&self) -> String {
        format!("<Group {:?} of {}>", self.name(), self.inner().people.len())
    }
}

#[pymethods]
impl Reading {
    /// The directory.
    #[getter]
    fn directory(&self) -> Directory {
        Directory(Arc::clone(&self.0.directory), Arc::clone(&self.1))
    }

    /// ``True`` if everything that was requested was read.
    #[getter]
    fn complete(&self) -> bool {
        self.0.completeness.is_complete()
    }

    /// The parts that could not be read: pairs of a place and a problem.
    #[getter]
    fn gaps<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        gaps(py, &self.0.completeness)
    }

    /// Remarks about the read that do not affect its completeness.
    #[getter]
    fn remarks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.remarks)
    }

    /// The searches, entries, and time that the read took, in words, if a server was read.
    #[getter]
    fn effort(&self) -> Option<String> {
        self.0.effort.as_ref().map(ToString::to_string)
    }

    fn __repr__(&self) -> String {
        let state = if self.complete() { "complete" } else { "incomplete" };
        format!("<Reading of {} people, {state}>", self.0.directory.people().len())
    }
}

#[pymethods]
impl ReadRequest {
    #[new]
    #[pyo3(signature = (attributes = None))]
    fn new(attributes: Option<Vec<String>>) -> Self {
        let usual = || LIST_ATTRIBUTES.iter().map(|name| (*name).to_owned()).collect();
        Self(CoreRequest::everyone(attributes.unwrap_or_else(usual)))
    }

    /// The names of the attributes to read.
    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.attributes)
    }

    /// The people to read, in words; a source may return more.
    #[getter]
    fn scopes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.scopes.iter().map(ToString::to_string))
    }

    /// ``True`` if the request asks for everyone.
    #[getter]
    fn everyone(&self) -> bool {
        self.0.wants_everyone()
    }

    fn __hash__(&self) -> u64 {
        hash_of(&(&self.0.attributes, self.0.scopes.iter().map(ToString::to_string).collect::<Vec<_>>()))
    }

    fn __repr__(&self) -> String {
        format!("<ReadRequest for {}>", self.0.attributes.join(", "))
    }
}

/// Returns gaps as pairs of texts.
pub(crate) fn gaps<'py>(py: Python<'py>, completeness: &Completeness) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, completeness.gaps().iter().map(|gap| (&gap.place, &gap.problem)))
}

/// Parses a distinguished name.
pub(crate) fn dn(py: Python<'_>, text: &str) -> PyResult<Dn> {
    Dn::parse(text).map_err(|error| crate::error::raised(py, &error))
}
