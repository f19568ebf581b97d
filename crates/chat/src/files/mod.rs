//! Files: the port of the file engines, the accepted types, uploads, the proof of what arrived, and the sweep.

mod bridge;
pub(crate) mod media;
pub(crate) mod port;
pub(crate) mod proof;
pub(crate) mod upload;
