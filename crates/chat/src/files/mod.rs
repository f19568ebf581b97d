//! Files: the port of the file engines, which types are accepted, uploads and the sweep.

pub(crate) mod media;
pub(crate) mod port;
pub(crate) mod upload;
