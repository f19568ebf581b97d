//! The contents of mail and push about unread messages, from conversation, profiles and preferences at the time of
//! sending.

use super::{lease::Leased, port::UnreadNotice, silence::Silence, unread_line::UnreadLine};
use crate::{
    base::{
        author::Author,
        error::Result,
        id::{JobId, UserId},
        rows,
    },
    context::Context,
    host::{job_row::JobRow, profile::ProfileRow},
    keys,
    messages::row::MessageRow,
    presence::preferences::{self, StoredPreferences},
};
use jobline_store::{Consistency, Direction};

/// How many of the last messages are looked through for what is unread.
const LAST: usize = 20;
/// How many unread messages a mail may quote.
const QUOTED: usize = 3;

/// The contents of a notification about a member's unread messages.
pub(super) struct NoticeContents {
    /// The name of who wrote last; `None`: the host.
    pub sender: Option<String>,
    /// The title of the job.
    pub job: Option<String>,
    /// The last ones, the oldest first.
    pub lines: Vec<UnreadLine>,
}

/// The contents about the messages that `member` has not read, without those of users they block.
pub(super) async fn contents(
    cx: &Context,
    leased: &Leased,
    member: usize,
    silence: &Silence,
) -> Result<NoticeContents> {
    let users = leased.conversation.users(&leased.id);
    let last = last_unread(cx, leased, member, silence).await?;
    let sender = match last.first().map(|row| row.from) {
        Some(Author::Member(sender)) => users.get(sender),
        _ => None,
    };
    let sender = match sender {
        Some(sender) => Some(name(cx, sender).await?),
        None => None,
    };
    let lines = last.iter().rev().map(|row| UnreadLine::of(row, cx.now())).collect();
    Ok(NoticeContents { sender, job: title(cx, leased.conversation.job).await?, lines })
}

/// The mail for a member; `None` where there is no address, or they want no mail. `id`: of the first unread message.
pub(super) async fn notice(
    cx: &Context,
    leased: &Leased,
    (member, silence): (usize, &Silence),
    id: &str,
    unread: u64,
    with_content: bool,
) -> Result<Option<UnreadNotice>> {
    let users = leased.conversation.users(&leased.id);
    let Some(user) = users.get(member) else { return Ok(None) };
    let Some(ProfileRow { email: Some(email), language, .. }) = profile(cx, user).await? else { return Ok(None) };
    let preferences = preferences::stored(cx, user).await?;
    if !preferences.mail {
        return Ok(None);
    }
    let NoticeContents { sender, job, lines } = contents(cx, leased, member, silence).await?;
    let lines = if with_content { lines } else { Vec::new() };
    let (id, user, conversation) = (id.to_owned(), user.clone(), leased.id.clone());
    let language = preferences.language.or(language);
    Ok(Some(UnreadNotice { id, user, email, conversation, sender, job, unread, lines, language }))
}

/// The language that a user reads: what they chose, or else what the host gave for them.
pub(crate) async fn language(cx: &Context, user: &UserId, preferences: StoredPreferences) -> Result<Option<String>> {
    match preferences.language {
        None => Ok(profile(cx, user).await?.and_then(|profile| profile.language)),
        chosen => Ok(chosen),
    }
}

async fn profile(cx: &Context, user: &UserId) -> Result<Option<ProfileRow>> {
    let row = cx.db.get(&keys::profile(user), Consistency::Strong).await?;
    row.as_ref().map(rows::decode).transpose()
}

/// The name to show; the id of a user whom the host has not described.
async fn name(cx: &Context, user: &UserId) -> Result<String> {
    Ok(profile(cx, user).await?.map_or_else(|| user.to_string(), |profile| profile.name))
}

async fn title(cx: &Context, job: Option<(u64, u64)>) -> Result<Option<String>> {
    let Some(id) = job.and_then(|(id, _)| JobId::parse(id).ok()) else { return Ok(None) };
    let row = cx.db.get(&keys::job(id), Consistency::Strong).await?;
    Ok(row.as_ref().map(rows::decode::<JobRow>).transpose()?.map(|job| job.title))
}

/// The last messages that `member` has not read, the newest first.
async fn last_unread(cx: &Context, leased: &Leased, member: usize, silence: &Silence) -> Result<Vec<MessageRow>> {
    let read = leased.conversation.members[member].read.at;
    // Not what was written after the conversation was read: the member may have left a crew since.
    let end = leased.conversation.log.at.saturating_add(1);
    let range = keys::messages(&leased.id, read, end, Direction::Descending, LAST, Consistency::Strong);
    let rows: Vec<MessageRow> = cx.db.decode_range(range).await?;
    let is_unread = |row: &MessageRow| row.counts_for(member) && row.deleted.is_none() && silence.lets_through(row);
    Ok(rows.into_iter().filter(is_unread).take(QUOTED).collect())
}
