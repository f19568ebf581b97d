//! Receipts: what was received and what was read, as facts about a point in the log.

use crate::{
    base::error::{Error, Result},
    base::id::{ConversationId, MessageId, UserId},
    base::rows,
    chat::Chat,
    conversation::load::Loaded,
    conversation::row::ConversationRow,
    conversation::watermarks::Mark,
    keys,
    log::change::{ChangeKind, ChangeRow},
    messages::row::MessageRow,
};
use jobline_store::{Condition, Key, Outcome};
use jobline_wire::{MarkAsRead, MarkedAsRead};

impl Chat {
    /// Records that `me` has read a conversation, up to one message or all of it. Never goes back; the same again
    /// changes nothing.
    ///
    /// # Errors
    /// `invalid_request`, `not_found`, `unavailable`.
    pub async fn mark_as_read(&self, me: &UserId, input: MarkAsRead) -> Result<MarkedAsRead> {
        let (id, side) = own(me, &input.conversation_id)?;
        let up_to = input.up_to.as_deref().map(|text| MessageId::new(text).ok_or_else(no_such_message)).transpose()?;
        let wanted: Vec<Key> = up_to.iter().map(|message| keys::message(&id, message)).collect();
        let mut attempts = self.attempts();
        attempts.insist();
        loop {
            let now = self.now();
            let loaded = self.load(&id, attempts.consistency(), &wanted).await?;
            let loaded = loaded.ok_or_else(|| Error::not_found("conversation"))?;
            let (to, seen) = match &up_to {
                Some(_) => {
                    let row = rows::live::<MessageRow>(loaded.rest[0].as_ref(), now)?;
                    let row = row.filter(|row| row.at >= self.horizon(now)).ok_or_else(no_such_message)?;
                    (Mark { number: row.number, at: row.at }, row.others(side))
                }
                None => (loaded.row.log.mark(), loaded.row.sides[1 - side].sent),
            };
            let row = match self.read_up_to(loaded, side, to, seen, now).await? {
                Ok(row) => row,
                Err(conflict) => {
                    attempts.again(&conflict).await?;
                    continue;
                }
            };
            let unread_count = self.unread(&id, &row, side, now).await?;
            return Ok(MarkedAsRead { conversation_id: id.as_str().to_owned(), unread_count });
        }
    }

    /// Records that a device of `side` has received up to `to`: its cursor proves it. Answers the conversation as it
    /// stands then.
    pub(crate) async fn deliver(&self, id: &ConversationId, side: usize, to: Mark) -> Result<ConversationRow> {
        let mut attempts = self.attempts();
        attempts.insist();
        loop {
            let now = self.now();
            let loaded = self.load(id, attempts.consistency(), &[]).await?;
            let mut loaded = loaded.ok_or_else(|| Error::not_found("conversation"))?;
            // Not beyond the end, should the store have been put back to an earlier state.
            let to = to.min(loaded.row.log.mark());
            if !loaded.row.undelivered(side, to.number) {
                return Ok(loaded.row);
            }
            let change = ChangeRow::next(&loaded.row, ChangeKind::Delivered, side, to, now);
            loaded.row.sides[side].delivered = to;
            // To the recipient it looks as before, so only the sender's head moves.
            match self.append(loaded, change, [1 - side], now).await? {
                Ok(row) => return Ok(row),
                Err(conflict) => attempts.again(&conflict).await?,
            }
        }
    }

    async fn read_up_to(
        &self,
        mut loaded: Loaded,
        side: usize,
        to: Mark,
        seen: u64,
        now: u64,
    ) -> Result<std::result::Result<ConversationRow, Vec<Key>>> {
        if seen <= loaded.row.sides[side].seen {
            return Ok(Ok(loaded.row));
        }
        let change = ChangeRow::next(&loaded.row, ChangeKind::Read, side, to, now);
        let mine = &mut loaded.row.sides[side];
        mine.read = to;
        mine.seen = seen;
        mine.delivered = mine.delivered.max(to);
        self.append(loaded, change, [0, 1], now).await
    }

    /// Takes the next number of the log for `change`, which the heads of `sides` are to show.
    async fn append<const N: usize>(
        &self,
        mut loaded: Loaded,
        change: ChangeRow,
        sides: [usize; N],
        now: u64,
    ) -> Result<std::result::Result<ConversationRow, Vec<Key>>> {
        let before = loaded.row.log;
        loaded.row.append_change(&change);
        loaded.bump(sides, before, now);
        let key = keys::change(&loaded.id, change.number);
        let commit = self.begin().put(key, Condition::Absent, rows::encode(&change), self.expires(change.at));
        Ok(match self.commit_with(&loaded, commit, sides).await? {
            Outcome::Committed => Ok(loaded.row),
            Outcome::Conflict(keys) => Err(keys),
        })
    }
}

/// The conversation with this id, if `me` is in it, and which side they are.
pub(crate) fn own(me: &UserId, conversation_id: &str) -> Result<(ConversationId, usize)> {
    let id = ConversationId::new(conversation_id).ok_or_else(|| Error::not_found("conversation"))?;
    let side = id.side(me).ok_or_else(|| Error::not_found("conversation"))?;
    Ok((id, side))
}

fn no_such_message() -> Error {
    Error::not_found("message").at("upTo")
}
