//! The content of a fixture: an example of everything that is stored.

use crate::program::Program;
use serde_json::{Value, json};

const VOICE: &[u8] = include_bytes!("../../../../fuzz/corpus/voice_webm/chromium-1980ms");
const PICTURE: &[u8] = include_bytes!("../../../../fuzz/corpus/media/turned.png");
const WAVEFORM: &str = "0123456789abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstuv";
const TALK: &str = "conv_anna_ben";

fn post(program: &Program, who: &str, path: &str, input: &Value) -> Value {
    let (status, answer) = program.call("POST", path, &program.token(who), Some(input));
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

/// Uploads and sends a file.
fn share(program: &Program, name: &str, content_type: &str, bytes: &[u8], more: &Value) {
    let file = json!({"conversationId": TALK, "fileName": name, "fileSize": bytes.len(), "contentType": content_type});
    let grant = post(program, "anna", "/messages/uploadFile", &file);
    let mut put = ureq::put(grant["uploadUrl"].as_str().unwrap());
    for (name, value) in grant["headers"].as_object().unwrap().iter().filter(|(name, _)| *name != "content-length") {
        put = put.header(name, value.as_str().unwrap());
    }
    put.send(bytes).unwrap();
    let mut message = json!({"conversationId": TALK, "content": "", "fileUrl": grant["fileUrl"]});
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    post(program, "anna", "/messages/send", &message);
}

/// Fills an empty data folder.
pub fn fill(program: &Program) {
    for (user, name) in [("anna", "Anna Müller"), ("ben", "Ben"), ("cy", "Cy")] {
        let avatar = format!("https://market.example/{user}.png");
        let user = format!("/host/users/{user}");
        program.host("PUT", &user, &json!({"name": name, "avatarUrl": avatar, "email": "a@b.example"}));
    }
    let job = json!({"title": "Roof", "participants": ["anna", "cy"], "status": "open"});
    program.host("PUT", "/host/jobs/8", &job);
    let anna = program.token("anna");
    let first = program.send(&anna, "ben", "Hello Ben 👋")["id"].clone();
    let of_first = json!({"conversationId": TALK, "messageId": first});
    let with = |more: Value| {
        let mut input = of_first.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    post(program, "anna", "/messages/edit", &with(json!({"content": "Hello Ben, how are you?"})));
    post(program, "ben", "/messages/react", &with(json!({"emoji": "👍"})));
    let reply = json!({"conversationId": TALK, "content": "Well", "replyTo": first, "clientId": "c1", "jobId": 7});
    post(program, "ben", "/messages/send", &reply);
    share(program, "roof.png", "image/png", PICTURE, &json!({"type": "image"}));
    share(program, "notes.txt", "text/plain", b"Bring a ladder", &json!({"type": "file"}));
    let voice = json!({"type": "voice", "durationMs": 1_980, "waveform": WAVEFORM});
    share(program, "voice.webm", "audio/webm", VOICE, &voice);
    let gone = program.send(&anna, "ben", "A secret")["id"].clone();
    post(program, "anna", "/messages/delete", &json!({"conversationId": TALK, "messageId": gone}));
    let start = json!({"conversationId": TALK, "media": "audio", "deviceId": "phone"});
    let call = post(program, "anna", "/calls/start", &start)["call"]["id"].clone();
    post(program, "ben", "/calls/accept", &json!({"callId": call, "deviceId": "laptop"}));
    post(program, "anna", "/calls/end", &json!({"callId": call, "deviceId": "phone"}));
    let line = json!({"conversationId": TALK, "content": "The job was paid", "type": "event", "data": {"amount": 5}});
    program.host("POST", "/host/messages", &line);
    post(program, "ben", "/messages/markAsRead", &json!({"conversationId": TALK, "upTo": first}));
    post(program, "ben", "/messages/mute", &json!({"conversationId": TALK, "until": "2100-01-01T00:00:00.000Z"}));
    post(program, "ben", "/messages/report", &with(json!({"reason": "spam", "comment": "Look"})));
    program.send(&anna, "cy", "About the roof");
    post(program, "cy", "/messages/block", &json!({"userId": "anna"}));
    let (status, _) = program.call("PUT", "/messages/preferences", &program.token("cy"), Some(&json!({"mail": false})));
    assert_eq!(status, 200);
    let closed = json!({"title": "Roof", "participants": ["anna", "cy"], "status": "closed"});
    program.host("PUT", "/host/jobs/8", &closed);
    // The last `list` records delivery; after it nothing changes any more.
    for user in ["anna", "ben", "cy"] {
        let token = program.token(user);
        for _ in 0..2 {
            let cursor = program.get("/messages/sync", &token)["cursor"].as_str().unwrap().to_owned();
            program.get(&format!("/messages/sync?since={cursor}"), &token);
        }
    }
}
