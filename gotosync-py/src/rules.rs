//! Rules as data: build, change, read, and save them. Only the core knows their grammar.

use std::path::PathBuf;

use gotosync_core::rules::{Change, Key, Position, RulesFile, keys, lint};
use gotosync_core::{Error, ErrorKind, Rules as CoreRules, config};
use pyo3::exceptions::{PyAttributeError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use serde_json::{Map, Value};

use crate::directory::ReadRequest;
use crate::error::{all_raised, raised};
use crate::value::{hash_of, keyed, objects, value_of};

/// A rule: it selects people and defines their licenses and settings. The keyword arguments are the keys of a rules file.
///
/// Every key is an attribute, which is ``None`` if the rule does not set it. ``Rules`` checks that the rule is valid.
///
/// >>> rule = gotosync.Rule("Sales", ou="OU=Sales,DC=example,DC=test", products=["GoToMeeting"])
/// >>> rule.products, rule.language
/// (['GoToMeeting'], None)
/// >>> rule.replace(language="de_DE", products=None)
/// Rule(name='Sales', ou='OU=Sales,DC=example,DC=test', language='de_DE')
#[pyclass(frozen, module = "gotosync", eq)]
#[derive(Clone, PartialEq)]
pub(crate) struct Rule(Map<String, Value>);

/// The rules of a file, as a sequence of rules, highest priority first.
///
/// ``Rules`` are immutable: methods that change them return new ``Rules``, which keep the comments, order, and formatting of all
/// unchanged parts exactly.
///
/// >>> rules = gotosync.Rules([gotosync.Rule("All", everyone=True)], leavers="keep")
/// >>> print(rules)
/// leavers = "keep"
/// <BLANKLINE>
/// [[rule]]
/// name = "All"
/// everyone = true
/// <BLANKLINE>
#[pyclass(frozen, module = "gotosync", sequence)]
#[derive(Clone)]
pub(crate) struct Rules {
    pub(crate) file: RulesFile,
    pub(crate) rules: CoreRules,
}

#[pymethods]
impl Rule {
    #[new]
    #[pyo3(signature = (name, **keys))]
    fn new(name: String, keys: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut rule = Self(Map::from_iter([("name".to_owned(), Value::from(name))]));
        rule.set(keys)?;
        Ok(rule)
    }

    /// Returns a copy of the rule with other keys; ``None`` removes a key.
    ///
    /// >>> gotosync.Rule("All", everyone=True, enabled=False).replace(enabled=None)
    /// Rule(name='All', everyone=True)
    #[pyo3(signature = (**keys))]
    fn replace(&self, keys: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut rule = self.clone();
        rule.set(keys)?;
        Ok(rule)
    }

    /// Returns the keys and their values as a dict.
    ///
    /// >>> gotosync.Rule("All", everyone=True).to_dict()
    /// {'name': 'All', 'everyone': True}
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for name in names().filter(|name| self.0.contains_key(*name)) {
            all.set_item(name, self.value(py, name)?)?;
        }
        Ok(all)
    }

    /// Makes a rule from a dict.
    ///
    /// >>> gotosync.Rule.from_dict({"name": "All", "everyone": True})
    /// Rule(name='All', everyone=True)
    #[staticmethod]
    fn from_dict(keys: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut rule = Self(Map::new());
        rule.set(Some(keys))?;
        Ok(rule)
    }

    fn __getattr__<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        if names().any(|own| own == name) {
            return self.value(py, name);
        }
        Err(PyAttributeError::new_err(format!("a rule has no key `{name}`")))
    }

    fn __hash__(&self) -> u64 {
        hash_of(&Value::Object(self.0.clone()).to_string())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let mut parts = Vec::new();
        for (name, value) in slf.get().to_dict(slf.py())? {
            parts.push(format!("{name}={}", value.repr()?));
        }
        Ok(format!("Rule({})", parts.join(", ")))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let py = slf.py();
        Ok((py.get_type::<Self>().getattr("from_dict")?, (slf.get().to_dict(py)?,)))
    }
}

impl Rule {
    fn value<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &self.0.get(name).unwrap_or(&Value::Null).to_string())
    }

    fn set(&mut self, keys: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        for (name, value) in keys.into_iter().flat_map(PyDictMethods::iter) {
            let name: String = name.extract()?;
            if !names().any(|own| own == name) {
                return Err(unknown(value.py(), "a rule", &name, names()));
            }
            match keyed(&name, &value)? {
                Value::Null => self.0.remove(&name),
                value => self.0.insert(name, value),
            };
        }
        Ok(())
    }
}

impl Rules {
    /// Wraps a file if its rules are valid.
    fn accept(py: Python<'_>, file: RulesFile) -> PyResult<Self> {
        match file.rules() {
            Ok(rules) => Ok(Self { file, rules }),
            Err(errors) => Err(all_raised(py, errors)),
        }
    }

    fn changed(&self, py: Python<'_>, change: impl FnOnce(&mut RulesFile) -> Result<(), Vec<Error>>) -> PyResult<Self> {
        let mut file = self.file.clone();
        change(&mut file).map_err(|errors| all_raised(py, errors))?;
        Self::accept(py, file)
    }

    fn all(&self) -> Vec<Rule> {
        let json = self.file.json();
        let tables = json.get("rule").and_then(Value::as_array);
        tables.into_iter().flatten().filter_map(Value::as_object).cloned().map(Rule).collect()
    }
}

#[pymethods]
impl Rules {
    #[new]
    #[pyo3(signature = (rules, *, file = "rules", **keys))]
    fn new(rules: &Bound<'_, PyAny>, file: &str, keys: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let py = rules.py();
        let mut all = Map::new();
        for (name, value) in keys.into_iter().flat_map(PyDictMethods::iter) {
            let name: String = name.extract()?;
            let own = || self::keys().iter().map(|key| key.name).filter(|name| *name != "rule");
            if !own().any(|own| own == name) {
                return Err(unknown(py, "rules", &name, own()));
            }
            let value = keyed(&name, &value)?;
            all.insert(name, value);
        }
        let mut tables = Vec::new();
        for rule in rules.try_iter()? {
            tables.push(Value::Object(rule?.cast::<Rule>()?.get().0.clone()));
        }
        all.insert("rule".to_owned(), Value::Array(tables));
        let file = RulesFile::from_json(&Value::Object(all), file).map_err(|errors| all_raised(py, errors))?;
        Self::accept(py, file)
    }

    /// Parses the text of a rules file. ``file`` is its name in errors.
    ///
    /// Raises ``InputError`` with file, line, and column; its ``problems`` lists all problems.
    ///
    /// >>> gotosync.Rules.parse("[[rule]]\nname = 'All'\neveryone = true")[0]
    /// Rule(name='All', everyone=True)
    #[staticmethod]
    #[pyo3(signature = (text, *, file = "rules"))]
    fn parse(py: Python<'_>, text: &str, file: &str) -> PyResult<Self> {
        let file = RulesFile::parse(text, file).map_err(|errors| all_raised(py, errors))?;
        Self::accept(py, file)
    }

    /// Reads a rules file.
    ///
    /// >>> rules.save(folder / "rules.toml")
    /// >>> gotosync.Rules.load(folder / "rules.toml") == rules
    /// True
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let file = config::read_rules(&path).map_err(|errors| all_raised(py, errors))?;
        Self::accept(py, file)
    }

    /// Writes the rules to a file atomically. Raises ``ConflictError`` if the file exists and has changed since it was read.
    ///
    /// >>> rules.save(folder / "rules.toml")
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        config::write_rules(&self.file, &path).map_err(|error| raised(py, &error))
    }

    /// The text of the file.
    #[getter]
    fn text(&self) -> &str {
        self.file.text()
    }

    /// The names of the rules, highest priority first.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.file.names()
    }

    /// Adds a rule at the end, at the beginning, or before or after another rule.
    ///
    /// >>> rules.add(gotosync.Rule("IT", group="Team"), before="Sales").names
    /// ['IT', 'Sales']
    #[pyo3(signature = (rule, *, before = None, after = None, first = false))]
    fn add(
        &self,
        py: Python<'_>,
        rule: &Bound<'_, Rule>,
        before: Option<String>,
        after: Option<String>,
        first: bool,
    ) -> PyResult<Self> {
        let place = place(py, before, after, first)?;
        let rule = rule.get();
        let name = rule.0.get("name").and_then(Value::as_str).unwrap_or_default();
        let others = names().filter(|key| *key != "name");
        let changes = others.filter_map(|key| Some(Change::json(key, rule.0.get(key)?))).collect::<Result<Vec<_>, _>>();
        let changes = changes.map_err(|errors| all_raised(py, errors))?;
        self.changed(py, |file| file.add(name, &changes, &place))
    }

    /// Changes keys of a rule; ``None`` removes a key, and ``name`` renames the rule. If a change is invalid, no change is made.
    ///
    /// >>> rules.edit("Sales", language="de_DE")["Sales"].language
    /// 'de_DE'
    #[pyo3(signature = (rule, /, **keys))]
    fn edit(&self, py: Python<'_>, rule: &str, keys: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let mut changes = Vec::new();
        for (key, value) in keys.into_iter().flat_map(PyDictMethods::iter) {
            changes.push(
                Change::json(&key.extract::<String>()?, &keyed(&key.extract::<String>()?, &value)?)
                    .map_err(|errors| all_raised(py, errors))?,
            );
        }
        self.changed(py, |file| file.edit(rule, &changes))
    }

    /// Removes a rule and its comments.
    ///
    /// >>> rules.add(gotosync.Rule("IT", group="Team")).remove("Sales").names
    /// ['IT']
    fn remove(&self, py: Python<'_>, rule: &str) -> PyResult<Self> {
        self.changed(py, |file| file.remove(rule))
    }

    /// Enables a disabled rule.
    ///
    /// >>> rules.disable("Sales").enable("Sales") == rules
    /// True
    fn enable(&self, py: Python<'_>, rule: &str) -> PyResult<Self> {
        self.changed(py, |file| file.enable(rule))
    }

    /// Disables a rule without removing it.
    ///
    /// >>> rules.disable("Sales")["Sales"].enabled
    /// False
    fn disable(&self, py: Python<'_>, rule: &str) -> PyResult<Self> {
        self.changed(py, |file| file.disable(rule))
    }

    /// Moves a rule, which changes its priority.
    ///
    /// >>> rules.add(gotosync.Rule("IT", group="Team")).move("IT", first=True).names
    /// ['IT', 'Sales']
    #[pyo3(name = "move", signature = (rule, *, before = None, after = None, first = false))]
    fn move_to(
        &self,
        py: Python<'_>,
        rule: &str,
        before: Option<String>,
        after: Option<String>,
        first: bool,
    ) -> PyResult<Self> {
        let place = place(py, before, after, first)?;
        self.changed(py, |file| file.move_to(rule, &place))
    }

    /// Returns likely mistakes in valid rules, as dicts.
    ///
    /// >>> rules.lint()
    /// []
    fn lint<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let findings = lint(&self.file, None, None).map_err(|errors| all_raised(py, errors))?;
        objects(py, &crate::value::json(py, &findings)?)
    }

    /// Returns the request for the people and attributes that these rules need.
    ///
    /// >>> "mail" in rules.request().attributes
    /// True
    fn request(&self) -> ReadRequest {
        ReadRequest(self.rules.request())
    }

    /// Returns the contents of the file as dicts and lists.
    ///
    /// >>> rules.to_dict()["rule"][0]["name"]
    /// 'Sales'
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        objects(py, &self.file.json().to_string())
    }

    /// Makes rules from ``to_dict``.
    ///
    /// >>> gotosync.Rules.from_dict(rules.to_dict()) == rules
    /// True
    #[staticmethod]
    #[pyo3(signature = (value, *, file = "rules"))]
    fn from_dict(value: &Bound<'_, PyAny>, file: &str) -> PyResult<Self> {
        let py = value.py();
        let file = RulesFile::from_json(&value_of(value)?, file).map_err(|errors| all_raised(py, errors))?;
        Self::accept(py, file)
    }

    /// Returns the contents of the file as JSON text.
    ///
    /// >>> json.loads(rules.to_json()) == rules.to_dict()
    /// True
    fn to_json(&self) -> String {
        self.file.json().to_string()
    }

    /// Makes rules from ``to_json``.
    ///
    /// >>> gotosync.Rules.from_json(rules.to_json()) == rules
    /// True
    #[staticmethod]
    #[pyo3(signature = (text, *, file = "rules"))]
    fn from_json(py: Python<'_>, text: &str, file: &str) -> PyResult<Self> {
        let value: Value = crate::value::from_json(py, text, "JSON")?;
        let file = RulesFile::from_json(&value, file).map_err(|errors| all_raised(py, errors))?;
        Self::accept(py, file)
    }

    fn __len__(&self) -> usize {
        self.rules.list.len()
    }

    fn __getitem__(&self, which: &Bound<'_, PyAny>) -> PyResult<Rule> {
        let mut all = self.all();
        if let Ok(index) = which.extract::<isize>() {
            let at = if index < 0 { index + all.len().cast_signed() } else { index };
            return match usize::try_from(at) {
                Ok(at) if at < all.len() => Ok(all.swap_remove(at)),
                _ => Err(pyo3::exceptions::PyIndexError::new_err("rule index out of range")),
            };
        }
        let name: String = which.extract()?;
        let named = |rule: &Rule| rule.0.get("name").and_then(Value::as_str).is_some_and(|own| own.trim() == name);
        all.into_iter().find(named).ok_or_else(|| PyKeyError::new_err(name.clone()))
    }

    fn __contains__(&self, name: &str) -> bool {
        self.rules.rule(name).is_some()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyIterator>> {
        PyTuple::new(py, self.all())?.try_iter()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().file.json() == self.file.json())
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.file.json().to_string())
    }

    fn __str__(&self) -> &str {
        self.file.text()
    }

    fn __repr__(&self) -> String {
        format!("<Rules {}: {}>", self.file.file(), self.file.names().join(", "))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let (py, file) = (slf.py(), &slf.get().file);
        py.import("gotosync._rules")?.call_method1("reduced", (py.get_type::<Self>(), file.text(), file.file()))
    }
}

/// Returns the position that the arguments give.
fn place(py: Python<'_>, before: Option<String>, after: Option<String>, first: bool) -> PyResult<Position> {
    match (before, after, first) {
        (None, None, false) => Ok(Position::Last),
        (None, None, true) => Ok(Position::First),
        (Some(rule), None, false) => Ok(Position::Before(rule)),
        (None, Some(rule), false) => Ok(Position::After(rule)),
        _ => {
            let error = Error::new(ErrorKind::Input, "several positions were given for one rule");
            Err(raised(py, &error.hint("give only one of `before`, `after`, and `first`")))
        }
    }
}

/// Returns the keys of a rule, in the order of the grammar.
fn names() -> impl Iterator<Item = &'static str> {
    let rule = keys().iter().find(|key| key.name == "rule");
    rule.into_iter().flat_map(Key::inner).map(|key| key.name)
}

fn unknown(py: Python<'_>, what: &str, name: &str, known: impl Iterator<Item = &'static str>) -> PyErr {
    let known: Vec<&str> = known.collect();
    let hint = match gotosync_core::model::text::nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known keys are {}", known.join(", ")),
    };
    raised(py, &Error::new(ErrorKind::Input, format!("`{name}` is not a key of {what}")).hint(hint))
}
