//! The random bits of a deployment, from which the keys of cursors and file URLs are derived.
//!
//! They are stored in a row like any other, so all servers of a deployment share them, and an export includes them:
//! cursors and file URLs stay valid on another engine.

use super::{
    clock::Random,
    error::{Error, Result},
    rows::{self, LAYOUT},
};
use crate::keys;
use jobline_store::{Commit, Condition, Consistency, Store, Token};
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
        let mut cause = String::new();
        for _ in 0..8 {
            if let Some(row) = store.get(&keys::secrets(), Consistency::Strong).await? {
                return Self::read(&rows::decode(&row)?);
            }
            let root = format!("{:032x}{:032x}", random.bits(), random.bits());
            let row = rows::encode(&SecretsRow { v: LAYOUT, root });
            let commit =
                Commit::builder(Token(random.bits())).put(keys::secrets(), Condition::Absent, row, None).build()?;
            // Whatever the outcome, this server or another may have written the row: the next round reads it.
            match store.commit(&commit).await {
                Err(error @ (jobline_store::Error::TooLarge(_) | jobline_store::Error::Corrupt(_))) => {
                    return Err(error.into());
                }
                Err(error) => cause = format!(": {error}"),
                Ok(_) => {}
            }
        }
        Err(Error::unavailable(format!("the row of the secrets cannot be written{cause}")))
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
