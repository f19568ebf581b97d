//! Messages as a member of a crew saw them when they left: what was changed afterwards is not for them. A deleted
//! message is deleted for everybody.

use super::{
    row::{Edited, ListedMessage, MessageRow},
    version_row::VersionRow,
};
use crate::{
    base::{error::Result, id::ConversationId},
    context::Context,
    keys,
    log::position::Position,
};
use std::sync::Arc;

/// Takes back what was changed in `row` after `end`. Reactions are not kept as they were, so all of them go.
pub(super) async fn restore(cx: &Context, id: &ConversationId, end: Position, row: &mut MessageRow) -> Result<()> {
    if let Some(call) = &mut row.call {
        call.as_left(row.at, end.at);
    }
    if row.touched_change() <= end.change || row.deleted.is_some() {
        return Ok(());
    }
    row.reactions.clear();
    row.touched = None;
    if row.edited.is_none_or(|edited| edited.at <= end.at) {
        return Ok(());
    }
    let former: Vec<VersionRow> = cx.db.decode_range(keys::versions(id, row.number)).await?;
    let stood = former.into_iter().enumerate().rfind(|(_, version)| version.at <= end.at);
    let (times, at, text) = stood.map_or_else(|| (0, row.at, String::new()), |(nth, one)| (nth, one.at, one.text));
    row.text = text;
    row.edited = u32::try_from(times).ok().filter(|times| *times > 0).map(|times| Edited { at, times });
    Ok(())
}

/// [`restore`] for a message of an answer.
pub(super) async fn restore_listed(
    cx: &Context,
    id: &ConversationId,
    end: Position,
    listed: &mut ListedMessage,
) -> Result<()> {
    restore(cx, id, end, Arc::make_mut(&mut listed.row)).await?;
    if listed.updated > end.at && listed.row.deleted.is_none() {
        listed.updated = listed.row.edited.map_or(listed.row.at, |edited| edited.at);
    }
    Ok(())
}
