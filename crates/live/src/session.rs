//! One live connection, as a machine: events go in, actions come out, and time is passed in. It waits for nothing.

use crate::{
    action::Action,
    calling::Signaller,
    closing::Closing,
    expiry::Expiry,
    flood::Flood,
    flow::{Flow, Verdict},
    frame::{self, ClientFrame},
    hub::News,
    lookup::Lookup,
    ports::{Answer, Incoming, Refusal, Token},
    started::Started,
    typing::Typist,
};
use jobline_chat::{CallDevices, UserId};

/// How often the server shows that it is there.
pub const HEARTBEAT_MS: u64 = 25_000;
/// How long a client may be without any sign of life: three heartbeats and the pongs to their pings.
const SILENT_MS: u64 = 90_000;
/// How soon the first frame, `start`, has to come.
const START_WITHIN_MS: u64 = 10_000;
/// How long a delivery waits for a read that covers it.
const DELIVERY_MS: u64 = 2_000;
/// How long it waits after it could not be recorded.
const DELIVERY_AGAIN_MS: u64 = 10_000;

/// How often a client is to poll while news from other servers may be late.
const DEGRADED_POLL_MS: u64 = 3_000;

/// The longest id of a conversation or call, and the longest name of a device, in bytes: longer texts are none, and are not
/// remembered.
const ID_BYTES: usize = 600;
const DEVICE_BYTES: usize = 64;
/// The maximum size of a signal between devices of a call, in bytes of JSON.
const SIGNAL_BYTES: usize = 16 * 1024;

/// What happens to a connection.
#[derive(Debug)]
pub enum Event {
    /// Something came in.
    Incoming(Incoming),
    /// The hub tells something.
    News(News),
    /// The read of [`Action::Read`] has ended.
    Answered(Result<Answer, Refusal>),
    /// The recording of [`Action::Deliver`] has ended.
    Delivered(Result<(), Refusal>),
    /// The check of [`Action::Check`] has ended.
    Checked(Result<Token, Refusal>),
    /// Work that was started for the session has ended.
    Done,
    /// The search of [`Action::FindPresencePeers`] has ended: the users, if they could be read.
    PresencePeers(Option<Vec<UserId>>),
    /// The search of [`Action::FindCallDevices`] has ended: the devices of a call, if the user is in it.
    CallDevices(String, Option<CallDevices>),
    /// The search of [`Action::FindAudience`] has ended.
    Audience(String, Option<Vec<UserId>>),
    /// Time has passed.
    Tick,
}

/// The state of one live connection.
#[derive(Debug)]
pub struct Session {
    user: UserId,
    expiry: Expiry,
    flood: Flood,
    started: Option<Started>,
    opened_ms: u64,
    heard_ms: u64,
    heartbeat_ms: u64,
    /// When the delivery that the client's cursor proves is to be recorded.
    delivery_ms: Option<u64>,
    /// A delivery is being recorded.
    delivery_running: bool,
    /// A renewed token is being checked.
    token_check_running: bool,
    closed: bool,
    /// News from other servers may be late.
    degraded: bool,
    /// A random number from which pauses after failures are made, so that sessions do not all retry at once.
    jitter: u64,
}

impl Session {
    /// A connection of `token.user` that was opened at `now_ms`. `jitter` is a random number.
    #[must_use]
    pub fn new(token: Token, now_ms: u64, jitter: u64) -> Self {
        Self {
            user: token.user,
            expiry: Expiry::new(token.expires_ms),
            flood: Flood::new(now_ms),
            started: None,
            opened_ms: now_ms,
            heard_ms: now_ms,
            heartbeat_ms: now_ms + HEARTBEAT_MS,
            delivery_ms: None,
            delivery_running: false,
            token_check_running: false,
            closed: false,
            degraded: false,
            jitter,
        }
    }

    /// Takes in an event at `now_ms`, in Unix milliseconds, which must not go back between two calls.
    #[must_use]
    pub fn handle(&mut self, event: Event, now_ms: u64) -> Vec<Action> {
        let mut todo = Vec::new();
        if !self.closed {
            let closing = self.take(event, now_ms, &mut todo).or_else(|| self.tick(now_ms, &mut todo));
            if let Some(closing) = closing {
                self.closed = true;
                todo.push(Action::Close(closing));
            }
        }
        todo
    }

    /// When [`Event::Tick`] is wanted, if nothing happens before: Unix milliseconds.
    #[must_use]
    pub fn due_ms(&self) -> u64 {
        let started = match &self.started {
            None => [Some(self.opened_ms + START_WITHIN_MS), None, None],
            Some(started) => [started.flow.due_ms(), started.typist.due_ms(), started.record_ms],
        };
        let always = [self.expiry.due_ms(), self.heartbeat_ms, self.heard_ms + SILENT_MS];
        let delivery = self.delivery_ms.filter(|_| !self.delivery_running);
        started.into_iter().flatten().chain(always).chain(delivery).min().unwrap_or(self.heartbeat_ms)
    }

    /// The cursor whose delivery was not recorded yet, for a connection that has ended.
    #[must_use]
    pub fn undelivered(&self) -> Option<&str> {
        self.delivery_ms.and(self.started.as_ref()?.flow.cursor())
    }

    fn take(&mut self, event: Event, now_ms: u64, todo: &mut Vec<Action>) -> Option<Closing> {
        match event {
            Event::Incoming(incoming) => self.hear(incoming, now_ms, todo),
            Event::News(news) => self.learn(news, todo),
            Event::Answered(answer) => self.answered(answer, now_ms, todo),
            Event::Delivered(done) => {
                self.delivery_running = false;
                if done == Err(Refusal::Unavailable) && self.delivery_ms.is_none() {
                    self.delivery_ms = Some(now_ms + DELIVERY_AGAIN_MS);
                }
                None
            }
            Event::Checked(token) => self.checked(token),
            Event::Audience(conversation, audience) => {
                let started = self.started.as_mut()?;
                let steps = started.typist.found(&conversation, audience, now_ms);
                todo.extend(steps.into_iter().map(Action::from));
                None
            }
            Event::CallDevices(call, devices) => {
                let steps = self.started.as_mut()?.signaller.found(&call, devices, now_ms);
                todo.extend(steps.into_iter().map(Action::from));
                None
            }
            Event::PresencePeers(presence_peers) => {
                todo.extend(self.started.as_mut()?.presence_peers_found(presence_peers));
                None
            }
            Event::Done | Event::Tick => None,
        }
    }

    fn hear(&mut self, incoming: Incoming, now_ms: u64, todo: &mut Vec<Action>) -> Option<Closing> {
        self.heard_ms = now_ms;
        let said = match incoming {
            Incoming::Text(text) if text.len() > frame::FRAME_BYTES => return Some(Closing::TooLarge),
            Incoming::Text(text) => ClientFrame::parse(&text),
            Incoming::Control => Some(ClientFrame::Unknown),
            Incoming::TooLarge => return Some(Closing::TooLarge),
            Incoming::NotText => return Some(Closing::NotText),
            Incoming::BrokenProtocol => return Some(Closing::BrokenProtocol),
            Incoming::Binary | Incoming::Gone => return Some(Closing::NotUnderstood),
        };
        let Some(said) = said.filter(is_bounded) else { return Some(Closing::NotUnderstood) };
        if !self.is_asked_for(&said) && !self.flood.take(now_ms) {
            return Some(Closing::Flood);
        }
        self.act_on(said, now_ms, todo)
    }

    /// The `have` of an answer: the server sets its pace, so it counts for no flood.
    fn is_asked_for(&self, said: &ClientFrame) -> bool {
        matches!(said, ClientFrame::Have { .. })
            && self.started.as_ref().is_some_and(|started| started.flow.awaits_have())
    }

    fn act_on(&mut self, said: ClientFrame, now_ms: u64, todo: &mut Vec<Action>) -> Option<Closing> {
        match (said, &mut self.started) {
            (ClientFrame::Unknown, _) => {}
            (ClientFrame::Ping, _) => todo.push(Action::Send(frame::pong())),
            (ClientFrame::Token { .. }, _) if self.token_check_running => return Some(Closing::NotUnderstood),
            (ClientFrame::Token { token }, _) => {
                self.token_check_running = true;
                todo.push(Action::Check(token));
            }
            (ClientFrame::Start { since, watch, device_id }, None) => self.start(since, watch, device_id, now_ms, todo),
            (ClientFrame::Have { since }, Some(started)) => {
                started.flow.have(since);
                self.proved(now_ms);
            }
            (ClientFrame::Watch { conversation_id }, Some(_)) => todo.push(Action::Watch(conversation_id)),
            (ClientFrame::Active { active }, Some(started)) => todo.extend(started.active(active, now_ms)),
            (ClientFrame::Typing { conversation_id, typing }, Some(started)) => {
                todo.extend(started.typist.types(conversation_id, typing, now_ms).into_iter().map(Action::from));
            }
            (ClientFrame::Signal { call_id, to, data }, Some(started)) => {
                let data = data.to_string();
                if data.len() > SIGNAL_BYTES {
                    return Some(Closing::TooLarge);
                }
                todo.extend(started.signaller.says(call_id, to, data, now_ms).into_iter().map(Action::from));
            }
            // `start` twice, or something else before it.
            _ => return Some(Closing::NotUnderstood),
        }
        None
    }

    fn start(
        &mut self,
        since: Option<String>,
        watch: Option<String>,
        device: Option<String>,
        now_ms: u64,
        todo: &mut Vec<Action>,
    ) {
        todo.push(Action::Send(frame::ready(HEARTBEAT_MS, self.expiry.expires_ms())));
        if self.degraded {
            todo.push(Action::Send(frame::degraded(Some(DEGRADED_POLL_MS))));
        }
        if watch.is_some() {
            todo.push(Action::Watch(watch));
        }
        if since.is_some() {
            self.proved(now_ms);
        }
        todo.extend(device.clone().map(Action::Device));
        let (flow, typist, signaller) = (Flow::new(since, self.jitter), Typist::default(), Signaller::new(device));
        let (presence_peers, relations_changed) = (Lookup::default(), false);
        let started = Started { flow, typist, signaller, record_ms: None, presence_peers, relations_changed };
        self.started = Some(started);
    }

    /// The client's cursor proves that something was delivered. Further proofs do not move the moment at which it is
    /// recorded: by then the cursor covers them all.
    fn proved(&mut self, now_ms: u64) {
        self.delivery_ms.get_or_insert(now_ms + DELIVERY_MS);
    }

    fn learn(&mut self, news: News, todo: &mut Vec<Action>) -> Option<Closing> {
        if news.stops {
            return Some(Closing::Stopping);
        }
        if news.replaced {
            return Some(Closing::Replaced);
        }
        if news.moved
            && let Some(started) = &mut self.started
        {
            started.flow.moved();
            started.typist.forget_audience();
            started.signaller.forget_devices();
        }
        if news.relations
            && let Some(started) = &mut self.started
        {
            started.relations_changed = true;
            todo.extend(started.typist.review().map(Action::from));
            todo.extend(started.find_presence_peers());
        }
        if let Some((conversation, typing)) = news.typing {
            let frames = typing.iter().map(|(user, typing)| frame::typing(&conversation, user, *typing));
            todo.extend(frames.map(Action::Send));
        }
        todo.extend(news.seen.iter().map(|seen| Action::Send(frame::presence(seen))));
        todo.extend(news.signals.into_iter().map(Action::Send));
        if let Some(degraded) = news.degraded
            && degraded != std::mem::replace(&mut self.degraded, degraded)
            && self.started.is_some()
        {
            todo.push(Action::Send(frame::degraded(degraded.then_some(DEGRADED_POLL_MS))));
        }
        None
    }

    fn answered(&mut self, answer: Result<Answer, Refusal>, now_ms: u64, todo: &mut Vec<Action>) -> Option<Closing> {
        let started = self.started.as_mut()?;
        let was_catching_up = started.flow.is_catching_up();
        match started.flow.answered(answer, now_ms) {
            Verdict::Push(json) => todo.push(Action::Push(frame::synced(&json))),
            Verdict::Nothing => {}
            Verdict::Refused => return Some(Closing::NotUnderstood),
        }
        if was_catching_up {
            todo.extend(started.find_presence_peers());
        }
        None
    }

    /// A token that cannot be checked now leaves the one that is there: the client is not at fault.
    fn checked(&mut self, token: Result<Token, Refusal>) -> Option<Closing> {
        self.token_check_running = false;
        match token {
            Ok(token) if token.user == self.user => self.expiry = Expiry::new(token.expires_ms),
            Ok(_) | Err(Refusal::Invalid) => return Some(Closing::Token),
            Err(Refusal::Unavailable) => {}
        }
        None
    }

    /// What is due.
    fn tick(&mut self, now_ms: u64, todo: &mut Vec<Action>) -> Option<Closing> {
        if self.expiry.is_over(now_ms) {
            return Some(Closing::Token);
        }
        if self.is_too_slow(now_ms) {
            return Some(Closing::TooSlow);
        }
        if self.started.is_some() && self.expiry.takes_warning(now_ms) {
            todo.push(Action::Send(frame::token_expiring(self.expiry.expires_ms())));
        }
        if now_ms >= self.heartbeat_ms {
            self.heartbeat_ms = now_ms + HEARTBEAT_MS;
            todo.extend([Action::Send(frame::heartbeat()), Action::Ping]);
        }
        if let Some(started) = &mut self.started {
            todo.extend(started.typist.tick(now_ms).map(Action::from));
            todo.extend(started.record(now_ms));
            todo.extend(started.flow.begin(now_ms).map(|(since, limit)| Action::Read(since, limit)));
        }
        todo.extend(self.delivery(now_ms).map(Action::Deliver));
        None
    }

    fn is_too_slow(&self, now_ms: u64) -> bool {
        let has_not_begun = self.started.is_none() && now_ms >= self.opened_ms + START_WITHIN_MS;
        let has_not_confirmed = self.started.as_ref().is_some_and(|started| started.flow.is_too_slow(now_ms));
        has_not_begun || has_not_confirmed || now_ms >= self.heard_ms + SILENT_MS
    }

    fn delivery(&mut self, now_ms: u64) -> Option<String> {
        let due = !self.delivery_running && self.delivery_ms.is_some_and(|at| now_ms >= at);
        let cursor = self.started.as_ref()?.flow.cursor().filter(|_| due)?.to_owned();
        (self.delivery_ms, self.delivery_running) = (None, true);
        Some(cursor)
    }
}

fn is_bounded(said: &ClientFrame) -> bool {
    let (id, device) = match said {
        ClientFrame::Start { watch, device_id, .. } => (watch.as_ref(), device_id.as_ref()),
        ClientFrame::Watch { conversation_id } => (conversation_id.as_ref(), None),
        ClientFrame::Typing { conversation_id, .. } => (Some(conversation_id), None),
        ClientFrame::Signal { call_id, to, .. } => (Some(call_id), Some(to)),
        _ => (None, None),
    };
    id.is_none_or(|id| id.len() <= ID_BYTES) && device.is_none_or(|device| device.len() <= DEVICE_BYTES)
}
