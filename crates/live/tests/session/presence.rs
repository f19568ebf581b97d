//! Online status, as a session requests and shows it.

use crate::test_session::*;
use jobline_chat::UserId;
use jobline_live::{Action, Event, News, Seen};

#[test]
fn an_active_user_is_recorded_at_once_and_every_five_minutes() {
    let mut session = TestSession::settled();
    session.waits(2_000);
    session.on(Event::Delivered(Ok(())));
    let active = r#"{"op":"active","active":true}"#;
    assert_eq!(session.says(active), [Action::Active(true), Action::FindPresencePeers, Action::Record]);
    assert_eq!(session.says(active), [], "said twice");
    let records: Vec<u64> =
        session.waits(700_000).into_iter().filter(|(_, one)| *one == Action::Record).map(|one| one.0).collect();
    assert_eq!(records, [302_000, 602_000]);
    assert_eq!(session.says(r#"{"op":"active","active":false}"#), [Action::Active(false)]);
    assert!(session.waits(700_000).into_iter().all(|(_, one)| one != Action::Record));
}

#[test]
fn presence_peers_are_shown_to_each_other_as_they_come_and_go() {
    let mut session = TestSession::settled();
    let ben = UserId::new("ben").unwrap();
    assert_eq!(session.on(Event::PresencePeers(Some(vec![ben.clone()]))), [Action::ShowPresence(vec![ben.clone()])]);
    assert_eq!(session.on(Event::PresencePeers(None)), [], "it could not be found out");
    let seen = vec![Seen { user: ben, online: true, last_ms: Some(BEGIN) }];
    let frame = r#"{"op":"presence","userId":"ben","state":"online","lastActiveAt":"2025-11-14T10:00:00.000Z"}"#;
    assert_eq!(session.on(Event::News(News { seen, ..News::default() })), [send(frame)]);
}

#[test]
fn presence_peers_are_looked_up_again_after_changes_one_lookup_at_a_time() {
    let (ben, changed) = (UserId::new("ben").unwrap(), || Event::News(News { relations: true, ..News::default() }));
    let mut session = TestSession::started();
    assert_eq!(session.on(changed()), [], "the client does not have everything yet");
    assert_eq!(session.says(r#"{"op":"active","active":true}"#), [Action::Active(true), Action::Record]);
    assert_eq!(session.answers(answer("c0", 0, false)), [pushed("c0", 0, false), Action::FindPresencePeers]);
    assert_eq!(session.on(changed()), [], "the first search goes on");
    assert_eq!(
        session.on(Event::PresencePeers(Some(vec![ben.clone()]))),
        [Action::FindPresencePeers],
        "it may be out of date"
    );
    assert_eq!(session.on(Event::PresencePeers(Some(Vec::new()))), [Action::ShowPresence(Vec::new())]);
    assert_eq!(session.on(changed()), [Action::FindPresencePeers]);
    assert_eq!(session.on(Event::PresencePeers(Some(vec![ben.clone()]))), [Action::ShowPresence(vec![ben])]);
    assert_eq!(session.on(changed()), [Action::FindPresencePeers]);
    assert_eq!(
        session.on(Event::PresencePeers(None)),
        [Action::ShowPresence(Vec::new())],
        "where it is not known, nobody is shown"
    );
}
