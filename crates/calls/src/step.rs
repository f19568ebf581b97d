//! What a member wants of a call, and what became of it.

use serde::{Deserialize, Serialize};

/// After how long a call that nobody ended is over.
pub(crate) const LONGEST_MS: u64 = 12 * 3_600_000;

/// How far a call has come, as it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recorded {
    /// Nobody has taken it.
    Ringing,
    /// It goes on.
    Accepted,
    /// Who was called did not want it.
    Declined,
    /// Who called gave up.
    Cancelled,
    /// Nobody took it in time.
    Missed,
    /// It is over, and was taken.
    Ended,
    /// One of a later version: over, as far as this one can tell.
    #[default]
    #[serde(other)]
    Unknown,
}

/// What a member wants, and when.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Who asks.
    pub member: usize,
    /// With which device.
    pub device: &'a str,
    /// The members who have not left the conversation.
    pub members: &'a [usize],
    /// Who called.
    pub caller: usize,
    /// When it began to ring, in milliseconds since 1970 like all times here.
    pub started: u64,
    /// The time that decides.
    pub now: u64,
    /// The time that is recorded: later than everything before it.
    pub at: u64,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The call was changed.
    Changed,
    /// It is as it was asked to be already.
    Stands,
    /// It is over, or another device has it.
    Over,
    /// As many people as can be in one call are in it.
    Full,
}
