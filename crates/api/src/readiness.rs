//! Whether the store answers, checked at most once a second, whatever the number of requests.

use crate::app::App;
use jobline_http::Failure;
use tokio::sync::Mutex;

/// How long an answer holds, in milliseconds.
const HOLDS_MS: u64 = 1_000;

/// The last answer of the store, and when it was given.
#[derive(Default)]
pub struct Readiness(Mutex<Option<(u64, Result<(), Failure>)>>);

impl Readiness {
    /// Whether the store answers, or did less than a second ago. Those who ask at the same time wait for one answer.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn check(&self, app: &App) -> Result<(), Failure> {
        let mut last = self.0.lock().await;
        let now_ms = app.clock.now_ms();
        if let Some((at_ms, answer)) = &*last
            && (*at_ms..*at_ms + HOLDS_MS).contains(&now_ms)
        {
            return answer.clone();
        }
        let answer = app.chat.ready().await.map_err(Failure::from);
        *last = Some((now_ms, answer.clone()));
        answer
    }
}
