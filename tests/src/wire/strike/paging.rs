//! Faults in pages and cookies.

use std::collections::HashMap;

use super::{Ask, Step, done, edit_done, refusal};
use crate::wire::fault::{Fault, LoopCookie};
use crate::wire::message::{Message, Paging};

/// The cookies of a connection that the wire created and the server does not know.
#[derive(Debug, Default)]
pub(in crate::wire) struct Cookies {
    made: usize,
    /// The server's cookie for each cookie of the wire.
    real: HashMap<Vec<u8>, Vec<u8>>,
    /// The pages that the wire sends for a cookie, without a request to the server.
    pages: HashMap<Vec<u8>, Held>,
}

/// A page that is sent again.
#[derive(Debug, Clone)]
struct Held {
    steps: Vec<Step>,
    /// The kind of cookie if the page is repeated endlessly.
    again: Option<LoopCookie>,
}

impl Cookies {
    /// Returns the server's cookie for a cookie that the client sent.
    pub(in crate::wire) fn real(&self, cookie: &[u8]) -> Vec<u8> {
        self.real.get(cookie).map_or_else(|| cookie.to_vec(), Clone::clone)
    }

    /// Returns the response for a cookie if the wire answers it without the server.
    pub(in crate::wire) fn held(&mut self, cookie: &[u8], id: i64) -> Option<Vec<Step>> {
        let held = self.pages.get(cookie)?.clone();
        let mut steps = held.steps.clone();
        for step in &mut steps {
            if let Step::Send { bytes, .. } = step
                && let Ok(message) = Message::parse(bytes)
            {
                *bytes = Message { id, ..message }.bytes();
            }
        }
        if held.again == Some(LoopCookie::Fresh) {
            let fresh = self.make();
            set_cookie(&mut steps, &fresh);
            self.pages.insert(fresh, held);
        }
        Some(steps)
    }

    /// Returns an empty page whose cookie makes the client repeat its current request.
    pub(in crate::wire) fn empty_page(&mut self, ask: &Ask, cookie: &[u8]) -> Step {
        let made = self.make();
        let real = self.real(cookie);
        if let Some(held) = self.pages.get(cookie).cloned() {
            self.pages.insert(made.clone(), held);
        }
        self.real.insert(made.clone(), real);
        refusal(ask, 0, vec![Paging { size: 0, cookie: made }.control()])
    }

    fn make(&mut self) -> Vec<u8> {
        self.made += 1;
        format!("made up {}", self.made).into_bytes()
    }
}

pub(super) fn strike(fault: &Fault, steps: &mut [Step], cookies: &mut Cookies) {
    let Some(paging) = done(steps).and_then(|message| message.paging()) else { return };
    match fault {
        Fault::PageLoop { cookie } => {
            let looped = if paging.cookie.is_empty() { cookies.make() } else { paging.cookie };
            set_cookie(steps, &looped);
            cookies.pages.insert(looped, Held { steps: steps.to_vec(), again: Some(*cookie) });
        }
        Fault::PageTwice => {
            let made = cookies.make();
            cookies.pages.insert(made.clone(), Held { steps: steps.to_vec(), again: None });
            set_cookie(steps, &made);
        }
        Fault::PagingTaken => edit_done(steps, |message| message.set_paging(None)),
        Fault::CookieCleared => set_cookie(steps, &[]),
        Fault::CookieChanged => set_cookie(steps, b"not the server's cookie"),
        _ => {}
    }
}

fn set_cookie(steps: &mut [Step], cookie: &[u8]) {
    let paging = |size| Paging { size, cookie: cookie.to_vec() };
    edit_done(steps, |message| {
        let size = message.paging().map_or(0, |paging| paging.size);
        message.set_paging(Some(paging(size)));
    });
}
