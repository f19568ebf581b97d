//! The same month with live connections: each session polls for the first twenty seconds, and then a connection says when
//! there is something to poll for.

use crate::doubles::HandClock;
use crate::meter::Usage;
use crate::month::{CONVERSATIONS, DAYS, FILE_BYTES, HOUR_MS, POLL_MS, POLLS, TEXTS, due};
use crate::world::{Device, World};
use async_trait::async_trait;
use jobline_chat::Clock;
use jobline_live::{GatewayApi, Posted};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often a device polls while it is connected.
const SAFETY_MS: u64 = 60_000;
/// `afterMs` of the offer.
const AFTER_MS: u64 = 20_000;

/// The quantities that API Gateway charges for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Charged {
    /// Frames, in both directions.
    pub messages: u64,
    /// How long connections were open.
    pub open_ms: u64,
}

/// The gateway, in memory: the pokes of connections that are open.
#[derive(Default)]
pub struct Gateway {
    open: Mutex<BTreeMap<String, (u64, u64)>>,
    charged: Mutex<Charged>,
}

impl Gateway {
    fn opens(&self, id: &str, now: u64) {
        self.open.lock().unwrap().insert(id.to_owned(), (now, 0));
    }

    /// Its client leaves without a notification.
    fn closes(&self, id: &str, now: u64) {
        let (since, _) = self.open.lock().unwrap().remove(id).unwrap();
        self.charged.lock().unwrap().open_ms += now - since;
    }

    /// A client sent a frame.
    pub fn heard(&self) {
        self.charged.lock().unwrap().messages += 1;
    }

    /// Whether frames came over a connection since the last call.
    fn spoke(&self, id: &str) -> bool {
        self.open.lock().unwrap().get_mut(id).is_some_and(|(_, frames)| std::mem::take(frames) > 0)
    }
}

#[async_trait]
impl GatewayApi for Gateway {
    async fn post(&self, connection: &str, _: String) -> Posted {
        let mut open = self.open.lock().unwrap();
        let Some((_, frames)) = open.get_mut(connection) else { return Posted::Gone };
        *frames += 1;
        self.charged.lock().unwrap().messages += 1;
        Posted::Sent
    }

    async fn end(&self, _: &str) {}
}

/// The clock of the test, under which nothing times out.
pub struct PatientClock(pub Arc<HandClock>);

#[async_trait]
impl Clock for PatientClock {
    fn now_ms(&self) -> u64 {
        self.0.now_ms()
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending().await
    }
}

/// The app of one user, which connects once it was open for twenty seconds.
struct LiveDevice {
    device: Device,
    name: &'static str,
    connection: Option<String>,
    connections: u64,
    opened_ms: u64,
    next_ms: u64,
}

impl LiveDevice {
    fn new(device: Device, name: &'static str) -> Self {
        Self { device, name, connection: None, connections: 0, opened_ms: 0, next_ms: 0 }
    }

    async fn open(&mut self, world: &World) {
        self.device.open(world).await;
        self.opened_ms = world.clock.now_ms();
        self.next_ms = self.opened_ms + POLL_MS;
    }

    /// Lets the app act at this time. Returns whether it polled.
    async fn look(&mut self, world: &World) -> bool {
        let now = world.clock.now_ms();
        if self.connection.is_none() && now >= self.opened_ms + AFTER_MS {
            self.connect(world).await;
        }
        let poked = self.connection.as_ref().is_some_and(|id| world.gateway.spoke(id));
        let acts = poked || now >= self.next_ms;
        if acts {
            self.poll(world).await;
        }
        acts
    }

    async fn connect(&mut self, world: &World) {
        self.connections += 1;
        let id = format!("{}-{}-{}=", self.device.user(), self.name, self.connections);
        world.connect(self.device.user(), &id).await;
        world.gateway.opens(&id, world.clock.now_ms());
        world.say(&id, r#"{"op":"start"}"#, "a frame: start").await;
        world.say(&id, r#"{"op":"active","active":true}"#, "a frame: active").await;
        self.connection = Some(id);
    }

    /// After new messages another poll proves their delivery.
    async fn poll(&mut self, world: &World) {
        let news = self.device.poll(world).await;
        let pause = if news || self.connection.is_none() { POLL_MS } else { SAFETY_MS };
        self.next_ms = world.clock.now_ms() + pause;
    }

    /// Sends, and polls for the result.
    async fn send(&mut self, world: &World, message: usize, with_file: bool) {
        match with_file {
            true => self.device.send_file(world, TEXTS[message], FILE_BYTES).await,
            false => self.device.send(world, TEXTS[message]).await,
        }
        self.poll(world).await;
    }

    fn close(&mut self, world: &World) {
        if let Some(id) = self.connection.take() {
            world.gateway.closes(&id, world.clock.now_ms());
        }
    }
}

/// The writers of a session.
#[derive(Clone, Copy, PartialEq)]
enum Writers {
    One,
    InTurn,
}

/// A session of four minutes of these devices, in which five messages are written, or none.
async fn session(world: &World, devices: &mut [&mut LiveDevice], writers: Option<Writers>) {
    for device in devices.iter_mut() {
        device.open(world).await;
    }
    for poll in 1..=POLLS {
        world.clock.forward(POLL_MS);
        settle(world, devices).await;
        if let (Some(writers), Some(message)) = (writers, due(poll)) {
            let in_turn = writers == Writers::InTurn;
            let writer = if in_turn { message % 2 } else { 0 };
            devices[writer].send(world, message, in_turn && message == 2).await;
            settle(world, devices).await;
        }
    }
    for device in devices.iter_mut() {
        device.close(world);
    }
}

/// Until nobody was poked.
async fn settle(world: &World, devices: &mut [&mut LiveDevice]) {
    let mut acted = true;
    while acted {
        acted = false;
        for device in devices.iter_mut() {
            acted |= device.look(world).await;
        }
    }
}

/// Runs the month of [`crate::month::run`] again, on a world with live connections.
pub async fn run(world: &World) -> (Usage, Charged) {
    world.begin(CONVERSATIONS).await;
    let pair = |number| {
        // The customer has one app for each worker, each with its own connections.
        const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
        let name = NAMES[usize::try_from(number).unwrap()];
        (LiveDevice::new(world.customer(number), name), LiveDevice::new(world.worker(number), name))
    };
    let mut pairs: Vec<_> = (0..CONVERSATIONS).map(pair).collect();
    for day in 0..DAYS {
        for (customer, worker) in &mut pairs {
            session(world, &mut [&mut *customer, &mut *worker], Some(Writers::InTurn)).await;
            world.clock.forward(HOUR_MS);
            let (writer, reader) = if day % 2 == 0 { (customer, worker) } else { (worker, customer) };
            session(world, &mut [writer], Some(Writers::One)).await;
            world.clock.forward(4 * HOUR_MS);
            session(world, &mut [reader], None).await;
            world.clock.forward(HOUR_MS);
        }
        world.clock.forward(14 * HOUR_MS);
    }
    let charged = *world.gateway.charged.lock().unwrap();
    (world.usage(), charged)
}
