//! The log of a conversation as one member reads it.

use crate::{
    base::id::ConversationId, context::Context, conversation::row::ConversationRow, messages::row::MessageRow,
};

/// Which log is read, by whom, and when. The log ends where `row` says; what came later is not part of the answer.
#[derive(Clone, Copy)]
pub(crate) struct LogView<'a> {
    pub id: &'a ConversationId,
    /// As the viewer sees it: see [`ConversationRow::viewed_by`].
    pub row: &'a ConversationRow,
    /// The member who reads.
    pub viewer: usize,
    pub now: u64,
}

impl LogView<'_> {
    /// Messages that were accepted before this instant are not shown: they are not kept any more, or the viewer joined
    /// later.
    pub fn horizon(self, cx: &Context) -> u64 {
        let begin = self.row.begins_for(self.viewer);
        let first = if begin.number == 0 { 0 } else { begin.at + 1 };
        cx.retention.horizon(self.now).max(first)
    }

    /// Whether the viewer is shown what changes: who has left is shown what was there then, and no change after that.
    pub fn follows(self) -> bool {
        self.row.left(self.viewer).is_none()
    }

    /// The last change that the viewer is ever shown; `None` of one who follows.
    pub fn is_over_at(self) -> Option<u64> {
        (!self.follows()).then_some(self.row.log.change)
    }

    /// Whether the viewer sees a message of this log.
    pub fn shows(self, cx: &Context, message: &MessageRow) -> bool {
        message.at >= self.horizon(cx) && message.number <= self.row.ends_for(self.viewer).number
    }
}
