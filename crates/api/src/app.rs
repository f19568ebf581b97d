//! What handlers work with: the domain, identity, clock, metrics and settings of one server.

use crate::cors::Origins;
use crate::ice::IceServers;
use crate::live::{Live, gateway::AtGateway};
use crate::metrics::Metrics;
use crate::push::PushOffer;
use axum::Router;
use jobline_chat::{Chat, Clock, Random};
use jobline_http::Address;
use jobline_identity::{HostKey, Identity};
use std::ops::Deref;
use std::sync::Arc;

/// The parts of a server. Cloning it is cheap: all clones share the same parts.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts that an [`App`] shares.
pub struct Parts {
    /// The domain.
    pub chat: Chat,
    /// Checks user tokens, and mints them.
    pub identity: Arc<Identity>,
    /// The key of the host API; `None`: that API is closed.
    pub host_key: Option<HostKey>,
    /// The time, and waiting.
    pub clock: Arc<dyn Clock>,
    /// The source of request ids.
    pub random: Arc<dyn Random>,
    /// Counters and durations.
    pub metrics: Arc<Metrics>,
    /// How this server is reached.
    pub address: Address,
    /// The origins whose pages may call.
    pub origins: Origins,
    /// Live connections, and polls that wait; `None`: neither.
    pub live: Option<Live>,
    /// Live connections that a gateway holds open; `None`: there is no gateway.
    pub gateway: Option<AtGateway>,
    /// What calls need; `None`: there are none. They need live connections besides.
    pub calls: Option<IceServers>,
    /// Push notifications; `None`: there are none.
    pub push: Option<PushOffer>,
    /// Routes outside of the table: files, the web app, the demo.
    pub extra_routes: Router,
}

impl Parts {
    /// The parts that every server has. What is optional is left out, and no page of another origin may call.
    #[must_use]
    pub fn new(chat: Chat, identity: Arc<Identity>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self {
            chat,
            identity,
            host_key: None,
            clock,
            random,
            metrics: Arc::new(Metrics::new()),
            address: Address::default(),
            origins: Origins::new(&[]),
            live: None,
            gateway: None,
            calls: None,
            push: None,
            extra_routes: Router::new(),
        }
    }
}

impl App {
    /// An app of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
