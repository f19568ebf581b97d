//! The same server as an AWS Lambda function, behind a function URL or an API Gateway.
//!
//! Everything that can be done once is done before the first event is asked for: that time is the start's, and on one
//! connection that is open already the first request waits for nothing. Between two events the process is frozen, so
//! nothing goes on beside the requests: rows expire by the table's TTL, files by the bucket's lifecycle, keys are
//! refreshed by the request that finds them old, and Lambda itself limits how much runs at a time.

mod event;
mod reply;

use crate::config::{Config, ConfigError};
use crate::engines::Engines;
use crate::start;
use axum::response::IntoResponse;
use event::{Event, Unreadable};
use jobline_api::service::Service;
use jobline_http::Failure;
use jobline_wire::Code;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use reply::Reply;

/// What Lambda sets for every function, and its library will not start without.
const VARIABLES: [&str; 3] =
    ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"];

/// Why a function does not answer events (any more): one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// A setting.
    #[error(transparent)]
    Setting(#[from] ConfigError),
    /// What Lambda sets is not there.
    #[error("AWS_LAMBDA_RUNTIME_API is set and {0} is not: this is no Lambda environment; unset the former to serve")]
    Environment(&'static str),
    /// Lambda itself.
    #[error("Lambda's runtime API at AWS_LAMBDA_RUNTIME_API has failed: {0}")]
    Runtime(lambda_runtime::Error),
}

/// Answers events for as long as Lambda sends some.
///
/// # Errors
/// [`Stopped`].
pub async fn run(config: &Config) -> Result<(), Stopped> {
    config.check_function()?;
    if let Some(name) = VARIABLES.into_iter().find(|name| std::env::var_os(name).is_none()) {
        return Err(Stopped::Environment(name));
    }
    let service = service(config).await?;
    let handler = service_fn(async |event| answer(&service, event).await);
    Runtime::new(handler).run().await.map_err(Stopped::Runtime)
}

/// The service over engines that are connected, with everything loaded.
async fn service(config: &Config) -> Result<Service, ConfigError> {
    let base_url = config.base_url(config.listen);
    let engines = Engines::open(config, &base_url).await?;
    let app = start::app(config, &engines, &base_url, None).await?;
    app.identity.load_keys().await;
    Ok(Service::new(app))
}

async fn answer(service: &Service, event: LambdaEvent<Event>) -> Result<Reply, Diagnostic> {
    let front = event.payload.front();
    let response = match event.payload.into_request(&event.context.request_id) {
        Ok(request) => service.handle(request).await,
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
