//! The message row.

use super::kind::MessageKind;
use crate::{
    base::{
        author::Author,
        id::MessageId,
        rows::{Extra, LAYOUT},
        text,
    },
    conversation::{member_row::HostLines, row::ConversationRow},
    files::row::{FileRow, Voice},
    log::position::ChangeAt,
};
use jobline_calls::CallRow;
use serde::{Deserialize, Serialize};
use std::{iter, sync::Arc};

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<Voice>,
}

impl Attachment {
    /// The file as it was accepted.
    pub fn of(file: &FileRow, voice: Option<&Voice>) -> Option<Self> {
        let kept = file.kept.as_ref()?;
        Some(Self {
            id: kept.name.clone(),
            name: file.name.clone(),
            size: kept.size,
            content_type: file.content_type.clone(),
            width: kept.width,
            height: kept.height,
            voice: voice.cloned(),
        })
    }
}

/// What a host attaches to its line.
pub(crate) type Data = serde_json::Map<String, serde_json::Value>;

/// The message that another one replies to. Its text stays in its own row alone, so that deleting it leaves no copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplyTo {
    pub id: String,
    pub number: u64,
    #[serde(default)]
    pub from: Author,
    #[serde(default)]
    pub kind: MessageKind,
}

/// One emoji and the members who chose it, the first one first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reaction {
    pub emoji: String,
    pub by: Vec<Author>,
}

/// An event about a member of a crew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MemberEvent {
    Joined,
    Left,
    /// What a later version tells.
    #[serde(other)]
    Unknown,
}

/// How often a message was edited, and when last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Edited {
    pub at: u64,
    pub times: u32,
}

/// When a message was deleted, and by whom: by its author, or by the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deleted {
    pub at: u64,
    pub by: Author,
}

/// `CONVERSATION#<id>` / `MESSAGE#<createdAt>#<message id>`: the current state of the message. Its status is not in it:
/// see `conversation/watermarks.rs`.
///
/// Fields that few messages have are boxed: a page of messages is moved several times on its way to an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MessageRow {
    pub v: u8,
    pub id: String,
    /// `createdAt`.
    pub at: u64,
    pub number: u64,
    /// Its number in the log of all changes.
    pub change: u64,
    #[serde(default)]
    pub from: Author,
    /// How many messages its author has written up to it; of a line from the host, how many the first member has.
    #[serde(default)]
    pub ordinal: u64,
    #[serde(default)]
    pub kind: MessageKind,
    #[serde(default)]
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Box<Attachment>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Box<ReplyTo>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// The last change that touched this one message: an edit, a reaction or its deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched: Option<ChangeAt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<Edited>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Deleted>,
    /// What a host attached to its line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// Of a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Box<CallRow>>,
    /// Which member of a crew came or went.
    #[serde(default, rename = "member", skip_serializing_if = "Option::is_none")]
    pub member_event: Option<(MemberEvent, usize)>,
    /// The lines from the host up to this message, itself included.
    #[serde(default, skip_serializing_if = "HostLines::is_empty")]
    pub host: HostLines,
    #[serde(flatten)]
    pub extra: Extra,
}

impl MessageRow {
    /// A line from the host with the id `id`, at the end of the log of `row`.
    pub fn of_host(row: &ConversationRow, id: &MessageId, kind: MessageKind, text: String) -> Self {
        Self {
            v: LAYOUT,
            id: id.as_str().to_owned(),
            at: id.at_ms(),
            number: row.log.number,
            change: row.log.change,
            from: Author::Host,
            ordinal: row.members.first().map_or(0, |first| first.sent),
            kind,
            text,
            job: None,
            client: None,
            file: None,
            reply: None,
            reactions: Vec::new(),
            touched: None,
            edited: None,
            deleted: None,
            data: None,
            call: None,
            member_event: None,
            host: row.host,
            extra: Extra::default(),
        }
    }

    /// The members whom it names.
    pub fn named(&self) -> impl Iterator<Item = usize> {
        let quoted = self.reply.as_ref().map(|reply| reply.from);
        let reacted = self.reactions.iter().flat_map(|one| one.by.iter().copied());
        let authors = iter::once(self.from).chain(quoted).chain(reacted).filter_map(|author| match author {
            Author::Member(member) => Some(member),
            Author::Host => None,
        });
        let called = self.call.iter().flat_map(|call| call.members());
        authors.chain(self.member_event.map(|(_, member)| member)).chain(called)
    }

    /// Its beginning, on one line; empty when it was deleted.
    pub fn preview(&self) -> String {
        text::preview(&self.text, self.file_name())
    }

    /// Whether a reader sees its file alone.
    pub fn is_wordless(&self) -> bool {
        text::is_blank(&self.text)
    }

    pub fn file_name(&self) -> Option<&str> {
        self.file.as_ref().map(|file| file.name.as_str())
    }

    /// How many messages up to this one count as unread for `member` until they have read them: those of the other
    /// member, and texts from the host.
    pub fn counted_for(&self, member: usize) -> u64 {
        let of_members = self.number.saturating_sub(self.host.texts + self.host.events);
        let first = match self.from {
            Author::Member(1) => of_members.saturating_sub(self.ordinal),
            _ => self.ordinal,
        };
        let others = if member == 0 { of_members.saturating_sub(first) } else { first };
        others + self.host.texts
    }

    /// Whether it counts as unread for `member` until they have read it.
    pub fn counts_for(&self, member: usize) -> bool {
        !self.from.is(member) && !self.is_event()
    }

    /// Whether it is an event from the host, which counts as unread for nobody.
    pub fn is_event(&self) -> bool {
        self.from == Author::Host && self.kind == MessageKind::Event
    }

    /// Where it is in the log of all changes, if it was touched after it was accepted.
    pub fn touched_change(&self) -> u64 {
        self.touched.map_or(0, |touch| touch.change)
    }
}

/// A message as an answer lists it: the row, and when it last changed as the viewer sees it.
#[derive(Debug, Clone)]
pub(crate) struct ListedMessage {
    pub row: Arc<MessageRow>,
    pub updated: u64,
}
