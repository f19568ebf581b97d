//! A session whose clock the test moves, and the events and actions of tests.

use jobline_chat::UserId;
use jobline_live::{Action, Answer, Event, Incoming, News, Session, Token};

pub(crate) const BEGIN: u64 = 1_763_116_200_000;

pub(crate) const DAY: u64 = 86_400_000;

pub(crate) struct TestSession {
    pub(crate) inner: Session,
    pub(crate) now: u64,
}

impl TestSession {
    /// A connection of anna whose token is valid for a day.
    pub(crate) fn open() -> Self {
        Self::with_token(BEGIN + DAY)
    }

    pub(crate) fn with_token(expires_ms: u64) -> Self {
        Self { inner: Session::new(token("anna", expires_ms), BEGIN, 7), now: BEGIN }
    }

    /// A connection that has started, and whose first read is in progress.
    pub(crate) fn started() -> Self {
        let mut session = Self::open();
        let done = session.says(r#"{"op":"start","since":"c0"}"#);
        assert_eq!(done[1..], [read("c0")]);
        assert!(matches!(&done[0], Action::Send(ready) if ready.starts_with(r#"{"op":"ready""#)), "{done:?}");
        session
    }

    /// A connection that is up to date.
    pub(crate) fn settled() -> Self {
        let mut session = Self::started();
        assert_eq!(session.answers(answer("c0", 0, false)), [pushed("c0", 0, false), Action::FindPresencePeers]);
        assert_eq!(session.has("c0"), []);
        assert_eq!(session.on(Event::PresencePeers(None)), []);
        session
    }

    pub(crate) fn on(&mut self, event: Event) -> Vec<Action> {
        self.inner.handle(event, self.now)
    }

    pub(crate) fn says(&mut self, text: &str) -> Vec<Action> {
        self.on(Event::Incoming(Incoming::Text(text.to_owned())))
    }

    pub(crate) fn has(&mut self, cursor: &str) -> Vec<Action> {
        self.says(&format!(r#"{{"op":"have","since":"{cursor}"}}"#))
    }

    pub(crate) fn answers(&mut self, answer: Answer) -> Vec<Action> {
        self.on(Event::Answered(Ok(answer)))
    }

    pub(crate) fn moves(&mut self) -> Vec<Action> {
        self.on(Event::News(News { moved: true, ..News::default() }))
    }

    /// Advances the clock while the client answers every ping. Returns the actions with their times.
    pub(crate) fn waits(&mut self, ms: u64) -> Vec<(u64, Action)> {
        let (end, mut done) = (self.now + ms, Vec::new());
        while self.inner.due_ms() <= end {
            assert!(self.inner.due_ms() >= self.now, "due in the past");
            self.now = self.inner.due_ms();
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

pub(crate) fn token(user: &str, expires_ms: u64) -> Token {
    Token { user: UserId::new(user).unwrap(), expires_ms, issued_ms: None }
}

pub(crate) fn json(cursor: &str, messages: usize, has_more: bool) -> String {
    let messages = vec!["{}"; messages].join(",");
    format!(r#"{{"messages":[{messages}],"hasMore":{has_more},"cursor":"{cursor}"}}"#)
}

pub(crate) fn answer(cursor: &str, messages: usize, has_more: bool) -> Answer {
    let (json, is_empty) = (json(cursor, messages, has_more), messages == 0);
    Answer { json, cursor: cursor.to_owned(), has_more, is_empty }
}

pub(crate) fn pushed(cursor: &str, messages: usize, has_more: bool) -> Action {
    Action::Push(json(cursor, messages, has_more).replacen('{', r#"{"op":"synced","#, 1))
}

pub(crate) fn send(text: &str) -> Action {
    Action::Send(text.to_owned())
}

pub(crate) fn read(cursor: &str) -> Action {
    Action::Read(Some(cursor.to_owned()), 20)
}

pub(crate) fn without_heartbeats(done: Vec<(u64, Action)>) -> Vec<(u64, Action)> {
    let beat = send(r#"{"op":"heartbeat"}"#);
    done.into_iter().filter(|(_, action)| *action != beat && *action != Action::Ping).collect()
}
