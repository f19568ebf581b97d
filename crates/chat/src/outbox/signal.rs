//! What a server remembers between two rounds of the driver.

use crate::base::flag::Flag;
use std::sync::{Mutex, PoisonError};

/// Whether this server wrote outbox rows, and what last failed outside.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    wrote: Flag,
    failure: Mutex<Option<String>>,
}

impl Signal {
    /// There is something to tell.
    pub fn set(&self) {
        self.wrote.set();
    }

    /// Returns once there is something to tell, and forgets it.
    pub async fn wait(&self) {
        self.wrote.wait().await;
    }

    /// A delivery failed.
    pub fn failed(&self, why: &str) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_owned());
    }

    /// Why a delivery failed, if one did since this was last asked.
    pub fn take_failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
