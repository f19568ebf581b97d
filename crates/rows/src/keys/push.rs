//! The keys of push notifications.

use super::user_partition;
use jobline_base::id::UserId;
use jobline_store::{Consistency, Key, Range};

/// The key pair by which push services know this deployment.
pub fn vapid() -> Key {
    Key::new("SYSTEM", "VAPID")
}

/// A browser of a user, by its endpoint.
pub fn push(user: &UserId, endpoint: &str) -> Key {
    Key::new(user_partition(user), format!("PUSH#{}", &blake3::hash(endpoint.as_bytes()).to_hex()[..32]))
}

/// The browsers of a user.
pub fn pushes(user: &UserId) -> Range {
    Range { consistency: Consistency::Strong, ..Range::prefix(user_partition(user), "PUSH#", 100) }
}
