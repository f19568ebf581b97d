//! Counts of writes, with which a cache refuses rows that were read before or during a write.
//!
//! A reader that misses a cache takes a [`Ticket`] before it reads the database. What it read is cached only if no key of its
//! stripe was being written then or has been written since. Keys share stripes, so a ticket may expire by the write of another
//! key, which costs another read; a ticket is never valid for an old row. One thread begins and ends writes; all threads read.

use quick_cache::DefaultHashBuilder;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};

/// Many more than a large group has rows, so that most rows that are read during a write can be cached.
const STRIPES: usize = 4096;
/// The lower half of a stripe counts the writes that are running, the upper half those that have ended.
const ENDED: u64 = 1 << 32;
const RUNNING: u64 = ENDED - 1;

/// The counts of writes, by stripes of keys.
pub(crate) struct Ledger {
    stripes: Box<[AtomicU64]>,
    hasher: DefaultHashBuilder,
}

/// The hash of a key, which selects its stripe here and its shard in a cache.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyHash(u64);

/// The count of a key's stripe when a reader missed the cache.
pub(crate) struct Ticket {
    hash: KeyHash,
    state: u64,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { stripes: (0..STRIPES).map(|_| AtomicU64::new(0)).collect(), hasher: DefaultHashBuilder::default() }
    }

    pub(crate) fn hash(&self, key: &(impl Hash + ?Sized)) -> KeyHash {
        KeyHash(self.hasher.hash_one(key))
    }

    fn stripe(&self, hash: KeyHash) -> &AtomicU64 {
        &self.stripes[hash.0 as usize % STRIPES]
    }

    /// To be called before the database is read.
    pub(crate) fn ticket(&self, hash: KeyHash) -> Ticket {
        Ticket { hash, state: self.stripe(hash).load(Ordering::Acquire) }
    }

    /// Whether what was read with `ticket` is still current. A write can begin at any time, so the caller checks this and
    /// fills the cache under one lock, which the writer takes after [`Ledger::begin`].
    pub(crate) fn is_valid(&self, ticket: &Ticket) -> bool {
        ticket.state & RUNNING == 0 && self.stripe(ticket.hash).load(Ordering::Acquire) == ticket.state
    }

    /// A write begins. Afterwards, and before writing, the caller removes the key from the cache.
    pub(crate) fn begin(&self, hash: KeyHash) {
        self.stripe(hash).fetch_add(1, Ordering::AcqRel);
    }

    /// A running write has ended.
    pub(crate) fn end(&self, hash: KeyHash) {
        self.stripe(hash).fetch_add(ENDED - 1, Ordering::AcqRel);
    }

    /// All running writes have ended, and all tickets taken before expire.
    pub(crate) fn abandon(&self) {
        for stripe in &self.stripes {
            let state = stripe.load(Ordering::Acquire);
            stripe.store((state & !RUNNING).wrapping_add(ENDED), Ordering::Release);
        }
    }
}

impl KeyHash {
    /// The key's shard, out of `shards`; independent of its stripe.
    pub(crate) fn shard(self, shards: usize) -> usize {
        (self.0 >> 48) as usize % shards
    }
}

impl Ticket {
    pub(crate) fn hash(&self) -> KeyHash {
        self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_valid_until_a_write_begins() {
        let ledger = Ledger::new();
        let hash = ledger.hash("k");
        let before = ledger.ticket(hash);
        assert!(ledger.is_valid(&before));
        ledger.begin(hash);
        let during = ledger.ticket(hash);
        assert!(!ledger.is_valid(&before) && !ledger.is_valid(&during));
        ledger.end(hash);
        assert!(!ledger.is_valid(&before) && !ledger.is_valid(&during));
        assert!(ledger.is_valid(&ledger.ticket(hash)));
    }

    #[test]
    fn a_ticket_is_valid_again_when_all_writes_of_its_stripe_have_ended() {
        let ledger = Ledger::new();
        let hash = ledger.hash("k");
        ledger.begin(hash);
        ledger.begin(hash);
        ledger.end(hash);
        assert!(!ledger.is_valid(&ledger.ticket(hash)));
        ledger.end(hash);
        assert!(ledger.is_valid(&ledger.ticket(hash)));
    }

    #[test]
    fn abandoning_ends_all_writes_and_expires_all_tickets() {
        let ledger = Ledger::new();
        let (written, other) = (ledger.hash("k"), ledger.hash("other"));
        ledger.begin(written);
        let tickets = [ledger.ticket(written), ledger.ticket(other)];
        ledger.abandon();
        assert!(tickets.iter().all(|ticket| !ledger.is_valid(ticket)));
        assert!(ledger.is_valid(&ledger.ticket(written)));
    }
}
