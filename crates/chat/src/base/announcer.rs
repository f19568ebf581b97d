//! The port by which waiting connections are woken.

use super::id::{ConversationId, UserId};

/// Notified after each commit that changed something for users, and after no other. Live connections are woken by it.
///
/// It is called before the commit is answered, so it must not block. Notifications may be lost with the process:
/// readers that must not miss anything read the log.
pub trait Announce: Send + Sync + 'static {
    /// `conversation` changed for `users`.
    fn moved(&self, users: &[&UserId], conversation: &ConversationId);

    /// Visibility between each of `users` and others may have changed, by a block, a job or a preference. Cached
    /// visibility has to be read again.
    fn relations_changed(&self, users: &[&UserId]);
}

/// Notifies nobody.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NoAnnouncer;

impl Announce for NoAnnouncer {
    fn moved(&self, _: &[&UserId], _: &ConversationId) {}

    fn relations_changed(&self, _: &[&UserId]) {}
}
