//! The embedded engine of Jobline's storage port: a store in one folder, for one process.
//!
//! ```text
//! get, range ──> row cache, range cache ──> fjall (block cache, tables)
//! commit ──> queue ──> writer: decide, one batch, one fdatasync ──> caches, answers
//! ```
//!
//! - **Durable.** `Committed` is answered after `fdatasync`. Commits that arrive while the disk is at work share the next sync.
//! - **Whole.** A group of commits is one batch with one checksum: after a power cut it is there or it is not.
//! - **Never silently less.** A small state file knows how many groups there are; a store with fewer is refused as damaged.
//! - **Back by itself.** When the disk is full or fails, commits are refused, reads go on, and writing resumes with the room.
//!
//! Why fjall, what was measured and what was read in its source: `docs/decisions/0002-embedded-engine.md`.

mod backoff;
mod cache;
mod codec;
mod database;
mod error;
mod folder;
mod group;
mod jobs;
mod journal;
mod ledger;
mod options;
mod ranges;
mod shared;
mod space;
mod spare;
mod state;
mod store;
mod supervisor;
mod tables;
mod tokens;
mod writer;

pub use error::OpenError;
pub use options::Options;
pub use store::EmbeddedStore;
