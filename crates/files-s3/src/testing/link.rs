use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use tokio::net::{TcpListener, TcpStream};

/// The state of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It works.
    Open,
    /// It is closed at once.
    Cut,
    /// It is accepted and nothing ever comes back.
    Silent,
}

/// A port of this machine that leads to another.
pub struct Link {
    /// Its near end, as a URL.
    pub endpoint: String,
    state: Arc<State>,
}

struct State {
    way: AtomicU8,
    /// Bytes that still go through before the link falls silent.
    left: AtomicI64,
}

impl Link {
    /// A link to `endpoint`, open.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn to(endpoint: &str) -> Self {
        let far = endpoint.strip_prefix("http://").unwrap_or(endpoint).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let near = format!("http://{}", listener.local_addr().expect("the listener is bound"));
        let state = Arc::new(State { way: AtomicU8::new(LinkState::Open as u8), left: AtomicI64::new(i64::MAX) });
        let now = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream, far.clone(), Arc::clone(&now)));
            }
        });
        Self { endpoint: near, state }
    }

    /// Sets the state of open and future connections.
    pub fn set(&self, way: LinkState) {
        self.state.left.store(i64::MAX, Ordering::SeqCst);
        self.state.way.store(way as u8, Ordering::SeqCst);
    }

    /// Lets `bytes` through, both directions together, and then falls silent.
    pub fn silent_after(&self, bytes: i64) {
        self.state.left.store(bytes, Ordering::SeqCst);
    }

    /// Whether it has fallen silent.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.state.way.load(Ordering::SeqCst) == LinkState::Silent as u8
    }
}

/// Carries bytes in both directions, and checks the state before each.
async fn carry(near: TcpStream, far: String, state: Arc<State>) {
    let Ok(server) = TcpStream::connect(far).await else { return };
    let ((mut from_near, mut to_near), (mut from_far, mut to_far)) = (near.into_split(), server.into_split());
    tokio::select! {
        () = pass(&mut from_near, &mut to_far, &state) => {}
        () = pass(&mut from_far, &mut to_near, &state) => {}
    }
}

async fn pass(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    state: &State,
) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if state.left.fetch_sub(length as i64, Ordering::SeqCst) <= length as i64 {
            state.way.store(LinkState::Silent as u8, Ordering::SeqCst);
        }
        match state.way.load(Ordering::SeqCst) {
            way if way == LinkState::Cut as u8 => return,
            way if way == LinkState::Silent as u8 => std::future::pending().await,
            _ => {}
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
