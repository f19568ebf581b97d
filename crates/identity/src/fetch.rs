//! Fetching a JWKS over HTTP.

use http::Uri;
use std::net::IpAddr;
use std::time::Duration;

/// The most bytes of a JWKS.
pub(super) const JWKS_BYTES: u64 = 1 << 20;
const TIMEOUT: Duration = Duration::from_secs(5);

/// A fetched JWKS.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The body.
    pub body: Vec<u8>,
    /// The `Cache-Control` header, if there was one.
    pub cache_control: Option<String>,
}

/// How a JWKS is fetched. It may block: it is called on threads for blocking work.
pub trait Fetch: Send + Sync + 'static {
    /// The body behind `url`. The error is one line for the log.
    ///
    /// # Errors
    /// Anything but a 200 with a body of at most 1 MiB within five seconds.
    fn fetch(&self, url: &str) -> Result<Fetched, String>;
}

/// Fetches over the network: by https, or by http from a loopback address.
pub struct HttpFetch;

impl Fetch for HttpFetch {
    fn fetch(&self, url: &str) -> Result<Fetched, String> {
        let loopback = is_loopback(&url.parse().map_err(|_| "it is not a URL".to_owned())?);
        let mut config = ureq::Agent::config_builder()
            .https_only(!loopback)
            // A redirect would pass the trust on to another server. The setting can name that server itself.
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT))
            .user_agent(concat!("jobline/", env!("CARGO_PKG_VERSION")));
        if loopback {
            config = config.proxy(None);
        }
        // A new agent each time: fetches are minutes apart, so keeping a connection open gains nothing.
        let agent = config.build().new_agent();
        let mut answer =
            agent.get(url).header("accept", "application/json").call().map_err(|error| error.to_string())?;
        if answer.status() != http::StatusCode::OK {
            return Err(format!("it answered {}", answer.status()));
        }
        let cache_control = answer.headers().get(http::header::CACHE_CONTROL);
        let cache_control = cache_control.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = answer.body_mut().with_config().limit(JWKS_BYTES).read_to_vec();
        Ok(Fetched { body: body.map_err(|error| error.to_string())?, cache_control })
    }
}

/// Whether a JWKS may be fetched from there: only if nobody in between can change the keys.
pub(super) fn is_trustworthy(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    match uri.scheme_str() {
        Some("https") => uri.host().is_some(),
        Some("http") => is_loopback(&uri),
        _ => false,
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
