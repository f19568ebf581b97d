use crate::{Error, Key, Row};
use async_trait::async_trait;

/// Reads everything, for `jobline export`. Not part of [`crate::Store`], so that code for users cannot call it.
#[async_trait]
pub trait Scan: Send + Sync + 'static {
    /// At most `limit` rows after `after` in the engine's own order; `None` starts at the beginning. Rows that are
    /// written during the scan may or may not be included.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Corrupt`].
    async fn scan(&self, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error>;

    /// About how many rows there are, for a progress bar.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn estimate(&self) -> Result<u64, Error>;
}

/// One page of a scan.
#[derive(Debug, Clone)]
pub struct ScanPage {
    /// The rows.
    pub rows: Vec<(Key, Row)>,
    /// Where the next page begins; `None` when everything was read.
    pub next: Option<Key>,
}
