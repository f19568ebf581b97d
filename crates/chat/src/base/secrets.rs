//! The random bits of a deployment, from which the keys of cursors and file URLs are derived.
//!
//! They are stored in a row like any other, so all servers of a deployment share them, and an export includes them:
//! cursors and file URLs stay valid on another engine.

use super::{
    clock::Random,
    error::{Error, Result},
    once,
    rows::LAYOUT,
};
use crate::keys;
use jobline_store::Store;
use serde::{Deserialize, Serialize};

/// The root secret of a deployment.
#[derive(Clone)]
pub struct Secrets {
    root: [u8; 32],
}

#[derive(Serialize, Deserialize)]
struct SecretsRow {
    v: u8,
    root: String,
}

impl Secrets {
    /// The secrets that `store` holds. A store without any gets new ones; servers that start at the same time agree.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn load(store: &dyn Store, random: &dyn Random) -> Result<Self> {
        let make = || Ok(SecretsRow { v: LAYOUT, root: format!("{:032x}{:032x}", random.bits(), random.bits()) });
        Self::read(&once::row(store, random, (keys::secrets(), "the secrets"), make).await?)
    }

    fn read(row: &SecretsRow) -> Result<Self> {
        let damaged = || Error::unavailable("the secrets row is damaged");
        let root = blake3::Hash::from_hex(&row.root).map_err(|_| damaged())?;
        Ok(Self { root: *root.as_bytes() })
    }

    /// The key for one purpose. Keys of different purposes are unrelated.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(&format!("jobline 2026 {purpose}"), &self.root)
    }
}
