//! `list`: the messages of one conversation, from the newest back or from a cursor on.

use crate::{
    base::cursor::{ListCursor, Since},
    base::error::{Error, Result},
    base::id::{ConversationId, MessageId, UserId},
    base::text,
    chat::Chat,
    conversation::receipts::own,
    conversation::row::{ConversationRow, Position},
    keys,
    log::read::Log,
    messages::row::{Shown, View},
};
use jobline_store::Consistency;
use jobline_wire::{ListMessages, Messages};

/// An answer before it is put into words.
struct Answer {
    shown: Vec<Shown>,
    marks: crate::conversation::watermarks::Marks,
    has_more: bool,
    cursor: ListCursor,
    reset: bool,
}

impl Chat {
    /// The messages of a conversation: without `since` the newest, with it what changed. One read when nothing did.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_cursor`, `not_found`, `unavailable`.
    pub async fn list(&self, me: &UserId, input: ListMessages) -> Result<Messages> {
        let limit = text::limit(input.limit)?;
        let (id, side) = own(me, &input.conversation_id)?;
        let since = self.sealer().open::<ListCursor>(input.since.as_deref(), me, id.as_str())?;
        let before = input.before.as_deref().map(parse_before).transpose()?;
        let now = self.now();
        if let (Some(before), Some(cursor)) = (before, &input.since) {
            if let Since::Instant(_) = since {
                return Err(Error::invalid("since", "With before, since is the cursor to keep, not a time."));
            }
            let mut messages = self.older(me, &id, side, before, limit, now).await?;
            messages.cursor.clone_from(cursor);
            return Ok(messages);
        }
        if let Some(before) = before {
            return self.older(me, &id, side, before, limit, now).await;
        }
        let consistency = if since == Since::Start { Consistency::Strong } else { Consistency::Eventual };
        let mut row = self.conversation(&id, consistency).await?;
        if let Since::Cursor(cursor) = since {
            if cursor.position.change > row.log.change {
                row = self.conversation(&id, Consistency::Strong).await?;
            }
            if row.undelivered(side, cursor.position.number) {
                row = self.deliver(&id, side, cursor.position.mark()).await?;
            }
        }
        let log = Log { id: &id, row: &row, viewer: side, now };
        let answer = self.answer_since(log, since.clone(), limit).await?;
        // Nothing new: the cursor that came in says so as well as a new one would, and is sealed already.
        let kept = input.since.filter(|_| since == Since::Cursor(answer.cursor));
        self.worded(me, log, answer, kept).await
    }

    /// The conversation row of a conversation that exists.
    pub(crate) async fn conversation(&self, id: &ConversationId, consistency: Consistency) -> Result<ConversationRow> {
        let key = keys::conversation(id);
        let mut row = self.get(&key, consistency).await?;
        if row.is_none() && consistency == Consistency::Eventual {
            row = self.get(&key, Consistency::Strong).await?;
        }
        let row = row.ok_or_else(|| Error::not_found("conversation"))?;
        self.memos().conversations.decode(&key, &row)
    }

    async fn answer_since(&self, log: Log<'_>, since: Since<ListCursor>, limit: usize) -> Result<Answer> {
        let from = match since {
            Since::Start => return self.newest(log, limit, false).await,
            Since::Instant(instant) => ListCursor::at(self.position_at(log.id, log.row, instant, log.now).await?),
            // The store was put back to an earlier state: what the client has is not there any more.
            Since::Cursor(cursor) if cursor.position.change > log.row.log.change => {
                return self.newest(log, limit, true).await;
            }
            Since::Cursor(cursor) => cursor,
        };
        match self.read_log(log, from, limit).await? {
            Some(segment) => Ok(Answer {
                has_more: segment.has_more(log.row),
                shown: segment.shown,
                marks: segment.marks,
                cursor: segment.cursor,
                reset: false,
            }),
            None => self.newest(log, limit, true).await,
        }
    }

    async fn newest(&self, log: Log<'_>, limit: usize, reset: bool) -> Result<Answer> {
        let (shown, has_more) = self.page(log, u64::MAX, limit).await?;
        let cursor = ListCursor::at(log.row.log);
        Ok(Answer { shown, marks: log.row.marks(), has_more, cursor, reset })
    }

    /// A page of older messages. Its cursor stands right after them, so that a client that polls with it misses nothing.
    async fn older(
        &self,
        me: &UserId,
        id: &ConversationId,
        side: usize,
        before: u64,
        limit: usize,
        now: u64,
    ) -> Result<Messages> {
        let row = self.conversation(id, Consistency::Strong).await?;
        let log = Log { id, row: &row, viewer: side, now };
        let (shown, has_more) = self.page(log, before, limit).await?;
        let position = shown.last().map_or_else(Position::default, |Shown { row, .. }| Position {
            change: row.change,
            number: row.number,
            at: row.at,
        });
        let cursor = ListCursor::at(position);
        self.worded(me, log, Answer { shown, marks: row.marks(), has_more, cursor, reset: false }, None).await
    }

    async fn worded(&self, me: &UserId, log: Log<'_>, answer: Answer, cursor: Option<String>) -> Result<Messages> {
        let view = View { conversation: log.id, viewer: log.viewer, marks: answer.marks, now: log.now };
        Ok(Messages {
            messages: self.show_all(view, answer.shown).await?,
            has_more: answer.has_more,
            cursor: cursor.unwrap_or_else(|| self.sealer().seal(&answer.cursor, me, log.id.as_str())),
            next_poll_ms: self.next_poll_ms(log.row.updated, log.now),
            reset: answer.reset.then_some(true),
        })
    }
}

/// `createdAt` of the message that `before` names.
fn parse_before(text: &str) -> Result<u64> {
    let id = MessageId::new(text);
    id.map(|id| id.at_ms())
        .ok_or_else(|| Error::invalid("before", "before is not a message id: message_<ms>_<nanoid>."))
}
