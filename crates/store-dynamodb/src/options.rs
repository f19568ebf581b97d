use crate::capacity::Observer;
use std::time::Duration;

/// How long the engine waits and retries, and who observes what it consumes.
#[derive(Clone)]
pub struct Options {
    /// How long one call retries: requests that were throttled, answered with 5xx or lost are sent again, after random
    /// pauses that grow, until this time has passed. Then the call is `Unavailable`, or `Unknown` if a commit may have
    /// taken effect. A call takes at most this and one more `attempt`.
    pub deadline: Duration,
    /// The longest pause before the second request; it doubles with each further request, up to 32 times this.
    pub pause: Duration,
    /// How long one request may take.
    pub attempt: Duration,
    /// How long connecting may take.
    pub connect: Duration,
    /// Called with what each request consumed. With `None` DynamoDB is not asked for it.
    pub observer: Option<Observer>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(3),
            pause: Duration::from_millis(25),
            attempt: Duration::from_millis(1_500),
            connect: Duration::from_secs(1),
            observer: None,
        }
    }
}
