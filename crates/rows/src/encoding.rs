//! Encoding and decoding rows: versioned JSON that can be read in a database console.

use jobline_base::error::{Error, Result};
use jobline_store::{Bytes, Condition, Row};
use serde::{Serialize, de::DeserializeOwned};
use std::{cell::RefCell, collections::BTreeMap, fmt::Display};

/// The layout that this code writes. Rows of a later one are read as far as their fields are known, and keep their `v`.
pub const LAYOUT: u8 = 1;

/// The fields of a row that this version does not know, from a later one: kept when the row is written again.
pub type Extra = BTreeMap<String, serde_json::Value>;

/// The most memory that a thread keeps to encode its next row in.
const BUFFER_BYTES: usize = 16 * 1024;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// `value` as it is stored. It is written into a buffer of the thread first: one allocation, of the right size, is left.
pub fn encode<T: Serialize>(value: &T) -> Bytes {
    BUFFER.with_borrow_mut(|buffer| {
        buffer.clear();
        serde_json::to_writer(&mut *buffer, value)
            .expect("rows are plain structs of strings and numbers, which always serialise");
        let row = Bytes::copy_from_slice(buffer);
        buffer.shrink_to(BUFFER_BYTES);
        row
    })
}

/// What `row` holds.
pub fn decode<T: DeserializeOwned>(row: &Row) -> Result<T> {
    // Checked as text once and whole, which is cheaper than string by string.
    let text = std::str::from_utf8(&row.value).map_err(unreadable)?;
    serde_json::from_str(text).map_err(unreadable)
}

fn unreadable(error: impl Display) -> Error {
    Error::unavailable(format!("a stored row is unreadable: {error}"))
}

/// What `row` holds, if it exists and has not expired at `now_ms`.
pub fn live<T: DeserializeOwned>(row: Option<&Row>, now_ms: u64) -> Result<Option<T>> {
    match row {
        Some(row) if !expired(row, now_ms) => decode(row).map(Some),
        _ => Ok(None),
    }
}

/// Whether a row has expired, though the engine may not have deleted it yet.
pub fn expired(row: &Row, now_ms: u64) -> bool {
    row.expires.is_some_and(|seconds| seconds.saturating_mul(1_000) <= now_ms)
}

/// That a row is as it was read: absent, or of the same version.
pub fn as_read(row: Option<&Row>) -> Condition {
    row.map_or(Condition::Absent, |row| Condition::Version(row.version))
}
