//! The LDAP bind, and the meaning of a refusal.

use std::time::Duration;

use ldap3::Ldap;
use tokio::time::timeout;

use super::guard::shown;
use super::options::SignIn;
use crate::{Error, ErrorKind, Result};

/// Binds through the client library. For Kerberos, the bind has already taken place.
///
/// # Errors
/// [`ErrorKind::Denied`] if the server refuses the bind, [`ErrorKind::Unavailable`] if it does not answer.
pub(super) async fn sign_in(ldap: &mut Ldap, how: &SignIn, patience: Duration) -> Result<()> {
    let answer = match how {
        SignIn::Anonymous | SignIn::Kerberos { .. } => return Ok(()),
        SignIn::Simple { name, password } => timeout(patience, ldap.simple_bind(name, password.expose())).await,
        SignIn::Certificate => timeout(patience, ldap.sasl_external_bind()).await,
    };
    let answer = match answer {
        Err(_) => return Err(super::dial::late(patience)),
        // The guard of the connection knows the actual reason.
        Ok(Err(_)) => return Err(Error::new(ErrorKind::Unavailable, "the server closed the connection")),
        Ok(Ok(answer)) => answer,
    };
    // Every other code means that the bind did not succeed: 14 is saslBindInProgress, and 10 is a referral.
    if answer.rc == 0 { Ok(()) } else { Err(refused(answer.rc, &answer.text, how)) }
}

/// Returns the error for a refused bind, with the server's message. The hint explains the sub-codes of AD (MS-ERREF).
pub(super) fn refused(code: u32, words: &str, how: &SignIn) -> Error {
    let said = shown(code, words);
    let kind = if matches!(code, 51 | 52) { ErrorKind::Unavailable } else { ErrorKind::Denied };
    let sub_code = words.split("data ").nth(1).and_then(|rest| rest.split([',', ' ']).next());
    let hint = match (code, sub_code) {
        (49, Some("525")) => "there is no such user: write user@domain, DOMAIN\\user, or the distinguished name",
        (49, Some("52e")) => "the name or the password is wrong",
        (49, Some("530")) => "the user is not allowed to sign in at this time",
        (49, Some("531")) => "the user is not allowed to sign in from this machine",
        (49, Some("532")) => {
            "the password has expired: set a new one; the password of a service account should not expire"
        }
        (49, Some("533")) => "the user is disabled",
        (49, Some("701")) => "the user's account has expired",
        (49, Some("773")) => "the user must change the password first",
        (49, Some("775")) => "the user is locked out: check whether an old password is still in use somewhere",
        (49, _) => "check the name and the password",
        (8 | 13, _) => "the server requires TLS: use `ldaps://`, or `ldap://` without `danger_plain`",
        (48 | 7, _) => "the server does not allow this sign-in method",
        (51 | 52, _) => "run again later",
        _ => "check the server's log",
    };
    Error::new(kind, format!("the server refused the sign-in: {said}")).with("user", how.name()).hint(hint)
}
