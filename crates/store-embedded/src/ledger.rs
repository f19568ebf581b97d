//! What is being written, so that a cache keeps nothing that a write has overtaken.
//!
//! A reader that misses a cache takes a [`Ticket`] before it reads the database, and keeps what it read only if nothing on
//! its stripe was being written then or has been since. Keys share stripes, so a ticket may be refused for another key's
//! write, which costs a read, and is never good for what is old. One thread begins and ends writes; any may read.

use quick_cache::DefaultHashBuilder;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};

/// Many times as many as a group of a busy server has rows, so that what is read beside it is kept.
const STRIPES: usize = 4096;
/// The lower half of a stripe counts the writes that are under way, the upper one those that have ended.
const ENDED: u64 = 1 << 32;
const UNDER_WAY: u64 = ENDED - 1;

/// The writes under way, by stripes of keys.
pub(crate) struct Ledger {
    stripes: Box<[AtomicU64]>,
    hasher: DefaultHashBuilder,
}

/// A key's place: its stripe, and its shard where there are several.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(u64);

/// How things stood when a reader missed.
pub(crate) struct Ticket {
    place: Place,
    state: u64,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { stripes: (0..STRIPES).map(|_| AtomicU64::new(0)).collect(), hasher: DefaultHashBuilder::default() }
    }

    pub(crate) fn place(&self, key: &(impl Hash + ?Sized)) -> Place {
        Place(self.hasher.hash_one(key))
    }

    fn stripe(&self, place: Place) -> &AtomicU64 {
        &self.stripes[place.0 as usize % STRIPES]
    }

    /// To be taken before the database is read.
    pub(crate) fn ticket(&self, place: Place) -> Ticket {
        Ticket { place, state: self.stripe(place).load(Ordering::Acquire) }
    }

    /// Whether what was read with `ticket` is what is there now. Holds until a write begins, so it is to be asked, and what
    /// was read is to be kept, under a lock that this write has to take afterwards.
    pub(crate) fn holds(&self, ticket: &Ticket) -> bool {
        ticket.state & UNDER_WAY == 0 && self.stripe(ticket.place).load(Ordering::Acquire) == ticket.state
    }

    /// A write begins. What is kept of its key is to be dropped after this and before the write.
    pub(crate) fn begin(&self, place: Place) {
        self.stripe(place).fetch_add(1, Ordering::AcqRel);
    }

    /// A write that was begun has ended.
    pub(crate) fn end(&self, place: Place) {
        self.stripe(place).fetch_add(ENDED - 1, Ordering::AcqRel);
    }

    /// All writes that were begun have ended, and no ticket taken before is good any more.
    pub(crate) fn abandon(&self) {
        for stripe in &self.stripes {
            let state = stripe.load(Ordering::Acquire);
            stripe.store((state & !UNDER_WAY).wrapping_add(ENDED), Ordering::Release);
        }
    }
}

impl Place {
    /// Which of `shards` the key is in; independent of its stripe.
    pub(crate) fn shard(self, shards: usize) -> usize {
        (self.0 >> 48) as usize % shards
    }
}

impl Ticket {
    pub(crate) fn place(&self) -> Place {
        self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_until_a_write_begins() {
        let ledger = Ledger::new();
        let place = ledger.place("k");
        let before = ledger.ticket(place);
        assert!(ledger.holds(&before));
        ledger.begin(place);
        let during = ledger.ticket(place);
        assert!(!ledger.holds(&before) && !ledger.holds(&during));
        ledger.end(place);
        assert!(!ledger.holds(&before) && !ledger.holds(&during));
        assert!(ledger.holds(&ledger.ticket(place)));
    }

    #[test]
    fn every_write_of_a_stripe_has_to_end() {
        let ledger = Ledger::new();
        let place = ledger.place("k");
        ledger.begin(place);
        ledger.begin(place);
        ledger.end(place);
        assert!(!ledger.holds(&ledger.ticket(place)));
        ledger.end(place);
        assert!(ledger.holds(&ledger.ticket(place)));
    }

    #[test]
    fn what_is_abandoned_has_ended_and_spoils_every_ticket() {
        let ledger = Ledger::new();
        let (written, other) = (ledger.place("k"), ledger.place("other"));
        ledger.begin(written);
        let tickets = [ledger.ticket(written), ledger.ticket(other)];
        ledger.abandon();
        assert!(tickets.iter().all(|ticket| !ledger.holds(ticket)));
        assert!(ledger.holds(&ledger.ticket(written)));
    }
}
