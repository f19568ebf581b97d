//! Users' display data, as the host tells it, and conversations as they are shown.

use crate::{
    base::error::{Error, Result},
    base::id::{ConversationId, JobId, MessageId, UserId},
    base::rows::{self, LAYOUT},
    base::text,
    base::time::iso,
    chat::Chat,
    conversation::row::ConversationRow,
    host::jobs::JobRow,
    keys,
    messages::row::MessageRow,
};
use jobline_store::{Condition, Consistency, Direction, Key, Outcome, Row};
use jobline_wire::{Conversation, HostUser, HostUserInput, Job, Person};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// `USER#<id>` / `PROFILE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ProfileRow {
    v: u8,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl Chat {
    /// Creates or replaces a user's display data. The same again changes nothing.
    ///
    /// # Errors
    /// `invalid_request`, `unavailable`.
    pub async fn put_user(&self, id: &UserId, input: HostUserInput) -> Result<HostUser> {
        text::line("name", &input.name)?;
        check_url(input.avatar_url.as_deref())?;
        check_email(input.email.as_deref())?;
        let row = ProfileRow { v: LAYOUT, name: input.name, avatar: input.avatar_url, email: input.email };
        let key = keys::profile(id);
        let known = self.get(&key, Consistency::Strong).await?;
        if known.as_ref().map(rows::decode::<ProfileRow>).transpose()?.as_ref() != Some(&row) {
            let put = self.begin().put(key, Condition::Any, rows::encode(&row), None);
            self.commit_unconditionally(put).await?;
        }
        Ok(host_user(id, row))
    }

    /// A user's display data.
    ///
    /// # Errors
    /// `not_found`, `unavailable`.
    pub async fn get_user(&self, id: &UserId) -> Result<HostUser> {
        match self.get(&keys::profile(id), Consistency::Strong).await? {
            Some(row) => Ok(host_user(id, rows::decode(&row)?)),
            None => Err(Error::not_found("user")),
        }
    }

    /// Forgets a user's display data; what they said stays. No error when there is none.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn delete_user(&self, id: &UserId) -> Result<()> {
        self.commit_unconditionally(self.begin().delete(keys::profile(id), Condition::Any)).await
    }

    /// Carries out a commit none of whose conditions can fail.
    pub(crate) async fn commit_unconditionally(&self, builder: jobline_store::CommitBuilder) -> Result<()> {
        match self.commit(builder).await? {
            Outcome::Committed => Ok(()),
            Outcome::Conflict(keys) => {
                Err(Error::unavailable(format!("an unconditional commit lost a race for {keys:?}")))
            }
        }
    }

    /// Conversations as they are shown, with their last messages and the people and jobs they are about: one read for
    /// up to a hundred rows of these.
    pub(crate) async fn show_conversations(
        &self,
        conversations: &[(ConversationId, ConversationRow)],
        now: u64,
    ) -> Result<Vec<Conversation>> {
        let mut wanted: Vec<Key> = Vec::new();
        for (id, row) in conversations {
            wanted.extend(id.pair().iter().map(keys::profile));
            wanted.extend(last_message(id, row));
            wanted.extend(row.job.and_then(|(job, _)| JobId::parse(job).ok()).map(keys::job));
        }
        wanted.sort();
        wanted.dedup();
        let found = self.get_many(&wanted, Consistency::Strong).await?;
        let found: HashMap<Key, Row> =
            wanted.into_iter().zip(found).filter_map(|(key, row)| Some((key, row?))).collect();
        let mut shown = Vec::with_capacity(conversations.len());
        for (id, row) in conversations {
            shown.push(self.show_conversation(id, row, &found, now).await?);
        }
        Ok(shown)
    }

    async fn show_conversation(
        &self,
        id: &ConversationId,
        row: &ConversationRow,
        found: &HashMap<Key, Row>,
        now: u64,
    ) -> Result<Conversation> {
        let mut unread_count = BTreeMap::new();
        for (side, user) in id.pair().iter().enumerate() {
            unread_count.insert(user.to_string(), self.unread(id, row, side, now).await?);
        }
        let people = id.pair().iter().map(|user| person(user, found)).collect::<Result<_>>()?;
        let last = last_message(id, row).and_then(|key| found.get(&key));
        let last = rows::live::<MessageRow>(last, now)?.filter(|row| row.at >= self.horizon(now));
        Ok(Conversation {
            id: id.as_str().to_owned(),
            participants: id.pair().iter().map(UserId::to_string).collect(),
            job_id: row.job.map(|(job, _)| job),
            people,
            job: shown_job(row, found)?,
            last_message: last.as_ref().map(MessageRow::preview),
            last_message_at: last.as_ref().map(|row| iso(row.at)),
            unread_count,
            created_at: iso(row.created),
            updated_at: iso(row.updated),
        })
    }

    /// How many messages the other side wrote after the point that `side` has read, and that still exist.
    pub(crate) async fn unread(
        &self,
        id: &ConversationId,
        row: &ConversationRow,
        side: usize,
        now: u64,
    ) -> Result<u64> {
        let (unread, horizon) = (row.unread(side), self.horizon(now));
        if unread == 0 || row.sides[side].read.at >= horizon {
            return Ok(unread);
        }
        // Some of them may have expired: all that came before the oldest that is kept.
        let kept =
            keys::messages(id, horizon.saturating_sub(1), u64::MAX, Direction::Ascending, 1, Consistency::Strong);
        let gone = match self.range(kept).await?.first() {
            Some((_, row)) => {
                let oldest: MessageRow = rows::decode(row)?;
                oldest.others(side) - u64::from(oldest.from != side)
            }
            None => row.sides[1 - side].sent,
        };
        Ok(row.sides[1 - side].sent.saturating_sub(gone.max(row.sides[side].seen)))
    }
}

fn last_message(id: &ConversationId, row: &ConversationRow) -> Option<Key> {
    Some(keys::message(id, &MessageId::new(&row.last)?))
}

fn person(user: &UserId, found: &HashMap<Key, Row>) -> Result<Person> {
    let profile: Option<ProfileRow> = found.get(&keys::profile(user)).map(rows::decode).transpose()?;
    let (name, avatar_url) = profile.map_or((user.to_string(), None), |profile| (profile.name, profile.avatar));
    Ok(Person { id: user.to_string(), name, avatar_url })
}

fn shown_job(row: &ConversationRow, found: &HashMap<Key, Row>) -> Result<Option<Job>> {
    let Some(id) = row.job.and_then(|(job, _)| JobId::parse(job).ok()) else { return Ok(None) };
    let job: Option<JobRow> = found.get(&keys::job(id)).map(rows::decode).transpose()?;
    Ok(job.map(|job| Job { id: id.get(), title: job.title, status: job.status }))
}

fn host_user(id: &UserId, row: ProfileRow) -> HostUser {
    HostUser { id: id.to_string(), name: row.name, avatar_url: row.avatar, email: row.email }
}

fn check_url(url: Option<&str>) -> Result<()> {
    let Some(url) = url else { return Ok(()) };
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let plain = |rest: &str| !rest.is_empty() && !rest.chars().any(|c| c.is_control() || c.is_whitespace());
    if url.len() <= 2_048 && rest.is_some_and(plain) {
        return Ok(());
    }
    Err(Error::invalid("avatarUrl", "avatarUrl is an http or https URL of at most 2048 bytes."))
}

fn check_email(email: Option<&str>) -> Result<()> {
    let Some(email) = email else { return Ok(()) };
    let halves = email.rsplit_once('@').filter(|(user, domain)| !user.is_empty() && !domain.is_empty());
    if email.len() <= 254 && halves.is_some() && !email.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Ok(());
    }
    Err(Error::invalid("email", "email is an address such as anna@example.com, of at most 254 bytes."))
}
