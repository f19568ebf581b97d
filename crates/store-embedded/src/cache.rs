//! A cache of recently read and written rows, and of keys that have no row.
//!
//! The cache never holds an old row: what a reader found is cached only if its [`Ticket`] is still valid, see the ledger.
//! Between [`RowCache::begin`] and [`RowCache::end`] the rows being written are not in the cache, so that a read never returns
//! an older row than another read has already returned from the database.

use crate::ledger::{KeyHash, Ledger, Ticket};
use fjall::Slice;
use jobline_store::Row;
use quick_cache::{Weighter, unsync};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 32;
/// Larger rows are not cached: one of them would evict dozens of others.
const ROW_BYTES: usize = 16 * 1024;
/// Memory of an entry besides its bytes: two allocations, the table, the structures of key and row.
const OVERHEAD: usize = 160;

type Rows = unsync::Cache<Slice, Option<Row>, Weigh>;

pub(crate) struct RowCache {
    shards: Vec<Mutex<Rows>>,
    ledger: Ledger,
}

#[derive(Clone, Default)]
struct Weigh;

impl Weighter<Slice, Option<Row>> for Weigh {
    fn weight(&self, key: &Slice, row: &Option<Row>) -> u64 {
        (key.len() + row.as_ref().map_or(0, |row| row.value.len()) + OVERHEAD) as u64
    }
}

/// The result of a lookup.
pub(crate) enum Lookup {
    /// The row, or `None` if the key has none.
    Hit(Option<Row>),
    Miss(Ticket),
}

impl RowCache {
    pub(crate) fn new(bytes: usize) -> Self {
        let capacity = (bytes / SHARDS) as u64;
        let items = (capacity / 512).max(8) as usize;
        let rows = || Mutex::new(Rows::with_weighter(items, capacity, Weigh));
        Self { shards: (0..SHARDS).map(|_| rows()).collect(), ledger: Ledger::new() }
    }

    fn shard(&self, hash: KeyHash) -> MutexGuard<'_, Rows> {
        self.shards[hash.shard(SHARDS)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, key: &[u8]) -> Lookup {
        let hash = self.ledger.hash(key);
        match self.shard(hash).get(key) {
            Some(row) => Lookup::Hit(row.clone()),
            None => Lookup::Miss(self.ledger.ticket(hash)),
        }
    }

    /// The cached row, if there is one; for callers that will not fill the cache.
    pub(crate) fn peek(&self, key: &[u8]) -> Option<Option<Row>> {
        self.shard(self.ledger.hash(key)).get(key).cloned()
    }

    /// Caches what a reader found in the database after it missed with `ticket`.
    pub(crate) fn fill(&self, key: &[u8], row: &Option<Row>, ticket: &Ticket) {
        let mut rows = self.shard(ticket.hash());
        if self.ledger.is_valid(ticket) {
            put(&mut rows, key.into(), row.clone());
        }
    }

    /// A write of these keys begins.
    pub(crate) fn begin<'a>(&self, keys: impl Iterator<Item = &'a Slice>) {
        for key in keys {
            let hash = self.ledger.hash(&**key);
            self.ledger.begin(hash);
            self.shard(hash).remove(&**key);
        }
    }

    /// The write has ended. `rows` are the new rows; the outer `None` is for those that are not worth caching.
    pub(crate) fn end<'a>(&self, rows: impl Iterator<Item = (&'a Slice, Option<Option<Row>>)>) {
        for (key, row) in rows {
            let hash = self.ledger.hash(&**key);
            if let Some(row) = row {
                put(&mut self.shard(hash), key.clone(), row);
            }
            self.ledger.end(hash);
        }
    }

    /// The write has failed, and readers may have read rows that did not last: empties the cache.
    pub(crate) fn abandon(&self) {
        self.ledger.abandon();
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}

fn put(rows: &mut Rows, key: Slice, row: Option<Row>) {
    if row.as_ref().is_none_or(|row| row.value.len() <= ROW_BYTES) {
        rows.insert(key, row);
    } else {
        rows.remove(&*key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jobline_store::{Bytes, Version};

    fn row(version: u64) -> Option<Row> {
        Some(Row { value: Bytes::from_static(b"v"), version: Version(version), expires: None })
    }

    fn miss(cache: &RowCache) -> Ticket {
        match cache.get(b"k") {
            Lookup::Miss(ticket) => ticket,
            Lookup::Hit(row) => panic!("{row:?}"),
        }
    }

    fn hit(cache: &RowCache) -> Option<Row> {
        match cache.get(b"k") {
            Lookup::Hit(row) => row,
            Lookup::Miss(_) => panic!("not cached"),
        }
    }

    fn begin(cache: &RowCache) {
        cache.begin([Slice::from(b"k")].iter());
    }

    fn end(cache: &RowCache, version: u64) {
        cache.end([(&Slice::from(b"k"), Some(row(version)))].into_iter());
    }

    #[test]
    fn rows_and_their_absence_are_cached() {
        let cache = RowCache::new(1 << 20);
        let ticket = miss(&cache);
        cache.fill(b"k", &None, &ticket);
        assert_eq!(hit(&cache), None);
        begin(&cache);
        end(&cache, 1);
        assert_eq!(hit(&cache), row(1));
    }

    #[test]
    fn a_row_read_before_or_during_a_write_is_not_cached() {
        let cache = RowCache::new(1 << 20);
        let (before, during);
        before = miss(&cache);
        begin(&cache);
        during = miss(&cache);
        cache.fill(b"k", &row(1), &before);
        let _ = miss(&cache);
        end(&cache, 2);
        cache.fill(b"k", &row(1), &during);
        assert_eq!(hit(&cache), row(2));

        cache.fill(b"k", &row(1), &before);
        assert_eq!(hit(&cache), row(2));
    }

    #[test]
    fn rows_being_written_are_not_cached() {
        let cache = RowCache::new(1 << 20);
        let ticket = miss(&cache);
        cache.fill(b"k", &row(1), &ticket);
        begin(&cache);
        let ticket = miss(&cache);
        cache.abandon();
        cache.fill(b"k", &row(1), &ticket);
        let ticket = miss(&cache);
        cache.fill(b"k", &row(3), &ticket);
        assert_eq!(hit(&cache), row(3));
    }

    #[test]
    fn a_written_row_need_not_be_cached() {
        let cache = RowCache::new(1 << 20);
        let ticket = miss(&cache);
        cache.fill(b"k", &row(1), &ticket);
        begin(&cache);
        cache.end([(&Slice::from(b"k"), None)].into_iter());
        let ticket = miss(&cache);
        cache.fill(b"k", &row(2), &ticket);
        assert_eq!(hit(&cache), row(2));
    }

    #[test]
    fn a_row_read_during_another_keys_write_is_cached() {
        let cache = RowCache::new(1 << 20);
        begin(&cache);
        // At most two of them share a stripe with the key being written.
        let cached = ["one", "two", "three"].into_iter().filter(|key| {
            let Lookup::Miss(ticket) = cache.get(key.as_bytes()) else { panic!("not cached") };
            cache.fill(key.as_bytes(), &row(5), &ticket);
            matches!(cache.get(key.as_bytes()), Lookup::Hit(Some(_)))
        });
        assert!(cached.count() > 0);
    }

    #[test]
    fn the_size_stays_within_its_budget() {
        let cache = RowCache::new(1 << 20);
        for number in 0..20_000u32 {
            let key = Slice::from(number.to_be_bytes());
            let row = Some(Row { value: vec![0; 1000].into(), version: Version(1), expires: None });
            cache.begin([key.clone()].iter());
            cache.end([(&key, Some(row))].into_iter());
        }
        let weight: u64 = cache.shards.iter().map(|shard| shard.lock().unwrap().weight()).sum();
        assert!((1 << 18..=1 << 20).contains(&weight), "{weight}");
    }
}
