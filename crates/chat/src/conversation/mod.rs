//! One conversation: its row, who has received and read how much, unread counts.

pub(crate) mod load;
pub(crate) mod receipts;
pub(crate) mod row;
pub(crate) mod watermarks;
