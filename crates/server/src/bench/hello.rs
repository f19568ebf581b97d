//! A hello-world: the least that a request over this HTTP stack can cost.

use super::client;
use super::load::{self, Caller, Figures, Repeat};
use super::server::{Running, listen};
use axum::Router;
use axum::routing::get;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// The figures of the hello-worlds.
pub(super) struct Baseline {
    /// GET through the server's serve loop.
    pub get: Figures,
    /// POST through the server's serve loop.
    pub post: Figures,
    /// GET through nothing but axum.
    pub bare_get: Figures,
    /// POST through nothing but axum.
    pub bare_post: Figures,
}

/// Measures them one after the other.
pub(super) async fn measure(server: &Running, connections: usize, length: Duration) -> Result<Baseline, String> {
    let serving = server.beside(router()).await?;
    let (get, post) = both(serving.address, connections, length).await?;
    serving.stop().await?;
    let listener = listen().await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let bare = tokio::spawn(bare(listener));
    let (bare_get, bare_post) = both(address, connections, length).await?;
    bare.abort();
    Ok(Baseline { get, post, bare_get, bare_post })
}

fn router() -> Router {
    Router::new().route("/", get(|| async { "hello" }).post(|body: String| async move { body }))
}

async fn both(address: SocketAddr, connections: usize, length: Duration) -> Result<(Figures, Figures), String> {
    let callers = |request: Vec<u8>| -> Vec<Box<dyn Caller>> {
        (0..connections).map(|_| Box::new(Repeat(request.clone())) as Box<dyn Caller>).collect()
    };
    let mut post = String::new();
    // As long as what a send carries.
    client::post(&mut post, "/", None, &format!("{{\"content\":\"{}\"}}", "x".repeat(120)));
    let get = load::run(address, callers(client::get("/", None)), length).await?;
    let post = load::run(address, callers(post.into_bytes()), length).await?;
    Ok((get, post))
}

/// Serves with as little as possible around axum.
async fn bare(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let router = router();
        let service = service_fn(move |request: http::Request<Incoming>| router.clone().oneshot(request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
