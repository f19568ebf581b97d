//! Recently decoded rows: a poll of something that did not change compares a version instead of parsing JSON.
//!
//! Nothing here can be stale. A memo is asked for a version that was just read from the store, and a version belongs to
//! one commit, which wrote the row once: the same key and version always hold the same row.

use crate::{db::Db, encoding, slot};
use jobline_base::error::Result;
use jobline_store::{Key, Range, Row, Version};
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many rows of a kind are kept, where nothing else is said. A row that falls into the slot of another replaces it.
const SLOTS: usize = 4096;
/// Longer rows are decoded each time where nothing else is said, which bounds the memory of all slots to some megabytes.
const ROW_BYTES: usize = 2048;

/// Decoded rows of one kind.
pub struct Memo<T> {
    slots: Box<[Slot<T>]>,
    row_bytes: usize,
}

type Slot<T> = Mutex<Option<Box<Entry<T>>>>;

struct Entry<T> {
    key: Key,
    version: Version,
    value: Arc<T>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self::new(SLOTS, ROW_BYTES)
    }
}

impl<T> Memo<T> {
    /// Keeps up to `slots` rows of up to `row_bytes` bytes each.
    #[must_use]
    pub fn new(slots: usize, row_bytes: usize) -> Self {
        Self { slots: (0..slots).map(|_| Mutex::new(None)).collect(), row_bytes }
    }
}

impl<T: DeserializeOwned + Clone> Memo<T> {
    /// What `row`, which was read at `key`, holds: for those who change it.
    pub fn decode(&self, key: &Key, row: &Row) -> Result<T> {
        Ok(Arc::unwrap_or_clone(self.shared(key, row)?))
    }

    /// What `row`, which was read at `key`, holds: for read-only use.
    pub fn shared(&self, key: &Key, row: &Row) -> Result<Arc<T>> {
        if let Some(entry) = &*self.slot(key)
            && entry.version == row.version
            && entry.key == *key
        {
            return Ok(Arc::clone(&entry.value));
        }
        let value: Arc<T> = Arc::new(encoding::decode(row)?);
        if row.value.len() <= self.row_bytes {
            self.put(key.clone(), row.version, Arc::clone(&value));
        }
        Ok(value)
    }

    /// What `row`, which was read at `key`, holds, if it exists and has not expired at `now_ms`.
    pub fn live(&self, key: &Key, row: Option<&Row>, now_ms: u64) -> Result<Option<Arc<T>>> {
        let row = row.filter(|row| !encoding::expired(row, now_ms));
        row.map(|row| self.shared(key, row)).transpose()
    }

    /// The rows of `range`: see [`Db::range`].
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn range(&self, db: &Db, range: Range) -> Result<Vec<Arc<T>>> {
        let rows = db.range(range).await?;
        // `collect` would not know how many there are, and move them as it grows.
        let mut decoded = Vec::with_capacity(rows.len());
        for (key, row) in &rows {
            decoded.push(self.shared(key, row)?);
        }
        Ok(decoded)
    }

    /// Keeps `value`, which is stored at `key` with `version` and takes `bytes` there.
    pub fn keep(&self, key: Key, version: Version, bytes: usize, value: impl FnOnce() -> T) {
        if bytes <= self.row_bytes {
            self.put(key, version, Arc::new(value()));
        }
    }

    fn put(&self, key: Key, version: Version, value: Arc<T>) {
        let mut slot = self.slot(&key);
        *slot = Some(Box::new(Entry { key, version, value }));
    }

    fn slot(&self, key: &Key) -> MutexGuard<'_, Option<Box<Entry<T>>>> {
        // A panic cannot leave half an entry: it is replaced in one step.
        self.slots[slot::of(key, self.slots.len())].lock().unwrap_or_else(PoisonError::into_inner)
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
        memo.keep(key.clone(), Version(3), 2, || 30);
        assert_eq!(memo.decode(&key, &row(3, "not parsed at all")).unwrap(), 30);
        assert_eq!(memo.decode(&key, &row(1, "10")).unwrap(), 10, "an older version is read as it is");
    }

    #[test]
    fn rows_of_one_commit_are_kept_apart_though_they_share_its_version() {
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
    fn longer_rows_are_kept_where_that_was_said() {
        let (memo, key) = (Memo::<String>::new(2, 2 * ROW_BYTES), Key::new("P", "S"));
        let long =
            Row { value: Bytes::from(format!("\"{}\"", "x".repeat(ROW_BYTES))), version: Version(1), expires: None };
        memo.decode(&key, &long).unwrap();
        assert!(memo.slot(&key).is_some());
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
