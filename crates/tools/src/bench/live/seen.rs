//! The time from an accepted message until the other device has received it.

use super::client::{LiveClient, Watcher};
use crate::bench::client::{self, Connection};
use crate::bench::histogram::Histogram;
use crate::bench::load::when_due;
use futures_util::future::try_join_all;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A sender, and the user who sees the message.
#[derive(Clone)]
pub(in crate::bench) struct Talk {
    /// The token of the sender.
    pub token: String,
    /// The id of the receiver.
    pub receiver: String,
    pub watcher: Watcher,
}

/// How the receiver waits.
#[derive(Clone, Copy)]
pub(super) enum Wait {
    /// On a live connection.
    Live,
    /// In `sync?wait=`.
    LongPoll,
}

enum Receiver {
    Live(Box<LiveClient>),
    LongPoll { connection: Connection, watcher: Watcher },
}

/// Measured times.
pub(super) struct Seen {
    /// From the answer of the send; zero if the message was seen before the sender had the answer.
    pub from_accepted: Histogram,
    /// From when the send was due or, in a closed loop, began.
    pub from_sent: Histogram,
}

/// The load.
#[derive(Clone, Copy)]
pub(super) struct Load {
    /// Messages a second by all senders together; `None`: each as soon as the previous one was seen.
    pub rate: Option<f64>,
    pub length: Duration,
    /// A number in every text, so that messages of an earlier run are not mistaken for those of this one.
    pub number: u32,
}

/// Lets each of `talks` send.
pub(super) async fn measure(address: SocketAddr, talks: &[Talk], wait: Wait, load: Load) -> Result<Seen, String> {
    let every = load.rate.map(|rate| Duration::from_secs_f64(talks.len() as f64 / rate));
    let tasks = talks.iter().cloned().enumerate().map(|(index, talk)| {
        let after = every.unwrap_or_default().mul_f64(index as f64 / talks.len() as f64);
        tokio::spawn(one(address, talk, wait, Pace { after, every, load }))
    });
    let mut all = Seen { from_accepted: Histogram::new(), from_sent: Histogram::new() };
    for seen in try_join_all(tasks.collect::<Vec<_>>()).await.map_err(|error| error.to_string())? {
        let seen = seen?;
        all.from_accepted.merge(&seen.from_accepted);
        all.from_sent.merge(&seen.from_sent);
    }
    Ok(all)
}

#[derive(Clone, Copy)]
struct Pace {
    /// When the first message is due.
    after: Duration,
    every: Option<Duration>,
    load: Load,
}

async fn one(address: SocketAddr, talk: Talk, wait: Wait, pace: Pace) -> Result<Seen, String> {
    let mut sender = Connection::open(address).await.map_err(|error| error.to_string())?;
    let mut receiver = Receiver::open(address, &talk.watcher, wait).await?;
    let mut seen = Seen { from_accepted: Histogram::new(), from_sent: Histogram::new() };
    let mut request = String::new();
    let mut due = Instant::now() + pace.after;
    let end = due + pace.load.length;
    for number in 0.. {
        let sent = if pace.every.is_some() { when_due(due).await } else { Instant::now() };
        if sent >= end {
            break;
        }
        let text = format!("Number {number} of run {} is on its way.", pace.load.number);
        let body = format!("{{\"receiverId\":\"{}\",\"content\":\"{text}\"}}", talk.receiver);
        client::post(&mut request, "/messages/send", Some(&talk.token), &body);
        let accepted = async {
            let answer = sender.call(request.as_bytes()).await.map_err(|error| error.to_string())?;
            if answer.status == 200 { Ok(Instant::now()) } else { Err(format!("a send has status {}", answer.status)) }
        };
        let (accepted, arrived) = tokio::try_join!(accepted, receiver.receive(&text))?;
        seen.from_accepted.add(arrived.saturating_duration_since(accepted));
        seen.from_sent.add(arrived - sent);
        due += pace.every.unwrap_or_default();
    }
    Ok(seen)
}

impl Receiver {
    async fn open(address: SocketAddr, watcher: &Watcher, wait: Wait) -> Result<Self, String> {
        Ok(match wait {
            Wait::Live => Self::Live(Box::new(LiveClient::start(address, watcher).await?)),
            Wait::LongPoll => {
                let connection = Connection::open(address).await.map_err(|error| error.to_string())?;
                Self::LongPoll { connection, watcher: watcher.clone() }
            }
        })
    }

    /// When the answer with `text` came.
    async fn receive(&mut self, text: &str) -> Result<Instant, String> {
        match self {
            Self::Live(client) => client.receive(text).await.map(|(at, _)| at),
            Self::LongPoll { connection, watcher } => poll(connection, watcher, text).await,
        }
    }
}

async fn poll(connection: &mut Connection, watcher: &mut Watcher, text: &str) -> Result<Instant, String> {
    loop {
        let since = utf8_percent_encode(&watcher.since, NON_ALPHANUMERIC);
        let request = client::get(&format!("/messages/sync?wait=20&since={since}"), Some(&watcher.token));
        let answer = connection.call(&request).await.map_err(|error| error.to_string())?;
        let at = Instant::now();
        let body: Value = serde_json::from_slice(answer.body).map_err(|error| error.to_string())?;
        let cursor = body["cursor"].as_str().ok_or_else(|| format!("a sync has status {}", answer.status))?;
        cursor.clone_into(&mut watcher.since);
        let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        if messages.iter().any(|message| message["content"] == text) {
            return Ok(at);
        }
    }
}
