//! The jobs of the store's threads, and their replies.

use crate::group::Prepared;
use jobline_store::{Error, Outcome};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

pub(crate) type Reply<T> = oneshot::Sender<Result<T, Error>>;

pub(crate) enum Job {
    Commit(Prepared, Waiting),
    Sweep {
        now: u64,
        limit: usize,
        reply: Reply<Swept>,
    },
    /// A read failed as it does only with a failed database, which has to be checked.
    Examine,
    /// The writer has finished a group, or has ended.
    Written,
    /// The store is to be closed. Nobody waits for the reply once the last handle is gone.
    Close(Option<oneshot::Sender<()>>),
}

/// The caller of a commit.
pub(crate) struct Waiting {
    pub(crate) reply: Reply<Outcome>,
    /// The runtime that it waits in.
    pub(crate) runtime: Option<Handle>,
}

/// What one job of the sweep did.
pub(crate) struct Swept {
    pub(crate) rows: usize,
    /// There may be more.
    pub(crate) more: bool,
}

/// The replies to a group's commits. They are sent when this is dropped, on the thread that drops it.
#[derive(Default)]
pub(crate) struct Replies {
    list: Vec<(Reply<Outcome>, Result<Outcome, Error>)>,
    runtime: Runtime,
}

/// Where the callers of a group wait.
#[derive(Default)]
enum Runtime {
    #[default]
    NoCallerYet,
    Common(Handle),
    Different,
}

impl Replies {
    pub(crate) fn of(commits: usize) -> Self {
        Self { list: Vec::with_capacity(commits), runtime: Runtime::default() }
    }

    pub(crate) fn push(&mut self, waiting: Waiting, outcome: Result<Outcome, Error>) {
        let runtime = std::mem::replace(&mut self.runtime, Runtime::Different);
        self.runtime = match (runtime, waiting.runtime) {
            (Runtime::NoCallerYet, Some(handle)) => Runtime::Common(handle),
            (Runtime::Common(common), Some(handle)) if common.id() == handle.id() => Runtime::Common(common),
            _ => Runtime::Different,
        };
        self.list.push((waiting.reply, outcome));
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Sends the replies, which `queued` counts. If all callers wait in one runtime they are sent from within it: there one
    /// thread wakes the tasks that it runs next; from outside, each wake-up would be a handover between threads.
    pub(crate) fn send(mut self, queued: &AtomicUsize) {
        queued.fetch_sub(self.list.len(), Ordering::Relaxed);
        match std::mem::take(&mut self.runtime) {
            Runtime::Common(runtime) if self.list.len() > 1 => drop(runtime.spawn(async move { drop(self) })),
            _ => drop(self),
        }
    }

    /// Answers every commit with `error`.
    pub(crate) fn fail(&mut self, error: &Error) {
        self.list.iter_mut().for_each(|(_, outcome)| *outcome = Err(error.clone()));
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        for (reply, outcome) in self.list.drain(..) {
            // The caller may have gone.
            let _ = reply.send(outcome);
        }
    }
}
