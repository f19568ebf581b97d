//! One connection: TLS if there is any, HTTP/1.1 or HTTP/2, and an eye on whether anything happens.

use super::Server;
use super::activity::{Activity, STALL_MS};
use super::body::{Outgoing, Running, weight};
use super::unsent::Unsent;
use super::upgrades::Upgrades;
use super::version::{self, Version};
use super::watched::Watched;
use crate::tls::Tls;
use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use http::Request;
use http::header::{HOST, UPGRADE};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use jobline_api::service::Service;
use jobline_http::{Failure, Payload};
use jobline_wire::Code;
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// How long a new connection may take until its first request: handshake and headers.
const FIRST_REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// How often an open connection is checked.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How many looks may find that nothing happened: longer than clients at rest wait between two polls.
const IDLE_LOOKS: u32 = 5;
/// How often a connection is checked once the server is stopping.
const LOOK_WHILE_STOPPING: Duration = Duration::from_millis(250);
/// The largest request line with headers.
const HEAD_BYTES: usize = 64 * 1024;
/// Requests that may run at a time on one HTTP/2 connection.
const STREAMS: u32 = 32;
/// Bytes of answers that the system takes before the other side has room for them.
const UNSENT_IN_SYSTEM: u32 = 128 * 1024;
/// Bytes of answers that one HTTP/2 stream has ready for the socket.
const SEND_BUFFER: usize = 64 * 1024;

impl Server {
    /// Serves one connection to its end.
    pub(super) async fn connection(self, stream: TcpStream, activity: Arc<Activity>) {
        let _open = self.service.app().metrics.connection_opens();
        // Answers are small and written whole: waiting for more of them would only delay.
        let _ = stream.set_nodelay(true);
        keep_little_unsent(&stream);
        match self.tls.clone() {
            None => self.drive(stream, activity).await,
            // Boxed, as every connection would otherwise be as large as one with TLS.
            Some(tls) => Box::pin(self.over_tls(&tls, stream, activity)).await,
        }
    }

    async fn over_tls(&self, tls: &Tls, stream: TcpStream, activity: Arc<Activity>) {
        tokio::select! {
            stream = TlsAcceptor::from(tls.current()).accept(stream) => {
                if let Ok(stream) = stream {
                    self.drive(stream, activity).await;
                }
            }
            () = activity.left() => {}
            () = self.service.app().clock.sleep(FIRST_REQUEST_WITHIN) => {}
            () = self.stops() => {}
        }
    }

    /// Returns when the server is to stop.
    async fn stops(&self) {
        // An error says that the server is gone, which is a stop as well.
        let _ = self.stopping.clone().wait_for(|stop| *stop).await;
    }

    /// HTTP over `stream`, until it ends, idles, is asked to go or the server stops.
    async fn drive<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, mut stream: S, activity: Arc<Activity>) {
        let mut idle = pin!(idle(&self.service, &activity));
        let found = tokio::select! {
            found = version::find(&mut stream) => found,
            () = idle.as_mut() => return,
            () = self.stops() => return,
            () = activity.left() => return,
        };
        // How a connection breaks is the network's affair and not worth a line in the log.
        let Ok((version, first)) = found else { return };
        let io = TokioIo::new(Watched::new(stream, Arc::clone(&activity), first));
        let requests = Requests {
            service: Arc::clone(&self.service),
            activity: Arc::clone(&activity),
            unsent: Arc::clone(&self.unsent),
            upgrades: self.upgrades.clone(),
        };
        // Boxed, as HTTP/1.1 keeps the room for one of these between requests, for as long as the connection is open.
        let answer = service_fn(move |request| Box::pin(requests.clone().answer(request)));
        match version {
            Version::Http1 => {
                let connection = pin!(self.http.one.serve_connection(io, answer).with_upgrades());
                self.serve(connection, |connection| connection.graceful_shutdown(), &activity, idle).await;
            }
            Version::Http2 => {
                // Boxed, as every connection would otherwise be as large as one of HTTP/2.
                let mut connection = Box::pin(self.http.two.serve_connection(io, answer));
                self.serve(connection.as_mut(), |connection| connection.graceful_shutdown(), &activity, idle).await;
            }
        }
    }

    /// Polls `connection` until it ends, or for too long nothing happens. `finish` lets it end after the requests that run.
    async fn serve<C: Future>(
        &self,
        mut connection: Pin<&mut C>,
        finish: impl FnOnce(Pin<&mut C>),
        activity: &Activity,
        idle: Pin<&mut impl Future<Output = ()>>,
    ) {
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            () = activity.is_cut() => return,
            () = idle => return,
            () = self.stops() => {}
            () = activity.left() => {}
        }
        finish(connection.as_mut());
        tokio::select! {
            _ = connection.as_mut() => {}
            () = quiet(&self.service, activity) => {}
        }
    }
}

/// Lets the system keep little of an answer that the other side has no room for: megabytes of unread answers would wait
/// there uncounted, and a slow reader would seem to take nothing until it has taken a third of them.
fn keep_little_unsent(stream: &TcpStream) {
    let socket = socket2::SockRef::from(stream);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_notsent_lowat(UNSENT_IN_SYSTEM);
    // What was sent and not yet acknowledged counts as well there: twice as much, so that a fast reader is kept busy.
    #[cfg(not(target_os = "linux"))]
    let _ = socket.set_send_buffer_size(2 * UNSENT_IN_SYSTEM as usize);
}

/// HTTP as connections speak it.
pub(super) struct Http {
    one: http1::Builder,
    two: http2::Builder<TokioExecutor>,
}

impl Http {
    pub(super) fn new() -> Self {
        let (mut one, mut two) = (http1::Builder::new(), http2::Builder::new(TokioExecutor::new()));
        // No header timeout of hyper's: it would arm a timer for every request, where `idle` looks once in a while.
        one.max_buf_size(HEAD_BYTES).header_read_timeout(None);
        two.timer(TokioTimer::new()).max_concurrent_streams(STREAMS).max_send_buf_size(SEND_BUFFER);
        Self { one, two }
    }
}

/// What answers the requests of one connection.
#[derive(Clone)]
struct Requests {
    service: Arc<Service>,
    activity: Arc<Activity>,
    unsent: Arc<Unsent>,
    upgrades: Upgrades,
}

impl Requests {
    async fn answer(self, mut request: Request<Incoming>) -> Result<Response<Outgoing>, Infallible> {
        let multiplexed = request.version() == http::Version::HTTP_2;
        let names_host = names_host(&request);
        let running = Running::new(Arc::clone(&self.activity), Arc::clone(&self.service.app().clock), multiplexed);
        self.activity.has_room().await;
        if request.headers().contains_key(UPGRADE) {
            let shown = self.service.app().metrics.connection_opens();
            request.extensions_mut().insert(self.upgrades.begin(shown));
        }
        let request = request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(body) });
        let response = match names_host {
            true => self.service.handle(request).await,
            false => Failure::new(Code::InvalidRequest, "Send one Host header, as HTTP/1.1 asks for.")
                .into_response()
                .map(Payload::from),
        };
        let response = if self.unsent.admits(self.activity.unsent(), weight(response.body())) {
            response
        } else {
            // The unread rest of the answer is abandoned: nothing of this size is answered to anything but a reading
            // request.
            Failure::unavailable("too many answers are unread").into_response().map(Payload::from)
        };
        Ok(response.map(|body| Outgoing::new(body, running)))
    }
}

/// Whether a request of HTTP/1.1 says for which host it is, once (RFC 9112, section 3.2). Two readers of one that says it twice,
/// such as a proxy and this server, could read it differently.
fn names_host<B>(request: &Request<B>) -> bool {
    request.version() != http::Version::HTTP_11 || request.headers().get_all(HOST).iter().count() == 1
}

/// Returns when a connection has been without any sign of life for too long, or the reader of an answer has.
async fn idle(service: &Service, activity: &Activity) {
    let clock = &service.app().clock;
    clock.sleep(FIRST_REQUEST_WITHIN).await;
    if !activity.was_used() {
        return;
    }
    let (mut pulse, mut looks) = (activity.pulse(), 0);
    while looks < IDLE_LOOKS {
        let Some(pause) = until_look(activity, clock.now_ms()) else { return };
        clock.sleep(pause).await;
        let now = activity.pulse();
        looks = if now == pulse && !activity.is_running() { looks + 1 } else { 0 };
        pulse = now;
    }
}

/// When to look again: sooner where a body would have stalled by then. `None` when one has.
fn until_look(activity: &Activity, now_ms: u64) -> Option<Duration> {
    let Some(since_ms) = activity.stalled_since_ms() else { return Some(LOOK_EVERY) };
    let left_ms = (since_ms + STALL_MS).checked_sub(now_ms).filter(|left_ms| *left_ms > 0)?;
    Some(LOOK_EVERY.min(Duration::from_millis(left_ms)))
}

/// Returns when a connection that is being closed runs nothing and has nothing left to say: a half-sent request would
/// otherwise keep it open.
async fn quiet(service: &Service, activity: &Activity) {
    let mut moves = None;
    while moves != Some(activity.moves()) || activity.is_running() {
        moves = Some(activity.moves());
        service.app().clock.sleep(LOOK_WHILE_STOPPING).await;
    }
}
