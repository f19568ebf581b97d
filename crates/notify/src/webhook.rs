//! Webhooks by the Standard Webhooks specification: signed, and with an id that stays the same however often an event is
//! delivered.

use crate::{
    client::{AllowedAddresses, Client, PRIVATE},
    hmac,
    outcome::Outcome,
    resolve::Resolve,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use std::{fmt, sync::Arc};
use url::Url;

/// How a secret begins.
const PREFIX: &str = "whsec_";
/// How many bytes a secret may have.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// How many secrets are in use at a time: two while one replaces the other.
const SECRETS: usize = 2;

/// What events are signed with. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets(Vec<Vec<u8>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// One secret, or two with a comma between them: each `whsec_` and the base64 of 24 to 64 bytes. `None` for anything
    /// else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let decode = |one: &str| STANDARD.decode(one.trim().strip_prefix(PREFIX)?).ok();
        let secrets: Vec<Vec<u8>> = text.split(',').map(decode).collect::<Option<_>>()?;
        let fits = secrets.len() <= SECRETS && secrets.iter().all(|secret| BYTES.contains(&secret.len()));
        fits.then_some(Self(secrets))
    }

    /// The value of `webhook-signature`: one signature for each secret, of which a receiver needs to know one.
    fn sign(&self, id: &str, seconds: u64, body: &[u8]) -> String {
        let begin = format!("{id}.{seconds}.");
        let signature =
            |secret: &Vec<u8>| format!("v1,{}", STANDARD.encode(hmac::sha256(secret, &[begin.as_bytes(), body])));
        self.0.iter().map(signature).collect::<Vec<_>>().join(" ")
    }
}

/// Whether `url` can be called: https, or http where private addresses are allowed; without user and fragment.
#[must_use]
pub fn is_usable(url: &Url, allow_private: bool) -> bool {
    let scheme = url.scheme() == "https" || allow_private && url.scheme() == "http";
    scheme && url.has_host() && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

/// The receiver of a host's events.
pub struct Webhook {
    url: Url,
    secrets: Secrets,
    reach: AllowedAddresses,
    client: Client,
}

impl Webhook {
    /// The receiver at `url`, for which [`is_usable`] holds. Private and link-local addresses are called only with
    /// `allow_private`.
    #[must_use]
    pub fn new(url: Url, secrets: Secrets, allow_private: bool, resolver: Arc<dyn Resolve>) -> Self {
        let reach = if allow_private { AllowedAddresses::Anywhere } else { AllowedAddresses::Public };
        Self { url, secrets, reach, client: Client::new(resolver, &[]) }
    }

    /// Makes one attempt to deliver an event, which is JSON. `seconds` is the Unix time of this attempt.
    ///
    /// Any 2xx is a delivery. 410 says that the receiver takes no more events; everything else may be retried, a
    /// redirect included: it is not followed.
    pub async fn deliver(&self, id: &str, seconds: u64, body: Bytes) -> Outcome {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("webhook-timestamp", HeaderValue::from(seconds));
        let signed = self.secrets.sign(id, seconds, &body);
        for (name, value) in [("webhook-id", id), ("webhook-signature", &signed)] {
            match HeaderValue::from_str(value) {
                Ok(value) => headers.insert(name, value),
                Err(_) => return Outcome::refused(format!("{name} cannot be sent in a header")),
            };
        }
        match self.client.post(&self.url, headers, body, self.reach).await {
            Ok(answer) if answer.status.is_success() => Outcome::Delivered,
            Ok(answer) if answer.status == StatusCode::GONE => {
                Outcome::refused("it answered 410: it takes no more events")
            }
            Ok(answer) => Outcome::answered(answer.status, &answer.headers),
            Err(why) => Outcome::failed(with_setting(why)),
        }
    }

    /// Connects as for an event, and sends none.
    ///
    /// # Errors
    /// Why an event would not arrive, as one line.
    pub async fn try_connection(&self) -> Result<(), String> {
        self.client.try_connection(&self.url, self.reach).await.map_err(with_setting)
    }
}

/// `why` nothing was called, with the setting to look at where there is one.
fn with_setting(why: String) -> String {
    match why.as_str() {
        PRIVATE => {
            format!("{why}: name a public one, or set --webhook-allow-private (JOBLINE_WEBHOOK_ALLOW_PRIVATE)")
        }
        _ => why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_read_strictly_and_never_shown() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for good in [of(24), of(64), format!("{},{}", of(32), of(24)), format!("{}, {}", of(32), of(24))] {
            let secrets = Secrets::parse(&good).unwrap();
            assert_eq!(format!("{secrets:?}"), "Secrets(…)");
        }
        let without_prefix = STANDARD.encode([7; 32]);
        for bad in
            [of(23), of(65), without_prefix, String::new(), format!("{},", of(32)), [of(32), of(32), of(32)].join(",")]
        {
            assert_eq!(Secrets::parse(&bad), None, "{bad}");
        }
    }

    #[test]
    fn urls_are_https_unless_private_addresses_are_allowed() {
        let usable = |text: &str, private| is_usable(&Url::parse(text).unwrap(), private);
        assert!(usable("https://example.com/hook?a=b", false));
        assert!(usable("http://127.0.0.1:8080/hook", true));
        assert!(!usable("http://example.com/hook", false));
        for bad in
            ["https://u@example.com/", "https://u:p@example.com/", "https://example.com/#x", "ftp://example.com/"]
        {
            assert!(!usable(bad, true), "{bad}");
        }
    }
}
