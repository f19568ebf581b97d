//! Conversations as they are answered, with the people, the job and the last message.

use super::{row::ConversationRow, unread};
use crate::{
    base::{
        error::Result,
        id::{ConversationId, JobId, MessageId, UserId},
        rows,
        time::iso,
    },
    context::Context,
    host::{job_row::JobRow, profile::ProfileRow},
    keys,
    messages::row::MessageRow,
    user::mute,
};
use jobline_store::{Consistency, Key, Row};
use jobline_wire::{Conversation, ConversationKind, Job, Person};
use std::collections::{BTreeMap, HashMap};

/// The rows that conversations are rendered with.
type Rows = HashMap<Key, Row>;

/// Conversations as they are answered. Their last messages, people and jobs take one round trip for each hundred rows.
pub(crate) async fn conversations(
    cx: &Context,
    me: &UserId,
    conversations: &[(ConversationId, ConversationRow)],
    now: u64,
) -> Result<Vec<Conversation>> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    let rows = rows_of(cx, conversations).await?;
    let mut rendered = Vec::with_capacity(conversations.len());
    for (id, row) in conversations {
        let shown = conversation(cx, id, row, &rows, now).await?;
        rendered.push(as_seen_by(me, id, row, shown, now));
    }
    Ok(rendered)
}

/// Adds what only the member `me` sees: what they decided for themselves.
fn as_seen_by(me: &UserId, id: &ConversationId, row: &ConversationRow, shown: Conversation, now: u64) -> Conversation {
    let Some(member) = id.side(me).map(|member| row.members[member]) else { return shown };
    let muted_until = mute::shown(member.muted_until, now);
    Conversation { muted_until, blocked: member.blocks.then_some(true), ..shown }
}

/// The two members as they are shown.
pub(crate) async fn people(cx: &Context, id: &ConversationId) -> Result<Vec<Person>> {
    let keys: Vec<Key> = id.pair().iter().map(keys::profile).collect();
    let found = cx.db.get_many(&keys, Consistency::Strong).await?;
    let rows: Rows = keys.into_iter().zip(found).filter_map(|(key, row)| Some((key, row?))).collect();
    id.pair().iter().map(|user| person(user, &rows)).collect()
}

async fn rows_of(cx: &Context, conversations: &[(ConversationId, ConversationRow)]) -> Result<Rows> {
    let mut wanted: Vec<Key> = Vec::new();
    for (id, row) in conversations {
        wanted.extend(id.pair().iter().map(keys::profile));
        wanted.extend(last_message_key(id, row));
        wanted.extend(row.job.and_then(|(job, _)| JobId::parse(job).ok()).map(keys::job));
    }
    wanted.sort();
    wanted.dedup();
    let found = cx.db.get_many(&wanted, Consistency::Strong).await?;
    Ok(wanted.into_iter().zip(found).filter_map(|(key, row)| Some((key, row?))).collect())
}

async fn conversation(
    cx: &Context,
    id: &ConversationId,
    row: &ConversationRow,
    rows: &Rows,
    now: u64,
) -> Result<Conversation> {
    let mut unread_count = BTreeMap::new();
    for (member, user) in id.pair().iter().enumerate() {
        unread_count.insert(user.to_string(), unread::count(cx, id, row, member, now).await?);
    }
    let last = last_message_key(id, row).and_then(|key| rows.get(&key));
    let last = rows::live::<MessageRow>(last, now)?.filter(|row| row.at >= cx.retention.horizon(now));
    Ok(Conversation {
        id: id.as_str().to_owned(),
        kind: ConversationKind::Pair,
        participants: id.pair().iter().map(UserId::to_string).collect(),
        job_id: row.job.map(|(job, _)| job),
        people: id.pair().iter().map(|user| person(user, rows)).collect::<Result<_>>()?,
        job: job(row, rows)?,
        last_message: last.as_ref().map(MessageRow::preview),
        last_message_type: last.as_ref().map(|row| (&row.kind).into()),
        last_message_at: last.as_ref().map(|row| iso(row.at)),
        unread_count,
        muted_until: None,
        blocked: None,
        created_at: iso(row.created),
        updated_at: iso(row.updated),
    })
}

/// A conversation that has not begun, without anything that is stored of its members.
pub(crate) fn between_strangers(id: &ConversationId, now: u64) -> Conversation {
    let people = id.pair().iter().map(|user| Person { id: user.to_string(), name: user.to_string(), avatar_url: None });
    Conversation {
        id: id.as_str().to_owned(),
        kind: ConversationKind::Pair,
        participants: id.pair().iter().map(UserId::to_string).collect(),
        job_id: None,
        people: people.collect(),
        job: None,
        last_message: None,
        last_message_type: None,
        last_message_at: None,
        unread_count: id.pair().iter().map(|user| (user.to_string(), 0)).collect(),
        muted_until: None,
        blocked: None,
        created_at: iso(now),
        updated_at: iso(now),
    }
}

fn last_message_key(id: &ConversationId, row: &ConversationRow) -> Option<Key> {
    Some(keys::message(id, &MessageId::new(&row.last)?))
}

fn person(user: &UserId, rows: &Rows) -> Result<Person> {
    let profile: Option<ProfileRow> = rows.get(&keys::profile(user)).map(rows::decode).transpose()?;
    let (name, avatar_url) = profile.map_or((user.to_string(), None), |profile| (profile.name, profile.avatar));
    Ok(Person { id: user.to_string(), name, avatar_url })
}

fn job(row: &ConversationRow, rows: &Rows) -> Result<Option<Job>> {
    let Some(id) = row.job.and_then(|(job, _)| JobId::parse(job).ok()) else { return Ok(None) };
    let job: Option<JobRow> = rows.get(&keys::job(id)).map(rows::decode).transpose()?;
    Ok(job.map(|job| Job { id: id.get(), title: job.title, status: job.status }))
}
