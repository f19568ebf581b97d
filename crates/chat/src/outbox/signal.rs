//! What a server remembers between two rounds of the driver.

use crate::base::flag::Flag;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// Whether this server wrote outbox rows, the last failures of deliveries, and how many were abandoned.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    wrote: Flag,
    failure: Mutex<Option<String>>,
    given_up: AtomicU64,
}

impl Signal {
    /// There is something to deliver.
    pub fn set(&self) {
        self.wrote.set();
    }

    /// Returns once there is something to deliver, and forgets it.
    pub async fn wait(&self) {
        self.wrote.wait().await;
    }

    /// A delivery failed.
    pub fn failed(&self, why: &str) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_owned());
    }

    /// A delivery will not be tried any more.
    pub fn gave_up(&self) {
        self.given_up.fetch_add(1, Ordering::Relaxed);
    }

    /// How many deliveries were abandoned since the start.
    pub fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }

    /// Why a delivery failed, if one did since this was last asked.
    pub fn take_failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
