//! `versions`: what a message has said before it was edited.

use super::{as_left, row::MessageRow, touch::no_such_message, version_row::VersionRow};
use crate::{
    base::{
        error::{Error, Result},
        id::{MessageId, UserId},
        rows,
        time::iso,
    },
    context::Context,
    conversation::{access, read},
    keys,
    log::view::LogView,
};
use jobline_store::Consistency;
use jobline_wire::{Code, ListVersions, Version, Versions};

/// Every text that a message has had, the present one last.
///
/// # Errors
/// `not_found`, `message_deleted`, `unavailable`.
pub(crate) async fn versions(cx: &Context, me: &UserId, input: ListVersions) -> Result<Versions> {
    let (id, viewer) = access::of_member(cx, me, &input.conversation_id).await?;
    let message = MessageId::new(&input.message_id).ok_or_else(no_such_message)?;
    let now = cx.now();
    let row_now = read::one(cx, &id, Consistency::Strong).await?;
    let log = LogView { id: &id, row: &row_now, viewer, now };
    let row = cx.db.get(&keys::message(&id, &message), Consistency::Strong).await?;
    let row = rows::live::<MessageRow>(row.as_ref(), now)?.filter(|row| log.shows(cx, row));
    let mut row = row.ok_or_else(no_such_message)?;
    if !row_now.is_in(viewer) {
        as_left::restore(cx, &id, row_now.ends_for(viewer), &mut row).await?;
    }
    if row.deleted.is_some() {
        let detail = "This message was deleted, with all that it has said.";
        return Err(Error::new(Code::MessageDeleted, detail).at("messageId"));
    }
    let times = row.edited.map_or(0, |edited| edited.times);
    let former: Vec<VersionRow> = cx.db.decode_range(keys::versions(&id, row.number)).await?;
    // An edit after the message was read belongs to a later answer.
    let former = former.into_iter().take(times as usize);
    let mut versions: Vec<Version> =
        former.map(|version| Version { content: version.text, at: iso(version.at) }).collect();
    versions.push(Version { content: row.text, at: iso(row.edited.map_or(row.at, |edited| edited.at)) });
    Ok(Versions { versions })
}
