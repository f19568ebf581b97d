//! HMAC with SHA-256, as signatures and key derivations of this crate use it.

use ring::hmac::{HMAC_SHA256, Key, sign};

/// The HMAC of `parts`, one after the other.
pub(crate) fn sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let tag = sign(&Key::new(HMAC_SHA256, key), &parts.concat());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}
