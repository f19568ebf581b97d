//! The job row.

use crate::base::id::UserId;
use jobline_wire::{CrewHistory, JobStatus, limits::CREW_MEMBERS};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// `JOB#<id>` / `JOB#<id>`, and a copy for each participant under `USER#<id>`, by which a send finds an open job that two
/// users share in one read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobRow {
    pub v: u8,
    pub id: u64,
    pub title: String,
    pub participants: Vec<String>,
    pub status: JobStatus,
    /// Which part of its crew's messages newcomers see.
    #[serde(default, rename = "crew", skip_serializing_if = "is_default")]
    pub crew_history: CrewHistory,
    /// Rises with every change, so that a conversation knows whether its members were told.
    pub revision: u64,
    /// The users who may hold a copy besides the participants, while a change that takes more than one commit is under
    /// way.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub copies: BTreeSet<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_default(history: &CrewHistory) -> bool {
    *history == CrewHistory::default()
}

impl JobRow {
    /// Whether it is as `wanted` already, and no change of it is under way.
    pub fn is_already(&self, wanted: &Self) -> bool {
        let same = self.title == wanted.title && self.participants == wanted.participants;
        let same = same && self.crew_history == wanted.crew_history;
        same && self.status == wanted.status && self.copies.is_empty()
    }

    /// Whether its participants can be the members of a crew.
    pub fn fits_crew(&self) -> bool {
        self.participants.len() <= CREW_MEMBERS
    }

    pub fn includes(&self, user: &UserId) -> bool {
        self.participants.iter().any(|one| one == user.as_str())
    }

    /// Every user who may hold a copy.
    pub fn holders(&self) -> BTreeSet<String> {
        self.participants.iter().chain(&self.copies).cloned().collect()
    }
}
