//! Messages as they are answered, with download URLs made for this answer.

use super::row::{Attachment, ListedMessage};
use crate::{
    base::{error::Result, id::ConversationId, time::iso},
    context::Context,
    conversation::watermarks::Watermarks,
    files::{media, port::DownloadGrant},
};
use jobline_wire::Message;

/// How long a download URL is valid.
const DOWNLOAD_MS: u64 = 3_600_000;

/// Who sees messages, and as of when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewpoint<'a> {
    pub conversation: &'a ConversationId,
    /// The member who sees them.
    pub viewer: usize,
    /// The watermarks at the point of the log that the answer shows.
    pub watermarks: Watermarks,
    pub now: u64,
}

/// Messages as the viewer sees them.
pub(crate) async fn messages(cx: &Context, view: Viewpoint<'_>, listed: Vec<ListedMessage>) -> Result<Vec<Message>> {
    let mut messages = Vec::with_capacity(listed.len());
    for one in listed {
        messages.push(message(cx, view, one).await?);
    }
    Ok(messages)
}

/// One message as the viewer sees it.
pub(crate) async fn message(cx: &Context, view: Viewpoint<'_>, listed: ListedMessage) -> Result<Message> {
    let ListedMessage { row, updated } = listed;
    let pair = view.conversation.pair();
    let mut message = Message {
        status: view.watermarks.status(row.number, row.from, view.viewer),
        id: row.id,
        conversation_id: view.conversation.as_str().to_owned(),
        sender_id: pair[row.from].to_string(),
        receiver_id: pair[1 - row.from].to_string(),
        content: row.text,
        kind: row.kind,
        file_url: None,
        file_name: None,
        file_size: None,
        content_type: None,
        width: None,
        height: None,
        file_expired: None,
        job_id: row.job,
        client_id: row.client.filter(|_| row.from == view.viewer),
        number: row.number,
        created_at: iso(row.at),
        updated_at: iso(updated),
    };
    if let Some(file) = row.file {
        attach(cx, &mut message, file, row.at, view.now).await?;
    }
    Ok(message)
}

/// Adds the file of a message that was accepted at `sent_at`.
async fn attach(cx: &Context, message: &mut Message, file: Attachment, sent_at: u64, now: u64) -> Result<()> {
    if sent_at < cx.retention.file_horizon(now) {
        message.file_expired = Some(true);
    } else {
        let grant = DownloadGrant {
            id: &file.id,
            name: &file.name,
            content_type: &file.content_type,
            inline: media::shown_inline(&file.content_type),
            // Not beyond the expiry of the file itself, whenever its bytes are removed.
            expires_ms: cx.retention.file_expires(sent_at).map_or(u64::MAX, |end| end * 1_000).min(now + DOWNLOAD_MS),
        };
        message.file_url = Some(cx.files.download_url(&grant).await?);
    }
    message.file_name = Some(file.name);
    message.file_size = Some(file.size);
    message.content_type = Some(file.content_type);
    (message.width, message.height) = (file.width, file.height);
    Ok(())
}
