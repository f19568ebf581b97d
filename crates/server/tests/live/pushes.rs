//! Messages that are pushed, and connections that end.

use crate::client::{Live, contents};
use crate::program::{Program, eventually};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn a_message_arrives_without_a_poll_and_is_delivered_when_the_client_has_it() {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let (mut live, _) = Live::settled(&program, &ben);
    let sent = program.send(&anna, "ben", "Hello");
    let synced = live.frame();
    assert_eq!((&synced["op"], &synced["messages"][0]["id"]), (&json!("synced"), &sent["id"]));
    let status = || program.get("/messages/list?conversationId=conv_anna_ben", &anna)["messages"][0]["status"].clone();
    assert_eq!(status(), "sent", "pushing proves nothing");
    live.have(&synced);
    eventually("it is delivered 2 s after the client said that it has it", || status() == "delivered");
}

#[test]
fn the_sender_sees_what_was_delivered_and_read_without_a_poll() {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let ((mut of_anna, _), (mut of_ben, _)) = (Live::settled(&program, &anna), Live::settled(&program, &ben));
    program.send(&anna, "ben", "Hello");
    assert_eq!(of_anna.synced()["messages"][0]["status"], "sent");
    of_ben.synced();
    assert_eq!(of_anna.synced()["messages"][0]["status"], "delivered");
    let read = json!({"conversationId": "conv_anna_ben"});
    assert_eq!(program.call("POST", "/messages/markAsRead", &ben, Some(&read)).0, 200);
    assert_eq!(of_anna.synced()["messages"][0]["status"], "read");
}

#[test]
fn messages_read_at_once_are_never_recorded_as_delivered() {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let ((mut of_anna, _), (mut of_ben, _)) = (Live::settled(&program, &anna), Live::settled(&program, &ben));
    program.send(&anna, "ben", "Hello");
    of_anna.synced();
    of_ben.synced();
    let read = json!({"conversationId": "conv_anna_ben"});
    assert_eq!(program.call("POST", "/messages/markAsRead", &ben, Some(&read)).0, 200);
    assert_eq!(of_anna.synced()["messages"][0]["status"], "read", "and not delivered before");
}

#[test]
fn a_burst_over_a_cut_connection_arrives_complete_once_and_in_order() {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let (mut live, mut cursor) = Live::settled(&program, &ben);
    let expected: Vec<String> = (1..=200).map(|number| number.to_string()).collect();
    let mut got = Vec::new();
    std::thread::scope(|scope| {
        let burst = scope.spawn(|| expected.iter().for_each(|text| drop(program.send(&anna, "ben", text))));
        let mut cuts = [40, 90, 91, 150].into_iter().peekable();
        while got.len() < expected.len() {
            let synced = live.frame();
            got.extend(contents(&synced));
            cursor = synced["cursor"].as_str().unwrap().to_owned();
            if cuts.next_if(|at| got.len() >= *at).is_some() {
                // The last answer was stored and not confirmed.
                std::mem::replace(&mut live, Live::start(&program, &ben, Some(&cursor))).cut();
            } else {
                live.have(&synced);
            }
        }
        burst.join().unwrap();
    });
    assert_eq!(got, expected);
}

#[test]
fn a_client_that_was_away_catches_up_page_by_page() {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let (live, cursor) = Live::settled(&program, &ben);
    drop(live);
    let expected: Vec<String> = (1..=70).map(|number| number.to_string()).collect();
    expected.iter().for_each(|text| drop(program.send(&anna, "ben", text)));
    let mut live = Live::start(&program, &ben, Some(&cursor));
    let (mut got, mut more) = (Vec::new(), true);
    while more {
        let synced = live.synced();
        assert!(contents(&synced).len() <= 20);
        got.extend(contents(&synced));
        more = synced["hasMore"] == true;
    }
    assert_eq!(got, expected);
}

#[test]
fn long_messages_come_in_frames_of_32_kb() {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let (live, cursor) = Live::settled(&program, &ben);
    drop(live);
    let long = "🦀".repeat(2_000);
    (0..12).for_each(|_| drop(program.send(&anna, "ben", &long)));
    let mut live = Live::start(&program, &ben, Some(&cursor));
    let mut got = 0;
    while got < 12 {
        let synced = live.synced();
        assert!(synced.to_string().len() <= 32 * 1024);
        got += contents(&synced).len();
    }
}

#[test]
fn the_eleventh_connection_takes_the_place_of_the_oldest() {
    let program = Program::start(&[]);
    let ben = program.token("ben");
    let mut all: Vec<Live> = (0..11).map(|_| Live::settled(&program, &ben).0).collect();
    let (bye, code) = all[0].bye();
    assert_eq!((code, &bye["reason"]), (4409, &json!("replaced")));
    program.send(&program.token("anna"), "ben", "Hello");
    for live in &mut all[1..] {
        assert_eq!(contents(&live.synced()), ["Hello"]);
    }
}

#[test]
fn a_stop_says_bye_and_ends_at_once() {
    let program = Program::start(&[]);
    let mut all: Vec<Live> =
        ["anna", "ben", "cy"].map(|user| Live::settled(&program, &program.token(user)).0).into_iter().collect();
    let silent = Live::connect(&program, &program.token("anna"));
    let begun = Instant::now();
    program.terminate();
    for live in &mut all {
        let (bye, code) = live.bye();
        assert_eq!((code, &bye["reason"]), (1001, &json!("stopping")));
        assert!(bye["retryAfterMs"].as_u64().unwrap() < 1_000, "{bye}");
    }
    let (code, log) = program.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    assert!(!log.contains("bearer.") && !log.contains("eyJ"), "{log}");
    drop(silent);
}

#[test]
fn a_flood_of_frames_ends_it() {
    let program = Program::start(&[]);
    let (mut live, _) = Live::settled(&program, &program.token("ben"));
    for _ in 0..80 {
        if live.0.send(json!({"op": "ping"}).to_string().into()).is_err() {
            break;
        }
    }
    let (bye, code) = live.bye();
    assert_eq!((code, &bye["reason"]), (4429, &json!("too_many_frames")));
}

#[test]
fn a_token_is_renewed_in_place_by_the_same_user_alone() {
    let program = Program::start(&[]);
    let mut live = Live::start(&program, &program.token_for("ben", 10), None);
    let mut told = live.frame();
    if told["op"] == "synced" {
        told = live.frame();
    }
    assert_eq!(told["op"], "tokenExpiring");
    assert!(told["expiresAt"].as_str().unwrap().ends_with('Z'));
    live.say(&json!({"op": "token", "token": program.token("ben")}));
    live.say(&json!({"op": "ping"}));
    while live.frame()["op"] != "pong" {}
    live.say(&json!({"op": "token", "token": program.token("anna")}));
    let (bye, code) = live.bye();
    assert_eq!((code, &bye["reason"]), (4401, &json!("token")));
}

#[test]
fn connections_are_counted_while_they_are_open() {
    let program = Program::start(&[]);
    let ben = program.token("ben");
    let (mut first, _) = Live::settled(&program, &ben);
    let (second, _) = Live::settled(&program, &ben);
    assert_eq!(program.metric("jobline_live_connections").as_deref(), Some("2"));
    assert_eq!(program.metric("jobline_live_opens_total").as_deref(), Some("2"));
    program.send(&program.token("anna"), "ben", "Hello");
    first.synced();
    first.say(&json!([]));
    assert_eq!(first.bye().1, 1008);
    second.cut();
    eventually("both have gone", || program.metric("jobline_live_connections").as_deref() == Some("0"));
    for code in [1006, 1008] {
        let name = format!("jobline_live_closes_total{{code=\"{code}\"}}");
        assert_eq!(program.metric(&name).as_deref(), Some("1"));
    }
    let pushes: u32 = program.metric("jobline_live_pushes_total").unwrap().parse().unwrap();
    assert!(pushes >= 3, "{pushes}");
}
