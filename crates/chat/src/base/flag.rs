//! A flag that one task waits for.

use futures_util::task::AtomicWaker;
use std::{
    future::poll_fn,
    sync::atomic::{AtomicBool, Ordering},
    task::Poll,
};

/// Set by any number of tasks, waited for by one at a time: of several that wait only the last one wakes.
#[derive(Debug, Default)]
pub(crate) struct Flag {
    is_set: AtomicBool,
    waker: AtomicWaker,
}

impl Flag {
    pub fn set(&self) {
        self.is_set.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Returns once it is set, and clears it. Cancel safe.
    pub async fn wait(&self) {
        poll_fn(|context| {
            // Before the flag is read, so that a set after this line wakes the task.
            self.waker.register(context.waker());
            if self.is_set.swap(false, Ordering::AcqRel) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_wait_ends_when_it_is_set_and_not_before() {
        let flag = Arc::new(Flag::default());
        assert!(flag.wait().now_or_never().is_none());
        flag.set();
        flag.set();
        assert!(flag.wait().now_or_never().is_some(), "it was set before");
        assert!(flag.wait().now_or_never().is_none(), "and is clear again");
        let waiter = tokio::spawn({
            let flag = Arc::clone(&flag);
            async move { flag.wait().await }
        });
        tokio::task::yield_now().await;
        flag.set();
        waiter.await.unwrap();
    }
}
