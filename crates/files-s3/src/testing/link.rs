use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It goes through.
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
    way: Arc<AtomicU8>,
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
        let way = Arc::new(AtomicU8::new(Way::Open as u8));
        let now = Arc::clone(&way);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream, far.clone(), Arc::clone(&now)));
            }
        });
        Self { endpoint: near, way }
    }

    /// From now on, for what is open and what comes.
    pub fn set(&self, way: Way) {
        self.way.store(way as u8, Ordering::SeqCst);
    }
}

/// Carries bytes both ways, and looks before each whether it may.
async fn carry(near: TcpStream, far: String, way: Arc<AtomicU8>) {
    let Ok(server) = TcpStream::connect(far).await else { return };
    let ((mut from_near, mut to_near), (mut from_far, mut to_far)) = (near.into_split(), server.into_split());
    tokio::select! {
        () = pass(&mut from_near, &mut to_far, &way) => {}
        () = pass(&mut from_far, &mut to_near, &way) => {}
    }
}

async fn pass(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    way: &AtomicU8,
) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        match way.load(Ordering::SeqCst) {
            way if way == Way::Cut as u8 => return,
            way if way == Way::Silent as u8 => std::future::pending().await,
            _ => {}
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
