//! Cursors: opaque, exact, and valid only for the user and the list they were given for.
//!
//! A cursor is a position, written in variable-length numbers and sealed with a keyed hash over the user and the list
//! it is for. It holds no secret; the seal makes an altered cursor, or another user's, an `invalid_cursor` error
//! instead of a wrong answer. The contents of the cursors are in `log/cursor.rs` and `inbox/cursor.rs`.

use super::{
    error::{Error, Result},
    id::UserId,
    time,
};
use base64::{Engine as _, decoded_len_estimate, engine::general_purpose::URL_SAFE_NO_PAD};
use jobline_wire::Code;

/// Bytes of a cursor that is decoded without allocating, as those of most polls are.
const SHORT_BYTES: usize = 192;
/// Bytes of the seal: 96 bits.
const SEAL_BYTES: usize = 12;

/// Where a client begins to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Since<C> {
    /// `since` is missing: the client gets a snapshot.
    Start,
    /// What changed after this instant, in Unix milliseconds.
    Instant(u64),
    /// Exactly where an answer ended.
    Cursor(C),
}

/// A cursor that can be written and read as numbers and texts.
pub(crate) trait Encode: Sized {
    /// Part of the seal, so that one kind of cursor is not accepted as another. 1: `list`, 2: `getConversations`, 3:
    /// `sync`.
    const KIND: u8;
    fn write(&self, to: &mut Writer);
    /// `None` when `from` does not hold such a cursor.
    fn read(from: &mut Reader<'_>) -> Option<Self>;
}

/// Whether a text holds nothing but digits and what stands between those of a time.
fn is_meant_as_time(text: &str) -> bool {
    text.chars().all(|char| char.is_ascii_digit() || "-:.+ TZtz".contains(char))
}

/// Seals and opens cursors.
#[derive(Clone)]
pub(crate) struct Sealer {
    key: [u8; 32],
}

impl Sealer {
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// `cursor`, valid for `user` and the list named `scope`.
    pub fn seal<C: Encode>(&self, cursor: &C, user: &UserId, scope: &str) -> String {
        let mut writer = Writer(Vec::with_capacity(48));
        cursor.write(&mut writer);
        let seal = self.mac(C::KIND, &writer.0, user, scope);
        writer.0.extend_from_slice(&seal);
        let mut text = String::with_capacity(1 + writer.0.len() * 4 / 3 + 2);
        text.push('c');
        URL_SAFE_NO_PAD.encode_string(&writer.0, &mut text);
        text
    }

    /// What `since` means: nothing, an instant, or a cursor that was sealed for `user` and `scope`.
    ///
    /// # Errors
    /// `invalid_request` for a malformed time, `invalid_cursor` for any other text that is no such cursor.
    pub fn open<C: Encode>(&self, since: Option<&str>, user: &UserId, scope: &str) -> Result<Since<C>> {
        let Some(text) = since else { return Ok(Since::Start) };
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            if let Some(instant) = time::parse_iso(text) {
                return Ok(Since::Instant(instant));
            }
            if is_meant_as_time(text) {
                let detail = "since is neither a cursor nor an ISO 8601 time such as 2025-11-14T10:30:00.000Z.";
                return Err(Error::invalid("since", detail));
            }
        }
        self.unseal(text, user, scope).map(Since::Cursor).ok_or_else(|| {
            let detail = "since is not a cursor that this list gave to you. Leave since out to start again.";
            Error::new(Code::InvalidCursor, detail).at("since")
        })
    }

    fn unseal<C: Encode>(&self, text: &str, user: &UserId, scope: &str) -> Option<C> {
        let text = text.strip_prefix('c')?;
        let (mut room, longer);
        let bytes: &[u8] = if decoded_len_estimate(text.len()) <= SHORT_BYTES {
            room = [0; SHORT_BYTES];
            let length = URL_SAFE_NO_PAD.decode_slice(text, &mut room).ok()?;
            &room[..length]
        } else {
            longer = URL_SAFE_NO_PAD.decode(text).ok()?;
            &longer
        };
        let (payload, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL_BYTES)?)?;
        let expected = self.mac(C::KIND, payload, user, scope);
        if !constant_time_eq(&expected, seal) {
            return None;
        }
        let mut reader = Reader(payload);
        let cursor = C::read(&mut reader)?;
        reader.0.is_empty().then_some(cursor)
    }

    fn mac(&self, kind: u8, payload: &[u8], user: &UserId, scope: &str) -> [u8; SEAL_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        // Neither ids nor scopes contain a NUL, so no two inputs are hashed alike.
        hasher.update(&[kind]).update(user.as_str().as_bytes()).update(&[0]).update(scope.as_bytes()).update(&[0]);
        hasher.update(payload);
        let mut seal = [0; SEAL_BYTES];
        seal.copy_from_slice(&hasher.finalize().as_bytes()[..SEAL_BYTES]);
        seal
    }
}

fn constant_time_eq(expected: &[u8; SEAL_BYTES], seal: &[u8]) -> bool {
    let difference = expected.iter().zip(seal).fold(0, |all, (a, b)| all | (a ^ b));
    difference == 0 && seal.len() == SEAL_BYTES
}

/// Writes numbers with seven bits a byte, the lowest first.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    /// 64 bits in eight bytes: shorter than [`Writer::number`] where all of them vary.
    pub fn bits(&mut self, bits: u64) {
        self.0.extend_from_slice(&bits.to_le_bytes());
    }
}

/// Reads what [`Writer`] wrote.
pub(crate) struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    pub fn bits(&mut self) -> Option<u64> {
        let (bits, rest) = self.0.split_at_checked(8)?;
        self.0 = rest;
        Some(u64::from_le_bytes(bits.try_into().ok()?))
    }
}
