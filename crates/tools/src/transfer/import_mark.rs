//! The row that marks a store with an unfinished import.

use super::error::Error;
use jobline_store::{Consistency, Key, Store};
use serde::{Deserialize, Serialize};

/// The progress of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ImportMark {
    v: u32,
    /// The checksum of the export.
    pub sha256: String,
    /// Everything before this byte of the export is in the store.
    pub offset: u64,
}

impl ImportMark {
    pub(super) fn new(sha256: &str, offset: u64) -> Self {
        Self { v: 1, sha256: sha256.to_owned(), offset }
    }

    pub(super) fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// The key of the mark. No row of the domain has this partition.
    pub(super) fn key() -> Key {
        Key::new("TRANSFER", "IMPORT")
    }

    pub(super) async fn read(store: &dyn Store) -> Result<Option<Self>, Error> {
        let Some(row) = store.get(&Self::key(), Consistency::Strong).await? else { return Ok(None) };
        serde_json::from_slice(&row.value)
            .map(Some)
            .map_err(|_| Error::refused("the store's import mark cannot be read: begin with an empty store"))
    }
}

/// Whether an import into `store` was begun and not finished. Such a store is incomplete: do not serve it.
///
/// # Errors
/// [`Error::Engine`] when the store cannot be read.
pub async fn unfinished_import(store: &dyn Store) -> Result<bool, Error> {
    Ok(ImportMark::read(store).await?.is_some())
}
