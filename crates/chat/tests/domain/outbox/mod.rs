//! A receiver of webhooks in memory, and what tests of the outbox look at.

mod calls;
mod events;
mod reports;

use crate::support::World;
use async_trait::async_trait;
use jobline_chat::{Delivery, EventReceiver, HostEvent, Settings};
use jobline_store::{Range, Store as _};
use jobline_wire::{FailedEvent, ListFailedEvents};
use serde_json::Value;
use std::sync::Mutex;

pub(crate) const SECOND: u64 = 1_000;

pub(crate) const MINUTE: u64 = 60 * SECOND;

pub(crate) const HOUR: u64 = 60 * MINUTE;

/// A receiver of events.
#[derive(Default)]
pub(crate) struct Receiver {
    pub(crate) got: Mutex<Vec<HostEvent>>,
    /// Events that hold this text fail.
    pub(crate) fails: Mutex<Option<&'static str>>,
    pub(crate) is_stuck: bool,
    /// Every event is refused for good.
    pub(crate) refuses: bool,
    pub(crate) takes_content: bool,
}

#[async_trait]
impl EventReceiver for Receiver {
    fn takes_content(&self) -> bool {
        self.takes_content
    }

    async fn deliver(&self, event: &HostEvent) -> Delivery {
        self.got.lock().unwrap().push(event.clone());
        if self.is_stuck {
            std::future::pending::<()>().await;
        }
        if self.refuses {
            return Delivery::Refused { why: "it answered 410".to_owned() };
        }
        match *self.fails.lock().unwrap() {
            Some(text) if event.body.contains(text) => {
                Delivery::Failed { why: "it answered 500".to_owned(), retry_after_ms: None }
            }
            _ => Delivery::Delivered,
        }
    }
}

impl Receiver {
    pub(crate) fn failing_at(text: &'static str) -> Self {
        Self { fails: Mutex::new(Some(text)), ..Self::default() }
    }

    pub(crate) fn recover(&self) {
        *self.fails.lock().unwrap() = None;
    }

    /// The events since the last call.
    pub(crate) fn take(&self) -> Vec<(String, Value)> {
        let got = std::mem::take(&mut *self.got.lock().unwrap());
        got.into_iter().map(|event| (event.id, serde_json::from_str(&event.body).unwrap())).collect()
    }

    /// The types of the events since the last call.
    pub(crate) fn types(&self) -> Vec<String> {
        self.take().into_iter().map(|(_, body)| body["type"].as_str().unwrap().to_owned()).collect()
    }
}

/// Nothing is told about unread messages: `unread_notices.rs` tests that.
pub(crate) async fn world() -> World {
    let unread_after_ms = 100 * 24 * HOUR;
    World::with(Settings { send_rate: 0, outbox: true, unread_after_ms, ..Settings::default() }).await
}

pub(crate) async fn rows(world: &World, partition: &str) -> usize {
    let range = Range::prefix(partition.to_owned(), "", 100);
    world.store.range(&range).await.unwrap().rows.len()
}

pub(crate) async fn failed(world: &World) -> Vec<FailedEvent> {
    world.chat.failed_events(ListFailedEvents::default()).await.unwrap().events
}
