//! The domain of Jobline: what users may say to each other, and how everyone comes to agree on it.
//!
//! A conversation is a log. Every change takes the next number in it in the same commit that writes it, so numbers have
//! no gaps; a reader accepts only what follows its cursor without a gap. Start with `keys.rs` (the data model), then
//! `send.rs` (the one write that matters) and `log.rs` (the one read that matters).
//!
//! It knows neither HTTP nor AWS nor the wall clock: rows go through the store port, bytes through the [`Files`] port,
//! time and chance through [`Clock`] and [`Random`].

mod accept;
mod allowance;
mod change;
mod chat;
mod clock;
mod conversation;
mod conversations;
mod cursor;
mod error;
mod files;
mod folder;
mod head;
mod history;
mod id;
mod job;
mod keys;
mod list;
mod loaded;
mod log;
mod marks;
mod media;
mod memo;
mod message;
mod people;
mod rate;
mod receipts;
mod rows;
mod secrets;
mod send;
mod sweep;
mod sync;
mod text;
mod time;
mod turns;
mod upload;

pub use accept::file_of;
pub use chat::{Chat, Settings};
pub use clock::{Clock, Random};
pub use error::{Error, Result};
pub use files::{Arrived, DownloadGrant, Files, Keep, Kept, UploadGrant, is_file_id};
pub use folder::claim_folder;
pub use id::{ConversationId, JOB_ID_MAX, JobId, MessageId, USER_ID_BYTES, UserId};
pub use job::PARTICIPANTS;
pub use media::FILE_BYTES;
pub use secrets::Secrets;
pub use text::{CLIENT_ID_BYTES, CONTENT_CHARS, LIMIT};
pub use time::{iso, parse_iso};
