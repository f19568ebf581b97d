//! The frames: JSON objects in text, told apart by `op`.

use crate::{closing::Closing, hub::Seen};
use jobline_chat::{UserId, iso};
use serde::{Deserialize, Serialize};

/// The largest frame that a client may send, and that it is sent.
pub const FRAME_BYTES: usize = 32 * 1024;

/// A frame from a client. Unknown fields are ignored.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum ClientFrame {
    /// The first frame: the cursor to continue from, the conversation on screen, and the device id for calls.
    Start { since: Option<String>, watch: Option<String>, device_id: Option<String> },
    /// The client has kept all up to this cursor.
    Have { since: String },
    /// The conversation on screen is another one, or none.
    Watch { conversation_id: Option<String> },
    /// Somebody writes, or stopped writing.
    Typing { conversation_id: String, typing: bool },
    /// The user is active, or no longer.
    Active { active: bool },
    /// Something for the device `to` of a call.
    Signal { call_id: String, to: String, data: serde_json::Value },
    /// A fresh token of the same user.
    Token { token: String },
    /// Wants a `pong`.
    Ping,
    /// Frames that this server does not know: ignored, so that newer clients can say more.
    #[serde(other)]
    Unknown,
}

impl ClientFrame {
    /// `None` for what is no frame of the contract.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// A frame to a client.
#[derive(Serialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum ServerFrame<'a> {
    Ready {
        heartbeat_ms: u64,
        token_expires_at: String,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        pokes: bool,
    },
    Poke,
    Typing {
        conversation_id: &'a str,
        user_id: &'a str,
        typing: bool,
    },
    Presence {
        user_id: &'a str,
        state: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        last_active_at: Option<String>,
    },
    TokenExpiring {
        expires_at: String,
    },
    Degraded {
        poll_ms: u64,
    },
    Restored,
    Pong,
    Heartbeat,
    Bye {
        reason: &'a str,
        retry_after_ms: u64,
    },
}

impl ServerFrame<'_> {
    fn text(&self) -> String {
        serde_json::to_string(self).expect("texts, numbers and booleans are JSON")
    }
}

pub(crate) fn ready(heartbeat_ms: u64, token_expires_ms: u64) -> String {
    ServerFrame::Ready { heartbeat_ms, token_expires_at: iso(token_expires_ms), pokes: false }.text()
}

/// [`ready`] of a connection that brings no answers: it says that there is something to poll for.
pub(crate) fn ready_for_pokes(heartbeat_ms: u64, token_expires_ms: u64) -> String {
    ServerFrame::Ready { heartbeat_ms, token_expires_at: iso(token_expires_ms), pokes: true }.text()
}

/// That something moved.
pub(crate) fn poke() -> String {
    ServerFrame::Poke.text()
}

/// An answer of `sync`, an object that has at least one field, as a frame: its fields are untouched.
pub(crate) fn synced(answer: &str) -> String {
    const HEAD: &str = r#"{"op":"synced","#;
    let fields = answer.strip_prefix('{').unwrap_or(answer);
    let mut text = String::with_capacity(HEAD.len() + fields.len());
    text.push_str(HEAD);
    text.push_str(fields);
    text
}

pub(crate) fn typing(conversation_id: &str, user: &UserId, typing: bool) -> String {
    ServerFrame::Typing { conversation_id, user_id: user.as_str(), typing }.text()
}

pub(crate) fn presence(seen: &Seen) -> String {
    const HOUR_MS: u64 = 3_600_000;
    let state = match (seen.online, seen.last_ms) {
        (true, _) => "online",
        (false, Some(_)) => "recent",
        (false, None) => "away",
    };
    let last_active_at = seen.last_ms.map(|at| iso(at - at % HOUR_MS));
    ServerFrame::Presence { user_id: seen.user.as_str(), state, last_active_at }.text()
}

pub(crate) fn token_expiring(expires_ms: u64) -> String {
    ServerFrame::TokenExpiring { expires_at: iso(expires_ms) }.text()
}

/// News from other servers may be late, so that a client should poll every `poll_ms`; `None`: that is over.
pub(crate) fn degraded(poll_ms: Option<u64>) -> String {
    poll_ms.map_or(ServerFrame::Restored, |poll_ms| ServerFrame::Degraded { poll_ms }).text()
}

/// What a device of a call says: `data` is JSON already.
pub(crate) fn signal(call_id: &str, from: &str, data: &str) -> String {
    let text = |text: &str| serde_json::Value::from(text);
    format!(r#"{{"op":"signal","callId":{},"from":{},"data":{data}}}"#, text(call_id), text(from))
}

pub(crate) fn pong() -> String {
    ServerFrame::Pong.text()
}

pub(crate) fn heartbeat() -> String {
    ServerFrame::Heartbeat.text()
}

pub(crate) fn bye(closing: Closing, retry_after_ms: u64) -> String {
    ServerFrame::Bye { reason: closing.reason(), retry_after_ms }.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_those_of_the_contract() {
        assert_eq!(
            ready(25_000, 1_763_116_200_000),
            r#"{"op":"ready","heartbeatMs":25000,"tokenExpiresAt":"2025-11-14T10:30:00.000Z"}"#
        );
        assert_eq!(
            ready_for_pokes(525_000, 1_763_116_200_000),
            r#"{"op":"ready","heartbeatMs":525000,"tokenExpiresAt":"2025-11-14T10:30:00.000Z","pokes":true}"#
        );
        assert_eq!(poke(), r#"{"op":"poke"}"#);
        assert_eq!(synced(r#"{"cursor":"c1","hasMore":false}"#), r#"{"op":"synced","cursor":"c1","hasMore":false}"#);
        let anna = UserId::new("anna").unwrap();
        assert_eq!(
            typing("conv_anna_ben", &anna, true),
            r#"{"op":"typing","conversationId":"conv_anna_ben","userId":"anna","typing":true}"#
        );
        let stranger = Seen { user: anna.clone(), online: false, last_ms: None };
        assert_eq!(presence(&stranger), r#"{"op":"presence","userId":"anna","state":"away"}"#);
        let gone = Seen { user: anna, online: false, last_ms: Some(1_763_116_200_000) };
        assert_eq!(
            presence(&gone),
            r#"{"op":"presence","userId":"anna","state":"recent","lastActiveAt":"2025-11-14T10:00:00.000Z"}"#
        );
        assert_eq!(
            token_expiring(1_763_116_200_000),
            r#"{"op":"tokenExpiring","expiresAt":"2025-11-14T10:30:00.000Z"}"#
        );
        assert_eq!(degraded(Some(3_000)), r#"{"op":"degraded","pollMs":3000}"#);
        assert_eq!(degraded(None), r#"{"op":"restored"}"#);
        assert_eq!((pong().as_str(), heartbeat().as_str()), (r#"{"op":"pong"}"#, r#"{"op":"heartbeat"}"#));
        assert_eq!(bye(Closing::Stopping, 1_234), r#"{"op":"bye","reason":"stopping","retryAfterMs":1234}"#);
    }

    #[test]
    fn frames_of_clients_are_parsed() {
        let start = |since: Option<&str>, watch: Option<&str>| ClientFrame::Start {
            since: since.map(str::to_owned),
            watch: watch.map(str::to_owned),
            device_id: None,
        };
        for (text, said) in [
            (r#"{"op":"start"}"#, start(None, None)),
            (r#"{"op":"start","since":null,"watch":"conv_a_b"}"#, start(None, Some("conv_a_b"))),
            (r#"{"since":"c1","op":"start","new":{"field":[1]}}"#, start(Some("c1"), None)),
            (r#"{"op":"have","since":"c1"}"#, ClientFrame::Have { since: "c1".to_owned() }),
            (r#"{"op":"watch","conversationId":null}"#, ClientFrame::Watch { conversation_id: None }),
            (r#"{"op":"watch"}"#, ClientFrame::Watch { conversation_id: None }),
            (r#"{"op":"token","token":"a.b.c"}"#, ClientFrame::Token { token: "a.b.c".to_owned() }),
            (r#" {"op":"ping"} "#, ClientFrame::Ping),
            (r#"{"op":"dance","how":"slowly"}"#, ClientFrame::Unknown),
            (r#"{"op":"synced","cursor":"c1"}"#, ClientFrame::Unknown),
        ] {
            assert_eq!(ClientFrame::parse(text), Some(said), "{text}");
        }
    }

    #[test]
    fn invalid_frames_are_distinguished() {
        for text in [
            "",
            "null",
            "[]",
            "\"start\"",
            "{}",
            r#"{"op":1}"#,
            r#"{"op":"have"}"#,
            r#"{"op":"have","since":7}"#,
            r#"{"op":"typing","conversationId":"conv_a_b"}"#,
            r#"{"op":"ping"}{"op":"ping"}"#,
            r#"{"op":"ping""#,
        ] {
            assert_eq!(ClientFrame::parse(text), None, "{text}");
        }
    }
}
