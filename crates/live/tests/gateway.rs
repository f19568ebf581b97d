//! Notifications over connections that a gateway holds, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use async_trait::async_trait;
use jobline_chat::{Announce, Clock, Connection, ConversationId, UserId};
use jobline_live::{Connections, Gateway, GatewayApi, MovedUsers, Posted, Refusal, Token, Tokens};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

const BEGIN_MS: u64 = 1_763_116_200_000;
const MINUTE_MS: u64 = 60_000;

struct VirtualClock(Instant);

#[async_trait]
impl Clock for VirtualClock {
    fn now_ms(&self) -> u64 {
        BEGIN_MS + u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The stored connections, and the frames that came over them.
#[derive(Default)]
struct Kept {
    rows: Mutex<BTreeMap<String, Connection>>,
    frames: Mutex<Vec<(String, String)>>,
    ended: Mutex<Vec<String>>,
    /// The connections whose frames are delayed, and by how much.
    slow: Mutex<BTreeMap<String, Duration>>,
}

#[async_trait]
impl GatewayApi for Kept {
    async fn post(&self, connection: &str, text: String) -> Posted {
        let slow = self.slow.lock().unwrap().get(connection).copied();
        if let Some(duration) = slow {
            tokio::time::sleep(duration).await;
        }
        let frame: serde_json::Value = serde_json::from_str(&text).unwrap();
        let reason = frame["reason"].as_str().map(|reason| format!(" {reason}")).unwrap_or_default();
        let op = format!("{}{reason}", frame["op"].as_str().unwrap());
        self.frames.lock().unwrap().push((connection.to_owned(), op));
        Posted::Sent
    }

    async fn end(&self, connection: &str) {
        self.ended.lock().unwrap().push(connection.to_owned());
    }
}

#[async_trait]
impl Connections for Kept {
    async fn open(&self, connection: &Connection) -> Result<(), Refusal> {
        self.rows.lock().unwrap().insert(connection.id.clone(), connection.clone());
        Ok(())
    }

    async fn renew(&self, connection: &Connection) -> Result<(), Refusal> {
        self.open(connection).await
    }

    async fn find(&self, id: &str) -> Result<Option<Connection>, Refusal> {
        Ok(self.rows.lock().unwrap().get(id).cloned())
    }

    async fn of(&self, user: &UserId) -> Result<Vec<Connection>, Refusal> {
        Ok(self.rows.lock().unwrap().values().filter(|row| row.user == *user).cloned().collect())
    }

    async fn forget(&self, _: &UserId, id: &str) -> Result<(), Refusal> {
        self.rows.lock().unwrap().remove(id);
        Ok(())
    }

    async fn seen(&self, _: &UserId) -> Result<(), Refusal> {
        Ok(())
    }

    async fn deliver(&self, _: &UserId, _: &str) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Tokens that are the name of their user and the minute in which they expire.
struct NamedTokens;

#[async_trait]
impl Tokens for NamedTokens {
    async fn check(&self, token: &str) -> Result<Token, Refusal> {
        let (name, minute) = token.split_once(' ').ok_or(Refusal::Invalid)?;
        let minute: u64 = minute.parse().map_err(|_| Refusal::Invalid)?;
        Ok(Token { user: user(name), expires_ms: BEGIN_MS + minute * MINUTE_MS, issued_ms: None })
    }

    async fn has_ended(&self, _: &UserId, _: Option<u64>) -> bool {
        false
    }
}

struct World {
    gateway: Gateway,
    moved: MovedUsers,
    kept: Arc<Kept>,
}

impl World {
    fn new() -> Self {
        let (kept, moved) = (Arc::new(Kept::default()), MovedUsers::default());
        let clock = Arc::new(VirtualClock(Instant::now()));
        let gateway = Gateway::new(kept.clone(), kept.clone(), Arc::new(NamedTokens), clock, moved.clone());
        Self { gateway, moved, kept }
    }

    async fn open(&self, id: &str, token: &str) {
        self.gateway.open(id, NamedTokens.check(token).await.unwrap()).await.unwrap();
    }

    /// The heads of these users move; the first one caused it.
    async fn moves(&self, names: &[&str]) {
        let users: Vec<UserId> = names.iter().map(|name| user(name)).collect();
        self.moved.moved(&users.iter().collect::<Vec<_>>(), &ConversationId::new("conv_anna_ben").unwrap());
        self.gateway.tell(users.first()).await;
    }

    /// The frames of a connection since the last call.
    fn heard(&self, id: &str) -> Vec<String> {
        let mut frames = self.kept.frames.lock().unwrap();
        let heard = frames.iter().filter(|(to, _)| to == id).map(|(_, op)| op.clone()).collect();
        frames.retain(|(to, _)| to != id);
        heard
    }
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_poke_delays_the_answer_by_at_most_300_ms() {
    let world = World::new();
    for id in ["quick", "slow", "dead"] {
        world.open(id, "ben 60").await;
    }
    let slow = [("slow", Duration::from_millis(200)), ("dead", Duration::from_secs(3_600))];
    *world.kept.slow.lock().unwrap() = slow.map(|(id, duration)| (id.to_owned(), duration)).into();
    let begun = Instant::now();
    world.moves(&["anna", "ben"]).await;
    assert_eq!(begun.elapsed(), Duration::from_millis(300));
    assert_eq!((world.heard("quick"), world.heard("slow"), world.heard("dead")), (poke(), poke(), vec![]));
    world.kept.slow.lock().unwrap().clear();
    let begun = Instant::now();
    world.moves(&["anna", "ben"]).await;
    assert_eq!((world.heard("dead"), begun.elapsed()), (poke(), Duration::ZERO), "and no longer than it takes");
}

fn poke() -> Vec<String> {
    vec!["poke".to_owned()]
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_with_its_token_unless_it_gets_another() {
    let world = World::new();
    world.open("renewed", "ben 10").await;
    world.open("forgotten", "ben 10").await;
    tokio::time::sleep(Duration::from_millis(9 * MINUTE_MS + 29_000)).await;
    world.moves(&["anna", "ben"]).await;
    assert_eq!(world.heard("renewed"), ["poke"], "31 s before");
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.moves(&["anna", "ben"]).await;
    assert_eq!(world.heard("renewed"), ["tokenExpiring", "poke"], "29 s before");
    world.gateway.hear("renewed", r#"{"op":"token","token":"ben 30"}"#).await.unwrap();
    tokio::time::sleep(Duration::from_millis(MINUTE_MS + 28_000)).await;
    world.heard("forgotten");
    world.moves(&["anna", "ben"]).await;
    assert_eq!(world.heard("forgotten"), ["tokenExpiring", "poke"], "clocks may differ by a minute");
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.moves(&["anna", "ben"]).await;
    assert_eq!(world.heard("forgotten"), ["bye token"], "it is not told what a token is needed for");
    assert_eq!(*world.kept.ended.lock().unwrap(), ["forgotten"]);
    assert_eq!(world.kept.rows.lock().unwrap().keys().collect::<Vec<_>>(), ["renewed"]);
}

#[tokio::test(start_paused = true)]
async fn a_frame_of_a_connection_that_nobody_knows_ends_it() {
    let world = World::new();
    world.gateway.hear("unknown", r#"{"op":"start"}"#).await.unwrap();
    assert_eq!(
        (world.heard("unknown"), world.kept.ended.lock().unwrap().as_slice()),
        (vec![], &["unknown".to_owned()][..])
    );
}

#[tokio::test(start_paused = true)]
async fn users_to_notify_are_kept_within_bounds_and_notified_once() {
    let world = World::new();
    world.open("connection", "user7 60").await;
    let users: Vec<UserId> = (0..5_000).map(|number| user(&format!("user{number}"))).collect();
    for _ in 0..2 {
        world.moved.moved(&users.iter().collect::<Vec<_>>(), &ConversationId::new("conv_anna_ben").unwrap());
    }
    assert_eq!(format!("{:?}", world.moved).matches("UserId").count(), 256);
    world.gateway.tell(None).await;
    assert_eq!(world.heard("connection"), ["poke"]);
    world.gateway.tell(None).await;
    assert!(world.heard("connection").is_empty());
}
