//! `delete`: a message becomes a tombstone. Its number, sender and times stay; its text, versions, reactions and file go.

use super::{
    row::{Deleted, MessageRow},
    touch::{self, Change, Current, Target, Touched},
};
use crate::{
    base::{
        author::Author,
        error::{Error, Result},
        id::{ConversationId, UserId},
        rows::{self, LAYOUT},
    },
    context::Context,
    conversation::{access, update_read::Marks},
    files::accept::file_of,
    keys,
    log::change::ChangeKind,
};
use jobline_store::{CommitBuilder, Condition};
use jobline_wire::{ChangedMessage, Code, DeleteMessage, HostDeleteMessage};

/// Deletes a message of `me` for everyone, also one from before they left a crew and came back. Repeating it changes nothing.
///
/// # Errors
/// `not_found`, `not_your_message`, `delete_window_over`, `unavailable`.
pub(crate) async fn delete(cx: &Context, me: &UserId, input: DeleteMessage) -> Result<ChangedMessage> {
    let (id, member) = access::of_member(cx, me, &input.conversation_id).await?;
    let target = Target::of_author(&id, &input.message_id, Author::Member(member))?;
    let touched = make_tombstone(cx, &target, |row, now| {
        if !row.from.is(member) {
            let detail = "Only the sender of a message can delete it.";
            return Err(Error::new(Code::NotYourMessage, detail).at("messageId"));
        }
        if row.deleted.is_some() { Ok(()) } else { check_window(cx, row, now) }
    })
    .await?;
    Ok(ChangedMessage { message: touch::answer(cx, &id, member, touched).await? })
}

/// Deletes any message, on behalf of the host. Repeating it changes nothing.
///
/// # Errors
/// `not_found`, `unavailable`.
pub(crate) async fn delete_as_host(cx: &Context, message_id: &str, input: HostDeleteMessage) -> Result<()> {
    let id = ConversationId::new(&input.conversation_id).ok_or_else(|| Error::not_found("conversation"))?;
    let target = Target::new(&id, message_id, Author::Host)?;
    make_tombstone(cx, &target, |_, _| Ok(())).await.map(drop)
}

fn check_window(cx: &Context, row: &MessageRow, now: u64) -> Result<()> {
    let hours = u64::from(cx.settings.delete_hours);
    if hours > 0 && now <= row.at + hours * 3_600_000 {
        return Ok(());
    }
    let detail = match hours {
        0 => "Messages cannot be deleted here.".to_owned(),
        _ => format!("Messages can be deleted for {hours} hours."),
    };
    Err(Error::new(Code::DeleteWindowOver, detail).at("messageId"))
}

/// Makes the message a tombstone if `check` allows it, and removes the bytes of its file.
async fn make_tombstone(
    cx: &Context,
    target: &Target<'_>,
    check: impl Fn(&MessageRow, u64) -> Result<()>,
) -> Result<Current> {
    let mut file = None;
    let touched = touch::touch(cx, target, Marks::All, |touched| {
        check(&touched.row, touched.now)?;
        if touched.row.deleted.is_some() {
            return Ok(None);
        }
        file = touched.row.file.as_ref().map(|file| file.id.clone());
        Ok(Some((Change { kind: ChangeKind::Deleted, is_limited: false }, empty(cx, touched, target.by))))
    })
    .await?;
    if let Some(file) = file {
        // The message is deleted whether or not this succeeds: its commit holds a row for the sweep, which tries again.
        let _ = remove_bytes(cx, &file).await;
    }
    Ok(touched)
}

/// Takes out of the message what a tombstone does not keep, with the rows that belong to it.
fn empty(cx: &Context, touched: &mut Touched, by: Author) -> CommitBuilder {
    touch::discount_unread(touched);
    let of_conversation = &mut touched.update.row.call;
    if of_conversation.as_ref().is_some_and(|call| call.id == touched.row.id) {
        *of_conversation = None;
    }
    touched.row.call = None;
    let at = touched.update.row.next_at(touched.now);
    let row = &mut touched.row;
    let mut commit = cx.db.begin();
    for former in 0..row.edited.map_or(0, |edited| edited.times) {
        commit = commit.delete(keys::version(&touched.update.id, row.number, former), Condition::Any);
    }
    if let Some(file) = row.file.take() {
        commit = commit.delete(keys::file(file_of(&file.id)), Condition::Any);
        commit = commit.put(keys::removal(&file.id), Condition::Any, rows::encode(&LAYOUT), None);
    }
    row.text.clear();
    row.reply = None;
    row.reactions.clear();
    row.edited = None;
    row.data = None;
    row.extra.clear();
    row.deleted = Some(Deleted { at, by });
    commit
}

/// Removes the bytes of a file whose message was deleted, then the row that asks for it.
async fn remove_bytes(cx: &Context, file: &str) -> Result<()> {
    cx.files.delete(file).await?;
    cx.db.commit_unconditionally(cx.db.begin().delete(keys::removal(file), Condition::Any)).await
}

/// Removes the bytes that deletions have left, after a crash or while the file engine was away. Answers how many.
///
/// # Errors
/// `unavailable`; the rest is left for the next time.
pub(crate) async fn finish_removals(cx: &Context) -> Result<usize> {
    let waiting = cx.db.range_all(keys::removals()).await?;
    for (key, _) in &waiting {
        if let Some(file) = keys::removed_file(key) {
            remove_bytes(cx, file).await?;
        }
    }
    Ok(waiting.len())
}
