//! The test harness: `TestApp::new().await` is a server, and `app.user("anna").send("ben", "Hello").await` sends a
//! message.

mod clock;
mod reply;
mod socket;
mod store;

pub use clock::ManualClock;
pub use reply::Reply;
#[allow(unused_imports, reason = "each test binary uses its part of it")]
pub use socket::{Client, Running, listening};
pub use store::{FailingStore, engine};

use axum::Router;
use axum::body::Body;
use http::{Method, Request};
use jobline_api::app::{App, Parts};
use jobline_api::cors::Origins;
use jobline_api::metrics::Metrics;
use jobline_api::service::Service;
use jobline_chat::{Chat, Clock, Random, Secrets, Settings, UserId};
use jobline_files_local::{self as files, LocalFiles};
use jobline_http::Address;
use jobline_identity::{HostKey, Identity, IdentitySettings};
use jobline_server::counted::CountedStore;
use jobline_server::system::SystemRandom;
use jobline_store::Store;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

pub const HOST_KEY: &str = "a host key that is long enough for the tests";
pub const JWT_SECRET: &str = "a JWT secret that is long enough for the tests";
pub const BASE_URL: &str = "http://jobline.test";
/// The only origin whose pages may call.
pub const ORIGIN: &str = "https://market.example";

/// A whole server for one test.
pub struct TestApp {
    pub service: Service,
    pub clock: Arc<ManualClock>,
    pub store: Arc<FailingStore>,
    _folder: TempDir,
}

/// The settings of a test server.
pub struct Differs {
    pub extra_routes: Router,
    pub host_key: Option<&'static str>,
    pub origins: Vec<String>,
    pub settings: Settings,
    pub address: Address,
    /// `None`: the store that [`engine`] returns.
    pub engine: Option<Arc<dyn Store>>,
}

impl Default for Differs {
    fn default() -> Self {
        Self {
            extra_routes: Router::new(),
            host_key: Some(HOST_KEY),
            origins: vec![ORIGIN.to_owned()],
            settings: Settings::default(),
            address: Address::default(),
            engine: None,
        }
    }
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(Differs::default()).await
    }

    /// With additional routes of the test next to the API.
    pub async fn with_routes(extra_routes: Router) -> Self {
        Self::with(Differs { extra_routes, ..Differs::default() }).await
    }

    pub async fn with(differs: Differs) -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::default());
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let engine = match differs.engine {
            Some(engine) => engine,
            None => engine().await,
        };
        let store = Arc::new(FailingStore::new(engine));
        let secrets = Secrets::load(&*store, &*random).await.unwrap();
        let metrics = Arc::new(Metrics::new());
        let key = secrets.derive("file urls");
        let local = Arc::new(LocalFiles::new(folder.path(), BASE_URL, &key, clock.clone()).unwrap());
        let counted = Arc::new(CountedStore::new(store.clone(), metrics.clone()));
        let chat = Chat::new(counted, local.clone(), clock.clone(), random.clone(), &secrets, differs.settings);
        let tokens = IdentitySettings { jwt_secret: Some(JWT_SECRET.into()), ..IdentitySettings::default() };
        let identity = Arc::new(Identity::new(tokens, clock.clone()).unwrap());
        let app = App::new(Parts {
            host_key: differs.host_key.map(|key| HostKey::new(key).unwrap()),
            metrics,
            address: differs.address,
            origins: Origins::new(&differs.origins),
            extra_routes: files::router(local).merge(differs.extra_routes),
            ..Parts::new(chat, identity, clock.clone(), random)
        });
        Self { service: Service::new(app), clock, store, _folder: folder }
    }

    /// A server where anna and ben share job 7.
    pub async fn with_job_and_users() -> Self {
        let app = Self::new().await;
        app.host().knows(&["anna", "ben"]).await;
        app.host().job(7, &["anna", "ben"], "open").await.is(200);
        app
    }

    pub async fn ask(&self, request: Request<Body>) -> Reply {
        Reply::read(self.service.handle(request).await).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub fn user(&self, id: &str) -> Caller<'_> {
        let ttl = Duration::from_secs(3600);
        let minted = self.service.app().identity.mint(&UserId::new(id).unwrap(), ttl).unwrap();
        self.bearer(&minted.token)
    }

    /// A caller with a given token.
    pub fn bearer(&self, key: &str) -> Caller<'_> {
        Caller { app: self, key: key.to_owned() }
    }

    pub fn host(&self) -> Caller<'_> {
        self.bearer(HOST_KEY)
    }

    pub fn now_seconds(&self) -> u64 {
        self.clock.now_ms() / 1000
    }
}

/// A caller with a token or a key.
pub struct Caller<'a> {
    app: &'a TestApp,
    pub key: String,
}

impl Caller<'_> {
    /// A request of this caller, without a body.
    pub fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", self.key))
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.app.ask(self.request(Method::GET, path).body(Body::empty()).unwrap()).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.app.ask(self.request(Method::DELETE, path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.json(Method::POST, path, body.to_string()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.json(Method::PUT, path, body.to_string()).await
    }

    /// Sends any body with the content type of JSON.
    pub async fn json(&self, method: Method, path: &str, body: impl Into<Body>) -> Reply {
        let request = self.request(method, path).header("content-type", "application/json");
        self.app.ask(request.body(body.into()).unwrap()).await
    }

    pub async fn send(&self, to: &str, text: &str) -> Reply {
        self.post("/messages/send", &json!({"receiverId": to, "content": text})).await
    }

    pub async fn knows(&self, users: &[&str]) {
        for user in users {
            self.put(&format!("/host/users/{user}"), &json!({"name": user})).await.is(200);
        }
    }

    pub async fn job(&self, id: u64, participants: &[&str], status: &str) -> Reply {
        let body = json!({"title": format!("Job {id}"), "participants": participants, "status": status});
        self.put(&format!("/host/jobs/{id}"), &body).await
    }
}

/// Lets other tasks run until `condition` is true; fails after a deadline.
pub async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(std::time::Instant::now() < deadline, "{what} never came true");
        tokio::task::yield_now().await;
    }
}
