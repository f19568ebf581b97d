//! Servers without sessions: the ports that they do not use.

use async_trait::async_trait;
use jobline_chat::{CallDevices, Clock, Random, UserId};
use jobline_live::{Answer, Audiences, CallParticipants, Feed, Meter, Ports, PresencePeers, Refusal, Token, Tokens};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Ports over `world`, which has the clock.
pub fn ports<W: Clock + Random + Meter>(world: &Arc<W>) -> Arc<Ports> {
    let unused = || Arc::new(Unused);
    Arc::new(Ports {
        feed: unused(),
        audiences: unused(),
        presence_peers: unused(),
        calls: unused(),
        tokens: unused(),
        clock: Arc::clone(world) as Arc<dyn Clock>,
        random: Arc::clone(world) as Arc<dyn Random>,
        meter: Arc::clone(world) as Arc<dyn Meter>,
        readers: Semaphore::new(1),
    })
}

/// The ports that only sessions would use.
struct Unused;

#[async_trait]
impl Feed for Unused {
    async fn sync(&self, _: &UserId, _: Option<String>, _: u32) -> Result<Answer, Refusal> {
        Err(Refusal::Unavailable)
    }

    async fn deliver(&self, _: &UserId, _: &str) -> Result<(), Refusal> {
        Err(Refusal::Unavailable)
    }
}

#[async_trait]
impl Audiences for Unused {
    async fn of(&self, _: &UserId, _: &str) -> Result<Vec<UserId>, Refusal> {
        Err(Refusal::Unavailable)
    }
}

#[async_trait]
impl CallParticipants for Unused {
    async fn devices(&self, _: &UserId, _: &str) -> Result<Option<CallDevices>, Refusal> {
        Err(Refusal::Unavailable)
    }
}

#[async_trait]
impl PresencePeers for Unused {
    async fn of(&self, _: &UserId) -> Result<Vec<UserId>, Refusal> {
        Err(Refusal::Unavailable)
    }

    async fn record(&self, _: &UserId) -> Result<(), Refusal> {
        Err(Refusal::Unavailable)
    }
}

#[async_trait]
impl Tokens for Unused {
    async fn check(&self, _: &str) -> Result<Token, Refusal> {
        Err(Refusal::Unavailable)
    }

    async fn has_ended(&self, _: &UserId, _: Option<u64>) -> bool {
        false
    }
}
