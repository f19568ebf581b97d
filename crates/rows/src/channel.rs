//! The channels of deliveries to the outside. Each has its own rows, so that a failing one does not delay the others.

/// A channel of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Events for the host's server.
    Webhook,
    /// Mail to users about unread messages.
    Mail,
    /// Push notifications to users about unread messages.
    Push,
}
