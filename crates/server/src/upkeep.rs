//! Removing what has had its time: files nobody can reach any more, rows that have expired.

use crate::engines::Upkeep;
use jobline_api::app::App;
use jobline_store::Error;
use std::time::Duration;

/// How long after the start the first round is, so that a start is never slow because of it.
const FIRST_AFTER: Duration = Duration::from_secs(60);
/// How often there is a round.
const EVERY: Duration = Duration::from_secs(600);
/// Rows removed in one step, between which requests have their turn.
const ROWS_AT_ONCE: usize = 500;

/// Sweeps for as long as it is polled: files, and the rows of an engine that does not remove expired ones by itself.
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
