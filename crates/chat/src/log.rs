//! Reading the log of a conversation from a place on, without a gap and without a repetition.
//!
//! New messages stand in their own rows, all other changes in change rows; both carry their number in the log. A reader
//! merges the two and accepts only what follows its place number by number, so it does not matter how fresh the pages
//! are that it gets: what is missing ends the answer, and the next one goes on there.
//!
//! An answer shows each message once, in the order in which they were first touched, and as it stood at the end of the
//! answer: it is a function of the log up to its cursor, the same for whoever asks and whenever.

use crate::{
    change::ChangeRow,
    chat::Chat,
    conversation::{ConversationRow, Position},
    cursor::ListCursor,
    error::Result,
    id::ConversationId,
    keys,
    marks::Marks,
    message::{MessageRow, Shown},
    rows,
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
    /// How far everyone had come there.
    pub marks: Marks,
}

impl Segment {
    /// Whether the log went on when it was read.
    pub fn has_more(&self, row: &ConversationRow) -> bool {
        self.cursor.position.change < row.log.change
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
        let marks = fetched.changes.first().map_or_else(|| log.row.marks(), |change| change.before);
        let mut segment = Segment { shown: Vec::new(), cursor: from, marks };
        let (mut messages, mut changes) =
            (fetched.messages.into_iter().peekable(), fetched.changes.into_iter().peekable());
        while segment.cursor.position.change < log.row.log.change {
            let next = segment.cursor.position.change + 1;
            if let Some(row) = messages.next_if(|row| row.change == next) {
                if segment.shown.len() == limit {
                    break;
                }
                segment.cursor.position = Position { change: next, number: row.number, at: row.at };
                segment.shown.push(Shown { updated: row.at, row });
            } else if let Some(change) = changes.next_if(|change| change.number == next) {
                if !self.apply(log, from, limit, &change, &mut segment).await? {
                    break;
                }
            } else {
                break;
            }
        }
        Ok(segment)
    }

    /// Takes `change` into the segment; `false` when the segment is full and ends before or within it.
    async fn apply(
        &self,
        log: Log<'_>,
        from: ListCursor,
        limit: usize,
        change: &ChangeRow,
        segment: &mut Segment,
    ) -> Result<bool> {
        if change.shows(log.viewer) {
            let room = limit - segment.shown.iter().filter(|shown| !touched_before(shown, from, change)).count();
            let mut older = self.touched(log, from.position, change, segment.cursor.within, room + 1).await?;
            if older.len() > room {
                if !segment.shown.is_empty() {
                    return Ok(false);
                }
                older.truncate(room);
                segment.cursor.within = older.last().map_or(0, |row| row.at);
                segment.marks = change.after();
                segment.shown = older.into_iter().map(|row| Shown { row, updated: change.at }).collect();
                return Ok(false);
            }
            show(segment, change, older);
        }
        segment.marks = change.after();
        segment.cursor.position.change = change.number;
        segment.cursor.within = 0;
        Ok(true)
    }

    /// The first `limit` messages touched by `change` that are older than where the reader began, and not yet answered.
    async fn touched(
        &self,
        log: Log<'_>,
        begin: Position,
        change: &ChangeRow,
        within: u64,
        limit: usize,
    ) -> Result<Vec<MessageRow>> {
        let mut after = change.from.at.max(within).max(self.horizon(log.now).saturating_sub(1));
        let end = change.to.at.min(begin.at) + 1;
        let mut touched = Vec::new();
        while after + 1 < end && touched.len() < limit {
            // Messages of the one who acknowledged stand between them, so a page is more than what is wanted.
            let page = limit.max(TOUCHED_PAGE);
            let range = keys::messages(log.id, after, end, Direction::Ascending, page, Consistency::Strong);
            let rows: Vec<MessageRow> = self.decoded(range).await?;
            let full = rows.len() == page;
            after = rows.last().filter(|_| full).map_or(end, |row| row.at);
            touched.extend(rows.into_iter().filter(|row| change.touches(row.number, row.from)));
        }
        touched.truncate(limit);
        Ok(touched)
    }
}

/// Whether a message of the segment is an older one that `change` touches again, so that it needs no room of its own.
fn touched_before(shown: &Shown, from: ListCursor, change: &ChangeRow) -> bool {
    shown.row.number <= from.position.number && change.touches(shown.row.number, shown.row.from)
}

/// Adds what `change` touched to the segment, each message once.
fn show(segment: &mut Segment, change: &ChangeRow, older: Vec<MessageRow>) {
    for shown in &mut segment.shown {
        if change.touches(shown.row.number, shown.row.from) {
            shown.updated = change.at;
        }
    }
    for row in older {
        if segment.shown.iter().all(|shown| shown.row.number != row.number) {
            segment.shown.push(Shown { row, updated: change.at });
        }
    }
}
