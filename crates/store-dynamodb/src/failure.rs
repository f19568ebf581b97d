//! Whether a failed request may be sent again, and how long a call retries.

use crate::options::Options;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use jobline_store::Error;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;
use tokio::time::Instant;

/// How often the longest pause is doubled.
const DOUBLINGS: u32 = 5;

/// Whether a failed request took effect, and whether to send it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It did not; another request may succeed.
    None,
    /// It may have; another request may find out.
    Unknown,
    /// It did not, and no other request will until the operator has changed something.
    Refused,
}

/// A request that failed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub effect: Effect,
    /// For the operator.
    pub reason: String,
}

impl Failure {
    pub fn of<E>(operation: &str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let code = error.code().unwrap_or_default();
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        let effect = match error {
            SdkError::ConstructionFailure(_) => Effect::Refused,
            SdkError::DispatchFailure(_) if was_never_sent(error) => Effect::None,
            SdkError::ServiceError(_) if status < 500 => effect_of(code),
            _ => Effect::Unknown,
        };
        let message = error.message().unwrap_or_default();
        let words = match code {
            "" => causes(error),
            code => format!("{code} {message}"),
        };
        Self { effect, reason: format!("{operation}: {}{}", words.trim_end(), hint(code, message)) }
    }
}

/// The texts of an error and of its causes.
fn causes(error: &dyn StdError) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = error.source();
    }
    words
}

/// What an error code of the service means.
fn effect_of(code: &str) -> Effect {
    match code {
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "Throttling"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "LimitExceededException" => Effect::None,
        // A request with the same token is being carried out; a later request finds its outcome.
        "TransactionInProgressException" | "RequestTimeout" | "RequestTimeoutException" => Effect::Unknown,
        _ => Effect::Refused,
    }
}

/// What the operator can do about it.
fn hint(code: &str, message: &str) -> &'static str {
    match code {
        "ResourceNotFoundException" => "; there is no such table in this region: create it with jobline table create",
        "ValidationException" if message.contains("key") => "; see jobline table check",
        "AccessDeniedException" => "; the role lacks a permission for the table: see docs/deploy.md",
        "ExpiredTokenException" | "UnrecognizedClientException" => "; the credentials are expired or wrong",
        "InvalidSignatureException" => "; the credentials, or this machine's clock, are wrong",
        _ => "",
    }
}

/// Whether the request was never sent: nothing listened at the address, or there were no credentials to sign it.
fn was_never_sent(error: &dyn StdError) -> bool {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let mut cause = error.source();
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        let nobody = matches!(kind, Some(ConnectionRefused | HostUnreachable | NetworkUnreachable | AddrNotAvailable));
        if nobody || error.is::<CredentialsError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The deadline of one call of the port, and its pauses between requests.
pub(crate) struct Retries {
    end: Instant,
    first: Duration,
    pauses: u32,
}

impl Retries {
    pub fn new(options: &Options) -> Self {
        Self { end: Instant::now() + options.deadline, first: options.pause, pauses: 0 }
    }

    /// Waits before another request; `false` if the deadline leaves no time for one. Pauses are random, from zero to a
    /// bound that grows, so that callers that were refused together do not return together.
    pub async fn pause(&mut self) -> bool {
        let bound = self.first * (1 << self.pauses.min(DOUBLINGS));
        let pause = bound.mul_f64(rand::random::<f64>());
        if Instant::now() + pause >= self.end {
            return false;
        }
        self.pauses += 1;
        tokio::time::sleep(pause).await;
        true
    }

    /// Waits after a failed read, or returns its error if no other request can help.
    pub async fn after(&mut self, failure: Failure) -> Result<(), Error> {
        match failure.effect != Effect::Refused && self.pause().await {
            true => Ok(()),
            false => Err(Error::Unavailable(failure.reason)),
        }
    }
}
