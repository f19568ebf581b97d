//! Connections that speak no HTTP any more: WebSockets. Their tasks outlive the HTTP that upgraded them, and they count
//! among the connections until they end.

use jobline_api::live::Slot;
use jobline_api::metrics::InProgress;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

/// The upgraded connections of a server. Clones count the same ones.
#[derive(Clone, Default)]
pub(super) struct Upgrades(Arc<Count>);

#[derive(Default)]
struct Count {
    open: AtomicUsize,
    ended: Notify,
}

impl Upgrades {
    /// How many are open.
    pub fn len(&self) -> usize {
        self.0.open.load(Ordering::SeqCst)
    }

    /// One more, until the slot is dropped. `shown` counts it in the metrics for as long.
    pub fn begin(&self, shown: InProgress) -> Slot {
        self.0.open.fetch_add(1, Ordering::SeqCst);
        Slot(Arc::new(Open { count: Arc::clone(&self.0), _shown: shown }))
    }

    /// Returns when one has ended.
    pub async fn one_ends(&self) {
        self.0.ended.notified().await;
    }

    /// Returns when all have ended.
    pub async fn all_end(&self) {
        loop {
            let ended = self.0.ended.notified();
            if self.len() == 0 {
                return;
            }
            ended.await;
        }
    }
}

struct Open {
    count: Arc<Count>,
    _shown: InProgress,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.count.open.fetch_sub(1, Ordering::SeqCst);
        self.count.ended.notify_one();
    }
}
