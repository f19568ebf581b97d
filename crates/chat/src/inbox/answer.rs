//! An answer of `sync` while it is put together.

use super::cursor::{ConversationCursor, SyncCursor};
use crate::{
    base::{
        error::Result,
        id::{ConversationId, UserId},
    },
    context::Context,
    conversation::{read, render as render_conversations, row::ConversationRow},
    log::{cursor::LogCursor, history, merge::Segment, read::read_log, view::LogView},
    messages::render,
};
use jobline_wire::{Conversation, Message, Synced};
use std::iter;

/// The list's name in the seal of its cursors.
pub(super) const SCOPE: &str = "sync";

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub me: &'a UserId,
    pub limit: usize,
    pub now: u64,
}

impl Request<'_> {
    /// A log of one of the user's conversations as they read it. `row` is of [`of_mine`].
    pub fn view<'b>(&self, id: &'b ConversationId, row: &'b ConversationRow) -> LogView<'b> {
        let viewer = row.member(id, self.me).expect("only conversations of the user are read");
        LogView { id, row, viewer, now: self.now }
    }
}

/// The rows of conversations as their member `me` sees them, in the order of `ids`; without those that do not exist, or that
/// have nothing for `me`.
pub(super) async fn of_mine(
    cx: &Context,
    me: &UserId,
    ids: Vec<ConversationId>,
) -> Result<Vec<(ConversationId, ConversationRow)>> {
    let rows = read::many(cx, ids).await?.into_iter().filter(|(_, row)| row.has_messages());
    let seen = rows.filter_map(|(id, row)| {
        let member = row.member(&id, me)?;
        Some((id, row.viewed_by(member)))
    });
    Ok(seen.collect())
}

/// An answer while it is put together.
#[derive(Default)]
pub(super) struct Answer {
    pub cursor: SyncCursor,
    pub has_more: bool,
    pub reset: bool,
    conversations: Vec<(ConversationId, ConversationRow)>,
    /// Those of each of the conversations.
    messages: Vec<Vec<Message>>,
    /// Whose names or pictures changed.
    renamed: Vec<String>,
}

/// How much of a conversation there was room for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// All there is.
    All,
    /// A part: the next answer continues there.
    Part,
    /// Nothing: what comes next is not kept any more.
    Lost,
}

impl Answer {
    /// An answer that continues from `cursor`.
    pub fn from(cursor: SyncCursor) -> Self {
        Self { cursor, ..Self::default() }
    }

    /// How many more messages fit.
    pub fn room(&self, limit: usize) -> usize {
        if self.conversations.len() >= limit {
            0
        } else {
            limit.saturating_sub(self.messages.iter().map(Vec::len).sum())
        }
    }

    /// Turns the order of the conversations around.
    pub fn turn(&mut self) {
        self.conversations.reverse();
        self.messages.reverse();
    }

    /// Reads one conversation from `cursor` on, as far as there is room.
    pub async fn take(
        &mut self,
        cx: &Context,
        request: Request<'_>,
        log: LogView<'_>,
        cursor: &mut ConversationCursor,
    ) -> Result<Taken> {
        if cursor.cursor.position.change >= log.row.log.change {
            return Ok(Taken::All);
        }
        let room = self.room(request.limit);
        if room == 0 {
            return Ok(Taken::Part);
        }
        let Some(segment) = read_log(cx, log, cursor.cursor.clone(), room).await? else { return Ok(Taken::Lost) };
        let complete = !segment.has_more(log.row);
        self.add(cx, log, cursor, segment).await?;
        Ok(if complete { Taken::All } else { Taken::Part })
    }

    /// For how many more conversations there is room, if each has a message.
    pub fn conversations_left(&self, limit: usize) -> usize {
        self.room(limit).min(limit.saturating_sub(self.conversations.len()))
    }

    /// Adds a piece of a conversation, and moves its cursor to the end of it.
    async fn add(
        &mut self,
        cx: &Context,
        log: LogView<'_>,
        cursor: &mut ConversationCursor,
        segment: Segment,
    ) -> Result<()> {
        let users = log.row.users(log.id);
        self.renamed.extend(segment.renamed.iter().filter_map(|member| Some(users.get(*member)?.to_string())));
        let messages = show(cx, log, cursor, segment).await?;
        self.push(log, messages);
        Ok(())
    }

    /// Adds a conversation without messages, if there is room.
    pub fn show(&mut self, log: LogView<'_>, limit: usize) -> Taken {
        if self.conversations.len() >= limit {
            return Taken::Part;
        }
        self.push(log, Vec::new());
        Taken::All
    }

    /// Adds the messages of a conversation.
    pub fn push(&mut self, log: LogView<'_>, messages: Vec<Message>) {
        self.messages.push(messages);
        self.conversations.push((log.id.clone(), log.row.clone()));
    }

    /// The answer with its cursor sealed. `moved_at` is when anything of the user last moved.
    pub async fn finish(mut self, cx: &Context, request: Request<'_>, moved_at: u64) -> Result<Synced> {
        self.cursor.conversations.sort_by_key(|one| one.conversation);
        let cursor = cx.sealer.seal(&self.cursor, request.me, SCOPE);
        self.finish_with(cx, request, moved_at, cursor).await
    }

    async fn rendered(&self, cx: &Context, request: Request<'_>) -> Result<Vec<Conversation>> {
        let renamed = self.renamed.iter().map(String::as_str);
        let named = self.messages.iter().flatten().flat_map(named).chain(renamed).collect();
        render_conversations::conversations(cx, request.me, &self.conversations, &named, request.now).await
    }

    /// The answer with a cursor that is sealed already.
    pub async fn finish_with(
        self,
        cx: &Context,
        request: Request<'_>,
        moved_at: u64,
        cursor: String,
    ) -> Result<Synced> {
        let conversations = match self.conversations.is_empty() {
            true => Vec::new(),
            false => Box::pin(self.rendered(cx, request)).await?,
        };
        Ok(Synced {
            conversations,
            messages: self.messages.into_iter().flatten().collect(),
            has_more: self.has_more,
            cursor,
            next_poll_ms: cx.polling.next_poll_ms(moved_at, request.now),
            reset: self.reset.then_some(true),
            live: None,
        })
    }
}

/// Whom a message names.
fn named(message: &Message) -> impl Iterator<Item = &str> {
    let quoted = message.reply_to.as_ref().map(|quote| &quote.sender_id);
    let told = message.event.as_ref().and_then(|event| event.user_id.as_ref());
    let reacted = message.reactions.iter().flat_map(|one| &one.user_ids);
    let called = message.call.iter().flat_map(|call| call.devices.keys().chain(&call.declined_by));
    iter::once(&message.sender_id).chain(quoted).chain(told).chain(reacted).chain(called).map(String::as_str)
}

/// The newest messages of a conversation, and its cursor after them.
pub(super) type Newest = (ConversationCursor, Vec<Message>);

/// The newest `limit` messages of a conversation.
pub(super) async fn newest(cx: &Context, log: LogView<'_>, limit: usize) -> Result<Newest> {
    let (listed, _) = history::page(cx, log, u64::MAX, limit).await?;
    let mut cursor = LogCursor::at_end(log.row);
    cursor.show(listed.iter().map(|one| &*one.row), log.row.log.change, log.is_over_at());
    let mut end = ConversationCursor::new(log.id.as_str(), cursor.clone());
    let segment = Segment { listed, renamed: Vec::new(), cursor, watermarks: log.row.watermarks() };
    let messages = show(cx, log, &mut end, segment).await?;
    Ok((end, messages))
}

/// The messages of a piece of a conversation, at the end of which `cursor` is then.
async fn show(
    cx: &Context,
    log: LogView<'_>,
    cursor: &mut ConversationCursor,
    segment: Segment,
) -> Result<Vec<Message>> {
    cursor.cursor = segment.cursor;
    cursor.proves_delivery |= log.row.is_undelivered(log.viewer, cursor.cursor.position.number);
    render::of_log(cx, log, segment.watermarks, segment.listed).await
}
