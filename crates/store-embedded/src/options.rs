use std::time::Duration;

/// The memory, threads and disk that the engine may use. With the defaults the whole server stays under 60 MB of memory.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rows are collected in memory up to this size before they are written to a table. A start after a crash reads them from
    /// the journal.
    pub memtable_bytes: u64,
    /// Size of the cache of table blocks.
    pub block_cache_bytes: u64,
    /// Size of the cache of single rows.
    pub row_cache_bytes: usize,
    /// Size of the cache of small ranges.
    pub range_cache_bytes: usize,
    /// How long a read that misses the caches may use its caller's thread, before it continues on a thread that may block. It
    /// also continues there when one step takes more than an eighth of this, which a step from memory never needs.
    pub in_place: Duration,
    /// Threads that write and compact tables.
    pub worker_threads: usize,
    /// Commits that may wait; further ones are refused as unavailable.
    pub queue: usize,
    /// Free bytes on the disk, besides those for rows that are still in memory, below which commits are refused as
    /// unavailable. On a large disk the reserve is a 64th of it, up to 256 MiB, if that is more. With 0 commits are attempted
    /// until the disk is full.
    pub reserve_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            memtable_bytes: 4 * MIB,
            block_cache_bytes: 8 * MIB,
            row_cache_bytes: 8 * 1024 * 1024,
            range_cache_bytes: 2 * 1024 * 1024,
            in_place: Duration::from_millis(1),
            worker_threads: 1,
            queue: 16 * 1024,
            reserve_bytes: 8 * MIB,
        }
    }
}
