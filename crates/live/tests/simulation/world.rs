//! One user, one client, one server, and the lines between them.

#[path = "long_poll.rs"]
mod long_poll;

use jobline_chat::UserId;
use jobline_live::{Action, Answer, Event, Hub, Incoming, Kind, News, Session, Ticket, Token};
use long_poll::LongPoll;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::VecDeque;

type Check = Result<(), String>;

/// A mistake in the code around a session, of the kinds that are typical of live layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// None: all must hold.
    None,
    /// A session gets no notification before its first read has ended.
    JoinsLate,
    /// A change while an answer is in transit is forgotten.
    ForgetsWhilePushed,
    /// A change during a read is forgotten, because the flag is cleared after it.
    ClearsAfterRead,
    /// What was pushed counts as delivered before it is confirmed.
    DeliversWhenPushed,
    /// An answer is sent twice.
    PushesTwice,
    /// A read begins after what was pushed, although the client may not have it.
    SkipsAhead,
    /// A poll that waits is told nothing before its first read has ended.
    WaitsLate,
}

/// How a client gets to know what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Not at all: it has lost its connection.
    None,
    Live,
    LongPoll,
    Poll,
}

/// Both ends of a connection.
struct Connection {
    session: Session,
    ticket: Ticket,
    /// A read that was begun, and its answer once the log was looked at.
    read: Option<(Option<String>, u32, Option<Answer>)>,
    deliver: Option<String>,
    to_client: VecDeque<String>,
    to_server: VecDeque<String>,
    has_read: bool,
    pushed: Option<String>,
}

/// What the client knows: everything up to a number, for every change is one number.
#[derive(Default)]
struct Client {
    kept: u64,
    /// It polled while a push may have been on its way: the same may come twice, and is taken in twice.
    polled: bool,
}

pub struct World {
    dice: StdRng,
    mutation: Mutation,
    hub: Hub,
    now: u64,
    head: u64,
    delivered: u64,
    /// Announcements of commits that were made but not told yet.
    late: Vec<()>,
    lost: bool,
    client: Client,
    connection: Option<Connection>,
    long_poll: Option<LongPoll>,
    way: Way,
    /// How often the client has changed its way.
    switches: u64,
}

fn anna() -> UserId {
    UserId::new("anna").expect("a user id")
}

fn number(cursor: Option<&str>) -> u64 {
    cursor.map_or(0, |cursor| cursor.parse().expect("cursors are numbers here"))
}

impl World {
    pub fn new(seed: u64, mutation: Mutation) -> Self {
        Self {
            dice: StdRng::seed_from_u64(seed),
            mutation,
            hub: Hub::default(),
            now: 1_763_116_200_000,
            head: 0,
            delivered: 0,
            late: Vec::new(),
            lost: false,
            client: Client::default(),
            connection: None,
            long_poll: None,
            way: Way::None,
            switches: 0,
        }
    }

    fn turn(&mut self, way: Way) {
        self.switches += u64::from(self.way != way);
        self.way = way;
    }

    /// One thing that happens.
    pub fn step(&mut self) -> Check {
        match self.dice.random_range(0..100) {
            0..14 => self.commit(),
            14..24 => self.announce(),
            24..28 => self.connect(),
            28..31 => self.cut(),
            31..34 => self.poll(),
            34..40 => self.wait(),
            40..43 => self.long_poll(),
            _ => self.advance().map(drop),
        }?;
        self.check_delivery()
    }

    /// No more events happen, and everything in transit arrives. Then the client knows everything: without another poll if it is
    /// live or waits, and nothing was lost. Returns how often it has changed its way.
    pub fn settle(mut self) -> Result<u64, String> {
        while !self.late.is_empty() {
            self.announce()?;
        }
        let waits = self.long_poll.is_some();
        if self.connection.is_none() && !waits {
            self.connect()?;
            self.lost = false;
        }
        self.drain()?;
        if !self.lost && self.client.kept != self.head {
            return Err(format!("has {} of {}, and was not told", self.client.kept, self.head));
        }
        self.poll()?;
        if waits {
            self.long_poll()?;
        }
        self.drain()?;
        if self.client.kept != self.head {
            return Err(format!("has {} of {} after a poll", self.client.kept, self.head));
        }
        if self.delivered != self.head {
            return Err(format!("{} of {} were delivered", self.delivered, self.head));
        }
        self.check_delivery().map(|()| self.switches)
    }

    /// Lets everything in transit arrive, and waits until deliveries are recorded.
    fn drain(&mut self) -> Check {
        for _ in 0..3 {
            for moves in 0.. {
                if !self.advance()? {
                    break;
                }
                if moves > 10_000 {
                    return Err("never comes to rest".to_owned());
                }
            }
            self.now += 2_000;
            self.tell(Event::Tick)?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Check {
        self.head += self.dice.random_range(1..=30);
        match self.dice.random_range(0..10) {
            0 => self.lost = true,
            1..=3 => self.late.push(()),
            _ => self.hub.moved(&[anna()]),
        }
        Ok(())
    }

    /// An announcement arrives late, and perhaps not for the last time.
    fn announce(&mut self) -> Check {
        if self.late.pop().is_some() {
            self.hub.moved(&[anna()]);
            if self.dice.random_bool(0.2) {
                self.late.push(());
            }
        }
        Ok(())
    }

    fn connect(&mut self) -> Check {
        if self.connection.is_some() {
            return Ok(());
        }
        self.long_poll = None;
        self.turn(Way::Live);
        let ticket = self.join(Kind::Connection)?;
        let token = Token { user: anna(), expires_ms: u64::MAX / 2, issued_ms: None };
        let session = Session::new(token, self.now, self.dice.random());
        let since = match self.client.kept {
            0 => String::new(),
            kept => format!(r#","since":"{kept}""#),
        };
        let to_server = VecDeque::from([format!(r#"{{"op":"start"{since}}}"#)]);
        let (read, deliver, to_client, has_read, pushed) = (None, None, VecDeque::new(), false, None);
        self.connection = Some(Connection { session, ticket, read, deliver, to_client, to_server, has_read, pushed });
        // Its first read brings what was lost before it.
        self.client.polled = false;
        self.lost = false;
        Ok(())
    }

    fn join(&self, kind: Kind) -> Result<Ticket, String> {
        self.hub.join(anna(), kind).map_err(|full| format!("{full:?}"))
    }

    /// The connection breaks, and everything in transit is lost. What the client had confirmed is recorded.
    fn cut(&mut self) -> Check {
        self.turn(Way::None);
        self.long_poll = None;
        if let Some(connection) = self.connection.take() {
            let proved = connection.deliver.as_deref().into_iter().chain(connection.session.undelivered());
            self.delivered = proved.map(|cursor| number(Some(cursor))).fold(self.delivered, u64::max);
        }
        Ok(())
    }

    /// A poll over HTTP: it records as delivered what its cursor proves.
    fn poll(&mut self) -> Check {
        self.turn(Way::Poll);
        self.long_poll = None;
        self.delivered = self.delivered.max(self.client.kept);
        let answer = self.sync(Some(self.client.kept.to_string()), 50);
        self.client.kept = number(Some(&answer.cursor));
        if let Some(connection) = &mut self.connection {
            self.client.polled = true;
            connection.to_server.push_back(format!(r#"{{"op":"have","since":"{}"}}"#, self.client.kept));
        }
        if answer.has_more { self.poll() } else { Ok(()) }
    }

    fn wait(&mut self) -> Check {
        self.now += self.dice.random_range(1..3_000);
        self.tell(Event::Tick)
    }

    fn sync(&self, since: Option<String>, limit: u32) -> Answer {
        let from = number(since.as_deref());
        let to = self.head.min(from + u64::from(limit));
        let (has_more, is_empty) = (to < self.head, to == from);
        Answer { json: format!(r#"{{"from":{from},"to":{to}}}"#), cursor: to.to_string(), has_more, is_empty }
    }

    /// Advances something that is in progress; `false` when nothing is.
    fn advance(&mut self) -> Result<bool, String> {
        let Some(connection) = &self.connection else { return self.go_on_waiting() };
        let mut possible: Vec<fn(&mut Self) -> Check> = Vec::new();
        if connection.read.is_some() {
            possible.push(Self::go_on_reading);
        }
        if connection.deliver.is_some() {
            possible.push(Self::deliver);
        }
        if !connection.to_client.is_empty() {
            possible.push(Self::client_hears);
        }
        if !connection.to_server.is_empty() {
            possible.push(Self::server_hears);
        }
        let news = connection.ticket.take();
        if news != News::default() {
            self.learn(news)?;
            return Ok(true);
        }
        if possible.is_empty() {
            return Ok(false);
        }
        let at = self.dice.random_range(0..possible.len());
        possible[at](self).map(|()| true)
    }

    fn learn(&mut self, mut news: News) -> Check {
        let Some(connection) = &self.connection else { return Ok(()) };
        let forgets = match self.mutation {
            Mutation::JoinsLate => !connection.has_read,
            Mutation::ForgetsWhilePushed => connection.pushed.is_some(),
            Mutation::ClearsAfterRead => connection.read.is_some(),
            _ => false,
        };
        news.moved &= !forgets;
        self.tell(Event::News(news))
    }

    fn go_on_reading(&mut self) -> Check {
        let Some(Connection { read: Some((since, limit, answer)), pushed, .. }) = &self.connection else {
            return Ok(());
        };
        let (mut since, limit) = (since.clone(), *limit);
        if let Some(answer) = answer.clone() {
            let connection = self.connection.as_mut().expect("looked at above");
            (connection.read, connection.has_read) = (None, true);
            return self.tell(Event::Answered(Ok(answer)));
        }
        if self.mutation == Mutation::SkipsAhead && self.dice.random_bool(0.2) {
            since = pushed.clone().or(Some(self.head.to_string()));
        }
        let answer = self.sync(since, limit);
        let connection = self.connection.as_mut().expect("looked at above");
        connection.read.as_mut().expect("looked at above").2 = Some(answer);
        Ok(())
    }

    fn deliver(&mut self) -> Check {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let cursor = connection.deliver.take();
        self.delivered = self.delivered.max(number(cursor.as_deref()));
        self.tell(Event::Delivered(Ok(())))
    }

    fn server_hears(&mut self) -> Check {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let Some(text) = connection.to_server.pop_front() else { return Ok(()) };
        if text.contains("have") {
            connection.pushed = None;
        }
        self.tell(Event::Incoming(Incoming::Text(text)))
    }

    fn client_hears(&mut self) -> Check {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let Some(text) = connection.to_client.pop_front() else { return Ok(()) };
        if !text.contains(r#""op":"synced""#) {
            return Ok(());
        }
        let part = |name: &str| -> u64 {
            let rest = text.split(&format!(r#""{name}":"#)).nth(1).expect("the field is there");
            rest.split([',', '}']).next().and_then(|digits| digits.parse().ok()).expect("a number")
        };
        let (from, to, kept) = (part("from"), part("to"), self.client.kept);
        if from > kept {
            return Err(format!("{kept} to {from} are missing"));
        }
        if from < kept && !self.client.polled {
            return Err(format!("{from} to {kept} were seen twice"));
        }
        self.client.kept = kept.max(to);
        connection.to_server.push_back(format!(r#"{{"op":"have","since":"{}"}}"#, self.client.kept));
        Ok(())
    }

    fn tell(&mut self, event: Event) -> Check {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        for action in connection.session.handle(event, self.now) {
            match action {
                Action::Send(text) => connection.to_client.push_back(text),
                Action::Push(text) => {
                    let to = text.rsplit(':').next().map(|to| to.trim_end_matches('}').to_owned());
                    if self.mutation == Mutation::DeliversWhenPushed {
                        self.delivered = self.delivered.max(number(to.as_deref()));
                    }
                    connection.pushed = to;
                    if self.mutation == Mutation::PushesTwice {
                        connection.to_client.push_back(text.clone());
                    }
                    connection.to_client.push_back(text);
                }
                Action::Read(since, limit) if connection.read.is_none() => connection.read = Some((since, limit, None)),
                Action::Read(..) => return Err("two reads at a time".to_owned()),
                Action::Deliver(cursor) => connection.deliver = Some(cursor),
                // It took too long to confirm.
                Action::Close(_) => return self.cut(),
                _ => {}
            }
        }
        Ok(())
    }

    fn check_delivery(&self) -> Check {
        if self.delivered > self.client.kept {
            return Err(format!("{} were delivered before the client has them", self.delivered - self.client.kept));
        }
        Ok(())
    }
}
