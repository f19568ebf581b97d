//! `sync` that waits until something changed.

use super::ports::is_empty;
use crate::app::App;
use jobline_chat::{Error, Result, UserId};
use jobline_live::Kind;
use jobline_wire::{SyncQuery, Synced};
use std::pin::pin;
use std::time::Duration;

/// The longest wait, in seconds.
pub const WAIT_SECONDS: u32 = 25;

/// What `sync` answers: at once when there is news or `wait` is 0, otherwise when something changes, `wait` ends, or
/// the server stops. If too many polls are waiting, it does not wait.
///
/// # Errors
/// As the domain's `sync`, and `invalid_request` for a wait that is too long.
pub async fn sync(app: &App, me: &UserId, mut input: SyncQuery) -> Result<Synced> {
    let wait = input.wait.take().unwrap_or(0);
    if wait > WAIT_SECONDS {
        return Err(Error::invalid("wait", format!("wait is a whole number of seconds from 0 to {WAIT_SECONDS}.")));
    }
    let live = app.live.as_ref().filter(|_| wait > 0);
    // Taken before the first read: nothing that moves after it is missed.
    let Some(ticket) = live.and_then(|live| live.hub().join(me.clone(), Kind::Poll).ok()) else {
        return app.chat.sync(me, input).await;
    };
    let mut over = pin!(app.clock.sleep(Duration::from_secs(wait.into())));
    loop {
        let synced = app.chat.sync_after_news(me, input.clone()).await?;
        if !is_empty(&synced) || synced.has_more {
            return Ok(synced);
        }
        tokio::select! {
            news = ticket.news() => if news.stops || news.replaced { return Ok(synced) },
            () = &mut over => return Ok(synced),
        }
        input.since = Some(synced.cursor);
    }
}
