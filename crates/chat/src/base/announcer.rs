//! Telling those who wait that something changed.

use super::id::{ConversationId, UserId};

/// Is told of each commit that moved something for users: after it happened, and of no other. Live connections wake by it.
///
/// It is called on the way of the commit's answer, so it must not wait. What it is told may be lost with the process:
/// those who must not miss anything read the log.
pub trait Announce: Send + Sync + 'static {
    /// There is news for `users`, since `conversation` moved.
    fn moved(&self, users: &[&UserId], conversation: &ConversationId);

    /// Who may see each of `users`, and whom they may see, may have changed: by a block, a job or a preference. What is
    /// remembered of that has to be read again.
    fn relations_changed(&self, users: &[&UserId]);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Unheard;

impl Announce for Unheard {
    fn moved(&self, _: &[&UserId], _: &ConversationId) {}

    fn relations_changed(&self, _: &[&UserId]) {}
}
