//! The messages between servers, and their encryption.
//!
//! A batch is encrypted and authenticated with a key of the deployment, so those who run the bus learn neither who talks
//! to whom nor when, and cannot make anything up.

use jobline_chat::UserId;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

/// The layout of a sealed batch: one byte of version, the name of the server, the number of the batch, and what is sealed.
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 1 + 16 + 8;

/// The name of one run of a server: random, so that no two runs share it.
pub(crate) type Name = u128;

/// A notification that is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(crate) enum Notification {
    /// A user started or stopped typing in a conversation, which `audience` may see.
    Typing { conversation: String, user: String, typing: bool, audience: Vec<String> },
    /// A user is online; `presence_peers` may see it.
    Online {
        user: String,
        #[serde(rename = "circle")]
        presence_peers: Vec<String>,
    },
    /// A user who was online has not been active for a while.
    Gone { user: String, last_ms: u64 },
    /// A frame of a call for a device of a user.
    Signal { user: String, device: String, frame: String },
    /// Visibility between each of these users and others may have changed.
    Relations { users: Vec<String> },
    /// A user and each of the others do not see each other any more.
    Parted { user: String, others: Vec<String> },
    /// What a newer server tells.
    #[serde(other)]
    Unknown,
}

/// What one server tells the others at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Batch {
    /// The server stops: nothing is missing when nothing more comes.
    #[serde(default)]
    pub leaves: bool,
    /// The fingerprints of the users whose heads moved.
    #[serde(default)]
    pub moved: Vec<u64>,
    /// The rest.
    #[serde(default)]
    pub told: Vec<Notification>,
}

/// The keys that servers of one deployment share.
pub(crate) struct Keys {
    root: [u8; 32],
}

impl Keys {
    pub fn new(root: [u8; 32]) -> Self {
        Self { root }
    }

    /// A number that identifies a user: without the key nobody can tell whose it is.
    pub fn fingerprint(&self, user: &UserId) -> u64 {
        let hash = blake3::keyed_hash(&self.root, user.as_str().as_bytes());
        u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
    }

    /// Seals the batch `number` of the server `name`. No two batches may share both.
    pub fn seal(&self, name: Name, number: u64, batch: &Batch) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(name.to_le_bytes());
        bytes.extend(number.to_le_bytes());
        let mut sealed = serde_json::to_vec(batch).expect("numbers and texts are JSON");
        let header = Aad::from(bytes.clone());
        let key = self.key_of(name);
        key.seal_in_place_append_tag(nonce(number), header, &mut sealed).expect("a batch is far below 256 GB");
        bytes.extend(sealed);
        bytes
    }

    /// The sender of a batch, its number, and the batch; `None` for what no server of this deployment has sealed.
    pub fn open(&self, bytes: &[u8]) -> Option<(Name, u64, Batch)> {
        let (header, sealed) = bytes.split_at_checked(HEADER_BYTES)?;
        if header[0] != VERSION {
            return None;
        }
        let name = Name::from_le_bytes(header[1..17].try_into().ok()?);
        let number = u64::from_le_bytes(header[17..].try_into().ok()?);
        let mut sealed = sealed.to_vec();
        let opened = self.key_of(name).open_in_place(nonce(number), Aad::from(header), &mut sealed).ok()?;
        Some((name, number, serde_json::from_slice(opened).ok()?))
    }

    /// Each run of a server has its own key, so that the batch number suffices as a nonce.
    fn key_of(&self, name: Name) -> LessSafeKey {
        let key = blake3::keyed_hash(&self.root, &[b"server ", &name.to_le_bytes()[..]].concat());
        LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key.as_bytes()).expect("a hash is as long as a key"))
    }
}

fn nonce(number: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let told = Notification::Gone { user: "anna".to_owned(), last_ms: 7 };
        Batch { leaves: false, moved: vec![1, u64::MAX], told: vec![told] }
    }

    #[test]
    fn a_batch_is_opened_by_servers_of_the_deployment_alone() {
        let (ours, theirs) = (Keys::new([1; 32]), Keys::new([2; 32]));
        let sealed = ours.seal(77, 5, &batch());
        assert_eq!(ours.open(&sealed), Some((77, 5, batch())));
        assert_eq!(theirs.open(&sealed), None);
        assert!(!String::from_utf8_lossy(&sealed).contains("anna"));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(ours.open(&changed), None, "byte {at}");
            assert_eq!(ours.open(&sealed[..at]), None, "cut at {at}");
        }
    }

    #[test]
    fn notifications_of_newer_servers_are_ignored() {
        let batch: Batch = serde_json::from_str(r#"{"moved":[3],"told":[{"kind":"sings"}],"new":1}"#).unwrap();
        assert_eq!(batch, Batch { leaves: false, moved: vec![3], told: vec![Notification::Unknown] });
    }
}
