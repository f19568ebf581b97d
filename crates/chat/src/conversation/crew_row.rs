//! How a crew's members are stored, so that each change writes little whatever their number: the conversation's row has
//! the number of messages of each, the roster who they are and what they see, and a row for each member how far they
//! have read.

use super::{
    member_row::{HostLines, Member},
    watermarks::{AllRead, Watermark},
};
use crate::{
    base::{
        id::UserId,
        rows::{Extra, LAYOUT},
    },
    log::position::Position,
};
use jobline_wire::JobStatus;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The part of a conversation's row that crews alone have, completed by the roster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CrewPart {
    /// The revision of the roster that belongs to this row.
    pub revision: u64,
    /// How many messages each member wrote, in the order of the roster. Only in the stored row: in memory each member
    /// has it.
    #[serde(default)]
    pub sent: Vec<u64>,
    /// While it is awake: the end of its log when it woke. The heads of its members name the crew, and their polls read
    /// this row; messages change no heads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awake: Option<Position>,
    /// Shared by its readers: it is the longest part of a crew, and few operations change it.
    #[serde(skip)]
    pub roster: Arc<Roster>,
}

/// The members, in the order of the row, and the parts of the crew that are not in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Roster {
    pub people: Vec<CrewMember>,
    /// Whether new members see what was written before they joined.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shows_all: bool,
    /// The job as members last saw it; `None` when it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobThen>,
    #[serde(flatten)]
    pub extra: Extra,
}

/// `CONVERSATION#<id>` / `ROSTER`: written when members come or go, or the job changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RosterRow {
    pub v: u8,
    /// Rises with every change. The conversation's row names the one that belongs to it.
    pub revision: u64,
    #[serde(flatten)]
    pub roster: Roster,
}

/// A [`RosterRow`] that was read.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "RosterRow")]
pub(crate) struct ReadRoster {
    pub revision: u64,
    pub roster: Arc<Roster>,
}

impl From<RosterRow> for ReadRoster {
    fn from(row: RosterRow) -> Self {
        Self { revision: row.revision, roster: Arc::new(row.roster) }
    }
}

/// `CONVERSATION#<id>` / `MEMBER#<place>`: how far a member has read, and what they decided for themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MarksRow {
    pub v: u8,
    pub read: Watermark,
    /// How many messages of others are up to `read`.
    pub seen: u64,
    /// How many deleted messages of those that count as unread for them come after `read`, while they are in.
    #[serde(default)]
    pub gone: u64,
    /// The number of the last deletion in the log that counts in `gone`. An operation that reads these marks with an older row
    /// of the crew does not know of it.
    #[serde(default)]
    pub gone_at: u64,
    /// Until when they have muted the crew.
    #[serde(default)]
    pub muted: u64,
    #[serde(flatten)]
    pub extra: Extra,
}

impl MarksRow {
    /// The same row after the change `change` of the log; itself if nothing changed.
    pub fn of(&self, member: &Member, change: u64) -> Self {
        let Member { read, read_count: seen, unread_deleted: gone, muted_until: muted, .. } = *member;
        let gone_at = if gone > self.gone { change } else { self.gone_at };
        let marks = Self { read, seen, gone, gone_at, muted, ..self.clone() };
        if marks == *self { marks } else { Self { v: self.v.max(LAYOUT), ..marks } }
    }

    /// Copies it into `member`.
    pub fn complete(&self, member: &mut Member) {
        (member.read, member.read_count) = (self.read, self.seen);
        (member.unread_deleted, member.muted_until) = (self.gone, self.muted);
    }
}

/// A job at some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobThen {
    pub title: String,
    pub status: JobStatus,
}

/// A member, and which part of the log they see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CrewMember {
    pub user: UserId,
    /// When they joined last, in Unix milliseconds.
    pub joined: u64,
    /// The end of the log before that.
    #[serde(default)]
    pub from: Position,
    /// The state of the conversation when they left; `None` for those who have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
}

/// The state of a conversation when a member left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Left {
    pub log: Position,
    pub last: String,
    pub host: HostLines,
    /// The job as they last saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobThen>,
    /// How far the others had read.
    #[serde(default)]
    pub read: AllRead,
}

impl Roster {
    /// The position before the first entry of the log that a member sees; `None` if there is no such member.
    pub fn begins_for(&self, member: usize) -> Option<Position> {
        self.people.get(member).map(|one| if self.shows_all { Position::default() } else { one.from })
    }
}
