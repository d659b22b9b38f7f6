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

/// GoTo's APIs on a port of 127.0.0.1, until it is dropped. It runs on a thread of its own.
#[derive(Debug)]
pub struct Emulator {
    world: Arc<World>,
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Where each API begins, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// Where a person agrees.
    pub authorize: String,
    /// Where tokens are given.
    pub token: String,
    /// The Admin API.
    pub admin: String,
    /// The Connect API.
    pub connect: String,
    /// SCIM, in the vendor's dialect.
    pub scim: String,
}

impl Emulator {
    /// One as GoTo is, as far as that is known.
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
        // One thread: between two points where it waits nobody else writes, so a request is done in one piece.
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
            // Only a socket that cannot be listened on ends it early; who calls then sees that nobody answers.
            let _: std::io::Result<()> = runtime.block_on(serve);
        })?;
        Ok(Self { world, address, end: Some(end), thread: Some(thread) })
    }

    /// Where its APIs are.
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

    /// The primary account as it is now, every role seen.
    pub fn account(&self) -> Account {
        self.primary().target.account()
    }

    /// The voicemail of an extension of the primary account as it was set, by the API's own names.
    pub fn voicemail(&self, extension: &str) -> Option<serde_json::Value> {
        self.primary().board().voicemail(extension)
    }

    /// What was changed in the primary account, in order; what an admin changed by hand is not in it.
    pub fn activity(&self) -> Vec<Activity> {
        self.primary().target.activity()
    }

    /// Lets a human admin change the primary account: anything goes.
    ///
    /// # Panics
    ///
    /// If the account then holds something twice that can be there once only.
    pub fn edit<R>(&self, change: impl FnOnce(&mut Account) -> R) -> R {
        self.primary().target.edit(change)
    }

    /// Lets a user of the primary account sign in for the first time.
    ///
    /// # Panics
    ///
    /// If there is no such user, or they are suspended.
    pub fn sign_in(&self, user: &UserKey) {
        self.primary().target.sign_in(user);
    }

    /// Every request so far, in the order in which they came.
    pub fn calls(&self) -> Vec<Call> {
        self.world.record().calls.clone()
    }

    /// Forgets what was asked so far.
    pub fn forget_calls(&self) {
        self.world.record().calls.clear();
    }

    /// Every mail so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.world.record().mails.clone()
    }

    /// Tokens of the login, as if somebody had signed in, with every scope of the client.
    pub fn tokens(&self) -> Tokens {
        let login = self.world.login().unwrap_or_else(|| UserKey::new("0"));
        self.world.desk().sign_in(&self.world.options, &login, self.world.clock.now())
    }

    /// A personal access token of the login.
    pub fn personal_token(&self) -> String {
        let login = self.world.login().unwrap_or_else(|| UserKey::new("0"));
        self.world.desk().personal_token(&login)
    }

    /// Makes every token that was given good for nothing, as an admin does who takes an app's access away.
    pub fn revoke_tokens(&self) {
        self.world.desk().revoke_all();
    }

    /// Makes the page for consent refuse from now on.
    pub fn deny_consent(&self) {
        self.world.desk().denies = true;
    }

    /// Lets something more go wrong from now on.
    pub fn fault(&self, fault: Fault) {
        self.world.faults().arm(fault);
    }

    /// How many requests something went wrong with so far.
    pub fn struck(&self) -> usize {
        self.world.faults().struck
    }

    /// Lets nothing go wrong any more.
    pub fn heal(&self) {
        self.world.faults().clear();
    }

    /// Puts its clock forward, which tokens live by.
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

/// What is said of a path that leads nowhere (goto-api, 2.11).
async fn nowhere(uri: Uri) -> Refusal {
    let body = json!({ "errorCode": "NOT_FOUND", "message": format!("{} is not here", uri.path()) });
    Refusal::with(StatusCode::NOT_FOUND, body)
}

/// Receives every request: remembers it, does not take too many, and lets go wrong what shall.
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
            target: told(request.uri(), operation),
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

fn told(uri: &Uri, operation: Operation) -> String {
    if operation == Operation::Authorize { uri.path().to_owned() } else { uri.to_string() }
}
