use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use jobline_chat::Error;
use std::error::Error as StdError;

/// `unavailable`, with everything that the SDK knows in the operator's log. Whatever the cause (no connection,
/// throttling, expired credentials, no such bucket), nothing was changed, and the next call shows whether it is
/// resolved.
pub(crate) fn unavailable<E, R>(doing: &str, error: &SdkError<E, R>) -> Error
where
    E: StdError + 'static,
    R: std::fmt::Debug,
    SdkError<E, R>: StdError,
{
    Error::unavailable(format!("files: {doing}: {}", DisplayErrorContext(error)))
}
