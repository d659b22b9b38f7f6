//! Imports of people from a file.

use std::sync::Arc;

use gotosync_core::Result;
use gotosync_core::import::{Format, Guesses, Import as CoreImport, ImportOptions, Ready};
use gotosync_core::source::csv::{Columns, CsvOptions, Encoding};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::engine::Engine;
use crate::error::raised;
use crate::run::wait;
use crate::value::{json, objects};

/// An import of people from a CSV file or a pasted list, with the settings of one rule. It takes nothing away from existing users,
/// and imported people do not become leavers later.
///
/// ``engine`` plans, checks, and applies the import. ``troubles`` lists entries that need correction, and ``mend`` is a text with
/// these entries, to correct and import.
///
/// >>> imported = engine.import_people("Eve Low eve@example.test; Bob", rule="Sales")
/// >>> [str(step) for step in imported.engine.plan().steps], len(imported.troubles)
/// (['create eve@example.test'], 1)
#[pyclass(frozen, module = "gotosync")]
pub(crate) struct Import {
    engine: Engine,
    people: usize,
    troubles: String,
    mend: Option<String>,
}

#[pymethods]
impl Import {
    /// The engine that plans, checks, and applies the import.
    #[getter]
    fn engine(&self) -> Engine {
        self.engine.clone()
    }

    /// The number of people that are imported.
    #[getter]
    fn people(&self) -> usize {
        self.people
    }

    /// The entries that need correction and are not imported, as dicts with their positions.
    #[getter]
    fn troubles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &self.troubles)
    }

    /// The entries that need correction, as the text of a file to correct and import.
    #[getter]
    fn mend(&self) -> Option<&str> {
        self.mend.as_deref()
    }

    fn __repr__(&self) -> String {
        format!("<Import of {} people>", self.people)
    }
}

#[pymethods]
impl Engine {
    /// Prepares an import of people from the text or bytes of a CSV file with a header row, or of a pasted list, with the settings of
    /// one rule.
    ///
    /// ``columns`` maps attributes to columns, as pairs. If it is omitted, columns are guessed from the header; the guesses are only
    /// shown in an error unless ``accept_guesses`` is true.
    ///
    /// >>> engine.import_people("Vorname,Nachname,E-Mail\nEve,Low,eve@example.test\n", rule="Sales", accept_guesses=True)
    /// <Import of 1 people>
    #[pyo3(signature = (
        data, *, rule, name = "import", format = None, columns = None, id = None, accept_guesses = false, delimiter = None,
        encoding = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn import_people(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        rule: String,
        name: &str,
        format: Option<&str>,
        columns: Option<Vec<(String, String)>>,
        id: Option<String>,
        accept_guesses: bool,
        delimiter: Option<char>,
        encoding: Option<&str>,
    ) -> PyResult<Import> {
        let bytes = match data.cast::<PyBytes>() {
            Ok(bytes) => bytes.as_bytes().to_vec(),
            Err(_) => data.extract::<String>()?.into_bytes(),
        };
        let mut own = Columns { id, ..Columns::default() };
        for (attribute, column) in columns.unwrap_or_default() {
            own = own.with(attribute, column);
        }
        let encoding = encoding.map(Encoding::parse).transpose().map_err(|error| raised(py, &error))?;
        let delimiter = delimiter.map(u8::try_from).transpose();
        let delimiter =
            delimiter.map_err(|_| PyValueError::new_err("`delimiter` must be one of `,`, `;`, `|`, or a tab"))?;
        let format = match format {
            None => None,
            Some("csv") => Some(Format::Csv),
            Some("list") => Some(Format::List),
            Some(_) => return Err(PyValueError::new_err("`format` must be \"csv\" or \"list\"")),
        };
        let guesses = if accept_guesses { Guesses::Accept } else { Guesses::Show };
        let options = ImportOptions { format, csv: CsvOptions { columns: own, delimiter, encoding }, guesses };
        let import = CoreImport::read(bytes, name, &options).map_err(|error| raised(py, &error))?;
        let (import, engine) = (Arc::new(import), self.engine.clone());
        let ready: Result<Ready> = wait(py, None, async move { import.prepare(&engine, &rule).await })?;
        let ready = ready.map_err(|error| raised(py, &error))?;
        let troubles = json(py, &ready.troubles)?;
        Ok(Import { engine: self.like(ready.engine), people: ready.people, troubles, mend: ready.mend })
    }
}
