//! Calls: two devices find each other, whatever other connections their users have.

use crate::client::Live;
use crate::program::Program;
use serde_json::{Value, json};

fn call(program: &Program, token: &str, what: &str, input: &Value) -> (u16, Value) {
    program.call("POST", &format!("/calls/{what}"), token, Some(input))
}

fn start(program: &Program, token: &str, device: &str) -> Value {
    let input = json!({"conversationId": "conv_anna_ben", "media": "video", "deviceId": device});
    let (status, answer) = call(program, token, "start", &input);
    assert_eq!(status, 200, "{answer}");
    answer["call"].clone()
}

/// A connection of a device with this name.
fn device(program: &Program, token: &str, name: &str) -> Live {
    let cursor = program.get("/messages/sync", token)["cursor"].clone();
    let mut live = Live::connect(program, token);
    live.say(&json!({"op": "start", "since": cursor, "deviceId": name}));
    assert_eq!(live.frame()["op"], "ready");
    live
}

/// The next frame of this kind. Earlier `synced` frames are confirmed.
fn next(live: &mut Live, op: &str) -> Value {
    loop {
        let frame = live.frame();
        if frame["op"] == "synced" {
            live.have(&frame);
        }
        if frame["op"] == op {
            return frame;
        }
    }
}

/// The state of the call in the next `synced` frame, which is confirmed.
fn state(live: &mut Live) -> Value {
    loop {
        let frame = next(live, "synced");
        if let Some(call) = frame["messages"].as_array().and_then(|all| all.iter().find_map(|one| one.get("call"))) {
            return call["state"].clone();
        }
    }
}

#[test]
fn every_device_rings_one_takes_the_call_and_the_two_signal_to_each_other_alone() {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    program.send(&anna, "ben", "Hello");
    let mut phone = device(&program, &anna, "phone");
    let (mut laptop, mut tablet) = (device(&program, &ben, "laptop"), device(&program, &ben, "tablet"));
    let call_id = start(&program, &anna, "phone")["id"].clone();
    for live in [&mut laptop, &mut tablet, &mut phone] {
        assert_eq!(state(live), "ringing");
    }
    let accept = |device: &str| json!({"callId": call_id, "deviceId": device});
    let (status, answer) = call(&program, &ben, "accept", &accept("laptop"));
    assert_eq!((status, &answer["call"]["devices"]), (200, &json!({"anna": "phone", "ben": "laptop"})));
    for live in [&mut laptop, &mut tablet, &mut phone] {
        assert_eq!(state(live), "accepted");
    }
    let (status, problem) = call(&program, &ben, "accept", &accept("tablet"));
    assert_eq!((status, &problem["code"]), (409, &json!("call_over")));
    phone.say(&json!({"op": "signal", "callId": call_id, "to": "laptop", "data": {"sdp": "an offer"}}));
    let heard = json!({"op": "signal", "callId": call_id, "from": "phone", "data": {"sdp": "an offer"}});
    assert_eq!(next(&mut laptop, "signal"), heard);
    laptop.say(&json!({"op": "signal", "callId": call_id, "to": "phone", "data": {"sdp": "an answer"}}));
    assert_eq!(next(&mut phone, "signal")["data"], json!({"sdp": "an answer"}));
    tablet.say(&json!({"op": "signal", "callId": call_id, "to": "phone", "data": "of a device that is not in it"}));
    tablet.say(&json!({"op": "ping"}));
    next(&mut tablet, "pong");
    laptop.say(&json!({"op": "signal", "callId": call_id, "to": "phone", "data": "the last"}));
    assert_eq!(next(&mut phone, "signal")["data"], "the last", "nothing came from the tablet");
    let (status, answer) = call(&program, &anna, "end", &accept("phone"));
    assert_eq!((status, &answer["call"]["state"]), (200, &json!("ended")));
    for live in [&mut laptop, &mut tablet, &mut phone] {
        assert_eq!(state(live), "ended");
    }
}

#[test]
fn in_a_crew_each_device_signals_to_each_other_one() {
    let program = Program::start(&[]);
    let job = json!({"title": "Roof", "participants": ["anna", "ben", "carl"], "status": "open"});
    program.host("PUT", "/host/jobs/8", &job);
    let users = ["anna", "ben", "carl"];
    let tokens = users.map(|user| program.token(user));
    let hello = json!({"conversationId": "crew_8", "content": "Hello"});
    assert_eq!(program.call("POST", "/messages/send", &tokens[0], Some(&hello)).0, 200);
    let mut devices: Vec<Live> =
        tokens.iter().zip(users).map(|(token, user)| device(&program, token, &format!("of-{user}"))).collect();
    let input = json!({"conversationId": "crew_8", "media": "audio", "deviceId": "of-anna"});
    let (status, answer) = call(&program, &tokens[0], "start", &input);
    assert_eq!((status, &answer["call"]["state"]), (200, &json!("ringing")), "{answer}");
    let call_id = answer["call"]["id"].clone();
    for live in &mut devices {
        assert_eq!(state(live), "ringing");
    }
    for (token, user) in tokens.iter().zip(users).skip(1) {
        let input = json!({"callId": call_id, "deviceId": format!("of-{user}")});
        let (status, answer) = call(&program, token, "accept", &input);
        assert_eq!((status, &answer["call"]["state"]), (200, &json!("accepted")), "{answer}");
    }
    for from in 0..users.len() {
        for to in (0..users.len()).filter(|to| *to != from) {
            let data = format!("{from} to {to}");
            let (target, sender) = (format!("of-{}", users[to]), format!("of-{}", users[from]));
            devices[from].say(&json!({"op": "signal", "callId": call_id, "to": target, "data": data}));
            let heard = json!({"op": "signal", "callId": call_id, "from": sender, "data": data});
            assert_eq!(next(&mut devices[to], "signal"), heard);
        }
    }
    let (_, answer) = call(&program, &tokens[0], "end", &json!({"callId": call_id, "deviceId": "of-anna"}));
    assert_eq!((&answer["call"]["state"], &answer["call"]["declinedBy"]), (&json!("accepted"), &json!(["anna"])));
}

#[test]
fn a_call_is_made_by_trpc_as_well_and_declined() {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    program.send(&anna, "ben", "Hello");
    let input = json!({"conversationId": "conv_anna_ben", "media": "audio", "deviceId": "phone"});
    let (status, answer) = program.call("POST", "/trpc/calls.start", &anna, Some(&input));
    let started = &answer["result"]["data"];
    assert_eq!((status, &started["message"]["type"]), (200, &json!("call")), "{answer}");
    let other = start(&program, &ben, "laptop");
    assert_eq!(other["id"], started["call"]["id"], "a call while one rings is that one");
    let (_, answer) = call(&program, &ben, "decline", &json!({"callId": other["id"], "deviceId": "laptop"}));
    assert_eq!(answer["call"]["state"], "declined");
    let eve = program.token("eve");
    let (status, problem) = call(&program, &eve, "accept", &json!({"callId": other["id"], "deviceId": "x"}));
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
}

#[test]
fn a_device_gets_the_relay_and_credentials_for_it() {
    let program = Program::start(&["--turn-url", "turn:turn.example:3478", "--turn-secret", "a-shared-secret"]);
    let config = program.get("/calls/config", &program.token("anna"));
    assert_eq!((&config["iceTransportPolicy"], &config["ringMs"]), (&json!("relay"), &json!(45_000)));
    let server = &config["iceServers"][0];
    assert_eq!(server["urls"], json!(["turn:turn.example:3478"]));
    let (expires, name) = server["username"].as_str().unwrap().split_once(':').unwrap();
    assert!(expires.parse::<u64>().is_ok() && name.len() == 16 && server["credential"].is_string(), "{server}");
    let program = Program::start(&[]);
    let config = program.get("/calls/config", &program.token("anna"));
    assert_eq!(config, json!({"iceServers": [], "iceTransportPolicy": "all", "ringMs": 45_000}));
}

#[test]
fn calls_are_offered_only_if_calls_and_live_connections_are_on() {
    for settings in [&["--calls", "off"][..], &["--live", "off"], &["--live-percent", "0"]] {
        let program = Program::start(settings);
        let anna = program.token("anna");
        program.send(&anna, "ben", "Hello");
        let input = json!({"conversationId": "conv_anna_ben", "media": "audio", "deviceId": "phone"});
        let answers = [call(&program, &anna, "start", &input), program.call("GET", "/calls/config", &anna, None)];
        for (status, problem) in answers {
            assert_eq!((status, &problem["code"]), (403, &json!("not_offered")), "{settings:?}");
        }
    }
}
