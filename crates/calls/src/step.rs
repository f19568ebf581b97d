//! A step in a call that a member requests, and its result.

use serde::{Deserialize, Serialize};

/// After how long a call ends if nobody ends it.
pub(crate) const LONGEST_MS: u64 = 12 * 3_600_000;

/// The recorded state of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recorded {
    /// Nobody has accepted it.
    Ringing,
    /// It was accepted, and is running.
    Accepted,
    /// The called user declined.
    Declined,
    /// The caller hung up before it was accepted.
    Cancelled,
    /// Nobody accepted it in time.
    Missed,
    /// It was accepted, and is over.
    Ended,
    /// A state of a later version: counts as over.
    #[default]
    #[serde(other)]
    Unknown,
}

/// A step that a member requests, and when.
#[derive(Debug, Clone, Copy)]
pub struct StepRequest<'a> {
    /// The member.
    pub member: usize,
    /// Their device.
    pub device: &'a str,
    /// The members who have not left the conversation.
    pub members: &'a [usize],
    /// The caller.
    pub caller: usize,
    /// When it began to ring, in milliseconds since 1970 like all times here.
    pub started: u64,
    /// The time that decides.
    pub now: u64,
    /// The time that is recorded: later than everything before it.
    pub at: u64,
}

/// The result of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepResult {
    /// The call was changed.
    Changed,
    /// It was already in the requested state.
    Unchanged,
    /// It is over, or another device has it.
    Over,
    /// The call has the maximum of participants.
    Full,
}
