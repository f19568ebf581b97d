//! What happens around every request: request id, cross-origin rules, time limit, panics, security headers, metrics and
//! the line in the log.
//!
//! It is one function instead of a stack of layers: an idle poll is so cheap that every boxed future would show. For the
//! same reason a procedure whose path has no parameter, and every call by tRPC, is answered without the router.

use crate::app::App;
use crate::handlers::import;
use crate::live::wait::WAIT_SECONDS;
use crate::metrics::ProcedureMetrics;
use crate::procedure::Procedure;
use crate::rest::{self, ByPath};
use crate::trpc::{Called, Form, Trpc};
use crate::{routes, table, trpc};
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::{CACHE_CONTROL, HeaderName, LOCATION, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use jobline_chat::Error;
use jobline_http::{Failure, FailureRecord, Inside, Payload, RequestAddress, Served};
use std::future::Future;
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
/// The label of a request that is for no procedure.
const OTHER: Served = Served { procedure: "other", frequent: false };

/// What is known about a request before there is a response.
struct Received {
    id: HeaderValue,
    origin: Option<HeaderValue>,
    at: Instant,
}

/// The whole server as a function from request to response. Cloning it is cheap.
#[derive(Clone)]
pub struct Service {
    app: App,
    procedures: ByPath,
    trpc: Option<Trpc>,
    router: Router,
}

impl Service {
    /// The service of `app`, with all its routes.
    #[must_use]
    pub fn new(app: App) -> Self {
        let router = routes::build(&app);
        let trpc = Some(Trpc::of(table::user_api(), &app.metrics));
        let procedures = ByPath::of(table::procedures(), &app.metrics);
        Self { app, procedures, trpc, router }
    }

    /// The service of `app` over other routes.
    #[must_use]
    pub fn over(app: App, router: Router) -> Self {
        Self { app, procedures: ByPath::default(), trpc: None, router }
    }

    /// The app behind it.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Responds to one request; never fails and never panics.
    pub async fn handle(&self, mut request: Request<Body>) -> Response<Payload> {
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
            origin: self.app.origins.allowed(request.headers()),
            at: Instant::now(),
        };
        if slash.is_none()
            && let Some(procedure) = self.procedures.get(request.method(), request.uri().path())
        {
            return self.call(received, procedure, request).await;
        }
        // A future of its own, so that the one of a call by REST stays small.
        Box::pin(self.answer_other(received, slash, request)).await
    }

    /// Answers what is no call by REST that is found by its path. `slash`: where the page is that was asked for without its
    /// last slash.
    async fn answer_other(
        &self,
        received: Received,
        slash: Option<String>,
        request: Request<Body>,
    ) -> Response<Payload> {
        let preflight = self.app.origins.preflight(&request);
        if let (Some(trpc), None, None) = (&self.trpc, &preflight, &slash)
            && Trpc::has(request.uri().path())
        {
            return self.call_trpc(received, trpc, request).await;
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let mut response = if let Some(response) = preflight {
            response.map(Payload::from)
        } else if let Some(to) = slash {
            moved(&to).map(Payload::from)
        } else {
            self.route(request).await.map(Payload::from)
        };
        let served = response.extensions().get::<Served>().copied();
        let served = served.unwrap_or_else(|| outside_of_table(&path));
        let took = self.finish(received, (&method, &path), served, &mut response);
        self.app.metrics.request_ends(served.procedure, response.status().as_u16(), took);
        response
    }

    /// Answers a call of `procedure`.
    async fn call(
        &self,
        received: Received,
        called: &(Procedure, ProcedureMetrics),
        request: Request<Body>,
    ) -> Response<Payload> {
        let reached = self.app.address.reached_by(&request);
        let (parts, body) = request.into_parts();
        let limit = time_limit(&parts.method, &parts.uri);
        let answering = RequestAddress::during(reached, rest::respond(&called.0, &self.app, &parts, body));
        let mut response = match self.in_time(limit, answering).await {
            Ok(response) => response,
            Err(cause) => not_answered(&parts.method, parts.uri.path(), cause).into_response().map(Payload::from),
        };
        let (procedure, metrics) = called;
        let took = self.finish(received, (&parts.method, parts.uri.path()), procedure.served(), &mut response);
        metrics.request_ends(response.status().as_u16(), took);
        response
    }

    /// Answers a call by tRPC, or a batch of them.
    async fn call_trpc(&self, received: Received, trpc: &Trpc, request: Request<Body>) -> Response<Payload> {
        let reached = self.app.address.reached_by(&request);
        let (parts, body) = request.into_parts();
        let limit = time_limit(&parts.method, &parts.uri);
        let answering = RequestAddress::during(reached, trpc.respond(&self.app, &parts, body));
        let (mut response, called) = match self.in_time(limit, answering).await {
            Ok(answered) => answered,
            Err(cause) => {
                let failure = not_answered(&parts.method, parts.uri.path(), cause);
                (Form::asked(&parts.uri, &parts.headers).refuse(failure), Called::Nothing)
            }
        };
        let served = match called {
            Called::Procedure(procedure, _) => procedure.served(),
            Called::Batch => Served { procedure: "batch", frequent: false },
            Called::Nothing => OTHER,
        };
        let took = self.finish(received, (&parts.method, parts.uri.path()), served, &mut response);
        let status = response.status().as_u16();
        match called {
            Called::Procedure(_, metrics) => metrics.request_ends(status, took),
            Called::Batch | Called::Nothing => self.app.metrics.request_ends(served.procedure, status, took),
        }
        response
    }

    /// The router's response.
    async fn route(&self, request: Request<Body>) -> Response {
        let limit = time_limit(request.method(), request.uri());
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let reached = self.app.address.reached_by(&request);
        let answering = RequestAddress::during(reached, self.router.clone().oneshot(request));
        match self.in_time(limit, answering).await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(cause) => not_answered(&method, uri.path(), cause).into_response(),
        }
    }

    /// What `answering` answers, unless it panics or takes too long: then why. The timer is started only when it has to wait
    /// for something; an idle poll does not.
    async fn in_time<F: Future>(&self, limit: Duration, answering: F) -> Result<F::Output, String> {
        let answering = AssertUnwindSafe(answering).catch_unwind();
        tokio::select! {
            biased;
            // The text of a panic may quote a message, so it is not logged. The panic hook logged where it happened.
            outcome = answering => outcome.map_err(|_| "the handler panicked".to_owned()),
            () = async { self.app.clock.sleep(limit).await } => Err(format!("no answer within {} s", limit.as_secs())),
        }
    }

    /// Adds the headers that every response has, and logs it. Returns how long it took.
    fn finish(
        &self,
        received: Received,
        asked: (&Method, &str),
        served: Served,
        response: &mut Response<Payload>,
    ) -> Duration {
        let took = received.at.elapsed();
        log(&received.id, asked, served, response, took);
        let headers = response.headers_mut();
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if self.app.address.is_encrypted() {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_ENCRYPTED));
        }
        self.app.origins.add_headers(received.origin, headers);
        headers.insert(REQUEST_ID, received.id);
        took
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

/// Why a handler that does not answer did not.
fn not_answered(method: &Method, path: &str, cause: String) -> Failure {
    let error = if method.is_safe() {
        Error::unavailable
    } else if is_file(path) {
        upload_cut_off
    } else {
        // A change that is cut off may or may not have happened.
        Error::undecided
    };
    Failure::from(error(cause))
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
fn time_limit(method: &Method, uri: &Uri) -> Duration {
    let waits = |query: &str| *method == Method::GET && query.contains("wait");
    let polls = |path: &str| path.starts_with(trpc::PREFIX) && path.contains("messages.sync");
    if is_file(uri.path()) {
        FILE_TIMEOUT
    } else if uri.path() == import::PATH {
        import::IMPORT_WITHIN + REQUEST_TIMEOUT
    } else if uri.query().is_some_and(waits) || polls(uri.path()) {
        REQUEST_TIMEOUT + Duration::from_secs(WAIT_SECONDS.into())
    } else {
        REQUEST_TIMEOUT
    }
}

/// The page has moved permanently.
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
        _ => OTHER,
    }
}

/// The part of a path that is logged: it can be 64 KiB long, and its beginning is enough.
fn beginning(path: &str) -> &str {
    &path[..path.floor_char_boundary(200)]
}

/// Writes one line for each request. It never holds a body, a token or a query.
fn log(
    id: &HeaderValue,
    (method, path): (&Method, &str),
    served: Served,
    response: &Response<Payload>,
    took: Duration,
) {
    let status = response.status().as_u16();
    let reported = response.extensions().get::<FailureRecord>();
    let code = reported.map(|reported| reported.code.as_str());
    let cause = reported.and_then(|reported| reported.cause.as_deref());
    macro_rules! line {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                request_id = id.to_str().unwrap_or_default(),
                method = method.as_str(),
                path = beginning(path),
                procedure = served.procedure,
                status,
                code,
                cause,
                ms = took.as_micros() as f64 / 1000.0,
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
