//! The TLS channel binding for Kerberos.

use ring::digest;

use super::ber::{Ber, SEQUENCE};

/// Returns the channel binding `tls-server-end-point` for a server's certificate (RFC 5929, section 4): the hash of the
/// certificate with the hash function of its signature, or with SHA-256 if that is weaker. `None` for signatures without a
/// hash function.
pub(super) fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let mut outer = Ber::new(certificate);
    let mut parts = Ber::new(outer.expect(SEQUENCE, "").ok()?);
    parts.next().ok()?;
    let mut algorithm = Ber::new(parts.expect(SEQUENCE, "").ok()?);
    let oid = algorithm.expect(OID, "").ok()?;
    let hash = SIGNATURES.iter().find(|(own, _)| *own == oid)?.1;
    Some([b"tls-server-end-point:", digest::digest(hash, certificate).as_ref()].concat())
}

const OID: u8 = 0x06;

/// The object identifiers of signature algorithms in DER, with their hash functions (RFC 8017, RFC 5758).
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
