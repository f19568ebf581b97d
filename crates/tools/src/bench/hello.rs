//! A hello-world server: the least that a request can cost on this HTTP stack.

use super::client;
use super::load::{self, Caller, Figures, Repeat};
use super::server::{Server, Serving, listen};
use axum::Router;
use axum::routing::get;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// Two hello-world servers, which run until they are stopped.
pub(super) struct Hello {
    /// Served by the serve loop of the real server.
    in_serve_loop: Serving,
    /// Served by axum alone.
    bare: JoinHandle<()>,
    bare_address: SocketAddr,
}

impl Hello {
    pub(super) async fn start(server: &dyn Server) -> Result<Self, String> {
        let in_serve_loop = server.serve(router()).await?;
        let listener = listen().await?;
        let bare_address = listener.local_addr().map_err(|error| error.to_string())?;
        Ok(Self { in_serve_loop, bare: tokio::spawn(bare(listener)), bare_address })
    }

    /// Measures GET, and POST with a body as long as that of a send: first on axum alone, then in the serve loop.
    pub(super) async fn measure(&self, connections: usize, length: Duration) -> Result<[[Figures; 2]; 2], String> {
        let callers = |request: &[u8]| -> Vec<Box<dyn Caller>> {
            (0..connections).map(|_| Box::new(Repeat(request.to_owned())) as Box<dyn Caller>).collect()
        };
        let mut post = String::new();
        client::post(&mut post, "/", None, &format!("{{\"content\":\"{}\"}}", "x".repeat(120)));
        let [get, post] = [client::get("/", None), post.into_bytes()];
        let [bare, in_serve_loop] = [self.bare_address, self.in_serve_loop.address];
        Ok([
            [load::run(bare, callers(&get), length).await?, load::run(bare, callers(&post), length).await?],
            [
                load::run(in_serve_loop, callers(&get), length).await?,
                load::run(in_serve_loop, callers(&post), length).await?,
            ],
        ])
    }

    pub(super) async fn stop(self) -> Result<(), String> {
        self.bare.abort();
        self.in_serve_loop.stop().await
    }
}

fn router() -> Router {
    Router::new().route("/", get(|| async { "hello" }).post(|body: String| async move { body }))
}

/// Serves axum with as little as possible around it.
async fn bare(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let router = router();
        let service = service_fn(move |request: http::Request<Incoming>| router.clone().oneshot(request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
