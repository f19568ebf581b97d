//! Tests of what must be refused, and of what is accepted.

mod claims;
mod keys;
mod refusals;
mod sources;

use super::{Fetch, Fetched, HostKey, Identity, IdentitySettings};
use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, header};
use jobline_chat::{Clock, Error, UserId};
use jobline_wire::Code;
use keys::Signing;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECRET: &str = "a secret of thirty-two bytes or more";
const URL: &str = "https://host.example/.well-known/jwks.json";
const NOW_S: u64 = 1_790_000_000;

/// A clock that only a test moves.
struct Manual(AtomicU64);

impl Manual {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(NOW_S * 1_000)))
    }

    fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for Manual {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Moves the clock instead of waiting.
    async fn sleep(&self, duration: Duration) {
        self.0.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
}

/// Returns the given responses in order, and then the last one again; counts the calls.
struct Scripted {
    answers: Mutex<VecDeque<Result<Fetched, String>>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(answers: impl IntoIterator<Item = Result<Value, &'static str>>) -> Arc<Self> {
        let scripted = Self { answers: Mutex::default(), asked: AtomicUsize::new(0) };
        answers.into_iter().for_each(|answer| scripted.then(answer));
        Arc::new(scripted)
    }

    fn then(&self, answer: Result<Value, &'static str>) {
        let fetched = answer.map(|set| Fetched { body: serde_json::to_vec(&set).unwrap(), cache_control: None });
        self.answers.lock().unwrap().push_back(fetched.map_err(str::to_owned));
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Fetch for Scripted {
    fn fetch(&self, url: &str) -> Result<Fetched, String> {
        assert_eq!(url, URL);
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 { answers.pop_front().unwrap() } else { answers.front().cloned().unwrap() }
    }
}

fn set(keys: impl IntoIterator<Item = Value>) -> Value {
    json!({ "keys": keys.into_iter().collect::<Vec<_>>() })
}

fn claims(sub: &str) -> Value {
    json!({ "sub": sub, "exp": NOW_S + 3_600 })
}

fn bearer(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
    headers
}

fn by_secret(clock: &Arc<Manual>) -> Identity {
    let settings = IdentitySettings { jwt_secret: Some(SECRET.to_owned()), ..Default::default() };
    Identity::new(settings, Arc::clone(clock) as _).unwrap()
}

async fn by_url(clock: &Arc<Manual>, fetch: &Arc<Scripted>) -> Identity {
    let settings = IdentitySettings { jwks_url: Some(URL.to_owned()), ..Default::default() };
    let identity = Identity::with_fetch(settings, Arc::clone(clock) as _, Arc::clone(fetch) as _).unwrap();
    identity.load_keys().await;
    identity
}

async fn user(identity: &Identity, token: &str) -> Result<String, Error> {
    identity.authenticate(&bearer(token)).await.map(|user| user.to_string())
}

/// The error about a refused token.
async fn refused(identity: &Identity, token: &str) -> String {
    let error = user(identity, token).await.unwrap_err();
    assert_eq!((error.code, error.code.status()), (Code::Unauthenticated, 401), "{error}");
    assert!(token.len() < 8 || !error.to_string().contains(token), "the token is repeated: {error}");
    error.detail
}
