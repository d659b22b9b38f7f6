//! A DNS server (RFC 1035) for the domains of the tests.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Trouble;

/// A DNS server that resolves only the domain controllers of the tests. It stops when it is dropped.
#[derive(Debug)]
pub struct Names {
    address: SocketAddr,
    known: Known,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The domains, each with the name and the address of its domain controller.
type Known = Arc<Mutex<Vec<(String, String, Ipv4Addr)>>>;

impl Names {
    /// Starts a DNS server without records.
    ///
    /// # Errors
    /// If it cannot listen.
    pub fn start() -> Result<Self, Trouble> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let (address, known, stopped) = (socket.local_addr()?, Known::default(), Arc::new(AtomicBool::new(false)));
        let (theirs, ended) = (Arc::clone(&known), Arc::clone(&stopped));
        let thread = std::thread::Builder::new().name(format!("names {address}")).spawn(move || {
            let mut packet = [0; 512];
            while !ended.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut packet) else { continue };
                let answer = answer(&packet[..length], &theirs.lock().unwrap_or_else(PoisonError::into_inner));
                if let Some(answer) = answer {
                    let _ = socket.send_to(&answer, from);
                }
            }
        })?;
        Ok(Self { address, known, stopped, thread: Some(thread) })
    }

    /// Returns the address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds the domain controller of a domain.
    pub fn learn(&self, domain: &str, controller: &str, address: Ipv4Addr) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.push((domain.to_lowercase(), controller.to_lowercase(), address));
    }

    /// Removes a domain.
    pub fn forget(&self, domain: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).retain(|(name, ..)| name != domain);
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Returns the response to a query, or `None` if the packet is not a query.
fn answer(packet: &[u8], known: &[(String, String, Ipv4Addr)]) -> Option<Vec<u8>> {
    let (mut at, mut labels) = (12, Vec::new());
    loop {
        let length = usize::from(*packet.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(packet.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]);
    let question = packet.get(12..at + 4)?;
    let name = labels.join(".");
    let mut data = Vec::new();
    for (domain, controller, address) in known {
        if !data.is_empty() {
            break;
        }
        if kind == SERVICE && name == format!("_ldap._tcp.dc._msdcs.{domain}") {
            // Priority, weight, and port.
            data.extend([0, 0, 0, 100, 1, 133]);
            controller.split('.').for_each(|label| {
                data.push(label.len() as u8);
                data.extend(label.as_bytes());
            });
            data.push(0);
        } else if kind == ADDRESS && name == *controller {
            data.extend(address.octets());
        }
    }
    let found = !data.is_empty();
    // An authoritative response: success or NXDOMAIN.
    let flags = [0x84 | (packet.get(2)? & 1), if found { 0 } else { 3 }];
    let mut answer = [&packet[..2], &flags, &[0, 1, 0, u8::from(found), 0, 0, 0, 0], question].concat();
    if found {
        // A pointer to the name in the question, class IN, and a TTL of one second.
        answer.extend([0xc0, 12]);
        answer.extend(kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 1]);
        answer.extend((data.len() as u16).to_be_bytes());
        answer.extend(data);
    }
    Some(answer)
}

const ADDRESS: u16 = 1;
const SERVICE: u16 = 33;
