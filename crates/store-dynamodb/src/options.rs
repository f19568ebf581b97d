use crate::capacity::Observer;
use std::time::Duration;

/// How long the engine waits and tries, and who is told what it consumes.
#[derive(Clone)]
pub struct Options {
    /// How long one call goes on trying: throttled requests, answers of 5xx and lost connections are made again, after
    /// random pauses that grow, until this much time has passed. Then it is `Unavailable`, or `Unknown` where a commit
    /// may have happened. A call takes at most this and one more `attempt`.
    pub deadline: Duration,
    /// The bound of the random pause before the second request; it doubles with each one more, to 32 times this.
    pub pause: Duration,
    /// How long one request may take.
    pub attempt: Duration,
    /// How long the making of a connection may take.
    pub connect: Duration,
    /// Is told what every request consumed. `None`: nobody asks, and DynamoDB is not asked to say it.
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
