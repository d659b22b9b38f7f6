//! Relays the responses of the server to the client.

use std::io;

use super::{Connection, Next, Pending};
use crate::wire::message::Message;
use crate::wire::shared::Record;
use crate::wire::strike::{self, Kind, Step};

impl Connection<'_> {
    /// Relays a message of the server, or keeps it until the response is complete and faults can be applied.
    pub(super) async fn response(&mut self, bytes: Vec<u8>) -> io::Result<Next> {
        let message = match Message::parse(&bytes) {
            Ok(message) => message,
            Err(error) => {
                self.shared.trouble(self.number, format!("a response that cannot be decoded: {error}"));
                return self.play(vec![Step::Send { kind: Kind::Other, bytes }], Record::Other).await;
            }
        };
        let step = strike::step(bytes, message.tag());
        let last = matches!(step, Step::Send { kind: Kind::Done, .. });
        let Some(pending) = self.pending.get_mut(&message.id) else {
            return self.play(vec![step], Record::Other).await;
        };
        if pending.faults.is_empty() {
            let record = pending.record;
            if last {
                self.pending.remove(&message.id);
            }
            return self.play(vec![step], record).await;
        }
        pending.steps.push(step);
        if !last {
            return Ok(Next::GoOn);
        }
        match self.pending.remove(&message.id) {
            Some(pending) => self.finish(pending).await,
            None => Ok(Next::GoOn),
        }
    }

    /// Applies the faults to a complete response and sends it.
    pub(super) async fn finish(&mut self, pending: Pending) -> io::Result<Next> {
        let Pending { ask, record, faults, mut steps } = pending;
        for fault in faults {
            if strike::strike(&self.shared.damages[fault].fault, &mut steps, &ask, &mut self.cookies) {
                self.shared.struck(self.number, fault, record);
            }
        }
        self.play(steps, record).await
    }

    /// Sends a response. Consecutive messages without a pause are sent in one piece.
    async fn play(&mut self, steps: Vec<Step>, record: Record) -> io::Result<Next> {
        let mut piece = Vec::new();
        for step in steps {
            match step {
                Step::Send { kind, bytes } => {
                    if let Some(code) = self.shared.sent(record, kind, &bytes) {
                        self.refused = !matches!(code, 0 | 14);
                    }
                    self.remember_cookie(record, kind, &bytes);
                    piece.extend(bytes);
                }
                Step::Wait(time) => {
                    self.client.send(&std::mem::take(&mut piece)).await?;
                    tokio::time::sleep(time).await;
                }
                Step::End(ending) => {
                    self.client.send(&piece).await?;
                    return Ok(Next::End(ending));
                }
            }
        }
        self.client.send(&piece).await?;
        Ok(Next::GoOn)
    }

    fn remember_cookie(&mut self, record: Record, kind: Kind, bytes: &[u8]) {
        if let (Record::Page { search, .. }, Kind::Done) = (record, kind)
            && let Some(known) = self.searches.iter_mut().find(|known| known.record == search)
            && let Some(paging) = Message::parse(bytes).ok().and_then(|message| message.paging())
        {
            known.cookie = paging.cookie;
        }
    }
}
