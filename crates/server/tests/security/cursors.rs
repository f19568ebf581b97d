//! Cursors of others, and of other lists.

use crate::scene::Scene;
use serde_json::{Value, json};

const LISTS: [&str; 4] = [
    "/messages/list?conversationId=conv_anna_ben",
    "/messages/list?conversationId=conv_anna_cy",
    "/messages/conversations?limit=50",
    "/messages/sync?limit=50",
];

fn cursor(answer: &Value) -> String {
    answer["cursor"].as_str().unwrap().to_owned()
}

#[test]
fn a_cursor_is_refused_in_another_list_and_for_another_user() {
    let scene = Scene::new();
    for receiver in ["ben", "cy"] {
        scene.talk(receiver);
    }
    let (anna, ben, eve) = (scene.program.token("anna"), scene.program.token("ben"), scene.program.token("eve"));
    let cursors = LISTS.map(|list| cursor(&scene.program.get(list, &anna)));
    for (own, cursor) in cursors.iter().enumerate() {
        for (place, list) in LISTS.iter().enumerate() {
            let (status, answer) = scene.program.call("GET", &format!("{list}&since={cursor}"), &anna, None);
            match place == own {
                true => assert_eq!(status, 200, "{answer}"),
                false => assert_eq!((status, &answer["code"]), (400, &json!("invalid_cursor")), "{list}"),
            }
        }
        // Ben is in the first conversation, Eve in none of them.
        let path = format!("{}&since={cursor}", LISTS[own]);
        for (token, is_member) in [(&ben, own != 1), (&eve, own > 1)] {
            let (status, answer) = scene.program.call("GET", &path, token, None);
            let expected = if is_member { (400, "invalid_cursor") } else { (404, "not_found") };
            assert_eq!((status, answer["code"].as_str().unwrap()), expected, "{path}");
        }
    }
}

#[test]
fn a_cursor_with_any_letter_changed_is_refused() {
    let scene = Scene::new();
    scene.talk("ben");
    let anna = scene.program.token("anna");
    let cursor = cursor(&scene.program.get("/messages/sync", &anna));
    for place in 0..cursor.len() {
        let mut letters: Vec<u8> = cursor.bytes().collect();
        letters[place] = if letters[place] == b'x' { b'y' } else { b'x' };
        let changed = String::from_utf8(letters).unwrap();
        let (status, answer) = scene.program.call("GET", &format!("/messages/sync?since={changed}"), &anna, None);
        assert_eq!((status, &answer["code"]), (400, &json!("invalid_cursor")), "letter {place}");
    }
}
