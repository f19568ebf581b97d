use super::emulator::config;
use super::wire::{self, HttpAnswer, Refusal};
use aws_sdk_dynamodb::config::Builder;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How often a [`Proxy`] interferes: probabilities from 0 to 1, each drawn independently. The default is never.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FaultRates {
    /// Of all requests: refused as throttled. Nothing happens.
    pub throttled: f64,
    /// Of all requests: answered 500. Nothing happens.
    pub failed: f64,
    /// Of all requests: carried out, and answered 500.
    pub failed_done: f64,
    /// Of all requests: the connection is cut. Nothing happens.
    pub cut: f64,
    /// Of all requests: carried out, and the connection is cut.
    pub cut_done: f64,
    /// Of writes: refused because another transaction holds one or more of their rows.
    pub conflict: f64,
    /// Of transactions: cancelled because a row in them is throttled.
    pub cancelled: f64,
    /// Of transactions: carried out, and answered that it is still in progress.
    pub in_progress: f64,
    /// Of queries, scans and batches: fewer rows than there are, and the key to continue from.
    pub short: f64,
}

impl FaultRates {
    /// Every fault, each at `rate`.
    #[must_use]
    pub fn all(rate: f64) -> Self {
        Self {
            throttled: rate,
            failed: rate,
            failed_done: rate,
            cut: rate,
            cut_done: rate,
            conflict: rate,
            cancelled: rate,
            in_progress: rate,
            short: rate,
        }
    }
}

/// Stands between the SDK and an engine that speaks DynamoDB's protocol, until it is dropped.
pub struct Proxy {
    address: SocketAddr,
    server: JoinHandle<()>,
    shared: Arc<Shared>,
}

/// What every connection needs.
struct Shared {
    upstream: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
    state: Mutex<ProxyState>,
}

struct ProxyState {
    rng: StdRng,
    rates: FaultRates,
    /// How often each fault was injected.
    injected: BTreeMap<&'static str, u64>,
    /// Whether nothing is let through.
    down: bool,
    /// The refusal that every caller gets.
    refusal: Option<Refusal>,
    /// The operations that the proxy interferes with.
    reach: fn(&str) -> bool,
    /// Requests for this operation with this text are passed on.
    spared: Option<(&'static str, &'static str)>,
    /// Whether answers are passed on without the parts that some engines omit.
    terse: bool,
}

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Served,
    Refused(Refusal),
    Throttled,
    Failed,
    FailedDone,
    Cut,
    CutDone,
    Conflict,
    Cancelled,
    InProgress,
    Short,
}

impl Proxy {
    /// Starts one in front of `upstream`, on the runtime of the caller.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(upstream: SocketAddr, seed: u64, rates: FaultRates) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the listener is bound");
        let (rng, injected) = (StdRng::seed_from_u64(seed), BTreeMap::new());
        let state = ProxyState {
            rng,
            rates,
            injected,
            down: false,
            refusal: None,
            reach: |_| true,
            spared: None,
            terse: false,
        };
        let client = Client::builder(TokioExecutor::new()).build_http();
        let shared = Arc::new(Shared { upstream, client, state: Mutex::new(state) });
        let server = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, server, shared }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The SDK's configuration for this proxy.
    #[must_use]
    pub fn config(&self) -> Builder {
        config(self.address)
    }

    /// Changes the rates from now on.
    pub fn set_rates(&self, rates: FaultRates) {
        self.shared.state().rates = rates;
    }

    /// Lets nothing through, or everything again: while down, every connection is cut at its first request.
    pub fn set_down(&self, down: bool) {
        self.shared.state().down = down;
    }

    /// Refuses every request before it is carried out, or none again.
    pub fn set_refusal(&self, refusal: Option<Refusal>) {
        self.shared.state().refusal = refusal;
    }

    /// Interferes from now on only with the operations whose names `reach` accepts; at first with all of them.
    pub fn set_reach(&self, reach: fn(&str) -> bool) {
        self.shared.state().reach = reach;
    }

    /// Interferes from now on with no request for `operation` that has `text` in it, such as the beginning of a key.
    pub fn set_spared(&self, operation: &'static str, text: &'static str) {
        self.shared.state().spared = Some((operation, text));
    }

    /// Passes answers on as other engines of the protocol write them: errors without their namespace, cancelled
    /// transactions without the list of reasons, and no optional parts.
    pub fn set_terse(&self, terse: bool) {
        self.shared.state().terse = terse;
    }

    /// How often each fault was injected.
    #[must_use]
    pub fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.shared.state().injected.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Connections end with the proxy.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { shared.serve(request).await }
            });
            // An error is a connection that was cut, by one side or the other.
            drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
        while connections.try_join_next().is_some() {}
    }
}

/// The connection is cut: what hyper does with a service that fails.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut by the proxy")
    }
}

impl std::error::Error for Cut {}

impl Shared {
    fn state(&self) -> MutexGuard<'_, ProxyState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, request: Request<Incoming>) -> Result<HttpAnswer, Cut> {
        let (mut parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
        let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default().to_owned();
        // The length is written anew with the body that is passed on.
        parts.headers.remove(hyper::header::CONTENT_LENGTH);
        let call = Call { parts, body, operation };
        let fate = self.state().draw(&call);
        match fate {
            Fate::Served => self.pass(&call, call.body.clone()).await,
            Fate::Refused(refusal) => Ok(wire::refused(refusal, &call.operation)),
            Fate::Throttled => Ok(wire::throttled()),
            Fate::Failed => Ok(wire::failed()),
            Fate::Cut => Err(Cut),
            Fate::FailedDone => self.pass(&call, call.body.clone()).await.map(|_| wire::failed()),
            Fate::CutDone => self.pass(&call, call.body.clone()).await.and(Err(Cut)),
            Fate::InProgress => self.pass(&call, call.body.clone()).await.map(|_| wire::in_progress()),
            Fate::Conflict if call.operation == "PutItem" => Ok(wire::conflict()),
            Fate::Conflict => Ok(self.cancel(&call, "TransactionConflict")),
            Fate::Cancelled => Ok(self.cancel(&call, "ThrottlingError")),
            Fate::Short if call.operation == "BatchGetItem" => self.leave_some(&call).await,
            Fate::Short => self.shorten(&call).await,
        }
    }

    async fn pass(&self, call: &Call, body: Bytes) -> Result<HttpAnswer, Cut> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = call.parts.method.clone();
        *request.headers_mut() = call.parts.headers.clone();
        *request.uri_mut() = format!("http://{}/", self.upstream).parse().expect("an address and a path");
        let (parts, body) = self.client.request(request).await.map_err(|_| Cut)?.into_parts();
        let mut body = body.collect().await.map_err(|_| Cut)?.to_bytes();
        let mut answer = HttpAnswer::default();
        *answer.status_mut() = parts.status;
        *answer.headers_mut() = parts.headers;
        if self.state().terse {
            body = wire::terse(&body);
            // Of the body as it was.
            for name in ["content-length", "x-amz-crc32"] {
                answer.headers_mut().remove(name);
            }
        }
        *answer.body_mut() = Full::new(body);
        Ok(answer)
    }

    /// A transaction is cancelled because of one row in it, or several.
    fn cancel(&self, call: &Call, code: &str) -> HttpAnswer {
        let length = call.json()["TransactItems"].as_array().map_or(1, Vec::len);
        let mut state = self.state();
        let certain = state.rng.random_range(0..length);
        let slots: Vec<usize> =
            (0..length).filter(|slot| *slot == certain || state.rng.random_range(0..4) == 0).collect();
        wire::cancelled(length, &slots, code)
    }

    /// Asks for fewer rows than the caller did.
    async fn shorten(&self, call: &Call) -> Result<HttpAnswer, Cut> {
        let mut body = call.json();
        let limit = body["Limit"].as_u64().unwrap_or(100);
        body["Limit"] = self.state().rng.random_range(1..=limit.max(1)).into();
        self.pass(call, body.to_string().into()).await
    }

    /// Asks for some keys of a batch, at least one, and answers that the others were not processed.
    async fn leave_some(&self, call: &Call) -> Result<HttpAnswer, Cut> {
        let mut body = call.json();
        let Some((table, wanted)) = body["RequestItems"].as_object().and_then(|tables| tables.iter().next()) else {
            return self.pass(call, call.body.clone()).await;
        };
        let (table, wanted) = (table.clone(), wanted.clone());
        let mut keys = wanted["Keys"].as_array().cloned().unwrap_or_default();
        let rest = keys.split_off(self.state().rng.random_range(1..=keys.len().max(1)).min(keys.len()));
        body["RequestItems"][&table]["Keys"] = keys.into();
        let (parts, whole) = self.pass(call, body.to_string().into()).await?.into_parts();
        let whole = whole.collect().await.map_err(|_| Cut)?.to_bytes();
        let mut told: Value = serde_json::from_slice(&whole).map_err(|_| Cut)?;
        if parts.status != StatusCode::OK || rest.is_empty() {
            return Ok(wire::answer(parts.status, &told));
        }
        let mut left = wanted;
        left["Keys"] = rest.into();
        told["UnprocessedKeys"] = json!({ table: left });
        Ok(wire::answer(parts.status, &told))
    }
}

/// A request that was read.
struct Call {
    parts: hyper::http::request::Parts,
    body: Bytes,
    operation: String,
}

impl Call {
    fn has(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl ProxyState {
    /// What happens to a request, as the seed decides.
    fn draw(&mut self, call: &Call) -> Fate {
        let operation = &*call.operation;
        if !(self.reach)(operation) || self.spared.is_some_and(|(spared, text)| spared == operation && call.has(text)) {
            return Fate::Served;
        }
        if self.down {
            return Fate::Cut;
        }
        if let Some(refusal) = self.refusal {
            *self.injected.entry("refused").or_default() += 1;
            return Fate::Refused(refusal);
        }
        let (transaction, put) = (operation == "TransactWriteItems", operation == "PutItem");
        let pages = matches!(operation, "Query" | "Scan" | "BatchGetItem");
        let rates = self.rates;
        let candidates = [
            ("throttled", rates.throttled, true, Fate::Throttled),
            ("failed", rates.failed, true, Fate::Failed),
            ("failed_done", rates.failed_done, true, Fate::FailedDone),
            ("cut", rates.cut, true, Fate::Cut),
            ("cut_done", rates.cut_done, true, Fate::CutDone),
            ("conflict", rates.conflict, transaction || put, Fate::Conflict),
            ("cancelled", rates.cancelled, transaction, Fate::Cancelled),
            ("in_progress", rates.in_progress, transaction, Fate::InProgress),
            ("short", rates.short, pages, Fate::Short),
        ];
        for (name, rate, fits, fate) in candidates {
            if fits && self.rng.random::<f64>() < rate {
                *self.injected.entry(name).or_default() += 1;
                return fate;
            }
        }
        Fate::Served
    }
}
