//! Push notifications: what browsers subscribe with, and which push services are called.

use jobline_chat::{Error, Result};
use jobline_wire::AddPush;
use std::sync::Arc;

/// What the API has to know of push notifications.
#[derive(Clone)]
pub struct PushOffer {
    /// The `applicationServerKey` with which a browser subscribes: base64url.
    pub public_key: String,
    /// Whether messages are sent to this endpoint: it is a URL of a push service that is known.
    pub accepts: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// Whether messages can be encrypted with this `p256dh`: it is a point of the curve P-256.
    pub takes_key: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl PushOffer {
    /// Whether this browser can be reached: at a push service that is known, with a key that messages can be encrypted for.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn check(&self, browser: &AddPush) -> Result<()> {
        if !(self.accepts)(&browser.endpoint) {
            let detail =
                "endpoint is no URL of a push service that this server knows. Send what PushManager.subscribe() gives.";
            return Err(Error::invalid("endpoint", detail));
        }
        if !(self.takes_key)(&browser.keys.p256dh) {
            let detail = "keys.p256dh is no public key on P-256. Send the one that PushSubscription.toJSON() gives.";
            return Err(Error::invalid("keys.p256dh", detail));
        }
        Ok(())
    }
}
