//! Merging message rows and change rows into what one answer shows.

use super::{
    change::{ChangeKind, ChangeRow},
    cursor::{LogCursor, Snapshot},
    last_change::LogState,
    position::Position,
    view::LogView,
};
use crate::{
    base::error::Result,
    context::Context,
    conversation::{row::ConversationRow, watermarks::Watermarks},
    keys,
    messages::row::{ListedMessage, MessageRow},
};
use jobline_store::{Consistency, Direction};
use std::{iter::Peekable, vec::IntoIter};

/// How many messages are read at once in search of those that a change touched.
const TOUCHED_PAGE: usize = 100;

/// A piece of the log.
pub(crate) struct Segment {
    pub listed: Vec<ListedMessage>,
    /// Where it ends.
    pub cursor: LogCursor,
    /// The watermarks at the point of the log that it shows.
    pub watermarks: Watermarks,
}

impl Segment {
    /// Whether the log continued after it when it was read.
    pub fn has_more(&self, row: &ConversationRow) -> bool {
        self.cursor.snapshot.is_some() || self.cursor.position.change < row.log.change
    }
}

/// What lies between a position and the end of the log, as far as it was read.
pub(crate) struct Fetched {
    pub messages: Vec<MessageRow>,
    pub changes: Vec<ChangeRow>,
}

/// At most `limit` messages that `fetched` shows to have changed after `from`.
pub(crate) async fn merge(
    cx: &Context,
    log: LogView<'_>,
    from: LogCursor,
    limit: usize,
    fetched: Fetched,
) -> Result<Segment> {
    let snapshot = from.snapshot.unwrap_or_else(|| snapshot_at_end(log, from.position, &fetched.changes));
    let changes = fetched.changes.clone();
    let mut merge = Merge {
        cx,
        log,
        snapshot,
        limit,
        cursor: from,
        found: Vec::new(),
        messages: fetched.messages.into_iter().peekable(),
        changes: fetched.changes.into_iter().peekable(),
    };
    while merge.cursor.position.change < snapshot.change && merge.advance().await? {}
    merge.skip_own_deliveries();
    let Merge { mut cursor, found, .. } = merge;
    // A client that has begun to follow a snapshot keeps it until it gets there.
    let unmoved = cursor.position == from.position && cursor.within == from.within;
    if !unmoved {
        cursor.snapshot = Some(snapshot).filter(|_| cursor.position.change < snapshot.change);
    }
    let state = LogState { id: log.id, viewer: log.viewer, watermarks: snapshot.watermarks, last: snapshot.change };
    let updated = state.last_changes(&cx.db, &found, changes).await?;
    let listed = found.into_iter().zip(updated).map(|(row, updated)| ListedMessage { row, updated }).collect();
    Ok(Segment { listed, cursor, watermarks: snapshot.watermarks })
}

/// The snapshot of a new series of answers: the log up to its end.
fn snapshot_at_end(log: LogView<'_>, from: Position, changes: &[ChangeRow]) -> Snapshot {
    let watermarks = log.row.watermarks();
    let before = changes.first().map_or(watermarks, |change| change.before);
    let delivered = before.delivered(1 - log.viewer);
    Snapshot { change: log.row.log.change, watermarks, begin: from.last_message(), delivered }
}

struct Merge<'a> {
    cx: &'a Context,
    log: LogView<'a>,
    snapshot: Snapshot,
    limit: usize,
    cursor: LogCursor,
    found: Vec<MessageRow>,
    messages: Peekable<IntoIter<MessageRow>>,
    changes: Peekable<IntoIter<ChangeRow>>,
}

impl Merge<'_> {
    /// Takes the change that follows the cursor. `false` when it was not fetched, or there is no room for all of it.
    async fn advance(&mut self) -> Result<bool> {
        let next = self.cursor.position.change + 1;
        let room = self.limit - self.found.len();
        if let Some(row) = self.messages.next_if(|row| row.change == next && room > 0) {
            self.cursor.position = Position { change: next, number: row.number, at: row.at };
            self.found.push(row);
            return Ok(true);
        }
        let Some(change) = self.changes.next_if(|change| change.number == next) else { return Ok(false) };
        let mut touched = self.touched(&change, room + 1).await?;
        let fits = touched.len() <= room;
        touched.truncate(room);
        if fits {
            self.cursor.position.change = next;
            self.cursor.within = 0;
        } else {
            self.cursor.within = touched.last().map_or(self.cursor.within, |row| row.at);
        }
        self.found.extend(touched);
        Ok(fits)
    }

    /// Passes the viewer's own deliveries after the snapshot: they show nothing, but would look like more to come.
    fn skip_own_deliveries(&mut self) {
        if self.cursor.position.change < self.snapshot.change {
            return;
        }
        let (cursor, viewer) = (&mut self.cursor, self.log.viewer);
        while let Some(own) =
            self.changes.next_if(|change| change.number == cursor.position.change + 1 && change.is_own_delivery(viewer))
        {
            cursor.position.change = own.number;
        }
    }

    /// The first `limit` messages that `change` touches as the viewer sees them, and that no earlier answer of the series
    /// showed as the snapshot has them.
    async fn touched(&self, change: &ChangeRow, limit: usize) -> Result<Vec<MessageRow>> {
        if !change.is_visible_to(self.log.viewer) {
            return Ok(Vec::new());
        }
        let answered = self.answered(change);
        let horizon = self.cx.retention.horizon(self.log.now);
        let mut after = change.from.at.max(self.cursor.within).max(horizon.saturating_sub(1));
        let end = change.to.at.min(self.snapshot.begin.at) + 1;
        let mut touched = Vec::new();
        while after + 1 < end && touched.len() < limit {
            // Messages of the member who made the change are between them, so a page is more than what is wanted.
            let page = limit.max(TOUCHED_PAGE);
            let range = keys::messages(self.log.id, after, end, Direction::Ascending, page, Consistency::Strong);
            let rows: Vec<MessageRow> = self.cx.db.decode_range(range).await?;
            let full = rows.len() == page;
            after = rows.last().filter(|_| full).map_or(end, |row| row.at);
            let wanted =
                |row: &MessageRow| change.touches(row.number, row.from) && !answered.contains(&(row.number - 1));
            touched.extend(rows.into_iter().filter(wanted));
        }
        touched.truncate(limit);
        Ok(touched)
    }

    /// The messages that the series answered before it comes to `change`, as the snapshot has them: those that the other
    /// member received since it began, for their delivery was answered with what they have read of them.
    fn answered(&self, change: &ChangeRow) -> std::ops::Range<u64> {
        let other = 1 - self.log.viewer;
        match change.kind {
            ChangeKind::Read if change.by == other => self.snapshot.delivered..change.before.delivered(other),
            _ => 0..0,
        }
    }
}
