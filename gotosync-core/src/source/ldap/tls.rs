//! Transport security: whom to trust, whom to be, and what binds a sign-in to the connection.

use std::path::Path;
use std::sync::Arc;

use ring::digest;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::ber::{Ber, SEQUENCE};
use super::options::{ClientCertificate, Roots, Tls};
use crate::{Error, ErrorKind, Result};

/// The configuration of every connection of a source.
///
/// # Errors
/// [`ErrorKind::NotFound`] and [`ErrorKind::Input`] for files that are not there or hold no certificate or key.
pub(super) fn configure(tls: &Tls) -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match &tls.roots {
        Roots::Platform => Arc::new(Verifier::new(Arc::clone(&provider)).map_err(|error| unusable(&error))?),
        Roots::Bundle(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| unusable(&error).with("file", path.display()))?;
            }
            let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            builder.build().map_err(|error| unusable(&error).with("file", path.display()))?
        }
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match &tls.client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let key = key(client)?;
            let chain = certificates(&client.certificate)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| unusable(&error).with("certificate", client.certificate.display()))?
        }
    };
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = || CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>();
    let found = read().map_err(|error| pem(&error, path))?;
    if found.is_empty() {
        return Err(Error::new(ErrorKind::Input, "there is no certificate in the file")
            .with("file", path.display())
            .hint("it must hold `-----BEGIN CERTIFICATE-----`: convert DER with `openssl x509 -inform der`"));
    }
    Ok(found)
}

fn key(client: &ClientCertificate) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_file(&client.key).map_err(|error| pem(&error, &client.key))
}

fn pem(error: &rustls::pki_types::pem::Error, path: &Path) -> Error {
    use rustls::pki_types::pem::Error as Pem;
    let error = match error {
        Pem::Io(error) => Error::from(std::io::Error::new(error.kind(), error.to_string())),
        Pem::NoItemsFound => Error::new(ErrorKind::Input, "the file holds neither a certificate nor a key in PEM"),
        other => Error::new(ErrorKind::Input, format!("the file is no PEM: {other:?}")),
    };
    error.during("read a certificate or key").with("file", path.display())
}

fn unusable(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Input, format!("the certificates cannot be used: {error}")).during("prepare TLS")
}

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
