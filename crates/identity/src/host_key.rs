//! The key of the host API.

use super::{Credential, refusal::Refusal};
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
        let detail = match credential.into().token() {
            Ok(shown) if self.matches(shown.as_bytes()) => return Ok(()),
            Ok(shown) if shown.split('.').count() == 3 => {
                "This is a user token, and the host API is for your server alone: call it with the host key."
            }
            Ok(_) => "The key is not the host key (JOBLINE_HOST_KEY) of this server.",
            Err(Refusal::Missing | Refusal::NotBearer) => {
                "There is no key. Send the header Authorization: Bearer <host key>."
            }
            Err(refusal) => return Err(refusal.into()),
        };
        Err(Error::new(Code::Unauthenticated, detail))
    }

    /// Whether the host key is used where it gives no access. Costs as much as the key's check.
    pub fn is_shown<'a>(&self, credential: impl Into<Credential<'a>>) -> bool {
        credential.into().token().is_ok_and(|shown| self.matches(shown.as_bytes()))
    }
}
