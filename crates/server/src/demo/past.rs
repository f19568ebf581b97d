use async_trait::async_trait;
use jobline_chat::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A clock that can be set back, so that the conversations of the demo are in the past.
pub struct PastClock {
    now: Arc<dyn Clock>,
    behind_ms: AtomicU64,
}

impl PastClock {
    /// The same as `now` until it is set back.
    #[must_use]
    pub fn new(now: Arc<dyn Clock>) -> Self {
        Self { now, behind_ms: AtomicU64::new(0) }
    }

    /// Sets the clock to `ago` before the real time, from now on.
    pub fn set_back(&self, ago: Duration) {
        self.behind_ms.store(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for PastClock {
    fn now_ms(&self) -> u64 {
        self.now.now_ms().saturating_sub(self.behind_ms.load(Ordering::Relaxed))
    }

    async fn sleep(&self, duration: Duration) {
        self.now.sleep(duration).await;
    }
}
