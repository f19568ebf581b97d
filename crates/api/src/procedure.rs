//! A procedure: one row of [`crate::table`].
//!
//! A call has three steps, and each is possible only after the one before: [`Procedure::authenticate`] checks who
//! calls, [`Authenticated::decode`] reads the input, [`Decoded::run`] calls the domain and returns JSON. None of them
//! knows by which protocol the call came. A face, such as [`crate::rest`] or a WebSocket, only translates between its
//! protocol and these steps.

use crate::answer::written;
use crate::app::App;
use crate::caller::{Caller, Host, Scheme, User};
use crate::route::Route;
use crate::target::{Parameter, Target};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Method;
use jobline_http::{Failure, Served, from_json, from_query};
use jobline_identity::Credential;
use jobline_wire::Code;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::TypeId;
use std::future::Future;
use std::sync::Arc;

/// Makes the schema of a type. Types that it refers to are added to the generator.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The input of a call, not yet decoded.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// A JSON object.
    Json(&'a [u8]),
    /// The query of a URL.
    Query(Option<&'a str>),
    /// No input came. It counts as an empty object; where that is not accepted, the caller gets this failure.
    Missing(fn() -> Failure),
}

/// Reads target and input of a call by a caller who is known.
type Decode<C> = dyn Fn(App, C, &str, Input<'_>) -> Result<Decoded, Failure> + Send + Sync;

/// How a procedure is called, by the kind of its caller.
#[derive(Clone)]
enum Steps {
    User(Arc<Decode<User>>),
    Host(Arc<Decode<Host>>),
}

/// A call whose caller is known. Its target and input are not read yet.
pub struct Authenticated<'p>(Known<'p>);

enum Known<'p> {
    User(&'p Decode<User>, User),
    Host(&'p Decode<Host>, Host),
}

/// A call that is ready to run.
pub struct Decoded(BoxFuture<'static, Result<Bytes, Failure>>);

impl Authenticated<'_> {
    /// Reads target and input. `target` is plain text; a procedure without a [`Parameter`] ignores it.
    ///
    /// # Errors
    /// `invalid_request`, naming the field where there is one; the failure of [`Input::Missing`].
    pub fn decode(self, app: &App, target: &str, input: Input<'_>) -> Result<Decoded, Failure> {
        match self.0 {
            Known::User(decode, user) => decode(app.clone(), user, target, input),
            Known::Host(decode, host) => decode(app.clone(), host, target, input),
        }
    }
}

impl Decoded {
    /// Runs the procedure and returns its output as JSON: `null` for a procedure without output.
    ///
    /// # Errors
    /// The error of the domain.
    pub async fn run(self) -> Result<Bytes, Failure> {
        self.0.await
    }
}

impl Input<'_> {
    fn read<I: DeserializeOwned>(self) -> Result<I, Failure> {
        match self {
            Self::Json(json) => from_json(json),
            Self::Query(query) => from_query(query),
            Self::Missing(failure) => from_json(b"{}").map_err(|_| failure()),
        }
    }
}

/// One procedure of the API.
#[derive(Clone)]
pub struct Procedure {
    /// Its name: the operation id of OpenAPI, the label in metrics and logs.
    pub name: &'static str,
    /// Its REST route.
    pub route: Route,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Who may call.
    pub scheme: Scheme,
    /// The target besides the input, if it has one; over REST a parameter in the path.
    pub parameter: Option<Parameter>,
    /// The schema of its input.
    pub input: SchemaOf,
    /// The schema of its output; `None`: it has none.
    pub output: Option<SchemaOf>,
    /// Its errors, besides those that every procedure can have.
    pub fails: &'static [Code],
    /// Whether clients poll it.
    pub frequent: bool,
    steps: Steps,
}

impl Procedure {
    /// A procedure that a user calls.
    pub fn user<I, O, E, F, Fut>(name: &'static str, method: Method, path: &'static str, run: F) -> Self
    where
        F: Fn(App, User, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, E>> + Send + 'static,
        I: DeserializeOwned + JsonSchema + Send + 'static,
        O: Serialize + JsonSchema + 'static,
        E: Into<Failure> + 'static,
    {
        Self::new(name, method, path, Steps::User, move |app, user, (), input| run(app, user, input))
    }

    /// A procedure that the host calls, with a target.
    pub fn host<T, I, O, E, F, Fut>(name: &'static str, method: Method, path: &'static str, run: F) -> Self
    where
        F: Fn(App, Host, T, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, E>> + Send + 'static,
        T: Target + 'static,
        I: DeserializeOwned + JsonSchema + Send + 'static,
        O: Serialize + JsonSchema + 'static,
        E: Into<Failure> + 'static,
    {
        Self::new(name, method, path, Steps::Host, run)
    }

    fn new<C, T, I, O, E, F, Fut>(
        name: &'static str,
        method: Method,
        path: &'static str,
        steps: fn(Arc<Decode<C>>) -> Steps,
        run: F,
    ) -> Self
    where
        F: Fn(App, C, T, I) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, E>> + Send + 'static,
        C: Caller + 'static,
        T: Target + 'static,
        I: DeserializeOwned + JsonSchema + Send + 'static,
        O: Serialize + JsonSchema + 'static,
        E: Into<Failure> + 'static,
    {
        let decode = move |app: App, caller: C, target: &str, input: Input<'_>| {
            let (target, input) = (T::parse(target)?, input.read()?);
            // Not an async block: it would hold the future of the handler twice.
            let call = run(app, caller, target, input).map(|output| written(&output.map_err(Into::into)?));
            Ok(Decoded(Box::pin(call)))
        };
        let output: SchemaOf = |generator| generator.subschema_for::<O>();
        Self {
            name,
            route: Route { method, path },
            summary: "",
            scheme: C::SCHEME,
            parameter: T::PARAMETER,
            input: |generator| generator.subschema_for::<I>(),
            output: (TypeId::of::<O>() != TypeId::of::<()>()).then_some(output),
            fails: &[],
            frequent: false,
            steps: steps(Arc::new(decode)),
        }
    }

    /// Sets the summary.
    #[must_use]
    pub fn does(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Sets its errors, besides those that every procedure can have.
    #[must_use]
    pub fn fails(mut self, codes: &'static [Code]) -> Self {
        self.fails = codes;
        self
    }

    /// Marks it as one that clients poll.
    #[must_use]
    pub fn polled(mut self) -> Self {
        self.frequent = true;
        self
    }

    /// The label of its responses in metrics and logs.
    #[must_use]
    pub fn served(&self) -> Served {
        Served { procedure: self.name, frequent: self.frequent }
    }

    /// The first step: checks who calls. A face can do it before it has received the input.
    ///
    /// # Errors
    /// `unauthenticated`, and `unavailable` when the keys that would tell cannot be read now.
    pub async fn authenticate(&self, app: &App, credential: Credential<'_>) -> Result<Authenticated<'_>, Failure> {
        Ok(Authenticated(match &self.steps {
            Steps::User(decode) => Known::User(&**decode, User::authenticate(app, credential).await?),
            Steps::Host(decode) => Known::Host(&**decode, Host::authenticate(app, credential).await?),
        }))
    }
}
