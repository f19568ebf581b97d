//! Live connections over HTTP: who gets one, the upgrade, and polls that wait.

pub mod connections;
pub mod gateway;
mod offer;
mod ports;
mod socket;
pub mod upgrade;
pub mod wait;

use crate::metrics::Metrics;
use jobline_chat::{Chat, Clock, Random, UserId};
use jobline_identity::Identity;
use jobline_live::{Bus, Hub, Ports, Servers, tell_departures};
use jobline_wire::LiveOffer;
use offer::Offer;
use std::any::Any;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many live sessions read at a time.
const READERS: usize = 64;

/// What live connections need.
pub struct Live {
    hub: Hub,
    ports: Arc<Ports>,
    offer: Offer,
    /// The servers over the same table, this one among them; `None` where there can be no other.
    servers: Option<Servers>,
}

/// The parts of a server that live connections use.
pub struct Uses<'a> {
    /// The domain. It tells the same hub of its commits.
    pub chat: &'a Chat,
    /// Authentication of users.
    pub identity: &'a Arc<Identity>,
    /// The metrics.
    pub metrics: &'a Arc<Metrics>,
    /// What time it is.
    pub clock: &'a Arc<dyn Clock>,
    /// Spreads those who come back.
    pub random: &'a Arc<dyn Random>,
}

impl Live {
    /// Live connections for `percent` of the users, who reach this server at `base_url`. With 0 nobody gets one, and polls
    /// can still wait.
    #[must_use]
    pub fn new(hub: Hub, uses: &Uses<'_>, percent: u32, base_url: &str) -> Self {
        let ports = Arc::new(Ports {
            feed: Arc::new(ports::ChatFeed(uses.chat.clone())),
            audiences: Arc::new(ports::ChatAudiences(uses.chat.clone())),
            presence_peers: Arc::new(ports::ChatPresencePeers(uses.chat.clone())),
            calls: Arc::new(ports::ChatCallParticipants(uses.chat.clone())),
            tokens: Arc::new(ports::UserTokens { identity: Arc::clone(uses.identity), chat: uses.chat.clone() }),
            clock: Arc::clone(uses.clock),
            random: Arc::clone(uses.random),
            meter: Arc::clone(uses.metrics) as Arc<dyn jobline_live::Meter>,
            readers: Semaphore::new(READERS),
        });
        Self { hub, ports, offer: Offer::new(percent, base_url), servers: None }
    }

    /// Beside other servers over the same table: they tell each other over `bus` what moved. Without a bus, and while it is
    /// down, each looks every few seconds.
    #[must_use]
    pub fn among_servers(mut self, chat: &Chat, bus: Option<Arc<dyn Bus>>) -> Self {
        let heads = Arc::new(ports::ChatHeads(chat.clone()));
        self.servers = Some(Servers::new(self.hub.clone(), Arc::clone(&self.ports), heads, bus));
        self
    }

    /// Hears and tells the other servers, if there are any, for as long as it is polled.
    pub async fn keep_together(&self) {
        if let Some(servers) = &self.servers {
            servers.run().await;
        }
    }

    /// Notifies the other servers that this one has stopped. At most a second.
    pub async fn leave(&self) {
        if let Some(servers) = &self.servers {
            servers.leave().await;
        }
    }

    /// Notifies people that a user whom they saw online has gone offline, for as long as it is polled.
    pub async fn tell_departures(&self) {
        tell_departures(&self.hub, &self.ports).await;
    }

    /// The connected users.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Whether live connections are offered to `user`.
    #[must_use]
    pub fn is_offered(&self, user: &UserId) -> bool {
        self.offer.is_for(user)
    }

    /// What `sync` offers to `user`.
    #[must_use]
    pub fn offer(&self, user: &UserId) -> Option<LiveOffer> {
        self.offer.to(user)
    }
}

/// In the extensions of a request that may be upgraded: what has to be kept for as long as the connection is open.
#[derive(Clone)]
pub struct Slot(pub Arc<dyn Any + Send + Sync>);
