//! The domain of Jobline: what users may say to each other, and how everyone comes to agree on it.
//!
//! A conversation is a log. Every change takes the next number in it in the same commit that writes it, so numbers have
//! no gaps; a reader accepts only what follows its cursor without a gap. Start with `keys.rs` (the data model), then
//! `messages/send.rs` (the most important write) and `log/read.rs` (the most important read).
//!
//! It knows neither HTTP nor AWS nor the wall clock: rows go through the store port, bytes through the [`Files`] port,
//! time and chance through [`Clock`] and [`Random`].

mod base;
mod chat;
mod conversation;
mod files;
mod host;
mod inbox;
mod keys;
mod log;
mod messages;

pub use base::{
    clock::{Clock, Random},
    error::{Error, Result},
    id::{ConversationId, JOB_ID_MAX, JobId, MessageId, USER_ID_BYTES, UserId},
    secrets::Secrets,
    text::{CLIENT_ID_BYTES, CONTENT_CHARS, LIMIT},
    time::{iso, parse_iso},
};
pub use chat::{Chat, Settings};
pub use files::{
    media::FILE_BYTES,
    port::{Arrived, DownloadGrant, Files, Kept, UploadGrant, is_file_id},
};
pub use host::jobs::PARTICIPANTS;
