use async_trait::async_trait;
use jobline_chat::Clock;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::oneshot;

/// A clock that only a test moves.
pub struct ManualClock(Mutex<Hands>);

struct Hands {
    now_ms: u64,
    sleepers: Vec<(u64, oneshot::Sender<()>)>,
}

impl Default for ManualClock {
    /// Friday, 14 November 2025, 10:00 UTC.
    fn default() -> Self {
        Self(Mutex::new(Hands { now_ms: 1_763_114_400_000, sleepers: Vec::new() }))
    }
}

impl ManualClock {
    /// Moves the clock, and wakes the sleepers that are due.
    pub fn advance(&self, by: Duration) {
        let mut hands = self.0.lock().unwrap();
        hands.now_ms += u64::try_from(by.as_millis()).unwrap();
        let now_ms = hands.now_ms;
        let (due, later) = hands.sleepers.drain(..).partition(|(at, _)| *at <= now_ms);
        hands.sleepers = later;
        drop(hands);
        let due: Vec<(u64, oneshot::Sender<()>)> = due;
        for (_, wake) in due {
            let _ = wake.send(());
        }
    }

    /// The number of sleepers.
    pub fn sleepers(&self) -> usize {
        let mut hands = self.0.lock().unwrap();
        hands.sleepers.retain(|(_, wake)| !wake.is_closed());
        hands.sleepers.len()
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.lock().unwrap().now_ms
    }

    async fn sleep(&self, duration: Duration) {
        let (wake, woken) = oneshot::channel();
        {
            let mut hands = self.0.lock().unwrap();
            let at = hands.now_ms + u64::try_from(duration.as_millis()).unwrap();
            hands.sleepers.push((at, wake));
        }
        let _ = woken.await;
    }
}
