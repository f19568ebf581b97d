//! Durable sends.

use super::client;
use super::fill::Pair;
use super::load::Caller;
use super::server::Server;

/// Two users who write to each other.
pub(super) struct Writer {
    pub pair: Pair,
    /// The tokens of both.
    pub tokens: [String; 2],
}

impl Writer {
    pub(super) fn new(server: &dyn Server, pair: Pair) -> Result<Self, String> {
        let tokens = [server.token(&pair.a)?, server.token(&pair.b)?];
        Ok(Self { pair, tokens })
    }
}

/// Sends one message after the other, each with a new client id.
pub(super) struct Sender {
    token: String,
    /// The field of the body that names the recipient.
    to: String,
    run: String,
    count: u64,
    request: String,
}

impl Sender {
    /// The user with index `side` writes.
    pub(super) fn new(writer: &Writer, side: usize, run: String) -> Self {
        let receiver = if side == 0 { &writer.pair.b } else { &writer.pair.a };
        let (token, to) = (writer.tokens[side].clone(), format!("\"receiverId\":\"{receiver}\""));
        Self::to(token, to, run)
    }

    /// Sends with `token`; `to` is the field of the body that names the recipient, and `run` is in the client ids.
    pub(super) fn to(token: String, to: String, run: String) -> Self {
        Self { token, to, run, count: 0, request: String::new() }
    }
}

impl Caller for Sender {
    fn request(&mut self) -> Option<&[u8]> {
        self.count += 1;
        let body = format!(
            "{{{},\"content\":\"I can start tomorrow at eight, and I bring my own tools.\",\
             \"clientId\":\"{}-{}\"}}",
            self.to, self.run, self.count
        );
        client::post(&mut self.request, "/messages/send", Some(&self.token), &body);
        Some(self.request.as_bytes())
    }

    fn accepts(&mut self, status: u16, _body: &[u8]) -> bool {
        status == 200
    }
}
