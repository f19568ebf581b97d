//! A hello-world server: the minimum cost of a request on this HTTP stack.

use super::client;
use super::live::serve_echo;
use super::load::{self, Caller, Figures, Pace, Repeat};
use super::server::{Launcher, listen};
use axum::Router;
use axum::routing::get;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// Serves hello-world on axum alone, and in the serve loop of a server that `launcher` starts in `folder`. Prints their addresses, and
/// that of a WebSocket that echoes, on one line, and ends when standard input does: with the process that measures.
pub(super) async fn serve(launcher: &dyn Launcher, folder: &Path, out: &mut (dyn Write + Send)) -> Result<(), String> {
    let server = launcher.start(folder).await?;
    let in_serve_loop = server.serve(router()).await?;
    let listener = listen().await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let bare = tokio::spawn(bare(listener));
    let listener = listen().await?;
    let echo_address = listener.local_addr().map_err(|error| error.to_string())?;
    let echo = tokio::spawn(serve_echo(listener));
    writeln!(out, "{address} {} {echo_address}", in_serve_loop.address)
        .and_then(|()| out.flush())
        .map_err(|error| error.to_string())?;
    // An error counts as the end, too.
    let _ = tokio::io::stdin().read(&mut [0]).await;
    bare.abort();
    echo.abort();
    in_serve_loop.stop().await?;
    server.stop().await
}

/// Measures GET, and POST with a body as long as that of a send, of the server at `address`.
pub(super) async fn measure(address: SocketAddr, connections: usize, length: Duration) -> Result<[Figures; 2], String> {
    let callers = |request: &[u8]| -> Vec<Box<dyn Caller>> {
        (0..connections).map(|_| Box::new(Repeat(request.to_owned())) as Box<dyn Caller>).collect()
    };
    let mut post = String::new();
    client::post(&mut post, "/", None, &format!("{{\"content\":\"{}\"}}", "x".repeat(120)));
    Ok([
        load::run(address, callers(&client::get("/", None)), length, Pace::AsFast).await?,
        load::run(address, callers(post.as_bytes()), length, Pace::AsFast).await?,
    ])
}

/// GET of a body of `bytes` bytes: the cost of a page without the work that produces it.
pub(super) async fn measure_page(
    address: SocketAddr,
    connections: usize,
    length: Duration,
    bytes: usize,
) -> Result<Figures, String> {
    let request = client::get(&format!("/page/{bytes}"), None);
    let callers = (0..connections).map(|_| Box::new(Repeat(request.clone())) as Box<dyn Caller>).collect();
    load::run(address, callers, length, Pace::AsFast).await
}

/// The largest page that is requested.
const PAGE_BYTES: usize = 1024 * 1024;

fn router() -> Router {
    let page = async |axum::extract::Path(bytes): axum::extract::Path<usize>| "x".repeat(bytes.min(PAGE_BYTES));
    Router::new()
        .route("/", get(|| async { "hello" }).post(|body: String| async move { body }))
        .route("/page/{bytes}", get(page))
}

/// Serves axum with as little as possible around it.
async fn bare(listener: TcpListener) {
    let router = router();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service = service_fn(move |request: http::Request<Incoming>| router.clone().oneshot(request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
