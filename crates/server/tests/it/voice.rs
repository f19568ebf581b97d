//! Voice messages over HTTP: recorded, sent and played in both containers; and files that are none.

use crate::support::{Caller, TestApp};
use axum::body::Body;
use http::Request;
use jobline_wire::Code;
use serde_json::{Value, json};

const WAVEFORM: &str = "0123456789abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstuv";
const WEBM: &[u8] = include_bytes!("../../../../fuzz/corpus/voice_webm/chromium-1980ms");
const MP4: &[u8] = include_bytes!("../../../../fuzz/corpus/voice_mp4/aac-5034ms");
const VIDEO_WEBM: &[u8] = include_bytes!("../../../../fuzz/corpus/voice_webm/with-video");
const VIDEO_MP4: &[u8] = include_bytes!("../../../../fuzz/corpus/voice_mp4/with-video");

/// Announces a recording for Ben and uploads its bytes. Returns its URL.
async fn uploaded(app: &TestApp, anna: &Caller<'_>, content_type: &str, bytes: &[u8]) -> Value {
    let name = if content_type.starts_with("audio/mp4") { "voice.m4a" } else { "voice.webm" };
    let asked = json!({"receiverId": "ben", "fileName": name, "fileSize": bytes.len(), "contentType": content_type});
    let target = anna.post("/messages/uploadFile", &asked).await.is(200);
    let mut upload = Request::put(target["uploadUrl"].as_str().unwrap());
    for (name, value) in target["headers"].as_object().unwrap() {
        upload = upload.header(name, value.as_str().unwrap());
    }
    let request = upload.header("content-length", bytes.len()).body(Body::from(bytes.to_vec())).unwrap();
    let answer = app.ask(request).await;
    assert!(answer.status.is_success(), "{answer:?}");
    target["fileUrl"].clone()
}

fn voice(file_url: &Value, ms: u64) -> Value {
    json!({"receiverId": "ben", "type": "voice", "fileUrl": file_url, "durationMs": ms, "waveform": WAVEFORM})
}

#[tokio::test]
async fn a_voice_message_is_sent_and_played_in_both_containers() {
    let app = TestApp::with_job_and_users().await;
    let (anna, ben) = (app.user("anna"), app.user("ben"));
    for (announced, content_type, bytes, ms) in
        [("audio/webm;codecs=opus", "audio/webm", WEBM, 1_980), ("audio/mp4", "audio/mp4", MP4, 5_034)]
    {
        let url = uploaded(&app, &anna, announced, bytes).await;
        anna.post("/messages/send", &voice(&url, ms)).await.is(200);
        let list = ben.get("/messages/list?conversationId=conv_anna_ben&limit=1").await.is(200);
        let message = &list["messages"][0];
        assert_eq!((&message["type"], &message["durationMs"]), (&json!("voice"), &json!(ms)));
        assert_eq!((&message["waveform"], &message["contentType"]), (&json!(WAVEFORM), &json!(content_type)));
        let url = message["fileUrl"].as_str().unwrap();
        let whole = app.get(url).await;
        assert_eq!((whole.status.as_u16(), &whole.body[..]), (200, bytes));
        assert_eq!(whole.header("content-type"), Some(content_type));
        assert_eq!(whole.header("accept-ranges"), Some("bytes"));
        assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
        assert!(whole.header("content-disposition").unwrap().starts_with("inline"), "a browser plays it in place");
        let part = app.ask(Request::get(url).header("range", "bytes=100-199").body(Body::empty()).unwrap()).await;
        assert_eq!((part.status.as_u16(), &part.body[..]), (206, &bytes[100..200]));
    }
    let conversations = ben.get("/messages/conversations").await.is(200);
    assert_eq!(conversations["conversations"][0]["lastMessageType"], "voice");
    assert_eq!(conversations["conversations"][0]["unreadCount"]["ben"], 2);
}

#[tokio::test]
async fn a_file_that_is_not_a_recording_is_refused() {
    let app = TestApp::with_job_and_users().await;
    let anna = app.user("anna");
    let cut = &WEBM[..WEBM.len() / 2];
    for (content_type, bytes) in [
        ("audio/webm", VIDEO_WEBM),
        ("audio/mp4", VIDEO_MP4),
        ("audio/webm", MP4),
        ("audio/mp4", WEBM),
        ("audio/webm", cut),
        ("audio/mp4", &MP4[..MP4.len() - 10]),
        ("audio/webm", b"RIFF....WAVE"),
    ] {
        let url = uploaded(&app, &anna, content_type, bytes).await;
        anna.post("/messages/send", &voice(&url, 2_000)).await.is_problem(Code::FileTypeMismatch);
    }
}

#[tokio::test]
async fn a_wrong_duration_or_waveform_is_refused_and_names_its_field() {
    let app = TestApp::with_job_and_users().await;
    let anna = app.user("anna");
    let url = uploaded(&app, &anna, "audio/webm", WEBM).await;
    let with = |field: &str, value: Value| {
        let mut input = voice(&url, 2_000);
        input[field] = value;
        input
    };
    for (field, value) in [
        ("durationMs", json!(20_000)),
        ("durationMs", json!(0)),
        ("durationMs", json!(300_001)),
        ("durationMs", json!(null)),
        ("waveform", json!("0".repeat(63))),
        ("waveform", json!("w".repeat(64))),
        ("waveform", json!(null)),
    ] {
        let refused = anna.post("/messages/send", &with(field, value)).await;
        refused.is_invalid(field);
    }
    let text = json!({"receiverId": "ben", "content": "Hello", "durationMs": 2_000});
    anna.post("/messages/send", &text).await.is_invalid("durationMs");
    anna.post("/messages/send", &voice(&url, 2_000)).await.is(200);
}
