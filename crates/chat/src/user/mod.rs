//! What a user decides for themselves: whom they block, what they mute, which browsers get push notifications; and what they
//! report to the host.

pub(crate) mod blocked;
pub(crate) mod blocks;
mod limits;
pub(crate) mod mute;
pub(crate) mod pushes;
pub(crate) mod reports;
