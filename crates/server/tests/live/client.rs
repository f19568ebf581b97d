//! A client of live connections, as the contract describes it.

use crate::program::{PATIENCE, Program};
use serde_json::{Value, json};
use std::net::{Shutdown, TcpStream};
use tokio_tungstenite::tungstenite::client::client;
use tokio_tungstenite::tungstenite::handshake::HandshakeError;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, http};

/// The received frames.
#[derive(Debug, PartialEq)]
pub enum Heard {
    Frame(Value),
    Closed(u16),
}

pub struct Live(pub WebSocket<TcpStream>);

impl Live {
    /// Connects like a program, without an `Origin`.
    pub fn connect(program: &Program, token: &str) -> Self {
        Self::connect_at(&program.address, token)
    }

    /// [`Live::connect`] to this address in front of the server.
    pub fn connect_at(address: &str, token: &str) -> Self {
        Self::try_connect_at(address, &[("sec-websocket-protocol", &format!("jobline.v1, bearer.{token}"))])
            .unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// Connects with these headers. If it is refused, returns the status and the problem.
    pub fn try_connect(program: &Program, headers: &[(&str, &str)]) -> Result<Self, (u16, Value)> {
        Self::try_connect_at(&program.address, headers)
    }

    fn try_connect_at(address: &str, headers: &[(&str, &str)]) -> Result<Self, (u16, Value)> {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut request = http::Request::get(format!("ws://{address}/messages/live"))
            .header("host", address)
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match client(request.body(()).unwrap(), stream) {
            Ok((socket, response)) => {
                assert_eq!(response.headers()["sec-websocket-protocol"], "jobline.v1");
                Ok(Self(socket))
            }
            Err(HandshakeError::Failure(Error::Http(response))) => {
                let body = response.body().clone().unwrap_or_default();
                Err((response.status().as_u16(), serde_json::from_slice(&body).unwrap_or_default()))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Connects, starts from `since` and receives `ready`.
    pub fn start(program: &Program, token: &str, since: Option<&str>) -> Self {
        let mut live = Self::connect(program, token);
        live.say(&json!({"op": "start", "since": since}));
        let ready = live.frame();
        assert_eq!((&ready["op"], &ready["heartbeatMs"]), (&json!("ready"), &json!(25_000)));
        assert!(ready["tokenExpiresAt"].as_str().unwrap().ends_with('Z'));
        live
    }

    /// Starts from where a poll ended, and receives that there is nothing new.
    pub fn settled(program: &Program, token: &str) -> (Self, String) {
        let cursor = program.get("/messages/sync", token)["cursor"].as_str().unwrap().to_owned();
        let mut live = Self::start(program, token, Some(&cursor));
        let synced = live.frame();
        assert_eq!((&synced["op"], &synced["messages"]), (&json!("synced"), &json!([])), "{synced}");
        live.have(&synced);
        (live, cursor)
    }

    pub fn say(&mut self, frame: &Value) {
        self.0.send(Message::text(frame.to_string())).unwrap();
    }

    pub fn have(&mut self, synced: &Value) {
        self.say(&json!({"op": "have", "since": synced["cursor"]}));
    }

    pub fn watch(&mut self, conversation: &str) {
        self.say(&json!({"op": "watch", "conversationId": conversation}));
        self.is_heard();
    }

    /// Returns once the server has handled all sent frames.
    pub fn is_heard(&mut self) {
        self.say(&json!({"op": "ping"}));
        assert_eq!(self.frame(), json!({"op": "pong"}));
    }

    /// The next frame or the end, heartbeats left out.
    pub fn hear(&mut self) -> Heard {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) if text.as_str().contains("heartbeat\"}") => {}
                Ok(Message::Text(text)) => return Heard::Frame(serde_json::from_str(text.as_str()).unwrap()),
                Ok(Message::Close(Some(frame))) => return Heard::Closed(frame.code.into()),
                Ok(Message::Close(None)) => return Heard::Closed(1005),
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub fn frame(&mut self) -> Value {
        match self.hear() {
            Heard::Frame(frame) => frame,
            Heard::Closed(code) => panic!("closed with {code}"),
        }
    }

    /// The next answer, which it confirms.
    pub fn synced(&mut self) -> Value {
        let synced = self.frame();
        assert_eq!(synced["op"], "synced", "{synced}");
        self.have(&synced);
        synced
    }

    /// Receives `bye`, skipping other frames, and the closing code.
    pub fn bye(&mut self) -> (Value, u16) {
        let mut bye = Value::Null;
        loop {
            match self.hear() {
                Heard::Frame(frame) if frame["op"] == "bye" => bye = frame,
                Heard::Frame(_) => {}
                Heard::Closed(code) => return (bye, code),
            }
        }
    }

    /// Cuts the connection without closing it.
    pub fn cut(self) {
        self.0.get_ref().shutdown(Shutdown::Both).unwrap();
    }
}

/// The contents of the messages in an answer.
pub fn contents(synced: &Value) -> Vec<String> {
    let messages = synced["messages"].as_array().unwrap().iter();
    messages.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}
