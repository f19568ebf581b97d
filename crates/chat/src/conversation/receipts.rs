//! Receipts: a member's devices have received up to a message, or the member has read up to it.

use super::{
    access, row::ConversationRow, unread, update::ConversationUpdate, update_read::Needs, watermarks::Watermark,
};
use crate::{
    base::{
        attempts::Attempts,
        db::Urgency,
        error::{Error, Result},
        id::{ConversationId, MessageId, UserId},
        rows,
    },
    context::Context,
    keys,
    log::{
        append,
        change::{ChangeKind, ChangeRow},
        locate,
        view::LogView,
    },
    messages::row::MessageRow,
};
use jobline_store::{Key, Outcome};
use jobline_wire::{Code, MarkAsRead, MarkedAsRead};

/// Records that `me` has read a conversation, up to one message or all of it. A watermark never goes back; the same
/// request again changes nothing.
///
/// # Errors
/// `invalid_request`, `not_found`, `unavailable`.
pub(crate) async fn mark_as_read(cx: &Context, me: &UserId, input: MarkAsRead) -> Result<MarkedAsRead> {
    let (id, member) = access::of_member(cx, me, &input.conversation_id).await?;
    let up_to = input.up_to.as_deref().map(|text| MessageId::new(text).ok_or_else(no_such_message)).transpose()?;
    let wanted: Vec<Key> = up_to.iter().map(|message| keys::message(&id, message)).collect();
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let now = cx.now();
        let update = ConversationUpdate::load_for(cx, &id, member, &wanted).await?;
        let mut update = update.ok_or_else(|| Error::not_found("conversation"))?;
        let seen = update.row.clone().viewed_by(member);
        let to = match &up_to {
            Some(_) => up_to_message(cx, &update, &seen, member, now).await?,
            None => {
                let (message, count) = (seen.log.last_message(), seen.counted_for(member));
                ReadUpTo { message, count, unread_deleted: 0 }
            }
        };
        if let Outcome::Conflict(keys) = read_up_to(cx, &mut update, member, to, now).await? {
            attempts.after_conflict(&keys).await?;
            continue;
        }
        let seen = ConversationRow { members: update.row.members, ..seen };
        let unread_count = unread::count(cx, &id, &seen, member, now).await?;
        return Ok(MarkedAsRead { conversation_id: id.as_str().to_owned(), unread_count });
    }
}

/// What a member has read.
struct ReadUpTo {
    message: Watermark,
    /// How many messages that counted as unread are up to it.
    count: u64,
    /// How many deleted ones of these come after it.
    unread_deleted: u64,
}

/// Up to the message whose row was read with `update`, which the member sees as `seen`.
async fn up_to_message(
    cx: &Context,
    update: &ConversationUpdate,
    seen: &ConversationRow,
    member: usize,
    now: u64,
) -> Result<ReadUpTo> {
    let row = rows::live::<MessageRow>(update.rest[0].as_ref(), now)?;
    let log = LogView { id: &update.id, row: seen, viewer: member, now };
    let row = row.filter(|row| log.shows(cx, row)).ok_or_else(no_such_message)?;
    let message = Watermark { number: row.number, at: row.at };
    let mine = &update.row.members[member];
    if message.number <= mine.read.number {
        // The mark stays where it is, and nothing is to be counted for it.
        return Ok(ReadUpTo { message: mine.read, count: mine.read_count, unread_deleted: mine.unread_deleted });
    }
    // Those after the message are counted, not those before it: of these some may have expired.
    let unread_deleted = match mine.unread_deleted {
        0 => 0,
        _ => unread::deleted_between(cx, &update.id, member, message, seen.log.last_message()).await?,
    };
    let count = unread::counted_up_to(cx, log, &row).await?;
    Ok(ReadUpTo { message, count, unread_deleted })
}

/// Records that a device of `member` has received up to `to`, which its cursor proves. Returns the conversation
/// afterwards.
///
/// # Errors
/// `not_found`, `unavailable`.
async fn deliver(cx: &Context, id: &ConversationId, member: usize, to: Watermark) -> Result<ConversationRow> {
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let now = cx.now();
        let update = ConversationUpdate::load(cx, id, Needs::default(), attempts.consistency(), &[]).await?;
        let mut update = update.ok_or_else(|| Error::not_found("conversation"))?;
        if !update.row.is_undelivered(member, to.number) || !has_message(cx, id, &update.row, to).await? {
            return Ok(update.row);
        }
        let change = ChangeRow::receipt(&update.row, ChangeKind::Delivered, member, to, now);
        update.row.members[member].delivered = to;
        update.urgency = Urgency::CanWait;
        // Nothing changes for the recipient, so only the head of the sender moves.
        match append::change(cx, &mut update, &change, &[usize::from(member == 0)], now).await? {
            Outcome::Committed => return Ok(update.row),
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

/// Whether the message that `to` names is there. It is not if the store was restored to an earlier state and has another one with
/// that number, or none.
async fn has_message(cx: &Context, id: &ConversationId, row: &ConversationRow, to: Watermark) -> Result<bool> {
    let last = row.log.last_message();
    if to.number >= last.number {
        return Ok(to == last);
    }
    let message = locate::message_at(cx, id, to.at).await?;
    Ok(message.is_some_and(|message| message.number == to.number))
}

/// [`deliver`] for a poll: `None` if the store cannot record it now. A store that takes no writes can still be read.
///
/// # Errors
/// `not_found`.
pub(crate) async fn try_deliver(
    cx: &Context,
    id: &ConversationId,
    member: usize,
    to: Watermark,
) -> Result<Option<ConversationRow>> {
    match deliver(cx, id, member, to).await {
        Ok(row) => Ok(Some(row)),
        Err(error) if error.code == Code::Unavailable => Ok(None),
        Err(error) => Err(error),
    }
}

/// Moves the watermark of `member` up to `to`, unless it is there already.
async fn read_up_to(
    cx: &Context,
    update: &mut ConversationUpdate,
    member: usize,
    to: ReadUpTo,
    now: u64,
) -> Result<Outcome> {
    if to.count <= update.row.members[member].read_count {
        return Ok(Outcome::Committed);
    }
    let before = update.row.log;
    let change = ChangeRow::receipt(&update.row, ChangeKind::Read, member, to.message, now);
    let mine = &mut update.row.members[member];
    mine.read = to.message;
    mine.read_count = to.count;
    mine.unread_deleted = to.unread_deleted;
    mine.delivered = mine.delivered.max(to.message);
    if update.row.crew.is_some() {
        // Read positions are not in a crew's log. Only the member's other devices are notified.
        update.bump_heads(&[member], before, now)?;
        return update.commit(cx, cx.db.begin()).await;
    }
    append::change(cx, update, &change, &[0, 1], now).await
}

fn no_such_message() -> Error {
    Error::not_found("message").at("upTo")
}
