//! Online status.

use crate::client::Live;
use crate::program::Program;
use serde_json::{Value, json};

/// The next frame about presence: the user and the state.
fn shown(live: &mut Live) -> (Value, Value) {
    loop {
        let frame = live.frame();
        if frame["op"] == "presence" {
            assert!(frame["lastActiveAt"].as_str().unwrap().ends_with(":00:00.000Z"), "{frame}");
            return (frame["userId"].clone(), frame["state"].clone());
        }
    }
}

fn asked(program: &Program, token: &str, users: &str) -> Value {
    program.get(&format!("/messages/presence?userIds={users}"), token)["people"].clone()
}

#[test]
fn a_user_who_comes_online_is_shown_to_those_who_share_a_job() {
    let program = Program::start(&[]);
    let (anna, ben, eve) = (program.token("anna"), program.token("ben"), program.token("eve"));
    let ((mut of_anna, _), (mut of_ben, _)) = (Live::settled(&program, &anna), Live::settled(&program, &ben));
    let (mut of_eve, _) = Live::settled(&program, &eve);
    assert_eq!(asked(&program, &ben, "anna,eve"), json!([{"id": "anna", "state": "away"}]), "connected is not active");
    of_anna.say(&json!({"op": "active", "active": true}));
    assert_eq!(shown(&mut of_ben), (json!("anna"), json!("online")));
    of_eve.is_heard();
    assert_eq!(asked(&program, &ben, "anna")[0]["state"], "online");
    assert_eq!(asked(&program, &eve, "anna,ben"), json!([]));
    let mut later = Live::start(&program, &ben, None);
    assert_eq!(shown(&mut later), (json!("anna"), json!("online")));
    of_anna.say(&json!({"op": "active", "active": false}));
    of_anna.is_heard();
    assert_eq!(asked(&program, &ben, "anna")[0]["state"], "online", "for two more minutes");
}

#[test]
fn users_who_hide_are_not_seen_and_do_not_see() {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let hidden = json!({"showPresence": false});
    let (status, preferences) = program.call("PUT", "/messages/preferences", &anna, Some(&hidden));
    assert_eq!((status, &preferences), (200, &json!({"showPresence": false, "mail": true, "push": true})));
    assert_eq!(program.get("/messages/preferences", &anna), preferences);
    let ((mut of_anna, _), (mut of_ben, _)) = (Live::settled(&program, &anna), Live::settled(&program, &ben));
    for live in [&mut of_anna, &mut of_ben] {
        live.say(&json!({"op": "active", "active": true}));
        live.is_heard();
    }
    assert_eq!((asked(&program, &ben, "anna"), asked(&program, &anna, "ben")), (json!([]), json!([])));
    for live in [&mut of_anna, &mut of_ben] {
        live.is_heard();
    }
}

#[test]
fn presence_is_not_offered_when_it_is_off() {
    let program = Program::start(&["--presence", "off"]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let ((mut of_anna, _), (mut of_ben, _)) = (Live::settled(&program, &anna), Live::settled(&program, &ben));
    of_anna.say(&json!({"op": "active", "active": true}));
    of_anna.is_heard();
    of_ben.is_heard();
    let (status, problem) = program.call("GET", "/messages/presence?userIds=anna", &ben, None);
    assert_eq!((status, &problem["code"]), (403, &json!("not_offered")));
}

#[test]
fn a_list_that_is_no_list_of_users_is_refused() {
    let program = Program::start(&[]);
    let many = (0..51).map(|number| format!("u{number}")).collect::<Vec<_>>().join(",");
    for users in ["", "a,,b", "a%20b", &many] {
        let path = format!("/messages/presence?userIds={users}");
        let (status, problem) = program.call("GET", &path, &program.token("ben"), None);
        assert_eq!((status, &problem["field"]), (400, &json!("userIds")), "{users}: {problem}");
    }
}
