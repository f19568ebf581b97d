//! What a server remembers between two rounds of the driver.

use crate::tasks::unfinished::Unfinished;
use std::sync::{Mutex, PoisonError};

/// Whether this server wrote outbox rows, and what last failed outside.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    wrote: Unfinished,
    failure: Mutex<Option<String>>,
}

impl Signal {
    /// There is something to tell.
    pub fn set(&self) {
        self.wrote.set();
    }

    /// Answers whether there is something to tell, and forgets it.
    pub fn take(&self) -> bool {
        self.wrote.take()
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
