//! The ways in which something is told outside. Each has rows of its own, so that one that fails holds back no other.

/// A way to tell something outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Events for the host's server.
    Webhook,
    /// Mail for users about what they have not read.
    Mail,
    /// Push notifications for users about what they have not read.
    Push,
}
