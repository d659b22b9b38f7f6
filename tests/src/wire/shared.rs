//! The state that all connections of a wire share.

use std::fmt::Display;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use tokio_rustls::TlsAcceptor;

use super::aim::{At, Damage};
use super::message::{self, BindOp, Message, SearchOp};
use super::seen::{Bind, Page, Password, Search, Seen, Struck};
use super::stream::{Front, Security, Upstream};
use super::strike::Kind;
use crate::Trouble;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) upstream: Upstream,
    pub(super) damages: Vec<Damage>,
    pub(super) acceptor: Option<Acceptor>,
    state: Mutex<State>,
    changed: Condvar,
}

/// TLS for clients, from the start or by `StartTLS`.
#[derive(Clone)]
pub(super) enum Acceptor {
    AtOnce(TlsAcceptor),
    OnDemand(TlsAcceptor),
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::AtOnce(_)) { "AtOnce" } else { "OnDemand" })
    }
}

impl Acceptor {
    pub(super) fn new(front: &Front) -> Result<Option<Self>, Trouble> {
        let at_once = matches!(front.security, Security::Tls { .. });
        Ok(front.acceptor()?.map(if at_once { Self::AtOnce } else { Self::OnDemand }))
    }
}

#[derive(Debug, Default)]
struct State {
    seen: Seen,
    /// For each fault, the number of matching searches.
    searches: Vec<usize>,
    start_tls: usize,
}

/// The place in the record where a response belongs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Record {
    Bind(usize),
    Page { search: usize, page: usize },
    Other,
}

/// An open connection; dropping it marks the connection as closed.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) number: usize,
    shared: Arc<Shared>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.state().seen.open -= 1;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    pub(super) fn new(upstream: Upstream, front: &Front, damages: Vec<Damage>) -> Result<Self, Trouble> {
        let state = State { searches: vec![0; damages.len()], ..State::default() };
        let acceptor = Acceptor::new(front)?;
        Ok(Self { upstream, damages, acceptor, state: Mutex::new(state), changed: Condvar::new() })
    }

    pub(super) fn seen(&self) -> Seen {
        self.state().seen.clone()
    }

    /// Waits until no connection is open or the timeout has passed.
    pub(super) fn quiet(&self) -> Seen {
        let open = |state: &mut State| state.seen.open > 0;
        let waited = self.changed.wait_timeout_while(self.state(), PATIENCE, open);
        waited.unwrap_or_else(std::sync::PoisonError::into_inner).0.seen.clone()
    }

    pub(super) fn open(self: &Arc<Self>) -> Open {
        let mut state = self.state();
        state.seen.connections += 1;
        state.seen.open += 1;
        Open { number: state.seen.connections, shared: Arc::clone(self) }
    }

    pub(super) fn trouble(&self, connection: usize, trouble: impl Display) {
        self.state().seen.troubles.push(format!("connection {connection}: {trouble}"));
    }

    pub(super) fn received(&self, bytes: usize) {
        self.state().seen.from_clients += bytes as u64;
    }

    /// Records a request that is neither a search nor a bind.
    pub(super) fn other(&self, message: &Message) {
        let mut state = self.state();
        match message.tag() {
            message::UNBIND => state.seen.unbinds += 1,
            tag => {
                let name = message::extended(message).filter(|_| tag == message::EXTENDED);
                state.seen.others.push(name.unwrap_or_else(|| message::op_name(tag).to_owned()));
            }
        }
    }

    pub(super) fn after_refused_bind(&self, tag: u8) {
        self.state().seen.after_refused_bind.push(message::op_name(tag).to_owned());
    }

    pub(super) fn bind(&self, connection: usize, bind: &BindOp) -> usize {
        let password = match &bind.password {
            None => Password::None,
            Some(password) if password.is_empty() => Password::Empty,
            Some(_) => Password::Given,
        };
        let (name, mechanism) = (bind.name.clone(), bind.mechanism.clone());
        let mut state = self.state();
        state.seen.binds.push(Bind { connection, mechanism, name, password, code: None });
        state.seen.binds.len() - 1
    }

    /// Records a new search. Returns its index in the record and, for each fault that includes it, the number of the
    /// match.
    pub(super) fn search(
        &self,
        connection: usize,
        search: &SearchOp,
        message: &Message,
    ) -> (usize, Vec<Option<usize>>) {
        let sign = |critical| if critical { "!" } else { "" };
        let controls = message.controls.iter().map(|control| format!("{}{}", sign(control.critical), control.oid));
        let mut state = self.state();
        state.seen.searches.push(Search {
            connection,
            base: search.base.clone(),
            scope: search.scope,
            filter: search.filter.to_string(),
            attributes: search.attributes.clone(),
            controls: controls.collect(),
            pages: Vec::new(),
        });
        let mut ordinals = Vec::new();
        for (damage, count) in self.damages.iter().zip(&mut state.searches) {
            let about = damage.aim.is_about(search);
            *count += usize::from(about);
            ordinals.push(about.then_some(*count));
        }
        (state.seen.searches.len() - 1, ordinals)
    }

    /// Records a requested page and returns its number, counted from 1.
    pub(super) fn page(&self, search: usize, page: Page) -> usize {
        let pages = &mut self.state().seen.searches[search].pages;
        pages.push(page);
        pages.len()
    }

    /// Returns the faults for the n-th connection, bind, or `StartTLS` request.
    pub(super) fn aimed(&self, at: At, ordinal: usize) -> Vec<usize> {
        let hit = |damage: &Damage| damage.aim.at == at && damage.aim.takes(ordinal);
        self.damages.iter().enumerate().filter(|(_, damage)| hit(damage)).map(|(fault, _)| fault).collect()
    }

    pub(super) fn start_tls(&self) -> usize {
        let mut state = self.state();
        state.start_tls += 1;
        state.start_tls
    }

    pub(super) fn struck(&self, connection: usize, fault: usize, record: Record) {
        let page = match record {
            Record::Page { page, .. } => Some(page),
            Record::Bind(_) | Record::Other => None,
        };
        self.state().seen.struck.push(Struck { fault, connection, page });
    }

    /// Records a message to a client, and returns the result code of a bind response.
    pub(super) fn sent(&self, record: Record, kind: Kind, bytes: &[u8]) -> Option<u32> {
        let mut state = self.state();
        state.seen.to_clients += bytes.len() as u64;
        let message = (kind == Kind::Done).then(|| Message::parse(bytes).ok()).flatten();
        let code = message.as_ref().and_then(message::code);
        match record {
            Record::Bind(bind) if kind == Kind::Done => {
                state.seen.binds[bind].code = code;
                return code;
            }
            Record::Page { search, page } => {
                let page = &mut state.seen.searches[search].pages[page - 1];
                match kind {
                    Kind::Entry => page.entries += 1,
                    Kind::Reference => page.references += 1,
                    Kind::Done => {
                        page.code = code;
                        let paging = message.and_then(|message| message.paging());
                        page.got = paging.map(|paging| paging.cookie.escape_ascii().to_string());
                    }
                    Kind::Other => {}
                }
            }
            Record::Bind(_) | Record::Other => {}
        }
        None
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The maximum time to wait until all clients have disconnected.
const PATIENCE: Duration = Duration::from_secs(20);
