use crate::{Error, Key, Row};
use async_trait::async_trait;

/// Reading everything, for `jobline export`: apart from [`crate::Store`], because nothing that serves users may.
#[async_trait]
pub trait Scan: Send + Sync + 'static {
    /// Rows after the place `after` in the engine's own order, at most `limit`; `None` begins. Rows written meanwhile
    /// may or may not be among them.
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
    /// Where to go on; `None` says that everything was read.
    pub next: Option<Key>,
}
