//! The bus between several servers, over NATS.
//!
//! Core NATS is enough: servers detect lost batches by their numbers, and then read the heads of their users
//! (`crates/live/src/bus/`). So nothing here waits for a confirmation, and nothing is stored.
//!
//! The connection is restored automatically. A hanging process or a silent network is detected by pings, within 6 s.

mod events;

use async_nats::{Client, ConnectOptions, ServerAddr, Subscriber};
use async_trait::async_trait;
use events::Events;
use futures_util::StreamExt;
use jobline_live::Bus;
use std::{str::FromStr, time::Duration};
use tokio::sync::Mutex;

/// How often NATS is pinged; after two pings without an answer the client reconnects.
const PING_EVERY: Duration = Duration::from_secs(2);
/// How long connecting may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// The longest pause between two attempts to connect.
const RECONNECT_MOST: Duration = Duration::from_secs(2);
/// How many received batches may wait, and how many sent ones while there is no connection. Further ones are dropped.
const WAITING: usize = 256;

/// The addresses of the servers of NATS, any of which is used.
#[derive(Debug, Clone)]
pub struct Addresses(Vec<ServerAddr>);

impl FromStr for Addresses {
    type Err = ();

    /// One or more `nats://` or `tls://` URLs with commas between them. They may contain user name and password, or a
    /// token: `nats://user:password@host:4222`, `nats://token@host:4222`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = |url: &str| {
            let url = url.trim();
            let is_known = url.starts_with("nats://") || url.starts_with("tls://");
            let address = ServerAddr::from_str(url).ok().filter(|address| is_known && !address.host().is_empty());
            address.ok_or(())
        };
        text.split(',').map(address).collect::<Result<_, _>>().map(Self)
    }
}

/// A bus over NATS.
pub struct NatsBus {
    client: Client,
    subject: String,
    batches: Mutex<Subscriber>,
}

impl NatsBus {
    /// The bus of the deployment with this name, which has only letters and digits. It does not wait for NATS: while NATS is
    /// unreachable, nothing is transmitted.
    ///
    /// # Errors
    /// The message of NATS, if it is reachable and refuses.
    pub async fn connect(addresses: Addresses, deployment: &str) -> Result<Self, String> {
        let events = Events::default();
        let options = ConnectOptions::new()
            .name("jobline")
            .retry_on_initial_connect()
            .connection_timeout(CONNECT_WITHIN)
            .ping_interval(PING_EVERY)
            .subscription_capacity(WAITING)
            .client_capacity(WAITING)
            .reconnect_delay_callback(pause)
            .event_callback(move |event| {
                let events = events.clone();
                async move { events.log(&event) }
            });
        let client = options.connect(addresses.0).await.map_err(|error| error.to_string())?;
        let subject = format!("jobline.{deployment}");
        let batches = client.subscribe(subject.clone()).await.map_err(|error| error.to_string())?;
        Ok(Self { client, subject, batches: Mutex::new(batches) })
    }
}

#[async_trait]
impl Bus for NatsBus {
    async fn publish(&self, batch: Vec<u8>) {
        // A lost batch is not repeated: the others detect the gap.
        if self.client.publish(self.subject.clone(), batch.into()).await.is_ok() {
            let _ = self.client.flush().await;
        }
    }

    async fn receive(&self) -> Vec<u8> {
        match self.batches.lock().await.next().await {
            Some(message) => message.payload.into(),
            // The client was closed, which never happens; servers would detect the silence.
            None => std::future::pending().await,
        }
    }
}

/// The pause before an attempt to connect: twice as long each time.
fn pause(attempts: usize) -> Duration {
    let shift = u32::try_from(attempts).unwrap_or(u32::MAX).min(10);
    Duration::from_millis(50 << shift).min(RECONNECT_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_urls_of_nats() {
        for good in
            ["nats://127.0.0.1:4222", "tls://nats.example", "nats://a:b@one:1,nats://a:b@two:2", "nats://key@one"]
        {
            assert!(Addresses::from_str(good).is_ok(), "{good}");
        }
        for bad in ["", "127.0.0.1:4222", "http://127.0.0.1", "nats://", "nats://one,", "nats://one:port"] {
            assert!(Addresses::from_str(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn pauses_between_attempts_are_bounded() {
        assert_eq!(pause(1), Duration::from_millis(100));
        assert_eq!(pause(1_000_000), RECONNECT_MOST);
    }
}
