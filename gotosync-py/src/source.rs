//! Sources of people: the built-in sources, and custom sources.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use gotosync_core::config::{Variables, open_source};
use gotosync_core::model::{Dn, ReadRequest as CoreRequest, Reading as CoreReading};
use gotosync_core::source::{
    self as core, DirectoryInfo, LIST_ATTRIBUTES, ListSource as CoreList, MemorySource as CoreMemory,
    MergedSource as CoreMerged, Node, children_of,
};
use gotosync_core::{Result, source::DirectorySource as CoreSource};
use pyo3::PyClass;
use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::directory::{ReadRequest, Reading, dn};
use crate::error::{all_raised, raised};
use crate::own::{Gives, Own, error_of, no_part, nothing};
use crate::people::reading;
use crate::run::{coroutine, later, wait};
use crate::value::{json, objects, value_of};

/// A source of people.
///
/// For a custom source, inherit from this class, or write a class with the same methods, plain or ``async``. Only ``read`` is
/// required: it returns or yields a dict for each person. The keys ``id``, ``dn``, ``enabled``, ``disabled``, ``expires``, and
/// ``groups`` have a fixed meaning; every other key is an attribute. The ``name`` of the source is part of the ids of its people, so
/// it must not change.
///
/// An exception in ``read`` fails the run, and nothing is written. gotosync treats a person that ``read`` does not return as
/// deleted. If data is missing, return a ``People`` with ``gaps``.
///
/// >>> class Payroll(gotosync.DirectorySource):
/// ...     name = "payroll"
/// ...     def read(self, request):
/// ...         yield {"id": 7, "givenName": "Ann", "sn": "Lee", "mail": "ann@example.test", "groups": ["Sales"]}
/// >>> engine = gotosync.Engine(Payroll(), target, rules)
/// >>> engine.read_directory().directory[0].dn
/// 'CN=Ann Lee,OU=payroll'
#[pyclass(frozen, module = "gotosync", subclass)]
pub(crate) struct DirectorySource(Option<(Arc<dyn CoreSource>, Extent)>);

/// The people that a source returns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// The requested people.
    Asked,
    /// All people, whatever the request.
    Everything,
}

/// A directory export, plain or gzipped (RFC 2849).
///
/// >>> gotosync.LdifSource("directory.ldif.gz")
/// <LdifSource LDIF export directory.ldif.gz>
#[pyclass(frozen, module = "gotosync", extends = DirectorySource)]
pub(crate) struct LdifSource;

/// A CSV file with a header row. Further keyword arguments are the keys of ``[source]`` in a configuration file.
///
/// >>> gotosync.CsvSource("contractors", "contractors.csv", id="Nr", columns={"mail": "E-Mail"})
/// <CsvSource CSV file contractors.csv>
#[pyclass(frozen, module = "gotosync", extends = DirectorySource)]
pub(crate) struct CsvSource;

/// A live directory: Active Directory, OpenLDAP, and others. Keyword arguments are the keys of ``[source]`` in a configuration file.
///
/// >>> gotosync.LdapSource("ldaps://dc1.example.test", sign_in="anonymous")
/// <LdapSource directory ldaps://dc1.example.test:636>
#[pyclass(frozen, module = "gotosync", extends = DirectorySource)]
pub(crate) struct LdapSource;

/// A pasted list: ``first last e-mail; first last e-mail``.
///
/// >>> gotosync.ListSource("guests", "Ann Lee ann@example.test; Bob Ray bob@example.test")
/// <ListSource list guests>
#[pyclass(frozen, module = "gotosync", extends = DirectorySource)]
pub(crate) struct ListSource;

/// Several sources merged into one directory, given as pairs of a name and a source. Earlier sources take precedence.
///
/// >>> gotosync.MergedSource([("directory", source), ("guests", gotosync.ListSource("guests", "Eve Low eve@example.test"))])
/// <MergedSource memory directory + list guests>
#[pyclass(frozen, module = "gotosync", extends = DirectorySource)]
pub(crate) struct MergedSource;

/// People in memory, given as a custom source would return them, for tests.
///
/// >>> people = gotosync.MemorySource([{"id": 1, "dn": "CN=Ann,OU=Sales,DC=example,DC=test"}])
/// >>> [str(person) for person in people.read().directory]
/// ['Ann']
#[pyclass(frozen, module = "gotosync", extends = DirectorySource)]
pub(crate) struct MemorySource;

/// Wraps a built-in source in an object of its Python class.
fn native<T: PyClass<BaseType = DirectorySource>>(
    class: T,
    source: impl CoreSource + 'static,
) -> PyClassInitializer<T> {
    whole(class, source, Extent::Asked)
}

fn whole<T: PyClass<BaseType = DirectorySource>>(
    class: T,
    source: impl CoreSource + 'static,
    extent: Extent,
) -> PyClassInitializer<T> {
    PyClassInitializer::from(DirectorySource(Some((Arc::new(source), extent)))).add_subclass(class)
}

impl DirectorySource {
    fn native<'p>(slf: &'p Bound<'_, Self>) -> PyResult<&'p Arc<dyn CoreSource>> {
        Ok(&Self::parts(slf)?.0)
    }

    fn parts<'p>(slf: &'p Bound<'_, Self>) -> PyResult<&'p (Arc<dyn CoreSource>, Extent)> {
        slf.get()
            .0
            .as_ref()
            .ok_or_else(|| PyNotImplementedError::new_err("a custom source must implement this method itself"))
    }
}

#[pymethods]
impl DirectorySource {
    #[new]
    #[pyo3(signature = (*_args, **_keywords))]
    fn new(_args: &Bound<'_, PyTuple>, _keywords: Option<&Bound<'_, PyDict>>) -> Self {
        Self(None)
    }

    /// Reads groups, OUs, and the requested people.
    ///
    /// >>> source.read().complete
    /// True
    #[pyo3(signature = (request = None))]
    fn read(slf: &Bound<'_, Self>, request: Option<&Bound<'_, ReadRequest>>) -> PyResult<Reading> {
        let ((source, extent), request) = (Self::parts(slf)?.clone(), asked(request));
        let (py, of) = (slf.py(), extent.of(&request));
        let read = wait(py, None, async move { source.read(&request).await })?;
        read.map(|reading| Reading::of(reading, of)).map_err(|error| raised(py, &error))
    }

    /// The async form of ``read``.
    ///
    /// >>> asyncio.run(source.read_async()).complete
    /// True
    #[pyo3(signature = (request = None))]
    fn read_async(slf: &Bound<'_, Self>, request: Option<&Bound<'_, ReadRequest>>) -> PyResult<Py<PyAny>> {
        let ((source, extent), request) = (Self::parts(slf)?.clone(), asked(request));
        coroutine(slf.py(), None, None, move |py| {
            let (source, request, of) = (Arc::clone(&source), request.clone(), extent.of(&request));
            later(py, async move { source.read(&request).await }, move |py, read| {
                let reading = read.map_err(|error| raised(py, &error))?;
                Ok(Py::new(py, Reading::of(reading, of))?.into_any())
            })
        })
    }

    /// Returns information about the directory as a dict.
    ///
    /// >>> source.describe()["naming_contexts"]
    /// ['DC=test']
    fn describe<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, source) = (slf.py(), Arc::clone(Self::native(slf)?));
        let info = wait(py, None, async move { source.describe().await })?.map_err(|error| raised(py, &error))?;
        objects(py, &json(py, &info)?)
    }

    /// Returns one level of the directory tree as dicts: the top, or the level directly below an OU, container, or group.
    ///
    /// >>> [node["dn"] for node in source.children("DC=example,DC=test")]
    /// ['OU=Groups,DC=example,DC=test', 'OU=IT,DC=example,DC=test', 'OU=Sales,DC=example,DC=test']
    #[pyo3(signature = (of = None))]
    fn children<'py>(slf: &Bound<'py, Self>, of: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        let (py, source) = (slf.py(), Arc::clone(Self::native(slf)?));
        let of = of.map(|of| dn(py, of)).transpose()?;
        let nodes = wait(py, None, async move { source.children(of.as_ref()).await })?;
        objects(py, &json(py, &nodes.map_err(|error| raised(py, &error))?)?)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let class = slf.get_type().name()?;
        Ok(match &slf.get().0 {
            Some((source, _)) => format!("<{class} {source}>"),
            None => format!("<{class}>"),
        })
    }
}

impl Extent {
    /// Returns the request for which a reading is complete; `None` for everything.
    fn of(self, request: &CoreRequest) -> Option<CoreRequest> {
        (self == Self::Asked).then(|| request.clone())
    }
}

fn asked(request: Option<&Bound<'_, ReadRequest>>) -> CoreRequest {
    request.map_or_else(|| CoreRequest::everyone(LIST_ATTRIBUTES), |request| request.get().0.clone())
}

#[pymethods]
impl LdifSource {
    #[new]
    fn new(path: PathBuf) -> PyClassInitializer<Self> {
        native(Self, core::LdifSource::open(path))
    }
}

#[pymethods]
impl CsvSource {
    #[new]
    #[pyo3(signature = (name, path, **keys))]
    fn new(
        py: Python<'_>,
        name: &str,
        path: PathBuf,
        keys: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let all = keys.map_or_else(|| Ok(PyDict::new(py)), Bound::copy)?;
        all.set_item("name", name)?;
        all.set_item("csv", path.to_string_lossy())?;
        Ok(native(Self, opened(&all)?))
    }
}

#[pymethods]
impl LdapSource {
    #[new]
    #[pyo3(signature = (servers = None, **keys))]
    fn new(
        py: Python<'_>,
        servers: Option<&Bound<'_, PyAny>>,
        keys: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let all = keys.map_or_else(|| Ok(PyDict::new(py)), Bound::copy)?;
        if let Some(servers) = servers {
            all.set_item("ldap", servers)?;
        }
        Ok(native(Self, opened(&all)?))
    }
}

/// Opens a source from the keys of a configuration file.
fn opened(keys: &Bound<'_, PyDict>) -> PyResult<Box<dyn CoreSource>> {
    let variables = Variables::new(|name| std::env::var_os(name));
    let source = open_source(&value_of(keys)?, Path::new(""), &variables);
    source.map_err(|errors| all_raised(keys.py(), errors))
}

#[pymethods]
impl ListSource {
    #[new]
    fn new(py: Python<'_>, name: &str, text: &str) -> PyResult<PyClassInitializer<Self>> {
        Ok(whole(Self, CoreList::new(name, text).map_err(|error| raised(py, &error))?, Extent::Everything))
    }
}

#[pymethods]
impl MergedSource {
    #[new]
    fn new(py: Python<'_>, parts: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<PyClassInitializer<Self>> {
        let parts = parts.into_iter().map(|(name, part)| Ok((name, Box::new(taken(&part)?) as Box<dyn CoreSource>)));
        let merged = CoreMerged::new(parts.collect::<PyResult<_>>()?);
        Ok(native(Self, merged.map_err(|error| raised(py, &error))?))
    }
}

#[pymethods]
impl MemorySource {
    #[new]
    #[pyo3(signature = (people, *, name = "people"))]
    fn new(people: &Bound<'_, PyAny>, name: &str) -> PyResult<PyClassInitializer<Self>> {
        let read = reading(people, name, None)?;
        let directory = Arc::unwrap_or_clone(read.directory);
        let source = CoreMemory::new(directory);
        let gaps = read.completeness.gaps().iter();
        let source = gaps.fold(source, |source, gap| source.incomplete(&gap.place, &gap.problem));
        let source = read.remarks.into_iter().fold(source, CoreMemory::remark);
        Ok(whole(Self, source, Extent::Everything))
    }
}

/// Converts a built-in or custom source to a source of the core.
pub(crate) fn taken(object: &Bound<'_, PyAny>) -> PyResult<Arc<dyn CoreSource>> {
    if let Ok(source) = object.cast::<DirectorySource>()
        && let Some((source, _)) = &source.get().0
    {
        return Ok(Arc::clone(source));
    }
    let own = Own::new(object);
    if own.has("read") { Ok(Arc::new(OwnSource(own))) } else { Err(no_part(object, "directory source", "read")) }
}

/// A custom source.
#[derive(Clone, Debug)]
struct OwnSource(Own);

impl OwnSource {
    async fn everybody(&self) -> Result<CoreReading> {
        self.read(&CoreRequest::everyone(LIST_ATTRIBUTES)).await
    }
}

impl fmt::Display for OwnSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait]
impl CoreSource for OwnSource {
    async fn describe(&self) -> Result<DirectoryInfo> {
        let tops = self.children(None).await?;
        let info = DirectoryInfo::new(self.to_string(), tops.into_iter().map(|node| node.dn).collect());
        if !self.0.has("describe") {
            return Ok(info);
        }
        let described = self.0.call("describe", Gives::Value, nothing, value_of).await.map_err(error_of)?;
        let text = |key: &str| described.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
        Ok(DirectoryInfo { name: text("name").unwrap_or(info.name), vendor: text("vendor"), ..info })
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        children_of(&self.everybody().await?.directory, of)
    }

    async fn read(&self, request: &CoreRequest) -> Result<CoreReading> {
        let (asked, wanted, name) = (ReadRequest(request.clone()), request.clone(), self.0.name.clone());
        let read = self.0.call(
            "read",
            Gives::Items,
            move |py| PyTuple::new(py, [Py::new(py, asked)?]),
            move |given| reading(given, &name, Some(&wanted)),
        );
        read.await.map_err(error_of)
    }
}
