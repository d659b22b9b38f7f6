//! Entry points for the configuration file and for the JSON account that a local account is created from.

use gotosync_core::Config;
use gotosync_core::model::Account;

use super::small::{SMALL, with_file};

/// Reads the bytes as a configuration file.
pub fn config(bytes: &[u8]) {
    with_file("gotosync.toml", bytes, |path| match Config::load(path) {
        Ok(config) => {
            assert!(config.file == path && !bytes.is_empty());
            assert!(config.state.starts_with(path.parent().expect("a file in a folder")) || config.state.is_absolute());
        }
        Err(error) => super::civil(&error, bytes.len()),
    });
}

/// Reads the bytes as an account and plans changes to it.
pub fn account(bytes: &[u8]) {
    let account: Account = match serde_json::from_slice(bytes) {
        Ok(account) => account,
        Err(error) => return super::small(error, bytes.len()),
    };
    let text = serde_json::to_string(&account).expect("an account is JSON");
    let back: Account = serde_json::from_str(&text).expect("an account reads back");
    assert_eq!(back, account);
    SMALL.plan(&SMALL.rules, &account, bytes.len());
}
