//! What happens around every request: request id, cross-origin rules, time limit, panics, security headers, metrics and
//! the line in the log.
//!
//! It is one function instead of a stack of layers: an idle poll is so cheap that every boxed future would show.

use crate::app::App;
use crate::handlers::import;
use crate::live::wait::WAIT_SECONDS;
use crate::{routes, trpc};
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
/// How long a request for a file may take: 10 MB over a line of 100 kbit/s. An upload URL expires
/// long before; it only has to be used in time.
pub const FILE_TIMEOUT: Duration = Duration::from_secs(900);

/// For a year browsers call this host by HTTPS alone; said only where this server speaks it by itself.
const ONLY_ENCRYPTED: &str = "max-age=31536000";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_BYTES: usize = 128;

/// What is known about a request before its response is.
struct Received {
    id: HeaderValue,
    method: Method,
    path: String,
    origin: Option<HeaderValue>,
    at: Instant,
}

/// The whole server as a function from request to response. Cloning it is cheap.
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

    /// The app behind it.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Responds to one request; never fails and never panics.
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
        let received = Received {
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
        self.finish(received, &mut response);
        response
    }

    /// The router's response, unless it panics or takes too long. The timer is started only when the router has to wait
    /// for something; an idle poll does not.
    async fn answer(&self, request: Request<Body>) -> Response {
        let limit = time_limit(&request);
        let cut_off = cut_off(&request);
        let answering = AssertUnwindSafe(self.router.clone().oneshot(request)).catch_unwind();
        let outcome = tokio::select! {
            biased;
            outcome = answering => outcome,
            () = async { self.app.clock.sleep(limit).await } => {
                let cause = format!("no answer within {} s", limit.as_secs());
                return cut_off(cause);
            }
        };
        match outcome {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            // The text of a panic may quote a message, so it is not logged. The panic hook logged where it happened.
            Err(_) => cut_off("the handler panicked".to_owned()),
        }
    }

    fn finish(&self, received: Received, response: &mut Response) {
        let served = response.extensions().get::<Served>().copied();
        let served = served.unwrap_or_else(|| outside_of_table(&received.path));
        let took = received.at.elapsed();
        self.app.metrics.request_ends(served.procedure, response.status().as_u16(), took);
        log(&received, served, response, took);
        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if self.app.address.is_encrypted() {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_ENCRYPTED));
        }
        self.app.origins.add_headers(received.origin, headers);
        headers.insert(REQUEST_ID, received.id);
    }

    /// The caller's request id if it is 1 to 128 visible ASCII characters, and a new one otherwise.
    fn request_id(&self, headers: &HeaderMap) -> HeaderValue {
        let acceptable = |id: &&HeaderValue| {
            (1..=REQUEST_ID_BYTES).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
        };
        let given = headers.get(REQUEST_ID).filter(acceptable).cloned();
        given.unwrap_or_else(|| {
            let bits = self.app.random.bits();
            let digit = |at: usize| b"0123456789abcdef"[(bits >> (4 * at)) as usize & 15];
            let digits: [u8; 32] = std::array::from_fn(digit);
            HeaderValue::from_bytes(&digits).unwrap_or_else(|_| HeaderValue::from_static("none"))
        })
    }
}

/// The answer to `request` if its handler does not answer, as a function of the cause.
fn cut_off(request: &Request<Body>) -> impl Fn(String) -> Response + use<> {
    let error = if request.method().is_safe() {
        Error::unavailable
    } else if is_file(request.uri().path()) {
        upload_cut_off
    } else {
        // A change that is cut off may or may not have happened.
        Error::undecided
    };
    let is_trpc = request.uri().path().starts_with(trpc::PREFIX);
    let form = is_trpc.then(|| trpc::Form::asked(request.uri(), request.headers()));
    move |cause| {
        let failure = Failure::from(error(cause));
        match form {
            Some(form) => form.refuse(failure),
            None => failure.into_response(),
        }
    }
}

/// An upload that takes so long does so because of its sender's line.
fn upload_cut_off(cause: String) -> Error {
    let detail = "The file did not arrive in time. Announce it with uploadFile and send it to the new URL.";
    Error { detail: detail.to_owned(), ..Error::unavailable(cause) }
}

fn is_file(path: &str) -> bool {
    path.starts_with("/files/")
}

/// A poll may say how long it waits; in tRPC that is a part of its query as well, or of its body.
fn time_limit(request: &Request<Body>) -> Duration {
    let waits = |query: &str| request.method() == Method::GET && query.contains("wait");
    let polls = |path: &str| path.starts_with(trpc::PREFIX) && path.contains("messages.sync");
    if is_file(request.uri().path()) {
        FILE_TIMEOUT
    } else if request.uri().path() == import::PATH {
        import::IMPORT_WITHIN + REQUEST_TIMEOUT
    } else if request.uri().query().is_some_and(waits) || polls(request.uri().path()) {
        REQUEST_TIMEOUT + Duration::from_secs(WAIT_SECONDS.into())
    } else {
        REQUEST_TIMEOUT
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

/// The label in metrics and logs of a response that no procedure of the table gave.
fn outside_of_table(path: &str) -> Served {
    match path {
        "/healthz" | "/readyz" | "/metrics" => Served { procedure: "operations", frequent: true },
        _ if is_file(path) => Served { procedure: "file", frequent: false },
        _ => Served { procedure: "other", frequent: false },
    }
}

/// The part of a path that is logged: it can be 64 KiB long, and its beginning is enough.
fn beginning(path: &str) -> &str {
    &path[..path.floor_char_boundary(200)]
}

/// Writes one line for each request. It never holds a body, a token or a query.
fn log(received: &Received, served: Served, response: &Response, took: Duration) {
    let status = response.status().as_u16();
    let reported = response.extensions().get::<Reported>();
    let code = reported.map(|reported| reported.code.as_str());
    let cause = reported.and_then(|reported| reported.cause.as_deref());
    macro_rules! line {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                request_id = received.id.to_str().unwrap_or_default(),
                method = received.method.as_str(),
                path = beginning(&received.path),
                procedure = served.procedure,
                status,
                code,
                cause,
                ms = took.as_secs_f64() * 1000.0,
                $message
            )
        };
    }
    // A batch that answered hides a call of it that failed.
    let worst = reported.map_or(status, |reported| reported.code.status().max(status));
    match worst {
        500.. => line!(error, "request failed"),
        _ if served.frequent => line!(debug, "request answered"),
        _ => line!(info, "request answered"),
    }
}
