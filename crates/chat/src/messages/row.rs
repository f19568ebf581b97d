//! The message row.

use crate::{base::text, files::row::FileRow};
use jobline_wire::MessageType;
use serde::{Deserialize, Serialize};

/// The file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    /// The name that the file is kept under.
    pub id: String,
    pub name: String,
    pub size: u64,
    #[serde(rename = "type")]
    pub content_type: String,
    /// Of an image that browsers show: its pixels, turned upright.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

impl Attachment {
    /// The file as it was accepted.
    pub fn of(file: &FileRow) -> Option<Self> {
        let kept = file.kept.as_ref()?;
        Some(Self {
            id: kept.name.clone(),
            name: file.name.clone(),
            size: kept.size,
            content_type: file.content_type.clone(),
            width: kept.width,
            height: kept.height,
        })
    }
}

/// `CONVERSATION#<id>` / `MESSAGE#<createdAt>#<message id>`. Its status is not in it: see `conversation/watermarks.rs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MessageRow {
    pub v: u8,
    pub id: String,
    /// `createdAt`.
    pub at: u64,
    pub number: u64,
    /// Its number in the log of all changes.
    pub change: u64,
    /// The member who wrote it.
    pub from: usize,
    /// Its number among the messages of that member.
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

    /// How many messages members other than `member` have written up to this one.
    pub fn written_by_others(&self, member: usize) -> u64 {
        if self.from == member { self.number - self.ordinal } else { self.ordinal }
    }
}

/// A message as an answer lists it: the row, and when it last changed as the viewer sees it.
#[derive(Debug, Clone)]
pub(crate) struct ListedMessage {
    pub row: MessageRow,
    pub updated: u64,
}
