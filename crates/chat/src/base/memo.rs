//! Rows decoded lately: where nothing changed, a poll compares a version instead of parsing JSON.
//!
//! Nothing here can be stale. What is looked up is a version that was just read from the store, and a version belongs to
//! one commit, which wrote a row once: same key and same version, same row.

use crate::{
    base::error::Result, base::rows, conversation::row::ConversationRow, host::jobs::JobRow, inbox::head::HeadRow,
};
use jobline_store::{Key, Row, Version};
use serde::de::DeserializeOwned;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many rows of a kind are kept; one that falls into the slot of another takes its place.
const SLOTS: usize = 4096;
/// Longer rows are decoded each time, so that the memory of all slots stays within some megabytes.
const ROW_BYTES: usize = 2048;

/// The rows that every poll and every send read.
#[derive(Default)]
pub(crate) struct Memos {
    pub conversations: Memo<ConversationRow>,
    pub heads: Memo<HeadRow>,
    pub jobs: Memo<JobRow>,
}

/// Decoded rows of one kind.
pub(crate) struct Memo<T> {
    slots: Box<[Slot<T>]>,
}

type Slot<T> = Mutex<Option<Box<Known<T>>>>;

struct Known<T> {
    key: Key,
    version: Version,
    value: T,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { slots: (0..SLOTS).map(|_| Mutex::new(None)).collect() }
    }
}

impl<T: DeserializeOwned + Clone> Memo<T> {
    /// What `row`, which was read at `key`, holds.
    pub fn decode(&self, key: &Key, row: &Row) -> Result<T> {
        if let Some(known) = &*self.slot(key)
            && known.version == row.version
            && known.key == *key
        {
            return Ok(known.value.clone());
        }
        let value: T = rows::decode(row)?;
        self.keep(key, row.version, &value, row.value.len());
        Ok(value)
    }

    /// Keeps what is stored at `key` with `version`, in so many bytes.
    pub fn keep(&self, key: &Key, version: Version, value: &T, bytes: usize) {
        if bytes <= ROW_BYTES {
            *self.slot(key) = Some(Box::new(Known { key: key.clone(), version, value: value.clone() }));
        }
    }

    fn slot(&self, key: &Key) -> MutexGuard<'_, Option<Box<Known<T>>>> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % SLOTS as u64).expect("less than the number of slots");
        // Whoever panicked left either the former row there or the next one, both whole.
        self.slots[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jobline_store::Bytes;

    fn row(version: u64, json: &'static str) -> Row {
        Row { value: Bytes::from_static(json.as_bytes()), version: Version(version), expires: None }
    }

    #[test]
    fn a_row_is_decoded_once_for_each_version() {
        let (memo, key) = (Memo::<u64>::default(), Key::new("P", "S"));
        assert_eq!(memo.decode(&key, &row(1, "10")).unwrap(), 10);
        assert_eq!(memo.decode(&key, &row(1, "not parsed again")).unwrap(), 10);
        assert_eq!(memo.decode(&key, &row(2, "20")).unwrap(), 20);
        memo.keep(&key, Version(3), &30, 2);
        assert_eq!(memo.decode(&key, &row(3, "not parsed at all")).unwrap(), 30);
        assert_eq!(memo.decode(&key, &row(1, "10")).unwrap(), 10, "an older version is read as it is");
    }

    #[test]
    fn rows_of_one_commit_are_told_apart_though_they_share_its_version() {
        let memo = Memo::<u64>::default();
        for round in 0..2 {
            for at in 0..3 * SLOTS as u64 {
                let key = Key::new("P", at.to_string());
                let row = Row { value: Bytes::from(at.to_string()), version: Version(1), expires: None };
                assert_eq!(memo.decode(&key, &row).unwrap(), at, "round {round}");
            }
        }
    }

    #[test]
    fn long_rows_and_unreadable_ones_are_not_kept() {
        let (memo, key) = (Memo::<String>::default(), Key::new("P", "S"));
        let long =
            Row { value: Bytes::from(format!("\"{}\"", "x".repeat(ROW_BYTES))), version: Version(1), expires: None };
        memo.decode(&key, &long).unwrap();
        assert!(memo.slot(&key).is_none());
        assert!(memo.decode(&key, &row(2, "{")).is_err());
        assert!(memo.slot(&key).is_none());
    }
}
