//! `edit`: the sender replaces the text of a message; the former one stays readable in `versions`.

use super::{
    kind::MessageKind,
    row::{Edited, MessageRow},
    touch::{self, Change, Target, Touched},
    version_row::VersionRow,
};
use crate::{
    base::{
        author::Author,
        error::{Error, Result},
        id::UserId,
        rows::{self, LAYOUT},
        text,
    },
    context::Context,
    conversation::{access, update_read::Marks},
    keys,
    log::change::ChangeKind,
    user::blocks,
};
use jobline_store::{CommitBuilder, Condition};
use jobline_wire::{ChangedMessage, Code, EditMessage, limits::EDITS};

/// Replaces the text of a message of `me`. The same text again changes nothing.
///
/// # Errors
/// `invalid_request`, `content_empty`, `content_too_long`, `not_found`, `not_your_message`, `message_deleted`,
/// `recipient_unavailable`, `edit_window_over`, `rate_limited`, `unavailable`.
pub(crate) async fn edit(cx: &Context, me: &UserId, input: EditMessage) -> Result<ChangedMessage> {
    let (id, member) = access::of_present_member(cx, me, &input.conversation_id).await?;
    let target = Target::new(&id, &input.message_id, Author::Member(member))?;
    let text = text::content(Some(input.content), false)?;
    let touched = touch::touch(cx, &target, Marks::None, |touched| {
        check(touched, member)?;
        if touched.row.text == text {
            return Ok(None);
        }
        blocks::check(&touched.update, member)?;
        check_window(cx, &touched.row, touched.now)?;
        Ok(Some((Change { kind: ChangeKind::Edited, is_limited: true }, replace_text(cx, touched, &text))))
    })
    .await?;
    Ok(ChangedMessage { message: touch::answer(cx, &id, member, touched).await? })
}

fn check(touched: &Touched, member: usize) -> Result<()> {
    if !touched.row.from.is(member) {
        let detail = "Only the sender of a message can edit it.";
        return Err(Error::new(Code::NotYourMessage, detail).at("messageId"));
    }
    if touched.row.deleted.is_some() {
        let detail = "This message was deleted. Send a new one instead.";
        return Err(Error::new(Code::MessageDeleted, detail).at("messageId"));
    }
    if touched.row.kind != MessageKind::Text {
        return Err(Error::invalid("messageId", "Only text messages can be edited. Delete this one and send another."));
    }
    Ok(())
}

fn check_window(cx: &Context, row: &MessageRow, now: u64) -> Result<()> {
    let minutes = u64::from(cx.settings.edit_minutes);
    let over = |detail: String| Err(Error::new(Code::EditWindowOver, detail).at("messageId"));
    if minutes == 0 {
        return over("Messages cannot be edited here. Send a new one instead.".to_owned());
    }
    if now > row.at + minutes * 60_000 {
        return over(format!("Messages can be edited for {minutes} minutes. Send a new one instead."));
    }
    if row.edited.is_some_and(|edited| edited.times >= EDITS) {
        return over(format!("A message can be edited {EDITS} times. Send a new one instead."));
    }
    Ok(())
}

/// Replaces the text of the message, and stores the previous text in its own row.
fn replace_text(cx: &Context, touched: &mut Touched, text: &str) -> CommitBuilder {
    let at = touched.update.row.next_at(touched.now);
    let row = &mut touched.row;
    let since = row.edited.map_or(row.at, |edited| edited.at);
    let times = row.edited.map_or(0, |edited| edited.times);
    let former = VersionRow { v: LAYOUT, text: std::mem::replace(&mut row.text, text.to_owned()), at: since };
    row.edited = Some(Edited { at, times: times + 1 });
    let key = keys::version(&touched.update.id, row.number, times);
    cx.db.begin().put(key, Condition::Any, rows::encode(&former), cx.retention.expires(row.at))
}
