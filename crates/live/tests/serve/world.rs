//! Sockets, clients and ports in memory.

use async_trait::async_trait;
use jobline_chat::{CallDevices, Clock, Random, UserId};
use jobline_live::{
    Answer, Audiences, CallParticipants, Feed, Hub, Incoming, Kind, Meter, Ports, PresencePeers, Refusal, Socket,
    Token, Tokens, serve,
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// The calls that a test can observe.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) delivered: Mutex<Vec<String>>,
    pub(crate) closed: Mutex<Vec<Option<u16>>>,
}

pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) seen: Arc<Seen>,
    pub(crate) head: Arc<AtomicU64>,
    pub(crate) everyone: Arc<Everyone>,
    pub(crate) ports: Arc<Ports>,
}

pub(crate) struct VirtualClock(Instant);

#[async_trait]
impl Clock for VirtualClock {
    fn now_ms(&self) -> u64 {
        1_763_116_200_000 + u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

pub(crate) struct Always(u128);

impl Random for Always {
    fn bits(&self) -> u128 {
        self.0
    }
}

/// A feed whose cursor is a number and whose every change is one message.
pub(crate) struct Log {
    pub(crate) head: Arc<AtomicU64>,
    pub(crate) seen: Arc<Seen>,
}

#[async_trait]
impl Feed for Log {
    async fn sync(&self, _: &UserId, since: Option<String>, limit: u32) -> Result<Answer, Refusal> {
        let from: u64 = since.map_or(Ok(0), |since| since.parse()).map_err(|_| Refusal::Invalid)?;
        tokio::time::sleep(Duration::from_millis(5)).await;
        let head = self.head.load(Ordering::SeqCst);
        let to = head.min(from + u64::from(limit));
        let (has_more, is_empty) = (to < head, to == from);
        let json = format!(r#"{{"from":{from},"to":{to},"hasMore":{has_more}}}"#);
        Ok(Answer { json, cursor: to.to_string(), has_more, is_empty })
    }

    async fn deliver(&self, _: &UserId, cursor: &str) -> Result<(), Refusal> {
        self.seen.delivered.lock().unwrap().push(cursor.to_owned());
        Ok(())
    }
}

/// Knows anna and ben, unless one blocks the other.
#[derive(Clone, Default)]
pub(crate) struct Everyone {
    pub(crate) apart: Arc<AtomicBool>,
    /// Whether the call is over.
    pub(crate) hung_up: Arc<AtomicBool>,
}

#[async_trait]
impl Audiences for Everyone {
    async fn of(&self, _: &UserId, conversation: &str) -> Result<Vec<UserId>, Refusal> {
        let known = conversation == "conv_anna_ben" && !self.apart.load(Ordering::SeqCst);
        Ok(if known { vec![user("anna"), user("ben")] } else { Vec::new() })
    }
}

#[async_trait]
impl CallParticipants for Everyone {
    async fn devices(&self, user: &UserId, call: &str) -> Result<Option<CallDevices>, Refusal> {
        let (own, other) =
            if user.as_str() == "anna" { ("phone", ("ben", "laptop")) } else { ("laptop", ("anna", "phone")) };
        let others = vec![(UserId::new(other.0).unwrap(), other.1.to_owned())];
        Ok((call == "message_7" && !self.hung_up.load(Ordering::SeqCst))
            .then(|| CallDevices { own: own.to_owned(), others }))
    }
}

#[async_trait]
impl PresencePeers for Everyone {
    async fn of(&self, user: &UserId) -> Result<Vec<UserId>, Refusal> {
        let apart = self.apart.load(Ordering::SeqCst);
        let others = ["anna", "ben"].into_iter().filter(|name| *name != user.as_str() && !apart);
        Ok(others.map(|name| UserId::new(name).unwrap()).collect())
    }

    async fn record(&self, _: &UserId) -> Result<(), Refusal> {
        Ok(())
    }
}

#[async_trait]
impl Tokens for Everyone {
    async fn check(&self, token: &str) -> Result<Token, Refusal> {
        let user = UserId::new(token).ok_or(Refusal::Invalid)?;
        Ok(Token { user, expires_ms: u64::MAX / 2, issued_ms: Some(1) })
    }

    async fn has_ended(&self, user: &UserId, issued_ms: Option<u64>) -> bool {
        user.as_str() == "deleted" && issued_ms.is_none()
    }
}

impl Meter for Seen {
    fn closed(&self, code: Option<u16>) {
        self.closed.lock().unwrap().push(code);
    }
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// The server's end of a connection.
pub(crate) struct Wire {
    pub(crate) from: mpsc::UnboundedReceiver<Incoming>,
    pub(crate) to: mpsc::Sender<String>,
}

impl Wire {
    pub(crate) async fn tell(&mut self, text: String) -> bool {
        self.to.send(text).await.is_ok()
    }
}

impl Socket for Wire {
    async fn receive(&mut self) -> Incoming {
        self.from.recv().await.unwrap_or(Incoming::Gone)
    }

    async fn send(&mut self, text: String) -> bool {
        self.tell(text).await
    }

    async fn ping(&mut self) -> bool {
        self.tell("ping".to_owned()).await
    }

    async fn close(&mut self, code: u16, reason: &'static str) {
        self.tell(format!("close {code} {reason}")).await;
    }
}

/// The client's end of it.
pub(crate) struct Client {
    pub(crate) to: mpsc::UnboundedSender<Incoming>,
    pub(crate) from: mpsc::Receiver<String>,
    pub(crate) served: JoinHandle<()>,
}

impl Client {
    pub(crate) fn says(&self, text: &str) {
        self.to.send(Incoming::Text(text.to_owned())).unwrap();
    }

    /// The next frame, pings answered and heartbeats left out.
    pub(crate) async fn hears(&mut self) -> String {
        loop {
            let text = timeout(Duration::from_secs(600), self.from.recv()).await.expect("in time").expect("open");
            match text.as_str() {
                // The connection may have ended since.
                "ping" => drop(self.to.send(Incoming::Control)),
                r#"{"op":"heartbeat"}"# => {}
                _ => return text,
            }
        }
    }

    pub(crate) async fn ends(self) {
        drop(self.from);
        timeout(Duration::from_secs(600), self.served).await.expect("in time").unwrap();
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let (seen, head) = (Arc::new(Seen::default()), Arc::new(AtomicU64::new(0)));
        let everyone = Arc::new(Everyone::default());
        let ports = Arc::new(Ports {
            feed: Arc::new(Log { head: head.clone(), seen: seen.clone() }),
            audiences: everyone.clone(),
            presence_peers: everyone.clone(),
            calls: everyone.clone(),
            tokens: everyone.clone(),
            clock: Arc::new(VirtualClock(Instant::now())),
            random: Arc::new(Always(0)),
            meter: seen.clone(),
            readers: Semaphore::new(2),
        });
        Self { hub: Hub::default(), seen, head, everyone, ports }
    }

    /// One of the two blocks the other. The hub is notified before that is answered.
    pub(crate) fn part(&self) {
        self.everyone.apart.store(true, Ordering::SeqCst);
        self.hub.relations_changed(&[&user("anna"), &user("ben")]);
    }

    /// A connection whose network buffers `room` frames.
    pub(crate) fn connect(&self, name: &str, room: usize) -> Client {
        let (to, from_client) = mpsc::unbounded_channel();
        let (to_client, from) = mpsc::channel(room);
        let ticket = self.hub.join(user(name), Kind::Connection).ok().unwrap();
        let token = Token { user: user(name), expires_ms: u64::MAX / 2, issued_ms: None };
        let wire = Wire { from: from_client, to: to_client };
        let served = tokio::spawn(serve(wire, token, ticket, Arc::clone(&self.ports)));
        Client { to, from, served }
    }

    pub(crate) async fn live(&self, name: &str) -> Client {
        let mut client = self.connect(name, 100);
        client.says(r#"{"op":"start","since":"0"}"#);
        assert!(client.hears().await.starts_with(r#"{"op":"ready""#));
        client
    }

    pub(crate) fn commit(&self, name: &str) {
        self.head.fetch_add(1, Ordering::SeqCst);
        self.hub.moved(&[user(name)]);
    }

    pub(crate) fn closed(&self) -> Vec<Option<u16>> {
        self.seen.closed.lock().unwrap().clone()
    }
}
