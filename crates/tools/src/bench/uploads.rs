//! Files: each is announced, uploaded and sent, so that one message takes three requests.

use super::client;
use super::load::Caller;
use super::writer::Writer;
use serde_json::Value;

/// About the size of a photo that a phone has shrunk.
const BYTES: usize = 200 * 1024;

enum Step {
    Announce,
    Bring { path: String, headers: Vec<(String, String)>, url: String },
    Send { url: String },
}

/// Sends one file after the other.
pub(super) struct Uploader {
    token: String,
    receiver: String,
    step: Step,
    request: Vec<u8>,
}

impl Uploader {
    pub(super) fn new(writer: &Writer) -> Self {
        let (token, receiver) = (writer.tokens[0].clone(), writer.pair.b.to_string());
        Self { token, receiver, step: Step::Announce, request: Vec::new() }
    }

    /// The step after the answer to this one.
    fn next(&self, body: &[u8]) -> Option<Step> {
        Some(match &self.step {
            Step::Announce => {
                let answer: Value = serde_json::from_slice(body).ok()?;
                let text = |value: &Value| value.as_str().map(str::to_owned);
                let upload = text(&answer["uploadUrl"])?;
                let path = upload.split_once(client::HOST)?.1.to_owned();
                let headers = answer["headers"].as_object()?.iter();
                let headers = headers.map(|(name, value)| Some((name.clone(), text(value)?)));
                Step::Bring { path, headers: headers.collect::<Option<_>>()?, url: text(&answer["fileUrl"])? }
            }
            Step::Bring { url, .. } => Step::Send { url: url.clone() },
            Step::Send { .. } => Step::Announce,
        })
    }
}

impl Caller for Uploader {
    fn request(&mut self) -> Option<&[u8]> {
        let mut request = String::new();
        let to = format!("\"receiverId\":\"{}\"", self.receiver);
        match &self.step {
            Step::Announce => {
                let file = format!("\"fileName\":\"plan.txt\",\"fileSize\":{BYTES},\"contentType\":\"text/plain\"");
                client::post(&mut request, "/messages/uploadFile", Some(&self.token), &format!("{{{to},{file}}}"));
            }
            Step::Bring { path, headers, .. } => client::put(&mut request, path, headers, &"x".repeat(BYTES)),
            Step::Send { url } => {
                let body = format!("{{{to},\"type\":\"file\",\"fileUrl\":\"{url}\"}}");
                client::post(&mut request, "/messages/send", Some(&self.token), &body);
            }
        }
        self.request = request.into_bytes();
        Some(&self.request)
    }

    fn accepts(&mut self, status: u16, body: &[u8]) -> bool {
        match self.next(body).filter(|_| (200..300).contains(&status)) {
            Some(step) => self.step = step,
            None => return false,
        }
        true
    }
}
