//! The demo: its folder, its conversations, its page.
#![allow(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

mod running;

use jobline_chat::{Chat, Clock, UserId};
use jobline_server::demo::{self, ENV_FILE, PastClock};
use jobline_server::system::{SystemClock, SystemRandom};
use jobline_wire::{
    Conversation, ConversationKind, HostUserInput, ListConversations, ListMessages, MarkAsRead, Message, SendMessage,
    Status,
};
use running::{Engines, Running};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

fn prepare(folder: &Path) -> Option<(String, String)> {
    demo::prepare(folder, &SystemRandom).unwrap().map(|secrets| (secrets.jwt_secret, secrets.host_key))
}

#[test]
fn an_empty_folder_becomes_the_folder_of_a_demo_and_stays_it() {
    let folder = tempfile::tempdir().unwrap();
    for data in [folder.path().join("not/there/yet"), folder.path().join("empty")] {
        if data.ends_with("empty") {
            std::fs::create_dir(&data).unwrap();
        }
        let made = prepare(&data).unwrap();
        assert!(made.0.len() >= 32 && made.1.len() >= 32 && made.0 != made.1);
        std::fs::create_dir(data.join("store")).unwrap();
        assert!(prepare(&data).unwrap() == made, "after a restart");
    }
    assert!(prepare(&folder.path().join("empty")) != prepare(&folder.path().join("not/there/yet")));
}

#[test]
fn a_folder_with_other_content_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("store")).unwrap();
    assert!(prepare(folder.path()).is_none());
    assert!(!folder.path().join(ENV_FILE).exists());
    std::fs::write(folder.path().join(ENV_FILE), "JOBLINE_JWT_SECRET=short\n").unwrap();
    assert!(demo::prepare(folder.path(), &SystemRandom).is_err());
}

#[test]
fn a_demo_starts_after_an_interrupted_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("demo.env.new"), "JOBLINE_JW").unwrap();
    assert!(prepare(folder.path()).is_some());
}

#[test]
#[cfg(unix)]
fn a_shell_can_source_the_secrets_and_only_the_owner_can_read_them() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (jwt_secret, host_key) = prepare(folder.path()).unwrap();
    let path = folder.path().join(ENV_FILE);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let script = format!(". '{}' && echo \"$JOBLINE_JWT_SECRET $JOBLINE_HOST_KEY\"", path.display());
    let out = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8(out.stdout).unwrap().trim(), format!("{jwt_secret} {host_key}"));
}

async fn seeded() -> (Engines, Chat) {
    let engines = Engines::new(None).await;
    seed(&engines).await;
    let chat = engines.chat(engines.clock.clone(), 10);
    (engines, chat)
}

async fn seed(engines: &Engines) {
    let past = Arc::new(PastClock::new(engines.clock.clone()));
    demo::seed(&engines.chat(past.clone(), 0), &past).await.unwrap();
}

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

async fn conversations(chat: &Chat, id: &str) -> Vec<Conversation> {
    chat.conversations(&user(id), ListConversations::default()).await.unwrap().conversations
}

async fn messages(chat: &Chat, id: &str, conversation: &str) -> Vec<Message> {
    let input = ListMessages { conversation_id: conversation.to_owned(), ..ListMessages::default() };
    chat.list(&user(id), input).await.unwrap().messages
}

#[tokio::test]
async fn the_seeded_conversations_are_the_expected_ones() {
    let (_engines, chat) = seeded().await;
    let list = conversations(&chat, "you").await;
    let minutes_ago = |conversation: &Conversation| {
        let at = jobline_chat::parse_iso(conversation.last_message_at.as_deref().unwrap()).unwrap();
        (SystemClock.now_ms() - at) / 60_000
    };
    let drawn: Vec<_> = list
        .iter()
        .map(|it| {
            let other = it.people.iter().find(|person| person.id != "you").unwrap();
            let title = it.job.as_ref().filter(|_| it.kind == ConversationKind::Crew).map(|job| job.title.as_str());
            (title.unwrap_or(&other.name), it.last_message.as_deref().unwrap(), it.unread_count["you"], minutes_ago(it))
        })
        .collect();
    let expected = [
        ("John Smith", "Great! I'll start tomorrow", 1, 2),
        ("Tile the bathroom", "Twelve, and the grout. See you both there!", 1, 44),
        ("Jane Doe", "When can you come?", 0, 61),
        ("Mike Worker", "Job completed ✓", 0, 2_885),
    ];
    assert_eq!(drawn, expected);
    assert_eq!(list[0].job.as_ref().unwrap().id, 42);
    let said = messages(&chat, "you", &list[0].id).await;
    let said: Vec<_> = said.iter().map(|it| (it.sender_id.as_str(), it.content.as_str(), it.status)).collect();
    let window = [
        ("you", "Hi! I can start tomorrow", Status::Read),
        ("john", "Great! What time?", Status::Read),
        ("you", "8 AM works?", Status::Read),
    ];
    assert_eq!(said[1..4], window);
}

#[tokio::test]
async fn in_the_group_chat_three_people_edited_quoted_and_reacted() {
    let (_engines, chat) = seeded().await;
    let said = messages(&chat, "you", "crew_63").await;
    let shown: Vec<_> = said
        .iter()
        .map(|it| {
            let reactions = it.reactions.iter().flat_map(|one| one.user_ids.iter().map(String::as_str));
            let quoted = it.reply_to.as_ref().map(|quote| quote.sender_id.as_str());
            (it.sender_id.as_str(), quoted, it.edited_at.is_some(), reactions.collect::<Vec<_>>())
        })
        .collect();
    let expected = [
        ("john", None, false, vec![]),
        ("mike", None, false, vec!["john", "you"]),
        ("you", None, true, vec![]),
        ("mike", Some("john"), false, vec![]),
        ("john", Some("mike"), false, vec!["mike"]),
    ];
    assert_eq!(shown, expected);
    for (one, unread) in [("you", 1), ("john", 0), ("mike", 0)] {
        let crew = conversations(&chat, one).await.into_iter().find(|it| it.id == "crew_63").unwrap();
        assert_eq!(crew.unread_count[one], unread, "{one}");
    }
}

#[tokio::test]
async fn a_restart_keeps_later_messages() {
    let (engines, chat) = seeded().await;
    let conversation = conversations(&chat, "you").await[0].id.clone();
    chat.mark_as_read(&user("you"), MarkAsRead { conversation_id: conversation.clone(), up_to: None }).await.unwrap();
    let answer = SendMessage {
        conversation_id: Some(conversation),
        content: Some("See you then".to_owned()),
        ..SendMessage::default()
    };
    chat.send(&user("john"), answer).await.unwrap();
    let before = conversations(&chat, "you").await;
    seed(&engines).await;
    assert_eq!(conversations(&chat, "you").await, before);
    assert_eq!(before[0].unread_count["you"], 1);
}

#[tokio::test]
async fn an_interrupted_seed_is_completed() {
    let (engines, chat) = seeded().await;
    let all = async || {
        let logs = (messages(&chat, "you", "conv_john_you").await, messages(&chat, "you", "crew_63").await);
        (conversations(&chat, "you").await, logs)
    };
    let before = all().await;
    // The mail address of `you` is written last.
    let input = HostUserInput { name: "You".into(), ..Default::default() };
    chat.put_user(&user("you"), input).await.unwrap();
    seed(&engines).await;
    assert_eq!(all().await, before);
}

async fn demo_server() -> Running {
    let (engines, _) = seeded().await;
    let routes = demo::routes(engines.identity.clone());
    engines.serve(routes.merge(demo::page()))
}

/// Status, headers as text, body.
async fn call(
    method: &'static str,
    url: String,
    headers: &'static [(&'static str, &'static str)],
    body: Value,
) -> (u16, http::HeaderMap, String) {
    let call = move || {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = match body {
            Value::Null => agent.run(request.body(()).unwrap()).unwrap(),
            body => agent.run(request.body(body.to_string()).unwrap()).unwrap(),
        };
        (answer.status().as_u16(), answer.headers().clone(), answer.body_mut().read_to_string().unwrap())
    };
    tokio::task::spawn_blocking(call).await.unwrap()
}

#[tokio::test]
async fn the_page_loads_nothing_from_other_origins() {
    let server = demo_server().await;
    let (status, headers, page) = call("GET", server.url.clone() + "/", &[], Value::Null).await;
    assert_eq!(status, 200);
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(!page.contains("style=") && !page.contains("onclick") && !page.contains("<script>"));
    for asset in ["/demo/app.js", "/demo/app.css"] {
        assert!(page.contains(asset));
        let (status, headers, text) = call("GET", server.url.clone() + asset, &[], Value::Null).await;
        assert_eq!((status, headers["x-content-type-options"].to_str().unwrap()), (200, "nosniff"));
        assert!(!text.contains("innerHTML") && !text.contains("http://") && !text.contains("https://"));
    }
}

#[tokio::test]
async fn each_person_gets_a_valid_token() {
    let server = demo_server().await;
    let (_, _, people) = call("GET", server.url.clone() + "/demo/people", &[], Value::Null).await;
    let people: Value = serde_json::from_str(&people).unwrap();
    let ids: Vec<_> = people["people"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["you", "john", "jane", "mike"]);
    for id in ids {
        let url = server.url.clone() + "/demo/token";
        let (status, _, minted) = call("POST", url, &[], json!({ "userId": id })).await;
        assert_eq!(status, 200, "{minted}");
        let minted: Value = serde_json::from_str(&minted).unwrap();
        let bearer = format!("Bearer {}", minted["token"].as_str().unwrap());
        let headers: &'static [_] = vec![("authorization", &*bearer.leak())].leak();
        let (status, _, list) = call("GET", server.url.clone() + "/messages/conversations", headers, Value::Null).await;
        assert_eq!(status, 200);
        assert!(list.contains("conv_"), "{id} has conversations");
    }
}

#[tokio::test]
async fn tokens_are_only_for_these_people_and_this_machine() {
    let server = demo_server().await;
    let url = server.url.clone() + "/demo/token";
    assert_eq!(call("POST", url.clone(), &[], json!({ "userId": "someone" })).await.0, 404);
    assert_eq!(call("POST", url.clone(), &[], json!({ "user": "you" })).await.0, 400);
    let rebound = &[("host", "evil.example")];
    assert_eq!(call("POST", url.clone(), rebound, json!({ "userId": "you" })).await.0, 404);
    let through_a_proxy = &[("x-forwarded-for", "203.0.113.7")];
    assert_eq!(call("POST", url, through_a_proxy, json!({ "userId": "you" })).await.0, 404);
}
