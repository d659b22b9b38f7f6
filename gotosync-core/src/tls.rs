//! The TLS settings of connections: trusted certificate authorities and client certificates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::{Error, ErrorKind, Result};

/// The certificate authorities (CAs) that may issue a server's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Roots {
    /// The system trust store.
    #[default]
    Platform,
    /// Only the CA certificates in this PEM file.
    Bundle(PathBuf),
}

/// A certificate that the client authenticates with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// A PEM file with the certificate and any intermediate certificates.
    pub certificate: PathBuf,
    /// A PEM file with the private key.
    pub key: PathBuf,
}

/// Builds a TLS client configuration that trusts these roots.
///
/// # Errors
/// [`ErrorKind::NotFound`] if a file does not exist; [`ErrorKind::Input`] if it contains no certificate or key.
pub(crate) fn configure(roots: &Roots, client: Option<&ClientCertificate>) -> Result<ClientConfig> {
    let provider = Arc::new(default_provider());
    configure_with(verifier(roots, &provider)?, provider, client)
}

/// Builds the same configuration with a custom certificate verifier.
pub(crate) fn configure_with(
    verifier: Arc<dyn ServerCertVerifier>,
    provider: Arc<CryptoProvider>,
    client: Option<&ClientCertificate>,
) -> Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    match client {
        None => Ok(builder.with_no_client_auth()),
        Some(client) => {
            let key = key(client)?;
            let chain = certificates(&client.certificate)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| unusable(&error).with("certificate", client.certificate.display()))
        }
    }
}

fn verifier(roots: &Roots, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>> {
    let path = match roots {
        Roots::Platform => {
            return Ok(Arc::new(Verifier::new(Arc::clone(provider)).map_err(|error| unusable(&error))?));
        }
        Roots::Bundle(path) => path,
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| unusable(&error).with("file", path.display()))?;
    }
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    Ok(builder.build().map_err(|error| unusable(&error).with("file", path.display()))?)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = || CertificateDer::pem_file_iter(path)?.collect::<Result<Vec<_>, _>>();
    let found = read().map_err(|error| pem(&error, path))?;
    if found.is_empty() {
        return Err(Error::new(ErrorKind::Input, "the file contains no certificate")
            .with("file", path.display())
            .hint("the file must contain `-----BEGIN CERTIFICATE-----`; convert DER with `openssl x509 -inform der`"));
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
        Pem::NoItemsFound => Error::new(ErrorKind::Input, "the file contains no PEM certificate or key"),
        other => Error::new(ErrorKind::Input, format!("the file is not valid PEM: {other:?}")),
    };
    error.during("read a certificate or key").with("file", path.display())
}

fn unusable(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Input, format!("the certificates cannot be used: {error}")).during("prepare TLS")
}

/// A verifier that accepts every server certificate. It checks only the handshake signatures.
#[cfg(feature = "http")]
#[derive(Debug)]
pub(crate) struct AnyServer(rustls::crypto::WebPkiSupportedAlgorithms);

#[cfg(feature = "http")]
impl AnyServer {
    pub(crate) fn new(provider: &CryptoProvider) -> Self {
        Self(provider.signature_verification_algorithms)
    }
}

#[cfg(feature = "http")]
impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.supported_schemes()
    }
}
