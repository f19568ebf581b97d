//! What a server remembers of the tasks that it left.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this server left a task unfinished that is due.
#[derive(Debug, Default)]
pub(crate) struct Unfinished(AtomicBool);

impl Unfinished {
    /// There is one.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Answers whether there is one, and forgets it.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}
