//! Lines from the host in a conversation: texts, which count as unread, and events, which do not.

use super::{
    idempotency::{self, Repetition, SentRow},
    kind::MessageKind,
    render,
    row::{ListedMessage, MessageRow},
};
use crate::{
    base::{
        attempts::Attempts,
        author::HOST_ID,
        clock::nanoid,
        error::{Error, Result},
        id::{ConversationId, MessageId, UserId},
        rows::{self, LAYOUT},
        text,
    },
    context::Context,
    conversation::{crew, update::ConversationUpdate, watermarks::Watermarks},
    keys,
    user::blocks::FirstBlocks,
};
use jobline_store::{Condition, Outcome};
use jobline_wire::{HostMessageInput, HostMessageType, SentMessage, Status, limits::EVENT_DATA_BYTES};
use std::sync::Arc;

/// A line whose form is right.
struct HostLine {
    conversation: ConversationId,
    /// The conversation was named by its id, so it has to exist.
    must_exist: bool,
    text: String,
    kind: MessageKind,
    data: Option<serde_json::Map<String, serde_json::Value>>,
    client_id: Option<String>,
}

/// Adds a line from the host to a conversation. Repeated with the same `clientId` it answers the first line again.
///
/// # Errors
/// `invalid_request`, `content_empty`, `content_too_long`, `not_found`, `client_id_reused`, `unavailable`.
pub(crate) async fn post(cx: &Context, input: HostMessageInput) -> Result<SentMessage> {
    let line = HostLine::check(input)?;
    let repetition = line.repetition();
    if let Some(job) = line.conversation.crew_job() {
        crew::open(cx, &line.conversation, job).await?;
    }
    let mut attempts = Attempts::strong(&cx.db);
    let (listed, watermarks) = loop {
        if let Some(first) = idempotency::sent_before(cx, &repetition).await? {
            break first;
        }
        let now = cx.now();
        let consistency = attempts.consistency();
        let mut update = ConversationUpdate::load_or_new(cx, &line.conversation, consistency, &[], now).await?;
        if line.must_exist && update.is_new() {
            return Err(Error::not_found("conversation"));
        }
        let blocks = match update.is_new() {
            true => Some(FirstBlocks::read(cx, &mut update).await?),
            false => None,
        };
        match commit(cx, &line, &repetition, update, blocks, now).await? {
            Ok(row) => break (ListedMessage { updated: row.at, row: Arc::new(row) }, Watermarks::default()),
            Err(keys) => attempts.after_conflict(&keys).await?,
        }
    };
    // The host is no member: it sees the line as the first member does, without receipts.
    let message = render::for_member(cx, &line.conversation, 0, watermarks, listed).await?;
    let message = jobline_wire::Message { status: Status::Sent, client_id: line.client_id, ..message };
    Ok(SentMessage { conversation_id: message.conversation_id.clone(), message })
}

/// The stored line, or what was in the way.
async fn commit(
    cx: &Context,
    line: &HostLine,
    repetition: &Repetition<'_>,
    mut update: ConversationUpdate,
    blocks: Option<FirstBlocks>,
    now: u64,
) -> Result<std::result::Result<MessageRow, Vec<jobline_store::Key>>> {
    let before = update.row.log;
    let id = MessageId::make(update.row.next_at(now), &nanoid(&*cx.random));
    update.row.append_host_line(&id, line.kind == MessageKind::Event);
    let members = update.row.all_in();
    update.tell(&members, before, now)?;
    let row = line.row(&update, &id);
    let expires = cx.retention.expires(row.at);
    let key = keys::message(&line.conversation, &id);
    let mut commit = cx.db.begin().put(key, Condition::Any, rows::encode(&row), expires);
    if let Some(key) = repetition.key.clone() {
        let sent = SentRow { v: LAYOUT, message: row.id.clone(), input: repetition.fingerprint.clone() };
        commit = commit.put(key, Condition::Absent, rows::encode(&sent), expires);
    }
    if before.number == 0 && line.conversation.pair().is_some() {
        commit = update.put_memberships(commit);
    }
    if let Some(blocks) = &blocks {
        commit = blocks.check(commit);
    }
    Ok(match update.commit(cx, commit).await? {
        Outcome::Committed => Ok(row),
        Outcome::Conflict(keys) => Err(keys),
    })
}

impl HostLine {
    fn check(input: HostMessageInput) -> Result<Self> {
        let (conversation, must_exist) = addressed(input.conversation_id.as_deref(), input.user_ids)?;
        text::client_id(input.client_id.as_deref())?;
        let is_event = input.kind == Some(HostMessageType::Event);
        Ok(Self {
            conversation,
            must_exist,
            text: text::content(Some(input.content), false)?,
            kind: if is_event { MessageKind::Event } else { MessageKind::Text },
            data: input.data.map(|data| check_data(data, is_event)).transpose()?,
            client_id: input.client_id,
        })
    }

    fn repetition(&self) -> Repetition<'_> {
        let key = self.client_id.as_deref().map(|client| keys::sent(&self.conversation, HOST_ID, client));
        let parts = rows::encode(&(&self.text, &self.kind, &self.data));
        let fingerprint = blake3::hash(&parts).to_hex()[..32].to_owned();
        Repetition { conversation: &self.conversation, viewer: 0, key, fingerprint }
    }

    fn row(&self, update: &ConversationUpdate, id: &MessageId) -> MessageRow {
        let row = MessageRow::of_host(&update.row, id, self.kind.clone(), self.text.clone());
        MessageRow { client: self.client_id.clone(), data: self.data.clone(), ..row }
    }
}

fn addressed(conversation_id: Option<&str>, user_ids: Option<Vec<String>>) -> Result<(ConversationId, bool)> {
    match (conversation_id, user_ids) {
        (Some(id), None) => {
            Ok((ConversationId::new(id).ok_or_else(|| Error::not_found("conversation").at("conversationId"))?, true))
        }
        (None, Some(users)) => {
            let [one, other] = users.as_slice() else { return Err(two_users()) };
            let (one, other) = (UserId::parse("userIds", one)?, UserId::parse("userIds", other)?);
            Ok((ConversationId::of(&one, &other).ok_or_else(two_users)?, false))
        }
        _ => Err(Error::invalid("conversationId", "Name the conversation once: send conversationId or userIds.")),
    }
}

fn two_users() -> Error {
    Error::invalid("userIds", "userIds names two different users.")
}

fn check_data(
    data: serde_json::Map<String, serde_json::Value>,
    is_event: bool,
) -> Result<serde_json::Map<String, serde_json::Value>> {
    if !is_event {
        return Err(Error::invalid("data", "data comes with type event alone. Leave it out, or send an event."));
    }
    if rows::encode(&data).len() > EVENT_DATA_BYTES {
        return Err(Error::invalid("data", format!("data has at most {EVENT_DATA_BYTES} bytes of JSON.")));
    }
    Ok(data)
}
