//! A whole conversation over HTTP.

use crate::support::{Caller, TestApp};
use axum::body::Body;
use http::Request;
use jobline_wire::Code;
use serde_json::{Value, json};

const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\
\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82";

/// A user token that the host mints.
async fn minted(app: &TestApp, user: &str) -> String {
    let minted = app.host().post(&format!("/host/users/{user}/token"), &json!({"ttlSeconds": 600})).await.is(200);
    assert_eq!(minted["expiresAt"], "2025-11-14T10:10:00.000Z");
    minted["token"].as_str().unwrap().to_owned()
}

fn texts(answer: &Value) -> Vec<&str> {
    answer["messages"].as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect()
}

async fn poll(user: &Caller<'_>, cursor: &Value) -> Value {
    let cursor: String = cursor.as_str().unwrap().bytes().map(|byte| format!("%{byte:02X}")).collect();
    user.get(&format!("/messages/list?conversationId=conv_anna_ben&since={cursor}")).await.is(200)
}

#[tokio::test]
async fn two_users_write_to_each_other() {
    let app = TestApp::with_job_and_users().await;
    let anna = app.bearer(&minted(&app, "anna").await);
    let ben = app.bearer(&minted(&app, "ben").await);
    for text in ["one", "two", "three"] {
        anna.send("ben", text).await.is(200);
    }
    let first = ben.get("/messages/list?conversationId=conv_anna_ben").await.is(200);
    assert_eq!(texts(&first), ["one", "two", "three"]);
    assert_eq!(first["hasMore"], false);

    anna.send("ben", "four").await.is(200);
    let sent =
        anna.post("/messages/send", &json!({"conversationId": "conv_anna_ben", "content": "five"})).await.is(200);
    assert_eq!(sent["message"]["number"], 5);
    let news = poll(&ben, &first["cursor"]).await;
    assert_eq!(texts(&news), ["four", "five"]);
    assert!(texts(&poll(&ben, &news["cursor"]).await).is_empty());

    let conversations = ben.get("/messages/conversations").await.is(200);
    assert_eq!(conversations["conversations"][0]["unreadCount"]["ben"], 5);
    let before = anna.get("/messages/list?conversationId=conv_anna_ben").await.is(200);
    let read = ben.post("/messages/markAsRead", &json!({"conversationId": "conv_anna_ben"})).await.is(200);
    assert_eq!(read, json!({"conversationId": "conv_anna_ben", "unreadCount": 0}));
    let seen = poll(&anna, &before["cursor"]).await;
    assert_eq!(seen["messages"].as_array().unwrap().len(), 5);
    assert!(seen["messages"].as_array().unwrap().iter().all(|message| message["status"] == "read"), "{seen}");
}

#[tokio::test]
async fn a_picture_is_uploaded_sent_and_downloaded() {
    let app = TestApp::with_job_and_users().await;
    let (anna, ben) = (app.user("anna"), app.user("ben"));
    let asked =
        json!({"receiverId": "ben", "fileName": "kitchen.png", "fileSize": PNG.len(), "contentType": "image/png"});
    let target = anna.post("/messages/uploadFile", &asked).await.is(200);
    let message = json!({"receiverId": "ben", "content": "Look", "fileUrl": target["fileUrl"]});
    anna.post("/messages/send", &message).await.is_problem(Code::FileNotUploaded);

    let mut upload = Request::put(target["uploadUrl"].as_str().unwrap());
    for (name, value) in target["headers"].as_object().unwrap() {
        upload = upload.header(name, value.as_str().unwrap());
    }
    let uploaded = app.ask(upload.header("content-length", PNG.len()).body(Body::from(PNG)).unwrap()).await;
    assert!(uploaded.status.is_success(), "{uploaded:?}");
    let sent = anna.post("/messages/send", &message).await.is(200);
    assert_eq!(sent["message"]["type"], "image");

    let list = ben.get("/messages/list?conversationId=conv_anna_ben").await.is(200);
    let download = app.get(list["messages"][0]["fileUrl"].as_str().unwrap()).await;
    assert_eq!((download.status.as_u16(), &download.body[..]), (200, PNG));
    assert_eq!(download.header("content-type"), Some("image/png"));
    assert_eq!(download.header("x-content-type-options"), Some("nosniff"));
    assert!(download.header("content-security-policy").unwrap().contains("sandbox"));
    anna.post("/messages/send", &message).await.is_problem(Code::FileAlreadyUsed);
}

#[tokio::test]
async fn a_repeated_send_stores_nothing() {
    let app = TestApp::with_job_and_users().await;
    let input = json!({"receiverId": "ben", "content": "Hello", "clientId": "c1"});
    let first = app.user("anna").post("/messages/send", &input).await.is(200);
    assert_eq!(app.user("anna").post("/messages/send", &input).await.is(200), first);
    let other = json!({"receiverId": "ben", "content": "Goodbye", "clientId": "c1"});
    app.user("anna").post("/messages/send", &other).await.is_problem(Code::ClientIdReused);
}

#[tokio::test]
async fn a_conversation_is_hidden_from_others() {
    let app = TestApp::with_job_and_users().await;
    app.host().knows(&["eve"]).await;
    app.user("anna").send("ben", "Hello").await.is(200);
    app.user("eve").send("anna", "Hello").await.is_problem(Code::NotJobParticipant);
    let theirs = app.user("eve").get("/messages/list?conversationId=conv_anna_ben").await;
    let nobodys = app.user("eve").get("/messages/list?conversationId=conv_no_body").await;
    theirs.is_problem(Code::NotFound);
    assert_eq!(theirs.body, nobodys.body, "the same words for not there and not yours");
    app.host().job(7, &["anna", "ben"], "closed").await.is(200);
    app.user("anna").send("ben", "Still there?").await.is_problem(Code::JobClosed);
    app.user("anna").get("/messages/list?conversationId=conv_anna_ben").await.is(200);
}

#[tokio::test]
async fn repeated_host_calls_change_nothing() {
    let app = TestApp::new().await;
    let host = app.host();
    let body = json!({"name": "Anna", "avatarUrl": "https://example.com/a.png", "email": "anna@example.com"});
    let put = host.put("/host/users/anna", &body).await.is(200);
    assert_eq!(host.put("/host/users/anna", &body).await.is(200), put);
    assert_eq!(host.get("/host/users/anna").await.is(200), put);
    host.job(7, &["anna", "ben"], "open").await.is(200);
    assert_eq!(host.get("/host/jobs/7").await.is(200)["participants"], json!(["anna", "ben"]));
    for path in ["/host/users/anna", "/host/jobs/7"] {
        assert_eq!(host.delete(path).await.status, 204);
        assert_eq!(host.delete(path).await.status, 204);
        host.get(path).await.is_problem(Code::NotFound);
    }
}

#[tokio::test]
async fn minted_tokens_have_limits() {
    let app = TestApp::new().await;
    for seconds in [json!(0), json!(86_401), json!(-1), json!("60"), json!(1.5)] {
        let input = json!({ "ttlSeconds": seconds });
        app.host().post("/host/users/anna/token", &input).await.is_invalid("ttlSeconds");
    }
    app.host().post("/host/users/anna/token", &json!({"ttlSeconds": 86_400})).await.is(200);
}
