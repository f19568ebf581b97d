use super::TestApp;
use jobline_server::serve::{Listening, serve};
use jobline_server::tls::Tls;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The longest that a test waits for the network.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls `talk` with every connection to the returned address, each on its own thread, as long as the tests run.
pub fn listening(talk: impl Fn(std::net::TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, talk) = (listener.local_addr().unwrap(), Arc::new(talk));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let talk = Arc::clone(&talk);
            std::thread::spawn(move || talk(stream.unwrap()));
        }
    });
    address
}

/// A server behind a socket.
pub struct Running {
    pub app: TestApp,
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    pub async fn new(app: TestApp) -> Self {
        Self::with(app, None, 100).await
    }

    pub async fn with(app: TestApp, tls: Option<Arc<Tls>>, max_connections: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let listening = Listening { tls, max_connections };
        let shutdown = async { drop(stopped.await) };
        let task = tokio::spawn(serve(app.service.clone(), listener, listening, shutdown));
        Self { app, address, stop: Some(stop), task }
    }

    pub async fn connect(&self) -> Client<TcpStream> {
        Client(timeout(PATIENCE, TcpStream::connect(self.address)).await.unwrap().unwrap())
    }

    /// Asks the server to stop.
    pub fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    /// Waits until it has stopped.
    pub async fn stopped(self) {
        timeout(PATIENCE, self.task).await.expect("the server did not stop").unwrap();
    }

    pub fn has_stopped(&self) -> bool {
        self.task.is_finished()
    }
}

/// One end of a connection, for sending bytes.
pub struct Client<S>(pub S);

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub async fn write(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    pub async fn get(&mut self, path: &str) -> String {
        self.write(&format!("GET {path} HTTP/1.1\r\nhost: jobline\r\n\r\n")).await;
        self.answer().await
    }

    /// Reads one response with a Content-Length, head and body.
    pub async fn answer(&mut self) -> String {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    return text;
                }
            }
            let read = timeout(PATIENCE, self.0.read_buf(&mut bytes)).await.expect("no answer").unwrap();
            assert_ne!(read, 0, "the connection was closed after {text:?}");
        }
    }

    /// Whether the other side closes without sending another byte.
    pub async fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        matches!(timeout(PATIENCE, self.0.read(&mut byte)).await, Ok(Ok(0) | Err(_)))
    }
}
