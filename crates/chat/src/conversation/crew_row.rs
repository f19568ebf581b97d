//! What the row of a crew says about its members besides what that of a pair does.

use super::{member_row::HostLines, watermarks::AllRead};
use crate::log::position::Position;
use jobline_wire::JobStatus;
use serde::{Deserialize, Serialize};

/// The part of a conversation's row that crews alone have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CrewPart {
    /// In the order of the row's members.
    pub people: Vec<CrewMember>,
    /// Whether newcomers see what was written before they came.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shows_all: bool,
    /// The job as the members were told of it last; `None` when it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobThen>,
}

/// A job as it stood at some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobThen {
    pub title: String,
    pub status: JobStatus,
}

/// Who a member is, and which part of the log they see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CrewMember {
    pub user: String,
    /// When they joined last, in Unix milliseconds.
    pub joined: u64,
    /// Where the log stood before that.
    #[serde(default)]
    pub from: Position,
    /// How the conversation stood when they left; `None` of those who have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
}

/// A conversation as it stood when a member left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Left {
    pub log: Position,
    pub last: String,
    pub host: HostLines,
    /// The job as they knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobThen>,
    /// How far the others had read.
    #[serde(default)]
    pub read: AllRead,
}

impl CrewPart {
    /// Where the log stood before the first thing that a member sees; `None` for one who is not there.
    pub fn begins_for(&self, member: usize) -> Option<Position> {
        self.people.get(member).map(|one| if self.shows_all { Position::default() } else { one.from })
    }
}
