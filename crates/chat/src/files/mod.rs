//! Files: the port of the file engines, which types are accepted, what may be announced, how bytes are proved and kept, and
//! the sweep.

pub(crate) mod accept;
mod allowance;
pub(crate) mod folder;
pub(crate) mod media;
pub(crate) mod port;
pub(crate) mod row;
mod sweep;
pub(crate) mod upload;
