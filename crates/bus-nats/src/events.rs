//! Logs events of the connection.

use async_nats::Event;
use std::sync::{Arc, Mutex, PoisonError};

/// Logs each event once until another one happens, since a failing connection is retried every two seconds.
#[derive(Clone, Default)]
pub(super) struct Events {
    last: Arc<Mutex<String>>,
}

impl Events {
    pub fn log(&self, event: &Event) {
        let text = event.to_string();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last == text {
            return;
        }
        match event {
            Event::Connected => tracing::info!("connected to the bus"),
            _ => tracing::warn!(event = text, "the bus"),
        }
        *last = text;
    }
}
