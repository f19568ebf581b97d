//! Writes decided groups, one after the other, and answers their commits.
//!
//! The [`Disk`] is used under its lock: by the writer's thread while it writes a group, and by the decider while nothing is being
//! written, for a commit that is alone and for work that must not run during a write.

use crate::group::Group;
use crate::jobs::{Job, Replies};
use crate::shared::Shared;
use crate::supervisor::{Supervisor, Written};
use jobline_store::Error;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A decided group, and the replies to the callers of its commits once it is on the disk.
pub(crate) struct Decided {
    pub(crate) group: Arc<Group>,
    /// About how much it takes in the journal.
    pub(crate) bytes: usize,
    pub(crate) replies: Replies,
}

/// The outcome of a group, and when the supervisor's own next work is due.
pub(crate) struct Done {
    pub(crate) written: Result<Written, Error>,
    pub(crate) due: Option<Instant>,
}

/// The database, locked by the thread that works on it.
#[derive(Clone)]
pub(crate) struct Disk {
    supervisor: Arc<Mutex<Supervisor>>,
    shared: Arc<Shared>,
}

impl Disk {
    pub(crate) fn new(supervisor: Supervisor, shared: Arc<Shared>) -> Self {
        Self { supervisor: Arc::new(Mutex::new(supervisor)), shared }
    }

    pub(crate) fn supervisor(&self) -> MutexGuard<'_, Supervisor> {
        // Only the database panics under the lock; the supervisor catches that and opens it again.
        self.supervisor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a group durably, then answers its commits. Readers see the rows before a caller is answered. After any failure the
    /// caches are empty, and the decider has no write to end.
    pub(crate) fn write(&self, decided: Decided) -> Done {
        let Decided { group, bytes, mut replies } = decided;
        let mut supervisor = self.supervisor();
        let written = supervisor.ready(bytes as u64).and_then(|()| supervisor.write(&group));
        match &written {
            Ok(Written::AtFirst) => {}
            Ok(Written::AfterReopening) => self.shared.abandon_writes(),
            Err(error) => {
                self.shared.abandon_writes();
                replies.fail(error);
            }
        }
        replies.send(&self.shared.queued);
        supervisor.tick();
        Done { written, due: supervisor.due() }
    }

    /// Writes received groups until the sender is gone, and reports each.
    pub(crate) fn run(&self, groups: &Receiver<Decided>, done: &Sender<Done>, jobs: Sender<Job>) {
        let wake = WakeOnEnd(jobs);
        while let Ok(decided) = groups.recv() {
            if done.send(self.write(decided)).is_err() {
                return;
            }
            wake.now();
        }
    }
}

/// Wakes the decider when the writer has finished a group, and when its thread ends, also by a panic.
struct WakeOnEnd(Sender<Job>);

impl WakeOnEnd {
    fn now(&self) {
        // Fails when the decider has ended.
        let _ = self.0.send(Job::Written);
    }
}

impl Drop for WakeOnEnd {
    fn drop(&mut self) {
        self.now();
    }
}
