//! Deliveries to hosts and users: events for the host's webhook, and mail and push notifications for users about what they
//! have not read.
//!
//! A commit that changes a conversation also writes the conversation's outbox row, where a channel is configured; so neither
//! is without the other. A driver follows the log of each conversation that has such a row, from the position up to which it
//! has delivered, and deletes the row when it has reached the end. An event's id is
//! made from the conversation and the number of the change, so it is the same however often the event is delivered.

pub(crate) mod driver;
pub(crate) mod event;
pub(crate) mod failed;
mod lease;
pub(crate) mod notice;
pub(crate) mod port;
mod pushing;
pub(crate) mod reported;
pub(crate) mod row;
pub(crate) mod signal;
mod silence;
pub(crate) mod take_over;
mod unread;
pub(crate) mod unread_line;

pub(crate) use jobline_rows::channel;
