//! Several servers over one table.
//!
//! A commit on one server has to wake clients of the other servers, too. A [`Bus`] carries that at once, and may lose
//! it: every server numbers its batches, so the others detect gaps, and read the heads of their connected users
//! ([`Heads`]). Without a bus, and while it is down, they read them every few seconds. So the bus only makes news
//! arrive sooner. The cost of one check of the heads is bounded: a thousand users.
//!
//! Typing and online status go over the bus too, and are not stored; while it is down they reach the clients of the same
//! server alone.

pub(crate) mod batch;
mod heads;
pub(crate) mod outbox;
mod peers;

use crate::{
    hub::Hub,
    ports::{Ports, Refusal},
};
use async_trait::async_trait;
use batch::Name;
use heads::HeadReader;
use jobline_chat::UserId;
use outbox::Outbox;
use peers::{PROBE_MS, Peers, Received};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// How long notifications are gathered into a batch.
const GATHERED: Duration = Duration::from_millis(5);
/// How long the bus may take to accept a batch.
const PUBLISHED_WITHIN: Duration = Duration::from_secs(1);
/// How often it is checked whether batches of the others arrive.
const PEER_CHECK_EVERY: Duration = Duration::from_millis(250);
/// Time between two checks of the heads: with a bus, while it is down, and without one.
const HEAD_CHECK_MS: [u64; 3] = [60_000, 2_000, 3_000];
/// The shortest time between two checks of the heads, whatever was lost.
const HEAD_CHECK_PAUSE_MS: u64 = 1_000;
/// How often online users are announced again, for servers that missed it.
const ONLINE_EVERY_MS: u64 = 60_000;

/// Carries batches to all servers of a deployment, the sender among them: each at most once, those of one server in order.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Hands over a batch of at most 512 KB. It may take any time; the caller cancels by dropping the future.
    async fn publish(&self, batch: Vec<u8>);

    /// Waits for the next batch. While the bus is down it waits on, and connects again by itself.
    async fn receive(&self) -> Vec<u8>;
}

/// Reads whether users have news.
#[async_trait]
pub trait Heads: Send + Sync + 'static {
    /// For each of at most a hundred users a number that changes with all that `sync` answers them.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`].
    async fn versions(&self, users: &[UserId]) -> Result<Vec<u64>, Refusal>;
}

/// One server among several.
pub struct Servers {
    hub: Hub,
    ports: Arc<Ports>,
    heads: Arc<dyn Heads>,
    link: Option<Link>,
    /// The heads are to be checked before the next check is due.
    head_check_wanted: AtomicBool,
    wakes: Notify,
}

/// The way to the others.
struct Link {
    bus: Arc<dyn Bus>,
    outbox: Arc<Outbox>,
    me: Name,
    number: AtomicU64,
    peers: Mutex<Peers>,
}

impl Servers {
    /// The server whose clients are in `hub`. Only a hub that was made with [`Hub::among_servers`] tells a bus something.
    #[must_use]
    pub fn new(hub: Hub, ports: Arc<Ports>, heads: Arc<dyn Heads>, bus: Option<Arc<dyn Bus>>) -> Self {
        let link = bus.zip(hub.outbox()).map(|(bus, outbox)| {
            let me = ports.random.bits();
            let peers = Mutex::new(Peers::new(me, ports.clock.now_ms()));
            Link { bus, outbox, me, number: AtomicU64::new(0), peers }
        });
        Self { hub, ports, heads, link, head_check_wanted: AtomicBool::new(false), wakes: Notify::new() }
    }

    /// Sends and receives batches and checks heads, for as long as it is polled.
    pub async fn run(&self) {
        match &self.link {
            Some(link) => {
                tokio::join!(self.publish(link), self.receive(link), self.watch_peers(link), self.check_heads());
            }
            None => self.check_heads().await,
        }
    }

    /// Says goodbye, so that nobody waits for this server: to be called once it serves nobody any more.
    pub async fn leave(&self) {
        if let Some(link) = &self.link {
            self.publish_batch(link, true).await;
        }
    }

    async fn publish(&self, link: &Link) {
        let mut told_ms = self.ports.clock.now_ms();
        loop {
            tokio::select! {
                () = link.outbox.filled() => self.ports.clock.sleep(GATHERED).await,
                () = self.ports.clock.sleep(Duration::from_millis(PROBE_MS)) => {}
            }
            let now_ms = self.ports.clock.now_ms();
            if now_ms >= told_ms + ONLINE_EVERY_MS {
                told_ms = now_ms;
                self.hub.tell_who_is_online();
            }
            self.publish_batch(link, self.hub.stops()).await;
        }
    }

    async fn publish_batch(&self, link: &Link, leaves: bool) {
        let (mut batch, lost) = link.outbox.take();
        batch.leaves = leaves;
        // Skips a number after a loss: the others detect the gap and check the heads.
        let number = link.number.fetch_add(1 + u64::from(lost), Ordering::SeqCst) + 1 + u64::from(lost);
        let sealed = link.outbox.keys.seal(link.me, number, &batch);
        tokio::select! {
            () = link.bus.publish(sealed) => {}
            () = self.ports.clock.sleep(PUBLISHED_WITHIN) => {}
        }
    }

    async fn receive(&self, link: &Link) {
        loop {
            let bytes = link.bus.receive().await;
            let Some((name, number, batch)) = link.outbox.keys.open(&bytes) else { continue };
            let now_ms = self.ports.clock.now_ms();
            let heard = link.peers().hear(name, number, batch.leaves, now_ms);
            match heard {
                Received::Again => continue,
                Received::Next => {}
                Received::Gap => self.request_head_check(),
                Received::New => {
                    self.request_head_check();
                    self.hub.tell_who_is_online();
                }
            }
            if name != link.me {
                self.hub.hear(batch, now_ms);
            }
        }
    }

    /// Detects when batches of the others stop arriving, and when they arrive again.
    async fn watch_peers(&self, link: &Link) {
        let mut was_down = false;
        loop {
            self.ports.clock.sleep(PEER_CHECK_EVERY).await;
            let now_ms = self.ports.clock.now_ms();
            self.hub.forget_typing_elsewhere(now_ms);
            let is_down = link.peers().is_down(now_ms);
            if is_down != was_down {
                self.ports.meter.bus(!is_down);
                self.hub.set_degraded(is_down);
                // Something may have been lost before it was noticed, or before the others noticed.
                self.request_head_check();
            }
            was_down = is_down;
        }
    }

    async fn check_heads(&self) {
        let mut reader = HeadReader::default();
        loop {
            let begun_ms = self.ports.clock.now_ms();
            let users = reader.check(&self.hub, &*self.heads).await;
            self.ports.meter.heads_read(users);
            self.ports.clock.sleep(Duration::from_millis(HEAD_CHECK_PAUSE_MS)).await;
            while !self.head_check_wanted.swap(false, Ordering::SeqCst) {
                let due_ms = begun_ms + HEAD_CHECK_MS[self.pace()];
                let rest = due_ms.saturating_sub(self.ports.clock.now_ms());
                tokio::select! {
                    () = self.wakes.notified() => {}
                    () = self.ports.clock.sleep(Duration::from_millis(rest)) => break,
                }
            }
        }
    }

    /// Which of the intervals holds now.
    fn pace(&self) -> usize {
        match &self.link {
            None => 2,
            Some(_) => usize::from(self.hub.is_degraded()),
        }
    }

    fn request_head_check(&self) {
        self.head_check_wanted.store(true, Ordering::SeqCst);
        self.wakes.notify_one();
    }
}

impl Link {
    fn peers(&self) -> MutexGuard<'_, Peers> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
