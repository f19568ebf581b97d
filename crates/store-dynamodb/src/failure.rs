//! What a request that failed says about the next one, and how long to go on.

use crate::Options;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use jobline_store::Error;
use std::error::Error as StdError;
use std::io;
use std::time::Duration;
use tokio::time::Instant;

/// How often the bound of the pauses is doubled.
const DOUBLINGS: u32 = 5;

/// Whether a request that failed took effect, and whether another may fare better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It took none; another may succeed.
    None,
    /// It may have taken effect; another may say so.
    Unclear,
    /// It took none, and none will until somebody has done something.
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
        let said = error.code().unwrap_or_default();
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        let effect = match error {
            SdkError::ConstructionFailure(_) => Effect::Refused,
            SdkError::DispatchFailure(_) if never_left(error) => Effect::None,
            SdkError::ServiceError(_) if status < 500 => effect_of(said),
            _ => Effect::Unclear,
        };
        let message = error.message().unwrap_or_default();
        let words = match said {
            "" => causes(error),
            said => format!("{said} {message}"),
        };
        Self { effect, reason: format!("{operation}: {}{}", words.trim_end(), hint(said, message)) }
    }
}

/// An error and what led to it, each in its own words.
fn causes(error: &dyn StdError) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !words.contains(&said) {
            words = format!("{words}: {said}");
        }
        cause = error.source();
    }
    words
}

/// What an error that the service names means.
fn effect_of(code: &str) -> Effect {
    match code {
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "Throttling"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "LimitExceededException" => Effect::None,
        // The same token is under way: what becomes of it, a later request will tell.
        "TransactionInProgressException" | "RequestTimeout" | "RequestTimeoutException" => Effect::Unclear,
        _ => Effect::Refused,
    }
}

/// What the operator can do about it.
fn hint(code: &str, message: &str) -> &'static str {
    match code {
        "ResourceNotFoundException" => "; there is no such table in this region: jobline table create makes it",
        "ValidationException" if message.contains("key") => "; see jobline table check",
        "AccessDeniedException" => "; the role lacks a permission for the table: see docs/deploy.md",
        "ExpiredTokenException" | "UnrecognizedClientException" => "; the credentials are expired or wrong",
        "InvalidSignatureException" => "; the credentials, or this machine's clock, are wrong",
        _ => "",
    }
}

/// Whether the request was never sent: nobody listened where it was to go, or there was nothing to sign it with.
fn never_left(error: &dyn StdError) -> bool {
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

/// The time that one call of the port has.
pub(crate) struct Patience {
    end: Instant,
    first: Duration,
    pauses: u32,
}

impl Patience {
    pub fn new(options: &Options) -> Self {
        Self { end: Instant::now() + options.deadline, first: options.pause, pauses: 0 }
    }

    /// Waits before another request; `false`: it is too late for one. Pauses are random, from nothing to a bound that
    /// grows, so that those who were refused together do not come back together.
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

    /// After a read that failed: waits, or gives up.
    pub async fn after(&mut self, failure: Failure) -> Result<(), Error> {
        match failure.effect != Effect::Refused && self.pause().await {
            true => Ok(()),
            false => Err(Error::Unavailable(failure.reason)),
        }
    }
}
