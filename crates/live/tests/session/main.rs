//! The actions of a connection over time, by a clock that the test controls.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod presence;
mod test_session;
mod typing;

use jobline_live::{Action, Answer, Closing, Event, Incoming, News, Refusal};
use test_session::*;

#[test]
fn a_start_is_answered_with_ready_and_everything_up_to_the_end() {
    let mut session = TestSession::open();
    let ready = r#"{"op":"ready","heartbeatMs":25000,"tokenExpiresAt":"2025-11-15T10:30:00.000Z"}"#;
    assert_eq!(session.says(r#"{"op":"start"}"#), [send(ready), Action::Read(None, 20)]);
    assert_eq!(session.answers(answer("c1", 20, true)), [pushed("c1", 20, true)]);
    assert_eq!(session.has("c1"), [read("c1")], "more waits");
    let end = [pushed("c2", 3, false), Action::FindPresencePeers];
    assert_eq!(session.answers(answer("c2", 3, false)), end, "who is online comes after what was missed");
    assert_eq!(session.has("c2"), [], "that was the end");
}

#[test]
fn a_start_that_missed_nothing_gets_one_empty_answer() {
    let mut session = TestSession::settled();
    assert_eq!(session.moves(), [read("c0")]);
    assert_eq!(session.answers(answer("c0", 0, false)), [], "a wake-up that brings nothing is not pushed");
}

#[test]
fn at_most_one_answer_is_on_its_way() {
    let mut session = TestSession::settled();
    assert_eq!(session.moves(), [read("c0")]);
    assert_eq!(session.moves(), [], "the read that goes on may have seen it or not");
    assert_eq!(session.answers(answer("c1", 1, false)), [pushed("c1", 1, false)]);
    assert_eq!(session.moves(), []);
    assert_eq!(session.moves(), []);
    assert_eq!(session.has("c1"), [read("c1")], "moved meanwhile, however often: one read");
    assert_eq!(session.answers(answer("c2", 1, false)), [pushed("c2", 1, false)]);
    assert_eq!(session.has("c2"), []);
}

#[test]
fn the_next_answer_begins_at_the_cursor_that_the_client_confirms() {
    let mut session = TestSession::settled();
    assert_eq!(session.moves(), [read("c0")]);
    assert_eq!(session.has("c5"), [], "the client has polled, and the read goes on");
    assert_eq!(session.answers(answer("c1", 1, false)), [read("c5")], "what was read from the old place is dropped");
    assert_eq!(session.answers(answer("c5", 0, false)), []);
    assert_eq!(session.has("c3"), [read("c3")]);
}

#[test]
fn an_answer_that_does_not_fit_in_a_frame_is_read_again_in_smaller_parts() {
    let mut session = TestSession::started();
    let large = || Answer { json: " ".repeat(33_000), ..answer("c1", 1, true) };
    assert_eq!(session.answers(large()), [Action::Read(Some("c0".to_owned()), 5)]);
    assert_eq!(session.answers(large()), [Action::Read(Some("c0".to_owned()), 1)]);
    assert_eq!(session.answers(answer("c1", 1, true)), [pushed("c1", 1, true)]);
    assert_eq!(session.has("c1"), [read("c1")], "and then in whole ones again");
}

#[test]
fn a_read_that_fails_is_repeated_later_and_later() {
    let mut session = TestSession::settled();
    assert_eq!(session.moves(), [read("c0")]);
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let failed = session.now;
        let mut done = session.on(Event::Answered(Err(Refusal::Unavailable)));
        while !done.contains(&read("c0")) {
            session.now = session.inner.due_ms();
            done = session.on(Event::Tick);
            session.on(Event::Incoming(Incoming::Control));
        }
        pauses.push(session.now - failed);
    }
    assert!(pauses[0] <= 1_000 && pauses.windows(2).all(|two| two[0] <= two[1]), "{pauses:?}");
    assert!(*pauses.last().unwrap() >= 15_000 && *pauses.last().unwrap() <= 30_000, "{pauses:?}");
}

#[test]
fn an_invalid_cursor_ends_the_connection() {
    let mut session = TestSession::started();
    assert_eq!(session.on(Event::Answered(Err(Refusal::Invalid))), [Action::Close(Closing::NotUnderstood)]);
    assert_eq!(session.moves(), [], "nothing comes after the end");
}

#[test]
fn a_client_that_does_not_confirm_is_too_slow_after_30_s() {
    let mut session = TestSession::started();
    assert_eq!(session.answers(answer("c1", 1, false)).len(), 2);
    let done = without_heartbeats(session.waits(100_000));
    let proved = (2_000, Action::Deliver("c0".to_owned()));
    assert_eq!(done, [proved, (30_000, Action::Close(Closing::TooSlow))]);
}

#[test]
fn a_client_that_does_not_begin_is_too_slow_after_10_s() {
    assert_eq!(TestSession::open().waits(100_000), [(10_000, Action::Close(Closing::TooSlow))]);
}

#[test]
fn a_silent_client_is_too_slow_after_90_s() {
    let mut session = TestSession::settled();
    let mut closed = None;
    while closed.is_none() {
        session.now = session.inner.due_ms();
        let done = session.on(Event::Tick);
        closed = done.contains(&Action::Close(Closing::TooSlow)).then_some(session.now - BEGIN);
    }
    assert_eq!(closed, Some(90_000));
}

#[test]
fn the_server_sends_a_heartbeat_every_25_s() {
    let mut session = TestSession::settled();
    let beats: Vec<u64> =
        session.waits(100_000).into_iter().filter(|(_, one)| *one == Action::Ping).map(|one| one.0).collect();
    assert_eq!(beats, [25_000, 50_000, 75_000, 100_000]);
    assert_eq!(session.says(r#"{"op":"ping"}"#), [send(r#"{"op":"pong"}"#)]);
}

#[test]
fn a_delivery_is_recorded_2_s_after_the_first_proof_by_the_last_cursor() {
    let mut session = TestSession::started();
    session.answers(answer("c1", 1, false));
    session.waits(1_000);
    assert_eq!(session.has("c1"), []);
    session.moves();
    session.answers(answer("c2", 1, false));
    session.has("c2");
    assert_eq!(session.waits(900), []);
    assert_eq!(session.inner.undelivered(), Some("c2"));
    assert_eq!(session.waits(100), [(2_000, Action::Deliver("c2".to_owned()))]);
    assert_eq!(session.inner.undelivered(), None);
    assert_eq!(session.on(Event::Delivered(Ok(()))), []);
    assert_eq!(session.waits(10_000), [], "once");
}

#[test]
fn nothing_is_delivered_before_the_client_has_it() {
    let mut session = TestSession::open();
    session.says(r#"{"op":"start"}"#);
    session.answers(answer("c1", 5, false));
    assert_eq!(session.inner.undelivered(), None);
    let done = without_heartbeats(session.waits(29_000));
    assert_eq!(done, []);
}

#[test]
fn a_delivery_that_could_not_be_recorded_is_tried_again() {
    let mut session = TestSession::settled();
    session.waits(2_000);
    assert_eq!(session.on(Event::Delivered(Err(Refusal::Unavailable))), []);
    assert_eq!(session.waits(10_000), [(12_000, Action::Deliver("c0".to_owned()))]);
    assert_eq!(session.on(Event::Delivered(Err(Refusal::Invalid))), []);
    assert_eq!(without_heartbeats(session.waits(60_000)), [], "what can never be recorded is not tried again");
}

#[test]
fn frames_that_are_not_understood_end_the_connection() {
    for text in ["", "[]", "{}", r#"{"op":"have"}"#, r#"{"op":"start"}"#, r#"{"op":"typing","conversationId":1}"#] {
        assert_eq!(TestSession::settled().says(text), [Action::Close(Closing::NotUnderstood)], "{text}");
    }
    let long = format!(r#"{{"op":"watch","conversationId":"{}"}}"#, "x".repeat(601));
    assert_eq!(TestSession::settled().says(&long), [Action::Close(Closing::NotUnderstood)]);
    for text in [r#"{"op":"have","since":"c0"}"#, r#"{"op":"watch"}"#] {
        assert_eq!(TestSession::open().says(text), [Action::Close(Closing::NotUnderstood)], "{text} before start");
    }
    let mut session = TestSession::open();
    assert_eq!(session.says(r#"{"op":"ping"}"#), [send(r#"{"op":"pong"}"#)], "a ping is no place in the log");
    assert_eq!(session.says(r#"{"op":"later"}"#), [], "newer clients may say more");
}

#[test]
fn frames_that_cannot_be_accepted_end_the_connection_with_their_code() {
    for (incoming, closing, code) in [
        (Incoming::Binary, Closing::NotUnderstood, 1008),
        (Incoming::TooLarge, Closing::TooLarge, 1009),
        (Incoming::Text(" ".repeat(32 * 1024 + 1)), Closing::TooLarge, 1009),
        (Incoming::NotText, Closing::NotText, 1007),
        (Incoming::BrokenProtocol, Closing::BrokenProtocol, 1002),
    ] {
        assert_eq!(TestSession::settled().on(Event::Incoming(incoming)), [Action::Close(closing)]);
        assert_eq!(closing.code(), code);
    }
}

#[test]
fn the_51st_frame_at_once_is_one_too_many() {
    let mut session = TestSession::open();
    session.says(r#"{"op":"start","since":"c0"}"#);
    for number in 2..=50 {
        assert_eq!(session.says(r#"{"op":"new"}"#), [], "frame {number}");
    }
    assert_eq!(session.on(Event::Incoming(Incoming::Control)), [Action::Close(Closing::Flood)]);
}

#[test]
fn confirming_what_was_pushed_is_no_flood() {
    let mut session = TestSession::settled();
    for number in 1..1_000 {
        let cursor = format!("c{number}");
        assert_eq!(session.moves().len(), 1);
        assert_eq!(session.answers(answer(&cursor, 1, false)).len(), 1);
        assert_eq!(session.has(&cursor), []);
    }
}

#[test]
fn a_token_is_renewed_in_place() {
    let mut session = TestSession::with_token(BEGIN + 60_000);
    session.says(r#"{"op":"start","since":"c0"}"#);
    session.answers(answer("c0", 0, false));
    session.has("c0");
    let told = (30_000, send(r#"{"op":"tokenExpiring","expiresAt":"2025-11-14T10:31:00.000Z"}"#));
    assert_eq!(without_heartbeats(session.waits(40_000))[1..], [told]);
    assert_eq!(session.says(r#"{"op":"token","token":"a.b.c"}"#), [Action::Check("a.b.c".to_owned())]);
    assert_eq!(session.on(Event::Checked(Ok(token("anna", BEGIN + 600_000)))), []);
    let told = (570_000, send(r#"{"op":"tokenExpiring","expiresAt":"2025-11-14T10:40:00.000Z"}"#));
    let done = without_heartbeats(session.waits(1_000_000));
    assert_eq!(done, [told, (660_000, Action::Close(Closing::Token))], "at expiry and leeway");
}

#[test]
fn an_invalid_token_or_one_of_another_user_ends_the_connection() {
    for checked in [Ok(token("ben", BEGIN + DAY)), Err(Refusal::Invalid)] {
        let mut session = TestSession::settled();
        session.says(r#"{"op":"token","token":"a.b.c"}"#);
        assert_eq!(session.on(Event::Checked(checked)), [Action::Close(Closing::Token)]);
    }
    let mut session = TestSession::settled();
    session.says(r#"{"op":"token","token":"a.b.c"}"#);
    assert_eq!(
        session.on(Event::Checked(Err(Refusal::Unavailable))),
        [],
        "the keys cannot be had now: the old one counts"
    );
    assert_eq!(session.says(r#"{"op":"token","token":"a.b.c"}"#).len(), 1, "and another try is welcome");
    assert_eq!(
        session.says(r#"{"op":"token","token":"a.b.d"}"#),
        [Action::Close(Closing::NotUnderstood)],
        "one at a time"
    );
}

#[test]
fn a_stop_and_a_newer_connection_end_it() {
    let told = |stops, replaced| Event::News(News { stops, replaced, ..News::default() });
    assert_eq!(TestSession::settled().on(told(true, false)), [Action::Close(Closing::Stopping)]);
    assert_eq!(TestSession::open().on(told(false, true)), [Action::Close(Closing::Replaced)], "even before start");
    assert_eq!((Closing::Stopping.code(), Closing::Replaced.code()), (1001, 4409));
    assert_eq!((Closing::TooSlow.code(), Closing::Flood.code(), Closing::Token.code()), (4408, 4429, 4401));
}
