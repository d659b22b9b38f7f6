//! Manual changes to an account between two runs.

use gotosync_core::model::{Account, Email};
use serde_json::{Map, Value};

use crate::Trouble;

/// Applies a patch to an account. The patch identifies `users` and `transfers` by e-mail, `licenses` by key, and
/// `groups` by path, and can change the `catalog`.
///
/// Each object of the patch is merged by RFC 7396, where `null` removes a field. A `null` instead of an object
/// deletes the user, transfer, license, or group; an unknown name creates one. A list in the catalog is replaced
/// completely.
pub fn edit(account: &Account, patch: &str) -> Result<Account, Trouble> {
    let mut value = serde_json::to_value(account)?;
    let patch: Map<String, Value> = serde_json::from_str(patch)?;
    for (part, changes) in patch {
        let name = match part.as_str() {
            "users" | "transfers" => "email",
            "licenses" => "key",
            "groups" => "path",
            "catalog" => {
                catalog(&mut value["catalog"], &changes)?;
                continue;
            }
            other => {
                let expected = "expected users, licenses, groups, catalog or transfers";
                return Err(format!("an edit of `{other}`; {expected}").into());
            }
        };
        // Empty lists are not serialized.
        let list = &mut value[&part];
        if list.is_null() {
            *list = Value::Array(Vec::new());
        }
        let list = list.as_array_mut().ok_or("the account has no such list")?;
        let changes = changes.as_object().ok_or("an edit must be an object whose keys are names")?;
        changes.iter().for_each(|(key, change)| one(list, name, key, change));
    }
    let mut account: Account = serde_json::from_value(value)?;
    account.sort();
    Ok(account)
}

fn catalog(catalog: &mut Value, change: &Value) -> Result<(), Trouble> {
    if catalog.is_null() || change.is_null() {
        *catalog = Value::Object(Map::new());
    }
    if !change.is_null() && !change.is_object() {
        return Err("an edit of the catalog must be an object of lists".into());
    }
    merge(catalog, change);
    Ok(())
}

fn one(list: &mut Vec<Value>, name: &str, key: &str, change: &Value) {
    let same = |item: &Value| {
        let own = item[name].as_str().unwrap_or_default();
        own == key || (name == "email" && Email::new(own) == Email::new(key))
    };
    match (list.iter().position(same), change) {
        (Some(at), Value::Null) => {
            list.remove(at);
        }
        (None, Value::Null) => {}
        (Some(at), change) => merge(&mut list[at], change),
        (None, change) => {
            let mut new = serde_json::json!({ name: key });
            merge(&mut new, change);
            list.push(new);
        }
    }
}

fn merge(into: &mut Value, change: &Value) {
    let (Some(fields), Some(changes)) = (into.as_object_mut(), change.as_object()) else { return };
    for (field, change) in changes {
        if change.is_null() {
            fields.remove(field);
        } else {
            fields.insert(field.clone(), change.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gotosync_core::model::User;

    use super::*;

    #[test]
    fn creates_changes_and_deletes_objects() {
        let mut account = Account::empty("1", "Example");
        account.users = ["ann@x.test", "bob@x.test"].map(|email| Arc::new(User::new(email, "A", "B"))).into();
        let patch = r#"{ "users": { "ANN@x.test": null, "bob@x.test": { "first_name": "Robert" } },
                         "groups": { "Sales": {} } }"#;
        let account = edit(&account, patch).unwrap();
        assert_eq!(account.users.len(), 1);
        assert_eq!(&*account.users[0].first_name, "Robert");
        assert_eq!(account.groups[0].path.as_str(), "Sales");
        assert!(edit(&account, r#"{ "people": {} }"#).is_err());
    }

    #[test]
    fn changes_the_catalog_and_transfers() {
        let account = Account::empty("1", "Example");
        let patch = r#"{ "catalog": { "role_sets": ["Helpdesk", "Auditor"], "elsewhere": ["gil@other.test"] },
                         "transfers": { "gil@other.test": { "sent": 1 }, "hal@other.test": {} } }"#;
        let account = edit(&account, patch).unwrap();
        assert_eq!(account.catalog.role_sets, ["Auditor", "Helpdesk"]);
        let patch = r#"{ "catalog": { "role_sets": null, "custom_fields": ["Badge"] },
                         "transfers": { "GIL@other.test": { "expired": true }, "hal@other.test": null } }"#;
        let account = edit(&account, patch).unwrap();
        assert!(account.catalog.role_sets.is_empty() && account.catalog.elsewhere.len() == 1);
        assert_eq!(account.catalog.custom_fields, ["Badge"]);
        assert_eq!((account.transfers.len(), account.transfers[0].expired, account.transfers[0].sent), (1, true, 1));
        let account = edit(&account, r#"{ "catalog": null }"#).unwrap();
        assert!(account.catalog.is_empty());
        assert!(edit(&account, r#"{ "catalog": ["Badge"] }"#).is_err());
        assert!(edit(&account, r#"{ "catalog": { "colours": ["red"] } }"#).is_err());
    }
}
