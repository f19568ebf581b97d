//! What the host says: its jobs, its people, and who may write to whom.

pub(crate) mod jobs;
pub(crate) mod people;
