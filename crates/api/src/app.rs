//! What a running server consists of, and how it is put together.

use crate::cors::Origins;
use crate::metrics::Metrics;
use axum::Router;
use jobline_chat::{Chat, Clock, Random};
use jobline_http::Address;
use jobline_identity::{HostKey, Identity};
use std::ops::Deref;
use std::sync::Arc;

/// The parts of a server. Clones are handles to the same.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// See [`App`].
pub struct Parts {
    /// The domain.
    pub chat: Chat,
    /// Who users are.
    pub identity: Arc<Identity>,
    /// The key of the host API; without it that API is closed.
    pub host_key: Option<HostKey>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where request ids come from.
    pub random: Arc<dyn Random>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How this server is reached.
    pub address: Address,
    /// Which pages of other origins may call.
    pub origins: Origins,
    /// Routes beside the API: files, pages.
    pub beside: Router,
}

impl App {
    /// A server of these parts.
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
