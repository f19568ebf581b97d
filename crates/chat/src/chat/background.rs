//! What a server does by itself.

use super::Chat;
use crate::{base::error::Result, files::sweep, messages, tasks::run};

impl Chat {
    /// Deletes the bytes of files that no message will ever use, and of those that have expired. Answers how many.
    ///
    /// # Errors
    /// `unavailable`; what was deleted stays deleted, and the next sweep deletes the rest.
    pub async fn sweep(&self) -> Result<usize> {
        let deleted = messages::delete::finish_removals(&self.cx).await?;
        Ok(deleted + sweep::sweep(&self.cx).await?)
    }

    /// Runs the tasks that are due, for about `limit_ms`: work that calls left to the background, or that a server left
    /// which has died. Answers how many were finished. Servers run it every few seconds, and at once after
    /// [`Chat::has_unfinished_tasks`].
    ///
    /// # Errors
    /// `unavailable`: what failed is due again in half a minute.
    pub async fn run_due_tasks(&self, limit_ms: u64) -> Result<usize> {
        run::run_due(&self.cx, self.cx.now().saturating_add(limit_ms)).await
    }

    /// Whether a call left work to the background since this was last asked.
    #[must_use]
    pub fn has_unfinished_tasks(&self) -> bool {
        self.cx.unfinished.take()
    }
}
