//! Merging message rows and change rows into what one answer shows.

use super::{
    change::{ChangeRow, Touches},
    cursor::{Before, LogCursor, Snapshot},
    last_change::LogState,
    position::{ChangeAt, Position},
    view::LogView,
};
use crate::{
    base::{error::Result, id::MessageId},
    context::Context,
    conversation::{row::ConversationRow, watermarks::Watermarks},
    keys,
    messages::row::{ListedMessage, MessageRow},
};
use jobline_store::{Consistency, Direction};
use std::{
    collections::{HashMap, HashSet},
    iter::Peekable,
    slice::Iter,
    sync::Arc,
    vec::IntoIter,
};

/// How many messages are read at once in search of those that a change touched.
const TOUCHED_PAGE: usize = 100;

/// A piece of the log.
pub(crate) struct Segment {
    pub listed: Vec<ListedMessage>,
    /// The members whose names or pictures changed in it.
    pub renamed: Vec<usize>,
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

/// The entries between a position and the end of the log, as far as they were read.
pub(crate) struct Fetched {
    pub messages: Vec<Arc<MessageRow>>,
    pub changes: Vec<ChangeRow>,
}

/// At most `limit` messages that `fetched` shows to have changed after `from`.
pub(crate) async fn merge(
    cx: &Context,
    log: LogView<'_>,
    from: &LogCursor,
    limit: usize,
    fetched: Fetched,
) -> Result<Segment> {
    let mut snapshot = from.snapshot.unwrap_or_else(|| snapshot_at_end(log, from.position, &fetched.changes));
    if log.row.crew.is_some() {
        // Cursors do not hold the receipts of a crew: they are not in its log, and are shown in their current state.
        snapshot.watermarks = log.row.watermarks();
    }
    let Fetched { messages, changes } = fetched;
    let targets = targets(cx, log, &snapshot, &changes).await?;
    let mut merge = Merge {
        cx,
        log,
        snapshot,
        limit,
        targets,
        cursor: from.clone(),
        found: Vec::with_capacity(messages.len().min(limit)),
        messages: messages.into_iter().peekable(),
        changes: changes.iter().peekable(),
    };
    while merge.cursor.position.change < snapshot.change && merge.advance().await? {}
    merge.skip_own_deliveries();
    let Merge { mut cursor, found, .. } = merge;
    // A client that has begun to follow a snapshot keeps it until it gets there.
    let unmoved = cursor.position == from.position && cursor.within == from.within;
    if !unmoved {
        cursor.snapshot = Some(snapshot).filter(|_| cursor.position.change < snapshot.change);
    }
    if let (None, Some(_), Some(at)) = (from.snapshot, cursor.snapshot, log.row.last_changed()) {
        // A store that was restored may come as far again: its change of this number is another one.
        cursor.show_up_to(ChangeAt { change: snapshot.change, at });
    }
    cursor.show(found.iter().map(|row| &**row), snapshot.change, log.is_over_at());
    let is_passed =
        |change: &&ChangeRow| change.number > from.position.change && change.number <= cursor.position.change;
    let renamed = changes.iter().filter(is_passed).filter_map(ChangeRow::renamed).collect();
    let state = LogState { id: log.id, viewer: log.viewer, watermarks: snapshot.watermarks, last: snapshot.change };
    let updated = state.last_changes(&cx.db, &found, changes).await?;
    let listed = found.into_iter().zip(updated).map(|(row, updated)| ListedMessage { row, updated }).collect();
    Ok(Segment { listed, renamed, cursor, watermarks: snapshot.watermarks })
}

/// The snapshot of a new series of answers: the log up to its end.
fn snapshot_at_end(log: LogView<'_>, from: Position, changes: &[ChangeRow]) -> Snapshot {
    let watermarks = log.row.watermarks();
    let first = changes.iter().find_map(|change| change.before).unwrap_or(watermarks);
    let before = Some(Before { change: from.change, watermarks: first });
    Snapshot { change: log.row.log.change, watermarks, begin: from.last_message(), before }
}

/// The messages from before the series that `changes` touched one by one, by their numbers. Read strongly: they include
/// at least the last of these changes.
async fn targets(
    cx: &Context,
    log: LogView<'_>,
    snapshot: &Snapshot,
    changes: &[ChangeRow],
) -> Result<HashMap<u64, Arc<MessageRow>>> {
    let touched = |change: &&ChangeRow| {
        change.touches(log.viewer) == Touches::One
            && change.to.number <= snapshot.begin.number
            && change.number <= snapshot.change
    };
    let ids: HashSet<&str> = changes.iter().filter(touched).filter_map(|change| change.message.as_deref()).collect();
    let keys: Vec<_> = ids.into_iter().filter_map(MessageId::new).map(|id| keys::message(log.id, &id)).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let horizon = log.horizon(cx);
    let mut targets = HashMap::with_capacity(keys.len());
    let rows = cx.db.get_many(&keys, Consistency::Strong).await?;
    for (key, row) in keys.iter().zip(rows) {
        let row = cx.memos.messages.live(key, row.as_ref(), log.now)?;
        if let Some(row) = row.filter(|row| row.at >= horizon) {
            targets.insert(row.number, row);
        }
    }
    Ok(targets)
}

struct Merge<'a> {
    cx: &'a Context,
    log: LogView<'a>,
    snapshot: Snapshot,
    limit: usize,
    /// See [`targets`].
    targets: HashMap<u64, Arc<MessageRow>>,
    cursor: LogCursor,
    found: Vec<Arc<MessageRow>>,
    messages: Peekable<IntoIter<Arc<MessageRow>>>,
    changes: Peekable<Iter<'a, ChangeRow>>,
}

impl Merge<'_> {
    /// Takes the change that follows the cursor. `false` when it was not fetched, or there is no room for all of it.
    async fn advance(&mut self) -> Result<bool> {
        let next = self.cursor.position.change + 1;
        let room = self.limit - self.found.len();
        if let Some(row) = self.messages.next_if(|row| row.change == next && room > 0) {
            self.cursor.position = Position { change: next, number: row.number, at: row.at };
            self.cursor.changed = Some(row.at);
            self.found.push(row);
            return Ok(true);
        }
        let Some(change) = self.changes.next_if(|change| change.number == next) else { return Ok(false) };
        let mut touched = match change.touches(self.log.viewer) {
            Touches::Nothing => Vec::new(),
            Touches::One => self.touched_message(change).await?.into_iter().collect(),
            Touches::Status => self.changed_status(change, room + 1).await?,
        };
        let fits = touched.len() <= room;
        touched.truncate(room);
        if fits {
            self.cursor.position.change = next;
            self.cursor.changed = Some(change.at);
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
            cursor.changed = Some(own.at);
        }
    }

    /// The message from before the series that `change` touched, if the series shows it here: as it stands now, no
    /// later change of the series touched it, and no receipt of the series shows it. A message that was changed again
    /// is shown at the later change. Not what an earlier series showed ahead.
    async fn touched_message(&self, change: &ChangeRow) -> Result<Option<Arc<MessageRow>>> {
        let Some(row) = self.targets.get(&change.to.number).filter(|row| !self.is_ahead(row)) else { return Ok(None) };
        let status = |watermarks: Watermarks| watermarks.status(row.number, row.from, self.log.viewer);
        let in_log = self.log.row.crew.is_none();
        let begin = self.snapshot.before.filter(|_| in_log).map(|begin| status(begin.watermarks));
        let before = change.before.map(status);
        let answered = begin.is_some() && before.is_some() && begin != before;
        let last = match row.touched_change() {
            touched if touched == change.number => true,
            // Touched once more since the series began: it is shown in its current state, and the next series leaves
            // that change out.
            touched if touched > self.snapshot.change => {
                let has_status = before == Some(status(self.snapshot.watermarks)) || self.log.row.crew.is_some();
                has_status && self.is_last_touch(change).await?
            }
            _ => false,
        };
        Ok((last && !answered).then(|| row.clone()))
    }

    /// Whether an earlier answer showed the message with its last edit, reaction or deletion, ahead of its series.
    fn is_ahead(&self, row: &MessageRow) -> bool {
        self.cursor.ahead.binary_search(&row.touched_change()).is_ok()
    }

    /// Whether no later change of the series touches the message that `change` touched. `false` where that is too far to
    /// look: the next series shows the message then.
    async fn is_last_touch(&self, change: &ChangeRow) -> Result<bool> {
        let range = keys::changes(self.log.id, change.number + 1, TOUCHED_PAGE);
        let later: Vec<ChangeRow> = self.cx.db.decode_range(range).await?;
        let reaches_end = later.len() < TOUCHED_PAGE || later.iter().any(|one| one.number >= self.snapshot.change);
        let again = |one: &ChangeRow| one.number <= self.snapshot.change && one.message == change.message;
        Ok(reaches_end && !later.iter().any(again))
    }

    /// The first `limit` messages from before the series whose status `change` changed as the viewer sees them, and that
    /// no earlier answer of the series showed as the snapshot has them.
    async fn changed_status(&self, change: &ChangeRow, limit: usize) -> Result<Vec<Arc<MessageRow>>> {
        let horizon = self.log.horizon(self.cx);
        let mut after = change.from.at.max(self.cursor.within).max(horizon.saturating_sub(1));
        let end = change.to.at.min(self.snapshot.begin.at) + 1;
        let mut touched = Vec::new();
        while after + 1 < end && touched.len() < limit {
            // Messages of the member who made the change are between them, so a page is more than what is wanted.
            let page = limit.max(TOUCHED_PAGE);
            let range = keys::messages(self.log.id, after, end, Direction::Ascending, page, Consistency::Strong);
            let rows = self.cx.memos.messages.range(&self.cx.db, range).await?;
            let full = rows.len() == page;
            after = rows.last().filter(|_| full).map_or(end, |row| row.at);
            touched.extend(rows.into_iter().filter(|row| {
                change.changes_status(row.number, row.from, self.log.viewer) && !self.was_answered(row, change)
            }));
        }
        touched.truncate(limit);
        Ok(touched)
    }

    /// Whether the series answered a message before it comes to the receipt `change`: where it was touched, or where an
    /// earlier receipt changed its status. It was shown there as the snapshot has it, with what is still to come. A
    /// message that was changed between the reads of this answer is already in it, in its earlier state.
    fn was_answered(&self, row: &MessageRow, change: &ChangeRow) -> bool {
        if self.found.iter().any(|shown| shown.number == row.number) {
            return true;
        }
        let (Some(begin), Some(before)) = (self.snapshot.before, change.before) else { return false };
        let status = |watermarks: Watermarks| watermarks.status(row.number, row.from, self.log.viewer);
        let touched = (begin.change + 1..change.number).contains(&row.touched_change()) && !self.is_ahead(row);
        touched || status(begin.watermarks) != status(before)
    }
}
