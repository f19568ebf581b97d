//! Members who are no longer allowed, and messages of other conversations.

use crate::entries::{Asks, Target};
use crate::scene::{Face, Scene, faces, procedures};
use serde_json::json;

/// Compares the answers to Ben, for every procedure with a target, with `expected`.
fn ben_is_answered(scene: &Scene, target: &Target, expected: fn(&Asks) -> Option<Option<&'static str>>) {
    let ben = scene.program.token("ben");
    // Ben may never edit or delete Anna's messages.
    let of_sender = |name: &str| ["edit", "delete"].contains(&name).then_some("not_your_message");
    for (procedure, asks) in procedures() {
        let Some(code) = expected(&asks) else { continue };
        for &face in faces(&asks) {
            let answer = scene.ask(face, &procedure, &asks, target, Some(&ben));
            let code = of_sender(procedure.name).or(code);
            assert_eq!(answer.code(), code, "{} over {face:?}: {answer:?}", procedure.name);
            assert_eq!(answer.status < 300, code.is_none(), "{}: {answer:?}", procedure.name);
        }
    }
}

/// Ends the call, so that none rings.
fn end_call(scene: &Scene, target: &Target) {
    let end = json!({"callId": target.call, "deviceId": "laptop"});
    assert_eq!(scene.program.call("POST", "/calls/end", &scene.program.token("anna"), Some(&end)).0, 200);
}

#[test]
fn a_former_participant_can_no_longer_read_or_write() {
    let scene = Scene::new();
    let target = scene.talk("ben");
    end_call(&scene, &target);
    scene.job(&["anna", "cy"], "open");
    ben_is_answered(&scene, &target, |asks| match asks {
        Asks::Named { parted, .. } => Some(*parted),
        _ => None,
    });
}

#[test]
fn a_blocked_user_can_no_longer_read_or_write() {
    let scene = Scene::new();
    let target = scene.talk("ben");
    end_call(&scene, &target);
    let (status, _) =
        scene.program.call("POST", "/messages/block", &scene.program.token("anna"), Some(&json!({"userId": "ben"})));
    assert_eq!(status, 200);
    ben_is_answered(&scene, &target, |asks| match asks {
        Asks::Named { blocked, .. } => Some(*blocked),
        _ => None,
    });
    let ben = scene.program.token("ben");
    for path in ["/messages/sync", "/messages/conversations", "/messages/preferences"] {
        let answer = scene.program.get(path, &ben).to_string();
        assert!(!answer.contains("\"blocked\":true"), "who is blocked is not told: {answer}");
    }
    let present = scene.program.get("/messages/presence?userIds=anna", &ben).to_string();
    assert!(!present.contains("online"), "{present}");
}

#[test]
fn a_message_of_another_conversation_is_answered_as_one_that_does_not_exist() {
    let scene = Scene::new();
    let with_ben = scene.talk("ben");
    let with_cy = scene.talk("cy");
    let ben = scene.program.token("ben");
    let mixed = Target { conversation: with_ben.conversation.clone(), ..with_cy.clone() };
    let missing = Target { conversation: with_ben.conversation.clone(), ..Scene::nowhere(&with_cy) };
    for (procedure, asks) in procedures() {
        let Asks::Named { input, .. } = &asks else { continue };
        let named = input(&mixed);
        if named.get("messageId").is_none() && named.get("callId").is_none() {
            continue;
        }
        for &face in faces(&asks) {
            let answers = [&mixed, &missing].map(|target| scene.ask(face, &procedure, &asks, target, Some(&ben)));
            let [of_others, of_nobody] = answers;
            assert_eq!((of_others.status, of_others.code()), (404, Some("not_found")), "{}", procedure.name);
            assert_eq!(of_others, of_nobody, "{} over {face:?}", procedure.name);
        }
    }
    // Replies and `markAsRead` name messages as well.
    for (path, field) in [("/messages/send", "replyTo"), ("/messages/markAsRead", "upTo")] {
        let ask = |message: &str| {
            let mut input = json!({"conversationId": with_ben.conversation, field: message});
            if field == "replyTo" {
                input["content"] = json!("See above");
            }
            scene.program.call("POST", path, &ben, Some(&input))
        };
        let [of_others, of_nobody] = [&with_cy.message, &missing.message].map(|id| ask(id));
        assert_eq!((of_others.0, &of_others.1["code"]), (404, &json!("not_found")), "{path}");
        assert_eq!(of_others, of_nobody, "{path}");
    }
    let before = |message: &str| {
        let path = format!("/messages/list?conversationId={}&before={message}", with_ben.conversation);
        let (status, mut answer) = scene.program.call("GET", &path, &ben, None);
        answer.as_object_mut().unwrap().remove("cursor");
        (status, answer)
    };
    assert_eq!(before(&with_cy.message).1["code"], before(&missing.message).1["code"]);
    let page = scene.ask(Face::Rest, &procedures()[1].0, &procedures()[1].1, &with_cy, Some(&ben));
    assert_eq!(page.code(), Some("not_found"));
}
