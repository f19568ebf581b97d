//! When messages last changed, as one member sees them.

use super::change::{ChangeKind, ChangeRow};
use crate::{
    base::{db::Db, error::Result, id::ConversationId},
    conversation::watermarks::{Watermarks, receiver},
    keys,
    messages::row::MessageRow,
};
use jobline_wire::Status;
use std::sync::Arc;

/// How many change rows are read at once in search of those that touched a page of messages.
const CHANGES_PAGE: usize = 100;

/// The state of a log after one of its changes, as one member sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogState<'a> {
    pub id: &'a ConversationId,
    pub viewer: usize,
    /// The watermarks after the change `last`.
    pub watermarks: Watermarks,
    pub last: u64,
}

impl LogState<'_> {
    /// When each of `messages` last changed: was accepted, delivered, read or touched itself. `changes` are rows that were read already.
    ///
    /// The changes that touched a page of messages nearly always follow it closely, so reading one range finds them. If
    /// somebody read much later, a binary search does: every change row holds the watermarks before it.
    pub async fn last_changes(
        &self,
        db: &Db,
        messages: &[Arc<MessageRow>],
        mut changes: Vec<ChangeRow>,
    ) -> Result<Vec<u64>> {
        let first =
            messages.iter().filter(|message| self.touched_by(message).is_some()).map(|message| message.change).min();
        if let (Some(first), true) = (first, changes.is_empty()) {
            changes = db.decode_range(keys::changes(self.id, first + 1, CHANGES_PAGE)).await?;
        }
        let mut times = Vec::with_capacity(messages.len());
        for message in messages {
            let at = match self.touched_by(message) {
                Some(kind) => self.touched_at(db, message, kind, &mut changes).await?,
                None => None,
            };
            times.push(at.unwrap_or(message.at).max(message.touched.map_or(0, |touch| touch.at)));
        }
        Ok(times)
    }

    /// The kind of the last receipt in the log that touched `message` as the viewer sees it; a crew has none there.
    fn touched_by(&self, message: &MessageRow) -> Option<ChangeKind> {
        if matches!(self.watermarks, Watermarks::Crew(_)) {
            return None;
        }
        match self.watermarks.status(message.number, message.from, self.viewer) {
            Status::Read => Some(ChangeKind::Read),
            Status::Delivered if message.from.is(self.viewer) => Some(ChangeKind::Delivered),
            _ => None,
        }
    }

    /// When the change of `kind` happened that touched `message`. Its row is added to `changes`.
    async fn touched_at(
        &self,
        db: &Db,
        message: &MessageRow,
        kind: ChangeKind,
        changes: &mut Vec<ChangeRow>,
    ) -> Result<Option<u64>> {
        let touches = |change: &&ChangeRow| {
            change.kind == kind && change.changes_status(message.number, message.from, self.viewer)
        };
        if let Some(change) = changes.iter().find(touches) {
            return Ok(Some(change.at));
        }
        let by = receiver(message.from, self.viewer);
        let (mut low, mut high) = (message.change + 1, self.last);
        while low <= high {
            let middle = low + (high - low) / 2;
            let probe: Option<ChangeRow> = db.decode_range(keys::changes(self.id, middle, 1)).await?.pop();
            let Some(probe) = probe else {
                high = middle - 1;
                continue;
            };
            if touches(&&probe) {
                let at = probe.at;
                changes.push(probe);
                return Ok(Some(at));
            }
            let reached = probe.before.map_or(0, |before| match kind {
                ChangeKind::Read => before.read(by),
                _ => before.delivered(by),
            });
            if reached >= message.number {
                high = middle - 1;
            } else {
                low = probe.number + 1;
            }
        }
        Ok(None)
    }
}
