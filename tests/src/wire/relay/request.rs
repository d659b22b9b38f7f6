//! Relays the requests of the client to the server.

use std::io;

use super::{Connection, Known, Next, Pending};
use crate::wire::aim::At;
use crate::wire::fault::Fault;
use crate::wire::message::{
    self, BIND, BOUND, BindOp, DONE, EXTENDED, EXTENDED_ANSWER, Message, Paging, SEARCH, START_TLS, SearchOp, UNBIND,
};
use crate::wire::seen::Page;
use crate::wire::shared::{Acceptor, Record};
use crate::wire::strike::{Ask, range, refusal};

impl Connection<'_> {
    /// Records a request and forwards or answers it.
    pub(super) async fn request(&mut self, bytes: &[u8]) -> io::Result<Next> {
        self.shared.received(bytes.len());
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(error) => {
                self.shared.trouble(self.number, format!("a request that cannot be decoded: {error}"));
                return self.forward(bytes).await;
            }
        };
        if self.refused && message.tag() != UNBIND {
            self.shared.after_refused_bind(message.tag());
        }
        match message.tag() {
            BIND => {
                if let Ok(bind) = BindOp::parse(&message) {
                    return self.bind(bytes, message.id, &bind).await;
                }
            }
            SEARCH => match SearchOp::parse(&message) {
                Ok(search) => return self.search(bytes, message, search).await,
                Err(error) => self.shared.trouble(self.number, format!("a search that cannot be decoded: {error}")),
            },
            EXTENDED if message::extended(&message).as_deref() == Some(START_TLS) => {
                self.shared.other(&message);
                return self.start_tls(bytes, message.id).await;
            }
            _ => self.shared.other(&message),
        }
        self.forward(bytes).await
    }

    async fn forward(&mut self, bytes: &[u8]) -> io::Result<Next> {
        // If the server has disconnected, reading from it reports that.
        let _ = self.server.send(bytes).await;
        Ok(Next::GoOn)
    }

    /// Forwards a request to the server, unless a fault replaces the result code.
    async fn ask(&mut self, bytes: &[u8], pending: Pending) -> io::Result<Next> {
        let forged = |fault: &usize| matches!(self.shared.damages[*fault].fault, Fault::Code { .. });
        if pending.ask.search.is_none() && pending.faults.iter().any(forged) {
            let steps = vec![refusal(&pending.ask, 0, Vec::new())];
            return self.finish(Pending { steps, ..pending }).await;
        }
        self.pending.insert(pending.ask.id, pending);
        self.forward(bytes).await
    }

    async fn bind(&mut self, bytes: &[u8], id: i64, bind: &BindOp) -> io::Result<Next> {
        self.may_seal |= bind.password.is_none();
        let place = self.shared.bind(self.number, bind);
        let faults = self.shared.aimed(At::Bind, place + 1);
        let ask = Ask { id, last: BOUND, search: None };
        self.ask(bytes, Pending { ask, record: Record::Bind(place), faults, steps: Vec::new() }).await
    }

    async fn start_tls(&mut self, bytes: &[u8], id: i64) -> io::Result<Next> {
        let ask = Ask { id, last: EXTENDED_ANSWER, search: None };
        let faults = self.shared.aimed(At::StartTls, self.shared.start_tls());
        let mut pending = Pending { ask, record: Record::Other, faults, steps: Vec::new() };
        if !matches!(self.shared.acceptor, Some(Acceptor::OnDemand(_))) {
            self.may_seal = true;
            return self.ask(bytes, pending).await;
        }
        pending.steps.push(refusal(&pending.ask, 0, Vec::new()));
        let fault = |fault: &usize| &self.shared.damages[*fault].fault;
        let refused = pending.faults.iter().map(fault).any(|fault| matches!(fault, Fault::Code { code: 1.., .. }));
        match self.finish(pending).await? {
            Next::GoOn if !refused => Ok(Next::BeginTls),
            next => Ok(next),
        }
    }

    async fn search(&mut self, bytes: &[u8], mut message: Message, op: SearchOp) -> io::Result<Next> {
        let paging = message.paging();
        let cookie = paging.as_ref().map(|paging| paging.cookie.clone()).unwrap_or_default();
        let known = self.known(&op, &message, &cookie);
        let size = paging.as_ref().map(|paging| paging.size);
        let sent = Page { size, sent: cookie.escape_ascii().to_string(), ..Page::default() };
        let search = self.searches[known].record;
        let page = self.shared.page(search, sent);
        let record = Record::Page { search, page };
        let mut pending = Pending {
            ask: Ask { id: message.id, last: DONE, search: Some(op.clone()) },
            record,
            faults: self.faults_of_page(known, page),
            steps: Vec::new(),
        };
        for fault in &pending.faults {
            match self.shared.damages[*fault].fault {
                Fault::SearchesRefused { code } if self.lost.is_none() => {
                    self.lost = Some(code);
                    self.shared.struck(self.number, *fault, record);
                }
                Fault::EmptyPages { .. } if paging.is_some() && pending.steps.is_empty() => {
                    pending.steps.push(self.cookies.empty_page(&pending.ask, &cookie));
                    self.shared.struck(self.number, *fault, record);
                }
                _ => {}
            }
        }
        if let Some(code) = self.lost {
            pending.steps = vec![refusal(&pending.ask, code, Vec::new())];
        }
        if pending.steps.is_empty()
            && let Some(steps) = self.cookies.held(&cookie, message.id)
        {
            pending.steps = steps;
        }
        if !pending.steps.is_empty() {
            return self.finish(pending).await;
        }
        let real = self.cookies.real(&cookie);
        let names = self.names_to_ask(&op, &pending.faults);
        if real == cookie && names == op.attributes {
            return self.ask(bytes, pending).await;
        }
        message.op = op.op_asking(&names);
        message.set_paging(paging.map(|paging| Paging { cookie: real, ..paging }));
        self.ask(&message.bytes(), pending).await
    }

    /// Returns the search that a request continues, or a new one.
    fn known(&mut self, op: &SearchOp, message: &Message, cookie: &[u8]) -> usize {
        let same = |known: &&Known| known.op == *op;
        let by_cookie = self.searches.iter().rposition(|known| known.cookie == cookie && same(&known));
        let going_on = by_cookie.or_else(|| self.searches.iter().rposition(|known| same(&known)));
        if let Some(known) = going_on.filter(|_| !cookie.is_empty()) {
            return known;
        }
        let (record, ordinals) = self.shared.search(self.number, op, message);
        self.searches.push(Known { record, op: op.clone(), ordinals, cookie: Vec::new() });
        self.searches.len() - 1
    }

    fn faults_of_page(&self, known: usize, page: usize) -> Vec<usize> {
        let mut faults = Vec::new();
        for (fault, ordinal) in self.searches[known].ordinals.iter().enumerate() {
            let damage = &self.shared.damages[fault];
            let pages = if let Fault::EmptyPages { times } = damage.fault { times } else { 1 };
            if ordinal.is_some_and(|ordinal| damage.aim.takes(ordinal)) && damage.aim.meets(page, pages) {
                faults.push(fault);
            }
        }
        faults
    }

    /// Returns the attributes to request from the server: without ranges if the wire creates the ranges.
    fn names_to_ask(&self, op: &SearchOp, faults: &[usize]) -> Vec<String> {
        let mut names = op.attributes.clone();
        for fault in faults {
            if let Fault::RangeImposed { attribute, .. } = &self.shared.damages[*fault].fault {
                names = names.iter().map(|name| range::whole(name, attribute).to_owned()).collect();
            }
        }
        if names != op.attributes {
            let mut once: Vec<String> = Vec::new();
            for name in names {
                if !once.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                    once.push(name);
                }
            }
            names = once;
        }
        names
    }
}
