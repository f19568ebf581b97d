//! The REST face: each procedure of the table becomes a route.

use crate::answer;
use crate::app::App;
use crate::metrics::{Metrics, ProcedureMetrics};
use crate::procedure::{Input, Procedure};
use crate::route::InputIn;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use bytes::Bytes;
use http::header::ACCEPT_ENCODING;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use jobline_http::{Failure, Payload, decode, not_json, read_body};
use jobline_identity::Credential;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// The routes of these procedures.
pub fn routes(procedures: Vec<Procedure>, app: &App) -> Router {
    procedures.into_iter().fold(Router::new(), |router, procedure| {
        // Only unusual methods have no filter, and the table has none of them.
        let filter = MethodFilter::try_from(procedure.route.method.clone()).unwrap_or(MethodFilter::GET);
        let (path, procedure, app) = (procedure.route.path, Arc::new(procedure), app.clone());
        router.route(
            path,
            on(filter, move |request: Request<Body>| {
                let (procedure, app) = (Arc::clone(&procedure), app.clone());
                async move {
                    let (parts, body) = request.into_parts();
                    let mut response = respond(&procedure, &app, &parts, body).await.map(Body::new);
                    response.extensions_mut().insert(procedure.served());
                    response
                }
            }),
        )
    })
}

/// The procedures that are found by the whole path of a request, without a router, which allocates several times for
/// each. The routes are separate: they know which methods a path takes.
#[derive(Clone, Default)]
pub struct ByPath(Arc<HashMap<&'static str, Vec<(Procedure, ProcedureMetrics)>>>);

impl ByPath {
    /// Those of `procedures` whose paths have no parameter.
    #[must_use]
    pub fn of(procedures: Vec<Procedure>, metrics: &Metrics) -> Self {
        let mut by_path = HashMap::<_, Vec<_>>::new();
        for procedure in procedures.into_iter().filter(|procedure| procedure.parameter.is_none()) {
            let counted = metrics.procedure(procedure.name);
            by_path.entry(procedure.route.path).or_default().push((procedure, counted));
        }
        Self(Arc::new(by_path))
    }

    /// The procedure that a request of this method and path calls.
    #[must_use]
    pub fn get(&self, method: &Method, path: &str) -> Option<&(Procedure, ProcedureMetrics)> {
        self.0.get(path)?.iter().find(|(procedure, _)| procedure.route.method == *method)
    }
}

/// Answers a request for `procedure`.
pub async fn respond(procedure: &Procedure, app: &App, parts: &Parts, body: Body) -> Response<Payload> {
    match call(procedure, app, parts, body).await {
        Ok(json) if procedure.output.is_some() => answer::json(json, parts.headers.get(ACCEPT_ENCODING)).await,
        Ok(_) => StatusCode::NO_CONTENT.into_response().map(Payload::from),
        Err(failure) => failure.into_response().map(Payload::from),
    }
}

/// The three steps. The body is read after the caller is known, so that strangers cannot make the server hold it.
async fn call(procedure: &Procedure, app: &App, parts: &Parts, body: Body) -> Result<Bytes, Failure> {
    let call = procedure.authenticate(app, Credential::from(&parts.headers)).await?;
    let target = target(procedure, parts.uri.path());
    let call = match procedure.route.input() {
        InputIn::Query => call.decode(app, &target, Input::Query(parts.uri.query()))?,
        InputIn::Body => {
            let body = read_body(&parts.headers, body, &*app.clock).await?;
            call.decode(app, &target, body.as_deref().map_or(Input::Missing(not_json), Input::Json))?
        }
    };
    call.run().await
}

/// The target in the path, as plain text. A number is not unescaped: `%37` is not 7.
fn target<'a>(procedure: &Procedure, path: &'a str) -> Cow<'a, str> {
    let Some(parameter) = procedure.parameter else { return "".into() };
    let segment = procedure.route.parameter(path);
    match parameter.number {
        true => segment.into(),
        false => decode(segment, false).unwrap_or_default(),
    }
}
