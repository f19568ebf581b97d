//! The server through which `jobline bench` fills its store, and in whose serve loop it measures hello-world.

use crate::serve::{Listening, serve};
use crate::system::{SystemClock, SystemRandom};
use async_trait::async_trait;
use jobline_api::app::{App, Parts};
use jobline_api::service::Service;
use jobline_chat::{Chat, Clock, Files, Random, Secrets, Settings, UserId};
use jobline_files_local::{self as files, LocalFiles};
use jobline_identity::{Identity, IdentitySettings};
use jobline_store::Store;
use jobline_store_embedded::{EmbeddedStore, Options};
use jobline_tools::bench::{self, JWT_SECRET, Launcher, Server, Serving, StopSignal};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Longer than the longest soak takes, whose days pass in minutes.
const TOKEN_LIFE: Duration = Duration::from_secs(10 * 366 * 86_400);
/// The connection limit: more than the bench opens.
const CONNECTIONS: usize = 20_000;

/// Starts servers over the embedded store and files in the same folder.
pub struct EmbeddedLauncher;

#[async_trait]
impl Launcher for EmbeddedLauncher {
    async fn start(&self, folder: &Path) -> Result<Box<dyn Server>, String> {
        let store = EmbeddedStore::open(&folder.join("store"), Options::default());
        let store = store.map_err(|error| error.to_string())?;
        let (app, listener) = app(folder, &store).await?;
        let service = Service::new(app.clone());
        let serving = Serving::over(listener, |listener, stopped| run(service, listener, stopped))?;
        Ok(Box::new(Running { app, store, serving }))
    }
}

async fn app(folder: &Path, store: &EmbeddedStore) -> Result<(App, TcpListener), String> {
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let secrets = Secrets::load(store, &*random).await.map_err(|error| error.to_string())?;
    let listener = bench::listen().await?;
    let base_url = format!("http://{}", listener.local_addr().map_err(|error| error.to_string())?);
    let files = LocalFiles::new(folder.join("files"), &base_url, &secrets.derive("file urls"), Arc::clone(&clock));
    let files = Arc::new(files.map_err(|error| error.to_string())?);
    let settings = Settings { send_rate: 0, upload_rate: 0, ..Settings::default() };
    let rows: Arc<dyn Store> = Arc::new(store.clone());
    let file_engine: Arc<dyn Files> = files.clone();
    let chat = Chat::new(rows, file_engine, Arc::clone(&clock), Arc::clone(&random), &secrets, settings);
    let tokens = IdentitySettings { jwt_secret: Some(JWT_SECRET.to_owned()), ..IdentitySettings::default() };
    let identity = Arc::new(Identity::new(tokens, Arc::clone(&clock))?);
    let parts = Parts { extra_routes: files::router(files), ..Parts::new(chat, identity, clock, random) };
    Ok((App::new(parts), listener))
}

/// A running server.
struct Running {
    app: App,
    store: EmbeddedStore,
    serving: Serving,
}

#[async_trait]
impl Server for Running {
    fn chat(&self) -> &Chat {
        &self.app.chat
    }

    fn token(&self, user: &UserId) -> Result<String, String> {
        self.app.identity.mint(user, TOKEN_LIFE).map(|minted| minted.token).map_err(|error| error.to_string())
    }

    async fn serve(&self, routes: axum::Router) -> Result<Serving, String> {
        let service = Service::over(self.app.clone(), routes);
        Serving::over(bench::listen().await?, |listener, stopped| run(service, listener, stopped))
    }

    async fn stop(self: Box<Self>) -> Result<(), String> {
        self.serving.stop().await?;
        self.store.close().await;
        Ok(())
    }
}

async fn run(service: Service, listener: TcpListener, stopped: StopSignal) {
    serve(service, listener, Listening { tls: None, max_connections: CONNECTIONS }, stopped.wait()).await;
}
