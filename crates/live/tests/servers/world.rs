//! Servers without sessions: clients that record when they are told to read, and a bus that can fail.

#[path = "unused.rs"]
mod unused;

use async_trait::async_trait;
use jobline_chat::{Clock, Random, UserId};
use jobline_live::{Bus, Heads, Hub, Kind, Limits, Meter, Refusal, Seen, Servers, Ticket};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The state of the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusState {
    Up,
    /// Down: messages are lost.
    Down,
    /// Frozen: it accepts and delivers nothing, like a stopped process.
    Stalled,
    /// Every other batch is lost.
    LosesHalf,
}

pub fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// The store and the bus, which all servers share.
struct Shared {
    heads: Mutex<HashMap<UserId, u64>>,
    bus_state: Mutex<BusState>,
    cut_off: Mutex<Vec<bool>>,
    lines: Mutex<Vec<mpsc::UnboundedSender<Vec<u8>>>>,
    sent: Mutex<Vec<Vec<u8>>>,
    head_checks: AtomicUsize,
    reads: AtomicUsize,
    dice: AtomicU64,
    begun: Instant,
}

impl Shared {
    fn is_cut_off(&self, server: usize) -> bool {
        self.cut_off.lock().unwrap()[server]
    }
}

/// One server's end of the bus.
struct End {
    shared: Arc<Shared>,
    server: usize,
    line: tokio::sync::Mutex<mpsc::UnboundedReceiver<Vec<u8>>>,
}

#[async_trait]
impl Bus for End {
    async fn publish(&self, batch: Vec<u8>) {
        let bus_state = *self.shared.bus_state.lock().unwrap();
        let number = { self.shared.sent.lock().unwrap().len() };
        if bus_state == BusState::Stalled {
            std::future::pending::<()>().await;
        }
        self.shared.sent.lock().unwrap().push(batch.clone());
        let is_lost = bus_state == BusState::Down || (bus_state == BusState::LosesHalf && number % 2 == 0);
        if is_lost || self.shared.is_cut_off(self.server) {
            return;
        }
        for (server, line) in self.shared.lines.lock().unwrap().iter().enumerate() {
            if !self.shared.is_cut_off(server) {
                let _ = line.send(batch.clone());
            }
        }
    }

    async fn receive(&self) -> Vec<u8> {
        match self.line.lock().await.recv().await {
            Some(batch) => batch,
            None => std::future::pending().await,
        }
    }
}

#[async_trait]
impl Heads for Shared {
    async fn versions(&self, users: &[UserId]) -> Result<Vec<u64>, Refusal> {
        self.reads.fetch_add(users.len(), Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
        let heads = self.heads.lock().unwrap();
        Ok(users.iter().map(|user| heads.get(user).copied().unwrap_or(0)).collect())
    }
}

impl Meter for Shared {
    fn heads_read(&self, _: usize) {
        self.head_checks.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for Shared {
    fn now_ms(&self) -> u64 {
        1_763_116_200_000 + u64::try_from(self.begun.elapsed().as_millis()).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl Random for Shared {
    fn bits(&self) -> u128 {
        self.dice.fetch_add(1, Ordering::SeqCst).into()
    }
}

/// What a client has recorded.
#[derive(Default)]
struct Noted {
    seen: u64,
    relations: usize,
    degraded: Option<bool>,
    typing: Vec<(UserId, bool)>,
    shown: Vec<Seen>,
    signals: Vec<String>,
}

/// A client that records the version of its head whenever it is told to read.
pub struct Client {
    pub name: String,
    pub ticket: Arc<Ticket>,
    noted: Arc<Mutex<Noted>>,
    reads: JoinHandle<()>,
}

impl Client {
    pub fn seen(&self) -> u64 {
        self.noted.lock().unwrap().seen
    }

    /// How often it was told that its user's relations changed.
    pub fn relations(&self) -> usize {
        self.noted.lock().unwrap().relations
    }

    pub fn degraded(&self) -> Option<bool> {
        self.noted.lock().unwrap().degraded
    }

    /// Who typed since the last call.
    pub fn typing(&self) -> Vec<(UserId, bool)> {
        std::mem::take(&mut self.noted.lock().unwrap().typing)
    }

    pub fn shown(&self) -> Vec<Seen> {
        self.noted.lock().unwrap().shown.clone()
    }

    pub fn signals(&self) -> Vec<String> {
        self.noted.lock().unwrap().signals.clone()
    }

    /// Becomes active; `presence_peers` see it.
    pub fn comes(&self, world: &World, presence_peers: &[&str]) {
        self.ticket.active(true, world.now_ms());
        self.ticket.show_presence(presence_peers.iter().map(|name| user(name)).collect(), world.now_ms());
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.reads.abort();
    }
}

struct Server {
    hub: Hub,
    servers: Arc<Servers>,
    runs: JoinHandle<()>,
}

pub struct World {
    shared: Arc<Shared>,
    servers: Vec<Server>,
}

impl World {
    /// `count` servers that have heard each other.
    pub async fn new(count: usize) -> Self {
        let shared = Arc::new(Shared {
            heads: Mutex::default(),
            bus_state: Mutex::new(BusState::Up),
            cut_off: Mutex::new(vec![false; count]),
            lines: Mutex::default(),
            sent: Mutex::default(),
            head_checks: AtomicUsize::new(0),
            reads: AtomicUsize::new(0),
            dice: AtomicU64::new(1),
            begun: Instant::now(),
        });
        let servers = (0..count).map(|server| start(&shared, server)).collect();
        let world = Self { shared, servers };
        world.settle().await;
        world
    }

    /// Waits a few seconds of virtual time.
    pub async fn settle(&self) {
        tokio::time::sleep(Duration::from_secs(4)).await;
    }

    pub fn hub(&self, server: usize) -> &Hub {
        &self.servers[server].hub
    }

    pub fn now_ms(&self) -> u64 {
        self.shared.now_ms()
    }

    pub fn client(&self, server: usize, name: &str) -> Client {
        let ticket = self.hub(server).join(user(name), Kind::Connection).ok().unwrap();
        let (ticket, noted) = (Arc::new(ticket), Arc::new(Mutex::new(Noted::default())));
        let (reader, notes, shared) = (Arc::clone(&ticket), Arc::clone(&noted), Arc::clone(&self.shared));
        let me = user(name);
        let reads = tokio::spawn(async move {
            loop {
                let news = reader.news().await;
                let mut notes = notes.lock().unwrap();
                if news.moved {
                    notes.seen = shared.heads.lock().unwrap().get(&me).copied().unwrap_or(0);
                }
                notes.relations += usize::from(news.relations);
                notes.degraded = news.degraded.or(notes.degraded);
                notes.typing.extend(news.typing.into_iter().flat_map(|(_, typing)| typing));
                notes.shown.extend(news.seen);
                notes.signals.extend(news.signals);
            }
        });
        Client { name: name.to_owned(), ticket, noted, reads }
    }

    /// A commit on one server.
    pub fn commit(&self, server: usize, names: &[&str]) {
        self.commit_elsewhere(names);
        let users: Vec<UserId> = names.iter().map(|name| user(name)).collect();
        self.hub(server).moved(&users);
    }

    /// A commit that no server announces.
    pub fn commit_elsewhere(&self, names: &[impl AsRef<str>]) {
        let mut heads = self.shared.heads.lock().unwrap();
        for name in names {
            *heads.entry(user(name.as_ref())).or_default() += 1;
        }
    }

    pub fn head(&self, name: &str) -> u64 {
        self.shared.heads.lock().unwrap()[&user(name)]
    }

    pub fn bus(&self, bus_state: BusState) {
        *self.shared.bus_state.lock().unwrap() = bus_state;
    }

    pub fn cut_off(&self, server: usize, is: bool) {
        self.shared.cut_off.lock().unwrap()[server] = is;
    }

    /// An orderly stop of a server.
    pub async fn stop(&self, server: usize) {
        self.servers[server].hub.stop();
        self.servers[server].runs.abort();
        self.servers[server].servers.leave().await;
    }

    /// Announces departures, as servers do every few seconds, to those who may see them.
    pub fn tell_departures(&self, presence_peers: &[&str]) {
        let presence_peers: Vec<UserId> = presence_peers.iter().map(|name| user(name)).collect();
        for server in &self.servers {
            for departure in server.hub.departures(self.now_ms()) {
                server.hub.tell_departure(departure, &presence_peers);
            }
        }
    }

    pub fn head_checks(&self) -> usize {
        self.shared.head_checks.load(Ordering::SeqCst)
    }

    pub fn reads(&self) -> usize {
        self.shared.reads.load(Ordering::SeqCst)
    }

    pub fn sent(&self) -> Vec<Vec<u8>> {
        self.shared.sent.lock().unwrap().clone()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.servers.iter().for_each(|server| server.runs.abort());
    }
}

fn start(shared: &Arc<Shared>, server: usize) -> Server {
    let (line, receiver) = mpsc::unbounded_channel();
    shared.lines.lock().unwrap().push(line);
    let bus = Arc::new(End { shared: Arc::clone(shared), server, line: tokio::sync::Mutex::new(receiver) });
    let hub = Hub::among_servers(Limits { in_all: 10_000, ..Limits::default() }, [7; 32]);
    let ports = unused::ports(shared);
    let servers = Servers::new(hub.clone(), ports, Arc::clone(shared) as Arc<dyn Heads>, Some(bus as Arc<dyn Bus>));
    let servers = Arc::new(servers);
    let runs = tokio::spawn({
        let servers = Arc::clone(&servers);
        async move { servers.run().await }
    });
    Server { hub, servers, runs }
}
