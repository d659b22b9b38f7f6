//! Addresses of a rehearsal.

use std::borrow::Cow;
use std::fmt;

/// How every address is rewritten: a prefix and a suffix to what stands before the `@`, and another domain.
///
/// The vendor's old connector had the same three, for trials that must not mail a real person (goto-api, 6.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// What comes before the address.
    pub prefix: String,
    /// What comes before the `@`.
    pub suffix: String,
    /// The domain, if it is replaced.
    pub domain: Option<String>,
}

impl Rewrite {
    /// The address as it is used. A text without `@` is not an address and stays what it is.
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
    fn an_address_gets_prefix_suffix_and_domain() {
        let rewrite = Rewrite { prefix: "test-".into(), suffix: "+trial".into(), domain: Some("sink.test".into()) };
        assert_eq!(rewrite.apply("ann@example.test".into()), "test-ann+trial@sink.test");
        assert_eq!(rewrite.to_string(), "test-ann+trial@sink.test");
        assert_eq!(rewrite.apply("nobody".into()), "nobody");
        assert_eq!(Rewrite::default().apply("ann@example.test".into()), "ann@example.test");
    }
}
