//! What binds a sign-in to the connection.

use ring::digest;

use super::ber::{Ber, SEQUENCE};

/// The channel binding of a server's certificate, type `tls-server-end-point` (RFC 5929, section 4): its hash by the
/// algorithm it is signed with, or SHA-256 where that is weaker. `None` for a signature without a hash of its own.
pub(super) fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Ber::new(certificate);
    let mut parts = Ber::new(whole.expect(SEQUENCE, "").ok()?);
    parts.next().ok()?;
    let mut algorithm = Ber::new(parts.expect(SEQUENCE, "").ok()?);
    let oid = algorithm.expect(OID, "").ok()?;
    let hash = SIGNATURES.iter().find(|(own, _)| *own == oid)?.1;
    Some([b"tls-server-end-point:", digest::digest(hash, certificate).as_ref()].concat())
}

const OID: u8 = 0x06;

/// Object identifiers of signatures, in DER, and the hash of each (RFC 8017, RFC 5758).
const SIGNATURES: &[(&[u8], &digest::Algorithm)] = &[
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", &digest::SHA256),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", &digest::SHA256),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", &digest::SHA256),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", &digest::SHA384),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", &digest::SHA512),
    (b"\x2a\x86\x48\xce\x3d\x04\x01", &digest::SHA256),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x02", &digest::SHA256),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x03", &digest::SHA384),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x04", &digest::SHA512),
];
