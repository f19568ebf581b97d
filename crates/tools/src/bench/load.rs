//! Load: many connections, each of which sends its next request as soon as the last one is answered.

use super::client::Connection;
use super::histogram::Histogram;
use futures_util::future::try_join_all;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// The requests of one connection.
pub(super) trait Caller: Send + 'static {
    /// The next request.
    fn request(&mut self) -> &[u8];

    /// Whether the response is the expected one.
    fn accepts(&mut self, status: u16, body: &[u8]) -> bool;
}

/// The same request every time; expects status 200.
pub(super) struct Repeat(pub Vec<u8>);

impl Caller for Repeat {
    fn request(&mut self) -> &[u8] {
        &self.0
    }

    fn accepts(&mut self, status: u16, _body: &[u8]) -> bool {
        status == 200
    }
}

/// The measured times.
pub(super) struct Figures {
    /// How long each request took.
    pub times: Histogram,
    /// How long requests were sent.
    pub length: Duration,
}

impl Figures {
    /// No measurement yet.
    pub(super) fn none() -> Self {
        Self { times: Histogram::new(), length: Duration::ZERO }
    }

    /// Adds another measurement.
    pub(super) fn add(&mut self, other: &Self) {
        self.times.merge(&other.times);
        self.length += other.length;
    }

    /// Requests a second.
    pub(super) fn per_second(&self) -> f64 {
        self.times.total() as f64 / self.length.as_secs_f64()
    }
}

/// Runs each caller on a connection of its own for `length`, after a warm-up of a tenth of that.
pub(super) async fn run(
    address: SocketAddr,
    callers: Vec<Box<dyn Caller>>,
    length: Duration,
) -> Result<Figures, String> {
    let begin = Instant::now() + length / 10;
    let end = begin + length;
    let tasks = callers.into_iter().map(|caller| tokio::spawn(one(address, caller, begin, end)));
    let results = try_join_all(tasks).await.map_err(|error| error.to_string())?;
    let mut all = Figures { length, ..Figures::none() };
    for result in results {
        all.times.merge(&result?);
    }
    Ok(all)
}

async fn one(
    address: SocketAddr,
    mut caller: Box<dyn Caller>,
    begin: Instant,
    end: Instant,
) -> Result<Histogram, String> {
    let mut connection = Connection::open(address).await.map_err(|error| error.to_string())?;
    let mut times = Histogram::new();
    loop {
        let asked = Instant::now();
        let answer = connection.call(caller.request()).await.map_err(|error| error.to_string())?;
        let answered = Instant::now();
        if !caller.accepts(answer.status, answer.body) {
            let body = String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)]);
            return Err(format!("unexpected answer {}: {body}", answer.status));
        }
        if answered >= end {
            return Ok(times);
        }
        if asked >= begin {
            times.add(answered - asked);
        }
    }
}
