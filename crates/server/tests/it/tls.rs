//! HTTPS by the server itself.

use crate::support::{Client, Running, TestApp};
use jobline_server::config::TlsFiles;
use jobline_server::tls::{Reload, Tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Writes a new certificate and returns it.
fn renew(files: &TlsFiles) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&files.cert, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

fn files(folder: &Path) -> TlsFiles {
    TlsFiles { cert: folder.join("cert.pem"), key: folder.join("key.pem") }
}

/// A connection of a client that trusts only this certificate.
async fn connect(
    running: &Running,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<Client<TlsStream<TcpStream>>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(running.address).await?;
    Ok(Client(TlsConnector::from(Arc::new(config)).connect(name, stream).await?))
}

#[tokio::test]
async fn a_renewed_certificate_is_used() {
    let folder = TempDir::new().unwrap();
    let files = files(folder.path());
    let old = renew(&files);
    let tls = Arc::new(Tls::load(files.clone()).unwrap());
    let running = Running::with(TestApp::new().await, Some(tls.clone()), 10).await;
    let mut before = connect(&running, &old).await.unwrap();
    assert!(before.get("/healthz").await.starts_with("HTTP/1.1 200"));

    let new = renew(&files);
    assert_eq!(tls.look(), Reload::Done);
    assert_eq!(tls.look(), Reload::Same);
    assert!(connect(&running, &old).await.is_err(), "the old one is gone");
    assert!(connect(&running, &new).await.unwrap().get("/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(before.get("/healthz").await.starts_with("HTTP/1.1 200"), "open connections go on");
}

#[tokio::test]
async fn the_server_notices_a_renewed_certificate() {
    let folder = TempDir::new().unwrap();
    let files = files(folder.path());
    renew(&files);
    let tls = Arc::new(Tls::load(files.clone()).unwrap());
    let running = Running::with(TestApp::new().await, Some(tls.clone()), 10).await;
    let (first, new) = (tls.current(), renew(&files));
    crate::support::eventually("the new certificate", || {
        running.app.clock.advance(std::time::Duration::from_secs(10));
        !Arc::ptr_eq(&first, &tls.current())
    })
    .await;
    assert!(connect(&running, &new).await.is_ok());
}

#[tokio::test]
async fn a_bad_renewal_keeps_the_old_certificate() {
    let folder = TempDir::new().unwrap();
    let files = files(folder.path());
    let old = renew(&files);
    let tls = Arc::new(Tls::load(files.clone()).unwrap());
    let running = Running::with(TestApp::new().await, Some(tls.clone()), 10).await;

    let other = TempDir::new().unwrap();
    let others = TlsFiles { key: other.path().join("k"), cert: other.path().join("c") };
    renew(&others);
    std::fs::copy(&others.cert, &files.cert).unwrap();
    let Reload::Kept(reason) = tls.look() else { panic!("a certificate with another's key is no certificate") };
    assert!(reason.contains("--tls-cert"), "{reason}");
    assert_eq!(tls.look(), Reload::Same, "said once");
    assert!(connect(&running, &old).await.unwrap().get("/healthz").await.starts_with("HTTP/1.1 200"));

    std::fs::copy(&others.key, &files.key).unwrap();
    assert_eq!(tls.look(), Reload::Done, "both halves have arrived");
}

#[test]
fn an_unusable_certificate_or_key_is_named() {
    let folder = TempDir::new().unwrap();
    let files = files(folder.path());
    let refused = || Tls::load(files.clone()).err().unwrap().to_string();
    assert!(refused().starts_with("--tls-cert (JOBLINE_TLS_CERT)"), "{}", refused());
    renew(&files);
    std::fs::write(&files.key, "no key").unwrap();
    assert!(refused().starts_with("--tls-key (JOBLINE_TLS_KEY)"), "{}", refused());
    std::fs::write(&files.cert, "no certificate").unwrap();
    assert!(refused().starts_with("--tls-cert (JOBLINE_TLS_CERT)"), "{}", refused());
}
