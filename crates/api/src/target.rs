//! Targets: the user or the job that a call of the host API is about. Over REST it is in the path.

use jobline_chat::{Error, JobId, MessageId, UserId};
use jobline_http::Failure;
use jobline_wire::limits::{MESSAGE_ID_PATTERN, USER_ID_PATTERN};

/// The parameter that names a target.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Whether it is a number.
    pub number: bool,
    /// The form of its text, as a regular expression.
    pub pattern: Option<&'static str>,
    /// What is accepted.
    pub description: &'static str,
}

/// What a call is about, besides its input.
pub trait Target: Sized + Send {
    /// The parameter that names it; `None` for calls without a target.
    const PARAMETER: Option<Parameter>;

    /// Reads the target from plain text, without the escapes of a URL.
    ///
    /// # Errors
    /// `invalid_request`.
    fn parse(text: &str) -> Result<Self, Failure>;
}

impl Target for () {
    const PARAMETER: Option<Parameter> = None;

    fn parse(_text: &str) -> Result<Self, Failure> {
        Ok(())
    }
}

impl Target for UserId {
    const PARAMETER: Option<Parameter> = Some(Parameter {
        name: "userId",
        number: false,
        pattern: Some(USER_ID_PATTERN),
        description: "1–128 of `A–Z a–z 0–9 . _ | @ : + = ~ -`.",
    });

    fn parse(text: &str) -> Result<Self, Failure> {
        Ok(Self::parse("userId", text)?)
    }
}

impl Target for JobId {
    const PARAMETER: Option<Parameter> = Some(Parameter {
        name: "jobId",
        number: true,
        pattern: None,
        description: "A whole number from 1 to 9007199254740991.",
    });

    fn parse(text: &str) -> Result<Self, Failure> {
        let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        let number = if canonical { text.parse().unwrap_or(0) } else { 0 };
        Ok(Self::parse(number)?)
    }
}

impl Target for MessageId {
    const PARAMETER: Option<Parameter> = Some(Parameter {
        name: "messageId",
        number: false,
        pattern: Some(MESSAGE_ID_PATTERN),
        description: "`message_<unix ms>_<nanoid>`.",
    });

    fn parse(text: &str) -> Result<Self, Failure> {
        Ok(Self::new(text).ok_or_else(|| Error::not_found("message").at("messageId"))?)
    }
}

/// The id of a report, which the domain checks.
pub struct ReportId(pub String);

impl Target for ReportId {
    const PARAMETER: Option<Parameter> =
        Some(Parameter { name: "reportId", number: false, pattern: None, description: "`report_<unix ms>_<nanoid>`." });

    fn parse(text: &str) -> Result<Self, Failure> {
        Ok(Self(text.to_owned()))
    }
}

/// The id of an event that the webhook did not take, which the domain checks.
pub struct FailedEventId(pub String);

impl Target for FailedEventId {
    const PARAMETER: Option<Parameter> =
        Some(Parameter { name: "eventId", number: false, pattern: None, description: "`failed_<unix ms>_<nanoid>`." });

    fn parse(text: &str) -> Result<Self, Failure> {
        Ok(Self(text.to_owned()))
    }
}
