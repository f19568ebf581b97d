//! Every route of the server: the procedures of the table over REST, what operators ask, and what a server adds.

use crate::app::App;
use crate::handlers::operations;
use crate::procedure::Procedure;
use crate::readiness::Readiness;
use crate::{openapi, table};
use axum::Router;
use axum::routing::{MethodFilter, get, on};
use http::HeaderMap;
use jobline_http::{Failure, Representation};
use jobline_wire::Code;
use std::sync::{Arc, OnceLock};

/// Every route of the server.
pub fn build(app: &App) -> Router {
    static DOCUMENT: OnceLock<Vec<Representation>> = OnceLock::new();
    let document = || DOCUMENT.get_or_init(|| Representation::all_of(openapi::text()));
    let mut router = Router::new();
    for procedure in table::procedures() {
        router = rest(router, procedure, app.clone());
    }
    let (ready, metered, readiness) = (app.clone(), app.clone(), Arc::new(Readiness::default()));
    router
        .route("/healthz", get(operations::healthz))
        .route("/readyz", get(move || operations::readyz(ready.clone(), Arc::clone(&readiness))))
        .route("/metrics", get(move |headers: HeaderMap| operations::metrics(metered.clone(), headers)))
        .route("/openapi.json", get(move |headers: HeaderMap| operations::openapi(document(), headers)))
        .merge(app.beside.clone())
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
}

/// Adds the REST route of a procedure; routes of one path add up.
fn rest(router: Router, procedure: Procedure, app: App) -> Router {
    let (path, filter) = (procedure.path, MethodFilter::try_from(procedure.method.clone()));
    // Every method of the table has a filter: only exotic ones do not, and they are not in it.
    let filter = filter.unwrap_or(MethodFilter::GET);
    let procedure = Arc::new(procedure);
    router.route(
        path,
        on(filter, move |request: axum::extract::Request| {
            let (procedure, app) = (Arc::clone(&procedure), app.clone());
            async move { procedure.rest(app, request).await }
        }),
    )
}

async fn not_found() -> Failure {
    Failure::new(Code::NotFound, "There is nothing at this path. GET /openapi.json lists what there is.")
}

async fn method_not_allowed() -> Failure {
    Failure::new(Code::MethodNotAllowed, "This path does not take this method. The Allow header lists those it takes.")
}
