//! HTTPS by the server itself: reads the certificate, and reads it again when it was renewed.

use crate::config::{ConfigError, TlsFiles};
use jobline_chat::Clock;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How often the files are checked.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A certificate that is read again when its files change.
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
    /// What was last tried, good or bad, so that a bad certificate is reported once.
    seen: Mutex<Pem>,
}

/// The text of both files. They are compared whole: timestamps are wrong where files are copied or linked.
#[derive(PartialEq, Eq)]
struct Pem {
    cert: Vec<u8>,
    key: Vec<u8>,
}

/// The result of checking the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reload {
    /// They are unchanged.
    Same,
    /// New connections get the new certificate.
    Done,
    /// The new one cannot be used, for this reason; the old one stays.
    Kept(String),
}

impl Tls {
    /// Reads the certificate.
    ///
    /// # Errors
    /// The setting whose file is at fault.
    pub fn load(files: TlsFiles) -> Result<Self, ConfigError> {
        let pem = read(&files)?;
        let config = config(&files, &pem)?;
        Ok(Self { files, current: RwLock::new(config), seen: Mutex::new(pem) })
    }

    /// What new connections use.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Checks the files again.
    pub fn look(&self) -> Reload {
        let pem = match read(&self.files) {
            Ok(pem) => pem,
            Err(error) => return Reload::Kept(error.to_string()),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == pem {
            return Reload::Same;
        }
        let loaded = config(&self.files, &pem);
        *seen = pem;
        match loaded {
            Ok(config) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
                Reload::Done
            }
            Err(error) => Reload::Kept(error.to_string()),
        }
    }

    /// Checks the files for as long as it is polled.
    pub async fn watch(&self, clock: &dyn Clock) {
        loop {
            clock.sleep(LOOK_EVERY).await;
            match self.look() {
                Reload::Same => {}
                Reload::Done => tracing::info!("certificate reloaded"),
                Reload::Kept(reason) => tracing::error!(reason, "new certificate not usable, the old one stays"),
            }
        }
    }
}

fn read(files: &TlsFiles) -> Result<Pem, ConfigError> {
    let read = |flag, path: &Path| {
        std::fs::read(path).map_err(|error| {
            ConfigError::new(flag, format_args!("names {}, which cannot be read: {error}", path.display()))
        })
    };
    Ok(Pem { cert: read("tls-cert", &files.cert)?, key: read("tls-key", &files.key)? })
}

fn config(files: &TlsFiles, pem: &Pem) -> Result<Arc<ServerConfig>, ConfigError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem.cert).collect::<Result<_, _>>().unwrap_or_default();
    if chain.is_empty() {
        let matter = format_args!("names {}, which holds no PEM certificate", files.cert.display());
        return Err(ConfigError::new("tls-cert", matter));
    }
    let key = PrivateKeyDer::from_pem_slice(&pem.key).map_err(|_| {
        ConfigError::new("tls-key", format_args!("names {}, which holds no PEM private key", files.key.display()))
    })?;
    let unusable = |error| ConfigError::new("tls-key", format_args!("does not go with --tls-cert: {error}"));
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
