//! Web Push: RFC 8030, encrypted by RFC 8291, with the server's key (VAPID) by RFC 8292.

mod encrypt;
mod endpoint;
mod vapid;

pub use endpoint::Services;
pub use vapid::{Vapid, VapidError, is_contact};

use crate::{
    client::{AllowedAddresses, Client},
    outcome::Outcome,
    resolve::Resolve,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use ring::rand::SystemRandom;
use std::sync::Arc;
use url::Url;

/// How long a push service keeps a message for a device that is away, in seconds: a day.
const TTL_SECONDS: u32 = 86_400;
/// The most bytes of a message before encryption that every push service accepts.
pub const MESSAGE_BYTES: usize = 3_000;

/// The endpoint of a browser, and the keys that messages are encrypted with: as `PushSubscription.toJSON()` has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription<'a> {
    /// The URL of the push service for this browser.
    pub endpoint: &'a str,
    /// The browser's public key: a point on P-256, base64url.
    pub p256dh: &'a str,
    /// 16 bytes that browser and server share, base64url.
    pub auth: &'a str,
}

/// A message for a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// The payload for the service worker: at most [`MESSAGE_BYTES`].
    pub body: &'a [u8],
    /// A message that is still queued at the push service is replaced by the next one of the same topic: up to 32 of
    /// `A–Z a–z 0–9 - _`.
    pub topic: &'a str,
    /// The Unix time of this attempt, in seconds.
    pub seconds: u64,
}

/// How an attempt to push ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushOutcome {
    /// The subscription has ended, or was never valid: it is to be forgotten.
    Gone,
    /// As of any delivery.
    Tried(Outcome),
}

/// Sends to push services.
pub struct Push {
    vapid: Vapid,
    services: Services,
    client: Client,
    random: SystemRandom,
}

impl Push {
    /// Sends with the key of `vapid` to `services` alone.
    #[must_use]
    pub fn new(vapid: Vapid, services: Services, resolver: Arc<dyn Resolve>) -> Self {
        Self { vapid, services, client: Client::new(resolver, &[]), random: SystemRandom::new() }
    }

    /// The public key that browsers subscribe with: base64url.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.vapid.public_key()
    }

    /// Makes one attempt to send a message.
    pub async fn send(&self, to: &Subscription<'_>, message: &Message<'_>) -> PushOutcome {
        let (url, reach) = match self.services.target(to.endpoint) {
            Some((url, true)) => (url, AllowedAddresses::Anywhere),
            Some((url, false)) => (url, AllowedAddresses::Public),
            None => return PushOutcome::Gone,
        };
        if message.body.len() > MESSAGE_BYTES {
            return PushOutcome::Tried(Outcome::refused("the message is too long"));
        }
        let Some(body) = encrypt::encrypt(&self.random, to.p256dh, to.auth, message.body) else {
            return PushOutcome::Gone;
        };
        let Some(headers) = self.headers(&url, message) else {
            return PushOutcome::Tried(Outcome::refused("the message cannot be described in headers"));
        };
        match self.client.post(&url, headers, body.into(), reach).await {
            Ok(answer) => outcome(answer.status, &answer.headers),
            Err(why) => PushOutcome::Tried(Outcome::failed(why)),
        }
    }

    fn headers(&self, url: &Url, message: &Message<'_>) -> Option<HeaderMap> {
        let authorization = self.vapid.authorization(&self.random, url, message.seconds)?;
        let mut authorization = HeaderValue::from_str(&authorization).ok()?;
        authorization.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, authorization);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
        headers.insert(HeaderName::from_static("ttl"), HeaderValue::from(TTL_SECONDS));
        headers.insert(HeaderName::from_static("urgency"), HeaderValue::from_static("high"));
        headers.insert(HeaderName::from_static("topic"), HeaderValue::from_str(message.topic).ok()?);
        Some(headers)
    }
}

/// What the answer of a push service means: an unknown subscription has ended, a temporary refusal is retried later,
/// and any other refusal is permanent for this message.
fn outcome(status: StatusCode, headers: &HeaderMap) -> PushOutcome {
    PushOutcome::Tried(match status {
        status if status.is_success() => Outcome::Delivered,
        StatusCode::NOT_FOUND | StatusCode::GONE => return PushOutcome::Gone,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Outcome::answered(status, headers),
        // The key of this server, its clock or its contact: nothing is wrong with the subscription.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::answered(status, headers),
        status if status.is_client_error() => Outcome::refused(format!("it answered {}", status.as_u16())),
        status => Outcome::answered(status, headers),
    })
}

/// Bytes in base64url; `=` at the end is allowed, as some libraries write it.
fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}
