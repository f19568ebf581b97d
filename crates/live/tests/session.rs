//! What a connection does, second by second, by a clock in the test's hand.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use jobline_chat::UserId;
use jobline_live::{Action, Answer, Closing, Event, Incoming, News, Refusal, Seen, Session, Token};

const BEGIN: u64 = 1_763_116_200_000;
const DAY: u64 = 86_400_000;

struct Line {
    session: Session,
    now: u64,
}

impl Line {
    /// A connection of anna's whose token is good for a day.
    fn open() -> Self {
        Self::with_token(BEGIN + DAY)
    }

    fn with_token(expires_ms: u64) -> Self {
        Self { session: Session::new(token("anna", expires_ms), BEGIN, 7), now: BEGIN }
    }

    /// A connection that has begun, whose first read goes on.
    fn started() -> Self {
        let mut line = Self::open();
        let done = line.says(r#"{"op":"start","since":"c0"}"#);
        assert_eq!(done[1..], [Action::FindCircle, read("c0")]);
        assert!(matches!(&done[0], Action::Send(ready) if ready.starts_with(r#"{"op":"ready""#)), "{done:?}");
        line
    }

    /// A connection that has everything.
    fn settled() -> Self {
        let mut line = Self::started();
        assert_eq!(line.answers(answer("c0", 0, false)), [pushed("c0", 0, false)]);
        assert_eq!(line.has("c0"), []);
        assert_eq!(line.on(Event::Circle(None)), []);
        line
    }

    fn on(&mut self, event: Event) -> Vec<Action> {
        self.session.handle(event, self.now)
    }

    fn says(&mut self, text: &str) -> Vec<Action> {
        self.on(Event::Incoming(Incoming::Text(text.to_owned())))
    }

    fn has(&mut self, cursor: &str) -> Vec<Action> {
        self.says(&format!(r#"{{"op":"have","since":"{cursor}"}}"#))
    }

    fn answers(&mut self, answer: Answer) -> Vec<Action> {
        self.on(Event::Answered(Ok(answer)))
    }

    fn moves(&mut self) -> Vec<Action> {
        self.on(Event::News(News { moved: true, ..News::default() }))
    }

    /// Lets time go on, and the client answer every ping; what was done, and when.
    fn waits(&mut self, ms: u64) -> Vec<(u64, Action)> {
        let (end, mut done) = (self.now + ms, Vec::new());
        while self.session.due_ms() <= end {
            assert!(self.session.due_ms() >= self.now, "due in the past");
            self.now = self.session.due_ms();
            let actions = self.on(Event::Tick);
            assert!(!actions.is_empty(), "woken for nothing at {}", self.now);
            let closed = matches!(actions.last(), Some(Action::Close(_)));
            let pinged = actions.contains(&Action::Ping);
            done.extend(actions.into_iter().map(|action| (self.now - BEGIN, action)));
            if closed {
                return done;
            }
            if pinged {
                assert_eq!(self.on(Event::Incoming(Incoming::Control)), []);
            }
        }
        self.now = end;
        done
    }
}

fn token(user: &str, expires_ms: u64) -> Token {
    Token { user: UserId::new(user).unwrap(), expires_ms, issued_ms: None }
}

fn json(cursor: &str, messages: usize, has_more: bool) -> String {
    let messages = vec!["{}"; messages].join(",");
    format!(r#"{{"messages":[{messages}],"hasMore":{has_more},"cursor":"{cursor}"}}"#)
}

fn answer(cursor: &str, messages: usize, has_more: bool) -> Answer {
    let (json, is_empty) = (json(cursor, messages, has_more), messages == 0);
    Answer { json, cursor: cursor.to_owned(), has_more, is_empty }
}

fn pushed(cursor: &str, messages: usize, has_more: bool) -> Action {
    Action::Push(json(cursor, messages, has_more).replacen('{', r#"{"op":"synced","#, 1))
}

fn send(text: &str) -> Action {
    Action::Send(text.to_owned())
}

fn read(cursor: &str) -> Action {
    Action::Read(Some(cursor.to_owned()), 20)
}

fn without_heartbeats(done: Vec<(u64, Action)>) -> Vec<(u64, Action)> {
    let beat = send(r#"{"op":"heartbeat"}"#);
    done.into_iter().filter(|(_, action)| *action != beat && *action != Action::Ping).collect()
}

#[test]
fn a_start_is_answered_with_ready_and_everything_up_to_the_end() {
    let mut line = Line::open();
    let ready = r#"{"op":"ready","heartbeatMs":25000,"tokenExpiresAt":"2025-11-15T10:30:00.000Z"}"#;
    assert_eq!(line.says(r#"{"op":"start"}"#), [send(ready), Action::FindCircle, Action::Read(None, 20)]);
    assert_eq!(line.answers(answer("c1", 20, true)), [pushed("c1", 20, true)]);
    assert_eq!(line.has("c1"), [read("c1")], "more waits");
    assert_eq!(line.answers(answer("c2", 3, false)), [pushed("c2", 3, false)]);
    assert_eq!(line.has("c2"), [], "that was the end");
}

#[test]
fn a_start_that_missed_nothing_is_told_so_once() {
    let mut line = Line::settled();
    assert_eq!(line.moves(), [read("c0")]);
    assert_eq!(line.answers(answer("c0", 0, false)), [], "a wake-up that brings nothing is not pushed");
}

#[test]
fn at_most_one_answer_is_on_its_way() {
    let mut line = Line::settled();
    assert_eq!(line.moves(), [read("c0")]);
    assert_eq!(line.moves(), [], "the read that goes on may have seen it or not");
    assert_eq!(line.answers(answer("c1", 1, false)), [pushed("c1", 1, false)]);
    assert_eq!(line.moves(), []);
    assert_eq!(line.moves(), []);
    assert_eq!(line.has("c1"), [read("c1")], "moved meanwhile, however often: one read");
    assert_eq!(line.answers(answer("c2", 1, false)), [pushed("c2", 1, false)]);
    assert_eq!(line.has("c2"), []);
}

#[test]
fn a_have_of_another_cursor_is_where_the_next_answer_begins() {
    let mut line = Line::settled();
    assert_eq!(line.moves(), [read("c0")]);
    assert_eq!(line.has("c5"), [], "the client has polled, and the read goes on");
    assert_eq!(line.answers(answer("c1", 1, false)), [read("c5")], "what was read from the old place is dropped");
    assert_eq!(line.answers(answer("c5", 0, false)), []);
    assert_eq!(line.has("c3"), [read("c3")]);
}

#[test]
fn an_answer_that_does_not_fit_in_a_frame_is_read_again_in_smaller_parts() {
    let mut line = Line::started();
    let large = || Answer { json: " ".repeat(33_000), ..answer("c1", 1, true) };
    assert_eq!(line.answers(large()), [Action::Read(Some("c0".to_owned()), 5)]);
    assert_eq!(line.answers(large()), [Action::Read(Some("c0".to_owned()), 1)]);
    assert_eq!(line.answers(answer("c1", 1, true)), [pushed("c1", 1, true)]);
    assert_eq!(line.has("c1"), [read("c1")], "and then in whole ones again");
}

#[test]
fn a_read_that_fails_is_repeated_later_and_later() {
    let mut line = Line::settled();
    assert_eq!(line.moves(), [read("c0")]);
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let failed = line.now;
        let mut done = line.on(Event::Answered(Err(Refusal::Unavailable)));
        while !done.contains(&read("c0")) {
            line.now = line.session.due_ms();
            done = line.on(Event::Tick);
            line.on(Event::Incoming(Incoming::Control));
        }
        pauses.push(line.now - failed);
    }
    assert!(pauses[0] <= 1_000 && pauses.windows(2).all(|two| two[0] <= two[1]), "{pauses:?}");
    assert!(*pauses.last().unwrap() >= 15_000 && *pauses.last().unwrap() <= 30_000, "{pauses:?}");
}

#[test]
fn a_cursor_that_is_not_good_ends_the_connection() {
    let mut line = Line::started();
    assert_eq!(line.on(Event::Answered(Err(Refusal::Invalid))), [Action::Close(Closing::NotUnderstood)]);
    assert_eq!(line.moves(), [], "nothing comes after the end");
}

#[test]
fn a_client_that_does_not_confirm_is_too_slow_after_30_s() {
    let mut line = Line::started();
    assert_eq!(line.answers(answer("c1", 1, false)).len(), 1);
    let done = without_heartbeats(line.waits(100_000));
    let proved = (2_000, Action::Deliver("c0".to_owned()));
    assert_eq!(done, [proved, (30_000, Action::Close(Closing::TooSlow))]);
}

#[test]
fn a_client_that_does_not_begin_is_too_slow_after_10_s() {
    assert_eq!(Line::open().waits(100_000), [(10_000, Action::Close(Closing::TooSlow))]);
}

#[test]
fn a_client_without_a_sign_of_life_is_too_slow_after_90_s() {
    let mut line = Line::settled();
    let mut closed = None;
    while closed.is_none() {
        line.now = line.session.due_ms();
        let done = line.on(Event::Tick);
        closed = done.contains(&Action::Close(Closing::TooSlow)).then_some(line.now - BEGIN);
    }
    assert_eq!(closed, Some(90_000));
}

#[test]
fn the_server_shows_every_25_s_that_it_is_there() {
    let mut line = Line::settled();
    let beats: Vec<u64> =
        line.waits(100_000).into_iter().filter(|(_, one)| *one == Action::Ping).map(|one| one.0).collect();
    assert_eq!(beats, [25_000, 50_000, 75_000, 100_000]);
    assert_eq!(line.says(r#"{"op":"ping"}"#), [send(r#"{"op":"pong"}"#)]);
}

#[test]
fn a_delivery_is_recorded_2_s_after_the_first_proof_by_the_last_cursor() {
    let mut line = Line::started();
    line.answers(answer("c1", 1, false));
    line.waits(1_000);
    assert_eq!(line.has("c1"), []);
    line.moves();
    line.answers(answer("c2", 1, false));
    line.has("c2");
    assert_eq!(line.waits(900), []);
    assert_eq!(line.session.undelivered(), Some("c2"));
    assert_eq!(line.waits(100), [(2_000, Action::Deliver("c2".to_owned()))]);
    assert_eq!(line.session.undelivered(), None);
    assert_eq!(line.on(Event::Delivered(Ok(()))), []);
    assert_eq!(line.waits(10_000), [], "once");
}

#[test]
fn nothing_is_delivered_before_the_client_has_it() {
    let mut line = Line::open();
    line.says(r#"{"op":"start"}"#);
    line.answers(answer("c1", 5, false));
    assert_eq!(line.session.undelivered(), None);
    let done = without_heartbeats(line.waits(29_000));
    assert_eq!(done, []);
}

#[test]
fn a_delivery_that_could_not_be_recorded_is_tried_again() {
    let mut line = Line::settled();
    line.waits(2_000);
    assert_eq!(line.on(Event::Delivered(Err(Refusal::Unavailable))), []);
    assert_eq!(line.waits(10_000), [(12_000, Action::Deliver("c0".to_owned()))]);
    assert_eq!(line.on(Event::Delivered(Err(Refusal::Invalid))), []);
    assert_eq!(without_heartbeats(line.waits(60_000)), [], "what can never be recorded is not tried again");
}

#[test]
fn frames_that_are_not_understood_end_the_connection() {
    for text in ["", "[]", "{}", r#"{"op":"have"}"#, r#"{"op":"start"}"#, r#"{"op":"typing","conversationId":1}"#] {
        assert_eq!(Line::settled().says(text), [Action::Close(Closing::NotUnderstood)], "{text}");
    }
    let long = format!(r#"{{"op":"watch","conversationId":"{}"}}"#, "x".repeat(601));
    assert_eq!(Line::settled().says(&long), [Action::Close(Closing::NotUnderstood)]);
    for text in [r#"{"op":"have","since":"c0"}"#, r#"{"op":"watch"}"#] {
        assert_eq!(Line::open().says(text), [Action::Close(Closing::NotUnderstood)], "{text} before start");
    }
    let mut line = Line::open();
    assert_eq!(line.says(r#"{"op":"ping"}"#), [send(r#"{"op":"pong"}"#)], "a ping is no place in the log");
    assert_eq!(line.says(r#"{"op":"later"}"#), [], "newer clients may say more");
}

#[test]
fn frames_that_cannot_be_taken_end_the_connection_with_their_code() {
    for (incoming, closing, code) in [
        (Incoming::Binary, Closing::NotUnderstood, 1008),
        (Incoming::TooLarge, Closing::TooLarge, 1009),
        (Incoming::Text(" ".repeat(32 * 1024 + 1)), Closing::TooLarge, 1009),
        (Incoming::NotText, Closing::NotText, 1007),
        (Incoming::BrokenProtocol, Closing::BrokenProtocol, 1002),
    ] {
        assert_eq!(Line::settled().on(Event::Incoming(incoming)), [Action::Close(closing)]);
        assert_eq!(closing.code(), code);
    }
}

#[test]
fn the_51st_frame_at_once_is_one_too_many() {
    let mut line = Line::open();
    line.says(r#"{"op":"start","since":"c0"}"#);
    for number in 2..=50 {
        assert_eq!(line.says(r#"{"op":"new"}"#), [], "frame {number}");
    }
    assert_eq!(line.on(Event::Incoming(Incoming::Control)), [Action::Close(Closing::Flood)]);
}

#[test]
fn confirming_what_was_pushed_is_no_flood() {
    let mut line = Line::settled();
    for number in 1..1_000 {
        let cursor = format!("c{number}");
        assert_eq!(line.moves().len(), 1);
        assert_eq!(line.answers(answer(&cursor, 1, false)).len(), 1);
        assert_eq!(line.has(&cursor), []);
    }
}

#[test]
fn a_token_is_renewed_in_place() {
    let mut line = Line::with_token(BEGIN + 60_000);
    line.says(r#"{"op":"start","since":"c0"}"#);
    line.answers(answer("c0", 0, false));
    line.has("c0");
    let told = (30_000, send(r#"{"op":"tokenExpiring","expiresAt":"2025-11-14T10:31:00.000Z"}"#));
    assert_eq!(without_heartbeats(line.waits(40_000))[1..], [told]);
    assert_eq!(line.says(r#"{"op":"token","token":"a.b.c"}"#), [Action::Check("a.b.c".to_owned())]);
    assert_eq!(line.on(Event::Checked(Ok(token("anna", BEGIN + 600_000)))), []);
    let told = (570_000, send(r#"{"op":"tokenExpiring","expiresAt":"2025-11-14T10:40:00.000Z"}"#));
    let done = without_heartbeats(line.waits(1_000_000));
    assert_eq!(done, [told, (660_000, Action::Close(Closing::Token))], "at expiry and leeway");
}

#[test]
fn a_token_of_somebody_else_or_no_good_ends_the_connection() {
    for checked in [Ok(token("ben", BEGIN + DAY)), Err(Refusal::Invalid)] {
        let mut line = Line::settled();
        line.says(r#"{"op":"token","token":"a.b.c"}"#);
        assert_eq!(line.on(Event::Checked(checked)), [Action::Close(Closing::Token)]);
    }
    let mut line = Line::settled();
    line.says(r#"{"op":"token","token":"a.b.c"}"#);
    assert_eq!(
        line.on(Event::Checked(Err(Refusal::Unavailable))),
        [],
        "the keys cannot be had now: the old one counts"
    );
    assert_eq!(line.says(r#"{"op":"token","token":"a.b.c"}"#).len(), 1, "and another try is welcome");
    assert_eq!(
        line.says(r#"{"op":"token","token":"a.b.d"}"#),
        [Action::Close(Closing::NotUnderstood)],
        "one at a time"
    );
}

#[test]
fn a_stop_and_a_newer_connection_end_it() {
    let told = |stops, replaced| Event::News(News { stops, replaced, ..News::default() });
    assert_eq!(Line::settled().on(told(true, false)), [Action::Close(Closing::Stopping)]);
    assert_eq!(Line::open().on(told(false, true)), [Action::Close(Closing::Replaced)], "even before start");
    assert_eq!((Closing::Stopping.code(), Closing::Replaced.code()), (1001, 4409));
    assert_eq!((Closing::TooSlow.code(), Closing::Flood.code(), Closing::Token.code()), (4408, 4429, 4401));
}

#[test]
fn somebody_who_looks_is_recorded_at_once_and_every_five_minutes() {
    let mut line = Line::settled();
    line.waits(2_000);
    line.on(Event::Delivered(Ok(())));
    let active = r#"{"op":"active","active":true}"#;
    assert_eq!(line.says(active), [Action::Active(true), Action::FindCircle, Action::Record]);
    assert_eq!(line.says(active), [], "said twice");
    let records: Vec<u64> =
        line.waits(700_000).into_iter().filter(|(_, one)| *one == Action::Record).map(|one| one.0).collect();
    assert_eq!(records, [302_000, 602_000]);
    assert_eq!(line.says(r#"{"op":"active","active":false}"#), [Action::Active(false)]);
    assert!(line.waits(700_000).into_iter().all(|(_, one)| one != Action::Record));
}

#[test]
fn a_circle_is_met_and_those_who_come_and_go_are_shown() {
    let mut line = Line::settled();
    let ben = UserId::new("ben").unwrap();
    assert_eq!(line.on(Event::Circle(Some(vec![ben.clone()]))), [Action::Meet(vec![ben.clone()])]);
    assert_eq!(line.on(Event::Circle(None)), [], "it could not be found out");
    let seen = vec![Seen { user: ben, online: true, last_ms: Some(BEGIN) }];
    let frame = r#"{"op":"presence","userId":"ben","state":"online","lastActiveAt":"2025-11-14T10:00:00.000Z"}"#;
    assert_eq!(line.on(Event::News(News { seen, ..News::default() })), [send(frame)]);
}

#[test]
fn who_may_be_seen_is_found_out_again_when_it_changes_and_one_search_at_a_time() {
    let (ben, changed) = (UserId::new("ben").unwrap(), || Event::News(News { relations: true, ..News::default() }));
    let mut line = Line::started();
    assert_eq!(line.on(changed()), [], "the first search goes on");
    assert_eq!(line.on(Event::Circle(Some(vec![ben.clone()]))), [Action::FindCircle], "it may be out of date");
    assert_eq!(line.on(Event::Circle(Some(Vec::new()))), [Action::Meet(Vec::new())]);
    assert_eq!(line.on(changed()), [Action::FindCircle]);
    assert_eq!(line.on(Event::Circle(Some(vec![ben.clone()]))), [Action::Meet(vec![ben])]);
    assert_eq!(line.on(changed()), [Action::FindCircle]);
    assert_eq!(line.on(Event::Circle(None)), [Action::Meet(Vec::new())], "where it is not known, nobody is shown");
}

/// Frames about typing, as the session is told of them and relays them.
mod typing {
    use super::*;
    use std::sync::Arc;

    fn types(conversation: &str, typing: bool) -> String {
        format!(r#"{{"op":"typing","conversationId":"{conversation}","typing":{typing}}}"#)
    }

    fn ben() -> Arc<[UserId]> {
        vec![UserId::new("ben").unwrap()].into()
    }

    fn found(conversation: &str) -> Event {
        Event::Audience(conversation.to_owned(), Some(ben().to_vec()))
    }

    fn find(conversation: &str) -> Action {
        Action::FindAudience(conversation.to_owned())
    }

    fn relations() -> Event {
        Event::News(News { relations: true, ..News::default() })
    }

    fn relayed(conversation: &str) -> Action {
        Action::Types(conversation.to_owned(), ben())
    }

    #[test]
    fn it_is_relayed_at_most_every_3_s_and_over_after_6_s() {
        let mut line = Line::settled();
        assert_eq!(line.says(&types("conv_anna_ben", true)), [Action::FindAudience("conv_anna_ben".to_owned())]);
        assert_eq!(line.on(found("conv_anna_ben")), [relayed("conv_anna_ben")]);
        line.waits(1_000);
        assert_eq!(line.says(&types("conv_anna_ben", true)), [], "too soon");
        line.on(Event::Delivered(Ok(())));
        let done = line.waits(9_000);
        let deliver = (2_000, Action::Deliver("c0".to_owned()));
        assert_eq!(done, [deliver, (3_000, relayed("conv_anna_ben")), (7_000, Action::StopsTyping)]);
    }

    #[test]
    fn it_is_over_at_once_when_the_client_says_so() {
        let mut line = Line::settled();
        line.says(&types("conv_anna_ben", true));
        line.on(found("conv_anna_ben"));
        assert_eq!(line.says(&types("conv_anna_cy", false)), [], "elsewhere");
        assert_eq!(line.says(&types("conv_anna_ben", false)), [Action::StopsTyping]);
        assert_eq!(line.says(&types("conv_anna_ben", false)), [], "it was over");
    }

    #[test]
    fn in_another_conversation_it_is_over_in_the_first() {
        let mut line = Line::settled();
        line.says(&types("conv_anna_ben", true));
        line.on(found("conv_anna_ben"));
        let other = "conv_anna_cy";
        let steps = [Action::StopsTyping, Action::FindAudience(other.to_owned())];
        assert_eq!(line.says(&types(other, true)), steps);
        assert_eq!(line.on(found("conv_anna_ben")), [], "found too late");
        assert_eq!(line.on(found(other)), [relayed(other)]);
    }

    #[test]
    fn one_who_stops_before_it_is_known_who_may_see_it_is_not_shown() {
        let mut line = Line::settled();
        line.says(&types("conv_anna_ben", true));
        assert_eq!(line.says(&types("conv_anna_ben", false)), []);
        assert_eq!(line.on(found("conv_anna_ben")), []);
        let mut line = Line::settled();
        line.says(&types("conv_anna_ben", true));
        assert_eq!(line.on(Event::Audience("conv_anna_ben".to_owned(), None)), [], "it could not be found out");
    }

    #[test]
    fn who_may_see_it_is_asked_again_after_10_s() {
        let mut line = Line::settled();
        line.says(&types("conv_anna_ben", true));
        line.on(found("conv_anna_ben"));
        line.waits(9_000);
        assert_eq!(line.says(&types("conv_anna_ben", true)), [relayed("conv_anna_ben")]);
        line.waits(4_000);
        assert_eq!(line.says(&types("conv_anna_ben", true)), [find("conv_anna_ben")]);
    }

    #[test]
    fn who_may_not_see_it_any_more_is_told_that_it_is_over_and_nothing_else() {
        let nobody = || Event::Audience("conv_anna_ben".to_owned(), Some(Vec::new()));
        let mut line = Line::settled();
        line.says(&types("conv_anna_ben", true));
        line.on(found("conv_anna_ben"));
        assert_eq!(line.on(relations()), [find("conv_anna_ben"), Action::FindCircle], "at once");
        assert_eq!(line.on(nobody()), [Action::StopsTyping]);
        line.waits(4_000);
        assert_eq!(line.says(&types("conv_anna_ben", true)), []);
        assert_eq!(line.on(relations()), [], "nobody sees it");
        line.waits(4_000);
        assert_eq!(line.says(&types("conv_anna_ben", true)), [find("conv_anna_ben")]);
        assert_eq!(line.on(found("conv_anna_ben")), [relayed("conv_anna_ben")], "they may see it again");
    }

    #[test]
    fn what_was_asked_before_something_changed_is_asked_again() {
        for change in [relations as fn() -> Event, || Event::News(News { moved: true, ..News::default() })] {
            let mut line = Line::settled();
            line.says(&types("conv_anna_ben", true));
            line.on(change());
            assert_eq!(line.on(found("conv_anna_ben")), [find("conv_anna_ben")], "it may have been read before");
            assert_eq!(line.on(found("conv_anna_ben")), [relayed("conv_anna_ben")]);
        }
    }

    #[test]
    fn what_moves_has_it_asked_again_before_the_next_relay() {
        let mut line = Line::settled();
        line.says(&types("conv_anna_ben", true));
        line.on(found("conv_anna_ben"));
        assert_eq!(line.moves(), [read("c0")]);
        line.answers(answer("c0", 0, false));
        line.waits(3_500);
        assert_eq!(line.says(&types("conv_anna_ben", true)), [find("conv_anna_ben")]);
        assert_eq!(line.on(found("conv_anna_ben")), [relayed("conv_anna_ben")]);
    }

    #[test]
    fn a_watching_device_is_told() {
        let mut line = Line::settled();
        let watch = r#"{"op":"watch","conversationId":"conv_anna_ben"}"#;
        assert_eq!(line.says(watch), [Action::Watch(Some("conv_anna_ben".to_owned()))]);
        let typing = Some(("conv_anna_ben".to_owned(), vec![(UserId::new("ben").unwrap(), true)]));
        let told = line.on(Event::News(News { typing, ..News::default() }));
        let frame = r#"{"op":"typing","conversationId":"conv_anna_ben","userId":"ben","typing":true}"#;
        assert_eq!(told, [send(frame)]);
    }
}
