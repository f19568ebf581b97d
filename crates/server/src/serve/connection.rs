//! One connection: TLS if there is any, HTTP/1.1 or HTTP/2, and an eye on whether anything happens.

use super::Server;
use super::watched::{Activity, Watched};
use axum::body::{Body, HttpBody};
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use jobline_api::service::Service;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// How long a new connection may take until its first request: handshake and headers.
const FIRST_REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// How often an open connection is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How many looks may find that nothing happened: longer than clients at rest wait between two polls.
const IDLE_LOOKS: u32 = 5;
/// How often a connection is looked at once the server is to stop.
const LOOK_WHILE_STOPPING: Duration = Duration::from_millis(250);
/// The largest request line with headers.
const HEAD_BYTES: usize = 64 * 1024;
/// Requests that may run at a time on one HTTP/2 connection.
const STREAMS: u32 = 128;

impl Server {
    /// Serves one connection to its end.
    pub(super) async fn connection(self, stream: TcpStream) {
        let app = self.service.app().clone();
        let _open = app.metrics.connection_opens();
        // Answers are small and written whole: waiting for more of them would only delay.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            return self.drive(stream).await;
        };
        tokio::select! {
            stream = TlsAcceptor::from(tls.current()).accept(stream) => {
                if let Ok(stream) = stream {
                    self.drive(stream).await;
                }
            }
            () = app.clock.sleep(FIRST_REQUEST_WITHIN) => {}
            () = self.stops() => {}
        }
    }

    /// Returns when the server is to stop.
    async fn stops(&self) {
        // An error says that the server is gone, which is a stop as well.
        let _ = self.stopping.clone().wait_for(|stop| *stop).await;
    }

    /// HTTP over `stream`, until it ends, idles or the server stops.
    async fn drive<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S) {
        let activity = Arc::new(Activity::default());
        let io = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
        let (service, seen) = (Arc::clone(&self.service), Arc::clone(&activity));
        let answer = service_fn(move |request| answer(Arc::clone(&service), Arc::clone(&seen), request));
        let builder = builder();
        let mut connection = pin!(builder.serve_connection(io, answer));
        tokio::select! {
            biased;
            // How a connection breaks is the network's affair and not worth a line in the log.
            _ = connection.as_mut() => return,
            () = idle(&self.service, &activity) => return,
            () = self.stops() => connection.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            _ = connection.as_mut() => {}
            () = quiet(&self.service, &activity) => {}
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // No header timeout of hyper's: it would arm a timer for every request, where `idle` looks once in a while.
    builder.http1().max_buf_size(HEAD_BYTES).header_read_timeout(None);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    builder
}

async fn answer(
    service: Arc<Service>,
    activity: Arc<Activity>,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let _running = activity.begin();
    let request = request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(body) });
    Ok(service.handle(request).await)
}

/// Returns when a connection has been without any sign of life for too long.
async fn idle(service: &Service, activity: &Activity) {
    let clock = &service.app().clock;
    clock.sleep(FIRST_REQUEST_WITHIN).await;
    if !activity.was_used() {
        return;
    }
    let (mut pulse, mut looks) = (activity.pulse(), 0);
    while looks < IDLE_LOOKS {
        clock.sleep(LOOK_EVERY).await;
        let now = activity.pulse();
        looks = if now == pulse && !activity.is_running() { looks + 1 } else { 0 };
        pulse = now;
    }
}

/// Returns when a connection that is being closed runs nothing and has nothing left to say: a half-sent request would
/// otherwise keep it open.
async fn quiet(service: &Service, activity: &Activity) {
    let mut pulse = None;
    while pulse != Some(activity.pulse()) || activity.is_running() {
        pulse = Some(activity.pulse());
        service.app().clock.sleep(LOOK_WHILE_STOPPING).await;
    }
}
