//! Files: the port of the file engines, the accepted types, what a user may announce, uploads, the proof and keeping of what
//! arrived, and the sweep.

pub(crate) mod accept;
mod allowance;
pub(crate) mod folder;
pub(crate) mod port;
pub(crate) mod proof;
pub(crate) mod proof_slots;
pub(crate) mod row;
pub(crate) mod sweep;
pub(crate) mod upload;
