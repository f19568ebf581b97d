//! The REST face: each procedure of the table becomes a route.

use crate::answer;
use crate::app::App;
use crate::procedure::{Input, Procedure};
use crate::route::InputIn;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use http::header::ACCEPT_ENCODING;
use http::{Request, StatusCode};
use jobline_http::{Failure, Served, decode, not_json, read_body};
use jobline_identity::Credential;
use std::borrow::Cow;
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
                async move { respond(&procedure, &app, request).await }
            }),
        )
    })
}

async fn respond(procedure: &Procedure, app: &App, request: Request<Body>) -> Response {
    let accepted = request.headers().get(ACCEPT_ENCODING).cloned();
    let mut response = match call(procedure, app, request).await {
        Ok(json) if procedure.output.is_some() => answer::json(json, accepted).await,
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) => failure.into_response(),
    };
    response.extensions_mut().insert(Served { procedure: procedure.name, frequent: procedure.frequent });
    response
}

/// The three steps. The body is read after the caller is known, so that strangers cannot make the server hold it.
async fn call(procedure: &Procedure, app: &App, request: Request<Body>) -> Result<Vec<u8>, Failure> {
    let (parts, body) = request.into_parts();
    let call = procedure.authenticate(app, Credential::from(&parts.headers)).await?;
    let target = target(procedure, parts.uri.path());
    let call = match procedure.route.input() {
        InputIn::Query => call.decode(&target, Input::Query(parts.uri.query()))?,
        InputIn::Body => {
            let body = read_body(&parts.headers, body, &*app.clock).await?;
            call.decode(&target, body.as_deref().map_or(Input::Missing(not_json), Input::Json))?
        }
    };
    call.run().await
}

/// The target in the path, as plain text. A number is not unescaped: `%37` is not 7.
fn target<'a>(procedure: &Procedure, path: &'a str) -> Cow<'a, str> {
    let segment = procedure.route.parameter(path);
    match procedure.parameter {
        Some(parameter) if !parameter.number => decode(segment, false).unwrap_or_default().into(),
        _ => segment.into(),
    }
}
