//! Deliveries to the outside: events for the host's webhook, and mail and push notifications for users about what they
//! have not read.
//!
//! Every commit that changes a conversation writes the conversation's outbox row in the same commit, where somebody
//! outside is to be told; so neither is without the other. A driver follows the log of each conversation that has such a
//! row, from the place up to which everything was told, and deletes the row when it has reached the end. An event's id is
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
mod unread;
pub(crate) mod unread_line;

pub(crate) use jobline_rows::channel;
