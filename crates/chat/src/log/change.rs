//! The change row: a change of a conversation other than a new message.

use crate::{
    base::{author::Author, rows::LAYOUT},
    conversation::{
        row::ConversationRow,
        watermarks::{Watermark, Watermarks, receiver},
    },
    messages::row::MessageRow,
};
use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChangeKind {
    /// A device of `by` received the messages up to `to`.
    Delivered,
    /// `by` read up to `to`.
    Read,
    /// The host changed the job that the conversation is about; touches no message.
    Job,
    /// The name or the picture of `by` changed; touches no message.
    Person,
    /// The author changed the text of the message `to`.
    Edited,
    /// The author or the host deleted the message `to`.
    Deleted,
    /// `by` set or took back a reaction to the message `to`.
    Reacted,
    /// The call of the message `to` was accepted, or is over.
    Called,
    /// A kind of a later version: it has its number, and touches the message `to` if that says so itself.
    #[default]
    #[serde(other)]
    Unknown,
}

/// `CONVERSATION#<id>` / `CHANGE#<number>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeRow {
    pub v: u8,
    pub number: u64,
    #[serde(default)]
    pub kind: ChangeKind,
    /// Who made the change; member 0 where the host changed a job, the person where it changed a person.
    #[serde(default)]
    pub by: Author,
    /// The messages that it touched come after this one …
    #[serde(default)]
    pub from: Watermark,
    /// … and up to this one.
    #[serde(default)]
    pub to: Watermark,
    /// The id of the message `to`, where it touched that one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it happened, later than every change before it.
    pub at: u64,
    /// The watermarks before it: from them a reader derives every status at this point of the log. None in a crew, where
    /// statuses are not part of the log; rows of a later version may lack them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Watermarks>,
}

/// Which messages a change touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touches {
    /// None.
    Nothing,
    /// Those of others between `from` and `to`: their status changed.
    Status,
    /// The one message `to`, if its row says that this was the last change that touched it.
    One,
}

impl ChangeRow {
    /// The receipt of `kind` that comes next in the log of `row`: `by` has reached `to`.
    pub fn receipt(row: &ConversationRow, kind: ChangeKind, by: usize, to: Watermark, now: u64) -> Self {
        let from = match kind {
            ChangeKind::Read => row.members[by].read,
            _ => row.members[by].delivered,
        };
        Self { from, to, ..Self::next(row, kind, Author::Member(by), now) }
    }

    /// The change of a job that comes next in the log of `row`.
    pub fn job(row: &ConversationRow, now: u64) -> Self {
        Self::next(row, ChangeKind::Job, Author::Member(0), now)
    }

    /// The change of the name or picture of `member` that comes next in the log of `row`.
    pub fn person(row: &ConversationRow, member: usize, now: u64) -> Self {
        Self::next(row, ChangeKind::Person, Author::Member(member), now)
    }

    /// The change of `kind` to one message that comes next in the log of `row`.
    pub fn of_message(row: &ConversationRow, kind: ChangeKind, by: Author, message: &MessageRow, now: u64) -> Self {
        let from = Watermark { number: message.number - 1, at: message.at - 1 };
        let to = Watermark { number: message.number, at: message.at };
        Self { from, to, message: Some(message.id.clone()), ..Self::next(row, kind, by, now) }
    }

    fn next(row: &ConversationRow, kind: ChangeKind, by: Author, now: u64) -> Self {
        Self {
            v: LAYOUT,
            number: row.log.change + 1,
            kind,
            by,
            from: Watermark::default(),
            to: Watermark::default(),
            message: None,
            at: row.next_at(now),
            before: row.crew.is_none().then(|| row.watermarks()),
        }
    }

    /// The member whose name or picture it changed.
    pub fn renamed(&self) -> Option<usize> {
        match self.by {
            Author::Member(member) if self.kind == ChangeKind::Person => Some(member),
            _ => None,
        }
    }

    /// Which messages it touched as `viewer` sees them: see [`Watermarks::status`].
    pub fn touches(&self, viewer: usize) -> Touches {
        match self.kind {
            ChangeKind::Delivered if self.by.is(viewer) => Touches::Nothing,
            ChangeKind::Delivered | ChangeKind::Read => Touches::Status,
            ChangeKind::Job | ChangeKind::Person => Touches::Nothing,
            ChangeKind::Edited | ChangeKind::Deleted | ChangeKind::Reacted | ChangeKind::Called => Touches::One,
            ChangeKind::Unknown if self.to.number == self.from.number + 1 => Touches::One,
            ChangeKind::Unknown => Touches::Nothing,
        }
    }

    /// Whether it only records that `viewer` has received messages, which alters nothing that they see.
    pub fn is_own_delivery(&self, viewer: usize) -> bool {
        self.kind == ChangeKind::Delivered && self.by.is(viewer)
    }

    /// Whether this receipt changed the status of the message `number` of `author` as `viewer` sees it.
    pub fn changes_status(&self, number: u64, author: Author, viewer: usize) -> bool {
        self.by.is(receiver(author, viewer)) && self.from.number < number && number <= self.to.number
    }
}
