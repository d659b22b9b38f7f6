//! `gotosync credential`

use std::io::{self, IsTerminal, Read};

use gotosync_core::secret::{Existing, SecretSource};
use gotosync_core::{Error, ErrorKind, Secret};

use crate::cli::credential::{Set, Verb, Which};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;

/// Stores or removes a secret.
pub(super) fn credential(verb: &Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Set(args) => set(args),
        Verb::Remove(which) => remove(which),
    }
}

fn set(args: &Set) -> Result<Exit, Failure> {
    let place = place(&args.which).map_err(|error| error.during(KEEP))?;
    let secret = read().map_err(|error| error.during(KEEP))?;
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    place.store(&secret, existing).map_err(|error| error.during(KEEP))?;
    say(format_args!("stored in the {place}; write in the configuration: password = {}", key(&args.which)));
    Ok(Exit::Done)
}

fn remove(which: &Which) -> Result<Exit, Failure> {
    let place = place(which).map_err(|error| error.during(REMOVE))?;
    place.remove().map_err(|error| error.during(REMOVE))?;
    say(format_args!("removed: {place}"));
    Ok(Exit::Done)
}

fn place(which: &Which) -> Result<SecretSource, Error> {
    if let Some(file) = &which.file {
        return Ok(SecretSource::File(file.clone()));
    }
    let name = which.name.as_deref().unwrap_or_default();
    if name.trim().is_empty() || name.starts_with('/') || name.ends_with('/') {
        return Err(Error::new(ErrorKind::Input, format!("`{name}` is not a valid name for a secret"))
            .hint("write a name such as `ldap`, or `gotosync/ldap`"));
    }
    Ok(SecretSource::keyring(name))
}

/// Returns the value that names the secret in a configuration file.
fn key(which: &Which) -> String {
    match (&which.file, &which.name) {
        // Relative paths start at the folder of the configuration, which is unknown here. An absolute path always works.
        (Some(file), _) => {
            let full = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            format!("{{ file = '{}' }}", full.display())
        }
        (None, name) => format!("{{ keyring = \"{}\" }}", name.as_deref().unwrap_or_default()),
    }
}

/// Reads the secret from a hidden prompt, asking twice, or from standard input. Removes the line break at the end.
fn read() -> Result<Secret, Error> {
    let failed = |error: io::Error| Error::from(error).hint("type the secret at a terminal, or pipe it in");
    if io::stdin().is_terminal() {
        let ask = |prompt: &str| rpassword::prompt_password(prompt).map(Secret::new).map_err(failed);
        let (first, second) = (ask("secret: ")?, ask("repeat the secret: ")?);
        if first.expose() != second.expose() {
            return Err(Error::new(ErrorKind::Input, "the two entries differ; nothing was stored")
                .hint("run the command again"));
        }
        return checked(first);
    }
    let mut bytes = Vec::with_capacity(LARGEST);
    io::stdin().lock().take(LARGEST as u64).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() == LARGEST {
        let message = format!("the input is too large for a secret: {LARGEST} bytes or more");
        return Err(Error::new(ErrorKind::Input, message).hint("pipe in only the secret"));
    }
    let text = String::from_utf8(bytes).ok().filter(|text| !text.starts_with('\u{feff}') && !text.contains('\0'));
    let mut text = text.ok_or_else(|| {
        Error::new(ErrorKind::Input, "the input is not valid text")
            .hint("pipe in UTF-8 text without a byte order mark or NUL bytes")
    })?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    checked(Secret::new(text))
}

fn checked(secret: Secret) -> Result<Secret, Error> {
    if secret.is_empty() {
        return Err(Error::new(ErrorKind::Input, "the secret is empty").hint("type a secret, or pipe it in"));
    }
    Ok(secret)
}

const KEEP: &str = "store the secret";
const REMOVE: &str = "remove the secret";
/// The maximum size of a secret in bytes, as in the core.
const LARGEST: usize = 64 << 10;
