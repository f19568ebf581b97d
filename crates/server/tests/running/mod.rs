//! The real server over memory and a temporary folder, for tests that speak HTTP to it.

use axum::Router;
use jobline_api::app::{App, Parts};
use jobline_api::service::Service;
use jobline_chat::{Chat, Clock, Files, Random, Secrets, Settings};
use jobline_files_local::{self as files, LocalFiles};
use jobline_identity::{HostKey, Identity, IdentitySettings};
use jobline_server::serve::{Listening, serve};
use jobline_server::system::{SystemClock, SystemRandom};
use jobline_store::{MemoryStore, Store};
use std::sync::Arc;
use tokio::net::TcpListener;

pub const JWT_SECRET: &str = "a jwt secret that is long enough for a test";
pub const HOST_KEY: &str = "a-host-key-that-is-long-enough-for-a-test";

/// The engines of a server, and its other parts.
pub struct Engines {
    pub store: Arc<dyn Store>,
    pub files: Arc<LocalFiles>,
    pub secrets: Secrets,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub identity: Arc<Identity>,
    listener: TcpListener,
    _folder: tempfile::TempDir,
}

impl Engines {
    /// `base_url`: the base of file URLs; the address of the server when left out.
    pub async fn new(base_url: Option<String>) -> Self {
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let secrets = Secrets::load(&*store, &*random).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = base_url.unwrap_or_else(|| format!("http://{}", listener.local_addr().unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let files = LocalFiles::new(folder.path(), &base_url, &secrets.derive("file urls"), clock.clone()).unwrap();
        let tokens = IdentitySettings { jwt_secret: Some(JWT_SECRET.to_owned()), ..IdentitySettings::default() };
        let identity = Arc::new(Identity::new(tokens, clock.clone()).unwrap());
        Self { store, files: Arc::new(files), secrets, clock, random, identity, listener, _folder: folder }
    }

    pub fn chat(&self, clock: Arc<dyn Clock>, send_rate: u32) -> Chat {
        let files: Arc<dyn Files> = self.files.clone();
        let settings = Settings { send_rate, ..Settings::default() };
        Chat::new(self.store.clone(), files, clock, self.random.clone(), &self.secrets, settings)
    }

    /// Serves, with `extra_routes` next to the API, and returns the running server.
    pub fn serve(self, extra_routes: Router) -> Running {
        let address = self.listener.local_addr().unwrap();
        let chat = self.chat(self.clock.clone(), 10);
        let app = App::new(Parts {
            host_key: Some(HostKey::new(HOST_KEY).unwrap()),
            extra_routes: extra_routes.merge(files::router(self.files.clone())),
            ..Parts::new(chat, self.identity.clone(), self.clock.clone(), self.random.clone())
        });
        let listening = Listening { tls: None, max_connections: 1_000 };
        tokio::spawn(serve(Service::new(app), self.listener, listening, std::future::pending()));
        Running { url: format!("http://{address}"), _folder: self._folder }
    }
}

/// A server that runs as long as the runtime of the test.
pub struct Running {
    pub url: String,
    _folder: tempfile::TempDir,
}
