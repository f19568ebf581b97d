//! A cache of recently read small ranges, complete ones only, at most one for each partition.
//!
//! The open jobs of a person are a range of a few rows that every send reads and that rarely changes; reading it from the
//! tables costs more than everything else that a send reads. The rules are those of the row cache, with partitions instead of
//! keys.

use crate::ledger::{KeyHash, Ledger, Ticket};
use fjall::Slice;
use jobline_store::{Direction, Page, Range};
use quick_cache::{Weighter, unsync};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 32;
/// Longer pages are not cached, and neither are pages with more rows after them: most of them are read once.
const ROWS: usize = 16;
const BYTES: usize = 8 * 1024;
/// Memory of an entry or a row besides its bytes.
const OVERHEAD: usize = 320;

/// By partition.
type Ranges = unsync::Cache<String, Entry, Weigh>;

pub(crate) struct RangeCache {
    shards: Vec<Mutex<Ranges>>,
    ledger: Ledger,
}

#[derive(Clone)]
struct Entry {
    from: String,
    to: String,
    direction: Direction,
    page: Page,
}

#[derive(Clone, Default)]
struct Weigh;

impl Weighter<String, Entry> for Weigh {
    fn weight(&self, partition: &String, entry: &Entry) -> u64 {
        (partition.len() + entry.from.len() + entry.to.len() + bytes(&entry.page) + OVERHEAD) as u64
    }
}

/// The result of a lookup.
pub(crate) enum Found {
    /// The range's page.
    Hit(Page),
    Miss(Ticket),
}

impl RangeCache {
    pub(crate) fn new(bytes: usize) -> Self {
        let capacity = (bytes / SHARDS) as u64;
        let items = (capacity / 1024).max(8) as usize;
        let ranges = || Mutex::new(Ranges::with_weighter(items, capacity, Weigh));
        Self { shards: (0..SHARDS).map(|_| ranges()).collect(), ledger: Ledger::new() }
    }

    fn shard(&self, hash: KeyHash) -> MutexGuard<'_, Ranges> {
        self.shards[hash.shard(SHARDS)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, range: &Range) -> Found {
        let hash = self.ledger.hash(range.partition.as_str());
        match self.shard(hash).get(range.partition.as_str()) {
            Some(entry) if entry.answers(range) => Found::Hit(entry.page.clone()),
            _ => Found::Miss(self.ledger.ticket(hash)),
        }
    }

    /// Caches what a reader found in the database after it missed with `ticket`.
    pub(crate) fn fill(&self, range: &Range, page: &Page, ticket: &Ticket) {
        if page.next.is_some() || page.rows.len() > ROWS.min(range.limit) || bytes(page) > BYTES {
            return;
        }
        let entry =
            Entry { from: range.from.clone(), to: range.to.clone(), direction: range.direction, page: page.clone() };
        let mut ranges = self.shard(ticket.hash());
        if self.ledger.is_valid(ticket) {
            ranges.insert(range.partition.clone(), entry);
        }
    }

    /// A write of the rows with these keys begins.
    pub(crate) fn begin<'a>(&self, row_keys: impl Iterator<Item = &'a Slice>) {
        for key in row_keys {
            let Some(partition) = partition(key) else { continue };
            let hash = self.ledger.hash(partition);
            self.ledger.begin(hash);
            let mut ranges = self.shard(hash);
            if ranges.get(partition).is_some_and(|entry| entry.holds(partition, key)) {
                ranges.remove(partition);
            }
        }
    }

    /// The write has ended.
    pub(crate) fn end<'a>(&self, row_keys: impl Iterator<Item = &'a Slice>) {
        row_keys.filter_map(|key| partition(key)).for_each(|partition| self.ledger.end(self.ledger.hash(partition)));
    }

    /// The write has failed, and readers may have read rows that did not last: empties the cache.
    pub(crate) fn abandon(&self) {
        self.ledger.abandon();
        for shard in &self.shards {
            shard.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}

impl Entry {
    fn answers(&self, range: &Range) -> bool {
        let same = self.from == range.from && self.to == range.to && self.direction == range.direction;
        // A complete page answers every limit that it fits in.
        same && self.page.rows.len() <= range.limit
    }

    fn holds(&self, partition: &str, row_key: &[u8]) -> bool {
        let sort = row_key.get(1..).and_then(|rest| rest.strip_prefix(partition.as_bytes()));
        let sort = sort.and_then(|rest| rest.strip_prefix(b"\0"));
        sort.is_some_and(|sort| self.from.as_bytes() <= sort && sort < self.to.as_bytes())
    }
}

/// The partition of a row key, see `codec`.
fn partition(row_key: &[u8]) -> Option<&str> {
    let rest = row_key.get(1..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    std::str::from_utf8(&rest[..end]).ok()
}

fn bytes(page: &Page) -> usize {
    page.rows.iter().map(|(key, row)| key.partition.len() + key.sort.len() + row.value.len() + OVERHEAD).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;
    use jobline_store::{Bytes, Key, Row, Version};

    fn jobs() -> Range {
        Range::prefix("USER#ann", "OPENJOB#", 100)
    }

    fn page(numbers: &[u64]) -> Page {
        let row = |number: &u64| {
            let value = Bytes::from_static(b"job");
            (Key::new("USER#ann", format!("OPENJOB#{number}")), Row { value, version: Version(1), expires: None })
        };
        Page { rows: numbers.iter().map(row).collect(), next: None }
    }

    fn miss(cache: &RangeCache, range: &Range) -> Ticket {
        match cache.get(range) {
            Found::Miss(ticket) => ticket,
            Found::Hit(page) => panic!("{page:?}"),
        }
    }

    fn filled(numbers: &[u64]) -> RangeCache {
        let cache = RangeCache::new(1 << 20);
        let ticket = miss(&cache, &jobs());
        cache.fill(&jobs(), &page(numbers), &ticket);
        cache
    }

    fn key(partition: &str, sort: &str) -> Slice {
        codec::row_key(partition, sort).into()
    }

    #[test]
    fn a_complete_range_is_cached_until_a_row_in_it_is_written() {
        let cache = filled(&[1, 2]);
        assert!(matches!(cache.get(&jobs()), Found::Hit(hit) if hit == page(&[1, 2])));

        let outside = [key("USER#ann", "HEAD"), key("USER#anna", "OPENJOB#3"), key("USER#ann", "OPENJOB")];
        cache.begin(outside.iter());
        cache.end(outside.iter());
        assert!(matches!(cache.get(&jobs()), Found::Hit(_)));

        let within = [key("USER#ann", "OPENJOB#3")];
        cache.begin(within.iter());
        let during = miss(&cache, &jobs());
        cache.fill(&jobs(), &page(&[1, 2]), &during);
        let _ = miss(&cache, &jobs());
        cache.end(within.iter());
        let after = miss(&cache, &jobs());
        cache.fill(&jobs(), &page(&[1, 2, 3]), &after);
        assert!(matches!(cache.get(&jobs()), Found::Hit(hit) if hit == page(&[1, 2, 3])));
    }

    #[test]
    fn a_range_read_before_a_write_is_not_cached() {
        let cache = RangeCache::new(1 << 20);
        let before = miss(&cache, &jobs());
        let within = [key("USER#ann", "OPENJOB#3")];
        cache.begin(within.iter());
        cache.end(within.iter());
        cache.fill(&jobs(), &page(&[1]), &before);
        let _ = miss(&cache, &jobs());
    }

    #[test]
    fn another_range_or_a_smaller_limit_misses() {
        let cache = filled(&[1, 2]);
        let _ = miss(&cache, &Range { limit: 1, ..jobs() });
        let _ = miss(&cache, &Range { direction: Direction::Descending, ..jobs() });
        let _ = miss(&cache, &Range::prefix("USER#ann", "CLOSEDJOB#", 100));
        assert!(matches!(cache.get(&Range { limit: 2, ..jobs() }), Found::Hit(_)));
    }

    #[test]
    fn only_small_and_complete_pages_are_cached() {
        let cache = filled(&(0..17).collect::<Vec<_>>());
        let ticket = miss(&cache, &jobs());
        cache.fill(&jobs(), &Page { next: Some("OPENJOB#1".into()), ..page(&[1]) }, &ticket);
        let _ = miss(&cache, &jobs());
    }

    #[test]
    fn a_failed_write_empties_the_cache() {
        let cache = filled(&[1]);
        let before = miss(&cache, &Range::prefix("USER#bob", "OPENJOB#", 100));
        cache.abandon();
        let _ = miss(&cache, &jobs());
        cache.fill(&Range::prefix("USER#bob", "OPENJOB#", 100), &page(&[]), &before);
        let _ = miss(&cache, &Range::prefix("USER#bob", "OPENJOB#", 100));
    }

    #[test]
    fn the_size_stays_within_its_budget() {
        let cache = RangeCache::new(1 << 20);
        for user in 0..10_000 {
            let range = Range::prefix(format!("USER#{user}"), "OPENJOB#", 100);
            let ticket = miss(&cache, &range);
            cache.fill(&range, &page(&[1]), &ticket);
        }
        let weight: u64 = cache.shards.iter().map(|shard| shard.lock().unwrap().weight()).sum();
        assert!((1 << 18..=1 << 20).contains(&weight), "{weight}");
    }
}
