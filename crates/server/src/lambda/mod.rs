//! The same server as an AWS Lambda function, behind a function URL or an API Gateway.
//!
//! Everything that is done once is done before the first event is fetched: that time counts as the start, and the first
//! request finds its connections open. Between two events the process is frozen, so there is no background work: a
//! schedule runs what calls left to it, the table's TTL removes rows, the bucket's lifecycle removes files, the request that finds old keys refreshes them, and
//! Lambda limits how many requests run at a time. Live connections are held by a WebSocket API of API Gateway, whose events
//! come here like requests; who was moved is told before the answer.

mod event;
mod gateway;
mod reply;

use crate::config::{Config, ConfigError};
use crate::engines::Engines;
use crate::start;
use axum::response::IntoResponse;
use event::{Event, Front, Unreadable};
use http::{HeaderMap, StatusCode};
use jobline_api::{app::App, live::connections, service::Service};
use jobline_http::Failure;
use jobline_wire::Code;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use reply::Reply;

/// Variables that Lambda sets for every function. Its library does not start without them.
const VARIABLES: [&str; 3] =
    ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"];

/// For how long a scheduled event runs tasks: less than the template's time limit.
const SCHEDULED_MS: u64 = 8_000;

/// Why a function stopped or did not start: one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
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
/// [`Stopped`].
pub async fn run(config: &Config) -> Result<(), Stopped> {
    config.check_function()?;
    if let Some(name) = VARIABLES.into_iter().find(|name| std::env::var_os(name).is_none()) {
        return Err(Stopped::Environment(name));
    }
    let app = app(config).await?;
    let service = Service::new(app.clone());
    let handler = service_fn(async |event| answer(&app, &service, event).await);
    Runtime::new(handler).run().await.map_err(Stopped::Runtime)
}

/// The application over connected engines, with the keys loaded.
async fn app(config: &Config) -> Result<App, ConfigError> {
    let base_url = config.base_url(config.listen);
    let engines = Engines::open(config, &base_url).await?;
    let (app, _) = start::app(config, &engines, &base_url, None).await?;
    app.identity.load_keys().await;
    Ok(app)
}

/// Runs the tasks that are due. What is not finished when Lambda ends the invocation is due again when its lease ends.
async fn run_tasks(app: &App) {
    if let Err(error) = app.chat.run_due_tasks(SCHEDULED_MS).await {
        tracing::error!(%error, "tasks could not be run; they are tried again");
    }
}

async fn answer(app: &App, service: &Service, event: LambdaEvent<Event>) -> Result<Reply, Diagnostic> {
    if event.payload.is_scheduled() {
        run_tasks(app).await;
        connections::tell(app, &HeaderMap::new()).await;
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
            let response = service.handle(request).await;
            // Before the answer: afterwards the process is frozen.
            connections::tell(app, &headers).await;
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
