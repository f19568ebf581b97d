//! A live connection of a user, as a client keeps it.

use crate::bench::socket::Socket;
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A user who has received everything.
#[derive(Clone)]
pub(in crate::bench) struct Watcher {
    pub token: String,
    /// The cursor.
    pub since: String,
}

/// A live connection on which everything has been received.
pub(super) struct LiveClient(Socket);

/// The fields of a frame that are read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Frame {
    op: String,
    #[serde(default)]
    cursor: String,
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    retry_after_ms: u64,
}

impl LiveClient {
    /// Connects, and receives everything after the cursor.
    pub(super) async fn start(address: SocketAddr, watcher: &Watcher) -> Result<Self, String> {
        let protocols = ["jobline.v1".to_owned(), format!("bearer.{}", watcher.token)];
        let mut client = Self(Socket::open(address, "/messages/live", &protocols).await?);
        client.0.send(serde_json::json!({"op": "start", "since": watcher.since}).to_string()).await?;
        while client.receive("").await?.1.has_more {}
        Ok(client)
    }

    /// Waits for an answer with `text` in it, and acknowledges it and those before it. Returns when it came.
    pub(super) async fn receive(&mut self, text: &str) -> Result<(Instant, Frame), String> {
        loop {
            let frame = self.0.next().await.ok_or("the server ended a live connection")?;
            let at = Instant::now();
            if let Some(synced) = self.acknowledge(&frame).await?.filter(|_| frame.contains(text)) {
                return Ok((at, synced));
            }
        }
    }

    /// Acknowledges an answer; `None` for another frame.
    async fn acknowledge(&mut self, frame: &str) -> Result<Option<Frame>, String> {
        let parsed: Frame = serde_json::from_str(frame).map_err(|error| format!("a frame {frame}: {error}"))?;
        if parsed.op != "synced" {
            return Ok(None);
        }
        self.0.send(serde_json::json!({"op": "have", "since": parsed.cursor}).to_string()).await?;
        Ok(Some(parsed))
    }

    /// Waits until the server says that it stops. Returns after how long the client is to reconnect.
    pub(super) async fn goodbye(mut self) -> Option<Duration> {
        while let Some(frame) = self.0.next().await {
            let parsed: Frame = serde_json::from_str(frame.as_str()).ok()?;
            if parsed.op == "bye" {
                while self.0.next().await.is_some() {}
                return Some(Duration::from_millis(parsed.retry_after_ms));
            }
        }
        None
    }
}
