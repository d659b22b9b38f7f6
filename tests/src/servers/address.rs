//! Unused loopback addresses.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use crate::Trouble;

/// Returns an address in 127.0.0.0/8 on which all of these ports are free.
///
/// The address is drawn at random from millions, so that two servers starting at the same time do not choose the same
/// one.
///
/// # Errors
///
/// If this process may not listen on one of the ports, or if nearly every address is taken.
pub(super) fn free(ports: &[u16]) -> Result<Ipv4Addr, Trouble> {
    for _ in 0..TRIES {
        let chance = RandomState::new().build_hasher().finish().to_be_bytes();
        let address = Ipv4Addr::new(127, 16 + chance[0] % 224, chance[1], 1 + chance[2] % 254);
        let taken = ports.iter().map(|port| TcpListener::bind((address, *port))).find_map(Result::err);
        match taken {
            None => return Ok(address),
            Some(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(format!("a server that must listen on the ports {ports:?} needs root: {error}").into());
            }
            Some(_) => {}
        }
    }
    Err(format!("none of {TRIES} loopback addresses has the ports {ports:?} free").into())
}

const TRIES: usize = 20;
