//! What the host decides: its jobs, its people, and who may write to whom.

pub(crate) mod announce;
pub(crate) mod ended;
pub(crate) mod ended_row;
pub(crate) mod job_row;
pub(crate) mod jobs;
pub(crate) mod people;
pub(crate) mod permission;
pub(crate) mod profile;
