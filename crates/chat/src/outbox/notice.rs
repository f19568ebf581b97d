//! What a mail about unread messages says, as the conversation, the profiles and the preferences stand when it is sent.

use super::{lease::Leased, port::UnreadNotice};
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
    presence::preferences,
};
use jobline_store::{Consistency, Direction};

/// How many of the last messages are looked through for what is unread.
const LAST: usize = 20;
/// How many unread messages a mail may quote.
const QUOTED: usize = 3;

/// The notice for `member`; `None` where there is no address, or they want no mail. `id`: of the first unread message.
pub(super) async fn notice(
    cx: &Context,
    leased: &Leased,
    member: usize,
    id: &str,
    unread: u64,
    with_content: bool,
) -> Result<Option<UnreadNotice>> {
    let users = leased.conversation.users(&leased.id);
    let Some(user) = users.get(member) else { return Ok(None) };
    let Some(email) = address(cx, user).await? else { return Ok(None) };
    let last = last_unread(cx, leased, member).await?;
    let sender = match last.first().map(|row| row.from) {
        Some(Author::Member(sender)) => users.get(sender),
        _ => None,
    };
    let sender = match sender {
        Some(sender) => Some(name(cx, sender).await?),
        None => None,
    };
    let lines = last.iter().rev().filter(|_| with_content).map(MessageRow::preview).collect();
    Ok(Some(UnreadNotice {
        id: id.to_owned(),
        user: user.clone(),
        email,
        conversation: leased.id.clone(),
        sender,
        job: title(cx, leased.conversation.job).await?,
        unread,
        lines,
    }))
}

/// Where a user gets mail, unless they want none.
async fn address(cx: &Context, user: &UserId) -> Result<Option<String>> {
    match profile(cx, user).await?.and_then(|profile| profile.email) {
        Some(email) if preferences::get(cx, user).await?.mail => Ok(Some(email)),
        _ => Ok(None),
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
async fn last_unread(cx: &Context, leased: &Leased, member: usize) -> Result<Vec<MessageRow>> {
    let read = leased.conversation.members[member].read.at;
    let range = keys::messages(&leased.id, read, u64::MAX, Direction::Descending, LAST, Consistency::Strong);
    let rows: Vec<MessageRow> = cx.db.decode_range(range).await?;
    let is_unread = |row: &MessageRow| row.counts_for(member) && row.deleted.is_none();
    Ok(rows.into_iter().filter(is_unread).take(QUOTED).collect())
}
