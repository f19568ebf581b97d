//! The same server as an AWS Lambda function, behind a function URL or an API Gateway.
//!
//! Initialisation happens before the first event is fetched: that time counts as the start, and the first request finds its
//! connections open. Between two events the process is frozen, so there is no background work. Instead a schedule runs tasks
//! and deliveries that are due (the table's stream triggers deliveries at once), the table's TTL removes rows, the bucket's
//! lifecycle removes files, the request that finds old keys refreshes them, and Lambda limits how many requests run at a
//! time. Live connections are held by a WebSocket API of API Gateway, whose events come here like requests; users whose
//! heads moved are notified before the answer.

mod event;
mod gateway;
mod reply;

use crate::config::{Config, ConfigError};
use crate::engines::Engines;
use crate::senders::{LoggedFailures, Senders};
use crate::start;
use axum::body::Body;
use axum::response::IntoResponse;
use event::{Event, Front, Unreadable};
use http::{HeaderMap, StatusCode};
use jobline_api::{app::App, live::connections, service::Service};
use jobline_http::Failure;
use jobline_wire::Code;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use reply::Reply;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Variables that Lambda sets for every function. Its library does not start without them.
const VARIABLES: [&str; 3] =
    ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"];

/// For how long an event without a waiting client runs tasks and delivers what is due: less than the template's time
/// limit.
const BEHIND_MS: u64 = 8_000;

/// What answers events.
struct Function {
    app: App,
    service: Service,
    senders: Senders,
    logged: Mutex<LoggedFailures>,
}

/// Why a function stopped or did not start: one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// A setting is wrong.
    #[error(transparent)]
    Setting(#[from] ConfigError),
    /// A variable of Lambda is missing.
    #[error("AWS_LAMBDA_RUNTIME_API is set and {0} is not, so this is not Lambda; unset the former to serve")]
    Environment(&'static str),
    /// The runtime API failed.
    #[error("Lambda's runtime API at AWS_LAMBDA_RUNTIME_API has failed: {0}")]
    Runtime(lambda_runtime::Error),
}

/// Responds to events until Lambda stops sending them.
///
/// # Errors
/// [`FunctionError`].
pub async fn run(config: &Config) -> Result<(), FunctionError> {
    config.check_function()?;
    if let Some(name) = VARIABLES.into_iter().find(|name| std::env::var_os(name).is_none()) {
        return Err(FunctionError::Environment(name));
    }
    let function = Function::start(config).await?;
    let handler = service_fn(async |event| answer(&function, event).await);
    Runtime::new(handler).run().await.map_err(FunctionError::Runtime)
}

impl Function {
    /// Over connected engines, with the keys loaded.
    async fn start(config: &Config) -> Result<Self, ConfigError> {
        let base_url = config.base_url(config.listen);
        let engines = Engines::open(config, &base_url).await?;
        let (app, push) = start::app(config, &engines, &base_url, None).await?;
        let senders = Senders::new(config, &engines, &app, push)?;
        app.identity.load_keys().await;
        Ok(Self { service: Service::new(app.clone()), app, senders, logged: Mutex::default() })
    }

    /// Runs the tasks that are due. What is not finished when Lambda ends the invocation is due again when its lease ends.
    async fn run_tasks(&self) {
        if let Err(error) = self.app.chat.run_due_tasks(BEHIND_MS).await {
            tracing::error!(%error, "tasks could not be run; they are tried again");
        }
    }

    /// Delivers events, mail and notifications that are due, as far as there is time.
    async fn deliver_due(&self) {
        let over = self.app.clock.sleep(Duration::from_millis(BEHIND_MS));
        tokio::select! {
            () = self.senders.deliver_due(&self.app) => {}
            () = over => {}
        }
        self.logged.lock().unwrap_or_else(PoisonError::into_inner).report(&self.app);
    }
}

async fn answer(function: &Function, event: LambdaEvent<Event>) -> Result<Reply, Diagnostic> {
    let Function { app, service, .. } = function;
    if event.payload.is_scheduled() {
        tokio::join!(function.run_tasks(), function.deliver_due());
        connections::notify(app, &HeaderMap::new()).await;
        return Ok(Reply::new(StatusCode::NO_CONTENT.into_response(), Front::V2).await);
    }
    if event.payload.is_of_the_table() {
        function.deliver_due().await;
        return Ok(Reply::new(StatusCode::NO_CONTENT.into_response(), Front::V2).await);
    }
    let payload = match event.payload.into_frame() {
        Ok(frame) => return Ok(gateway::answer(app, frame).await),
        Err(payload) => payload,
    };
    let front = payload.front();
    let response = match payload.into_request(&event.context.request_id) {
        Ok(request) => {
            let headers = request.headers().clone();
            let response = service.handle(request).await.map(Body::new);
            // Before the answer: afterwards the process is frozen.
            connections::notify(app, &headers).await;
            response
        }
        Err(Unreadable::NotHttp) => {
            return Err(Diagnostic {
                error_type: "Jobline.NotHttp".to_owned(),
                error_message: "the event is no HTTP request of a function URL or an API Gateway".to_owned(),
            });
        }
        Err(Unreadable::Malformed(what)) => {
            Failure::new(Code::InvalidRequest, format!("The {what} of the request cannot be read.")).into_response()
        }
    };
    Ok(Reply::new(response, front).await)
}
