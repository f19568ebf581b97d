//! Accepting connections, and letting go of them.
//!
//! Connections are bounded in number and in idleness; a stop is graceful: no new connections, what runs is finished, what
//! idles is closed.

mod connection;
mod watched;

use crate::tls::Tls;
use jobline_api::app::App;
use jobline_api::service::Service;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long a stop waits for what runs, so that the store can still be closed within the ten seconds of the contract.
const STOP_WITHIN: Duration = Duration::from_secs(8);
/// How long to wait when the machine has no room for another connection.
const NO_ROOM_PAUSE: Duration = Duration::from_millis(100);

/// How a server listens.
#[derive(Clone)]
pub struct Listening {
    /// The certificate, for HTTPS.
    pub tls: Option<Arc<Tls>>,
    /// How many connections may be open at a time; further ones wait to be accepted.
    pub max_connections: usize,
}

/// Serves until `shutdown` is ready, then lets go of all connections and returns.
pub async fn serve(service: Service, listener: TcpListener, listening: Listening, shutdown: impl Future<Output = ()>) {
    let app = service.app().clone();
    let (stop, stopping) = watch::channel(false);
    let server = Server { service: Arc::new(service), tls: listening.tls, stopping };
    let mut connections = JoinSet::new();
    let mut background = JoinSet::new();
    if let Some(tls) = server.tls.clone() {
        let app = app.clone();
        background.spawn(async move { tls.watch(&*app.clock).await });
    }
    let mut shutdown = pin!(shutdown);
    loop {
        let room = connections.len() < listening.max_connections;
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(&listener, &app), if room => {
                if let Some(stream) = accepted {
                    connections.spawn(server.clone().connection(stream));
                }
            }
        }
    }
    drop(listener);
    let _ = stop.send(true);
    tokio::select! {
        () = async { while connections.join_next().await.is_some() {} } => {}
        () = app.clock.sleep(STOP_WITHIN) => {
            tracing::warn!(connections = connections.len(), "stopped before all requests were finished");
        }
    }
}

async fn accept(listener: &TcpListener, app: &App) -> Option<TcpStream> {
    match listener.accept().await {
        Ok((stream, _)) => Some(stream),
        // The caller has gone already: nobody's fault.
        Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => None,
        Err(error) => {
            tracing::error!(%error, "cannot accept connections");
            app.clock.sleep(NO_ROOM_PAUSE).await;
            None
        }
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Server {
    service: Arc<Service>,
    tls: Option<Arc<Tls>>,
    stopping: watch::Receiver<bool>,
}
