//! A user who is in none of the conversations: for her they must not exist.

use crate::entries::Asks;
use crate::scene::{Face, SECRETS, Scene, faces, procedures};
use serde_json::json;

#[test]
fn a_foreign_conversation_is_answered_as_an_unknown_one() {
    let scene = Scene::new();
    let theirs = scene.talk("ben");
    let nowhere = Scene::nowhere(&theirs);
    let eve = scene.program.token("eve");
    for (procedure, asks) in procedures().iter().filter(|(_, asks)| matches!(asks, Asks::Named { .. })) {
        for &face in faces(asks) {
            let of_others = scene.ask(face, procedure, asks, &theirs, Some(&eve));
            let of_nobody = scene.ask(face, procedure, asks, &nowhere, Some(&eve));
            let code = (of_others.status, of_others.code());
            assert_eq!(code, (404, Some("not_found")), "{} over {face:?}", procedure.name);
            assert_eq!(of_others, of_nobody, "{} over {face:?}: the same words and headers", procedure.name);
        }
    }
}

#[test]
fn a_foreign_conversation_costs_the_same_work_as_an_unknown_one() {
    let scene = Scene::new();
    let theirs = scene.talk("ben");
    let nowhere = Scene::nowhere(&theirs);
    let eve = scene.program.token("eve");
    for (procedure, asks) in procedures().iter().filter(|(_, asks)| matches!(asks, Asks::Named { .. })) {
        // Background work sometimes calls the store: the lowest of several counts is without it.
        let calls = |target| {
            let counted = (0..4).map(|_| {
                let before = scene.store_calls();
                scene.ask(Face::Rest, procedure, asks, target, Some(&eve));
                scene.store_calls() - before
            });
            counted.min().unwrap()
        };
        assert_eq!(calls(&theirs), calls(&nowhere), "{}: calls of the store", procedure.name);
    }
}

#[test]
fn an_answer_about_the_user_reveals_nothing_about_others() {
    let scene = Scene::new();
    let theirs = scene.talk("ben");
    let nowhere = Scene::nowhere(&theirs);
    let eve = scene.program.token("eve");
    for (procedure, asks) in procedures().iter().filter(|(_, asks)| matches!(asks, Asks::Own(_))) {
        for &face in faces(asks) {
            let answer = scene.ask(face, procedure, asks, &theirs, Some(&eve));
            assert_eq!(answer.status, 200, "{} over {face:?}: {answer:?}", procedure.name);
            let text = answer.body.to_string();
            for secret in SECRETS.iter().chain(&["conv_anna", "ben"]) {
                assert!(!text.contains(secret), "{} tells {secret:?}: {text}", procedure.name);
            }
            if procedure.name == "presence" {
                let unknown = scene.ask(face, procedure, asks, &nowhere, Some(&eve)).body.to_string();
                assert_eq!(text.replace("anna", "xnnx"), unknown, "only the id that she named differs");
            }
        }
    }
}

#[test]
fn a_block_does_not_tell_whether_somebody_exists() {
    let scene = Scene::new();
    let eve = scene.program.token("eve");
    for path in ["/messages/block", "/messages/unblock"] {
        let ask = |who: &str| {
            let answer = scene.program.call("POST", path, &eve, Some(&json!({"userId": who})));
            scene.program.call("POST", "/messages/unblock", &eve, Some(&json!({"userId": who})));
            (answer.0, answer.1.to_string().replace(who, "WHO"))
        };
        assert_eq!(ask("anna"), ask("anxa"), "{path}");
    }
}

#[test]
fn a_stranger_gets_the_same_answer_as_an_unknown_user() {
    let scene = Scene::new();
    let eve = scene.program.token("eve");
    for (method, path, input) in [
        ("POST", "/messages/send", r#"{"receiverId":"WHO","content":"Hello"}"#),
        (
            "POST",
            "/messages/uploadFile",
            r#"{"receiverId":"WHO","fileName":"a","fileSize":1,"contentType":"text/plain"}"#,
        ),
        ("GET", "/messages/conversation?receiverId=WHO", ""),
    ] {
        let ask = |who: &str| {
            let body = (!input.is_empty()).then(|| serde_json::from_str(&input.replace("WHO", who)).unwrap());
            let (status, mut answer) = scene.program.call(method, &path.replace("WHO", who), &eve, body.as_ref());
            for time in ["createdAt", "updatedAt"] {
                if let Some(conversation) = answer.get_mut("conversation").and_then(|one| one.as_object_mut()) {
                    conversation.remove(time);
                }
            }
            (status, answer.to_string().replace(who, "WHO"))
        };
        // In the order of ids, like the other one.
        let (known, unknown) = (ask("anna"), ask("anxa"));
        assert_eq!(known, unknown, "{path}");
        assert!(SECRETS.iter().all(|secret| !known.1.contains(secret)), "{}", known.1);
        assert!(known.1.contains("not_job_participant"), "{}", known.1);
    }
}
