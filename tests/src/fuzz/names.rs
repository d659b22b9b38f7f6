//! Short names: distinguished names, e-mail addresses, references to groups, paths of user groups.

use gotosync_core::model::{Dn, Email, GroupRef, UserGroupPath};

/// Takes bytes as each kind of name.
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
    assert_eq!(Dn::parse(dn.as_str()).ok().as_ref(), Some(dn), "a name reads back as it is shown");
    assert!(dn.is_within(dn));
    let (length, key) = (dn.as_str().len(), dn.key());
    assert!(key.len() <= 64 + 4 * length && dn.name().len() <= 3 * length && dn.kind().len() <= length);
    if dn.depth() > 128 {
        // What follows takes the square of the time; deeper names come from nowhere but here.
        return;
    }
    let mut depth = 1;
    let mut above = dn.parent();
    while let Some(parent) = above {
        assert!(dn.is_within(&parent), "{dn} stands below {parent}");
        assert!(!parent.is_within(dn), "{parent} stands above {dn}");
        assert!(key.ends_with(&format!(",{}", parent.key())));
        depth += 1;
        above = parent.parent();
    }
    assert_eq!(dn.depth(), depth);
}

fn address(text: &str) {
    let email = Email::new(text);
    assert_eq!(email, Email::new(email.as_str()));
    assert_eq!(email, Email::new(&email.key()), "an address is the one it is compared as");
    if email.problem().is_none() {
        assert!(email.as_str().contains('@') && !email.as_str().chars().any(char::is_control), "{email:?}");
    }
}

fn group(text: &str) {
    let group = GroupRef::parse(text);
    assert_eq!(group, GroupRef::parse(&group.to_string()), "a group is named as it is shown");
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
