//! Live connections of unauthorised users.

use crate::client::{Heard, Live};
use crate::program::HOST_KEY;
use crate::scene::{SECRETS, Scene};
use crate::tokens::{expired, of_another_secret};
use serde_json::json;

#[test]
fn no_connection_is_opened_without_a_valid_token() {
    let scene = Scene::new();
    for token in ["nonsense".to_owned(), expired(), of_another_secret(), HOST_KEY.to_owned()] {
        let protocols = format!("jobline.v1, bearer.{token}");
        let refused = Live::try_connect(&scene.program, &[("sec-websocket-protocol", &protocols)]).err();
        let (status, problem) = refused.unwrap_or_else(|| panic!("let in with {token}"));
        assert_eq!((status, &problem["code"]), (401, &json!("unauthenticated")), "{token}");
    }
}

#[test]
fn a_connection_continues_only_with_a_valid_token() {
    let scene = Scene::new();
    for token in ["nonsense".to_owned(), expired(), of_another_secret(), HOST_KEY.to_owned()] {
        let (mut live, _) = Live::settled(&scene.program, &scene.program.token("anna"));
        live.say(&json!({"op": "token", "token": token}));
        assert_eq!(live.bye().1, 4401, "{token}");
    }
}

#[test]
fn a_cursor_of_another_user_returns_none_of_their_data() {
    let scene = Scene::new();
    scene.talk("ben");
    let cursor = scene.program.get("/messages/sync", &scene.program.token("anna"))["cursor"].clone();
    let mut live = Live::connect(&scene.program, &scene.program.token("eve"));
    live.say(&json!({"op": "start", "since": cursor}));
    loop {
        match live.hear() {
            Heard::Frame(frame) => {
                let text = frame.to_string();
                assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "{text}");
                if frame["op"] == "synced" {
                    assert_eq!(frame["messages"], json!([]), "{frame}");
                    break;
                }
            }
            Heard::Closed(code) => {
                assert_eq!(code, 1008);
                break;
            }
        }
    }
}

#[test]
fn a_stranger_sees_and_sends_nothing_in_a_conversation_of_others() {
    let scene = Scene::new();
    let target = scene.talk("ben");
    let [anna, ben, eve] = ["anna", "ben", "eve"].map(|user| scene.program.token(user));
    let (mut anna_live, _) = Live::settled(&scene.program, &anna);
    let (mut ben_live, _) = Live::settled(&scene.program, &ben);
    let (mut eve_live, _) = Live::settled(&scene.program, &eve);
    for live in [&mut anna_live, &mut ben_live, &mut eve_live] {
        live.say(&json!({"op": "watch", "conversationId": target.conversation}));
    }
    eve_live.say(&json!({"op": "typing", "conversationId": target.conversation, "typing": true}));
    eve_live.say(&json!({"op": "active", "active": true}));
    let signal = json!({"op": "signal", "callId": target.call, "to": "laptop", "data": {"sdp": "x"}});
    eve_live.say(&signal);
    eve_live.is_heard();
    scene.program.send(&anna, "ben", "It is under the mat");
    assert_eq!(ben_live.synced()["messages"][0]["content"], "It is under the mat");
    // A second message, and one of Eve's own conversations, which would come after any other.
    let dan = scene.program.token("dan");
    scene.program.send(&dan, "eve", "Hello Eve");
    let heard = eve_live.synced();
    assert_eq!(heard["messages"].as_array().unwrap().len(), 1, "{heard}");
    assert_eq!(heard["messages"][0]["content"], "Hello Eve");
    loop {
        let frame = anna_live.frame();
        assert!(frame["op"] == "synced", "nothing of Eve's reaches Anna: {frame}");
        anna_live.have(&frame);
        if frame.to_string().contains("It is under the mat") {
            break;
        }
    }
}
