//! The events of a conversation, made from its log when they are delivered.

use super::{channel::Channel, port::HostEvent, reported::ReportedRow};
use crate::{
    base::{
        error::Result,
        id::{ConversationId, MessageId, UserId},
        rows,
        time::iso,
    },
    context::Context,
    keys,
    log::{
        change::{ChangeKind, ChangeRow},
        position::Position,
    },
    messages::{quote::author_id, row::MessageRow},
};
use futures_util::try_join;
use jobline_store::{Consistency, Direction, Key};
use jobline_wire::MessageType;
use serde_json::{Value, json};

/// How many rows of each kind are read at once.
const PAGE: usize = 50;

/// One change of the log, or a report between two of them.
pub(crate) enum Entry {
    Message(Box<MessageRow>),
    Change(ChangeRow),
    /// A change of a call or of a text, with the current message.
    OfMessage(ChangeRow, Box<MessageRow>),
    Report(ReportedRow),
}

/// The next entries of a conversation, in order.
pub(crate) struct Entries {
    pub entries: Vec<Entry>,
    /// Nothing comes after them up to the end that was asked for.
    pub is_all: bool,
}

impl Entry {
    fn number(&self) -> u64 {
        match self {
            Self::Message(row) => row.change,
            Self::Change(row) | Self::OfMessage(row, _) => row.number,
            Self::Report(row) => row.change,
        }
    }

    /// The position after it, of a log that was at `before`.
    pub fn after(&self, before: Position) -> Position {
        match self {
            Self::Message(row) => Position { change: row.change, number: row.number, at: row.at },
            Self::Change(row) | Self::OfMessage(row, _) => Position { change: row.number, ..before },
            Self::Report(_) => before,
        }
    }

    /// Its events for the host, in order. Most changes have none.
    pub fn events(&self, id: &ConversationId, users: &[UserId], with_content: bool) -> Vec<HostEvent> {
        match self {
            Self::Message(row) => of_message(id, users, row, with_content),
            Self::Change(row) => of_change(id, users, row, None).into_iter().collect(),
            Self::OfMessage(change, message) if change.kind == ChangeKind::Called => {
                of_call(id, users, change, message).into_iter().collect()
            }
            Self::OfMessage(change, message) => {
                of_change(id, users, change, text(message, with_content)).into_iter().collect()
            }
            Self::Report(row) => vec![of_report(id, row, with_content)],
        }
    }

    /// The row that is deleted once it was delivered.
    pub fn own_row(&self, id: &ConversationId) -> Option<Key> {
        match self {
            Self::Report(row) => Some(keys::reported(id, row.change, &row.id)),
            _ => None,
        }
    }
}

/// The entries after `from` and up to `end`, as many as one read returns.
pub(crate) async fn entries(
    cx: &Context,
    channel: Channel,
    id: &ConversationId,
    from: Position,
    end: Position,
) -> Result<Entries> {
    let range = keys::messages(id, from.at, u64::MAX, Direction::Ascending, PAGE, Consistency::Strong);
    let (messages, changes, reports) = try_join!(
        cx.db.decode_range::<MessageRow>(range),
        cx.db.decode_range::<ChangeRow>(keys::changes(id, from.change + 1, PAGE)),
        reports(cx, channel, id),
    )?;
    // Beyond a page that is full there may be more, which come before what the other pages hold.
    let full_until = |last: Option<u64>| last.unwrap_or(u64::MAX);
    let until = full_until(messages.get(PAGE - 1).map(|row| row.change))
        .min(full_until(changes.get(PAGE - 1).map(|row| row.number)))
        .min(full_until(reports.get(PAGE - 1).map(|row| row.change)));
    let is_all = until >= end.change && reports.len() < PAGE;
    let until = until.min(end.change);
    let messages = messages.into_iter().map(|row| Entry::Message(Box::new(row)));
    let mut entries: Vec<Entry> = messages.chain(changes.into_iter().map(Entry::Change)).collect();
    entries.retain(|entry| from.change < entry.number());
    entries.extend(reports.into_iter().map(Entry::Report));
    entries.retain(|entry| entry.number() <= until);
    // A report is made after the change that it names, and the sort is stable.
    entries.sort_by_key(Entry::number);
    for entry in &mut entries {
        with_message(cx, id, entry).await?;
    }
    Ok(Entries { entries, is_all })
}

/// The reports that were not delivered to the host yet; other channels deliver none.
async fn reports(cx: &Context, channel: Channel, id: &ConversationId) -> Result<Vec<ReportedRow>> {
    match channel {
        Channel::Webhook => cx.db.decode_range(keys::all_reported(id, PAGE)).await,
        Channel::Mail | Channel::Push => Ok(Vec::new()),
    }
}

/// Adds its message to the change of a call or of a text, unless that has expired.
async fn with_message(cx: &Context, id: &ConversationId, entry: &mut Entry) -> Result<()> {
    let Entry::Change(change) = entry else { return Ok(()) };
    let has_event = matches!(change.kind, ChangeKind::Called | ChangeKind::Edited);
    let Some(message) = change.message.as_deref().filter(|_| has_event) else { return Ok(()) };
    let Some(message) = MessageId::new(message) else { return Ok(()) };
    let row = cx.db.get(&keys::message(id, &message), Consistency::Strong).await?;
    if let Some(row) = row {
        *entry = Entry::OfMessage(change.clone(), Box::new(rows::decode(&row)?));
    }
    Ok(())
}

fn of_message(id: &ConversationId, users: &[UserId], row: &MessageRow, with_content: bool) -> Vec<HostEvent> {
    let mut events = Vec::new();
    if row.number == 1 {
        let participants: Vec<&str> = users.iter().map(UserId::as_str).collect();
        let data = json!({"conversationId": id.as_str(), "participants": participants, "jobId": row.job});
        events.push(event(id, row.change, "conversation.started", row.at, data));
    }
    let mut data = json!({
        "conversationId": id.as_str(),
        "messageId": row.id,
        "number": row.number,
        "senderId": author_id(users, row.from),
        "type": MessageType::from(&row.kind),
        "jobId": row.job,
    });
    if let Some(text) = text(row, with_content) {
        data["content"] = text.into();
    }
    events.push(event(id, row.change, "message.sent", row.at, data));
    events
}

/// The current text of a message, if the host wants texts.
fn text(row: &MessageRow, with_content: bool) -> Option<&str> {
    (with_content && row.deleted.is_none()).then_some(&*row.text)
}

fn of_change(id: &ConversationId, users: &[UserId], row: &ChangeRow, text: Option<&str>) -> Option<HostEvent> {
    let by = author_id(users, row.by);
    let (kind, data) = match row.kind {
        ChangeKind::Edited => ("message.edited", json!({"messageId": row.message, "senderId": by})),
        ChangeKind::Deleted => ("message.deleted", json!({"messageId": row.message, "deletedBy": by})),
        ChangeKind::Read => ("message.read", json!({"userId": by, "readUpTo": row.to.number})),
        _ => return None,
    };
    let mut data = data;
    data["conversationId"] = Value::from(id.as_str());
    if let Some(text) = text {
        data["content"] = text.into();
    }
    Some(event(id, row.number, kind, row.at, data))
}

/// A call changes when somebody joins or leaves it, and when it ends; only the end is an event.
fn of_call(id: &ConversationId, users: &[UserId], change: &ChangeRow, message: &MessageRow) -> Option<HostEvent> {
    let row = message.call.as_ref().filter(|row| row.over_since().is_some_and(|over| change.at >= over))?;
    let data = json!({
        "conversationId": id.as_str(),
        "callId": message.id,
        "startedBy": author_id(users, message.from),
        "media": row.media(),
        "state": row.state(message.at, change.at),
        "startedAt": iso(message.at),
        "acceptedAt": row.accepted.map(iso),
        "endedAt": row.ended_at(message.at, change.at).map(iso),
    });
    Some(event(id, change.number, "call.ended", change.at, data))
}

fn of_report(id: &ConversationId, row: &ReportedRow, with_content: bool) -> HostEvent {
    let data = json!({
        "conversationId": id.as_str(),
        "reportId": row.id,
        "reporterId": row.by,
        "messageId": row.message,
        "reason": with_content.then_some(&row.reason),
    });
    named(format!("{}/{}/report.created", id.as_str(), row.id), "report.created", row.at, data)
}

/// The event that `user` has not read `first` and what follows it, `count` messages in all.
pub(super) fn of_unread(id: &ConversationId, user: &UserId, first: &MessageRow, count: u64, at: u64) -> HostEvent {
    let user = user.as_str();
    let data = json!({
        "conversationId": id.as_str(),
        "userId": user,
        "messageId": first.id,
        "number": first.number,
        "unreadCount": count,
    });
    named(format!("{}/{}/user.unread/{user}", id.as_str(), first.change), "user.unread", at, data)
}

fn event(id: &ConversationId, change: u64, kind: &str, at: u64, data: Value) -> HostEvent {
    named(format!("{}/{change}/{kind}", id.as_str()), kind, at, data)
}

/// Fields that are null are left out.
fn named(id: String, kind: &str, at: u64, mut data: Value) -> HostEvent {
    if let Some(fields) = data.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    let body = json!({"type": kind, "timestamp": iso(at), "data": data}).to_string();
    HostEvent { id, body }
}
