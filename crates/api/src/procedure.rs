//! What a procedure is: a row of the table in [`crate::table`], from which routes and documentation are made.

use crate::answer;
use crate::app::App;
use crate::caller::{Caller, Host, Scheme, User};
use crate::target::{Parameter, Target};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use http::header::ACCEPT_ENCODING;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use jobline_http::{Failure, Served, from_json, from_query, not_json, read_body};
use jobline_wire::Code;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::TypeId;
use std::future::Future;
use std::sync::Arc;

/// Where a procedure's input stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the query.
    Query,
    /// In a JSON body.
    Body,
}

/// The schema of a type, with what it refers to left in the generator.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// A call as it came in, its body not yet read: who may not call costs no memory.
pub struct Incoming {
    parts: Parts,
    body: Body,
}

type Answer = Result<Vec<u8>, Failure>;
type Call = Arc<dyn Fn(App, Incoming) -> BoxFuture<'static, Answer> + Send + Sync>;

/// One procedure of the API.
#[derive(Clone)]
pub struct Procedure {
    /// Its name: the operation id of OpenAPI, the label in metrics and logs.
    pub name: &'static str,
    /// Its HTTP method.
    pub method: Method,
    /// Its path.
    pub path: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Who may call.
    pub scheme: Scheme,
    /// The parameter in the path.
    pub parameter: Option<Parameter>,
    /// What goes in.
    pub input: SchemaOf,
    /// What comes out; `None` for an answer without content.
    pub output: Option<SchemaOf>,
    /// What it can answer beyond what all procedures can.
    pub fails: &'static [Code],
    /// Whether clients call it again and again.
    pub frequent: bool,
    call: Call,
}

impl Procedure {
    /// A procedure that a user calls.
    pub fn user<I, O, E, F, Fut>(name: &'static str, method: Method, path: &'static str, run: F) -> Self
    where
        F: Fn(App, User, I) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<O, E>> + Send + 'static,
        I: DeserializeOwned + JsonSchema + Send + 'static,
        O: Serialize + JsonSchema + 'static,
        E: Into<Failure> + 'static,
    {
        Self::new(name, method, path, move |app, user, (), input| run(app, user, input))
    }

    /// A procedure that the host calls about something that the path names.
    pub fn host<T, I, O, E, F, Fut>(name: &'static str, method: Method, path: &'static str, run: F) -> Self
    where
        F: Fn(App, Host, T, I) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<O, E>> + Send + 'static,
        T: Target + 'static,
        I: DeserializeOwned + JsonSchema + Send + 'static,
        O: Serialize + JsonSchema + 'static,
        E: Into<Failure> + 'static,
    {
        Self::new(name, method, path, run)
    }

    fn new<C, T, I, O, E, F, Fut>(name: &'static str, method: Method, path: &'static str, run: F) -> Self
    where
        F: Fn(App, C, T, I) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<O, E>> + Send + 'static,
        C: Caller + 'static,
        T: Target + 'static,
        I: DeserializeOwned + JsonSchema + Send + 'static,
        O: Serialize + JsonSchema + 'static,
        E: Into<Failure> + 'static,
    {
        let place = place(&method);
        let at = path.split('/').position(|segment| segment.starts_with('{')).unwrap_or(0);
        let call: Call = Arc::new(move |app, incoming| {
            let run = run.clone();
            Box::pin(async move {
                let caller = C::authenticate(&app, &incoming.parts.headers).await?;
                let target = T::parse(incoming.parts.uri.path().split('/').nth(at).unwrap_or_default())?;
                let input = incoming.input(place).await?;
                let output = run(app, caller, target, input).await.map_err(Into::into)?;
                serde_json::to_vec(&output).map_err(|error| Failure::unavailable(error.to_string()))
            })
        });
        let output: SchemaOf = |generator| generator.subschema_for::<O>();
        Self {
            name,
            method,
            path,
            summary: "",
            scheme: C::SCHEME,
            parameter: T::PARAMETER,
            input: |generator| generator.subschema_for::<I>(),
            output: (TypeId::of::<O>() != TypeId::of::<()>()).then_some(output),
            fails: &[],
            frequent: false,
            call,
        }
    }

    /// Says what it does.
    #[must_use]
    pub fn does(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Says what it can answer beyond what all procedures can.
    #[must_use]
    pub fn fails(mut self, codes: &'static [Code]) -> Self {
        self.fails = codes;
        self
    }

    /// Marks it as one that clients call again and again.
    #[must_use]
    pub fn polled(mut self) -> Self {
        self.frequent = true;
        self
    }

    /// Where its input stands.
    #[must_use]
    pub fn place(&self) -> Place {
        place(&self.method)
    }

    /// Answers a REST request.
    pub async fn rest(&self, app: App, request: Request<Body>) -> Response {
        let (parts, body) = request.into_parts();
        let accepted = parts.headers.get(ACCEPT_ENCODING).cloned();
        let mut response = match (self.call)(app, Incoming { parts, body }).await {
            Ok(json) if self.output.is_some() => answer::json(json, accepted).await,
            Ok(_) => StatusCode::NO_CONTENT.into_response(),
            Err(failure) => failure.into_response(),
        };
        response.extensions_mut().insert(Served { procedure: self.name, frequent: self.frequent });
        response
    }
}

impl Incoming {
    async fn input<I: DeserializeOwned>(self, place: Place) -> Result<I, Failure> {
        match place {
            Place::Query => from_query(self.parts.uri.query()),
            Place::Body => {
                let body = read_body(&self.parts.headers, self.body).await?;
                match body {
                    Some(body) => from_json(&body),
                    // Fine where every field may be left out; elsewhere the missing type is what has to be said first.
                    None => from_json(b"{}").map_err(|_| not_json()),
                }
            }
        }
    }
}

fn place(method: &Method) -> Place {
    if matches!(*method, Method::GET | Method::DELETE) { Place::Query } else { Place::Body }
}
