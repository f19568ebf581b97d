//! A WebSocket as the port of live connections.

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jobline_live::{FRAME_BYTES, Incoming, Socket};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

/// What is read at a time, and kept for each connection: most frames of clients name a cursor and are smaller than this, and a
/// larger one is given the room that it needs. The library's 128 KiB would be allocated for each.
const READ_BYTES: usize = 512;

/// A server's end of a WebSocket.
pub(super) struct ServerSocket {
    socket: WebSocketStream<TokioIo<Upgraded>>,
    /// The client has sent its closing frame: nothing may be sent any more but the answer to it.
    is_closing: bool,
}

impl ServerSocket {
    /// The WebSocket over a connection that was upgraded.
    pub async fn over(upgraded: Upgraded) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            // Each frame is handed to the network at once.
            .write_buffer_size(0)
            .max_message_size(Some(FRAME_BYTES))
            .max_frame_size(Some(FRAME_BYTES));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        Self { socket, is_closing: false }
    }

    /// Sends a text frame past the library, which keeps the room of the largest frame that it has sent for as long as the
    /// connection is open.
    async fn send_text(&mut self, text: String) -> Result<(), Error> {
        if self.is_closing {
            return Err(Error::ConnectionClosed);
        }
        // What the library has begun to send, such as the pong to a ping, comes first.
        self.socket.flush().await?;
        let frame = text_frame(&text)?;
        drop(text);
        let stream = self.socket.get_mut();
        stream.write_all(&frame).await?;
        Ok(stream.flush().await?)
    }

    /// Reads and drops what the client still sends, until it answers the closing frame or disconnects. A connection
    /// that is closed with something unread is reset, and the closing frame lost on the way.
    async fn drain(&mut self) {
        while let Some(Ok(message)) = self.socket.next().await {
            // Nothing may follow this, and the client waits for the server to end the connection.
            if message.is_close() {
                return;
            }
        }
        let mut dropped = [0; 1024];
        while matches!(self.socket.get_mut().read(&mut dropped).await, Ok(1..)) {}
    }
}

impl Socket for ServerSocket {
    async fn receive(&mut self) -> Incoming {
        loop {
            return match self.socket.next().await {
                Some(Ok(Message::Text(text))) => Incoming::Text(text.as_str().to_owned()),
                Some(Ok(Message::Binary(_))) => Incoming::Binary,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => Incoming::Control,
                // The answer to it is sent by the next read, which then says that the connection has ended.
                Some(Ok(Message::Close(_))) => {
                    self.is_closing = true;
                    continue;
                }
                // Messages are read, and no frames.
                Some(Ok(Message::Frame(_))) => continue,
                Some(Err(error)) => incoming(&error),
                None => Incoming::Gone,
            };
        }
    }

    async fn send(&mut self, text: String) -> bool {
        self.send_text(text).await.is_ok()
    }

    async fn ping(&mut self) -> bool {
        self.socket.send(Message::Ping(Bytes::new())).await.is_ok()
    }

    async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::from_static(reason) };
        if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
            self.drain().await;
        }
    }
}

/// A whole message in one frame, as servers send it.
fn text_frame(text: &str) -> io::Result<Vec<u8>> {
    let header = FrameHeader { opcode: OpCode::Data(Data::Text), ..FrameHeader::default() };
    let length = text.len() as u64;
    let mut frame = Vec::with_capacity(header.len(length) + text.len());
    header.format(length, &mut frame).map_err(io::Error::other)?;
    frame.extend_from_slice(text.as_bytes());
    Ok(frame)
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
