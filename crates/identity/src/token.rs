//! Parsing, checking and making a JWT in its compact form (RFC 7515, RFC 7519).

use super::{Checked, Minted, refusal::Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jobline_chat::UserId;
use ring::hmac;
use serde::de::{IgnoredAny, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// How much the clocks of issuer and server may differ.
const LEEWAY_MS: u64 = 60_000;

/// Larger times in tokens are not in seconds: this one is in the year 5138, or in milliseconds in 1973.
const NO_SECONDS: f64 = 100_000_000_000.0;

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hs256,
    Rs256,
    Es256,
    /// With the curve Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The algorithm that `alg` names.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "HS256" => Some(Self::Hs256),
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            // The name in RFC 9864.
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Header<'t> {
    #[serde(borrow)]
    alg: Cow<'t, str>,
    #[serde(borrow, default)]
    kid: Option<Cow<'t, str>>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

/// Whether a field is present, whatever its value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// A parsed token. Nothing in it can be trusted before its signature is checked.
pub(super) struct Jws<'t> {
    /// The algorithm that the token claims. It must be that of the key, and never chooses it.
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    /// The signed bytes.
    pub(super) signed: &'t [u8],
    pub(super) signature: Vec<u8>,
    payload: &'t str,
}

impl<'t> Jws<'t> {
    pub(super) fn split(token: &'t str) -> Result<Self, Refusal> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Refusal::Malformed)?;
        if payload.contains('.') {
            return Err(Refusal::Malformed);
        }
        let header = decode(header)?;
        let header: Header<'_> = object(&header).ok_or(Refusal::Malformed)?;
        if header.crit {
            return Err(Refusal::Critical);
        }
        let algorithm = Algorithm::named(&header.alg).ok_or(Refusal::Algorithm)?;
        let kid = header.kid.map(Cow::into_owned);
        Ok(Self { algorithm, kid, signed: signed.as_bytes(), signature: decode(signature)?, payload })
    }

    /// The user of the token and the period in which it is valid. Only to be called after the signature was checked.
    pub(super) fn claims(&self, expected: &Expected) -> Result<(UserId, Period), Refusal> {
        let payload = decode(self.payload)?;
        let claims: Claims<'_> = object(&payload).ok_or(Refusal::Claims)?;
        expected.check(&claims)?;
        if [claims.exp, claims.nbf].into_iter().flatten().any(|time| time >= NO_SECONDS) {
            return Err(Refusal::Milliseconds);
        }
        let user = claims.sub.and_then(|Subject(sub)| UserId::new(&sub)).ok_or(Refusal::NoUser)?;
        let period = Period {
            not_before_ms: claims.nbf.map_or(0, seconds_to_ms),
            expires_ms: claims.exp.map(seconds_to_ms).ok_or(Refusal::NoExpiry)?,
            issued_ms: claims.iat.as_ref().and_then(serde_json::Value::as_f64).map(seconds_to_ms),
        };
        Ok((user, period))
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)
}

/// A JSON object: derived structs would also accept an array of their members in order.
fn object<'t, T: Deserialize<'t>>(json: &'t [u8]) -> Option<T> {
    json.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(json).ok()).flatten()
}

/// Milliseconds from the seconds of a `NumericDate`, which may have a fraction. Saturates at both ends.
fn seconds_to_ms(seconds: f64) -> u64 {
    (seconds * 1_000.0) as u64
}

#[derive(Deserialize)]
struct Claims<'t> {
    #[serde(borrow, default)]
    sub: Option<Subject<'t>>,
    #[serde(default)]
    exp: Option<f64>,
    #[serde(default)]
    nbf: Option<f64>,
    /// Of any type: only the number is checked.
    #[serde(default)]
    iat: Option<serde_json::Value>,
    #[serde(borrow, default)]
    iss: Option<Cow<'t, str>>,
    #[serde(default)]
    aud: Option<Audience>,
}

/// The subject: text, or a whole number, which is taken as its digits.
struct Subject<'t>(Cow<'t, str>);

impl<'de: 't, 't> Deserialize<'de> for Subject<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SubjectVisitor)
    }
}

struct SubjectVisitor;

impl<'de> Visitor<'de> for SubjectVisitor {
    type Value = Subject<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a whole number")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Subject(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Subject(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Subject(Cow::Owned(number.to_string())))
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The claims that a token must have besides `sub`.
pub(super) struct Expected {
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
}

impl Expected {
    fn check(&self, claims: &Claims<'_>) -> Result<(), Refusal> {
        if self.issuer.is_some() && self.issuer.as_deref() != claims.iss.as_deref() {
            return Err(Refusal::Issuer);
        }
        let Some(audience) = &self.audience else { return Ok(()) };
        let meant = match &claims.aud {
            Some(Audience::One(one)) => one == audience,
            Some(Audience::Many(many)) => many.contains(audience),
            None => false,
        };
        if meant { Ok(()) } else { Err(Refusal::Audience) }
    }
}

/// The period in which a token is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    not_before_ms: u64,
    expires_ms: u64,
    issued_ms: Option<u64>,
}

impl Period {
    /// A token of `user` that is valid in this period.
    pub(super) fn checked(self, user: UserId) -> Checked {
        Checked { user, expires_ms: self.expires_ms, issued_ms: self.issued_ms }
    }

    pub(super) fn check(self, now_ms: u64) -> Result<(), Refusal> {
        if now_ms >= self.expires_ms.saturating_add(LEEWAY_MS) {
            return Err(Refusal::Expired);
        }
        if now_ms.saturating_add(LEEWAY_MS) < self.not_before_ms {
            return Err(Refusal::NotYet);
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct MintedClaims<'a> {
    sub: &'a str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
}

/// A token for `user`, signed with `secret`.
pub(super) fn mint(secret: &hmac::Key, user: &UserId, now_ms: u64, ttl: Duration, expected: &Expected) -> Minted {
    let iat = now_ms / 1_000;
    // Up to a second less than requested, which the leeway compensates.
    let exp = iat.saturating_add(ttl.as_secs());
    let claims = MintedClaims {
        sub: user.as_str(),
        iat,
        exp,
        iss: expected.issuer.as_deref(),
        aud: expected.audience.as_deref(),
    };
    let payload = serde_json::to_vec(&claims).expect("text and numbers are JSON");
    let mut token = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = hmac::sign(secret, token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Minted { token, expires_ms: exp.saturating_mul(1_000) }
}
