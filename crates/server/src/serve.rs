//! Accepting connections, and letting go of them.
//!
//! Connections are bounded in number, in idleness and in what they leave unread. When there is no room for a new one, the
//! one that has idled longest goes. A stop is graceful: no new connections, what runs is finished, what idles is closed.

mod activity;
mod body;
mod connection;
mod descriptors;
mod open_connections;
mod unsent;
mod upgrades;
mod version;
mod watched;

pub use descriptors::{connections, raise as raise_descriptors};

use crate::tls::Tls;
use activity::Activity;
use connection::Http;
use jobline_api::app::App;
use jobline_api::service::Service;
use open_connections::OpenConnections;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use unsent::Unsent;
use upgrades::Upgrades;

/// How long a stop waits for what runs, so that the store can still be closed within the ten seconds of the contract.
const STOP_WITHIN: Duration = Duration::from_secs(8);
/// How long to wait when there is no room for another connection and nobody who could go.
const NO_ROOM_PAUSE: Duration = Duration::from_millis(100);
/// More connections than any system lets wait to be accepted; each takes as many as it allows.
const BACKLOG: u32 = i32::MAX as u32;

/// How a server listens.
#[derive(Clone)]
pub struct Listening {
    /// The certificate, for HTTPS.
    pub tls: Option<Arc<Tls>>,
    /// How many connections may be open at a time.
    pub max_connections: usize,
}

/// Listens on `address`, with as long a queue of connections that wait to be accepted as the system allows.
///
/// # Errors
/// As the system says: the address is in use, or is no address of this machine.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that is started again need not wait for the connections of the one before to be forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `shutdown` is ready, then closes all connections and returns.
pub async fn serve(service: Service, listener: TcpListener, listening: Listening, shutdown: impl Future<Output = ()>) {
    let app = service.app().clone();
    let (stop, stopping) = watch::channel(false);
    let (service, tls) = (Arc::new(service), listening.tls);
    let upgrades = Upgrades::default();
    let (http, unsent) = (Arc::new(Http::new()), Arc::default());
    let server = Server { service, tls, http, stopping, unsent, upgrades: upgrades.clone() };
    let mut background = JoinSet::new();
    if let Some(tls) = server.tls.clone() {
        let app = app.clone();
        background.spawn(async move { tls.watch(&*app.clock).await });
    }
    let mut open =
        Open { server, max: listening.max_connections, tasks: JoinSet::new(), connections: OpenConnections::default() };
    open.accept_until(&listener, shutdown).await;
    drop(listener);
    let _ = stop.send(true);
    if let Some(live) = &app.live {
        live.hub().stop();
    }
    tokio::select! {
        () = async {
            while open.tasks.join_next().await.is_some() {}
            upgrades.all_end().await;
        } => {}
        () = app.clock.sleep(STOP_WITHIN) => {
            tracing::warn!(connections = open.tasks.len(), "stopped before all requests were finished");
        }
    }
}

/// The open connections, and what they need.
struct Open {
    server: Server,
    max: usize,
    tasks: JoinSet<()>,
    connections: OpenConnections,
}

impl Open {
    /// Accepts connections until `shutdown` is ready. A connection above the limit waits, accepted, until another one
    /// is closed for it.
    async fn accept_until(&mut self, listener: &TcpListener, shutdown: impl Future<Output = ()>) {
        let (app, unsent) = (self.server.service.app().clone(), Arc::clone(&self.server.unsent));
        let upgrades = self.server.upgrades.clone();
        let mut waiting = None;
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                Some(ended) = self.tasks.join_next_with_id() => self.connections.exit(id(ended)),
                accepted = accept(listener, &app), if waiting.is_none() => waiting = accepted,
                () = upgrades.one_ends(), if waiting.is_some() => {}
                () = unsent.gets_over() => {}
                () = app.clock.sleep(NO_ROOM_PAUSE), if waiting.is_some() || unsent.is_over() => {}
            }
            if unsent.is_over() {
                self.connections.cut_unread(app.clock.now_ms());
            }
            waiting = waiting.and_then(|stream| self.admit(stream));
        }
    }

    /// Serves a connection, or gives it back and asks another one to go.
    fn admit(&mut self, stream: TcpStream) -> Option<TcpStream> {
        if self.connections.len() + self.server.upgrades.len() >= self.max {
            self.connections.make_room();
            return Some(stream);
        }
        let now_ms = self.server.service.app().clock.now_ms();
        let activity = Arc::new(Activity::new(now_ms, Arc::clone(&self.server.unsent)));
        let task = self.tasks.spawn(self.server.clone().connection(stream, Arc::clone(&activity)));
        self.connections.enter(task.id(), activity);
        None
    }
}

fn id(ended: Result<(Id, ()), JoinError>) -> Id {
    match ended {
        Ok((id, ())) => id,
        Err(error) => error.id(),
    }
}

async fn accept(listener: &TcpListener, app: &App) -> Option<TcpStream> {
    match listener.accept().await {
        Ok((stream, _)) => Some(stream),
        // The caller has disconnected already: nobody's fault.
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
    http: Arc<Http>,
    stopping: watch::Receiver<bool>,
    unsent: Arc<Unsent>,
    upgrades: Upgrades,
}
