//! The domain of Jobline: who may write to whom, and what everybody reads.
//!
//! A conversation is a log. Every change takes the next number of the log in the commit that writes it, so numbers have
//! no gaps; a reader accepts only what follows its cursor without a gap. Start with `keys.rs` (the data model), then
//! `messages/send.rs` (the most important write) and `log/read.rs` (the most important read).
//!
//! An operation is a function that takes the context of ports (`context.rs`) and its input; [`Chat`] calls them. The
//! domain knows neither HTTP nor AWS nor the wall clock: rows go through the store port, bytes through the [`Files`] port,
//! time and randomness through [`Clock`] and [`Random`].

mod base;
mod chat;
mod context;
mod conversation;
mod files;
mod host;
mod inbox;
mod log;
mod messages;
mod outbox;
mod presence;
mod tasks;
mod user;

use jobline_rows::keys;

pub use base::{
    announcer::Announce,
    clock::{Clock, Random},
    clock_row::ClockLook,
    error::{Error, Result},
    id::{ConversationId, JobId, MessageId, UserId},
    push_key::push_key,
    retention_row::retention_warning,
    secrets::Secrets,
    settings::Settings,
    time::{iso, parse_iso},
};
pub use chat::{Chat, background::GivenUp};
pub use files::{
    accept::file_of,
    folder::claim_folder,
    port::{Arrived, DownloadGrant, Files, Keep, Kept, UploadGrant, is_file_id},
};
pub use jobline_wire::limits::{FILE_BYTES, JOB_ID_MAX, PARTICIPANTS, USER_ID_BYTES};
pub use messages::calls::devices::CallDevices;
pub use outbox::port::{
    Delivery, EventReceiver, HostEvent, Mail, Push, PushNotice, PushSubscription, Pushed, UnreadNotice,
};
pub use outbox::unread_line::UnreadLine;
pub use presence::connections::Connection;
