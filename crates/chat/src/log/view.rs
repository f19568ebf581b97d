//! The log of a conversation as one member reads it.

use crate::{base::id::ConversationId, conversation::row::ConversationRow};

/// Which log is read, by whom, and when. The log ends where `row` says; what came later is not part of the answer.
#[derive(Clone, Copy)]
pub(crate) struct LogView<'a> {
    pub id: &'a ConversationId,
    pub row: &'a ConversationRow,
    /// The member who reads.
    pub viewer: usize,
    pub now: u64,
}
