//! The row of a crew is stored in parts: see `crew_row.rs`. Reads combine them.
//!
//! The conversation's row and the roster belong together where their revisions say so; a commit that changes the roster
//! writes both. Marks are read after the row, so they are at least as new: an unread count never predates a deletion
//! that the member has seen.

use super::{
    crew_row::{CrewPart, MarksRow, ReadRoster, Roster, RosterRow},
    member_row::Member,
    row::ConversationRow,
};
use crate::{
    base::{
        error::{Error, Result},
        id::ConversationId,
        rows::{self, LAYOUT},
    },
    context::Context,
    keys,
};
use jobline_store::{Bytes, Condition, Consistency, Key, Row};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// How often the row and the roster are read until their revisions match.
const READINGS: usize = 16;

/// A conversation's row with the members of a crew, and the conditions that both parts are unchanged.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub row: ConversationRow,
    pub condition: Condition,
    /// Of the roster; `None` of a pair.
    pub roster: Option<Condition>,
}

/// The row of a crew with its people, without marks. `None` when it does not exist.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn crew(cx: &Context, id: &ConversationId) -> Result<Option<Stored>> {
    Ok(crew_with(cx, id, &[]).await?.0)
}

/// [`crew`], and in the same round trip the rows at `others`.
///
/// # Errors
/// `unavailable`.
pub(super) async fn crew_with(
    cx: &Context,
    id: &ConversationId,
    others: &[Key],
) -> Result<(Option<Stored>, Vec<Option<Row>>)> {
    let mut keys = vec![keys::conversation(id), keys::roster(id)];
    keys.extend(others.iter().cloned());
    for _ in 0..READINGS {
        let mut found = cx.db.get_many(&keys, Consistency::Strong).await?;
        let others = found.split_off(2);
        let Some(stored) = &found[0] else { return Ok((None, others)) };
        let row = cx.memos.conversations.decode(&keys[0], stored)?;
        if let Some(row) = with_roster(cx, &keys[1], row, found[1].as_ref())? {
            let (condition, roster) = (rows::as_read(Some(stored)), Some(rows::as_read(found[1].as_ref())));
            return Ok((Some(Stored { row, condition, roster }), others));
        }
    }
    Err(Error::unavailable("the members of a crew change faster than they can be read"))
}

/// Completes `row`, which was just read, with the members and marks of a crew. The result may be a later state of it.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn complete(cx: &Context, id: &ConversationId, row: ConversationRow) -> Result<ConversationRow> {
    if row.crew.is_none() {
        return Ok(row);
    }
    let key = keys::roster(id);
    let found = cx.db.get(&key, Consistency::Strong).await?;
    let mut row = match with_roster(cx, &key, row, found.as_ref())? {
        Some(row) => row,
        None => crew(cx, id).await?.ok_or_else(|| Error::not_found("conversation"))?.row,
    };
    add_marks(cx, id, &mut row).await?;
    Ok(row)
}

/// Adds how far each member has read.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn add_marks(cx: &Context, id: &ConversationId, row: &mut ConversationRow) -> Result<()> {
    for (place, marks) in all_marks(cx, id).await? {
        if let Some(member) = row.members.get_mut(place) {
            marks.1.complete(member);
        }
    }
    Ok(())
}

/// The marks of all members who have any, by their places.
pub(super) async fn all_marks(cx: &Context, id: &ConversationId) -> Result<BTreeMap<usize, (Condition, MarksRow)>> {
    let found = cx.db.range_all(keys::all_marks(id)).await?;
    let marks = found.iter().filter_map(|(key, row)| Some((keys::marked_member(key)?, row)));
    marks.map(|(place, row)| Ok((place, (rows::as_read(Some(row)), rows::decode(row)?)))).collect()
}

/// The row with its roster, if that belongs to it.
fn with_roster(
    cx: &Context,
    key: &Key,
    mut row: ConversationRow,
    found: Option<&Row>,
) -> Result<Option<ConversationRow>> {
    let Some(crew) = &mut row.crew else { return Ok(Some(row)) };
    let Some(found) = found else { return Ok(None) };
    let ReadRoster { revision, roster } = cx.memos.rosters.decode(key, found)?;
    if revision != crew.revision {
        return Ok(None);
    }
    let sent = crew.sent.iter().copied().chain(std::iter::repeat(0));
    row.members = roster.people.iter().zip(sent).map(|(_, sent)| Member { sent, ..Member::default() }).collect();
    crew.roster = roster;
    Ok(Some(row))
}

/// The conversation's row as it is stored: for a crew without the parts that other rows have.
pub(crate) fn stripped(row: &ConversationRow) -> Cow<'_, ConversationRow> {
    let Some(crew) = &row.crew else { return Cow::Borrowed(row) };
    let sent = row.members.iter().map(|member| member.sent).collect();
    let crew = CrewPart { sent, roster: Arc::default(), revision: crew.revision, awake: crew.awake };
    Cow::Owned(ConversationRow { members: Vec::new(), crew: Some(crew), ..row.clone() })
}

/// The roster of a crew as it is stored.
pub(crate) fn roster(row: &ConversationRow) -> Option<Bytes> {
    let crew = row.crew.as_ref()?;
    let (revision, roster) = (crew.revision, Roster::clone(&crew.roster));
    Some(rows::encode(&RosterRow { v: LAYOUT, revision, roster }))
}
