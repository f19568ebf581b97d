//! Load: many connections, each with one request at a time.
//!
//! In a *closed loop* each connection sends its next request as soon as the last one is answered: that finds the highest
//! rate. But a server that pauses gets no requests during the pause, so the latencies of a closed loop are too low. At a
//! *fixed rate* requests are due at fixed times, whatever the server does, and the latency of each counts from when it was
//! due: a request that had to wait behind a slow one counts as slow.

use super::client::Connection;
use super::histogram::Histogram;
use futures_util::future::try_join_all;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// The requests of one connection.
pub(super) trait Caller: Send + 'static {
    /// The next request; `None` ends the load.
    fn request(&mut self) -> Option<&[u8]>;

    /// Whether the response is the expected one.
    fn accepts(&mut self, status: u16, body: &[u8]) -> bool;
}

/// The same request every time; expects status 200.
pub(super) struct Repeat(pub Vec<u8>);

impl Caller for Repeat {
    fn request(&mut self) -> Option<&[u8]> {
        Some(&self.0)
    }

    fn accepts(&mut self, status: u16, _body: &[u8]) -> bool {
        status == 200
    }
}

/// The measured times.
#[derive(Clone)]
pub(super) struct Figures {
    /// How long each request took.
    pub times: Histogram,
    /// For how long requests were sent.
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

/// When requests are sent.
#[derive(Clone, Copy)]
pub(super) enum Pace {
    /// In a closed loop.
    AsFast,
    /// This many a second, by all connections together.
    Rate(f64),
}

/// When the requests of one connection are due.
#[derive(Clone, Copy)]
struct Schedule {
    /// The first one.
    first: Instant,
    /// `None`: each as soon as the last one is answered.
    every: Option<Duration>,
    /// When the measurement begins.
    begin: Instant,
    end: Instant,
}

/// Runs each caller on its own connection for `length`, after a warm-up of a tenth of that.
pub(super) async fn run(
    address: SocketAddr,
    callers: Vec<Box<dyn Caller>>,
    length: Duration,
    pace: Pace,
) -> Result<Figures, String> {
    let (now, count) = (Instant::now(), callers.len());
    let begin = now + length / 10;
    let every = match pace {
        Pace::AsFast => None,
        Pace::Rate(rate) => Some(Duration::from_secs_f64(count as f64 / rate)),
    };
    let tasks = callers.into_iter().enumerate().map(|(index, caller)| {
        // Spread over the interval, as with independent clients.
        let first = now + every.unwrap_or_default().mul_f64(index as f64 / count as f64);
        tokio::spawn(one(address, caller, Schedule { first, every, begin, end: begin + length }))
    });
    let results = try_join_all(tasks.collect::<Vec<_>>()).await.map_err(|error| error.to_string())?;
    let mut all = Figures { length, ..Figures::none() };
    for result in results {
        all.times.merge(&result?);
    }
    Ok(all)
}

async fn one(address: SocketAddr, mut caller: Box<dyn Caller>, schedule: Schedule) -> Result<Histogram, String> {
    let mut connection = Connection::open(address).await.map_err(|error| error.to_string())?;
    let mut times = Histogram::new();
    let mut due = schedule.first;
    loop {
        let asked = match schedule.every {
            None => Instant::now(),
            Some(_) if due >= schedule.end => return Ok(times),
            Some(_) => when_due(due).await,
        };
        let Some(request) = caller.request() else { return Ok(times) };
        let answer = connection.call(request).await.map_err(|error| error.to_string())?;
        let answered = Instant::now();
        if !caller.accepts(answer.status, answer.body) {
            let body = String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)]);
            return Err(format!("unexpected answer {}: {body}", answer.status));
        }
        if answered >= schedule.end && schedule.every.is_none() {
            return Ok(times);
        }
        if asked >= schedule.begin {
            times.add(answered - asked);
        }
        due += schedule.every.unwrap_or_default();
    }
}

/// Waits until a request is due. Returns the beginning of its latency: when it was due if the connection was busy then, and
/// otherwise now, since a late timer is no fault of the server.
pub(super) async fn when_due(due: Instant) -> Instant {
    if Instant::now() >= due {
        return due;
    }
    tokio::time::sleep_until(due.into()).await;
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Answers each request, the third only after `pause`.
    async fn slow_once(listener: TcpListener, pause: Duration) {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 1024];
        let mut number = 0;
        while stream.read(&mut buffer).await.unwrap() > 0 {
            number += 1;
            if number == 3 {
                tokio::time::sleep(pause).await;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        }
    }

    async fn longest_half(pace: Pace) -> Duration {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(slow_once(listener, Duration::from_millis(400)));
        let callers: Vec<Box<dyn Caller>> = vec![Box::new(Repeat(b"GET / HTTP/1.1\r\n\r\n".to_vec()))];
        let figures = run(address, callers, Duration::from_millis(500), pace).await.unwrap();
        server.await.unwrap();
        figures.times.percentile(50.0)
    }

    #[tokio::test]
    async fn at_a_fixed_rate_a_request_that_waits_behind_a_slow_one_is_slow() {
        assert!(longest_half(Pace::Rate(100.0)).await > Duration::from_millis(50));
        assert!(longest_half(Pace::AsFast).await < Duration::from_millis(50));
    }
}
