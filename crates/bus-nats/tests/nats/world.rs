//! Two servers over one store in memory: their hubs, without HTTP.

#[path = "../../../live/tests/servers/unused.rs"]
mod unused;

use async_trait::async_trait;
use jobline_bus_nats::NatsBus;
use jobline_chat::{Clock, Random, UserId};
use jobline_live::{Bus, Heads, Hub, Kind, Limits, Meter, Refusal, Ticket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::task::JoinSet;

const PATIENCE: Duration = Duration::from_secs(40);
/// How long a notification over the bus takes at most.
pub const AT_ONCE: Duration = Duration::from_millis(500);

/// Waits for something that becomes true soon.
pub async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::task::yield_now().await;
    }
}

/// The store, of which only one head matters.
#[derive(Default)]
struct Store {
    head: AtomicU64,
    names: AtomicU64,
}

#[async_trait]
impl Heads for Store {
    async fn versions(&self, users: &[UserId]) -> Result<Vec<u64>, Refusal> {
        Ok(users.iter().map(|_| self.head.load(Ordering::SeqCst)).collect())
    }
}

#[async_trait]
impl Clock for Store {
    fn now_ms(&self) -> u64 {
        u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl Random for Store {
    fn bits(&self) -> u128 {
        u128::from(self.names.fetch_add(1, Ordering::SeqCst)) + u128::from(std::process::id())
    }
}

impl Meter for Store {}

/// A client of one server.
struct Client {
    seen: AtomicU64,
    degraded: AtomicBool,
}

struct Server {
    hub: Hub,
    client: Arc<Client>,
}

/// One client is connected to each server; all are ben.
pub struct Servers {
    store: Arc<Store>,
    all: Vec<Server>,
    _tasks: JoinSet<()>,
}

impl Servers {
    pub async fn start(urls: &[String]) -> Self {
        let (store, mut tasks) = (Arc::new(Store::default()), JoinSet::new());
        let mut all = Vec::new();
        for url in urls {
            let hub = Hub::among_servers(Limits::default(), [7; 32]);
            let bus = NatsBus::connect(url.parse().unwrap(), "test").await.unwrap();
            let servers = servers(&store, hub.clone(), Arc::new(bus));
            tasks.spawn(async move { servers.run().await });
            let client = Arc::new(Client { seen: AtomicU64::new(0), degraded: AtomicBool::new(false) });
            let ticket = hub.join(UserId::new("ben").unwrap(), Kind::Connection).ok().unwrap();
            tasks.spawn(listen(ticket, Arc::clone(&client), Arc::clone(&store)));
            all.push(Server { hub, client });
        }
        Self { store, all, _tasks: tasks }
    }

    /// Waits until no server is missing any more, and the bus carries notifications in both directions.
    pub async fn are_whole(&self) {
        eventually("nobody misses anything", || self.degraded() == [false, false]).await;
        for (from, to) in [(0, 1), (1, 0)] {
            let begun = Instant::now();
            // A look may by chance see one at once, but the next look comes a second later, so two in a row came over
            // the bus.
            while self.commit_and_see(from, to).await > AT_ONCE || self.commit_and_see(from, to).await > AT_ONCE {
                assert!(begun.elapsed() < PATIENCE, "the bus carries nothing from {from} to {to}");
            }
        }
    }

    pub fn degraded(&self) -> Vec<bool> {
        self.all.iter().map(|server| server.client.degraded.load(Ordering::SeqCst)).collect()
    }

    /// Commits at one server and waits until the client of another has seen it. Returns how long that took.
    pub async fn commit_and_see(&self, from: usize, to: usize) -> Duration {
        let begun = Instant::now();
        let version = self.store.head.fetch_add(1, Ordering::SeqCst) + 1;
        self.all[from].hub.moved(&[UserId::new("ben").unwrap()]);
        let client = &self.all[to].client;
        eventually("it is seen", || client.seen.load(Ordering::SeqCst) >= version).await;
        begun.elapsed()
    }
}

fn servers(store: &Arc<Store>, hub: Hub, bus: Arc<dyn Bus>) -> jobline_live::Servers {
    let heads = Arc::clone(store) as Arc<dyn Heads>;
    jobline_live::Servers::new(hub, unused::ports(store), heads, Some(bus))
}

async fn listen(ticket: Ticket, client: Arc<Client>, store: Arc<Store>) {
    loop {
        let news = ticket.news().await;
        if news.moved {
            client.seen.store(store.head.load(Ordering::SeqCst), Ordering::SeqCst);
        }
        if let Some(degraded) = news.degraded {
            client.degraded.store(degraded, Ordering::SeqCst);
        }
    }
}
