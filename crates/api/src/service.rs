//! What happens around every request, in one place: request id, cross-origin rules, time limit, panics, security
//! headers, counting and the line in the log.
//!
//! One function instead of a tower of layers, because an idle poll is so cheap that every boxed future shows.

use crate::app::App;
use crate::routes;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::{CACHE_CONTROL, HeaderName, LOCATION, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use jobline_chat::Error;
use jobline_http::{Failure, Inside, Reported, Served};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tower::ServiceExt;

/// How long a request may take, its body included.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request for a file may take: 10 MB over a line of 100 kbit/s. When it has to begin is another matter.
pub const FILE_TIMEOUT: Duration = Duration::from_secs(900);

/// For a year browsers call this host by HTTPS alone; said only where this server speaks it by itself.
const ONLY_ENCRYPTED: &str = "max-age=31536000";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_BYTES: usize = 128;

/// What is known of a request before it is answered.
struct Asked {
    id: HeaderValue,
    method: Method,
    path: String,
    origin: Option<HeaderValue>,
    at: Instant,
}

/// The whole server as a function from request to answer. Clones are handles to the same.
#[derive(Clone)]
pub struct Service {
    app: App,
    router: Router,
}

impl Service {
    /// The service of `app`, with all its routes.
    #[must_use]
    pub fn new(app: App) -> Self {
        let router = routes::build(&app);
        Self { app, router }
    }

    /// The service of `app` over other routes.
    #[must_use]
    pub fn over(app: App, router: Router) -> Self {
        Self { app, router }
    }

    /// The application.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Answers one request; never fails and never panics.
    pub async fn handle(&self, mut request: Request<Body>) -> Response {
        let _running = self.app.metrics.request_begins();
        let slash = match self.app.address.inside(request.uri()) {
            Inside::Same => None,
            Inside::Slash(to) => Some(to),
            Inside::Uri(uri) => {
                *request.uri_mut() = uri;
                None
            }
        };
        let asked = Asked {
            id: self.request_id(request.headers()),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            origin: self.app.origins.allowed(request.headers()),
            at: Instant::now(),
        };
        let mut response = match (self.app.origins.preflight(&request), slash) {
            (Some(response), _) => response,
            (None, Some(to)) => moved(&to),
            (None, None) => match self.app.address.reached_by(&request) {
                Some(reached) => reached.during(self.answer(request)).await,
                None => self.answer(request).await,
            },
        };
        self.finish(asked, &mut response);
        response
    }

    /// The router's answer, unless it panics or takes too long. The clock is asked only when there is something to wait
    /// for, which an idle poll has not.
    async fn answer(&self, request: Request<Body>) -> Response {
        let limit = if request.uri().path().starts_with("/files/") { FILE_TIMEOUT } else { REQUEST_TIMEOUT };
        // What is cut off in the middle of a change may have made it.
        let cut_off = if request.method().is_safe() { Error::unavailable } else { Error::undecided };
        let answering = AssertUnwindSafe(self.router.clone().oneshot(request)).catch_unwind();
        let outcome = tokio::select! {
            biased;
            outcome = answering => outcome,
            () = async { self.app.clock.sleep(limit).await } => {
                let cause = format!("no answer within {} s", limit.as_secs());
                return Failure::from(cut_off(cause)).into_response();
            }
        };
        match outcome {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            // Its text may quote a message; where it happened was logged by the panic hook.
            Err(_) => Failure::from(cut_off("a panic".to_owned())).into_response(),
        }
    }

    fn finish(&self, asked: Asked, response: &mut Response) {
        let served = response.extensions().get::<Served>().copied();
        let served = served.unwrap_or_else(|| beside(&asked.path));
        let took = asked.at.elapsed();
        self.app.metrics.request_ends(served.procedure, response.status().as_u16(), took);
        log(&asked, served, response, took);
        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if self.app.address.is_encrypted() {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_ENCRYPTED));
        }
        self.app.origins.mark(asked.origin, headers);
        headers.insert(REQUEST_ID, asked.id);
    }

    /// The caller's request id if it is sane, and a new one otherwise.
    fn request_id(&self, headers: &HeaderMap) -> HeaderValue {
        let sane = |id: &&HeaderValue| {
            (1..=REQUEST_ID_BYTES).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
        };
        let given = headers.get(REQUEST_ID).filter(sane).cloned();
        given.unwrap_or_else(|| {
            let bits = self.app.random.bits();
            let digit = |at: usize| b"0123456789abcdef"[(bits >> (4 * at)) as usize & 15];
            let digits: [u8; 32] = std::array::from_fn(digit);
            HeaderValue::from_bytes(&digits).unwrap_or_else(|_| HeaderValue::from_static("none"))
        })
    }
}

/// The page is elsewhere, for good.
fn moved(to: &str) -> Response {
    let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

/// What to count an answer as that no procedure of the table gave.
fn beside(path: &str) -> Served {
    match path {
        "/healthz" | "/readyz" | "/metrics" => Served { procedure: "operations", frequent: true },
        _ if path.starts_with("/files/") => Served { procedure: "file", frequent: false },
        _ => Served { procedure: "other", frequent: false },
    }
}

/// A path can be 64 KiB of anything; its beginning tells enough.
fn shown(path: &str) -> &str {
    &path[..path.floor_char_boundary(200)]
}

/// One line for each request: never a body, a token or a query.
fn log(asked: &Asked, served: Served, response: &Response, took: Duration) {
    let status = response.status().as_u16();
    let reported = response.extensions().get::<Reported>();
    let code = reported.map(|reported| reported.code.as_str());
    let cause = reported.and_then(|reported| reported.cause.as_deref());
    macro_rules! line {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                request_id = asked.id.to_str().unwrap_or_default(),
                method = asked.method.as_str(),
                path = shown(&asked.path),
                procedure = served.procedure,
                status,
                code,
                cause,
                ms = took.as_secs_f64() * 1000.0,
                $message
            )
        };
    }
    match status {
        500.. => line!(error, "request failed"),
        _ if served.frequent => line!(debug, "request answered"),
        _ => line!(info, "request answered"),
    }
}
