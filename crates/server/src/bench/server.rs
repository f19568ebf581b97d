//! The real server, in this process.

use crate::app::{App, Parts};
use crate::files::{self, LocalFiles};
use crate::http::{Address, Origins, Service};
use crate::identity::{Identity, IdentitySettings};
use crate::metrics::Metrics;
use crate::serve::{Listening, serve};
use crate::system::{SystemClock, SystemRandom};
use jobline_chat::{Chat, Clock, Files, Random, Secrets, Settings, UserId};
use jobline_store::Store;
use jobline_store_embedded::{EmbeddedStore, Options};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Signs the tokens of a server that nobody else reaches.
pub(super) const JWT_SECRET: &str = "the secret of a server that lives for one measurement";
const TOKEN_LIFE: Duration = Duration::from_secs(86_400);

/// A server that answers.
pub(super) struct Running {
    pub address: SocketAddr,
    pub chat: Chat,
    app: App,
    store: EmbeddedStore,
    serving: Serving,
}

/// A serve loop, and how to end it.
pub(super) struct Serving {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// Opens the store in `folder` and serves it without a send rate.
    pub(super) async fn start(folder: &Path) -> Result<Self, String> {
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let store =
            EmbeddedStore::open(&folder.join("store"), Options::default()).map_err(|error| error.to_string())?;
        let secrets = Secrets::load(&store, &*random).await.map_err(|error| error.to_string())?;
        let listener = listen().await?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let base_url = format!("http://{address}");
        let files = LocalFiles::new(folder.join("files"), &base_url, &secrets.derive("file urls"), Arc::clone(&clock));
        let files = Arc::new(files.map_err(|error| error.to_string())?);
        let settings = Settings { send_rate: 0, ..Settings::default() };
        let rows: Arc<dyn Store> = Arc::new(store.clone());
        let file_engine: Arc<dyn Files> = files.clone();
        let chat = Chat::new(rows, file_engine, Arc::clone(&clock), Arc::clone(&random), &secrets, settings);
        let tokens = IdentitySettings { jwt_secret: Some(JWT_SECRET.to_owned()), ..IdentitySettings::default() };
        let app = App::new(Parts {
            chat: chat.clone(),
            identity: Arc::new(Identity::new(tokens, Arc::clone(&clock))?),
            host_key: None,
            clock,
            random,
            metrics: Arc::new(Metrics::new()),
            address: Address::default(),
            origins: Origins::new(&[]),
            beside: files::router(files),
        });
        let serving = Serving::start(Service::new(app.clone()), listener)?;
        Ok(Self { address, chat, app, store, serving })
    }

    /// A token for `user`.
    pub(super) fn token(&self, user: &UserId) -> Result<String, String> {
        self.app.identity.mint(user, TOKEN_LIFE).map(|minted| minted.token).map_err(|error| error.to_string())
    }

    /// Serves other routes beside, in the same way.
    pub(super) async fn beside(&self, router: axum::Router) -> Result<Serving, String> {
        Serving::start(Service::over(self.app.clone(), router), listen().await?)
    }

    /// Ends everything and closes the store.
    pub(super) async fn stop(self) -> Result<(), String> {
        self.serving.stop().await?;
        self.store.close().await;
        Ok(())
    }
}

impl Serving {
    fn start(service: Service, listener: TcpListener) -> Result<Self, String> {
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (stop, stopped) = oneshot::channel();
        let listening = Listening { tls: None, max_connections: 20_000 };
        let shutdown = async { drop(stopped.await) };
        let task = tokio::spawn(serve(service, listener, listening, shutdown));
        Ok(Self { address, stop, task })
    }

    pub(super) async fn stop(self) -> Result<(), String> {
        // When the loop has ended already there is nobody to tell.
        let _ = self.stop.send(());
        self.task.await.map_err(|error| error.to_string())
    }
}

pub(super) async fn listen() -> Result<TcpListener, String> {
    TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())
}
