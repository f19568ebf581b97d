//! A session over a socket in memory, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use async_trait::async_trait;
use jobline_chat::{CallLine, Clock, Random, UserId};
use jobline_live::{
    Answer, Audiences, Calls, Circles, Feed, Hub, Incoming, Kind, Meter, Ports, Refusal, Socket, Token, Tokens, serve,
    tell_departures,
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// What the test sees of everything.
#[derive(Default)]
struct Seen {
    delivered: Mutex<Vec<String>>,
    closed: Mutex<Vec<Option<u16>>>,
}

struct World {
    hub: Hub,
    seen: Arc<Seen>,
    head: Arc<AtomicU64>,
    everyone: Arc<Everyone>,
    ports: Arc<Ports>,
}

struct VirtualClock(Instant);

#[async_trait]
impl Clock for VirtualClock {
    fn now_ms(&self) -> u64 {
        1_763_116_200_000 + u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

struct Always(u128);

impl Random for Always {
    fn bits(&self) -> u128 {
        self.0
    }
}

/// A feed whose cursor is a number and whose every change is one message.
struct Log {
    head: Arc<AtomicU64>,
    seen: Arc<Seen>,
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
struct Everyone {
    apart: Arc<AtomicBool>,
    /// The call is over.
    hung_up: Arc<AtomicBool>,
}

#[async_trait]
impl Audiences for Everyone {
    async fn of(&self, _: &UserId, conversation: &str) -> Result<Vec<UserId>, Refusal> {
        let known = conversation == "conv_anna_ben" && !self.apart.load(Ordering::SeqCst);
        Ok(if known { vec![user("anna"), user("ben")] } else { Vec::new() })
    }
}

#[async_trait]
impl Calls for Everyone {
    async fn line(&self, user: &UserId, call: &str) -> Result<Option<CallLine>, Refusal> {
        let (own, other) =
            if user.as_str() == "anna" { ("phone", ("ben", "laptop")) } else { ("laptop", ("anna", "phone")) };
        let others = vec![(UserId::new(other.0).unwrap(), other.1.to_owned())];
        Ok((call == "message_7" && !self.hung_up.load(Ordering::SeqCst))
            .then(|| CallLine { own: own.to_owned(), others }))
    }
}

#[async_trait]
impl Circles for Everyone {
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

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// The server's end of a line.
struct Wire {
    from: mpsc::UnboundedReceiver<Incoming>,
    to: mpsc::Sender<String>,
}

impl Wire {
    async fn tell(&mut self, text: String) -> bool {
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
struct Client {
    to: mpsc::UnboundedSender<Incoming>,
    from: mpsc::Receiver<String>,
    served: JoinHandle<()>,
}

impl Client {
    fn says(&self, text: &str) {
        self.to.send(Incoming::Text(text.to_owned())).unwrap();
    }

    /// The next frame, pings answered and heartbeats left out.
    async fn hears(&mut self) -> String {
        loop {
            let text = timeout(Duration::from_secs(600), self.from.recv()).await.expect("in time").expect("open");
            match text.as_str() {
                // It may have ended since.
                "ping" => drop(self.to.send(Incoming::Control)),
                r#"{"op":"heartbeat"}"# => {}
                _ => return text,
            }
        }
    }

    async fn ends(self) {
        drop(self.from);
        timeout(Duration::from_secs(600), self.served).await.expect("in time").unwrap();
    }
}

impl World {
    fn new() -> Self {
        let (seen, head) = (Arc::new(Seen::default()), Arc::new(AtomicU64::new(0)));
        let everyone = Arc::new(Everyone::default());
        let ports = Arc::new(Ports {
            feed: Arc::new(Log { head: head.clone(), seen: seen.clone() }),
            audiences: everyone.clone(),
            circles: everyone.clone(),
            calls: everyone.clone(),
            tokens: everyone.clone(),
            clock: Arc::new(VirtualClock(Instant::now())),
            random: Arc::new(Always(0)),
            meter: seen.clone(),
            readers: Semaphore::new(2),
        });
        Self { hub: Hub::default(), seen, head, everyone, ports }
    }

    /// One of the two blocks the other: when that is answered, the hub was told.
    fn part(&self) {
        self.everyone.apart.store(true, Ordering::SeqCst);
        self.hub.relations_changed(&[&user("anna"), &user("ben")]);
    }

    /// A connection whose network takes `room` frames.
    fn connect(&self, name: &str, room: usize) -> Client {
        let (to, from_client) = mpsc::unbounded_channel();
        let (to_client, from) = mpsc::channel(room);
        let ticket = self.hub.join(user(name), Kind::Connection).ok().unwrap();
        let token = Token { user: user(name), expires_ms: u64::MAX / 2, issued_ms: None };
        let wire = Wire { from: from_client, to: to_client };
        let served = tokio::spawn(serve(wire, token, ticket, Arc::clone(&self.ports)));
        Client { to, from, served }
    }

    async fn live(&self, name: &str) -> Client {
        let mut client = self.connect(name, 100);
        client.says(r#"{"op":"start","since":"0"}"#);
        assert!(client.hears().await.starts_with(r#"{"op":"ready""#));
        client
    }

    fn commit(&self, name: &str) {
        self.head.fetch_add(1, Ordering::SeqCst);
        self.hub.moved(&[user(name)]);
    }

    fn closed(&self) -> Vec<Option<u16>> {
        self.seen.closed.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_committed_while_it_is_read_is_pushed_after_the_client_has_the_first() {
    let world = World::new();
    let mut anna = world.live("anna").await;
    assert_eq!(anna.hears().await, r#"{"op":"synced","from":0,"to":0,"hasMore":false}"#);
    anna.says(r#"{"op":"have","since":"0"}"#);
    world.commit("anna");
    tokio::time::sleep(Duration::from_millis(2)).await;
    world.commit("anna");
    assert_eq!(anna.hears().await, r#"{"op":"synced","from":0,"to":2,"hasMore":false}"#);
    world.commit("anna");
    tokio::time::sleep(Duration::from_secs(20)).await;
    anna.says(r#"{"op":"have","since":"2"}"#);
    assert_eq!(anna.hears().await, r#"{"op":"synced","from":2,"to":3,"hasMore":false}"#);
}

#[tokio::test(start_paused = true)]
async fn what_the_client_has_is_delivered_even_when_the_line_breaks_at_once() {
    let world = World::new();
    let mut anna = world.live("anna").await;
    world.commit("anna");
    anna.hears().await;
    anna.says(r#"{"op":"have","since":"1"}"#);
    anna.says(r#"{"op":"ping"}"#);
    anna.hears().await;
    drop(anna.to);
    timeout(Duration::from_secs(1), anna.served).await.unwrap().unwrap();
    assert_eq!(*world.seen.delivered.lock().unwrap(), ["1"]);
    assert_eq!((world.closed(), world.hub.remembered()), (vec![None], (0, 0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_stop_says_bye() {
    let world = World::new();
    let mut anna = world.live("anna").await;
    anna.hears().await;
    world.hub.stop();
    assert_eq!(anna.hears().await, r#"{"op":"bye","reason":"stopping","retryAfterMs":0}"#);
    assert_eq!(anna.hears().await, "close 1001 stopping");
    anna.ends().await;
    assert_eq!(world.closed(), [Some(1001)]);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_takes_nothing_ends_it_after_30_s_and_a_stop_sooner() {
    for (stop_after, at_most) in [(None, 32), (Some(Duration::from_secs(3)), 5)] {
        let world = World::new();
        let anna = world.connect("anna", 1);
        let begun = Instant::now();
        anna.says(r#"{"op":"start"}"#);
        anna.says(r#"{"op":"ping"}"#);
        if let Some(wait) = stop_after {
            tokio::time::sleep(wait).await;
            world.hub.stop();
        }
        timeout(Duration::from_secs(at_most), anna.served).await.expect("cut off").unwrap();
        assert!(begun.elapsed() >= Duration::from_secs(3));
        assert_eq!(world.closed(), [Some(if stop_after.is_some() { 1001 } else { 4408 })]);
    }
}

#[tokio::test(start_paused = true)]
async fn typing_reaches_the_one_who_watches_and_ends_with_the_line() {
    let world = World::new();
    let (mut anna, mut ben) = (world.live("anna").await, world.live("ben").await);
    anna.hears().await;
    ben.hears().await;
    ben.says(r#"{"op":"watch","conversationId":"conv_anna_ben"}"#);
    ben.says(r#"{"op":"ping"}"#);
    ben.hears().await;
    anna.says(r#"{"op":"typing","conversationId":"conv_ben_cy","typing":true}"#);
    anna.says(r#"{"op":"typing","conversationId":"conv_anna_ben","typing":true}"#);
    let frame =
        |typing| format!(r#"{{"op":"typing","conversationId":"conv_anna_ben","userId":"anna","typing":{typing}}}"#);
    assert_eq!(ben.hears().await, frame(true));
    drop(anna.to);
    assert_eq!(ben.hears().await, frame(false));
}

#[tokio::test(start_paused = true)]
async fn after_a_block_typing_is_over_at_once_and_not_relayed_any_more() {
    let world = World::new();
    let (mut anna, mut ben) = (world.live("anna").await, world.live("ben").await);
    for client in [&mut anna, &mut ben] {
        client.hears().await;
        client.says(r#"{"op":"have","since":"0"}"#);
        client.says(r#"{"op":"watch","conversationId":"conv_anna_ben"}"#);
        client.says(r#"{"op":"ping"}"#);
        client.hears().await;
    }
    let types = r#"{"op":"typing","conversationId":"conv_anna_ben","typing":true}"#;
    for client in [&anna, &ben] {
        client.says(types);
    }
    assert!(ben.hears().await.ends_with(r#""typing":true}"#));
    assert!(anna.hears().await.ends_with(r#""typing":true}"#));
    tokio::time::sleep(Duration::from_secs(4)).await;
    world.part();
    for client in [&anna, &ben] {
        client.says(types);
    }
    for client in [&mut anna, &mut ben] {
        let mut frames = [client.hears().await, client.hears().await];
        frames.sort();
        assert!(frames[0].contains(r#""state":"away""#) && frames[1].ends_with(r#""typing":false}"#), "{frames:?}");
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    for client in [&mut anna, &mut ben] {
        client.says(types);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for client in [&mut anna, &mut ben] {
        client.says(r#"{"op":"ping"}"#);
        assert_eq!(client.hears().await, r#"{"op":"pong"}"#, "nothing else");
    }
}

#[tokio::test(start_paused = true)]
async fn somebody_who_comes_is_shown_and_when_they_have_gone_for_two_minutes_too() {
    let world = World::new();
    let (mut anna, mut ben) = (world.live("anna").await, world.live("ben").await);
    for client in [&mut anna, &mut ben] {
        client.hears().await;
        client.says(r#"{"op":"have","since":"0"}"#);
    }
    anna.says(r#"{"op":"active","active":true}"#);
    let state = |frame: &str| serde_json::from_str::<serde_json::Value>(frame).unwrap()["state"].clone();
    assert_eq!(state(&ben.hears().await), "online");
    let mut late = world.live("ben").await;
    let mut frames = [late.hears().await, late.hears().await];
    frames.sort();
    assert_eq!(state(&frames[0]), "online", "a device that comes later is shown who is there");
    drop(anna.to);
    timeout(Duration::from_secs(1), anna.served).await.unwrap().unwrap();
    let gone = world.ports.clock.now_ms();
    let (hub, ports) = (world.hub.clone(), Arc::clone(&world.ports));
    let telling = tokio::spawn(async move { tell_departures(&hub, &ports).await });
    assert_eq!(state(&ben.hears().await), "recent");
    let after = world.ports.clock.now_ms() - gone;
    assert!((120_000..126_000).contains(&after), "{after}");
    telling.abort();
    assert_eq!(world.hub.departures(gone + 400_000).len(), 0, "told once");
    assert_eq!(world.hub.present(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_blocks_somebody_is_away_for_them_at_once_and_the_other_way_round() {
    let world = World::new();
    let (mut anna, mut ben) = (world.live("anna").await, world.live("ben").await);
    for client in [&mut anna, &mut ben] {
        client.hears().await;
        client.says(r#"{"op":"have","since":"0"}"#);
    }
    anna.says(r#"{"op":"active","active":true}"#);
    assert!(ben.hears().await.contains(r#""state":"online""#));
    world.part();
    let away = |name: &str| format!(r#"{{"op":"presence","userId":"{name}","state":"away"}}"#);
    assert_eq!((ben.hears().await, anna.hears().await), (away("anna"), away("ben")));
    ben.says(r#"{"op":"active","active":true}"#);
    anna.says(r#"{"op":"active","active":false}"#);
    anna.says(r#"{"op":"active","active":true}"#);
    tokio::time::sleep(Duration::from_secs(1)).await;
    for client in [&mut anna, &mut ben] {
        client.says(r#"{"op":"ping"}"#);
        assert_eq!(client.hears().await, r#"{"op":"pong"}"#, "nothing else");
    }
}

/// A client with a device of this name that has confirmed its first answer.
async fn device(world: &World, user: &str, name: &str) -> Client {
    let mut client = world.connect(user, 100);
    client.says(&format!(r#"{{"op":"start","deviceId":"{name}"}}"#));
    client.hears().await;
    client.hears().await;
    client.says(r#"{"op":"have","since":"0"}"#);
    client
}

#[tokio::test(start_paused = true)]
async fn signals_of_a_call_reach_the_other_device_alone_and_in_order() {
    let world = World::new();
    let (anna, mut ben) = (device(&world, "anna", "phone").await, device(&world, "ben", "laptop").await);
    let mut others = [device(&world, "ben", "tablet").await, device(&world, "eve", "laptop").await];
    for number in 0..5 {
        anna.says(&format!(r#"{{"op":"signal","callId":"message_7","to":"laptop","data":{{"number":{number}}}}}"#));
    }
    for number in 0..5 {
        let expected = format!(r#"{{"op":"signal","callId":"message_7","from":"phone","data":{{"number":{number}}}}}"#);
        assert_eq!(ben.hears().await, expected);
    }
    anna.says(r#"{"op":"signal","callId":"message_8","to":"laptop","data":"of no call"}"#);
    anna.says(r#"{"op":"signal","callId":"message_7","to":"tablet","data":"to a device that is not in it"}"#);
    for client in [&mut ben].into_iter().chain(&mut others) {
        client.says(r#"{"op":"ping"}"#);
        assert_eq!(client.hears().await, r#"{"op":"pong"}"#, "nothing else");
    }
    let mut nameless = world.live("ben").await;
    nameless.hears().await;
    nameless.says(r#"{"op":"have","since":"0"}"#);
    anna.says(r#"{"op":"signal","callId":"message_7","to":"laptop","data":1}"#);
    assert!(nameless.hears().await.starts_with(r#"{"op":"signal""#), "one that told no name may be the laptop");
    let data = "x".repeat(16 * 1024);
    anna.says(&format!(r#"{{"op":"signal","callId":"message_7","to":"laptop","data":"{data}"}}"#));
    let mut anna = anna;
    assert!(anna.hears().await.starts_with(r#"{"op":"bye","reason":"too_large""#));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_relayed_after_the_end_of_a_call() {
    let world = World::new();
    let (anna, mut ben) = (device(&world, "anna", "phone").await, device(&world, "ben", "laptop").await);
    let signal = r#"{"op":"signal","callId":"message_7","to":"laptop","data":1}"#;
    anna.says(signal);
    assert!(ben.hears().await.starts_with(r#"{"op":"signal""#));
    world.everyone.hung_up.store(true, Ordering::SeqCst);
    world.commit("anna");
    anna.says(signal);
    tokio::time::sleep(Duration::from_secs(1)).await;
    ben.says(r#"{"op":"ping"}"#);
    assert_eq!(ben.hears().await, r#"{"op":"pong"}"#, "nothing else");
}

#[tokio::test(start_paused = true)]
async fn a_token_of_somebody_else_ends_it() {
    let world = World::new();
    let mut anna = world.live("anna").await;
    anna.hears().await;
    anna.says(r#"{"op":"have","since":"0"}"#);
    anna.says(r#"{"op":"token","token":"anna"}"#);
    anna.says(r#"{"op":"ping"}"#);
    assert_eq!(anna.hears().await, r#"{"op":"pong"}"#);
    anna.says(r#"{"op":"token","token":"ben"}"#);
    assert_eq!(anna.hears().await, r#"{"op":"bye","reason":"token","retryAfterMs":0}"#);
    assert_eq!(anna.hears().await, "close 4401 token");
}

#[tokio::test(start_paused = true)]
async fn a_crowd_that_comes_back_takes_turns_at_reading() {
    let world = World::new();
    let mut clients: Vec<Client> = (0..40).map(|number| world.connect(&format!("user{number}"), 100)).collect();
    let begun = Instant::now();
    for client in &mut clients {
        client.says(r#"{"op":"start"}"#);
    }
    for client in &mut clients {
        client.hears().await;
        assert!(client.hears().await.starts_with(r#"{"op":"synced""#));
    }
    assert_eq!(begun.elapsed().as_millis(), 100, "forty reads of 5 ms, two at a time");
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_deleted_user_ends_it_with_the_next_heartbeat_unless_a_later_one_came() {
    let world = World::new();
    let begun = Instant::now();
    let mut deleted = world.live("deleted").await;
    assert_eq!(deleted.hears().await, r#"{"op":"synced","from":0,"to":0,"hasMore":false}"#);
    assert!(deleted.hears().await.contains(r#""reason":"token""#));
    assert!(begun.elapsed() <= Duration::from_secs(26), "{:?}", begun.elapsed());
    deleted.ends().await;
    assert_eq!(world.closed(), [Some(4401)]);
    let mut back = world.live("deleted").await;
    back.says(r#"{"op":"token","token":"deleted"}"#);
    back.hears().await;
    back.says(r#"{"op":"have","since":"0"}"#);
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.commit("deleted");
    assert_eq!(back.hears().await, r#"{"op":"synced","from":0,"to":1,"hasMore":false}"#);
}
