//! Filters of lists, in the forms that observed clients use (goto-api, 2.4). The grammar itself is not known.

/// Conditions that must all hold: `email eq "x@y.z"`, `(key="1") & (email="(?i)X@Y.Z")`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter(pub(super) Vec<Term>);

/// A field and its required value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) field: String,
    pub(super) value: String,
    any_case: bool,
}

impl Filter {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut terms = Vec::new();
        let mut rest = text.trim();
        loop {
            let bracket = rest.starts_with('(');
            rest = rest.trim_start_matches('(').trim_start();
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
            let (field, after) = rest.split_at(end);
            let after = after.trim_start();
            let after = after.strip_prefix('=').or_else(|| after.strip_prefix("eq")).map(str::trim_start);
            let quoted = after.and_then(|after| after.strip_prefix('"')).and_then(|after| after.split_once('"'));
            let (Some((value, after)), false) = (quoted, field.is_empty()) else {
                return Err(format!("`{text}` is not a filter"));
            };
            let plain = value.strip_prefix("(?i)");
            terms.push(Term {
                field: field.to_owned(),
                value: plain.unwrap_or(value).to_owned(),
                any_case: plain.is_some(),
            });
            rest = after.trim_start();
            if bracket {
                rest =
                    rest.strip_prefix(')').ok_or_else(|| format!("`{text}` has an unclosed parenthesis"))?.trim_start();
            }
            match rest.strip_prefix('&') {
                Some(after) => rest = after.trim_start(),
                None if rest.is_empty() => return Ok(Self(terms)),
                None => return Err(format!("`{text}` has unexpected text at the end")),
            }
        }
    }

    /// Returns `true` if all conditions hold; `Err` contains the name of an unknown field.
    pub(super) fn holds<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Result<bool, String> {
        for term in &self.0 {
            let value = value(&term.field).ok_or_else(|| term.field.clone())?;
            // Addresses are compared without regard to case.
            let any_case = term.any_case || term.field == "email";
            if value != term.value && !(any_case && value.to_lowercase() == term.value.to_lowercase()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the value, if the filter is a single condition on this field.
    pub(super) fn only(&self, field: &str) -> Option<&str> {
        match &self.0[..] {
            [term] if term.field == field && !term.any_case => Some(&term.value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_all_observed_forms() {
        for text in [r#"email eq "a@b.c""#, r#"(email="a@b.c")"#, r#"email="a@b.c""#, r#"( email eq "a@b.c" )"#] {
            assert_eq!(Filter::parse(text).unwrap().only("email"), Some("a@b.c"), "{text}");
        }
        let both = Filter::parse(r#"(key="(?i)A") & (name="b")"#).unwrap();
        assert_eq!(both.holds(|field| Some(if field == "key" { "a" } else { "b" })), Ok(true));
        assert_eq!(both.holds(|_| Some("a")), Ok(false));
        assert_eq!(both.holds(|_| None), Err("key".to_owned()));
        for text in ["", "email", "email eq a", r#"email co "a""#, r#"(email="a""#, r#"email="a" or"#, r#"="a""#] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
    }
}
