//! Messages without a cursor: the newest ones, older pages, and where a moment stands in the log.

use crate::{
    base::error::Result,
    base::id::ConversationId,
    chat::Chat,
    conversation::row::{ConversationRow, Position},
    conversation::watermarks::Marks,
    keys,
    log::change::{ChangeKind, ChangeRow},
    log::read::Log,
    messages::row::{MessageRow, Shown},
};
use jobline_store::{Consistency, Direction};
use jobline_wire::Status;

/// How many change rows are read at once in search of those that touched a page.
const CHANGES_PAGE: usize = 100;

impl Chat {
    /// The newest `limit` messages with `createdAt < before` that exist, oldest first, and whether there are older ones.
    pub(crate) async fn page(&self, log: Log<'_>, before: u64, limit: usize) -> Result<(Vec<Shown>, bool)> {
        let after = self.horizon(log.now).saturating_sub(1);
        // What came after the conversation was read is not part of what is answered.
        let before = before.min(log.row.log.at + 1);
        let range = keys::messages(log.id, after, before, Direction::Descending, limit + 1, Consistency::Strong);
        let mut rows: Vec<MessageRow> = self.decoded(range).await?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        rows.reverse();
        let (marks, last) = (log.row.marks(), log.row.receipt);
        let updated = self.updated(log.id, marks, last, log.viewer, &rows, Vec::new()).await?;
        Ok((rows.into_iter().zip(updated).map(|(row, updated)| Shown { row, updated }).collect(), has_more))
    }

    /// When each of `messages` last changed in the eyes of `viewer`: accepted, delivered or read, as `marks` have it at
    /// the change `last`. `known` are changes that were read already.
    ///
    /// The changes that touched a page nearly always follow it closely, so one range finds them. Where somebody read
    /// long after, a search by halves does: changes carry how far everyone had come before them.
    pub(crate) async fn updated(
        &self,
        id: &ConversationId,
        marks: Marks,
        last: u64,
        viewer: usize,
        messages: &[MessageRow],
        mut known: Vec<ChangeRow>,
    ) -> Result<Vec<u64>> {
        let kind_of = |message: &MessageRow| match marks.status(message.number, message.from, viewer) {
            Status::Read => Some(ChangeKind::Read),
            Status::Delivered if viewer == message.from => Some(ChangeKind::Delivered),
            _ => None,
        };
        let first = messages.iter().filter(|message| kind_of(message).is_some()).map(|message| message.change).min();
        if let (Some(first), true) = (first, known.is_empty()) {
            known = self.decoded(keys::changes(id, first + 1, CHANGES_PAGE)).await?;
        }
        let mut updated = Vec::with_capacity(messages.len());
        for message in messages {
            let at = match kind_of(message) {
                Some(kind) => self.touched_at(id, last, message, kind, &mut known).await?,
                None => None,
            };
            updated.push(at.unwrap_or(message.at));
        }
        Ok(updated)
    }

    /// When the change of `kind` happened that touched `message`; what is found on the way joins `known`.
    async fn touched_at(
        &self,
        id: &ConversationId,
        last: u64,
        message: &MessageRow,
        kind: ChangeKind,
        known: &mut Vec<ChangeRow>,
    ) -> Result<Option<u64>> {
        let touches = |change: &&ChangeRow| change.kind == kind && change.touches(message.number, message.from);
        if let Some(change) = known.iter().find(touches) {
            return Ok(Some(change.at));
        }
        let by = 1 - message.from;
        let (mut low, mut high) = (message.change + 1, last);
        while low <= high {
            let middle = low + (high - low) / 2;
            let probe: Option<ChangeRow> = self.decoded(keys::changes(id, middle, 1)).await?.pop();
            let Some(probe) = probe else {
                high = middle - 1;
                continue;
            };
            let come = if kind == ChangeKind::Read { probe.before.read(by) } else { probe.before.delivered(by) };
            if touches(&&probe) {
                let at = probe.at;
                known.push(probe);
                return Ok(Some(at));
            }
            if come >= message.number {
                high = middle - 1;
            } else {
                low = probe.number + 1;
            }
        }
        Ok(None)
    }

    /// The last place in the log at which nothing had happened after `instant`.
    pub(crate) async fn position_at(
        &self,
        id: &ConversationId,
        row: &ConversationRow,
        instant: u64,
        now: u64,
    ) -> Result<Position> {
        if instant >= row.updated {
            return Ok(row.log);
        }
        let horizon = self.horizon(now);
        if instant < horizon {
            return self.before_first(id, row, horizon).await;
        }
        let last = keys::messages(id, 0, instant + 1, Direction::Descending, 1, Consistency::Strong);
        let last: Option<MessageRow> = self.decoded(last).await?.pop();
        let Some(last) = last.filter(|message| message.at >= horizon) else {
            return self.before_first(id, row, horizon).await;
        };
        let mut position = Position { change: last.change, number: last.number, at: last.at };
        // The changes between that message and the next one, as far as they happened in time.
        loop {
            let changes: Vec<ChangeRow> = self.decoded(keys::changes(id, position.change + 1, CHANGES_PAGE)).await?;
            let begin = position.change;
            for change in changes {
                if change.number != position.change + 1 || change.at > instant {
                    return Ok(position);
                }
                position.change = change.number;
            }
            if position.change == begin {
                return Ok(position);
            }
        }
    }

    /// The place before the oldest message that is kept.
    pub(crate) async fn before_first(
        &self,
        id: &ConversationId,
        row: &ConversationRow,
        horizon: u64,
    ) -> Result<Position> {
        let first =
            keys::messages(id, horizon.saturating_sub(1), u64::MAX, Direction::Ascending, 1, Consistency::Strong);
        let first: Option<MessageRow> = self.decoded(first).await?.pop();
        Ok(first.map_or(row.log, |message| Position {
            change: message.change - 1,
            number: message.number - 1,
            at: message.at - 1,
        }))
    }
}
