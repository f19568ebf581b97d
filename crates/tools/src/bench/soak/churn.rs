//! Messages that are reacted to, edited and deleted.

use crate::bench::client;
use crate::bench::load::Caller;
use crate::bench::writer::Writer;
use serde_json::Value;

/// Sends a message, reacts to it, edits it and deletes it; then the next one.
pub(super) struct Churn {
    tokens: [String; 2],
    receiver: String,
    conversation: String,
    name: String,
    message: String,
    requests: u64,
    request: String,
}

impl Churn {
    /// `name` is in the client ids.
    pub(super) fn new(writer: &Writer, name: &str) -> Self {
        Self {
            tokens: writer.tokens.clone(),
            receiver: writer.pair.b.to_string(),
            conversation: writer.pair.conversation.as_str().to_owned(),
            name: name.to_owned(),
            message: String::new(),
            requests: 0,
            request: String::new(),
        }
    }
}

impl Caller for Churn {
    fn request(&mut self) -> Option<&[u8]> {
        let (number, [sender, receiver]) = (self.requests / 4, &self.tokens);
        let which = format!("\"conversationId\":\"{}\",\"messageId\":\"{}\"", self.conversation, self.message);
        let (path, token, body) = match self.requests % 4 {
            0 => {
                let id = format!("{}-churn-{number}", self.name);
                let to = format!("\"receiverId\":\"{}\",\"clientId\":\"{id}\"", self.receiver);
                ("/messages/send", sender, format!("{{{to},\"content\":\"Tomorrow?\"}}"))
            }
            1 => ("/messages/react", receiver, format!("{{{which},\"emoji\":\"👍\"}}")),
            2 => ("/messages/edit", sender, format!("{{{which},\"content\":\"Tomorrow at eight?\"}}")),
            _ => ("/messages/delete", sender, format!("{{{which}}}")),
        };
        client::post(&mut self.request, path, Some(token), &body);
        Some(self.request.as_bytes())
    }

    fn accepts(&mut self, status: u16, body: &[u8]) -> bool {
        if self.requests.is_multiple_of(4) {
            let answer: Option<Value> = serde_json::from_slice(body).ok();
            let id = answer.as_ref().and_then(|answer| answer["message"]["id"].as_str());
            self.message = id.unwrap_or_default().to_owned();
        }
        self.requests += 1;
        status == 200
    }
}
