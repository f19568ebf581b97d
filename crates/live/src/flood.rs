//! How many frames a client may send.

/// Frames at once.
const BURST: u32 = 50;
/// Milliseconds in which room for another frame grows: 20 in 10 s.
const PER_FRAME_MS: u64 = 500;

/// A token bucket: 50 frames at once, and 20 in 10 s from then on.
#[derive(Debug)]
pub(crate) struct Flood {
    room: u32,
    /// The time up to which the allowance was refilled.
    at_ms: u64,
}

impl Flood {
    pub fn new(now_ms: u64) -> Self {
        Self { room: BURST, at_ms: now_ms }
    }

    /// Takes one frame; `false` when there is no room for it.
    pub fn take(&mut self, now_ms: u64) -> bool {
        let grown = now_ms.saturating_sub(self.at_ms) / PER_FRAME_MS;
        self.at_ms += grown * PER_FRAME_MS;
        self.room = self.room.saturating_add(u32::try_from(grown).unwrap_or(u32::MAX)).min(BURST);
        let taken = self.room > 0;
        self.room = self.room.saturating_sub(1);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::Flood;

    #[test]
    fn fifty_at_once_then_twenty_in_ten_seconds() {
        let mut flood = Flood::new(1_000);
        assert!((0..50).all(|_| flood.take(1_000)), "the burst");
        assert!(!flood.take(1_000), "the fifty-first at once");
        assert_eq!((0..100).filter(|tick| flood.take(1_000 + tick * 100)).count(), 19, "one each half second");
        assert_eq!((0..60).filter(|_| flood.take(1_000_000)).count(), 50, "rest does not add up beyond the burst");
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_room() {
        let mut flood = Flood::new(1_000_000);
        assert_eq!((0..60).filter(|_| flood.take(5_000)).count(), 50);
    }
}
