//! The client's end of a WebSocket, with small buffers: thousands are open at once.

use futures_util::{SinkExt, StreamExt};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// How many bytes either end reads at a time. The server reads fewer.
const READ_BYTES: usize = 2 * 1024;

/// An open WebSocket.
pub(super) struct Socket(WebSocketStream<TcpStream>);

/// The buffers of both ends.
pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(READ_BYTES).write_buffer_size(0)
}

impl Socket {
    /// Connects to `path`, and offers `protocols`.
    pub(super) async fn open(address: SocketAddr, path: &str, protocols: &[String]) -> Result<Self, String> {
        let uri = format!("ws://{address}{path}").parse().map_err(|error| format!("{address}{path}: {error}"))?;
        let request = protocols.iter().fold(ClientRequestBuilder::new(uri), ClientRequestBuilder::with_sub_protocol);
        let stream = TcpStream::connect(address).await.map_err(|error| format!("{error} (see ulimit -n)"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let connected = client_async_with_config(request, stream, Some(config())).await;
        connected.map(|(socket, _)| Self(socket)).map_err(|error| error.to_string())
    }

    /// Sends a text.
    pub(super) async fn send(&mut self, text: String) -> Result<(), String> {
        self.0.send(Message::text(text)).await.map_err(|error| error.to_string())
    }

    /// The next text; `None`: the connection has ended.
    pub(super) async fn next(&mut self) -> Option<Utf8Bytes> {
        loop {
            if let Message::Text(text) = self.0.next().await?.ok()? {
                return Some(text);
            }
        }
    }
}
