//! DynamoDB's answers, as it writes them.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

/// Why the service refuses a caller, whatever is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The credentials have expired.
    ExpiredToken,
    /// The credentials are unknown.
    UnrecognizedClient,
    /// The credentials are valid, but the role lacks the permission.
    AccessDenied,
    /// The table is so new that its backups cannot be changed yet.
    BackupsUnavailable,
}

pub(super) type HttpAnswer = Response<Full<Bytes>>;

pub(super) fn answer(status: StatusCode, body: &Value) -> HttpAnswer {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
    *answer.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/x-amz-json-1.0");
    answer.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    answer
}

/// An error of DynamoDB's own.
fn error(status: StatusCode, name: &str, message: &str) -> HttpAnswer {
    answer(status, &json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": message}))
}

/// The common front end of AWS services refuses, under its own namespace, and not always with a lower-case `message`.
pub(super) fn refused(refusal: Refusal, operation: &str) -> HttpAnswer {
    let (name, key, message) = match refusal {
        Refusal::BackupsUnavailable => {
            let message = "Backups are being enabled for the table. Please retry later";
            return error(StatusCode::BAD_REQUEST, "ContinuousBackupsUnavailableException", message);
        }
        Refusal::ExpiredToken => {
            ("ExpiredTokenException", "message", "The security token included in the request is expired".to_owned())
        }
        Refusal::UnrecognizedClient => {
            let message = "The security token included in the request is invalid.".to_owned();
            ("UnrecognizedClientException", "message", message)
        }
        Refusal::AccessDenied => {
            let message = format!(
                "User: arn:aws:sts::111122223333:assumed-role/jobline/function is not authorized to perform: \
                 dynamodb:{operation} because no identity-based policy allows the dynamodb:{operation} action"
            );
            ("AccessDeniedException", "Message", message)
        }
    };
    answer(StatusCode::BAD_REQUEST, &json!({"__type": format!("com.amazon.coral.service#{name}"), key: message}))
}

pub(super) fn throttled() -> HttpAnswer {
    let message = "The level of configured provisioned throughput for the table was exceeded.";
    error(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException", message)
}

pub(super) fn failed() -> HttpAnswer {
    error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "Internal server error")
}

pub(super) fn in_progress() -> HttpAnswer {
    let message = "Transaction is in progress for the specified idempotent token.";
    error(StatusCode::BAD_REQUEST, "TransactionInProgressException", message)
}

/// Another transaction holds the row of a single-item request.
pub(super) fn conflict() -> HttpAnswer {
    let message = "Transaction is ongoing for the item";
    error(StatusCode::BAD_REQUEST, "TransactionConflictException", message)
}

/// A transaction of `length` operations is cancelled, because of `code` in those of `slots`.
pub(super) fn cancelled(length: usize, slots: &[usize], code: &str) -> HttpAnswer {
    let code = |slot: usize| if slots.contains(&slot) { code } else { "None" };
    let codes: Vec<&str> = (0..length).map(code).collect();
    let reason = |code: &&str| match *code {
        "None" => json!({"Code": "None"}),
        code => json!({"Code": code, "Message": "Transaction is ongoing for the item"}),
    };
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    let reasons: Vec<Value> = codes.iter().map(reason).collect();
    let name = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    answer(StatusCode::BAD_REQUEST, &json!({"__type": name, "message": message, "CancellationReasons": reasons}))
}

/// An answer with only what every engine of the protocol sends: names of errors without their namespace, and no list of
/// reasons beside the message.
pub(super) fn terse(body: &Bytes) -> Bytes {
    let Ok(Value::Object(mut told)) = serde_json::from_slice(body) else { return body.clone() };
    for name in ["CancellationReasons", "ConsumedCapacity", "UnprocessedKeys"] {
        told.remove(name);
    }
    if let Some(Value::String(name)) = told.get_mut("__type")
        && let Some((_, short)) = name.rsplit_once('#')
    {
        *name = short.to_owned();
    }
    if let Some(message) = told.remove("message") {
        told.insert("Message".to_owned(), message);
    }
    Bytes::from(Value::Object(told).to_string())
}
