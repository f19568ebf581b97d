//! The keys of deliveries to the outside.

use super::{conversation_partition, due_at};
use crate::channel::Channel;
use jobline_base::id::ConversationId;
use jobline_store::{Consistency, Key, Range};

/// Marks that a channel has not delivered everything of a conversation.
pub fn outbox(channel: Channel, conversation: &ConversationId) -> Key {
    Key::new(outbox_partition(channel), conversation.as_str())
}

/// All keys of [`outbox`] and [`redelivery`].
pub fn outbox_rows(channel: Channel) -> Range {
    Range { consistency: Consistency::Strong, ..Range::prefix(outbox_partition(channel), "", 100) }
}

/// How far a channel has delivered a conversation.
pub fn delivery_progress(channel: Channel, conversation: &ConversationId) -> Key {
    Key::new(conversation_partition(conversation), outbox_partition(channel))
}

/// A report that was not delivered to the host yet.
pub fn reported(conversation: &ConversationId, change: u64, report: &str) -> Key {
    Key::new(conversation_partition(conversation), format!("REPORTED#{change:016}#{report}"))
}

/// The first keys of [`reported`], in the order of the log.
pub fn all_reported(conversation: &ConversationId, limit: usize) -> Range {
    Range::prefix(conversation_partition(conversation), "REPORTED#", limit)
}

/// Marks that messages of a conversation may still be unread at an instant.
pub fn unread(channel: Channel, due: u64, conversation: &ConversationId) -> Key {
    Key::new(unread_partition(channel), format!("{due:016}#{}", conversation.as_str()))
}

/// The keys of [`unread`] that are due at `now`, the oldest first.
pub fn due_unread(channel: Channel, now: u64) -> Range {
    due_at(unread_partition(channel), now, 100)
}

fn outbox_partition(channel: Channel) -> &'static str {
    match channel {
        Channel::Webhook => "OUTBOX",
        Channel::Mail => "MAIL",
        Channel::Push => "PUSH",
    }
}

fn unread_partition(channel: Channel) -> &'static str {
    match channel {
        Channel::Webhook => "UNREAD",
        Channel::Mail => "UNREADMAIL",
        Channel::Push => "UNREADPUSH",
    }
}

/// The conversation that a key of [`outbox`] or [`unread`] names.
pub fn conversation_of_outbox(key: &Key) -> Option<ConversationId> {
    ConversationId::new(key.sort.split_once('#').map_or(key.sort.as_str(), |(_, id)| id))
}

/// An event that could not be delivered.
pub fn failed(id: &str) -> Key {
    Key::new("FAILED", id)
}

/// The events that could not be delivered, after the one with the id `after`.
pub fn failed_after(after: Option<&str>, limit: usize) -> Range {
    let range = Range::prefix("FAILED", "failed_", limit);
    after.map_or_else(|| range.clone(), |id| range.after(id))
}

/// Marks that a failed event is to be delivered again.
pub fn redelivery(id: &str) -> Key {
    Key::new(outbox_partition(Channel::Webhook), id)
}
