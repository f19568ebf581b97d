//! The port to the outside.

use async_trait::async_trait;

/// An event as it is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideEvent {
    /// Visible ASCII; the same each time that the event is delivered.
    pub id: String,
    /// JSON: `{type, timestamp, data}`.
    pub body: String,
}

/// How an attempt to deliver ended. `why` is one line for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has it.
    Delivered,
    /// It may succeed later, after so many milliseconds if the receiver named them.
    Failed {
        /// What happened.
        why: String,
        /// What the receiver asked for.
        retry_after_ms: Option<u64>,
    },
    /// It will never succeed.
    Refused {
        /// What happened.
        why: String,
    },
}

/// Delivers events to the host.
#[async_trait]
pub trait Outside: Send + Sync + 'static {
    /// Whether events hold the text of messages.
    fn takes_content(&self) -> bool;

    /// Makes one attempt, which ends within ten seconds.
    async fn deliver(&self, event: &OutsideEvent) -> Delivery;
}
