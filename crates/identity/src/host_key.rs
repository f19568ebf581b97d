//! The key of the host API.

use super::Credential;
use jobline_chat::{Error, Result};
use jobline_wire::{Code, limits::SECRET_BYTES};

/// The host's key. Only its hash is kept: it compares in constant time and hides the length.
pub struct HostKey(blake3::Hash);

impl HostKey {
    /// Takes the key from its setting.
    ///
    /// # Errors
    /// One line that names the setting.
    pub fn new(key: &str) -> std::result::Result<Self, String> {
        if key.len() < SECRET_BYTES {
            return Err(format!("--host-key (JOBLINE_HOST_KEY) must be at least {SECRET_BYTES} bytes long"));
        }
        Ok(Self(blake3::hash(key.as_bytes())))
    }

    /// Whether `presented` is the key.
    #[must_use]
    pub fn matches(&self, presented: &[u8]) -> bool {
        self.0 == blake3::hash(presented)
    }

    /// Whether the caller shows the key.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn authenticate<'a>(&self, credential: impl Into<Credential<'a>>) -> Result<()> {
        if self.matches(credential.into().token()?.as_bytes()) {
            return Ok(());
        }
        Err(Error::new(Code::Unauthenticated, "The key is not the host key (JOBLINE_HOST_KEY) of this server."))
    }
}
