//! Telling those who wait that something changed.

use super::id::{ConversationId, UserId};

/// Is told of each commit that moved something for users: after it happened, and of no other. Live connections wake by it.
///
/// It is called on the way of the commit's answer, so it must not wait. What it is told may be lost with the process:
/// those who must not miss anything read the log.
pub trait Announce: Send + Sync + 'static {
    /// There is news for `users`, since `conversation` moved.
    fn moved(&self, users: &[&UserId], conversation: &ConversationId);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Unheard;

impl Announce for Unheard {
    fn moved(&self, _: &[&UserId], _: &ConversationId) {}
}
