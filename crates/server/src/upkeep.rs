//! What a server does by itself: tasks that calls left to the background, and regular removal of files that no message
//! refers to, and of expired rows.

use crate::engines::Upkeep;
use jobline_api::app::App;
use jobline_store::Error;
use std::time::Duration;

/// When the first round is, after the start: it must not slow the start down.
const FIRST_AFTER: Duration = Duration::from_secs(60);
/// Time between two rounds.
const EVERY: Duration = Duration::from_secs(600);
/// The most rows that one step removes; requests run between steps.
const ROWS_AT_ONCE: usize = 500;

/// Time between two looks for what other servers, or calls that ended too early, left to be done.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Runs tasks that are due. Never returns.
pub async fn run_tasks(app: &App) {
    loop {
        if let Err(error) = app.chat.run_due_tasks(u64::MAX).await {
            tracing::error!(%error, "tasks could not be run; they are tried again");
        }
        until_next_look(app, app.chat.task_left()).await;
    }
}

/// Waits until there may be something to do: at once after `own`, by which this server itself leaves something.
pub async fn until_next_look(app: &App, own: impl Future<Output = ()>) {
    tokio::select! {
        () = own => {}
        () = app.clock.sleep(LOOK_EVERY) => {}
    }
}

/// Sweeps files, and the expired rows of an engine that does not remove them by itself. Never returns.
pub async fn sweep(app: &App, rows: Option<&dyn Upkeep>) {
    app.clock.sleep(FIRST_AFTER).await;
    loop {
        match app.chat.sweep().await {
            Ok(0) => {}
            Ok(files) => tracing::info!(files, "swept files"),
            Err(error) => tracing::error!(%error, "files could not be swept"),
        }
        if let Some(rows) = rows
            && let Err(error) = sweep_rows(app, rows).await
        {
            tracing::error!(%error, "rows could not be swept");
        }
        app.clock.sleep(EVERY).await;
    }
}

async fn sweep_rows(app: &App, rows: &dyn Upkeep) -> Result<(), Error> {
    while rows.sweep_expired(app.clock.now_ms() / 1000, ROWS_AT_ONCE).await? >= ROWS_AT_ONCE {}
    Ok(())
}
