//! The requests of the suite, for every procedure.

use jobline_api::table;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The target of a request.
#[derive(Clone)]
pub struct Target {
    pub conversation: String,
    pub message: String,
    pub call: String,
    pub user: String,
}

/// The answer to a user who was once allowed.
pub type Code = Option<&'static str>;

/// The request of a procedure.
pub enum Asks {
    /// About a conversation, a message or a call: strangers are answered `not_found`, as if it did not exist.
    Named {
        input: fn(&Target) -> Value,
        /// The answer to a member once the two no longer share a job; `None` if it works.
        parted: Code,
        /// The answer to a member whom the other one blocks; `None` if it works.
        blocked: Code,
    },
    /// About the caller: the answer contains nothing about others.
    Own(fn(&Target) -> Value),
    /// For the host: the parameter of the path, and the input.
    Host(fn(&Target) -> String, fn(&Target) -> Value),
}

use Asks::{Host, Named, Own};

fn conversation(of: &Target) -> Value {
    json!({"conversationId": of.conversation})
}

fn message(of: &Target) -> Value {
    json!({"conversationId": of.conversation, "messageId": of.message})
}

fn call(of: &Target) -> Value {
    json!({"callId": of.call, "deviceId": "phone"})
}

fn user(of: &Target) -> Value {
    json!({"userId": of.user})
}

/// A subscription of the caller's browser, at an allowed push service.
const ENDPOINT: &str = "https://fcm.googleapis.com/fcm/send/abc";

fn browser(_: &Target) -> Value {
    let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    json!({"endpoint": ENDPOINT, "keys": {"p256dh": p256dh, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}})
}

fn nothing(_: &Target) -> Value {
    json!({})
}

/// Readable by members for ever.
fn read(input: fn(&Target) -> Value) -> Asks {
    Named { input, parted: None, blocked: None }
}

/// Forbidden without an open job, and to whom the other one blocks.
fn write(input: fn(&Target) -> Value) -> Asks {
    Named { input, parted: Some("not_job_participant"), blocked: Some("recipient_unavailable") }
}

/// Possible without an open job, but not to whom the other one blocks.
fn change(input: fn(&Target) -> Value) -> Asks {
    Named { input, parted: None, blocked: Some("recipient_unavailable") }
}

/// Every procedure by its name.
pub fn entries() -> Vec<(&'static str, Asks)> {
    [of_conversations(), of_calls(), of_oneself(), of_the_host()].into_iter().flatten().collect()
}

fn of_conversations() -> Vec<(&'static str, Asks)> {
    vec![
        ("send", write(|of| json!({"conversationId": of.conversation, "content": "Hello"}))),
        ("list", read(conversation)),
        ("getConversation", read(conversation)),
        ("markAsRead", read(conversation)),
        (
            "uploadFile",
            write(|of| {
                let (name, size) = ("a.txt", 5);
                json!({"conversationId": of.conversation, "fileName": name, "fileSize": size, "contentType": "text/plain"})
            }),
        ),
        ("react", change(|of| json!({"conversationId": of.conversation, "messageId": of.message, "emoji": "👍"}))),
        ("edit", change(|of| json!({"conversationId": of.conversation, "messageId": of.message, "content": "Edited"}))),
        ("versions", read(message)),
        ("members", read(conversation)),
        ("mute", read(|of| json!({"conversationId": of.conversation, "until": null}))),
        ("report", read(|of| json!({"conversationId": of.conversation, "messageId": of.message, "reason": "spam"}))),
        // Last, because afterwards the target does not exist any more.
        ("delete", read(message)),
    ]
}

fn of_calls() -> Vec<(&'static str, Asks)> {
    vec![
        ("calls.start", write(|of| json!({"conversationId": of.conversation, "media": "audio", "deviceId": "phone"}))),
        ("calls.accept", Named { input: call, parted: Some("call_over"), blocked: Some("call_over") }),
        // Declining a call that is over has no effect.
        ("calls.decline", read(call)),
        ("calls.end", read(call)),
    ]
}

fn of_oneself() -> Vec<(&'static str, Asks)> {
    vec![
        ("getConversations", Own(nothing)),
        ("sync", Own(nothing)),
        ("presence", Own(|of| json!({"userIds": of.user}))),
        ("getPreferences", Own(nothing)),
        ("setPreferences", Own(|_| json!({"mail": true}))),
        ("addPush", Own(browser)),
        ("removePush", Own(|_| json!({"endpoint": ENDPOINT}))),
        ("block", Own(user)),
        ("unblock", Own(user)),
        ("calls.config", Own(nothing)),
    ]
}

fn of_the_host() -> Vec<(&'static str, Asks)> {
    let user = |of: &Target| of.user.clone();
    let message = |of: &Target| of.message.clone();
    vec![
        ("putUser", Host(user, |_| json!({"name": "Mallory"}))),
        ("getUser", Host(user, nothing)),
        ("mintToken", Host(user, nothing)),
        ("postMessage", Host(user, |of| json!({"conversationId": of.conversation, "content": "From the host"}))),
        ("deleteMessage", Host(message, |of| json!({"conversationId": of.conversation}))),
        ("listReports", Host(user, nothing)),
        ("deleteReport", Host(|_| "report_1763114400000_aaaaaaaaaaaaaaaaaaaaa".to_owned(), nothing)),
        ("listFailedEvents", Host(user, nothing)),
        ("redeliver", Host(|_| "1".to_owned(), nothing)),
        (
            "putJob",
            Host(|_| "7".to_owned(), |of| json!({"title": "Taken over", "participants": [of.user], "status": "open"})),
        ),
        ("getJob", Host(|_| "7".to_owned(), nothing)),
        ("deleteJob", Host(|_| "7".to_owned(), nothing)),
        ("deleteUser", Host(user, nothing)),
    ]
}

#[test]
fn every_procedure_of_the_table_is_in_this_suite() {
    let in_table: BTreeSet<&str> = table::procedures().iter().map(|procedure| procedure.name).collect();
    let here: Vec<&str> = entries().into_iter().map(|(name, _)| name).collect();
    assert_eq!(here.iter().copied().collect::<BTreeSet<_>>(), in_table, "add an entry to this file");
    assert_eq!(here.len(), in_table.len(), "each is here once");
    let of_host: BTreeSet<&str> = table::host_api().iter().map(|procedure| procedure.name).collect();
    for (name, asks) in entries() {
        assert_eq!(matches!(asks, Host(..)), of_host.contains(name), "{name}");
    }
}
