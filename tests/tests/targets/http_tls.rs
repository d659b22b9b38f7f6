//! TLS certificate verification of HTTP clients: with the system trust store, with a configured CA, and disabled.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use gotosync_core::ErrorKind;
use gotosync_core::http::{Client, HttpOptions, Patience, Reached, Request, Roots};
use gotosync_tests::servers::{Authority, Certificate};
use rustls::crypto::ring::default_provider;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Starts a server with a certificate that responds with `7`, and returns its address.
fn serve(authority: &Authority, how: Certificate) -> String {
    let pair = authority.server(how, &["localhost"], &[]).unwrap();
    let chain = CertificateDer::pem_file_iter(&pair.certificate).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&pair.key).unwrap())
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            // Clients that do not trust the certificate disconnect.
            if stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\n7");
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    address
}

async fn ask(address: &str, options: HttpOptions) -> Result<u32, gotosync_core::Error> {
    let client = Client::new(HttpOptions { patience: Patience::NONE, ..options })?;
    let answer = client.api(address, None)?.send(&Request::get("/x")).await;
    answer
        .map_err(|failure| {
            assert_eq!(failure.reached, Reached::Not, "{}", failure.error);
            failure.error
        })?
        .json()
}

#[tokio::test(flavor = "multi_thread")]
async fn trusts_a_server_if_its_ca_is_trusted() {
    let authority = Authority::new().unwrap();
    let told = || HttpOptions { roots: Roots::Bundle(authority.file()), ..HttpOptions::default() };
    assert_eq!(ask(&serve(&authority, Certificate::Valid), told()).await.unwrap(), 7);
    for how in [Certificate::Expired, Certificate::Foreign, Certificate::Misnamed] {
        let address = serve(&authority, how);
        let error = ask(&address, told()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{how:?}: {error}");
        assert!(error.to_string().contains("TLS certificate verification failed"), "{error}");
        assert!(error.help().unwrap().contains("PEM file"), "{error:?}");
        let danger = HttpOptions { danger_accept_any_certificate: true, ..HttpOptions::default() };
        assert_eq!(ask(&address, danger).await.unwrap(), 7, "{how:?}");
    }
    // The system trust store does not contain this CA.
    let stranger = ask(&serve(&authority, Certificate::Valid), HttpOptions::default()).await.unwrap_err();
    assert_eq!(stranger.kind(), ErrorKind::Denied, "{stranger}");
}

#[test]
fn rejects_an_invalid_ca_bundle_before_any_call() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let options = || HttpOptions { roots: Roots::Bundle(file.clone()), ..HttpOptions::default() };
    assert_eq!(Client::new(options()).unwrap_err().kind(), ErrorKind::NotFound);
    std::fs::write(&file, "nothing").unwrap();
    assert_eq!(Client::new(options()).unwrap_err().kind(), ErrorKind::Input);
}
