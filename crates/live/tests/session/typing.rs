//! Frames about typing: what a session receives and what it relays.

use crate::test_session::*;
use jobline_chat::UserId;
use jobline_live::{Action, Event, News};
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
fn typing_is_relayed_at_most_every_3_s_and_ends_after_6_s() {
    let mut session = TestSession::settled();
    assert_eq!(session.says(&types("conv_anna_ben", true)), [Action::FindAudience("conv_anna_ben".to_owned())]);
    assert_eq!(session.on(found("conv_anna_ben")), [relayed("conv_anna_ben")]);
    session.waits(1_000);
    assert_eq!(session.says(&types("conv_anna_ben", true)), [], "too soon");
    session.on(Event::Delivered(Ok(())));
    let done = session.waits(9_000);
    let deliver = (2_000, Action::Deliver("c0".to_owned()));
    assert_eq!(done, [deliver, (3_000, relayed("conv_anna_ben")), (7_000, Action::StopsTyping)]);
}

#[test]
fn typing_ends_at_once_when_the_client_says_so() {
    let mut session = TestSession::settled();
    session.says(&types("conv_anna_ben", true));
    session.on(found("conv_anna_ben"));
    assert_eq!(session.says(&types("conv_anna_cy", false)), [], "elsewhere");
    assert_eq!(session.says(&types("conv_anna_ben", false)), [Action::StopsTyping]);
    assert_eq!(session.says(&types("conv_anna_ben", false)), [], "it was over");
}

#[test]
fn typing_in_another_conversation_ends_it_in_the_first() {
    let mut session = TestSession::settled();
    session.says(&types("conv_anna_ben", true));
    session.on(found("conv_anna_ben"));
    let other = "conv_anna_cy";
    let steps = [Action::StopsTyping, Action::FindAudience(other.to_owned())];
    assert_eq!(session.says(&types(other, true)), steps);
    assert_eq!(session.on(found("conv_anna_ben")), [], "found too late");
    assert_eq!(session.on(found(other)), [relayed(other)]);
}

#[test]
fn typing_that_ends_before_its_audience_is_known_is_not_shown() {
    let mut session = TestSession::settled();
    session.says(&types("conv_anna_ben", true));
    assert_eq!(session.says(&types("conv_anna_ben", false)), []);
    assert_eq!(session.on(found("conv_anna_ben")), []);
    let mut session = TestSession::settled();
    session.says(&types("conv_anna_ben", true));
    assert_eq!(session.on(Event::Audience("conv_anna_ben".to_owned(), None)), [], "it could not be found out");
}

#[test]
fn the_audience_of_typing_is_looked_up_again_after_10_s() {
    let mut session = TestSession::settled();
    session.says(&types("conv_anna_ben", true));
    session.on(found("conv_anna_ben"));
    session.waits(9_000);
    assert_eq!(session.says(&types("conv_anna_ben", true)), [relayed("conv_anna_ben")]);
    session.waits(4_000);
    assert_eq!(session.says(&types("conv_anna_ben", true)), [find("conv_anna_ben")]);
}

#[test]
fn users_who_may_no_longer_see_typing_learn_that_it_ended_and_nothing_else() {
    let nobody = || Event::Audience("conv_anna_ben".to_owned(), Some(Vec::new()));
    let mut session = TestSession::settled();
    session.says(&types("conv_anna_ben", true));
    session.on(found("conv_anna_ben"));
    assert_eq!(session.on(relations()), [find("conv_anna_ben"), Action::FindPresencePeers], "at once");
    assert_eq!(session.on(nobody()), [Action::StopsTyping]);
    session.waits(4_000);
    assert_eq!(session.says(&types("conv_anna_ben", true)), []);
    assert_eq!(session.on(relations()), [], "nobody sees it");
    session.waits(4_000);
    assert_eq!(session.says(&types("conv_anna_ben", true)), [find("conv_anna_ben")]);
    assert_eq!(session.on(found("conv_anna_ben")), [relayed("conv_anna_ben")], "they may see it again");
}

#[test]
fn an_audience_found_before_a_change_is_looked_up_again() {
    for change in [relations as fn() -> Event, || Event::News(News { moved: true, ..News::default() })] {
        let mut session = TestSession::settled();
        session.says(&types("conv_anna_ben", true));
        session.on(change());
        assert_eq!(session.on(found("conv_anna_ben")), [find("conv_anna_ben")], "it may have been read before");
        assert_eq!(session.on(found("conv_anna_ben")), [relayed("conv_anna_ben")]);
    }
}

#[test]
fn a_change_causes_a_new_audience_lookup_before_the_next_relay() {
    let mut session = TestSession::settled();
    session.says(&types("conv_anna_ben", true));
    session.on(found("conv_anna_ben"));
    assert_eq!(session.moves(), [read("c0")]);
    session.answers(answer("c0", 0, false));
    session.waits(3_500);
    assert_eq!(session.says(&types("conv_anna_ben", true)), [find("conv_anna_ben")]);
    assert_eq!(session.on(found("conv_anna_ben")), [relayed("conv_anna_ben")]);
}

#[test]
fn a_watching_device_is_told() {
    let mut session = TestSession::settled();
    let watch = r#"{"op":"watch","conversationId":"conv_anna_ben"}"#;
    assert_eq!(session.says(watch), [Action::Watch(Some("conv_anna_ben".to_owned()))]);
    let typing = Some(("conv_anna_ben".to_owned(), vec![(UserId::new("ben").unwrap(), true)]));
    let told = session.on(Event::News(News { typing, ..News::default() }));
    let frame = r#"{"op":"typing","conversationId":"conv_anna_ben","userId":"ben","typing":true}"#;
    assert_eq!(told, [send(frame)]);
}
