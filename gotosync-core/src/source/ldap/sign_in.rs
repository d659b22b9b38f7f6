//! Signing in, and what a refusal means.

use std::time::Duration;

use ldap3::Ldap;
use tokio::time::timeout;

use super::guard::shown;
use super::options::SignIn;
use crate::{Error, ErrorKind, Result};

/// Signs in by what the client library sends; Kerberos has come before it.
///
/// # Errors
/// [`ErrorKind::Denied`] when the server refuses, [`ErrorKind::Unavailable`] when it does not answer.
pub(super) async fn sign_in(ldap: &mut Ldap, how: &SignIn, patience: Duration) -> Result<()> {
    let answer = match how {
        SignIn::Anonymous | SignIn::Kerberos { .. } => return Ok(()),
        SignIn::Simple { name, password } => timeout(patience, ldap.simple_bind(name, password.expose())).await,
        SignIn::Certificate => timeout(patience, ldap.sasl_external_bind()).await,
    };
    let answer = match answer {
        Err(_) => return Err(super::dial::late(patience)),
        // The reason is the connection's, and its guard knows it.
        Ok(Err(_)) => return Err(Error::new(ErrorKind::Unavailable, "the server closed the connection")),
        Ok(Ok(answer)) => answer,
    };
    // Anything but 0 is no sign-in: 14 asks for more, and 10 sends elsewhere.
    if answer.rc == 0 { Ok(()) } else { Err(refused(answer.rc, &answer.text, how)) }
}

/// The error of a refusal. A server's word for it is shown, and what AD means by its sub-codes (MS-ERREF).
pub(super) fn refused(code: u32, words: &str, how: &SignIn) -> Error {
    let said = shown(code, words);
    let kind = if matches!(code, 51 | 52) { ErrorKind::Unavailable } else { ErrorKind::Denied };
    let sub_code = words.split("data ").nth(1).and_then(|rest| rest.split([',', ' ']).next());
    let hint = match (code, sub_code) {
        (49, Some("525")) => "there is no such user: write user@domain, DOMAIN\\user or the distinguished name",
        (49, Some("52e")) => "the name or the password is wrong",
        (49, Some("530")) => "the user may not sign in at this time",
        (49, Some("531")) => "the user may not sign in from this machine",
        (49, Some("532")) => "the password has expired: set a new one, for a service account one that does not expire",
        (49, Some("533")) => "the user is switched off",
        (49, Some("701")) => "the user's account has expired",
        (49, Some("773")) => "the user must set a new password first",
        (49, Some("775")) => "the user is locked out: look for an old password that is still used somewhere",
        (49, _) => "see the name and the password",
        (8 | 13, _) => {
            "the server wants a secured connection: use `ldaps://`, or `ldap://` without the option against TLS"
        }
        (48 | 7, _) => "the server does not take this way of signing in",
        (51 | 52, _) => "try again later",
        _ => "see the server's log",
    };
    Error::new(kind, format!("the server refused the sign-in: {said}")).with("user", how.name()).hint(hint)
}
