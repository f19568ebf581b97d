//! A proxy to NATS that can stop carrying data without closing the connection, like a broken network.

use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Proxy {
    port: u16,
    stalls: Arc<watch::Sender<bool>>,
}

impl Proxy {
    pub async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stalls = Arc::new(watch::Sender::new(false));
        let of_lines = Arc::clone(&stalls);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let stalls = of_lines.subscribe();
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { return };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    tokio::select! {
                        () = carry(from_client, to_server, stalls.clone()) => {}
                        () = carry(from_server, to_client, stalls) => {}
                    }
                });
            }
        });
        Self { port, stalls }
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub fn stall(&self, stalls: bool) {
        self.stalls.send_replace(stalls);
    }
}

async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut stalls: watch::Receiver<bool>,
) {
    let mut bytes = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if stalls.wait_for(|stalls| !stalls).await.is_err() || to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
