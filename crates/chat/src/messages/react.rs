//! `react`: a member's one emoji on a message, set or removed.

use super::{
    row::{MessageRow, Reaction},
    touch::{self, Change, Target},
};
use crate::{
    base::{
        author::Author,
        error::{Error, Result},
        id::UserId,
    },
    context::Context,
    conversation::{access, update_read::Marks},
    log::change::ChangeKind,
    user::blocks,
};
use jobline_wire::{ChangedMessage, Code, React};

/// Sets the reaction of `me` to a message, or takes it back. The same again changes nothing.
///
/// # Errors
/// `invalid_emoji`, `not_found`, `not_job_participant`, `message_deleted`, `recipient_unavailable`,
/// `rate_limited`, `unavailable`.
pub(crate) async fn react(cx: &Context, me: &UserId, input: React) -> Result<ChangedMessage> {
    let (id, member) = access::of_present_member(cx, me, &input.conversation_id).await?;
    let target = Target::new(&id, &input.message_id, Author::Member(member))?;
    let emoji = input.emoji.as_deref().map(emoji).transpose()?;
    let touched = touch::touch(cx, &target, Marks::None, |touched| {
        if touched.row.deleted.is_some() {
            let detail = "This message was deleted; nobody can react to it any more.";
            return Err(Error::new(Code::MessageDeleted, detail).at("messageId"));
        }
        if !set(&mut touched.row, Author::Member(member), emoji) {
            return Ok(None);
        }
        // A blocked user can still remove an earlier reaction.
        if emoji.is_some() {
            blocks::check(&touched.update, member)?;
        }
        Ok(Some((Change { kind: ChangeKind::Reacted, is_limited: true }, cx.db.begin())))
    })
    .await?;
    Ok(ChangedMessage { message: touch::answer(cx, &id, member, touched).await? })
}

/// One emoji of Unicode's list, as that list writes it.
fn emoji(text: &str) -> Result<&'static str> {
    let listed = emojis::get(text).map(emojis::Emoji::as_str);
    listed.ok_or_else(|| Error::new(Code::InvalidEmoji, "emoji is one emoji, such as 👍, or null.").at("emoji"))
}

/// Makes `emoji` the reaction of `by`, their only one. `false` when it is that already.
fn set(row: &mut MessageRow, by: Author, emoji: Option<&str>) -> bool {
    let former = row.reactions.iter().find(|one| one.by.contains(&by)).map(|one| one.emoji.as_str());
    if former == emoji {
        return false;
    }
    for one in &mut row.reactions {
        one.by.retain(|member| *member != by);
    }
    row.reactions.retain(|one| !one.by.is_empty());
    if let Some(emoji) = emoji {
        match row.reactions.iter_mut().find(|one| one.emoji == emoji) {
            Some(one) => one.by.push(by),
            None => row.reactions.push(Reaction { emoji: emoji.to_owned(), by: vec![by] }),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_of_the_list_is_accepted_and_nothing_else() {
        for good in ["👍", "❤️", "😂", "👍🏽", "👨‍👩‍👧‍👦", "🇪🇸", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]
        {
            assert!(emoji(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "ok", "👍👍", "🏽", "\u{200d}", "\u{fe0f}", "👍a", " 👍", "1", "#", "🇪"] {
            let error = emoji(bad).unwrap_err();
            assert_eq!((error.code, error.field), (Code::InvalidEmoji, Some("emoji")), "{bad:?}");
        }
    }

    #[test]
    fn the_same_emoji_in_two_spellings_is_one_reaction() {
        assert_eq!(emoji("❤").unwrap(), emoji("❤️").unwrap());
    }
}
