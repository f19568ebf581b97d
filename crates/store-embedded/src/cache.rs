//! The rows read and written lately, and the keys lately seen to have none.
//!
//! A stale row can never stay here: what a reader found is kept only if its [`Ticket`] still holds, see the ledger. Between
//! [`RowCache::begin`] and [`RowCache::end`] the rows being written are in no reader's reach here, so that a read never
//! answers less than what another read has already seen in the database.

use crate::ledger::{Ledger, Place, Ticket};
use fjall::Slice;
use jobline_store::Row;
use quick_cache::{Weighter, unsync};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 32;
/// Rows above this are left to the database: one of them would push out dozens of others.
const ROW_BYTES: usize = 16 * 1024;
/// What an entry costs besides its bytes: two allocations, the table, the key's and the row's own structures.
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

/// What the cache knows of a key.
pub(crate) enum Lookup {
    /// The row, or that there is none.
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

    fn shard(&self, place: Place) -> MutexGuard<'_, Rows> {
        self.shards[place.shard(SHARDS)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, key: &[u8]) -> Lookup {
        let place = self.ledger.place(key);
        match self.shard(place).get(key) {
            Some(row) => Lookup::Hit(row.clone()),
            None => Lookup::Miss(self.ledger.ticket(place)),
        }
    }

    /// Keeps what a reader found in the database after it missed with `ticket`.
    pub(crate) fn fill(&self, key: &[u8], row: &Option<Row>, ticket: &Ticket) {
        let mut rows = self.shard(ticket.place());
        if self.ledger.holds(ticket) {
            put(&mut rows, key.into(), row.clone());
        }
    }

    /// A write of these keys begins.
    pub(crate) fn begin<'a>(&self, keys: impl Iterator<Item = &'a Slice>) {
        for key in keys {
            let place = self.ledger.place(&**key);
            self.ledger.begin(place);
            self.shard(place).remove(&**key);
        }
    }

    /// The write has ended: these are the rows now, as far as they are worth keeping.
    pub(crate) fn end<'a>(&self, rows: impl Iterator<Item = (&'a Slice, Option<Option<Row>>)>) {
        for (key, row) in rows {
            let place = self.ledger.place(&**key);
            if let Some(row) = row {
                put(&mut self.shard(place), key.clone(), row);
            }
            self.ledger.end(place);
        }
    }

    /// The write has ended otherwise, and readers may have seen what is no longer so.
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
            Lookup::Miss(_) => panic!("nothing there"),
        }
    }

    fn begin(cache: &RowCache) {
        cache.begin([Slice::from(b"k")].iter());
    }

    fn end(cache: &RowCache, version: u64) {
        cache.end([(&Slice::from(b"k"), Some(row(version)))].into_iter());
    }

    #[test]
    fn rows_and_their_absence_are_kept() {
        let cache = RowCache::new(1 << 20);
        let ticket = miss(&cache);
        cache.fill(b"k", &None, &ticket);
        assert_eq!(hit(&cache), None);
        begin(&cache);
        end(&cache, 1);
        assert_eq!(hit(&cache), row(1));
    }

    #[test]
    fn a_fill_that_a_write_overtook_is_dropped() {
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
    fn rows_being_written_are_out_of_reach() {
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
    fn a_write_may_leave_nothing_behind() {
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
    fn a_fill_beside_another_keys_write_is_kept() {
        let cache = RowCache::new(1 << 20);
        begin(&cache);
        // Two of them at most share a stripe with it.
        let kept = ["one", "two", "three"].into_iter().filter(|key| {
            let Lookup::Miss(ticket) = cache.get(key.as_bytes()) else { panic!("nothing there") };
            cache.fill(key.as_bytes(), &row(5), &ticket);
            matches!(cache.get(key.as_bytes()), Lookup::Hit(Some(_)))
        });
        assert!(kept.count() > 0);
    }

    #[test]
    fn the_budget_is_kept() {
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
