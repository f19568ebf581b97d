//! Repeated sends: a `clientId` that was used before is answered with the message it became.

use super::row::{ListedMessage, MessageRow};
use crate::{
    base::{
        error::{Error, Result},
        id::{ConversationId, MessageId},
        rows,
    },
    context::Context,
    conversation::{row::ConversationRow, watermarks::Watermarks},
    keys,
    log::last_change::LogState,
};
use jobline_store::{Condition, Consistency, Key, Row};
use jobline_wire::Code;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// `CONVERSATION#<id>` / `SENT#<sender>#<clientId>`: which message a send became, and what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SentRow {
    pub v: u8,
    pub message: String,
    /// [`Repetition::fingerprint`]: the same `clientId` with another one is refused.
    pub input: String,
}

/// A send or a line from the host that may be a repetition.
pub(crate) struct Repetition<'a> {
    pub conversation: &'a ConversationId,
    /// The member whose view of the message is answered.
    pub viewer: usize,
    /// Where its `clientId` is remembered; `None` without one.
    pub key: Option<Key>,
    /// A hash of what is sent: the same `clientId` with another one is refused.
    pub fingerprint: String,
}

/// The message that an earlier send with the same `clientId` became, if it still exists, with the watermarks of its
/// conversation.
///
/// # Errors
/// `client_id_reused`, `unavailable`.
pub(crate) async fn sent_before(cx: &Context, request: &Repetition<'_>) -> Result<Option<(ListedMessage, Watermarks)>> {
    let Some(key) = request.key.clone() else { return Ok(None) };
    let now = cx.now();
    let row = cx.db.get(&key, Consistency::Strong).await?;
    let Some(sent) = rows::live::<SentRow>(row.as_ref(), now)? else {
        forget(cx, key, row).await?;
        return Ok(None);
    };
    let id = MessageId::new(&sent.message).ok_or_else(|| Error::unavailable("a SENT row names no message"))?;
    let wanted = [keys::message(request.conversation, &id), keys::conversation(request.conversation)];
    let found = cx.db.get_many(&wanted, Consistency::Strong).await?;
    let message = rows::live::<MessageRow>(found[0].as_ref(), now)?;
    let Some(message) = message.filter(|row| row.at >= cx.retention.horizon(now)) else {
        forget(cx, key, row).await?;
        return Ok(None);
    };
    if sent.input != request.fingerprint {
        let detail = "This clientId was used for another message. Use a new one for each message.";
        return Err(Error::new(Code::ClientIdReused, detail).at("clientId"));
    }
    as_it_stands(cx, request, Arc::new(message), found[1].as_ref()).await.map(Some)
}

/// `message`, with the time of its last change.
async fn as_it_stands(
    cx: &Context,
    request: &Repetition<'_>,
    message: Arc<MessageRow>,
    conversation: Option<&Row>,
) -> Result<(ListedMessage, Watermarks)> {
    let Some(conversation) = conversation.map(rows::decode::<ConversationRow>).transpose()? else {
        let updated = message.at;
        return Ok((ListedMessage { row: message, updated }, Watermarks::default()));
    };
    let state = LogState {
        id: request.conversation,
        viewer: request.viewer,
        watermarks: conversation.watermarks(),
        last: conversation.last_change_row,
    };
    let updated = state.last_changes(&cx.db, std::slice::from_ref(&message), Vec::new()).await?[0];
    Ok((ListedMessage { row: message, updated }, state.watermarks))
}

/// Frees a `clientId` whose message no longer exists, but whose row is still there.
async fn forget(cx: &Context, key: Key, row: Option<Row>) -> Result<()> {
    if let Some(row) = row {
        let delete = cx.db.begin().delete(key, Condition::Version(row.version));
        // A conflict means that another request has deleted it.
        let _ = cx.db.commit(delete).await?;
    }
    Ok(())
}
