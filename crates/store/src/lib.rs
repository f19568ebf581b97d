//! The storage port of Jobline: rows in ordered partitions and one way to write them.
//!
//! The domain (`jobline-chat`) is written once above this port, and every engine implements it. The port knows bytes and
//! order, and nothing of messages or users.
//!
//! # What an engine promises
//!
//! 1. A [`Key`] is *(partition, sort)*; rows of one partition are ordered by the bytes of their sort key.
//! 2. A [`Commit`] carries at most one [`Operation`] for each key, each with a [`Condition`]; it happens as a whole or
//!    not at all. When `commit` answers [`Outcome::Committed`] the rows are as durable as the engine can make them, and
//!    every later [`Consistency::Strong`] read sees them.
//! 3. A commit carries a [`Token`]: repeated with the same token after an unknown outcome, it takes effect once.
//! 4. Outcomes are data: a failed condition is [`Outcome::Conflict`], not an error.
//!
//! # What an engine does not promise
//!
//! - A range is not a snapshot. A page may be short, or empty, without being the last: only `next == None` says so.
//! - A [`Consistency::Eventual`] read may show an older state, of each row independently. A later read of the same row
//!   may show an even older one.
//! - A row whose `expires` has passed may still be there: expiry is a hint to the engine, and readers compare the time
//!   themselves.
//! - There are no callbacks, no reads inside a commit, no indexes maintained by the engine and no watch: an index is a
//!   row in the same commit, and readers catch up by cursor.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod commit;
mod error;
mod key;
pub mod limits;
mod range;
mod row;
mod scan;
#[cfg(feature = "testing")]
pub mod testing;

pub use bytes::Bytes;
pub use commit::{Action, Commit, CommitBuilder, Condition, Operation, Outcome, Token};
pub use error::Error;
pub use key::Key;
pub use range::{Direction, Page, Range};
pub use row::{Row, Version};
pub use scan::{Scan, ScanPage};
#[cfg(feature = "testing")]
pub use testing::MemoryStore;

use async_trait::async_trait;

/// How fresh a read must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// May be behind what was committed. Half the price on DynamoDB; what an idle poll uses.
    Eventual,
    /// Sees everything that was committed before the read began.
    Strong,
}

/// What an engine knows of a row without looking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cached {
    /// The row; `None`: there is none.
    Row(Option<Row>),
    /// Nothing: [`Store::get`] has to be asked.
    Unknown,
}

/// An ordered store of rows with conditional commits. See the crate documentation for what it promises.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The row at `key`, if there is one.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Corrupt`].
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error>;

    /// The row at `key` as far as the engine has it in memory, as fresh as a [`Consistency::Strong`] read. With it, a
    /// poll that finds no change does not create the futures of [`Store::get`]. By default an engine has nothing in
    /// memory.
    fn cached(&self, key: &Key) -> Cached {
        let _ = key;
        Cached::Unknown
    }

    /// The rows at `keys`, in the order of `keys`: one round trip, not a snapshot. At most
    /// [`limits::KEYS_PER_READ`] keys, none of them twice.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Corrupt`], and [`Error::TooLarge`] for too many keys or a repeated key.
    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error>;

    /// One page of the rows of one partition between two sort keys.
    ///
    /// # Errors
    /// [`Error::Unavailable`] and [`Error::Corrupt`].
    async fn range(&self, range: &Range) -> Result<Page, Error>;

    /// Carries out all operations of `commit`, or none.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: nothing happened, and it may be tried again. [`Error::Unknown`]: it may have happened;
    /// try again **with the same token**.
    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error>;
}
