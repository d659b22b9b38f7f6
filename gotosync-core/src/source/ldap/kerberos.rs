//! Sign-in with Kerberos (SASL GSSAPI, RFC 4752), over TLS, with channel binding and without a SASL security layer.
//!
//! The client library supports a security layer, but loses bytes when it is used. Therefore the bind takes place here, before
//! the library gets the connection, and a security layer is never negotiated.

use cross_krb5::{ClientCtx, InitiateFlags, K5Ctx, Step};

use super::ber::{INTEGER, OCTETS, SEQUENCE, element, number};
use super::dial::{Line, exchange, malformed};
use super::message::{BIND_REQUEST, BIND_RESPONSE, Message};
use super::options::SignIn;
use super::sign_in::refused;
use crate::{Error, ErrorKind, Result};

/// Binds with Kerberos, if that is the sign-in method.
///
/// # Errors
/// [`ErrorKind::Denied`] if there is no ticket, or the server refuses the bind.
pub(super) async fn sign_in(line: &mut Line, how: &SignIn) -> Result<()> {
    let SignIn::Kerberos { principal, service_host } = how else { return Ok(()) };
    if !line.secure {
        return Err(Error::new(ErrorKind::Input, "Kerberos requires TLS"));
    }
    let host = service_host.clone().unwrap_or_else(|| line.located.server.host.clone());
    let service = format!("ldap/{host}");
    let (principal, binding, target) = (principal.clone(), line.binding.clone(), service.clone());
    // The system's library blocks: it reads files and contacts servers.
    let (context, token) = blocking(move || {
        ClientCtx::new(InitiateFlags::empty(), principal.as_deref(), &target, binding.as_deref())
            .map(|(context, token)| (context, token.to_vec()))
    })
    .await
    .map_err(|problem| no_ticket(&problem, &service))?;

    let (mut serial, mut pending, mut token) = (0, Some(context), token);
    let mut ready = None;
    loop {
        serial += 1;
        let answer = exchange(&mut *line.stream, &bind(serial, &token)).await?;
        let message = Message::parse(&answer).map_err(malformed)?;
        let ended = message.ended().map_err(malformed)?;
        let code = u32::try_from(ended.code).unwrap_or(u32::MAX);
        if message.operation != BIND_RESPONSE || message.id != serial {
            return Err(Error::new(ErrorKind::Data, "unexpected response to the bind"));
        }
        match (code, &ready) {
            (0, Some(Layer::Agreed)) => return Ok(()),
            (IN_PROGRESS, None | Some(Layer::Open(_))) => {}
            // A success before the exchange is complete would come from a server that has not authenticated itself.
            (0, _) => return Err(Error::new(ErrorKind::Denied, "the server ended the Kerberos exchange too early")),
            (code, _) => return Err(refused(code, ended.text, how)),
        }
        let said = ended.credentials().map_err(malformed)?.unwrap_or_default().to_vec();
        (ready, token) = match (pending.take(), ready) {
            (Some(context), _) => match blocking(move || context.step(&said)).await {
                Ok(Step::Finished((context, token))) => {
                    (Some(Layer::Open(context)), token.map(|token| token.to_vec()).unwrap_or_default())
                }
                Ok(Step::Continue((context, token))) => {
                    pending = Some(context);
                    (None, token.to_vec())
                }
                Err(problem) => return Err(no_ticket(&problem, &service)),
            },
            (None, Some(Layer::Open(mut context))) => {
                let answer = blocking(move || {
                    let offer = context.unwrap(&said)?;
                    if offer.first().is_none_or(|layers| layers & NO_LAYER == 0) {
                        return Ok(None);
                    }
                    // No security layer, so its maximum buffer size is 0.
                    context.wrap(false, &[NO_LAYER, 0, 0, 0]).map(|answer| Some(answer.to_vec()))
                })
                .await
                .map_err(|problem| no_ticket(&problem, &service))?;
                let answer = answer.ok_or_else(|| {
                    Error::new(ErrorKind::Denied, "the server requires a Kerberos security layer in addition to TLS")
                        .hint("allow SASL over TLS without signing (Samba: `ldap server require strong auth = allow_sasl_over_tls`)")
                })?;
                (Some(Layer::Agreed), answer)
            }
            _ => {
                return Err(Error::new(ErrorKind::Data, "the server continued after the end of the Kerberos exchange"));
            }
        };
    }
}

/// The state of the exchange after authentication.
enum Layer {
    /// Both sides are authenticated; the server offers security layers next.
    Open(ClientCtx),
    /// Both sides have agreed on no security layer.
    Agreed,
}

fn bind(serial: i64, token: &[u8]) -> Vec<u8> {
    let credentials = [element(OCTETS, b"GSSAPI"), element(OCTETS, token)].concat();
    let request = [number(INTEGER, 3), element(OCTETS, b""), element(SASL, &credentials)].concat();
    element(SEQUENCE, &[number(INTEGER, serial), element(BIND_REQUEST, &request)].concat())
}

async fn blocking<T: Send + 'static, E: std::fmt::Display + Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, E> + Send + 'static,
) -> std::result::Result<T, String> {
    match tokio::task::spawn_blocking(move || work().map_err(|error| format!("{error:#}"))).await {
        Ok(result) => result,
        Err(stopped) => Err(stopped.to_string()),
    }
}

fn no_ticket(problem: &str, service: &str) -> Error {
    let problem = problem.split_whitespace().collect::<Vec<_>>().join(" ");
    Error::new(ErrorKind::Denied, format!("could not get a Kerberos ticket: {problem}"))
        .with("service", service)
        .hint("check `klist`; get a ticket with `kinit`, or set KRB5_CLIENT_KTNAME to a keytab")
}

/// The bit for no security layer.
const NO_LAYER: u8 = 1;

/// The result code saslBindInProgress.
const IN_PROGRESS: u32 = 14;

const SASL: u8 = 0xa3;
