//! Authorisation by type: a handler that wants a [`User`] or a [`Host`] runs only when there is one, and only the functions
//! here make them.

use super::procedure::{Parameter, Scheme};
use crate::app::App;
use crate::http::{Failure, decode};
use http::HeaderMap;
use jobline_chat::{JobId, UserId};
use std::future::Future;

/// Someone who calls.
pub trait Caller: Sized + Send {
    /// How callers of this kind prove who they are.
    const SCHEME: Scheme;

    /// Who it is.
    ///
    /// # Errors
    /// `unauthenticated`, and `unavailable` when it cannot be told now.
    fn authenticate(app: &App, headers: &HeaderMap) -> impl Future<Output = Result<Self, Failure>> + Send;
}

/// A user, known by their token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User(pub UserId);

impl Caller for User {
    const SCHEME: Scheme = Scheme::User;

    async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Self, Failure> {
        Ok(Self(app.identity.authenticate(headers).await?))
    }
}

/// The host, known by its key.
#[derive(Debug)]
pub struct Host(());

impl Caller for Host {
    const SCHEME: Scheme = Scheme::Host;

    async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Self, Failure> {
        let Some(key) = &app.host_key else {
            return Err(Failure::unauthenticated("The host API is closed: this server has no --host-key."));
        };
        key.authenticate(headers)?;
        Ok(Self(()))
    }
}

/// What a path names.
pub trait Target: Sized + Send {
    /// The path's parameter, if it has one.
    const PARAMETER: Option<Parameter>;

    /// The target in a path segment, as it stands in the URL.
    ///
    /// # Errors
    /// `invalid_request`.
    fn parse(segment: &str) -> Result<Self, Failure>;
}

impl Target for () {
    const PARAMETER: Option<Parameter> = None;

    fn parse(_segment: &str) -> Result<Self, Failure> {
        Ok(())
    }
}

impl Target for UserId {
    const PARAMETER: Option<Parameter> =
        Some(Parameter {
            name: "userId", number: false, description: "1–128 of `A–Z a–z 0–9 . _ | @ : + = ~ -`."
        });

    fn parse(segment: &str) -> Result<Self, Failure> {
        let text = decode(segment, false).unwrap_or_default();
        Ok(Self::parse("userId", &text)?)
    }
}

impl Target for JobId {
    const PARAMETER: Option<Parameter> =
        Some(Parameter { name: "jobId", number: true, description: "A whole number from 1 to 9007199254740991." });

    fn parse(segment: &str) -> Result<Self, Failure> {
        let canonical = segment.bytes().all(|byte| byte.is_ascii_digit()) && !segment.starts_with('0');
        let number = if canonical { segment.parse().unwrap_or(0) } else { 0 };
        Ok(Self::parse(number)?)
    }
}
