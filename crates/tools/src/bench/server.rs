//! The server through which the measured store is filled. This crate knows no engine, so the caller of the bench starts it.

use async_trait::async_trait;
use axum::Router;
use jobline_chat::{Chat, UserId};
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The secret that signs the tokens of a server that nobody else can reach.
pub const JWT_SECRET: &str = "the secret of a server that lives for one measurement";

/// Starts servers in this process.
#[async_trait]
pub trait Launcher: Send + Sync {
    /// Opens the store in `folder`, which is created if it does not exist, and serves it in this process on a free port of
    /// the loopback interface: without a send rate, and with user tokens that [`JWT_SECRET`] signs.
    ///
    /// # Errors
    /// One line that says what failed.
    async fn start(&self, folder: &Path) -> Result<Box<dyn Server>, String>;
}

/// A running server.
#[async_trait]
pub trait Server: Send + Sync {
    /// The domain behind it, for filling its store without a socket.
    fn chat(&self) -> &Chat;

    /// A user token that is valid for longer than a measurement takes.
    ///
    /// # Errors
    /// One line that says what failed.
    fn token(&self, user: &UserId) -> Result<String, String>;

    /// Serves other routes on a separate port, in the same serve loop.
    ///
    /// # Errors
    /// One line that says what failed.
    async fn serve(&self, routes: Router) -> Result<Serving, String>;

    /// Stops serving and closes the store.
    ///
    /// # Errors
    /// One line that says what failed.
    async fn stop(self: Box<Self>) -> Result<(), String>;
}

/// A serving task, and a handle to stop it.
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Serving {
    /// Runs `serve` with `listener`, and with the signal to stop.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn over<F>(listener: TcpListener, serve: impl FnOnce(TcpListener, StopSignal) -> F) -> Result<Self, String>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, StopSignal(stopped)));
        Ok(Self { address, stop, task })
    }

    /// Tells the task to stop and waits until it has.
    ///
    /// # Errors
    /// When the task panicked.
    pub async fn stop(self) -> Result<(), String> {
        // An error means that the task has ended already.
        let _ = self.stop.send(());
        self.task.await.map_err(|error| error.to_string())
    }
}

/// Tells a task of [`Serving::over`] when it has to stop.
pub struct StopSignal(oneshot::Receiver<()>);

impl StopSignal {
    /// Returns when the task has to stop.
    pub async fn wait(self) {
        // An error means that the other side is gone, which is a stop as well.
        let _ = self.0.await;
    }
}

/// A free port of the loopback interface.
///
/// # Errors
/// When there is none.
pub async fn listen() -> Result<TcpListener, String> {
    TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())
}
