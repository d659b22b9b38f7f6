//! Entry point for short names: distinguished names, e-mail addresses, group references, and user group paths.

use gotosync_core::model::{Dn, Email, GroupRef, UserGroupPath};

/// Parses the bytes as each kind of name.
pub fn names(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Dn::parse(text) {
        Ok(dn) => distinguished(&dn),
        Err(error) => super::civil(&error, text.len()),
    }
    address(text);
    group(text);
    path(text);
}

fn distinguished(dn: &Dn) {
    assert_eq!(Dn::parse(dn.as_str()).ok().as_ref(), Some(dn), "the printed DN parses back to the same DN");
    assert!(dn.is_within(dn));
    let (length, key) = (dn.as_str().len(), dn.key());
    assert!(key.len() <= 64 + 4 * length && dn.name().len() <= 3 * length && dn.kind().len() <= length);
    if dn.depth() > 128 {
        // The checks below take quadratic time, and names this deep exist only in fuzzing.
        return;
    }
    let mut depth = 1;
    let mut above = dn.parent();
    while let Some(parent) = above {
        assert!(dn.is_within(&parent), "{dn} must be below {parent}");
        assert!(!parent.is_within(dn), "{parent} must not be below {dn}");
        assert!(key.ends_with(&format!(",{}", parent.key())));
        depth += 1;
        above = parent.parent();
    }
    assert_eq!(dn.depth(), depth);
}

fn address(text: &str) {
    let email = Email::new(text);
    assert_eq!(email, Email::new(email.as_str()));
    assert_eq!(email, Email::new(&email.key()), "an address equals its comparison key");
    if email.problem().is_none() {
        assert!(email.as_str().contains('@') && !email.as_str().chars().any(char::is_control), "{email:?}");
    }
}

fn group(text: &str) {
    let group = GroupRef::parse(text);
    assert_eq!(
        group,
        GroupRef::parse(&group.to_string()),
        "the printed group reference parses back to the same reference"
    );
    if let GroupRef::Dn(dn) = group {
        distinguished(&dn);
    }
}

fn path(text: &str) {
    let path = UserGroupPath::new(text);
    assert_eq!(path, UserGroupPath::new(path.as_str()));
    assert!(path.is_within(&path));
    let above: Vec<UserGroupPath> = std::iter::successors(path.parent(), UserGroupPath::parent).collect();
    assert_eq!(above.len() + 1, path.depth());
    assert!(above.iter().all(|parent| path.is_within(parent)));
}
