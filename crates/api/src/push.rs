//! Push notifications: what browsers subscribe with, and which push services are called.

use std::sync::Arc;

/// What the API needs for push notifications.
#[derive(Clone)]
pub struct PushOffer {
    /// The `applicationServerKey` with which a browser subscribes: base64url.
    pub public_key: String,
    /// Whether messages are sent to this endpoint: it is a URL of a push service that is known.
    pub accepts: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}
