/// What the engine may use. The defaults keep the whole server under 60 MB.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rows are collected in memory up to this before they become a table. A start after a crash reads
    /// the journal of this and of what is being written out.
    pub memtable_bytes: u64,
    /// Blocks of tables kept in memory.
    pub block_cache_bytes: u64,
    /// Rows kept in memory, in front of the database.
    pub row_cache_bytes: usize,
    /// Small ranges kept in memory, in front of the database.
    pub range_cache_bytes: usize,
    /// Threads that write tables and compact them.
    pub worker_threads: usize,
    /// Commits that may wait; beyond it they are refused as unavailable.
    pub queue: usize,
    /// Commits are refused when the disk has less free bytes than this and what is owed to it. A large disk keeps more
    /// free, a 64th of it up to 256 MiB. With 0 nothing is refused beforehand.
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
            worker_threads: 1,
            queue: 16 * 1024,
            reserve_bytes: 8 * MIB,
        }
    }
}
