//! Every route of the server: the procedures of the table, health and metrics, and the extra routes of the [`App`].

use crate::app::App;
use crate::handlers::{import, operations};
use crate::live::upgrade;
use crate::readiness::Readiness;
use crate::{openapi, rest, table};
use axum::Router;
use axum::routing::{get, post};
use http::HeaderMap;
use jobline_http::{Failure, Representation};
use jobline_wire::Code;
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// Every route of the server.
pub fn build(app: &App) -> Router {
    let (ready, metered, live) = (app.clone(), app.clone(), app.clone());
    let (importing, imports) = (app.clone(), Arc::new(Semaphore::new(import::AT_ONCE)));
    let readiness = Arc::new(Readiness::default());
    rest::routes(table::procedures(), app)
        .route(import::PATH, post(move |request| import::import(importing.clone(), Arc::clone(&imports), request)))
        .route("/healthz", get(operations::healthz))
        .route("/readyz", get(move || operations::readyz(ready.clone(), Arc::clone(&readiness))))
        .route("/metrics", get(move |headers: HeaderMap| operations::metrics(metered.clone(), headers)))
        .route("/messages/live", get(move |request| upgrade::connect(live.clone(), request)))
        .merge(descriptions())
        .merge(app.extra_routes.clone())
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
}

/// The API, described for programs and for readers. Each form is made when it is asked for the first time.
fn descriptions() -> Router {
    static DOCUMENT: OnceLock<Vec<Representation>> = OnceLock::new();
    static PAGE: OnceLock<Vec<Representation>> = OnceLock::new();
    static STYLES: OnceLock<Vec<Representation>> = OnceLock::new();
    type Described = (&'static str, &'static str, fn() -> bytes::Bytes, &'static OnceLock<Vec<Representation>>);
    let described: [Described; 3] = [
        ("/openapi.json", "application/json", openapi::text, &DOCUMENT),
        ("/docs", "text/html; charset=utf-8", openapi::page, &PAGE),
        ("/docs.css", "text/css; charset=utf-8", openapi::styles, &STYLES),
    ];
    described.into_iter().fold(Router::new(), |router, (path, kind, make, made)| {
        let forms = move || made.get_or_init(|| Representation::all_of(make()));
        router.route(path, get(move |headers: HeaderMap| operations::description(forms(), kind, headers)))
    })
}

async fn not_found() -> Failure {
    Failure::new(
        Code::NotFound,
        "There is nothing at this path. GET /docs lists all paths, and GET /openapi.json for programs.",
    )
}

async fn method_not_allowed() -> Failure {
    Failure::new(Code::MethodNotAllowed, "This path does not take this method. The Allow header lists those it takes.")
}
