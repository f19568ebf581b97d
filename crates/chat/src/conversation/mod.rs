//! One conversation: its row, its members and their watermarks, unread counts, and who may see it; of crews also who comes and goes.

pub(crate) mod access;
pub(crate) mod crew;
mod crew_members;
pub(crate) mod crew_row;
pub(crate) mod details;
mod heads;
pub(crate) mod member_row;
pub(crate) mod members;
pub(crate) mod parts;
pub(crate) mod read;
pub(crate) mod receipts;
pub(crate) mod render;
pub(crate) mod row;
pub(crate) mod sleep;
pub(crate) mod unread;
pub(crate) mod update;
pub(crate) mod update_read;
pub(crate) mod watermarks;
