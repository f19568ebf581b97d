//! Files of others, and URLs that were never issued.

use crate::scene::Scene;
use serde_json::{Value, json};

const BYTES: &[u8] = b"The key is under the mat";

/// A file that `from` announced for `to` and uploaded.
fn uploaded(scene: &Scene, from: &str, to: &str) -> Value {
    let input = json!({"receiverId": to, "fileName": "a.txt", "fileSize": BYTES.len(), "contentType": "text/plain"});
    let token = scene.program.token(from);
    let (status, grant) = scene.program.call("POST", "/messages/uploadFile", &token, Some(&input));
    assert_eq!(status, 200, "{grant}");
    let mut put = ureq::put(grant["uploadUrl"].as_str().unwrap());
    for (name, value) in grant["headers"].as_object().unwrap() {
        if name != "content-length" {
            put = put.header(name, value.as_str().unwrap());
        }
    }
    put.send(BYTES).unwrap();
    grant
}

fn status_of(url: &str) -> u16 {
    let request = ureq::get(url).config().http_status_as_error(false).build();
    request.call().unwrap().status().as_u16()
}

#[test]
fn a_file_can_be_sent_only_by_the_user_and_in_the_conversation_that_announced_it() {
    let scene = Scene::new();
    let grant = uploaded(&scene, "anna", "ben");
    let made_up = {
        let url = grant["fileUrl"].as_str().unwrap();
        let (start, nanoid) = url.split_at(url.len() - 21);
        json!(format!("{start}{}", nanoid.chars().rev().collect::<String>()))
    };
    let send = |from: &str, to: &str, url: &Value| {
        let input = json!({"receiverId": to, "content": "", "type": "file", "fileUrl": url});
        scene.program.call("POST", "/messages/send", &scene.program.token(from), Some(&input))
    };
    for (from, to) in [("ben", "anna"), ("cy", "ben"), ("anna", "cy"), ("eve", "dan")] {
        let (of_anna, of_nobody) = (send(from, to, &grant["fileUrl"]), send(from, to, &made_up));
        assert_eq!(of_anna.0, 400, "{from} to {to}: {}", of_anna.1);
        assert_eq!(of_anna, of_nobody, "{from} to {to}: the same words");
    }
    let (status, sent) = send("anna", "ben", &grant["fileUrl"]);
    assert_eq!(status, 200, "it is still good where it belongs: {sent}");
    let again = send("anna", "ben", &grant["fileUrl"]);
    assert_eq!((again.0, &again.1["code"]), (409, &json!("file_already_used")));
}

#[test]
fn only_issued_urls_lead_to_bytes() {
    let scene = Scene::new();
    let grant = uploaded(&scene, "anna", "ben");
    let file = grant["fileUrl"].as_str().unwrap();
    assert!(matches!(status_of(file), 403 | 404), "what names a file does not open it");
    let input = json!({"receiverId": "ben", "content": "", "type": "file", "fileUrl": file});
    let anna = scene.program.token("anna");
    let (status, sent) = scene.program.call("POST", "/messages/send", &anna, Some(&input));
    assert_eq!(status, 200, "{sent}");
    let url = sent["message"]["fileUrl"].as_str().unwrap().to_owned();
    assert_eq!(status_of(&url), 200);
    let query = url.find('?').unwrap();
    for place in query + 1..url.len() {
        let mut letters: Vec<u8> = url.bytes().collect();
        letters[place] = if letters[place] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(letters).unwrap();
        assert!(matches!(status_of(&changed), 400 | 403 | 404), "letter {place}: {changed}");
    }
    let upload = ureq::put(grant["uploadUrl"].as_str().unwrap()).config().http_status_as_error(false).build();
    assert_ne!(upload.send(b"Something else".as_slice()).unwrap().status(), 200, "a sent file never changes");

    let delete = json!({"conversationId": "conv_anna_ben", "messageId": sent["message"]["id"]});
    assert_eq!(scene.program.call("POST", "/messages/delete", &anna, Some(&delete)).0, 200);
    assert!(matches!(status_of(&url), 403 | 404 | 410), "a deleted file is gone, also by URLs given out before");
}
