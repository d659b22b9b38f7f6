//! The files of the worked example.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use gotosync_core::model::{Account, License, LicenseKey, Role, User, UserKey};
use gotosync_core::target::LocalAccount;
use gotosync_core::{Error, ErrorKind, Result};

/// The contents of the folder for the example.
pub(super) enum Found {
    /// No folder, or an empty folder.
    Nothing,
    /// A completely written example.
    Example,
}

/// Checks the folder without writing anything.
///
/// # Errors
/// [`ErrorKind::Conflict`] if the folder holds other files.
pub(super) fn look(folder: &Path) -> Result<Found> {
    let failed = |error: std::io::Error| Error::from(error).during(LOOKING).with("folder", folder.display());
    if !folder.try_exists().map_err(failed)? {
        return Ok(Found::Nothing);
    }
    let refused = |message: &str, hint: &str| {
        Err(Error::new(ErrorKind::Conflict, message).during(WRITING).with("folder", folder.display()).hint(hint))
    };
    if !folder.is_dir() {
        return refused("a file has this name, expected a folder", "name another folder");
    }
    let entries = fs::read_dir(folder).map_err(failed)?;
    let names = entries.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
    if names.is_empty() {
        return Ok(Found::Nothing);
    }
    if names.iter().any(|name| name == CONFIG) {
        let text = fs::read_to_string(folder.join(CONFIG)).map_err(failed)?;
        if text.lines().next() == CONFIG_TEXT.lines().next() {
            return Ok(Found::Example);
        }
        return refused("the folder holds another gotosync.toml; nothing was written", "name another folder");
    }
    // The configuration is written last, so without it the other files are left over from an interrupted quickstart.
    if names.iter().all(|name| name.to_str().is_some_and(|name| FILES.iter().any(|file| name.starts_with(file)))) {
        return refused(
            "an earlier quickstart was interrupted in this folder",
            "delete the folder, or name another one",
        );
    }
    refused("the folder holds other files; nothing was written", "name another folder")
}

/// Writes the example. Writes the configuration last, so if it exists, the example is complete.
pub(super) fn write(folder: &Path) -> Result<()> {
    let failed = |error: std::io::Error| Error::from(error).during(WRITING).with("folder", folder.display());
    fs::create_dir_all(folder).map_err(failed)?;
    let put = |name: &str, content: &[u8]| {
        let mut file = OpenOptions::new().write(true).create_new(true).open(folder.join(name)).map_err(failed)?;
        file.write_all(content).and_then(|()| file.sync_all()).map_err(failed)
    };
    put(DIRECTORY, DIRECTORY_BYTES)?;
    put(RULES, RULES_TEXT.as_bytes())?;
    LocalAccount::create(folder.join(ACCOUNT), &account())?;
    put(CONFIG_PART, CONFIG_TEXT.as_bytes())?;
    fs::rename(folder.join(CONFIG_PART), folder.join(CONFIG)).map_err(failed)
}

/// Returns an account that admins have managed by hand for a while.
fn account() -> Account {
    let mut account = Account::empty("4711", "Example Ltd");
    for (key, name, code, seats) in [
        (MEETING, "GoToMeeting", "G2M", 1200),
        (CONNECT, "GoToConnect", "G2C", 300),
        (WEBINAR, "GoToWebinar", "G2W", 50),
        (TRAINING, "GoToTraining", "G2T", 10),
    ] {
        let products = vec![code.to_owned()];
        account.licenses.push(License { products, ..License::new(key, name, &[], seats) });
    }
    let login = UserKey::new("1000000001");
    account.users = vec![
        // The sync's own user. It is not in the directory, so no rule selects it.
        Arc::new(User {
            key: Some(login.clone()),
            role: Role::Administrator,
            ..user("admin@example.test", "Ada", "Admin", &[TRAINING])
        }),
        // A shared mailbox, not in the directory either.
        Arc::new(user("reception@example.test", "Front", "Desk", &[MEETING])),
        // Has a nickname in the account, and lacks the language and group that the rules set.
        Arc::new(user(PERSON, "Gracie", "Wilson", &[MEETING])),
        // Has changed her name since, and has a webinar license that no rule gives.
        Arc::new(user("linda.hughes595@example.test", "Linda", "Marsh", &[MEETING, WEBINAR])),
        // Matches the rules, and has an unmanaged license: gotosync does not change it.
        Arc::new(user("oliver.smith@example.test", "Oliver", "Smith", &[MEETING, TRAINING])),
        // Suspended by an admin: gotosync does not reactivate the user.
        Arc::new(user("conor.smith653@example.test", "Conor", "Smith", &[])),
        // Has been disabled in the directory since.
        Arc::new(user("oliver.obrien239@example.test", "Oliver", "O'Brien", &[MEETING])),
    ];
    account.login = Some(login);
    account.sort();
    account
}

fn user(email: &str, first_name: &str, last_name: &str, licenses: &[&str]) -> User {
    let licenses = licenses.iter().map(|key| LicenseKey::from(*key)).collect();
    User { licenses, ..User::new(email, first_name, last_name) }
}

/// The person for the `explain` example: two rules select her, and her name in the account differed.
pub(super) const PERSON: &str = "grace.wilson@example.test";
/// The OU with most people.
pub(super) const PEOPLE: &str = "OU=People,OU=Company,DC=ad,DC=example,DC=test";
/// The configuration file.
pub(super) const CONFIG: &str = "gotosync.toml";
/// The rules file.
pub(super) const RULES: &str = "rules.toml";
const DIRECTORY: &str = "directory.ldif.gz";
const ACCOUNT: &str = "account.db";
const CONFIG_PART: &str = "gotosync.toml.part";
const FILES: [&str; 4] = [DIRECTORY, RULES, ACCOUNT, CONFIG_PART];

const DIRECTORY_BYTES: &[u8] = include_bytes!("../../../data/directory-1000.ldif.gz");
const RULES_TEXT: &str = include_str!("../../../data/rules.toml");
const CONFIG_TEXT: &str = include_str!("../../../data/gotosync.toml");

const MEETING: &str = "10";
const CONNECT: &str = "20";
const WEBINAR: &str = "30";
const TRAINING: &str = "40";

const LOOKING: &str = "check the folder for an example";
const WRITING: &str = "write the example";
