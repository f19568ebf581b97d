//! Webhooks of the real binary: signed, in order, and none lost when the server is killed.

use crate::{
    binary::{SECRET, Started, jobline},
    crash::{Caller, HOST_KEY, pair},
    support::listening,
};
use jobline_notify::webhook::Secrets;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The secret of 24 zero bytes.
const WEBHOOK_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const MESSAGES: usize = 40;

type Events = Arc<Mutex<Vec<(String, Value)>>>;
/// The answer that accepts an event.
const TAKEN: &str = "204 No Content";

/// A receiver that accepts every event: its URL, and ids and bodies in their order.
fn receiver() -> (String, Events) {
    answering(|_| TAKEN)
}

/// A receiver that answers each event with the status that `answer` gives for its body.
fn answering(answer: impl Fn(&Value) -> &'static str + Send + Sync + 'static) -> (String, Events) {
    let events = Events::default();
    let kept = Arc::clone(&events);
    (format!("http://{}/hook", listening(move |stream| receive(stream, &kept, &answer))), events)
}

/// Answers the requests of one connection, until it ends.
fn receive(mut stream: std::net::TcpStream, events: &Events, answer: impl Fn(&Value) -> &'static str) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let (mut id, mut length, mut signed) = (String::new(), 0, false);
        loop {
            let mut line = String::new();
            if !reader.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                return;
            }
            match line.trim().split_once(": ") {
                Some(("webhook-id", value)) => value.clone_into(&mut id),
                Some(("webhook-signature", value)) => signed = value.starts_with("v1,"),
                Some(("content-length", value)) => length = value.parse().unwrap(),
                None if line == "\r\n" => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        assert!(signed, "{id} is not signed");
        let body = serde_json::from_slice(&body).unwrap();
        let answer = format!("HTTP/1.1 {}\r\ncontent-length: 0\r\n\r\n", answer(&body));
        events.lock().unwrap().push((id, body));
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn server(folder: &TempDir, url: &str) -> Started {
    let mut command = jobline(folder);
    command.env("JOBLINE_JWT_SECRET", SECRET).env("JOBLINE_HOST_KEY", HOST_KEY).env("JOBLINE_SEND_RATE", "0");
    command.env("JOBLINE_WEBHOOK_URL", url).env("JOBLINE_WEBHOOK_SECRET", WEBHOOK_SECRET);
    command.env("JOBLINE_WEBHOOK_ALLOW_PRIVATE", "on").env("JOBLINE_WEBHOOK_CONTENT", "on").env("JOBLINE_CALLS", "on");
    command.env("JOBLINE_MAIL_AFTER", "2s");
    Started::new(command.env("JOBLINE_DATA", folder.path().join("data")).env("JOBLINE_LOG", "off"))
}

/// The texts of the received messages, in the order in which each came first.
fn texts(events: &Events) -> Vec<String> {
    let mut seen = Vec::new();
    for (_, body) in &*events.lock().unwrap() {
        if let Some(text) = body["data"]["content"].as_str().map(str::to_owned)
            && !seen.contains(&text)
        {
            seen.push(text);
        }
    }
    seen
}

#[test]
fn events_reach_the_host_in_order_through_the_kill_of_the_server() {
    assert!(Secrets::parse(WEBHOOK_SECRET).is_some());
    let folder = TempDir::new().unwrap();
    let (url, events) = receiver();
    let mut running = server(&folder, &url);
    let (anna, _) = pair(&Caller::new(&running, HOST_KEY));
    for number in 0..MESSAGES {
        assert_eq!(anna.send("ben", &number.to_string(), &number.to_string()).unwrap().0, 200);
    }
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    let _running = server(&folder, &url);
    let expected: Vec<String> = (0..MESSAGES).map(|number| number.to_string()).collect();
    // Less than half a minute: nothing waits for the lease of the killed server.
    let begun = Instant::now();
    while texts(&events).len() < MESSAGES {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", texts(&events));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(texts(&events), expected);
    let events = events.lock().unwrap();
    let id_of = |body: &Value| events.iter().filter(|(_, other)| other == body).map(|(id, _)| id.clone()).next();
    for (id, body) in &*events {
        assert_eq!(id_of(body).as_ref(), Some(id), "the same event has the same id");
    }
}

/// Waits until `find` finds something.
pub fn until<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "no {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The first event of a type: its id and its data.
fn event(events: &Events, kind: &str) -> Option<(String, Value)> {
    let events = events.lock().unwrap();
    events.iter().find(|(_, body)| body["type"] == kind).map(|(id, body)| (id.clone(), body["data"].clone()))
}

#[test]
fn a_permanently_refused_event_is_listed_and_delivered_again_by_its_id() {
    let folder = TempDir::new().unwrap();
    let refuses = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&refuses);
    let (url, events) = answering(move |body| match asked.load(Ordering::SeqCst) && body["type"] == "message.sent" {
        true => "410 Gone",
        false => TAKEN,
    });
    let running = server(&folder, &url);
    let host = Caller::new(&running, HOST_KEY);
    let (anna, _) = pair(&host);
    assert_eq!(anna.send("ben", "hello", "1").unwrap().0, 200);
    let list = || host.call("GET", "/host/webhooks/failed", None).unwrap().1["events"].clone();
    let listed = until("failed event", || list().get(0).cloned());
    assert_eq!((&listed["event"]["type"], &listed["isDue"]), (&"message.sent".into(), &false.into()));
    let (webhook_id, data) = event(&events, "message.sent").unwrap();
    assert_eq!((&listed["webhookId"], &listed["event"]["data"]), (&webhook_id.into(), &data));
    assert!(listed["reason"].as_str().unwrap().contains("410"), "{listed}");
    let redeliver = |id: &str| host.call("POST", &format!("/host/webhooks/failed/{id}/redeliver"), None).unwrap();
    let attempts = || events.lock().unwrap().iter().filter(|(id, _)| *id == listed["webhookId"]).count();
    let id = listed["id"].as_str().unwrap();
    assert_eq!(redeliver(id).0, 204);
    until("second attempt", || (attempts() == 2 && list()[0]["isDue"] == false).then_some(()));
    assert_eq!(list()[0], listed, "what fails again stays");
    refuses.store(false, Ordering::SeqCst);
    assert_eq!(redeliver(id).0, 204);
    until("empty list", || list().as_array().unwrap().is_empty().then_some(()));
    assert_eq!(attempts(), 3, "with the same webhook-id");
    for unknown in [id, "failed_01763114400000_nobody", "x"] {
        let (status, problem) = redeliver(unknown);
        assert_eq!((status, &problem["code"]), (404, &"not_found".into()), "{unknown}");
    }
    assert_eq!(anna.call("GET", "/host/webhooks/failed", None).unwrap().0, 401, "for the host alone");
}

#[test]
fn reports_and_the_ends_of_calls_are_told() {
    let folder = TempDir::new().unwrap();
    let (url, events) = receiver();
    let running = server(&folder, &url);
    let (anna, ben) = pair(&Caller::new(&running, HOST_KEY));
    let (_, sent) = anna.send("ben", "hello", "1").unwrap();
    let conversation = &sent["conversationId"];
    let post = |caller: &Caller, path: &str, body: Value| {
        let (status, answer) = caller.call("POST", path, Some(&body)).unwrap();
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    };
    let (message, reason) = (&sent["message"]["id"], "spam");
    let about = json!({ "conversationId": conversation, "messageId": message, "reason": reason });
    let reported = post(&ben, "/messages/report", about);
    let (_, told) = until("report", || event(&events, "report.created"));
    let expected = json!({ "conversationId": conversation, "reportId": reported["reportId"], "reporterId": "ben",
        "messageId": message, "reason": reason });
    assert_eq!(told, expected);
    let ring = json!({ "conversationId": conversation, "media": "audio", "deviceId": "phone" });
    let call = post(&anna, "/calls/start", ring)["call"].clone();
    post(&ben, "/calls/decline", json!({ "callId": call["id"], "deviceId": "laptop" }));
    let (_, told) = until("end of the call", || event(&events, "call.ended"));
    let stands = [&told["callId"], &told["startedBy"], &told["state"], &told["startedAt"]];
    assert_eq!(stands, [&call["id"], &json!("anna"), &json!("declined"), &call["startedAt"]]);
    let types: Vec<Value> = events.lock().unwrap().iter().map(|(_, body)| body["type"].clone()).collect();
    let expected = ["conversation.started", "message.sent", "report.created", "message.sent", "call.ended"];
    assert_eq!(types, expected, "in the order in which they happened");
}

#[test]
fn unread_messages_cause_an_event_and_read_ones_do_not() {
    let folder = TempDir::new().unwrap();
    let (url, events) = receiver();
    let running = server(&folder, &url);
    let (anna, ben) = pair(&Caller::new(&running, HOST_KEY));
    let (_, sent) = anna.send("ben", "hello", "1").unwrap();
    let read = json!({ "conversationId": sent["conversationId"] });
    assert_eq!(ben.call("POST", "/messages/markAsRead", Some(&read)).unwrap().0, 200);
    let (_, second) = anna.send("ben", "are you there?", "2").unwrap();
    let (_, told) = until("notice", || event(&events, "user.unread"));
    let stands = [&told["userId"], &told["conversationId"], &told["messageId"], &told["unreadCount"]];
    assert_eq!(stands, [&json!("ben"), &sent["conversationId"], &second["message"]["id"], &json!(1)]);
}
