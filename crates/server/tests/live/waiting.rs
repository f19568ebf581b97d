//! Long polls.

use crate::client::contents;
use crate::program::{Program, eventually};
use serde_json::json;
use std::time::{Duration, Instant};

fn path(cursor: &str, seconds: u32) -> String {
    format!("/messages/sync?wait={seconds}&since={cursor}")
}

fn cursor(program: &Program, token: &str) -> String {
    program.get("/messages/sync", token)["cursor"].as_str().unwrap().to_owned()
}

/// Returns once a poll waits.
fn somebody_waits(program: &Program) {
    let one_and_this_request = Some("2".to_owned());
    eventually("a poll waits", || program.metric("jobline_requests_in_flight") == one_and_this_request);
}

#[test]
fn a_long_poll_is_answered_when_something_changes() {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let at = cursor(&program, &ben);
    std::thread::scope(|scope| {
        let poll = scope.spawn(|| program.get(&path(&at, 25), &ben));
        somebody_waits(&program);
        program.send(&anna, "ben", "Hello");
        assert_eq!(contents(&poll.join().unwrap()), ["Hello"]);
    });
}

#[test]
fn a_long_poll_is_answered_at_once_when_there_is_news() {
    let program = Program::start(&[]);
    let (anna, ben) = (program.token("anna"), program.token("ben"));
    let at = cursor(&program, &ben);
    program.send(&anna, "ben", "Hello");
    assert_eq!(contents(&program.get(&path(&at, 25), &ben)), ["Hello"]);
}

#[test]
fn a_long_poll_ends_without_news_at_its_timeout_and_when_the_server_stops() {
    let program = Program::start(&[]);
    let ben = program.token("ben");
    let at = cursor(&program, &ben);
    let begun = Instant::now();
    let nothing = program.get(&path(&at, 1), &ben);
    assert_eq!((contents(&nothing).len(), nothing["cursor"].as_str()), (0, Some(at.as_str())));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let poll = scope.spawn(|| program.get(&path(&at, 25), &ben));
        somebody_waits(&program);
        program.terminate();
        assert_eq!(contents(&poll.join().unwrap()).len(), 0);
    });
    let (code, log) = program.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(9));
}

#[test]
fn a_wait_that_is_too_long_is_refused() {
    let program = Program::start(&[]);
    let (status, problem) = program.call("GET", "/messages/sync?wait=26", &program.token("ben"), None);
    assert_eq!((status, &problem["code"], &problem["field"]), (400, &json!("invalid_request"), &json!("wait")));
}

#[test]
fn with_more_than_ten_long_polls_of_a_user_the_oldest_is_answered() {
    let program = Program::start(&[]);
    let ben = program.token("ben");
    let at = cursor(&program, &ben);
    std::thread::scope(|scope| {
        let oldest = scope.spawn(|| program.get(&path(&at, 25), &ben));
        somebody_waits(&program);
        let others: Vec<_> = (0..10).map(|_| scope.spawn(|| program.get(&path(&at, 25), &ben))).collect();
        let begun = Instant::now();
        oldest.join().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(20));
        program.send(&program.token("anna"), "ben", "Hello");
        others.into_iter().for_each(|poll| assert_eq!(contents(&poll.join().unwrap()), ["Hello"]));
    });
}
