//! Signing in by Kerberos (SASL GSSAPI, RFC 4752), inside TLS, bound to it, and without a security layer of its own.
//!
//! The client library can seal what it sends, and loses bytes when it does; so the exchange is made here, before the library
//! gets the connection, and a layer is never agreed on.

use cross_krb5::{ClientCtx, InitiateFlags, K5Ctx, Step};

use super::ber::{INTEGER, OCTETS, SEQUENCE, element, number};
use super::dial::{Line, exchange, malformed};
use super::message::{BIND_REQUEST, BIND_RESPONSE, Message};
use super::options::SignIn;
use super::sign_in::refused;
use crate::{Error, ErrorKind, Result};

/// Signs in.
///
/// # Errors
/// [`ErrorKind::Denied`] when there is no ticket or the server refuses it.
pub(super) async fn sign_in(line: &mut Line, how: &SignIn) -> Result<()> {
    let SignIn::Kerberos { principal, service_host } = how else { return Ok(()) };
    if !line.secure {
        return Err(Error::new(ErrorKind::Input, "Kerberos is only used inside TLS"));
    }
    let host = service_host.clone().unwrap_or_else(|| line.located.server.host.clone());
    let service = format!("ldap/{host}");
    let (principal, binding, target) = (principal.clone(), line.binding.clone(), service.clone());
    // The system's library reads files and asks servers while it is called.
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
            return Err(Error::new(ErrorKind::Data, "the sign-in was answered by something else"));
        }
        match (code, &ready) {
            (0, Some(Layer::Agreed)) => return Ok(()),
            (IN_PROGRESS, None | Some(Layer::Open(_))) => {}
            // A success before the exchange is through would be one with a server that has not proved itself.
            (0, _) => return Err(Error::new(ErrorKind::Denied, "the server broke the Kerberos exchange off")),
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
                    // No layer, and so no size for one.
                    context.wrap(false, &[NO_LAYER, 0, 0, 0]).map(|answer| Some(answer.to_vec()))
                })
                .await
                .map_err(|problem| no_ticket(&problem, &service))?;
                let answer = answer.ok_or_else(|| {
                    Error::new(ErrorKind::Denied, "the server wants to seal by Kerberos inside TLS")
                        .hint("allow SASL over TLS without signing (Samba: `ldap server require strong auth = allow_sasl_over_tls`)")
                })?;
                (Some(Layer::Agreed), answer)
            }
            _ => return Err(Error::new(ErrorKind::Data, "the server goes on after the Kerberos exchange")),
        };
    }
}

/// How far the exchange has come.
enum Layer {
    /// Both know who the other is; the server offers layers.
    Open(ClientCtx),
    /// There is to be none.
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
    Error::new(ErrorKind::Denied, format!("Kerberos gives no ticket: {problem}"))
        .with("service", service)
        .hint("see `klist`; get a ticket with `kinit`, or name a keytab in KRB5_CLIENT_KTNAME")
}

/// The bit of no security layer.
const NO_LAYER: u8 = 1;

/// SASL bind in progress.
const IN_PROGRESS: u32 = 14;

const SASL: u8 = 0xa3;
