//! Public keys from a JWKS (RFC 7517), each with the only algorithm that it is used with.

use super::token::{Algorithm, Jws};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use std::collections::HashMap;

/// The smallest and largest RSA modulus, in bytes: 2048 and 8192 bits, what *ring* verifies.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;

/// The most keys of one source. A token without a `kid` makes the server try all of them.
const KEYS_MAX: usize = 32;

/// The keys of one source.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KeySet {
    /// By `kid`.
    named: HashMap<String, Vec<Key>>,
    /// Keys without a `kid`.
    unnamed: Vec<Key>,
}

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct RawKey {
    kty: String,
    kid: Option<String>,
    crv: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// The usable keys of a JWKS. Others, such as keys for encryption, are left out with a line in the log.
    pub(super) fn parse(json: &[u8]) -> Result<Self, String> {
        let set: RawSet = serde_json::from_slice(json).map_err(|error| format!("it is not a JWKS: {error}"))?;
        let mut keys = Self::default();
        for (position, value) in set.keys.into_iter().enumerate() {
            match serde_json::from_value(value).map_err(|error| error.to_string()).and_then(usable) {
                Ok(_) if keys.len() == KEYS_MAX => tracing::warn!(position, "the JWKS holds too many keys"),
                Ok((Some(kid), key)) => keys.named.entry(kid).or_default().push(key),
                Ok((None, key)) => keys.unnamed.push(key),
                Err(reason) => tracing::info!(position, reason, "a key of the JWKS is not used"),
            }
        }
        if keys.len() == 0 {
            tracing::warn!("the JWKS holds no key that user tokens can be verified with");
        }
        Ok(keys)
    }

    /// Whether the key with this `kid`, or one without a `kid`, signed the token; for a token without a `kid`, whether
    /// any key did. Each key is tried with its own algorithm only. `None`: there is no such key.
    pub(super) fn verifies(&self, kid: Option<&str>, jws: &Jws<'_>) -> Option<bool> {
        let named = match kid {
            Some(kid) => self.named.get(kid).into_iter().flatten().collect::<Vec<_>>(),
            None => self.named.values().flatten().collect(),
        };
        let mut keys = named.into_iter().chain(&self.unnamed).peekable();
        keys.peek()?;
        Some(keys.any(|key| key.verifies(jws)))
    }

    pub(super) fn len(&self) -> usize {
        self.named.values().map(Vec::len).sum::<usize>() + self.unnamed.len()
    }
}

/// A public key with the only algorithm that it is used with.
#[derive(Debug, PartialEq, Eq)]
enum Key {
    Rs256 {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The uncompressed point.
    Es256(Vec<u8>),
    EdDsa(Vec<u8>),
}

impl Key {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rs256 { .. } => Algorithm::Rs256,
            Self::Es256(_) => Algorithm::Es256,
            Self::EdDsa(_) => Algorithm::EdDsa,
        }
    }

    fn verifies(&self, jws: &Jws<'_>) -> bool {
        let (signed, signature) = (jws.signed, &jws.signature);
        let verified = match self {
            _ if jws.algorithm != self.algorithm() => return false,
            Self::Rs256 { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&signature::RSA_PKCS1_2048_8192_SHA256, signed, signature)
            }
            Self::Es256(point) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)
            }
            Self::EdDsa(point) => UnparsedPublicKey::new(&signature::ED25519, point).verify(signed, signature),
        };
        verified.is_ok()
    }
}

/// The key with its `kid`, if it has one. The error says why it cannot be used.
fn usable(raw: RawKey) -> Result<(Option<String>, Key), String> {
    if raw.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return Err("its use is not sig".to_owned());
    }
    if raw.key_ops.as_ref().is_some_and(|operations| !operations.iter().any(|one| one == "verify")) {
        return Err("its key_ops do not allow verify".to_owned());
    }
    let key = match (raw.kty.as_str(), raw.crv.as_deref()) {
        ("RSA", _) => rsa(&raw)?,
        ("EC", Some("P-256")) => {
            let mut point = vec![4];
            point.extend(coordinate(raw.x.as_deref())?);
            point.extend(coordinate(raw.y.as_deref())?);
            Key::Es256(point)
        }
        ("OKP", Some("Ed25519")) => Key::EdDsa(coordinate(raw.x.as_deref())?),
        _ => return Err("its type is not accepted; accepted are RSA, EC with P-256 and OKP with Ed25519".to_owned()),
    };
    if raw.alg.as_deref().is_some_and(|alg| Algorithm::named(alg) != Some(key.algorithm())) {
        return Err("its alg is not RS256, ES256 or EdDSA, or does not fit its kty".to_owned());
    }
    Ok((raw.kid, key))
}

fn rsa(raw: &RawKey) -> Result<Key, String> {
    let number = |text: Option<&str>| -> Result<Vec<u8>, String> {
        let bytes = decode(text)?;
        // Some issuers keep the leading zero byte of the ASN.1 encoding.
        Ok(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
    };
    let (n, e) = (number(raw.n.as_deref())?, number(raw.e.as_deref())?);
    if !RSA_BYTES.contains(&n.len()) {
        return Err(format!("its RSA modulus has {} bits; accepted are 2048 to 8192", n.len() * 8));
    }
    Ok(Key::Rs256 { n, e })
}

fn coordinate(text: Option<&str>) -> Result<Vec<u8>, String> {
    let bytes = decode(text)?;
    if bytes.len() == 32 { Ok(bytes) } else { Err("a coordinate is not 32 bytes long".to_owned()) }
}

fn decode(text: Option<&str>) -> Result<Vec<u8>, String> {
    let text = text.ok_or("a part of the key is missing")?;
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| "a part of the key is not base64url".to_owned())
}
