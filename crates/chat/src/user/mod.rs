//! What a user decides for themselves: whom they block and what they mute; and what they report to the host.

pub(crate) mod blocks;
pub(crate) mod mute;
pub(crate) mod reports;
