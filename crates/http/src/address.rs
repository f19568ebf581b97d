//! The address by which the caller of a request reached this server, with which the URLs in its answer begin.
//!
//! `--public-url` sets it once. Without it each request sets it by its own scheme and host, so that links work for every
//! caller, by any name of this machine; with `--trust-proxy` the headers of a proxy come first.

use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};
use std::future::Future;

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What the paths of this server begin with. A public URL whose path begins the same way is told apart by what follows.
const TOP: [&str; 11] =
    ["messages", "calls", "host", "trpc", "files", "demo", "assets", "healthz", "readyz", "metrics", "openapi.json"];

tokio::task_local! {
    /// How the caller of the request that is being answered reached this server.
    static REACHED: Option<RequestAddress>;
}

/// How this server is reached.
#[derive(Debug, Clone)]
pub struct Address {
    public: Option<String>,
    /// The path of the public URL: empty, or `/chat`.
    path: String,
    is_encrypted: bool,
    trust_proxy: bool,
}

/// How one caller reached this server.
#[derive(Debug, Clone)]
pub struct RequestAddress {
    is_encrypted: bool,
    host: Host,
}

/// The host by which a caller reached this server.
#[derive(Debug, Clone)]
enum Host {
    /// What a link may name; `None` where that is not known.
    Checked(Option<Authority>),
    /// The header, not parsed yet, because few answers have links.
    AsSent(HeaderValue),
}

/// What the path of a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inside {
    /// The path needs no change.
    Same,
    /// It is under the path of the public URL; within this server it is this.
    Uri(Uri),
    /// It names the path of the public URL without a slash at its end, from which nothing relative would be found.
    Slash(String),
}

impl Default for Address {
    /// By its host, over http.
    fn default() -> Self {
        Self::new(None, false, false)
    }
}

impl Address {
    /// `public`: how browsers reach this server, without a slash at the end; `is_encrypted`: whether the server itself
    /// speaks HTTPS; `trust_proxy`: whether a proxy in front says how it was reached.
    #[must_use]
    pub fn new(public: Option<String>, is_encrypted: bool, trust_proxy: bool) -> Self {
        let after_scheme = public.as_deref().and_then(|url| url.split_once("://"));
        let path = after_scheme.and_then(|(_, rest)| Some(rest[rest.find('/')?..].trim_end_matches('/').to_owned()));
        Self { public, path: path.unwrap_or_default(), is_encrypted, trust_proxy }
    }

    /// The path of the public URL: empty, or one that begins with a slash and does not end with one.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the server itself speaks HTTPS.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// How the caller of this request reached this server, unless `--public-url` is set.
    #[must_use]
    pub fn reached_by<B>(&self, request: &Request<B>) -> Option<RequestAddress> {
        self.public.is_none().then(|| self.reached(request.uri(), request.headers()))
    }

    fn reached(&self, uri: &Uri, headers: &HeaderMap) -> RequestAddress {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let host = match (uri.authority(), headers.get(header::HOST)) {
            (None, Some(sent)) => Host::AsSent(sent.clone()),
            (named, _) => Host::Checked(named.cloned()),
        };
        let own = RequestAddress { is_encrypted: self.is_encrypted, host };
        if !self.trust_proxy {
            return own;
        }
        let told = |name| text(name).map(first);
        let forwarded = text(header::FORWARDED).unwrap_or_default();
        let scheme = told(FORWARDED_PROTO).or_else(|| parameter(forwarded, "proto"));
        let host = told(FORWARDED_HOST).or_else(|| parameter(forwarded, "host"));
        RequestAddress {
            is_encrypted: match scheme {
                Some(scheme) if scheme.eq_ignore_ascii_case("https") => true,
                Some(scheme) if scheme.eq_ignore_ascii_case("http") => false,
                _ => own.is_encrypted,
            },
            host: Host::Checked(host.and_then(authority).or_else(|| own.host())),
        }
    }

    /// The request within this server, where a proxy left the path of the public URL on it.
    #[must_use]
    pub fn inside(&self, uri: &Uri) -> Inside {
        if self.path.is_empty() {
            return Inside::Same;
        }
        let Some(rest) = uri.path().strip_prefix(&self.path) else { return Inside::Same };
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        match rest.strip_prefix('/') {
            None if rest.is_empty() => Inside::Slash(format!("{}/{query}", self.path)),
            Some(below) if !self.looks_like_its_own() || is_top(below) => {
                let mut parts = uri.clone().into_parts();
                parts.path_and_query = format!("{rest}{query}").parse::<PathAndQuery>().ok();
                Uri::from_parts(parts).map_or(Inside::Same, Inside::Uri)
            }
            _ => Inside::Same,
        }
    }

    /// Whether the path of the public URL begins as one of this server's own does.
    fn looks_like_its_own(&self) -> bool {
        self.path.split('/').nth(1).is_some_and(|segment| TOP.contains(&segment))
    }
}

impl RequestAddress {
    /// Runs what answers the request: its links begin with how the caller reached this server. `None`: that is said once
    /// for all.
    pub fn during<F: Future>(reached: Option<Self>, answer: F) -> impl Future<Output = F::Output> {
        REACHED.scope(reached, answer)
    }

    /// The host that a link may name.
    fn host(&self) -> Option<Authority> {
        match &self.host {
            Host::Checked(host) => host.clone(),
            Host::AsSent(value) => authority(value.to_str().ok()?),
        }
    }
}

/// What the URLs begin with in the answer to the request of this task; `None` where there is none, or it does not say.
#[must_use]
pub fn base_url() -> Option<String> {
    let told = |reached: &Option<RequestAddress>| {
        let reached = reached.as_ref()?;
        let scheme = if reached.is_encrypted { "https" } else { "http" };
        reached.host().map(|host| format!("{scheme}://{host}"))
    };
    REACHED.try_with(told).ok().flatten()
}

/// Whether a path without its slash is one of this server's: the page, one of its files, or a call.
fn is_top(below: &str) -> bool {
    let segment = below.split('/').next().unwrap_or_default();
    below.is_empty() || TOP.contains(&segment) || (segment == below && segment.contains('.'))
}

/// The caller's own, where each proxy on the way has added one.
fn first(list: &str) -> &str {
    list.split(',').next().unwrap_or_default().trim()
}

/// A parameter of the first element of `Forwarded` (RFC 7239).
fn parameter<'a>(forwarded: &'a str, name: &str) -> Option<&'a str> {
    let pairs = first(forwarded).split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value.trim().trim_matches('"'))
}

/// A host, with its port if there is one; nothing else may be in a link.
fn authority(text: &str) -> Option<Authority> {
    let authority: Authority = text.parse().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    (!authority.host().is_empty() && text.bytes().all(plain)).then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn base(address: &Address, uri: &str, headers: &[(&str, &str)]) -> Option<String> {
        let request = headers.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
        let reached = address.reached_by(&request.body(()).expect("a request"))?;
        RequestAddress::during(Some(reached), async { base_url() }).await
    }

    #[tokio::test]
    async fn links_begin_as_the_request_did() {
        let (plain, encrypted) = (Address::default(), Address::new(None, true, false));
        assert_eq!(base(&plain, "/", &[("host", "10.0.0.7:8080")]).await.as_deref(), Some("http://10.0.0.7:8080"));
        assert_eq!(base(&encrypted, "/", &[("host", "a.example")]).await.as_deref(), Some("https://a.example"));
        assert_eq!(base(&encrypted, "https://b.example/", &[]).await.as_deref(), Some("https://b.example"));
        assert_eq!(base(&plain, "/", &[("host", "[::1]:80")]).await.as_deref(), Some("http://[::1]:80"));
        for odd in ["", "user@host", "a b", "a/b", "a\"b", "<a>"] {
            assert_eq!(base(&plain, "/", &[("host", odd)]).await, None, "{odd}");
        }
        assert_eq!(base(&plain, "/", &[]).await, None);
        assert_eq!(base_url(), None);
    }

    #[tokio::test]
    async fn a_proxy_is_believed_only_where_it_is_trusted() {
        let headers =
            [("host", "127.0.0.1:8080"), ("x-forwarded-proto", "https, http"), ("x-forwarded-host", "a.example, b")];
        let (trusting, wary) = (Address::new(None, false, true), Address::default());
        assert_eq!(base(&trusting, "/", &headers).await.as_deref(), Some("https://a.example"));
        assert_eq!(base(&wary, "/", &headers).await.as_deref(), Some("http://127.0.0.1:8080"));
        let standard = [("host", "x"), ("forwarded", "for=1.2.3.4;Proto=https;host=\"a.example:8443\", for=5.6.7.8")];
        assert_eq!(base(&trusting, "/", &standard).await.as_deref(), Some("https://a.example:8443"));
        let odd = [("host", "x"), ("x-forwarded-proto", "javascript"), ("x-forwarded-host", "a\"b")];
        assert_eq!(base(&trusting, "/", &odd).await.as_deref(), Some("http://x"));
    }

    #[test]
    fn the_path_of_the_public_url_may_be_left_on_or_taken_off() {
        let under = |url: &str, path: &str| Address::new(Some(url.to_owned()), false, false).inside(&uri(path));
        fn uri(path: &str) -> Uri {
            path.parse().expect("a path")
        }
        let chat = "https://x.example/chat";
        assert_eq!(under(chat, "/chat/messages/list?a=b"), Inside::Uri(uri("/messages/list?a=b")));
        assert_eq!(under(chat, "/messages/list?a=b"), Inside::Same);
        assert_eq!(under(chat, "/chat/"), Inside::Uri(uri("/")));
        assert_eq!(under(chat, "/chat"), Inside::Slash("/chat/".to_owned()));
        assert_eq!(under(chat, "/chatter/x"), Inside::Same);
        assert_eq!(under("https://x.example", "/chat/x"), Inside::Same);
        // The path may begin as one of the server's own does.
        let messages = "https://x.example/messages";
        assert_eq!(under(messages, "/messages/list"), Inside::Same);
        assert_eq!(under(messages, "/messages/messages/list"), Inside::Uri(uri("/messages/list")));
        assert_eq!(under(messages, "/messages/sw.js"), Inside::Uri(uri("/sw.js")));
        assert_eq!(under(messages, "/messages/"), Inside::Uri(uri("/")));
    }
}
