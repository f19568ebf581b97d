//! What happens on one connection: whether it runs, since when it idles, how much of its answers is unread.

use super::unsent::Unsent;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How long the body of an answer may make no progress because its reader takes nothing.
pub const STALL_MS: u64 = 30_000;
/// Bytes of unread answers from which on a connection's next request waits until some of them are read.
const WAIT_FROM: usize = 2 << 20;

/// What happens on one connection.
///
/// A request runs until its answer's body has been taken whole. Signs of life are requests that begin and bodies that make
/// progress; over HTTP/1.1 also bytes that the other side takes, for there they can be nothing but an answer's. Bytes that
/// it sends are none: a header that comes one byte at a time is an attack, and so are PINGs instead of reading.
pub struct Activity {
    requests: AtomicU64,
    writes: AtomicU64,
    running: AtomicUsize,
    /// When the last request ended, or the connection was opened.
    idle_since_ms: AtomicU64,
    multiplexed: AtomicBool,
    unsent: AtomicUsize,
    total: Arc<Unsent>,
    read: Notify,
    bodies: Mutex<Bodies>,
    leaving: AtomicBool,
    leave: Notify,
    cut: Notify,
}

/// For each body of an answer, when it last made progress; none while it waits for its source instead of its reader.
type Bodies = Vec<Option<Progress>>;

#[derive(Debug, Clone, Copy)]
enum Progress {
    /// The source has to say something first.
    Source,
    /// The reader has taken nothing since.
    Reader(u64),
}

impl Activity {
    /// Of a connection that is opened at `now_ms`; its unread bytes count in `total`.
    pub fn new(now_ms: u64, total: Arc<Unsent>) -> Self {
        Self {
            requests: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            running: AtomicUsize::new(0),
            idle_since_ms: AtomicU64::new(now_ms),
            multiplexed: AtomicBool::new(false),
            unsent: AtomicUsize::new(0),
            total,
            read: Notify::new(),
            bodies: Mutex::default(),
            leaving: AtomicBool::new(false),
            leave: Notify::new(),
            cut: Notify::new(),
        }
    }

    /// A request has come. It runs until [`Activity::end`].
    pub fn begin(&self, multiplexed: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.running.fetch_add(1, Ordering::Relaxed);
        self.multiplexed.store(multiplexed, Ordering::Relaxed);
    }

    /// A request is over, its answer taken.
    pub fn end(&self, now_ms: u64) {
        self.idle_since_ms.store(now_ms, Ordering::Relaxed);
        self.running.fetch_sub(1, Ordering::Release);
    }

    /// Bytes have been taken by the other side, or by what stands between.
    pub fn wrote(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a request runs.
    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::Acquire) > 0
    }

    /// Whether there ever was a request.
    pub fn was_used(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 0
    }

    /// Since when nothing runs; `None` while something does, or when the connection has been told to go.
    pub fn idle_since_ms(&self) -> Option<u64> {
        let idle = !self.is_running() && !self.leaving.load(Ordering::Relaxed);
        idle.then(|| self.idle_since_ms.load(Ordering::Relaxed))
    }

    /// A number that changes with every sign of life.
    pub fn pulse(&self) -> u64 {
        let writes = if self.multiplexed.load(Ordering::Relaxed) { 0 } else { self.writes.load(Ordering::Relaxed) };
        self.requests.load(Ordering::Relaxed).wrapping_add(writes)
    }

    /// A number that changes with everything that is read or written.
    pub fn moves(&self) -> u64 {
        self.requests.load(Ordering::Relaxed).wrapping_add(self.writes.load(Ordering::Relaxed))
    }

    /// Returns when so little is unread that another request may be answered.
    pub async fn has_room(&self) {
        loop {
            let read = self.read.notified();
            if self.unsent.load(Ordering::Acquire) < WAIT_FROM {
                return;
            }
            read.await;
        }
    }

    /// `bytes` of an answer wait to be sent.
    pub fn hold(&self, bytes: usize) {
        self.unsent.fetch_add(bytes, Ordering::AcqRel);
        self.total.hold(bytes);
    }

    /// `bytes` of an answer have been read, or abandoned.
    pub fn release(&self, bytes: usize) {
        let before = self.unsent.fetch_sub(bytes, Ordering::AcqRel);
        self.total.release(bytes);
        if before >= WAIT_FROM {
            self.read.notify_waiters();
        }
    }

    /// Bytes of answers that wait to be sent.
    pub fn unsent(&self) -> usize {
        self.unsent.load(Ordering::Acquire)
    }

    /// The body of an answer begins; its place in the list.
    pub fn body_begins(&self, now_ms: u64) -> usize {
        let mut bodies = self.bodies();
        let begun = Some(Progress::Reader(now_ms));
        match bodies.iter().position(Option::is_none) {
            Some(place) => {
                bodies[place] = begun;
                place
            }
            None => {
                bodies.push(begun);
                bodies.len() - 1
            }
        }
    }

    /// A part of the body was taken.
    pub fn body_moves(&self, place: usize, now_ms: u64) {
        self.bodies()[place] = Some(Progress::Reader(now_ms));
    }

    /// The body has nothing to give yet.
    pub fn body_waits(&self, place: usize) {
        self.bodies()[place] = Some(Progress::Source);
    }

    /// The body is done, or abandoned.
    pub fn body_ends(&self, place: usize) {
        self.bodies()[place] = None;
    }

    /// When the reader that has taken nothing for the longest time last did.
    pub fn stalled_since_ms(&self) -> Option<u64> {
        let bodies = self.bodies();
        let since = bodies.iter().filter_map(|progress| match progress {
            Some(Progress::Reader(since_ms)) => Some(*since_ms),
            Some(Progress::Source) | None => None,
        });
        since.min()
    }

    /// Asks the connection to end, for another one needs its place.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
        self.leave.notify_one();
    }

    /// Returns when the connection is asked to end.
    pub async fn left(&self) {
        self.leave.notified().await;
    }

    /// Ends the connection at once, whatever runs: the memory of its unread answers is needed.
    pub fn cut(&self) {
        self.leaving.store(true, Ordering::Relaxed);
        self.cut.notify_one();
    }

    /// Returns when the connection has to end at once.
    pub async fn is_cut(&self) {
        self.cut.notified().await;
    }

    fn bodies(&self) -> MutexGuard<'_, Bodies> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity() -> Activity {
        Activity::new(1_000, Arc::default())
    }

    #[test]
    fn a_connection_idles_since_its_last_request_ended() {
        let activity = activity();
        assert_eq!(activity.idle_since_ms(), Some(1_000));
        activity.begin(false);
        activity.begin(false);
        activity.end(2_000);
        assert_eq!(activity.idle_since_ms(), None);
        activity.end(3_000);
        assert_eq!(activity.idle_since_ms(), Some(3_000));
        activity.leave();
        assert_eq!(activity.idle_since_ms(), None, "it is not asked twice");
    }

    #[test]
    fn only_a_reader_can_stall_a_body() {
        let activity = activity();
        let (one, other) = (activity.body_begins(10), activity.body_begins(20));
        assert_eq!(activity.stalled_since_ms(), Some(10));
        activity.body_waits(one);
        assert_eq!(activity.stalled_since_ms(), Some(20), "the first waits for its source");
        activity.body_moves(one, 15);
        assert_eq!(activity.stalled_since_ms(), Some(15));
        activity.body_ends(one);
        activity.body_ends(other);
        assert_eq!(activity.stalled_since_ms(), None);
        assert_eq!(activity.body_begins(30), one, "places are used again");
    }

    #[test]
    fn over_http2_only_requests_are_signs_of_life() {
        let activity = activity();
        activity.begin(false);
        let before = activity.pulse();
        activity.wrote();
        assert_ne!(activity.pulse(), before);
        activity.begin(true);
        let (before, moves) = (activity.pulse(), activity.moves());
        activity.wrote();
        assert_eq!(activity.pulse(), before, "what is written may be the answer to a PING");
        assert_ne!(activity.moves(), moves);
    }

    #[tokio::test]
    async fn a_request_waits_while_too_much_is_unread() {
        use futures_util::FutureExt;
        let activity = activity();
        activity.hold(WAIT_FROM);
        assert_eq!(activity.has_room().now_or_never(), None);
        let (waited, ()) = tokio::join!(activity.has_room(), async { activity.release(1) });
        assert_eq!(waited, ());
        assert_eq!(activity.total.held(), WAIT_FROM - 1);
    }
}
