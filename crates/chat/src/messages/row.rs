//! The message row, and the message as one of the two sees it.

use crate::{
    base::error::Result, base::id::ConversationId, base::text, base::time::iso, chat::Chat,
    conversation::watermarks::Marks, files::media, files::port::DownloadGrant,
};
use jobline_wire::{Message, MessageType};
use serde::{Deserialize, Serialize};

/// How long a download URL is good for.
const DOWNLOAD_MS: u64 = 3_600_000;

/// The file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub id: String,
    pub name: String,
    pub size: u64,
    #[serde(rename = "type")]
    pub content_type: String,
}

/// `CONVERSATION#<id>` / `MESSAGE#<createdAt>#<message id>`. Its status is not in it: see `marks.rs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MessageRow {
    pub v: u8,
    pub id: String,
    /// `createdAt`.
    pub at: u64,
    pub number: u64,
    /// Its number in the log of all changes.
    pub change: u64,
    /// Which side wrote it.
    pub from: usize,
    /// Its number among the messages of that side.
    pub ordinal: u64,
    pub kind: MessageType,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Attachment>,
}

impl MessageRow {
    /// Its beginning, on one line.
    pub fn preview(&self) -> String {
        text::preview(&self.text, self.file.as_ref().map(|file| file.name.as_str()))
    }

    /// How many messages the side other than `side` has written up to this one.
    pub fn others(&self, side: usize) -> u64 {
        if self.from == side { self.number - self.ordinal } else { self.ordinal }
    }
}

/// A message on its way out: the row, and when it last changed in the eyes of the viewer.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub row: MessageRow,
    pub updated: u64,
}

/// From where, and when, messages are looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub conversation: &'a ConversationId,
    /// Which side looks.
    pub viewer: usize,
    /// How far everyone had come at the point of the log that the answer stands for.
    pub marks: Marks,
    pub now: u64,
}

impl Chat {
    /// The messages as the viewer may see them, with download URLs made for this answer.
    pub(crate) async fn show_all(&self, view: View<'_>, shown: Vec<Shown>) -> Result<Vec<Message>> {
        let mut messages = Vec::with_capacity(shown.len());
        for one in shown {
            messages.push(self.show(view, one).await?);
        }
        Ok(messages)
    }

    /// One message as the viewer may see it.
    pub(crate) async fn show(&self, view: View<'_>, Shown { row, updated }: Shown) -> Result<Message> {
        let pair = view.conversation.pair();
        let mut message = Message {
            status: view.marks.status(row.number, row.from, view.viewer),
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
            file_expired: None,
            job_id: row.job,
            client_id: row.client.filter(|_| row.from == view.viewer),
            number: row.number,
            created_at: iso(row.at),
            updated_at: iso(updated),
        };
        if let Some(file) = row.file {
            self.show_file(&mut message, file, row.at, view.now).await?;
        }
        Ok(message)
    }

    async fn show_file(&self, message: &mut Message, file: Attachment, sent_at: u64, now: u64) -> Result<()> {
        if sent_at < self.file_horizon(now) {
            message.file_expired = Some(true);
        } else {
            let grant = DownloadGrant {
                id: &file.id,
                name: &file.name,
                content_type: &file.content_type,
                inline: media::shown_inline(&file.content_type),
                // Not beyond the end of the file itself, whenever its bytes are removed.
                expires_ms: self.file_expires(sent_at).map_or(u64::MAX, |end| end * 1_000).min(now + DOWNLOAD_MS),
            };
            message.file_url = Some(self.files().download_url(&grant).await?);
        }
        message.file_name = Some(file.name);
        message.file_size = Some(file.size);
        message.content_type = Some(file.content_type);
        Ok(())
    }
}
