//! The random bits of a deployment, from which the keys of cursors and file URLs are derived.
//!
//! They are a row like any other, so every server of a deployment has the same, and an export takes them along: cursors
//! and tokens of clients go on working on another engine.

use crate::{
    base::clock::Random,
    base::error::{Error, Result},
    base::rows::{self, LAYOUT},
    keys,
};
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
    /// The secrets that `store` holds; a store that has none gets new ones. Servers that start at once agree on one.
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
            // Whatever the outcome is, the row is there now, by this server or by another: it is read, not assumed.
            match store.commit(&commit).await {
                Err(error @ (jobline_store::Error::TooLarge(_) | jobline_store::Error::Corrupt(_))) => {
                    return Err(error.into());
                }
                Err(error) => cause = format!(": {error}"),
                Ok(_) => {}
            }
        }
        Err(Error::unavailable(format!("the first row, that of the secrets, cannot be written{cause}")))
    }

    fn read(row: &SecretsRow) -> Result<Self> {
        let damaged = || Error::unavailable("the secrets row is damaged");
        let root = blake3::Hash::from_hex(&row.root).map_err(|_| damaged())?;
        Ok(Self { root: *root.as_bytes() })
    }

    /// A key for one purpose; different purposes have unrelated keys.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(&format!("jobline 2026 {purpose}"), &self.root)
    }
}
