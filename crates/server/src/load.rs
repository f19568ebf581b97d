//! Asks clients to poll less often when the server is overloaded.

use crate::log;
use jobline_api::app::App;
use jobline_live::Kind;
use std::time::{Duration, Instant};

/// How often the load is measured.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Requests in flight that a server handles without slowing down.
const REQUESTS: f64 = 256.0;
/// Commits in flight that the store handles without slowing down.
const COMMITS: f64 = 512.0;
/// How late the runtime may wake a task before it counts as busy.
const LATE: Duration = Duration::from_millis(100);
/// The highest factor by which clients are slowed down.
const MOST: f64 = 20.0;

/// A measurement of the load.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Requests in flight.
    pub requests: i64,
    /// Commits under way.
    pub commits: i64,
    /// How late the runtime woke a task.
    pub late: Duration,
}

impl Load {
    /// How many times less often clients should poll: 1 for a server without overload.
    #[must_use]
    pub fn slowdown(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
        let shares = [
            self.requests as f64 / REQUESTS,
            self.commits as f64 / COMMITS,
            self.late.as_secs_f64() / LATE.as_secs_f64(),
        ];
        shares.into_iter().fold(1.0, f64::max).min(MOST)
    }
}

/// The next factor: it rises at once and falls step by step, so that the clients' polls do not all return at the same time.
#[must_use]
pub fn eased(last: f64, now: f64) -> f64 {
    now.max(1.0 + (last - 1.0) * 0.8)
}

/// Tells the domain how much to slow clients down, for as long as it is polled.
pub async fn advise(app: &App) {
    let mut factor = 1.0;
    loop {
        let begun = Instant::now();
        app.clock.sleep(LOOK_EVERY).await;
        let load = Load {
            requests: app.metrics.in_flight() - waiting_polls(app),
            commits: app.metrics.waiting_commits(),
            late: begun.elapsed().saturating_sub(LOOK_EVERY),
        };
        factor = eased(factor, load.slowdown());
        app.chat.set_slowdown(factor);
        app.metrics.slowdown(factor);
        app.metrics.log_lines_dropped(log::dropped());
    }
}

/// Long polls, which use no resources while they wait.
fn waiting_polls(app: &App) -> i64 {
    let waiting = app.live.as_ref().map_or(0, |live| live.hub().open(Kind::Poll));
    i64::try_from(waiting).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_load_clients_are_not_slowed_down() {
        let load = Load { requests: 10, commits: 3, late: Duration::from_millis(2) };
        assert!((load.slowdown() - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_scarcest_resource_decides() {
        let at_ease = Load { requests: 0, commits: 0, late: Duration::ZERO };
        assert!((Load { requests: 1024, ..at_ease }.slowdown() - 4.0).abs() < 0.01);
        assert!((Load { commits: 1024, ..at_ease }.slowdown() - 2.0).abs() < 0.01);
        assert!((Load { late: Duration::from_millis(300), ..at_ease }.slowdown() - 3.0).abs() < 0.01);
        assert!((Load { requests: 1_000_000, ..at_ease }.slowdown() - MOST).abs() < 0.01);
    }

    #[test]
    fn clients_are_slowed_at_once_and_sped_up_slowly() {
        assert!((eased(1.0, 8.0) - 8.0).abs() < 0.01);
        let after: f64 = (0..5).fold(8.0, |last, _| eased(last, 1.0));
        assert!(after > 1.5 && after < 8.0, "{after}");
    }
}
