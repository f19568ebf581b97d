//! What the writer is asked to do, and how it answers.

use crate::group::Prepared;
use jobline_store::{Error, Outcome};
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
    /// A read failed in a way that only a failed database explains: it is to be checked.
    Examine,
    Close(oneshot::Sender<()>),
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
pub(crate) struct Replies(pub(crate) Vec<(Reply<Outcome>, Result<Outcome, Error>)>);

impl Replies {
    /// Sends the replies from within `runtime`: there one thread wakes the tasks that it runs next; from outside, each
    /// wake-up would be a hand-over between threads.
    pub(crate) fn send(self, runtime: Option<Handle>) {
        match runtime {
            Some(runtime) if self.0.len() > 1 => drop(runtime.spawn(async move { drop(self) })),
            _ => drop(self),
        }
    }

    /// Answers every commit with `error`.
    pub(crate) fn fail(&mut self, error: &Error) {
        self.0.iter_mut().for_each(|(_, outcome)| *outcome = Err(error.clone()));
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        for (reply, outcome) in self.0.drain(..) {
            // The caller may have gone.
            let _ = reply.send(outcome);
        }
    }
}

/// The runtime that all callers wait in, if it is one.
pub(crate) fn common_runtime(commits: &[(Prepared, Waiting)]) -> Option<Handle> {
    let first = commits.first()?.1.runtime.as_ref()?;
    let waits_there = |(_, waiting): &(_, Waiting)| waiting.runtime.as_ref().is_some_and(|it| it.id() == first.id());
    commits.iter().all(waits_there).then(|| first.clone())
}
