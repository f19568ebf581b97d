//! The REST route of a procedure.

use http::Method;

/// Where a REST request carries the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputIn {
    /// In the query.
    Query,
    /// In a JSON body.
    Body,
}

/// The method and the path of a procedure.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its HTTP method.
    pub method: Method,
    /// Its path, with a parameter in braces where the procedure has a target: `/host/jobs/{jobId}`.
    pub path: &'static str,
}

impl Route {
    /// Where the input is.
    #[must_use]
    pub fn input(&self) -> InputIn {
        if matches!(self.method, Method::GET | Method::DELETE) { InputIn::Query } else { InputIn::Body }
    }

    /// The segment of `path` at the place of the parameter; empty when the route has no parameter.
    #[must_use]
    pub fn parameter<'a>(&self, path: &'a str) -> &'a str {
        let place = self.path.split('/').position(|segment| segment.starts_with('{'));
        place.and_then(|place| path.split('/').nth(place)).unwrap_or_default()
    }
}
