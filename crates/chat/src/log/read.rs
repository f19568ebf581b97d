//! Reading the log of a conversation from a place on, without a gap and without a repetition.
//!
//! New messages stand in their own rows, all other changes in change rows; both carry their number in the log. A reader
//! merges the two and accepts only what follows its place number by number, so it does not matter how fresh the pages
//! are that it gets: what is missing ends the answer, and the next one goes on there.
//!
//! A series of answers that leads up to the end of the log shows each message once, where it was first touched, and as it
//! stood at that end: see [`Target`]. What comes after is another series.

use crate::{
    base::cursor::{ListCursor, Target},
    base::error::Result,
    base::id::ConversationId,
    base::rows,
    chat::Chat,
    conversation::row::{ConversationRow, Position},
    conversation::watermarks::Marks,
    keys,
    log::change::{ChangeKind, ChangeRow},
    messages::row::{MessageRow, Shown},
};
use futures_util::try_join;
use jobline_store::{Consistency, Direction};
use serde::de::DeserializeOwned;

/// How many messages are read at once in search of those that a change touched.
const TOUCHED_PAGE: usize = 100;

/// What is read, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Log<'a> {
    pub id: &'a ConversationId,
    pub row: &'a ConversationRow,
    /// Which side reads.
    pub viewer: usize,
    pub now: u64,
}

/// A piece of the log.
pub(crate) struct Segment {
    pub shown: Vec<Shown>,
    /// Where it ends.
    pub cursor: ListCursor,
    /// How far everyone had come at the point that it shows.
    pub marks: Marks,
}

impl Segment {
    /// Whether the log went on when it was read.
    pub fn has_more(&self, row: &ConversationRow) -> bool {
        self.cursor.target.is_some() || self.cursor.position.change < row.log.change
    }
}

/// What lies between a place and the end of the log, as far as it was fetched.
struct Fetched {
    messages: Vec<MessageRow>,
    changes: Vec<ChangeRow>,
}

impl Chat {
    /// At most `limit` messages that changed after `from`; `None` when what comes next is not kept any more.
    pub(crate) async fn read_log(&self, log: Log<'_>, from: ListCursor, limit: usize) -> Result<Option<Segment>> {
        if from.position.change >= log.row.log.change {
            return Ok(Some(Segment { shown: Vec::new(), cursor: from, marks: log.row.marks() }));
        }
        for consistency in [Consistency::Eventual, Consistency::Strong] {
            let fetched = self.fetch(log, from.position, limit, consistency).await?;
            let segment = self.merge(log, from, limit, fetched).await?;
            if segment.cursor != from {
                return Ok(Some(segment));
            }
        }
        Ok(None)
    }

    async fn fetch(&self, log: Log<'_>, from: Position, limit: usize, consistency: Consistency) -> Result<Fetched> {
        let after = from.at.max(self.horizon(log.now).saturating_sub(1));
        let messages = async {
            if log.row.log.number == from.number {
                return Ok(Vec::new());
            }
            let range = keys::messages(log.id, after, u64::MAX, Direction::Ascending, limit, consistency);
            self.decoded::<MessageRow>(range).await
        };
        let changes = async {
            if log.row.receipt <= from.change {
                return Ok(Vec::new());
            }
            self.decoded::<ChangeRow>(keys::changes(log.id, from.change + 1, limit)).await
        };
        let (messages, changes) = try_join!(messages, changes)?;
        Ok(Fetched { messages, changes })
    }

    pub(crate) async fn decoded<T: DeserializeOwned>(&self, range: jobline_store::Range) -> Result<Vec<T>> {
        self.range(range).await?.iter().map(|(_, row)| rows::decode(row)).collect()
    }

    async fn merge(&self, log: Log<'_>, from: ListCursor, limit: usize, fetched: Fetched) -> Result<Segment> {
        let target = from.target.unwrap_or_else(|| target(log, from.position, &fetched.changes));
        let (mut cursor, mut found) = (ListCursor { target: Some(target), ..from }, Vec::new());
        let known = fetched.changes.clone();
        let (mut messages, mut changes) =
            (fetched.messages.into_iter().peekable(), fetched.changes.into_iter().peekable());
        while cursor.position.change < target.change {
            let next = cursor.position.change + 1;
            if let Some(row) = messages.next_if(|row| row.change == next && found.len() < limit) {
                cursor.position = Position { change: next, number: row.number, at: row.at };
                found.push(row);
            } else if let Some(change) = changes.next_if(|change| change.number == next) {
                let room = limit - found.len();
                let mut touched = self.touched(log, target, &change, cursor.within, room + 1).await?;
                if touched.len() > room {
                    touched.truncate(room);
                    cursor.within = touched.last().map_or(cursor.within, |row| row.at);
                    found.extend(touched);
                    break;
                }
                found.extend(touched);
                cursor.position.change = next;
                cursor.within = 0;
            } else {
                break;
            }
        }
        if cursor.position.change >= target.change {
            // The viewer's own receipts after the target show them nothing; left there, they would look like more to come.
            while let Some(own) =
                changes.next_if(|change| cursor.position.change + 1 == change.number && change.is_own(log.viewer))
            {
                cursor.position.change = own.number;
            }
        }
        // The target stays with a client that has begun to follow it.
        let unmoved = cursor.position == from.position && cursor.within == from.within;
        cursor.target =
            if unmoved { from.target } else { Some(target).filter(|_| cursor.position.change < target.change) };
        let updated = self.updated(log.id, target.marks, target.change, log.viewer, &found, known).await?;
        let shown = found.into_iter().zip(updated).map(|(row, updated)| Shown { row, updated }).collect();
        Ok(Segment { shown, cursor, marks: target.marks })
    }

    /// The first `limit` messages that `change` touches in the eyes of the viewer, and that no answer before this one
    /// showed as the target has them.
    async fn touched(
        &self,
        log: Log<'_>,
        target: Target,
        change: &ChangeRow,
        within: u64,
        limit: usize,
    ) -> Result<Vec<MessageRow>> {
        if !change.shows(log.viewer) {
            return Ok(Vec::new());
        }
        let other = 1 - log.viewer;
        // What the other side received since the series began was answered then, with what they have read of it.
        let answered = match change.kind {
            ChangeKind::Read if change.by == other => target.delivered..change.before.delivered(other),
            _ => 0..0,
        };
        let mut after = change.from.at.max(within).max(self.horizon(log.now).saturating_sub(1));
        let end = change.to.at.min(target.begin.at) + 1;
        let mut touched = Vec::new();
        while after + 1 < end && touched.len() < limit {
            // Messages of the one who acknowledged stand between them, so a page is more than what is wanted.
            let page = limit.max(TOUCHED_PAGE);
            let range = keys::messages(log.id, after, end, Direction::Ascending, page, Consistency::Strong);
            let rows: Vec<MessageRow> = self.decoded(range).await?;
            let full = rows.len() == page;
            after = rows.last().filter(|_| full).map_or(end, |row| row.at);
            let wanted =
                |row: &MessageRow| change.touches(row.number, row.from) && !answered.contains(&(row.number - 1));
            touched.extend(rows.into_iter().filter(wanted));
        }
        touched.truncate(limit);
        Ok(touched)
    }
}

/// A new series: up to the end of the log.
fn target(log: Log<'_>, from: Position, changes: &[ChangeRow]) -> Target {
    let marks = log.row.marks();
    let before = changes.first().map_or(marks, |change| change.before);
    let delivered = before.delivered(1 - log.viewer);
    Target { change: log.row.log.change, marks, begin: from.mark(), delivered }
}
