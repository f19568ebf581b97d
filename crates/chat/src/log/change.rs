//! The change row: what a change other than a new message touched.

use crate::{
    base::rows::LAYOUT,
    conversation::row::ConversationRow,
    conversation::watermarks::{Mark, Marks},
};
use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChangeKind {
    /// A device of `by` received up to `to`.
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
    /// The side that did it; 0 where the host did.
    pub by: usize,
    /// The messages it touched came after this one …
    pub from: Mark,
    /// … and up to this one.
    pub to: Mark,
    /// When, later than every change before it.
    pub at: u64,
    /// How far everyone had come before: from it a reader knows every status at this point of the log.
    pub before: Marks,
}

impl ChangeRow {
    /// The change of `kind` that `row` takes next.
    pub fn next(row: &ConversationRow, kind: ChangeKind, by: usize, to: Mark, now: u64) -> Self {
        let from = match kind {
            ChangeKind::Delivered => row.sides[by].delivered,
            ChangeKind::Read => row.sides[by].read,
            ChangeKind::Job => to,
        };
        let number = row.log.change + 1;
        Self { v: LAYOUT, number, kind, by, from, to, at: row.next_at(now), before: row.marks() }
    }

    /// Whether it alters a message in the eyes of `viewer`: see [`Marks::status`].
    pub fn shows(&self, viewer: usize) -> bool {
        match self.kind {
            ChangeKind::Delivered => self.by != viewer,
            ChangeKind::Read => true,
            ChangeKind::Job => false,
        }
    }

    /// Whether it only says that `viewer` has received something, which to them looks as before.
    pub fn is_own(&self, viewer: usize) -> bool {
        self.kind == ChangeKind::Delivered && self.by == viewer
    }

    /// Whether it touched the message `number` that the side `sender` wrote.
    pub fn touches(&self, number: u64, sender: usize) -> bool {
        sender != self.by && self.from.number < number && number <= self.to.number
    }
}
