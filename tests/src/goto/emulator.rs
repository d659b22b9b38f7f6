//! A running emulator.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::Response;
use gotosync_core::model::{Account, UserKey};
use gotosync_core::target::Activity;
use serde_json::json;
use tokio::sync::oneshot;

use super::answer::Refusal;
use super::call::{Call, Mail, Operation};
use super::fault::Fault;
use super::line::{Gate, Handle};
use super::oauth::Tokens;
use super::options::Options;
use super::world::{Tenant, World};
use super::{admin, connect, identity, oauth, strike};
use crate::Trouble;

/// GoTo's APIs on a port of 127.0.0.1, on a separate thread, until the value is dropped.
#[derive(Debug)]
pub struct Emulator {
    world: Arc<World>,
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The base address of each API, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// The authorization endpoint.
    pub authorize: String,
    /// The token endpoint.
    pub token: String,
    /// The Admin API.
    pub admin: String,
    /// The Connect API.
    pub connect: String,
    /// SCIM, in GoTo's dialect.
    pub scim: String,
}

impl Emulator {
    /// Returns options that imitate GoTo as far as it is known.
    pub fn options() -> Options {
        Options::default()
    }

    pub(super) fn start(options: Options) -> Result<Self, Trouble> {
        if options.accounts.is_empty() {
            return Err("an emulator needs an account".into());
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let world = World::new(options);
        let router = router(&world);
        // A single thread makes each request atomic between two await points.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (end, ended) = oneshot::channel::<()>();
        let serve = async move {
            let gate = Gate(tokio::net::TcpListener::from_std(listener)?);
            let service = router.into_make_service_with_connect_info::<Handle>();
            tokio::select! {
                served = axum::serve(gate, service).into_future() => served,
                _ = ended => Ok(()),
            }
        };
        let thread = std::thread::Builder::new().name("goto-emulator".to_owned()).spawn(move || {
            // Only an unusable socket ends the server early. Clients then get no connection.
            let _: std::io::Result<()> = runtime.block_on(serve);
        })?;
        Ok(Self { world, address, end: Some(end), thread: Some(thread) })
    }

    /// Returns the addresses of the APIs.
    pub fn urls(&self) -> Urls {
        let base = format!("http://{}", self.address);
        Urls {
            authorize: format!("{base}/oauth/authorize"),
            token: format!("{base}/oauth/token"),
            admin: format!("{base}/admin/rest/v1"),
            connect: base.clone(),
            scim: format!("{base}/identity/v1"),
        }
    }

    /// Returns the current primary account, with all roles visible.
    pub fn account(&self) -> Account {
        self.primary().target.account()
    }

    /// Returns the voicemail settings of an extension in the primary account, by their API names.
    pub fn voicemail(&self, extension: &str) -> Option<serde_json::Value> {
        self.primary().board().voicemail(extension)
    }

    /// Returns the changes to the primary account in order, except changes by [`edit`](Self::edit).
    pub fn activity(&self) -> Vec<Activity> {
        self.primary().target.activity()
    }

    /// Changes the primary account as a human admin would, without any checks.
    ///
    /// # Panics
    ///
    /// If the account then contains duplicates of a unique value.
    pub fn edit<R>(&self, change: impl FnOnce(&mut Account) -> R) -> R {
        self.primary().target.edit(change)
    }

    /// Marks a user of the primary account as signed in for the first time.
    ///
    /// # Panics
    ///
    /// If the user does not exist or is suspended.
    pub fn sign_in(&self, user: &UserKey) {
        self.primary().target.sign_in(user);
    }

    /// Returns all requests so far, in order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.world.record().calls.clone()
    }

    /// Clears the recorded requests.
    pub fn forget_calls(&self) {
        self.world.record().calls.clear();
    }

    /// Returns all e-mails so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.world.record().mails.clone()
    }

    /// Returns tokens of the account's admin with every scope of the client, as after a sign-in.
    pub fn tokens(&self) -> Tokens {
        let login = self.world.login().unwrap_or_else(|| UserKey::new("0"));
        self.world.desk().sign_in(&self.world.options, &login, self.world.clock.now())
    }

    /// Returns a personal access token of the account's admin.
    pub fn personal_token(&self) -> String {
        let login = self.world.login().unwrap_or_else(|| UserKey::new("0"));
        self.world.desk().personal_token(&login)
    }

    /// Revokes all tokens, as an admin does who removes an app's access.
    pub fn revoke_tokens(&self) {
        self.world.desk().revoke_all();
    }

    /// Makes the consent page refuse from now on.
    pub fn deny_consent(&self) {
        self.world.desk().denies = true;
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.world.faults().arm(fault);
    }

    /// Returns the number of requests that a fault has affected so far.
    pub fn struck(&self) -> usize {
        self.world.faults().struck
    }

    /// Removes all faults.
    pub fn heal(&self) {
        self.world.faults().clear();
    }

    /// Advances the clock that determines the expiry of tokens.
    pub fn advance(&self, by: Duration) {
        self.world.clock.advance(by);
    }

    fn primary(&self) -> &Tenant {
        &self.world.tenants[0]
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _: std::thread::Result<()> = thread.join();
        }
    }
}

fn router(world: &Arc<World>) -> Router {
    Router::new()
        .merge(oauth::routes())
        .nest("/admin/rest/v1", admin::routes())
        .merge(connect::routes())
        .merge(identity::routes())
        .fallback(nowhere)
        .layer(middleware::from_fn_with_state(Arc::clone(world), received))
        .with_state(Arc::clone(world))
}

/// The response for an unknown path (goto-api, 2.11).
async fn nowhere(uri: Uri) -> Refusal {
    let body = json!({ "errorCode": "NOT_FOUND", "message": format!("{} does not exist", uri.path()) });
    Refusal::with(StatusCode::NOT_FOUND, body)
}

/// Handles every request: records it, enforces the rate limit, and applies faults.
async fn received(
    State(world): State<Arc<World>>,
    ConnectInfo(line): ConnectInfo<Handle>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let operation = Operation::of(request.method(), request.uri().path());
    line.relax();
    let number = {
        let mut record = world.record();
        record.calls.push(Call {
            at: world.begun.elapsed(),
            operation,
            method: request.method().to_string(),
            target: reply(request.uri(), operation),
            status: None,
            authorized: oauth::holds(&world, request.headers()),
        });
        record.calls.len() - 1
    };
    let admitted = operation.api().is_none_or(|api| world.limit().admit(api, Instant::now()));
    let strike = if admitted { world.faults().strike(operation) } else { None };
    let response = match strike {
        _ if !admitted => Some(strike::too_many(world.options.again)),
        Some(kind) => strike::struck(&world, kind, &line, request, next).await,
        None => Some(next.run(request).await),
    };
    if let Some(call) = world.record().calls.get_mut(number) {
        call.status = response.as_ref().map(|response| response.status().as_u16());
    }
    response.unwrap_or_default()
}

fn reply(uri: &Uri, operation: Operation) -> String {
    if operation == Operation::Authorize { uri.path().to_owned() } else { uri.to_string() }
}
