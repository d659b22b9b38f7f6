//! Rewriting of e-mail addresses for a rehearsal.

use std::borrow::Cow;
use std::fmt;

/// A rewriting of e-mail addresses: a prefix and a suffix for the local part (the part before the `@`), and another domain.
///
/// The vendor's old Active Directory connector had the same three options, for tests that must not send mail to real people
/// (goto-api, 6.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// The text in front of the address.
    pub prefix: String,
    /// The text in front of the `@`.
    pub suffix: String,
    /// The new domain; `None` keeps the domain.
    pub domain: Option<String>,
}

impl Rewrite {
    /// Returns the rewritten address. A text without `@` is not an address and is returned unchanged.
    pub fn apply<'e>(&self, email: Cow<'e, str>) -> Cow<'e, str> {
        let Some((local, domain)) = email.rsplit_once('@') else { return email };
        let domain = self.domain.as_deref().unwrap_or(domain);
        Cow::Owned(format!("{}{local}{}@{domain}", self.prefix, self.suffix))
    }
}

impl fmt::Display for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.apply(Cow::Borrowed("ann@example.test")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_prefix_and_suffix_and_replaces_the_domain() {
        let rewrite = Rewrite { prefix: "test-".into(), suffix: "+demo".into(), domain: Some("sink.test".into()) };
        assert_eq!(rewrite.apply("ann@example.test".into()), "test-ann+demo@sink.test");
        assert_eq!(rewrite.to_string(), "test-ann+demo@sink.test");
        assert_eq!(rewrite.apply("ann".into()), "ann");
        assert_eq!(Rewrite::default().apply("ann@example.test".into()), "ann@example.test");
    }
}
