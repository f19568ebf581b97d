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
    log::view::LogView,
    user::mute,
};
use jobline_store::{Consistency, Key, Row};
use jobline_wire::{Conversation, ConversationKind, Job, Person, limits::CREW_PEOPLE};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

/// The rows that conversations are rendered with.
type Rows = HashMap<Key, Row>;

/// Conversations as they are answered to `me`, who sees their rows so. Their last messages, people and jobs take one round
/// trip for each hundred rows. `named`: whom else the answer names, beside the five people of a crew.
pub(crate) async fn conversations(
    cx: &Context,
    me: &UserId,
    conversations: &[(ConversationId, ConversationRow)],
    named: &BTreeSet<&str>,
    now: u64,
) -> Result<Vec<Conversation>> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    let shown: Vec<Shown<'_>> = conversations.iter().map(|(id, row)| Shown::new(me, id, row, named)).collect();
    let rows = rows_of(cx, &shown).await?;
    let mut rendered = Vec::with_capacity(conversations.len());
    for one in &shown {
        let conversation = conversation(cx, one, &rows, now).await?;
        rendered.push(as_seen_by(one, conversation, now));
    }
    Ok(rendered)
}

/// A conversation, and which of its members are shown.
struct Shown<'a> {
    id: &'a ConversationId,
    row: &'a ConversationRow,
    users: Cow<'a, [UserId]>,
    /// The member whom it is shown to.
    viewer: Option<usize>,
    /// The members who take part.
    members: Vec<usize>,
    /// Those of whom name and picture are shown.
    people: Vec<usize>,
}

impl<'a> Shown<'a> {
    fn new(me: &UserId, id: &'a ConversationId, row: &'a ConversationRow, named: &BTreeSet<&str>) -> Self {
        let (users, viewer) = (row.users(id), row.member(id, me));
        let members = viewer.map_or_else(|| row.all_in(), |viewer| row.members_for(viewer));
        let mut people = members.clone();
        if row.crew.is_some() {
            people.truncate(CREW_PEOPLE);
            let is_named = |member: &usize| viewer == Some(*member) || named.contains(users[*member].as_str());
            let others: Vec<usize> = (0..users.len()).filter(|one| !people.contains(one) && is_named(one)).collect();
            people.extend(others);
        }
        Self { id, row, users, viewer, members, people }
    }

    fn names(&self, members: &[usize]) -> Vec<String> {
        members.iter().filter_map(|member| Some(self.users.get(*member)?.to_string())).collect()
    }

    fn people(&self) -> impl Iterator<Item = &UserId> {
        self.people.iter().filter_map(|member| self.users.get(*member))
    }

    /// Whose unread messages are counted: everybody's, for one who has left only their own.
    fn counted(&self) -> Vec<usize> {
        match self.viewer.filter(|viewer| !self.row.is_in(*viewer)) {
            Some(viewer) => vec![viewer],
            None => self.members.clone(),
        }
    }
}

/// Adds what only the member `me` sees: what they decided for themselves.
fn as_seen_by(one: &Shown<'_>, shown: Conversation, now: u64) -> Conversation {
    let Some(member) = one.viewer.and_then(|viewer| one.row.members.get(viewer)) else { return shown };
    let muted_until = mute::shown(member.muted_until, now);
    Conversation { muted_until, blocked: member.blocks.then_some(true), ..shown }
}

/// Users as they are shown, in their order.
pub(crate) async fn people(cx: &Context, users: &[UserId]) -> Result<Vec<Person>> {
    let keys: Vec<Key> = users.iter().map(keys::profile).collect();
    let found = cx.db.get_many(&keys, Consistency::Strong).await?;
    let rows: Rows = keys.into_iter().zip(found).filter_map(|(key, row)| Some((key, row?))).collect();
    users.iter().map(|user| person(user, &rows)).collect()
}

async fn rows_of(cx: &Context, shown: &[Shown<'_>]) -> Result<Rows> {
    let mut wanted: Vec<Key> = Vec::new();
    for one in shown {
        wanted.extend(one.people().map(keys::profile));
        wanted.extend(last_message_key(one.id, one.row));
        wanted.extend(one.row.job.and_then(|(job, _)| JobId::parse(job).ok()).map(keys::job));
    }
    wanted.sort();
    wanted.dedup();
    let found = cx.db.get_many(&wanted, Consistency::Strong).await?;
    Ok(wanted.into_iter().zip(found).filter_map(|(key, row)| Some((key, row?))).collect())
}

async fn conversation(cx: &Context, one: &Shown<'_>, rows: &Rows, now: u64) -> Result<Conversation> {
    let Shown { id, row, .. } = *one;
    let mut unread_count = BTreeMap::new();
    let counted = one.counted();
    for (member, count) in counted.iter().zip(unread::counts(cx, id, row, &counted, now).await?) {
        let Some(user) = one.users.get(*member) else { continue };
        unread_count.insert(user.to_string(), count);
    }
    let last = match last_message_key(id, row) {
        Some(key) => cx.memos.messages.live(&key, rows.get(&key), now)?,
        None => None,
    };
    let horizon = match one.viewer {
        Some(viewer) => LogView { id, row, viewer, now }.horizon(cx),
        None => cx.retention.horizon(now),
    };
    let last = last.filter(|row| row.at >= horizon);
    Ok(Conversation {
        id: id.as_str().to_owned(),
        kind: if row.crew.is_some() { ConversationKind::Crew } else { ConversationKind::Pair },
        participants: one.names(&one.members),
        job_id: row.job.map(|(job, _)| job),
        people: one.people().map(|user| person(user, rows)).collect::<Result<_>>()?,
        job: job(one, rows)?,
        last_message: last.as_ref().map(|row| row.preview()),
        last_message_type: last.as_ref().map(|row| (&row.kind).into()),
        last_message_at: last.as_ref().map(|row| iso(row.at)),
        unread_count,
        muted_until: None,
        blocked: None,
        created_at: iso(row.created),
        updated_at: iso(row.updated),
    })
}

/// A pair without a row, and without stored data of its members.
pub(crate) fn between_strangers(id: &ConversationId, now: u64) -> Conversation {
    let pair = id.pair().map_or_else(<&[UserId]>::default, |pair| pair.as_slice());
    let people = pair.iter().map(|user| Person { id: user.to_string(), name: user.to_string(), avatar_url: None });
    Conversation {
        id: id.as_str().to_owned(),
        kind: ConversationKind::Pair,
        participants: pair.iter().map(UserId::to_string).collect(),
        job_id: None,
        people: people.collect(),
        job: None,
        last_message: None,
        last_message_type: None,
        last_message_at: None,
        unread_count: pair.iter().map(|user| (user.to_string(), 0)).collect(),
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

/// The job; for one who has left a crew as they knew it.
fn job(one: &Shown<'_>, rows: &Rows) -> Result<Option<Job>> {
    let Some(id) = one.row.job.and_then(|(job, _)| JobId::parse(job).ok()) else { return Ok(None) };
    if let Some(left) = one.viewer.and_then(|viewer| one.row.left(viewer)) {
        return Ok(left.job.clone().map(|job| Job { id: id.get(), title: job.title, status: job.status }));
    }
    let job: Option<JobRow> = rows.get(&keys::job(id)).map(rows::decode).transpose()?;
    Ok(job.map(|job| Job { id: id.get(), title: job.title, status: job.status }))
}
