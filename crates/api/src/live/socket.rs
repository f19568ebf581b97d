//! A WebSocket as the port of live connections.

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jobline_live::{FRAME_BYTES, Incoming, Socket};
use tokio::io::AsyncReadExt;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

/// What is read at a time, and kept for each connection: most frames of clients name a cursor and are smaller than this, and a
/// larger one is given the room that it needs. The library's 128 KiB would be allocated for each.
const READ_BYTES: usize = 512;

/// A server's end of a WebSocket.
pub(super) struct ServerSocket(WebSocketStream<TokioIo<Upgraded>>);

impl ServerSocket {
    /// The WebSocket over a connection that was upgraded.
    pub async fn over(upgraded: Upgraded) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            // Each frame is handed to the network at once.
            .write_buffer_size(0)
            .max_message_size(Some(FRAME_BYTES))
            .max_frame_size(Some(FRAME_BYTES));
        Self(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await)
    }

    /// Reads and drops what the client still sends, until it answers the closing frame or disconnects. A connection
    /// that is closed with something unread is reset, and the closing frame lost on the way.
    async fn drain(&mut self) {
        while let Some(Ok(message)) = self.0.next().await {
            // Nothing may follow this, and the client waits for the server to end the connection.
            if message.is_close() {
                return;
            }
        }
        let mut dropped = [0; 1024];
        while matches!(self.0.get_mut().read(&mut dropped).await, Ok(1..)) {}
    }
}

impl Socket for ServerSocket {
    async fn receive(&mut self) -> Incoming {
        loop {
            return match self.0.next().await {
                Some(Ok(Message::Text(text))) => Incoming::Text(text.as_str().to_owned()),
                Some(Ok(Message::Binary(_))) => Incoming::Binary,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Incoming::Control,
                // The answer to it is sent by the next read, which then says that the connection has ended.
                Some(Ok(Message::Close(_) | Message::Frame(_))) => continue,
                Some(Err(error)) => incoming(&error),
                None => Incoming::Gone,
            };
        }
    }

    async fn send(&mut self, text: String) -> bool {
        self.0.send(Message::text(text)).await.is_ok()
    }

    async fn ping(&mut self) -> bool {
        self.0.send(Message::Ping(Bytes::new())).await.is_ok()
    }

    async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::from_static(reason) };
        if self.0.send(Message::Close(Some(frame))).await.is_ok() {
            self.drain().await;
        }
    }
}

fn incoming(error: &Error) -> Incoming {
    match error {
        Error::Capacity(_) => Incoming::TooLarge,
        Error::Utf8(_) => Incoming::NotText,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Incoming::Gone,
        Error::Protocol(_) => Incoming::BrokenProtocol,
        _ => Incoming::Gone,
    }
}
