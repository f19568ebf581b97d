//! The mix of the founding document: a million polls and thirty thousand sends a month.

use super::client;
use super::load::Caller;
use super::writer::Writer;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Polls for each send.
const POLLS: u64 = 33;

/// One user sends a message, and the other polls their conversation: the first of the polls brings the message.
pub(super) struct Mixed {
    sender: String,
    receiver: String,
    receiver_id: String,
    conversation: String,
    since: Option<String>,
    requests: u64,
    request: Vec<u8>,
}

impl Mixed {
    pub(super) fn new(writer: &Writer) -> Self {
        let [sender, receiver] = writer.tokens.clone();
        Self {
            sender,
            receiver,
            receiver_id: writer.pair.b.to_string(),
            conversation: writer.pair.conversation.as_str().to_owned(),
            since: None,
            requests: 0,
            request: Vec::new(),
        }
    }

    fn sends(&self) -> bool {
        self.requests.is_multiple_of(POLLS + 1)
    }
}

impl Caller for Mixed {
    fn request(&mut self) -> Option<&[u8]> {
        self.requests += 1;
        if self.sends() {
            let body =
                format!("{{\"receiverId\":\"{}\",\"content\":\"I can start tomorrow at eight.\"}}", self.receiver_id);
            let mut request = String::new();
            client::post(&mut request, "/messages/send", Some(&self.sender), &body);
            self.request = request.into_bytes();
            return Some(&self.request);
        }
        let since = self
            .since
            .as_deref()
            .map_or(String::new(), |since| format!("&since={}", utf8_percent_encode(since, NON_ALPHANUMERIC)));
        let path = format!("/messages/list?conversationId={}{since}", self.conversation);
        self.request = client::get(&path, Some(&self.receiver));
        Some(&self.request)
    }

    fn accepts(&mut self, status: u16, body: &[u8]) -> bool {
        if status != 200 || self.sends() {
            return status == 200;
        }
        let answer: Result<Value, _> = serde_json::from_slice(body);
        self.since = answer.ok().and_then(|answer| answer["cursor"].as_str().map(str::to_owned));
        self.since.is_some()
    }
}
