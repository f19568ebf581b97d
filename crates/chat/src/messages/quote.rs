//! Quotes: the messages that others reply to, in their state at the time of the answer.

use super::{
    as_left,
    row::{ListedMessage, MessageRow, ReplyTo},
    viewpoint::Viewpoint,
};
use crate::{
    base::{
        author::{Author, HOST_ID},
        error::{Error, Result},
        id::{MessageId, UserId},
        rows, text,
        time::iso,
    },
    context::Context,
    keys,
};
use jobline_store::Consistency;
use jobline_wire::{MessageType, Quote};
use std::collections::HashMap;

/// The quoted messages of an answer that still exist, by their ids.
#[derive(Default)]
pub(super) struct Originals(HashMap<String, MessageRow>);

impl Originals {
    /// Reads what `listed` reply to: one round trip for each hundred of them, none where nothing is a reply.
    pub async fn read(cx: &Context, view: Viewpoint<'_>, listed: &[ListedMessage]) -> Result<Self> {
        let mut ids: Vec<&str> = listed.iter().filter_map(|one| Some(one.row.reply.as_ref()?.id.as_str())).collect();
        ids.sort_unstable();
        ids.dedup();
        let keys: Vec<_> =
            ids.into_iter().filter_map(MessageId::new).map(|one| keys::message(view.conversation, &one)).collect();
        if keys.is_empty() {
            return Ok(Self::default());
        }
        let mut originals = HashMap::with_capacity(keys.len());
        for row in cx.db.get_many(&keys, Consistency::Strong).await? {
            let row = rows::live::<MessageRow>(row.as_ref(), view.now)?;
            if let Some(mut row) = row.filter(|row| row.at >= view.horizon) {
                if let Some(left) = view.left {
                    as_left::restore(cx, view.conversation, left, &mut row).await?;
                }
                originals.insert(row.id.clone(), row);
            }
        }
        Ok(Self(originals))
    }

    /// The quote of a reply; without text where the original was deleted or is not kept any more.
    pub fn quote(&self, reply: &ReplyTo, sender_id: String) -> Quote {
        let original = self.0.get(&reply.id);
        Quote {
            id: reply.id.clone(),
            number: reply.number,
            sender_id,
            kind: MessageType::from(&reply.kind),
            content: original.map(|row| text::quote(&row.text, row.file_name())).unwrap_or_default(),
            deleted_at: original.and_then(|row| row.deleted).map(|deleted| iso(deleted.at)),
        }
    }
}

/// What a reply stores of the message `row`.
///
/// # Errors
/// `not_found` where there is no such message.
pub(super) fn reply_to(row: Option<MessageRow>) -> Result<ReplyTo> {
    let row = row.ok_or_else(|| Error::not_found("message").at("replyTo"))?;
    Ok(ReplyTo { id: row.id, number: row.number, from: row.from, kind: row.kind })
}

/// The user id of an author on the wire, in a conversation of `users`.
pub(crate) fn author_id(users: &[UserId], author: Author) -> String {
    let user = match author {
        Author::Member(member) => users.get(member),
        Author::Host => None,
    };
    user.map_or(HOST_ID, UserId::as_str).to_owned()
}
