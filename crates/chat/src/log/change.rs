//! The change row: a change of a conversation other than a new message.

use crate::{
    base::rows::LAYOUT,
    conversation::{
        row::ConversationRow,
        watermarks::{Watermark, Watermarks},
    },
};
use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChangeKind {
    /// A device of `by` received the messages up to `to`.
    Delivered,
    /// `by` read up to `to`.
    Read,
    /// The host changed the job that the conversation is about; touches no message.
    Job,
}

/// `CONVERSATION#<id>` / `CHANGE#<number>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeRow {
    pub v: u8,
    pub number: u64,
    pub kind: ChangeKind,
    /// The member who made the change; 0 where the host did.
    pub by: usize,
    /// The messages that it touched come after this one …
    pub from: Watermark,
    /// … and up to this one.
    pub to: Watermark,
    /// When it happened, later than every change before it.
    pub at: u64,
    /// The watermarks before it: from them a reader derives every status at this point of the log.
    pub before: Watermarks,
}

impl ChangeRow {
    /// The change of `kind` that comes next in the log of `row`.
    pub fn next(row: &ConversationRow, kind: ChangeKind, by: usize, to: Watermark, now: u64) -> Self {
        let from = match kind {
            ChangeKind::Delivered => row.members[by].delivered,
            ChangeKind::Read => row.members[by].read,
            ChangeKind::Job => to,
        };
        let number = row.log.change + 1;
        Self { v: LAYOUT, number, kind, by, from, to, at: row.next_at(now), before: row.watermarks() }
    }

    /// Whether it alters a message as `viewer` sees it: see [`Watermarks::status`].
    pub fn is_visible_to(&self, viewer: usize) -> bool {
        match self.kind {
            ChangeKind::Delivered => self.by != viewer,
            ChangeKind::Read => true,
            ChangeKind::Job => false,
        }
    }

    /// Whether it only records that `viewer` has received messages, which alters nothing that they see.
    pub fn is_own_delivery(&self, viewer: usize) -> bool {
        self.kind == ChangeKind::Delivered && self.by == viewer
    }

    /// Whether it touched the message `number`, written by the member `sender`.
    pub fn touches(&self, number: u64, sender: usize) -> bool {
        sender != self.by && self.from.number < number && number <= self.to.number
    }
}
