//! The key by which push services know this server: VAPID, RFC 8292.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::json;
use std::fmt;
use url::Url;

/// How long a signed token is valid: half of what push services allow, so that clocks may differ.
const VALID_SECONDS: u64 = 12 * 3_600;

/// The key could not be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VapidError;

impl fmt::Display for VapidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the key of Web Push is not usable")
    }
}

impl std::error::Error for VapidError {}

/// The key pair, and the contact that push services get.
pub struct Vapid {
    pair: EcdsaKeyPair,
    contact: String,
}

impl fmt::Debug for Vapid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vapid").field("contact", &self.contact).finish_non_exhaustive()
    }
}

impl Vapid {
    /// A new key, as PKCS #8. A browser's subscription is bound to the key: replacing it loses every subscription.
    ///
    /// # Errors
    /// The operating system has no random numbers.
    pub fn generate() -> Result<Vec<u8>, VapidError> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Ok(document.map_err(|_| VapidError)?.as_ref().to_vec())
    }

    /// The key in `pkcs8`, with a `contact` for which [`is_contact`] holds.
    ///
    /// # Errors
    /// It is not a key that [`Vapid::generate`] made.
    pub fn new(pkcs8: &[u8], contact: &str) -> Result<Self, VapidError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new());
        Ok(Self { pair: pair.map_err(|_| VapidError)?, contact: contact.to_owned() })
    }

    pub(super) fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key())
    }

    /// The value of `Authorization` for a call to `endpoint` at the Unix time `seconds`.
    pub(super) fn authorization(&self, random: &SystemRandom, endpoint: &Url, seconds: u64) -> Option<String> {
        let audience = endpoint.origin().ascii_serialization();
        let claims = json!({"aud": audience, "exp": seconds + VALID_SECONDS, "sub": self.contact});
        let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.pair.sign(random, signed.as_bytes()).ok()?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Some(format!("vapid t={signed}.{signature}, k={}", self.public_key()))
    }
}

/// Whether push services take `text` as a contact: a `mailto:` address or an `https:` URL. Apple refuses all else.
#[must_use]
pub fn is_contact(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    match url.scheme() {
        "https" => url.has_host(),
        "mailto" => {
            let halves = url.path().split_once('@');
            halves.is_some_and(|(user, domain)| !user.is_empty() && domain.contains('.') && !domain.contains('@'))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    #[test]
    fn contacts_are_mail_addresses_and_https_urls() {
        for good in ["mailto:ops@example.com", "https://example.com/contact"] {
            assert!(is_contact(good), "{good}");
        }
        for bad in ["ops@example.com", "mailto:", "mailto:ops", "mailto:ops@localhost", "http://example.com", ""] {
            assert!(!is_contact(bad), "{bad}");
        }
    }

    #[test]
    fn a_token_names_the_service_and_verifies_with_the_public_key() {
        let vapid = Vapid::new(&Vapid::generate().unwrap(), "mailto:ops@example.com").unwrap();
        let endpoint = Url::parse("https://fcm.googleapis.com/fcm/send/abc").unwrap();
        let value = vapid.authorization(&SystemRandom::new(), &endpoint, 1_700_000_000).unwrap();
        let (token, key) = value.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(key))
            .verify(signed.as_bytes(), &decode(signature))
            .unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap();
        let expected =
            json!({"aud": "https://fcm.googleapis.com", "exp": 1_700_043_200, "sub": "mailto:ops@example.com"});
        assert_eq!(claims, expected);
        assert!(Vapid::new(b"no key", "mailto:ops@example.com").is_err());
    }
}
