//! From where messages are seen.

use crate::{
    base::id::{ConversationId, UserId},
    conversation::watermarks::Watermarks,
    log::position::Position,
};

/// The viewer of messages, and the time of the view.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewpoint<'a> {
    pub conversation: &'a ConversationId,
    /// The members, in their order.
    pub users: &'a [UserId],
    /// The member who sees them.
    pub viewer: usize,
    /// The watermarks at the point of the log that the answer shows.
    pub watermarks: Watermarks,
    /// Messages accepted before this instant are not shown.
    pub horizon: u64,
    /// Where the viewer left a crew.
    pub left: Option<Position>,
    pub now: u64,
}
