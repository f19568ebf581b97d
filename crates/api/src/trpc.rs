//! The tRPC face: the procedures that users call, for unmodified clients of tRPC 10 and 11.
//!
//! `GET /trpc/messages.list?input=…` calls a query, `POST /trpc/messages.send` a mutation; a query may also be called by
//! POST. With `?batch=1` the path names several procedures between commas, and the input has one field for each by its
//! place. `request` reads requests, `answer` writes what clients expect.
//!
//! Its requests are answered without the router, as those of REST whose paths have no parameter: see `service`.

mod answer;
mod request;

use crate::app::App;
use crate::procedure::{Authenticated, Input, Procedure};
use answer::Outcome;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::join_all;
use http::Method;
use http::request::Parts;
use jobline_http::{Failure, Payload, Served};
use jobline_identity::Credential;
use jobline_wire::Code;
use request::{Asked, Inputs};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

pub use answer::Form;

/// The most calls in one batch.
pub const BATCH_CALLS: usize = 100;
/// The path of this face.
pub const PREFIX: &str = "/trpc/";
/// The router that has every procedure; those of calls are in a second one as well.
const MESSAGES: &str = "messages.";

/// The procedures by their paths in the router.
type Procedures = HashMap<String, Procedure>;

/// The procedures as clients of tRPC call them. Cloning it is cheap.
#[derive(Clone)]
pub struct Trpc(Arc<Procedures>);

impl Trpc {
    /// The router that has `procedures`.
    #[must_use]
    pub fn of(procedures: Vec<Procedure>) -> Self {
        let mut by_path = Procedures::new();
        for procedure in procedures {
            let path = path(&procedure);
            if !path.starts_with(MESSAGES) {
                by_path.insert(format!("{MESSAGES}{path}"), procedure.clone());
            }
            by_path.insert(path, procedure);
        }
        Self(Arc::new(by_path))
    }

    /// Whether the path of a request is one of this face.
    #[must_use]
    pub fn has(path: &str) -> bool {
        path.strip_prefix(PREFIX).is_some_and(|calls| !calls.is_empty())
    }

    /// Answers a request.
    pub async fn respond(&self, app: &App, parts: &Parts, body: Body) -> Response<Payload> {
        let asked = match Asked::read(parts) {
            Ok(asked) => asked,
            Err(failure) => return Form::asked(&parts.uri, &parts.headers).refuse(failure),
        };
        let mut response = match run(&self.0, app, &asked, parts, body).await {
            Ok((outcomes, inputs)) => asked.form.answer(outcomes, inputs.superjson, &parts.headers).await,
            Err(failure) => asked.form.refuse(failure),
        };
        response.extensions_mut().insert(served(&self.0, &asked));
        response
    }
}

/// The path of a procedure in the router: `messages.send`.
fn path(procedure: &Procedure) -> String {
    let group = procedure.route.path.split('/').nth(1).unwrap_or_default();
    let name = procedure.name;
    if name.contains('.') { name.to_owned() } else { format!("{group}.{name}") }
}

/// A batch counts as one request, and each of its calls besides under its procedure.
fn served(procedures: &Procedures, asked: &Asked<'_>) -> Served {
    match asked.names.first().and_then(|name| procedures.get(&**name)) {
        _ if asked.batch => Served { procedure: "batch", frequent: false },
        Some(procedure) => procedure.served(),
        None => Served { procedure: "other", frequent: false },
    }
}

/// The calls of a request, in their order: those that can run, and why others cannot.
type Calls<'a> = Vec<Result<Authenticated<'a>, Failure>>;

/// The outcome of every call.
///
/// # Errors
/// What keeps all calls from running: no token, a body that is too large or no JSON.
async fn run<'a>(
    procedures: &'a Procedures,
    app: &App,
    asked: &'a Asked<'_>,
    parts: &Parts,
    body: Body,
) -> Result<(Vec<Outcome<'a>>, Inputs), Failure> {
    let calls = authenticate(procedures, app, asked, parts).await?;
    // Nothing runs: the body of somebody who may be a stranger is not read.
    let inputs = if calls.iter().all(Result::is_err) {
        Inputs::unread()
    } else {
        asked.inputs(parts, body, &*app.clock).await?
    };
    let running = calls.into_iter().enumerate().map(|(place, call)| {
        let (input, name) = (inputs.of(place), &*asked.names[place]);
        async move {
            let begun = Instant::now();
            let outcome = Outcome { name, result: finish(app, call, input).await };
            (outcome, begun.elapsed())
        }
    });
    let outcomes = if parts.method == Method::GET && asked.names.len() > 1 {
        join_all(running).await
    } else {
        // What changes something happens in the order of the calls.
        let mut outcomes = Vec::new();
        for call in running {
            outcomes.push(call.await);
        }
        outcomes
    };
    // Nothing has run that was given no JSON: each procedure reads its input first.
    if outcomes.iter().any(|(outcome, _)| outcome.result.is_err()) {
        inputs.check_json()?;
    }
    let counted = outcomes.into_iter().map(|(outcome, took)| {
        if let (true, Some(procedure)) = (asked.batch, procedures.get(outcome.name)) {
            app.metrics.request_ends(procedure.name, outcome.status(), took);
        }
        outcome
    });
    Ok((counted.collect(), inputs))
}

/// The first step for every call. Calls of one request have one caller, so a refused token refuses them all.
async fn authenticate<'a>(
    procedures: &'a Procedures,
    app: &App,
    asked: &Asked<'_>,
    parts: &Parts,
) -> Result<Calls<'a>, Failure> {
    let mut calls = Vec::with_capacity(asked.names.len());
    for name in &asked.names {
        calls.push(match find(procedures, name, &parts.method) {
            Ok(procedure) => Ok(procedure.authenticate(app, Credential::from(&parts.headers)).await?),
            Err(failure) => Err(failure),
        });
    }
    Ok(calls)
}

fn find<'a>(procedures: &'a Procedures, name: &str, method: &Method) -> Result<&'a Procedure, Failure> {
    let Some(procedure) = procedures.get(name) else {
        let detail = "There is no such procedure. The type AppRouter of @jobline/sdk/trpc lists all of them.";
        return Err(Failure::new(Code::NotFound, detail));
    };
    if *method == Method::GET && procedure.route.method != Method::GET {
        return Err(Failure::new(Code::MethodNotAllowed, "This procedure is a mutation: call it by POST."));
    }
    Ok(procedure)
}

/// The second and the third step of a call.
async fn finish(app: &App, call: Result<Authenticated<'_>, Failure>, input: Option<&[u8]>) -> Result<Bytes, Failure> {
    let call = call?;
    // Some clients write `null` for an input that they leave out.
    let input = match input.filter(|input| *input != b"null") {
        Some(input) if input.first() != Some(&b'{') => {
            return Err(Failure::new(Code::InvalidRequest, "The input is not an object. Send one, or leave it out."));
        }
        Some(input) => Input::Json(input),
        None => Input::Json(b"{}"),
    };
    call.decode(app, "", input)?.run().await
}
