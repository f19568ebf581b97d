//! The encoding of rows in the database.
//!
//! | key | value | written |
//! |---|---|---|
//! | `m\0id` | the store's id | once |
//! | `m\0seq` | number of the last group | with every group |
//! | `r` partition `\0` sort | a row | by commits |
//! | `x` expires, 8 bytes big-endian, row key | nothing | with every row that expires |
//!
//! Keys have no NUL, so a NUL ends the partition: the rows of a partition are contiguous, in the byte order of their sort
//! keys.

use bytes::Bytes;
use fjall::Slice;
use jobline_store::{Error, Key, Row, Version};

pub(crate) const ID_KEY: &[u8] = b"m\0id";
pub(crate) const SEQUENCE_KEY: &[u8] = b"m\0seq";
/// The first key after all rows.
pub(crate) const ROWS_END: &[u8] = b"s";
pub(crate) const ROWS_BEGIN: &[u8] = b"r";

/// The longest key that is built without allocating: of rows of users and conversations with ids of usual length.
const SHORT_KEY: usize = 256;
const ROW: u8 = b'r';
const EXPIRY: u8 = b'x';
const FOREVER: u8 = 0;
const EXPIRES: u8 = 1;

pub(crate) fn row_key(partition: &str, sort: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(partition.len() + sort.len() + 2);
    write_key(&mut key, partition, sort);
    key
}

/// What `look` finds by the row's key, which is allocated only if it is long.
pub(crate) fn with_row_key<T>(partition: &str, sort: &str, look: impl FnOnce(&[u8]) -> T) -> T {
    let length = partition.len() + sort.len() + 2;
    let mut room = [0; SHORT_KEY];
    let Some(key) = room.get_mut(..length) else { return look(&row_key(partition, sort)) };
    key[0] = ROW;
    // The byte between them is a zero already.
    key[1..=partition.len()].copy_from_slice(partition.as_bytes());
    key[partition.len() + 2..].copy_from_slice(sort.as_bytes());
    look(key)
}

/// The row's key, built in `buffer`.
pub(crate) fn encode_key(buffer: &mut Vec<u8>, partition: &str, sort: &str) -> Slice {
    buffer.clear();
    write_key(buffer, partition, sort);
    buffer.as_slice().into()
}

fn write_key(key: &mut Vec<u8>, partition: &str, sort: &str) {
    key.push(ROW);
    key.extend_from_slice(partition.as_bytes());
    key.push(0);
    key.extend_from_slice(sort.as_bytes());
}

pub(crate) fn expiry_key(expires: u64, row_key: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(9 + row_key.len());
    key.push(EXPIRY);
    key.extend_from_slice(&expires.to_be_bytes());
    key.extend_from_slice(row_key);
    key
}

/// The first possible key of the expiry index for `expires` and later.
pub(crate) fn expiry_from(expires: u64) -> Vec<u8> {
    expiry_key(expires, &[])
}

pub(crate) fn split_expiry_key(key: &[u8]) -> Result<(u64, &[u8]), Error> {
    let (head, row_key) = key.split_at_checked(9).ok_or_else(|| damaged("an expiry key is too short"))?;
    Ok((be(&head[1..]), row_key))
}

/// The port's key for a row key.
pub(crate) fn port_key(row_key: &[u8]) -> Result<Key, Error> {
    let text = std::str::from_utf8(row_key).map_err(|_| damaged("a key is not text"))?;
    let (partition, sort) =
        text.get(1..).and_then(|rest| rest.split_once('\0')).ok_or_else(|| damaged("a key has no partition"))?;
    Ok(Key::new(partition, sort))
}

/// The row as it is stored, built in `buffer`.
pub(crate) fn encode_row(buffer: &mut Vec<u8>, head: Head, value: &[u8]) -> Slice {
    buffer.clear();
    buffer.push(if head.expires.is_some() { EXPIRES } else { FOREVER });
    buffer.extend_from_slice(&head.version.0.to_le_bytes());
    if let Some(expires) = head.expires {
        buffer.extend_from_slice(&expires.to_le_bytes());
    }
    buffer.extend_from_slice(value);
    buffer.as_slice().into()
}

/// The part of a row that conditions and the expiry index need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) version: Version,
    pub(crate) expires: Option<u64>,
}

pub(crate) fn decode_head(row: &[u8]) -> Result<(Head, &[u8]), Error> {
    let (head, rest) = row.split_at_checked(9).ok_or_else(|| damaged("a row is too short"))?;
    let version = Version(sequence(&head[1..]).ok_or_else(|| damaged("a row is too short"))?);
    match head[0] {
        FOREVER => Ok((Head { version, expires: None }, rest)),
        EXPIRES => {
            let (expires, rest) = rest.split_at_checked(8).ok_or_else(|| damaged("a row is too short"))?;
            Ok((Head { version, expires: sequence(expires) }, rest))
        }
        kind => Err(damaged(&format!("a row has the unknown kind {kind}"))),
    }
}

/// The row, copied: the database's bytes may be a slice of a block, which would stay in memory with it.
pub(crate) fn decode_row(row: &[u8]) -> Result<Row, Error> {
    let (Head { version, expires }, value) = decode_head(row)?;
    Ok(Row { value: Bytes::copy_from_slice(value), version, expires })
}

/// A number as it is stored in rows, little-endian.
pub(crate) fn sequence(value: &[u8]) -> Option<u64> {
    value.try_into().ok().map(u64::from_le_bytes)
}

fn be(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn damaged(what: &str) -> Error {
    Error::Corrupt(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_keys_survive_encoding() {
        for expires in [None, Some(0), Some(u64::MAX)] {
            let row =
                decode_row(&encode_row(&mut Vec::new(), Head { version: Version(7), expires }, b"value")).unwrap();
            assert_eq!(row, Row { value: Bytes::from_static(b"value"), version: Version(7), expires });
        }
        assert_eq!(port_key(&row_key("USER#a", "HEAD")).unwrap(), Key::new("USER#a", "HEAD"));
        assert_eq!(split_expiry_key(&expiry_key(9, b"rp\0s")).unwrap(), (9, b"rp\0s".as_slice()));
    }

    #[test]
    fn partitions_do_not_overlap() {
        for sort in ["", "HEAD", &"x".repeat(300)] {
            assert!(with_row_key("USER#a", sort, |key| key == row_key("USER#a", sort)), "{sort}");
        }
        assert!(row_key("a", "\u{10ffff}") < row_key("a!", ""), "the separator sorts before all text");
        assert!(row_key("a", "z") < row_key("ab", "a"));
        assert!(!row_key("ab", "c").starts_with(&row_key("a", "")));
    }

    #[test]
    fn damaged_rows_and_keys_are_errors() {
        for row in [&b""[..], b"\x00short", b"\x09123456789", b"\x0112345678short"] {
            assert!(matches!(decode_row(row), Err(Error::Corrupt(_))), "{row:?}");
        }
        assert!(port_key(b"rno-separator").is_err());
        assert!(split_expiry_key(b"x123").is_err());
    }
}
