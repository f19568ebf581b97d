//! The conversation row: where its log stands, and what follows from it.

use crate::{
    base::id::MessageId,
    base::rows::LAYOUT,
    conversation::watermarks::{Mark, Marks},
    log::change::ChangeRow,
};
use serde::{Deserialize, Serialize};

/// A place in the log of a conversation: what a cursor is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The number of the last change up to here.
    pub change: u64,
    /// The number of the last message up to here.
    pub number: u64,
    /// The `createdAt` of that message.
    pub at: u64,
}

impl Position {
    /// The last message up to here.
    pub fn mark(self) -> Mark {
        Mark { number: self.number, at: self.at }
    }
}

/// One participant's part of the row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Side {
    /// How many messages they wrote.
    pub sent: u64,
    /// The number of the last one they wrote.
    pub last: u64,
    /// Up to where a device of theirs has received.
    pub delivered: Mark,
    /// Up to where they have read.
    pub read: Mark,
    /// How many messages of the other are not after [`Side::read`].
    pub seen: u64,
}

/// `CONVERSATION#<id>` / `CONVERSATION#<id>`. The participants are in the id; sides are in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ConversationRow {
    pub v: u8,
    /// Where the log ends.
    pub log: Position,
    /// The number of the last change that was not a new message; 0 when there was none.
    pub receipt: u64,
    /// When the first message was accepted.
    pub created: u64,
    /// When the last change happened: later than every change before it, whatever the clock says.
    pub updated: u64,
    /// The id of the last message. What it says stays in its own row alone, which expires.
    pub last: String,
    /// The job last written about, and which state of it the participants were told.
    pub job: Option<(u64, u64)>,
    pub sides: [Side; 2],
}

impl ConversationRow {
    /// A conversation in which nothing was said yet.
    pub fn new(now: u64) -> Self {
        Self {
            v: LAYOUT,
            log: Position::default(),
            receipt: 0,
            created: now,
            updated: 0,
            last: String::new(),
            job: None,
            sides: [Side::default(); 2],
        }
    }

    pub fn marks(&self) -> Marks {
        Marks(self.sides.map(|side| [side.delivered.number, side.read.number]))
    }

    /// When the next change happens: now, but always after the last one, so that times order as numbers do.
    pub fn next_at(&self, now: u64) -> u64 {
        now.max(self.updated + 1)
    }

    /// How many messages `side` has not read, expired ones among them.
    pub fn unread(&self, side: usize) -> u64 {
        self.sides[1 - side].sent.saturating_sub(self.sides[side].seen)
    }

    /// Whether `side` has received up to `number` without that being recorded.
    pub fn undelivered(&self, side: usize, number: u64) -> bool {
        self.sides[side].delivered.number < number.min(self.sides[1 - side].last)
    }

    /// Takes the next number of the log for a new message of `side`.
    ///
    /// Whoever has received everything has received their own message, too; noted here, it costs nothing, and a cursor
    /// that covers only it proves nothing new when the other answers.
    pub fn append_message(&mut self, side: usize, id: &MessageId) {
        let up_to_date = self.sides[side].delivered.number >= self.sides[1 - side].last;
        self.log = Position { change: self.log.change + 1, number: self.log.number + 1, at: id.at_ms() };
        self.updated = id.at_ms();
        id.as_str().clone_into(&mut self.last);
        self.sides[side].sent += 1;
        self.sides[side].last = self.log.number;
        if up_to_date {
            self.sides[side].delivered = self.log.mark();
        }
    }

    /// Takes the next number of the log for `change`, which happens at [`ChangeRow::at`].
    pub fn append_change(&mut self, change: &ChangeRow) {
        self.log.change += 1;
        self.receipt = self.log.change;
        self.updated = change.at;
    }
}
