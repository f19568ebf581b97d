//! An echo server of the same WebSocket library: the minimum cost of a live connection.

use crate::bench::histogram::Histogram;
use crate::bench::socket::{Socket, config};
use futures_util::{SinkExt, StreamExt};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async_with_config;

/// The bytes that are echoed: about as many as the frame that brings one message.
const BYTES: usize = 1_200;

/// Answers every message with itself.
pub(in crate::bench) async fn serve(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        // Only for speed: it also works with Nagle's algorithm.
        let _ = stream.set_nodelay(true);
        tokio::spawn(echo(stream));
    }
}

async fn echo(stream: TcpStream) {
    let Ok(mut socket) = accept_async_with_config(stream, Some(config())).await else { return };
    while let Some(Ok(message)) = socket.next().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// How long a round trip takes, one after the other on one connection.
pub(super) async fn round_trips(address: SocketAddr, length: Duration) -> Result<Histogram, String> {
    let mut socket = Socket::open(address, "/", &[]).await?;
    let mut times = Histogram::new();
    let end = Instant::now() + length;
    while Instant::now() < end {
        let sent = Instant::now();
        socket.send("x".repeat(BYTES)).await?;
        socket.next().await.ok_or("the echo server ended the connection")?;
        times.add(sent.elapsed());
    }
    Ok(times)
}
