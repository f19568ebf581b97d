//! The embedded engine of Jobline's storage port: a store in one folder, used by one process.
//!
//! ```text
//! get, range ──> row cache, range cache ──> fjall (block cache, tables)
//! commit ──> queue ──> decider ──> writer: one batch, one fdatasync ──> replies, caches
//!                                    └──> supervisor: opens a failed database again
//! ```
//!
//! - **Durable.** `Committed` is answered after `fdatasync`. Commits that arrive during a sync are decided meanwhile, and share
//!   the next one.
//! - **Atomic.** A group of commits is one batch with one checksum: after a power cut all of it is stored, or nothing.
//! - **No silent loss.** A small state file holds the number of the last group; a store with fewer groups is refused as damaged.
//! - **Recovers by itself.** When the disk is full or fails, commits are refused and reads continue; a database that has to be
//!   opened again is back within a second after the cause has gone, without any request.
//!
//! Why fjall, with measurements and findings in its source: `docs/decisions/0002-embedded-engine.md`.

mod ahead;
mod backoff;
mod cache;
mod codec;
mod database;
mod decider;
mod error;
mod folder;
mod group;
mod jobs;
mod journal;
mod ledger;
mod options;
mod ranges;
mod read;
mod shared;
mod space;
mod spare;
mod state;
mod store;
mod supervisor;
mod sweep;
mod tables;
mod tokens;
mod writer;

pub use error::OpenError;
pub use options::Options;
pub use store::EmbeddedStore;
