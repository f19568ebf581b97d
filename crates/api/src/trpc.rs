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
use crate::metrics::{Metrics, ProcedureMetrics};
use crate::procedure::{Authenticated, Input, Procedure};
use answer::Outcome;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::join_all;
use http::Method;
use http::request::Parts;
use jobline_http::{Failure, Payload};
use jobline_identity::Credential;
use jobline_wire::Code;
use request::{GivenInput, Inputs, TrpcRequest};
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

/// The procedures by their paths in the router, and what is counted of each.
type Procedures = HashMap<String, Arc<(Procedure, ProcedureMetrics)>>;

/// The procedures as clients of tRPC call them. Cloning it is cheap.
#[derive(Clone)]
pub struct Trpc(Arc<Procedures>);

impl Trpc {
    /// The router that has `procedures`.
    #[must_use]
    pub fn of(procedures: Vec<Procedure>, metrics: &Metrics) -> Self {
        let mut by_path = Procedures::new();
        for procedure in procedures {
            let path = path(&procedure);
            let counted = metrics.procedure(procedure.name);
            let procedure = Arc::new((procedure, counted));
            if !path.starts_with(MESSAGES) {
                by_path.insert(format!("{MESSAGES}{path}"), Arc::clone(&procedure));
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

    /// Answers a request, and says what it called.
    pub async fn respond(&self, app: &App, parts: &Parts, body: Body) -> (Response<Payload>, Called<'_>) {
        let asked = match TrpcRequest::read(parts) {
            Ok(asked) => asked,
            Err(failure) => return (Form::asked(&parts.uri, &parts.headers).refuse(failure), Called::Nothing),
        };
        if asked.form.is_batch() {
            return (respond_to_batch(&self.0, app, &asked, parts, body).await, Called::Batch);
        }
        let procedure = self.0.get(&*asked.path).map(|found| &**found);
        let response = match call(procedure.map(|(procedure, _)| procedure), app, &asked, parts, body).await {
            Ok((outcome, superjson)) => outcome.answer(superjson, &parts.headers).await,
            Err(failure) => asked.form.refuse(failure),
        };
        (response, procedure.map_or(Called::Nothing, |(procedure, metrics)| Called::Procedure(procedure, metrics)))
    }
}

/// What a request called.
pub enum Called<'p> {
    /// This procedure, alone.
    Procedure(&'p Procedure, &'p ProcedureMetrics),
    /// Several procedures, or one in the form of a batch.
    Batch,
    /// No procedure that there is.
    Nothing,
}

/// The path of a procedure in the router: `messages.send`.
fn path(procedure: &Procedure) -> String {
    let group = procedure.route.path.split('/').nth(1).unwrap_or_default();
    let name = procedure.name;
    if name.contains('.') { name.to_owned() } else { format!("{group}.{name}") }
}

/// A call that is alone in its request: its outcome, and whether the client uses superjson.
///
/// # Errors
/// No token, a body that is too large or no JSON.
async fn call<'a>(
    procedure: Option<&Procedure>,
    app: &App,
    asked: &'a TrpcRequest<'_>,
    parts: &Parts,
    body: Body,
) -> Result<(Outcome<'a>, Option<bool>), Failure> {
    let name = &*asked.path;
    let call = match callable(procedure, &parts.method) {
        Ok(procedure) => procedure.authenticate(app, Credential::from(&parts.headers)).await?,
        // Nothing runs: the body of somebody who may be a stranger is not read.
        Err(failure) => return Ok((Outcome { name, result: Err(failure) }, None)),
    };
    let input = GivenInput::read(parts, body, &*app.clock).await?;
    let result = run(app, call, input.text()).await;
    if result.is_err() {
        // Nothing has run that was given no JSON: each procedure reads its input first.
        input.check_json()?;
    }
    Ok((Outcome { name, result }, input.superjson))
}

async fn respond_to_batch(
    procedures: &Procedures,
    app: &App,
    asked: &TrpcRequest<'_>,
    parts: &Parts,
    body: Body,
) -> Response<Payload> {
    match call_all(procedures, app, asked, parts, body).await {
        Ok((outcomes, superjson)) => asked.form.answer(outcomes, superjson, &parts.headers).await,
        Err(failure) => asked.form.refuse(failure),
    }
}

/// The calls of a request, in their order: those that can run, and why others cannot.
type Calls<'a> = Vec<Result<Authenticated<'a>, Failure>>;

/// The outcome of every call of a batch, and whether the client uses superjson. A batch counts as one request, and each of
/// its calls besides under its procedure.
///
/// # Errors
/// What keeps all calls from running: no token, a body that is too large or no JSON.
async fn call_all<'a>(
    procedures: &Procedures,
    app: &App,
    asked: &'a TrpcRequest<'_>,
    parts: &Parts,
    body: Body,
) -> Result<(Vec<Outcome<'a>>, Option<bool>), Failure> {
    let names: Vec<&str> = asked.names().collect();
    let calls = authenticate(procedures, app, &names, parts).await?;
    // Nothing runs: the body of somebody who may be a stranger is not read.
    let inputs = if calls.iter().all(Result::is_err) {
        Inputs::unread()
    } else {
        Inputs::read(names.len(), parts, body, &*app.clock).await?
    };
    let running = calls.into_iter().enumerate().map(|(place, call)| {
        let (input, name) = (inputs.of(place), names[place]);
        async move {
            let begun = Instant::now();
            let result = match call {
                Ok(call) => run(app, call, input).await,
                Err(failure) => Err(failure),
            };
            (Outcome { name, result }, begun.elapsed())
        }
    });
    let outcomes = if parts.method == Method::GET && names.len() > 1 {
        join_all(running).await
    } else {
        // What changes something happens in the order of the calls.
        let mut outcomes = Vec::new();
        for call in running {
            outcomes.push(call.await);
        }
        outcomes
    };
    let counted = outcomes.into_iter().map(|(outcome, took)| {
        if let Some((_, metrics)) = procedures.get(outcome.name).map(|found| &**found) {
            metrics.request_ends(outcome.status(), took);
        }
        outcome
    });
    Ok((counted.collect(), inputs.superjson))
}

/// The first step for every call. Calls of one request have one caller, so a refused token refuses them all.
async fn authenticate<'a>(
    procedures: &'a Procedures,
    app: &App,
    names: &[&str],
    parts: &Parts,
) -> Result<Calls<'a>, Failure> {
    let mut calls = Vec::with_capacity(names.len());
    for name in names {
        let procedure = procedures.get(*name).map(|found| &found.0);
        calls.push(match callable(procedure, &parts.method) {
            Ok(procedure) => Ok(procedure.authenticate(app, Credential::from(&parts.headers)).await?),
            Err(failure) => Err(failure),
        });
    }
    Ok(calls)
}

/// `procedure`, if there is one that this method may call.
fn callable<'p>(procedure: Option<&'p Procedure>, method: &Method) -> Result<&'p Procedure, Failure> {
    let Some(procedure) = procedure else {
        let detail = "There is no such procedure. The type AppRouter of @jobline/sdk/trpc lists all of them.";
        return Err(Failure::new(Code::NotFound, detail));
    };
    if *method == Method::GET && procedure.route.method != Method::GET {
        return Err(Failure::new(Code::MethodNotAllowed, "This procedure is a mutation: call it by POST."));
    }
    Ok(procedure)
}

/// The second and the third step of a call.
async fn run(app: &App, call: Authenticated<'_>, input: Option<&[u8]>) -> Result<Bytes, Failure> {
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
