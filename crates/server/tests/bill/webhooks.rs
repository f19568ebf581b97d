//! The host's server, which takes every event of the webhook.

use async_trait::async_trait;
use jobline_chat::{Delivery, EventReceiver, HostEvent};
use std::sync::Mutex;

/// What it got.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sent {
    pub events: u64,
    /// Their bodies.
    pub bytes: u64,
}

#[derive(Default)]
pub struct Host(Mutex<Sent>);

impl Host {
    pub fn sent(&self) -> Sent {
        *self.0.lock().unwrap()
    }

    pub fn forget(&self) {
        *self.0.lock().unwrap() = Sent::default();
    }
}

#[async_trait]
impl EventReceiver for Host {
    /// As without `--webhook-content`.
    fn takes_content(&self) -> bool {
        false
    }

    async fn deliver(&self, event: &HostEvent) -> Delivery {
        let mut sent = self.0.lock().unwrap();
        sent.events += 1;
        sent.bytes += event.body.len() as u64;
        Delivery::Delivered
    }
}
