//! Background work of a server: tasks that calls left to the background, and regular removal of files that no message
//! refers to, and of expired rows.

use crate::engines::Upkeep;
use jobline_api::app::App;
use jobline_chat::{ClockLook, iso};
use jobline_store::Error;
use std::time::Duration;

/// When the first round is, after the start: it must not slow the start down.
const FIRST_AFTER: Duration = Duration::from_secs(60);
/// Time between two rounds.
const EVERY: Duration = Duration::from_secs(600);
/// The most rows that one step removes; requests run between steps.
const ROWS_AT_ONCE: usize = 500;

/// The interval of checks for work that other servers, or interrupted calls, left.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Runs tasks that are due. Never returns.
pub async fn run_tasks(app: &App) {
    loop {
        if let Err(error) = app.chat.run_due_tasks(u64::MAX).await {
            tracing::error!(%error, "tasks could not be run; they are tried again");
        }
        until_next_round(app, app.chat.task_left()).await;
    }
}

/// Waits until there may be something to do: at once after `own`, by which this server itself leaves something.
pub async fn until_next_round(app: &App, own: impl Future<Output = ()>) {
    tokio::select! {
        () = own => {}
        () = app.clock.sleep(LOOK_EVERY) => {}
    }
}

/// Sweeps files, and the expired rows of an engine that does not remove them by itself. Never returns.
pub async fn sweep(app: &App, rows: Option<&dyn Upkeep>) {
    may_delete(app).await;
    app.clock.sleep(FIRST_AFTER).await;
    loop {
        if may_delete(app).await {
            sweep_files(app).await;
            if let Some(rows) = rows
                && let Err(error) = sweep_rows(app, rows).await
            {
                tracing::error!(%error, "rows could not be swept");
            }
        }
        app.clock.sleep(EVERY).await;
    }
}

/// Whether the clock can be trusted to say what is old enough to be deleted. Says so where it is not.
async fn may_delete(app: &App) -> bool {
    match app.chat.look_at_clock().await {
        Ok(ClockLook::Steady) => true,
        Ok(ClockLook::Behind { by_ms }) => {
            tracing::warn!(
                minutes = by_ms / 60_000,
                "the clock is behind what it said before: messages of that time are dated in the future, and their \
                 conversations stay on top until then; check the clock of every server"
            );
            // What is old enough by an earlier clock is old enough.
            true
        }
        Ok(ClockLook::Jumped { until_ms }) => {
            tracing::warn!(
                until = iso(until_ms),
                "the clock went on by more than a day since a server last looked: nothing is deleted for its age until \
                 the time given, in case it is wrong; after a server was off for so long this is as it should be"
            );
            false
        }
        Err(error) => {
            tracing::error!(%error, "the clock could not be compared; nothing is deleted for its age");
            false
        }
    }
}

async fn sweep_files(app: &App) {
    match app.chat.sweep().await {
        Ok(0) => {}
        Ok(files) => tracing::info!(files, "swept files"),
        Err(error) => tracing::error!(%error, "files could not be swept"),
    }
}

async fn sweep_rows(app: &App, rows: &dyn Upkeep) -> Result<(), Error> {
    while rows.sweep_expired(app.clock.now_ms() / 1000, ROWS_AT_ONCE).await? >= ROWS_AT_ONCE {}
    Ok(())
}
