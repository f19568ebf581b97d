//! A small HTTP client for calls to URLs that hosts and users gave.
//!
//! It resolves a name once, checks the addresses, and connects to one that it has checked, so that a name whose address
//! changes between check and call gains nothing. It follows no redirect, uses no proxy and stores no cookie.

use crate::{address::is_public, resolve::Resolve};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, pki_types::ServerName},
};
use url::{Host, Url};

/// How long a call may take, from the lookup of the name to the end of the answer.
pub(crate) const CALL_WITHIN: Duration = Duration::from_secs(10);
/// The most bytes of an answer's body that are read; nothing in it is used.
const ANSWER_BYTES: usize = 64 * 1024;
/// How many connections wait for their next call.
const IDLE_CONNECTIONS: usize = 16;
/// Why nothing was called: [`AllowedAddresses::Public`] allows none of the addresses.
pub(crate) const PRIVATE: &str = "its address is private";
/// How long a connection waits for its next call.
const IDLE_FOR: Duration = Duration::from_secs(20);

type Sender = http1::SendRequest<Full<Bytes>>;

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AllowedAddresses {
    /// The addresses of the public internet.
    Public,
    /// Any address.
    Anywhere,
}

/// An answer, without its body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
}

/// A connection that waits for its next call.
struct Idle {
    origin: String,
    sender: Sender,
    since: Instant,
}

/// The client. Its connections are kept open for a while between calls.
pub(crate) struct Client {
    resolver: Arc<dyn Resolve>,
    tls: TlsConnector,
    idle: Mutex<Vec<Idle>>,
}

impl Client {
    /// A client that trusts the certificate authorities of the public web, and `more_roots`, which are certificates in DER.
    pub fn new(resolver: Arc<dyn Resolve>, more_roots: &[Vec<u8>]) -> Self {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        roots.add_parsable_certificates(more_roots.iter().cloned().map(Into::into));
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self { resolver, tls: TlsConnector::from(Arc::new(config)), idle: Mutex::default() }
    }

    /// Posts `body` with `headers`. The error is one line with the cause.
    pub async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        reach: AllowedAddresses,
    ) -> Result<Answer, String> {
        let call = self.call(url, &headers, &body, reach);
        timeout(CALL_WITHIN, call).await.unwrap_or_else(|_| Err(format!("no answer within {CALL_WITHIN:?}")))
    }

    /// Connects to the host of `url`, encrypted if the URL says so, and sends nothing. The error is one line with the cause.
    pub async fn try_connection(&self, url: &Url, reach: AllowedAddresses) -> Result<(), String> {
        let connected = timeout(CALL_WITHIN, self.connect(url, reach)).await;
        connected.unwrap_or_else(|_| Err(format!("no connection within {CALL_WITHIN:?}"))).map(drop)
    }

    async fn call(
        &self,
        url: &Url,
        headers: &HeaderMap,
        body: &Bytes,
        reach: AllowedAddresses,
    ) -> Result<Answer, String> {
        let origin = url.origin().ascii_serialization();
        if let Some(mut sender) = self.take_idle(&origin) {
            // The server may have closed it meanwhile: then the request did not arrive, and a new connection is made.
            if let Ok(answer) = self.send(&mut sender, url, headers, body).await {
                self.keep(origin, sender);
                return Ok(answer);
            }
        }
        let mut sender = self.connect(url, reach).await?;
        let answer = self.send(&mut sender, url, headers, body).await?;
        self.keep(origin, sender);
        Ok(answer)
    }

    async fn send(&self, sender: &mut Sender, url: &Url, headers: &HeaderMap, body: &Bytes) -> Result<Answer, String> {
        let broken = |error: hyper::Error| format!("the connection broke: {error}");
        sender.ready().await.map_err(broken)?;
        let answer = sender.send_request(request(url, headers, body)?).await.map_err(broken)?;
        let (parts, body) = answer.into_parts();
        drain(body).await?;
        Ok(Answer { status: parts.status, headers: parts.headers })
    }

    async fn connect(&self, url: &Url, reach: AllowedAddresses) -> Result<Sender, String> {
        let port = url.port_or_known_default().ok_or("the URL names no port")?;
        let host = url.host().ok_or("the URL names no host")?;
        let stream = connect_to_one(&self.addresses(&host, reach).await?, port).await?;
        match url.scheme() {
            "https" => {
                let name = ServerName::try_from(host_name(&host)).map_err(|_| "the host has no valid name")?;
                let stream = self.tls.connect(name, stream).await.map_err(|error| format!("TLS failed: {error}"))?;
                handshake(stream).await
            }
            _ => handshake(stream).await,
        }
    }

    /// The addresses of a host that may be called.
    async fn addresses(&self, host: &Host<&str>, reach: AllowedAddresses) -> Result<Vec<IpAddr>, String> {
        let found = match host {
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
            Host::Domain(name) => {
                self.resolver.resolve(name).await.map_err(|error| format!("its name cannot be looked up: {error}"))?
            }
        };
        let allowed: Vec<IpAddr> = found
            .iter()
            .copied()
            .filter(|address| reach == AllowedAddresses::Anywhere || is_public(*address))
            .collect();
        match (allowed.is_empty(), found.is_empty()) {
            (false, _) => Ok(allowed),
            (true, true) => Err("its name has no address".to_owned()),
            (true, false) => Err(PRIVATE.to_owned()),
        }
    }

    fn take_idle(&self, origin: &str) -> Option<Sender> {
        let mut idle = self.idle();
        idle.retain(|one| one.since.elapsed() < IDLE_FOR && !one.sender.is_closed());
        let at = idle.iter().rposition(|one| one.origin == origin)?;
        Some(idle.remove(at).sender)
    }

    fn keep(&self, origin: String, sender: Sender) {
        let mut idle = self.idle();
        if idle.len() < IDLE_CONNECTIONS && !sender.is_closed() {
            idle.push(Idle { origin, sender, since: Instant::now() });
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connects to the first address that accepts.
async fn connect_to_one(addresses: &[IpAddr], port: u16) -> Result<TcpStream, String> {
    let mut failure = "there is no address".to_owned();
    for address in addresses {
        match TcpStream::connect(SocketAddr::new(*address, port)).await {
            Ok(stream) => {
                // Without it a small request may wait for an acknowledgement; if it cannot be set, only time is lost.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => failure = format!("no connection: {error}"),
        }
    }
    Err(failure)
}

async fn handshake(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Sender, String> {
    let (sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| format!("no HTTP: {error}"))?;
    // It ends with its sender, or when the other side closes.
    tokio::spawn(connection);
    Ok(sender)
}

fn host_name(host: &Host<&str>) -> String {
    match host {
        Host::Domain(name) => (*name).to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

fn request(url: &Url, headers: &HeaderMap, body: &Bytes) -> Result<Request<Full<Bytes>>, String> {
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut request = Request::post(target)
        .header(http::header::HOST, authority)
        .header(http::header::USER_AGENT, concat!("jobline/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(body.clone()))
        .map_err(|error| format!("the URL cannot be called: {error}"))?;
    request.headers_mut().extend(headers.clone());
    Ok(request)
}

/// Reads the body to its end, so that the connection can be used again.
async fn drain(body: Incoming) -> Result<(), String> {
    match Limited::new(body, ANSWER_BYTES).collect().await {
        Ok(_) => Ok(()),
        // The status of a long answer still counts; the connection is not used again.
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Ok(()),
        Err(error) => Err(format!("the answer broke off: {error}")),
    }
}
