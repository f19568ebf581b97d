//! The events of a conversation, made from its log when they are delivered.

use super::port::OutsideEvent;
use crate::{
    base::{error::Result, id::ConversationId, time::iso},
    context::Context,
    keys,
    log::{
        change::{ChangeKind, ChangeRow},
        position::Position,
    },
    messages::{quote::author_id, row::MessageRow},
};
use futures_util::try_join;
use jobline_store::{Consistency, Direction};
use jobline_wire::MessageType;
use serde_json::{Value, json};

/// How many rows of each kind are read at once.
const PAGE: usize = 50;

/// One change of the log.
pub(crate) enum Entry {
    Message(Box<MessageRow>),
    Change(ChangeRow),
}

impl Entry {
    fn number(&self) -> u64 {
        match self {
            Self::Message(row) => row.change,
            Self::Change(row) => row.number,
        }
    }

    /// The position after it, of a log that was at `before`.
    pub fn after(&self, before: Position) -> Position {
        match self {
            Self::Message(row) => Position { change: row.change, number: row.number, at: row.at },
            Self::Change(row) => Position { change: row.number, ..before },
        }
    }

    /// What it is for the host, in order. Most changes are nothing.
    pub fn events(&self, id: &ConversationId, with_content: bool) -> Vec<OutsideEvent> {
        match self {
            Self::Message(row) => of_message(id, row, with_content),
            Self::Change(row) => of_change(id, row).into_iter().collect(),
        }
    }
}

/// The changes of the log after `from` and up to `end`, as far as they are read at once; empty when none is kept.
pub(crate) async fn entries(cx: &Context, id: &ConversationId, from: Position, end: Position) -> Result<Vec<Entry>> {
    let range = keys::messages(id, from.at, u64::MAX, Direction::Ascending, PAGE, Consistency::Strong);
    let (messages, changes) = try_join!(
        cx.db.decode_range::<MessageRow>(range),
        cx.db.decode_range::<ChangeRow>(keys::changes(id, from.change + 1, PAGE)),
    )?;
    // Beyond a page that is full there may be more, which come before what the other page holds.
    let mut until = end.change;
    if let Some(last) = messages.get(PAGE - 1) {
        until = until.min(last.change);
    }
    if let Some(last) = changes.get(PAGE - 1) {
        until = until.min(last.number);
    }
    let messages = messages.into_iter().map(|row| Entry::Message(Box::new(row)));
    let mut entries: Vec<Entry> = messages.chain(changes.into_iter().map(Entry::Change)).collect();
    entries.retain(|entry| from.change < entry.number() && entry.number() <= until);
    entries.sort_by_key(Entry::number);
    Ok(entries)
}

fn of_message(id: &ConversationId, row: &MessageRow, with_content: bool) -> Vec<OutsideEvent> {
    let mut events = Vec::new();
    if row.number == 1 {
        let participants = id.pair().each_ref().map(ToString::to_string);
        let data = json!({"conversationId": id.as_str(), "participants": participants, "jobId": row.job});
        events.push(event(id, row.change, "conversation.started", row.at, data));
    }
    let mut data = json!({
        "conversationId": id.as_str(),
        "messageId": row.id,
        "number": row.number,
        "senderId": author_id(id, row.from),
        "type": MessageType::from(&row.kind),
        "jobId": row.job,
    });
    if with_content && row.deleted.is_none() {
        data["content"] = Value::from(row.text.clone());
    }
    events.push(event(id, row.change, "message.sent", row.at, data));
    events
}

fn of_change(id: &ConversationId, row: &ChangeRow) -> Option<OutsideEvent> {
    let by = author_id(id, row.by);
    let (kind, data) = match row.kind {
        ChangeKind::Edited => ("message.edited", json!({"messageId": row.message, "senderId": by})),
        ChangeKind::Deleted => ("message.deleted", json!({"messageId": row.message, "deletedBy": by})),
        ChangeKind::Read => ("message.read", json!({"userId": by, "readUpTo": row.to.number})),
        _ => return None,
    };
    let mut data = data;
    data["conversationId"] = Value::from(id.as_str());
    Some(event(id, row.number, kind, row.at, data))
}

/// Fields that are null are left out.
fn event(id: &ConversationId, change: u64, kind: &str, at: u64, mut data: Value) -> OutsideEvent {
    if let Some(fields) = data.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    let body = json!({"type": kind, "timestamp": iso(at), "data": data}).to_string();
    OutsideEvent { id: format!("{}/{change}/{kind}", id.as_str()), body }
}
