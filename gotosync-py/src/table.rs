//! Lists as Arrow tables, which pandas, polars, and pyarrow read without creating Python objects.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    ArrayRef, BooleanArray, RecordBatch, RecordBatchIterator, StringArray, TimestampMicrosecondArray, UInt32Array,
};
use arrow_schema::ffi::FFI_ArrowSchema;
use gotosync_core::model::{Account, Directory, LicenseKey, Note, Outcome, UserGroupPath, UserKey};
use gotosync_core::plan::Step;
use gotosync_core::report::Line;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// A table for libraries that support the Arrow `PyCapsule` interface.
///
/// >>> table = plan.table()
/// >>> len(table), table.column_names[:2]
/// (2, ['number', 'stage'])
///
/// To convert it: ``polars.DataFrame(table)``, ``pyarrow.table(table)``, ``pyarrow.table(table).to_pandas()``.
#[pyclass(frozen, module = "gotosync")]
pub(crate) struct Table(RecordBatch);

#[pymethods]
impl Table {
    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.0.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// Returns the rows as a stream of Arrow arrays.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface allows us to ignore the requested schema; the caller then casts the columns.
        drop(requested_schema);
        let rows = RecordBatchIterator::new([Ok(self.0.clone())], self.0.schema());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(rows)), c"arrow_array_stream")
    }

    /// Returns the types of the columns as an Arrow schema.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(&*self.0.schema()).map_err(|error| broken(&error))?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    fn __repr__(&self) -> String {
        format!("<Table of {} rows: {}>", self.0.num_rows(), self.column_names().join(", "))
    }
}

/// Returns people as a table, with the first values of some attributes.
pub(crate) fn people(py: Python<'_>, directory: &Directory, attributes: Vec<String>) -> PyResult<Table> {
    made(py, || {
        let all = directory.people();
        let groups = all.iter().map(|person| {
            let names = person.direct_groups().map(|group| &*directory.group(group).name);
            names.collect::<Vec<_>>()
        });
        let expires = all.iter().map(|person| person.expires.map(jiff::Timestamp::as_microsecond));
        let mut columns = vec![
            ("id".to_owned(), texts(all.iter().map(|person| Some(person.id.to_string())))),
            ("dn".to_owned(), texts(all.iter().map(|person| Some(person.dn.as_str())))),
            ("name".to_owned(), texts(all.iter().map(|person| Some(person.dn.name())))),
            ("disabled".to_owned(), flags(all.iter().map(|person| person.disabled))),
            ("expires".to_owned(), moments(expires)),
            ("groups".to_owned(), lists(groups)),
        ];
        for name in attributes {
            let values = texts(all.iter().map(|person| directory.text(person, &name)));
            columns.push((name, values));
        }
        columns
    })
}

/// Returns the users of an account as a table.
pub(crate) fn users(py: Python<'_>, account: &Account) -> PyResult<Table> {
    made(py, || {
        let all = &account.users;
        let licenses =
            all.iter().map(|user| user.licenses.iter().map(|key| account.license_name(key)).collect::<Vec<_>>());
        let keys = all.iter().map(|user| user.licenses.iter().map(LicenseKey::as_str).collect::<Vec<_>>());
        named([
            ("key", texts(all.iter().map(|user| user.key.as_ref().map(UserKey::as_str)))),
            ("email", texts(all.iter().map(|user| Some(user.email.as_str())))),
            ("first_name", texts(all.iter().map(|user| Some(&*user.first_name)))),
            ("last_name", texts(all.iter().map(|user| Some(&*user.last_name)))),
            ("status", texts(all.iter().map(|user| Some(user.status.as_str())))),
            ("language", texts(all.iter().map(|user| user.language.as_deref()))),
            ("group", texts(all.iter().map(|user| user.group.as_ref().map(UserGroupPath::as_str)))),
            ("licenses", lists(licenses)),
            ("license_keys", lists(keys)),
        ])
    })
}

/// Returns the steps of a plan as a table.
pub(crate) fn steps(py: Python<'_>, steps: &[Step]) -> PyResult<Table> {
    made(py, || {
        let reasons = steps.iter().map(|step| {
            let reason = |reason: &gotosync_core::plan::Reason| {
                let (before, after) = (reason.before.as_deref(), reason.after.as_deref());
                format!("{}: {} -> {}", reason.field, before.unwrap_or_default(), after.unwrap_or_default())
            };
            step.reasons.iter().map(reason).collect::<Vec<_>>()
        });
        named([
            ("number", numbers(steps.iter().map(|step| step.number))),
            ("stage", numbers(steps.iter().map(|step| step.stage))),
            ("kind", texts(steps.iter().map(|step| Some(step.action.kind().as_str())))),
            ("subject", texts(steps.iter().map(|step| Some(&*step.subject)))),
            ("person", texts(steps.iter().map(|step| step.person.as_ref().map(ToString::to_string)))),
            ("rules", lists(steps.iter().map(|step| step.rules.iter().map(|rule| &**rule).collect::<Vec<_>>()))),
            ("reasons", lists(reasons)),
        ])
    })
}

/// Returns notes as a table.
pub(crate) fn notes(py: Python<'_>, notes: &[Note]) -> PyResult<Table> {
    made(py, || {
        named([
            ("severity", texts(notes.iter().map(|note| Some(note.severity().as_str())))),
            ("kind", texts(notes.iter().map(|note| Some(note.kind.as_str())))),
            ("subject", texts(notes.iter().map(|note| Some(&note.subject)))),
            ("evidence", texts(notes.iter().map(|note| Some(&note.evidence)))),
        ])
    })
}

/// Returns the lines of a report as a table.
pub(crate) fn lines(py: Python<'_>, lines: &[Line]) -> PyResult<Table> {
    made(py, || {
        let message = |line: &Line| match &line.outcome {
            Outcome::Failed { fault } | Outcome::InDoubt { fault } => Some(fault.message.clone()),
            Outcome::Skipped { reason } => Some(reason.clone()),
            Outcome::Done { .. } => None,
        };
        named([
            ("step", numbers(lines.iter().map(|line| line.step))),
            ("kind", texts(lines.iter().map(|line| Some(line.kind.as_str())))),
            ("subject", texts(lines.iter().map(|line| Some(&*line.subject)))),
            ("outcome", texts(lines.iter().map(|line| Some(line.outcome.as_str())))),
            ("message", texts(lines.iter().map(message))),
        ])
    })
}

/// Makes a table while other threads run.
fn made(py: Python<'_>, columns: impl FnOnce() -> Vec<(String, ArrayRef)> + Send) -> PyResult<Table> {
    let batch =
        py.detach(|| RecordBatch::try_from_iter_with_nullable(columns().into_iter().map(|(n, c)| (n, c, true))));
    batch.map(Table).map_err(|error| broken(&error))
}

fn named<const N: usize>(columns: [(&str, ArrayRef); N]) -> Vec<(String, ArrayRef)> {
    columns.map(|(name, column)| (name.to_owned(), column)).into()
}

fn texts(values: impl Iterator<Item = Option<impl AsRef<str>>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn numbers(values: impl Iterator<Item = u32>) -> ArrayRef {
    Arc::new(UInt32Array::from_iter_values(values))
}

fn flags(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}

fn moments(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn lists(values: impl Iterator<Item = Vec<impl AsRef<str>>>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for list in values {
        for value in list {
            builder.values().append_value(value);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

fn broken(error: &arrow_schema::ArrowError) -> PyErr {
    PyRuntimeError::new_err(format!("could not make the table: {error}"))
}
