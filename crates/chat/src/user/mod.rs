//! What a user decides for themselves: whom they block, what they mute, what they are told by mail and push; and what
//! they report to the host.

pub(crate) mod blocks;
pub(crate) mod mute;
pub(crate) mod preferences;
pub(crate) mod reports;
