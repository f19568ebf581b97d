//! The conversations that are measured: with durable sends, idle polls, and polls that bring fifty messages.

use super::client::{self, Connection};
use super::fill::{Pair, fill};
use super::load::{self, Caller, Figures, Repeat};
use super::server::Server;
use futures_util::future::try_join_all;
use jobline_wire::Messages;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::net::SocketAddr;
use std::time::Duration;

/// Messages in a polled conversation: some older ones, and then one page.
const POLLED: u64 = 60;
const PAGE: u64 = 50;
/// Messages in each conversation that only fills the store.
const EACH: u64 = 100;
const IDLE: &[u8] = b"\"messages\":[]";
/// Polls in a batch of tRPC.
pub(super) const BATCH: usize = 10;

/// The conversations that are polled and written to.
pub(super) struct Dataset {
    readers: Vec<Reader>,
    writers: Vec<Writer>,
    /// Messages in the store.
    pub messages: u64,
}

/// The polls of one user, as bytes of HTTP requests.
struct Reader {
    /// A poll that brings fifty messages.
    page: Vec<u8>,
    /// A poll that brings nothing.
    idle: Vec<u8>,
    /// The same by tRPC.
    trpc: Vec<u8>,
    /// [`BATCH`] of them in one request.
    batch: Vec<u8>,
}

/// Two users who write to each other.
struct Writer {
    pair: Pair,
    /// The tokens of both.
    tokens: [String; 2],
}

impl Dataset {
    /// Makes conversations for `connections` pollers and as many senders, and others until there are `messages`.
    pub(super) async fn fill(server: &dyn Server, connections: usize, messages: u64) -> Result<Self, String> {
        let pairs = |from: usize, count: usize| (from..from + count).map(Pair::new).collect::<Result<Vec<_>, _>>();
        let (readers, writers) = (pairs(0, connections)?, pairs(connections, connections)?);
        fill(server.chat(), &writers, 1).await?;
        fill(server.chat(), &readers, POLLED - PAGE).await?;
        let own = (POLLED + 1) * connections as u64;
        let others = usize::try_from(messages.saturating_sub(own).div_ceil(EACH)).map_err(|error| error.to_string())?;
        fill(server.chat(), &pairs(2 * connections, others)?, EACH).await?;
        let readers = try_join_all(readers.into_iter().map(|pair| Reader::new(server, pair))).await?;
        let writers = writers.into_iter().map(|pair| Writer::new(server, pair)).collect::<Result<_, _>>()?;
        Ok(Self { readers, writers, messages: own + others as u64 * EACH })
    }

    /// Sends the first poll to a server and waits for its response.
    pub(super) async fn first_answer(&self, address: SocketAddr) -> Result<(), String> {
        let reader = self.readers.first().ok_or("nobody polls")?;
        let mut connection = Connection::open(address).await.map_err(|error| error.to_string())?;
        let answer = connection.call(&reader.idle).await.map_err(|error| error.to_string())?;
        if answer.status == 200 { Ok(()) } else { Err(format!("the first response has status {}", answer.status)) }
    }

    /// Idle polls, the same by tRPC and in batches, polls of fifty, and durable sends; `run` is in the ids of what is sent.
    pub(super) async fn measure(
        &self,
        address: SocketAddr,
        connections: usize,
        length: Duration,
        shared: bool,
        run: &str,
    ) -> Result<[Figures; 5], String> {
        let readers = &self.readers[..connections];
        let pages = readers.iter().map(|reader| Box::new(Repeat(reader.page.clone())) as _).collect();
        let idle = |request: fn(&Reader) -> &Vec<u8>, polls| {
            readers.iter().map(|reader| Box::new(Idle { request: request(reader).clone(), polls }) as _).collect()
        };
        Ok([
            load::run(address, self.idle(connections), length).await?,
            load::run(address, idle(|reader| &reader.trpc, 1), length).await?,
            load::run(address, idle(|reader| &reader.batch, BATCH), length).await?,
            load::run(address, pages, length).await?,
            load::run(address, self.senders(connections, shared, run), length).await?,
        ])
    }

    /// The number of conversations that senders can write into.
    pub(super) fn writers(&self) -> usize {
        self.writers.len()
    }

    /// `count` senders, each in a conversation of its own or all in one; `run` is in the ids of what they send.
    pub(super) fn senders(&self, count: usize, shared: bool, run: &str) -> Vec<Box<dyn Caller>> {
        let sender = |index: usize| {
            let writer = if shared { &self.writers[0] } else { &self.writers[index] };
            Box::new(Sender::new(writer, index % 2, format!("{run}-{index}"))) as Box<dyn Caller>
        };
        (0..count).map(sender).collect()
    }

    /// One idle poller for each of the first `count` readers.
    pub(super) fn idle(&self, count: usize) -> Vec<Box<dyn Caller>> {
        self.readers[..count]
            .iter()
            .map(|reader| Box::new(Idle { request: reader.idle.clone(), polls: 1 }) as _)
            .collect()
    }
}

impl Reader {
    /// Takes a cursor of the second user, and sends fifty messages after it.
    async fn new(server: &dyn Server, pair: Pair) -> Result<Self, String> {
        let behind = list(server, &pair, None).await?.cursor;
        pair.write(server.chat(), POLLED - PAGE, POLLED).await?;
        let mut page = list(server, &pair, Some(behind.clone())).await?;
        if page.messages.len() as u64 != PAGE {
            return Err(format!("a poll brought {} messages instead of {PAGE}", page.messages.len()));
        }
        // A delivery is a change too. An idle poll is one after all changes.
        while !page.messages.is_empty() || page.has_more {
            page = list(server, &pair, Some(page.cursor)).await?;
        }
        let token = server.token(&pair.b)?;
        let poll = |cursor: &str| {
            let (id, cursor) = (pair.conversation.as_str(), utf8_percent_encode(cursor, NON_ALPHANUMERIC));
            client::get(&format!("/messages/list?conversationId={id}&since={cursor}"), Some(&token))
        };
        let trpc = |polls: usize| {
            let input = serde_json::json!({"conversationId": pair.conversation.as_str(), "since": page.cursor});
            let names = vec!["messages.list"; polls].join(",");
            let (batch, input) = match polls {
                1 => ("", input),
                _ => ("batch=1&", (0..polls).map(|place| (place.to_string(), input.clone())).collect()),
            };
            let input = utf8_percent_encode(&input.to_string(), NON_ALPHANUMERIC).to_string();
            client::get(&format!("/trpc/{names}?{batch}input={input}"), Some(&token))
        };
        Ok(Self { page: poll(&behind), idle: poll(&page.cursor), trpc: trpc(1), batch: trpc(BATCH) })
    }
}

impl Writer {
    fn new(server: &dyn Server, pair: Pair) -> Result<Self, String> {
        let tokens = [server.token(&pair.a)?, server.token(&pair.b)?];
        Ok(Self { pair, tokens })
    }
}

async fn list(server: &dyn Server, pair: &Pair, since: Option<String>) -> Result<Messages, String> {
    let conversation_id = pair.conversation.as_str().to_owned();
    let input = jobline_wire::ListMessages { conversation_id, since, ..Default::default() };
    server.chat().list(&pair.b, input).await.map_err(|error| error.to_string())
}

/// A request of so many polls that must bring nothing.
struct Idle {
    request: Vec<u8>,
    polls: usize,
}

impl Caller for Idle {
    fn request(&mut self) -> &[u8] {
        &self.request
    }

    fn accepts(&mut self, status: u16, body: &[u8]) -> bool {
        status == 200 && body.windows(IDLE.len()).filter(|window| *window == IDLE).count() == self.polls
    }
}

/// Sends one message after the other, each with a client id of its own.
struct Sender {
    token: String,
    receiver: String,
    run: String,
    count: u64,
    request: String,
}

impl Sender {
    /// Of the two, the one with index `side` writes.
    fn new(writer: &Writer, side: usize, run: String) -> Self {
        let receiver = if side == 0 { &writer.pair.b } else { &writer.pair.a };
        let (token, receiver) = (writer.tokens[side].clone(), receiver.to_string());
        Self { token, receiver, run, count: 0, request: String::new() }
    }
}

impl Caller for Sender {
    fn request(&mut self) -> &[u8] {
        self.count += 1;
        let body = format!(
            "{{\"receiverId\":\"{}\",\"content\":\"I can start tomorrow at eight, and I bring my own tools.\",\
             \"clientId\":\"{}-{}\"}}",
            self.receiver, self.run, self.count
        );
        client::post(&mut self.request, "/messages/send", Some(&self.token), &body);
        self.request.as_bytes()
    }

    fn accepts(&mut self, status: u16, _body: &[u8]) -> bool {
        status == 200
    }
}
