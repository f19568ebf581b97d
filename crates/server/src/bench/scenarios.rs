//! What is measured of the server: durable sends, idle polls, and polls that bring fifty messages.

use super::client::{self, Connection};
use super::furnish::{Pair, furnish};
use super::load::{self, Caller, Figures, Repeat};
use super::server::Running;
use futures_util::future::try_join_all;
use jobline_wire::Messages;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;

/// Messages of the conversations that are polled: a page behind some that are older.
const POLLED: u64 = 60;
const PAGE: u64 = 50;
/// Messages of one conversation among those that only fill the store.
const EACH: u64 = 100;
const IDLE: &[u8] = b"\"messages\":[]";

/// The conversations that are polled and written to.
pub(super) struct Stage {
    readers: Vec<Reader>,
    writers: Vec<Pair>,
    /// How many messages there are.
    pub messages: u64,
}

struct Reader {
    pair: Pair,
    /// Fifty messages follow.
    behind: String,
    /// Nothing follows.
    current: String,
}

/// The figures of one number of connections.
pub(super) struct Measured {
    pub send: Figures,
    pub idle: Figures,
    pub page: Figures,
}

impl Stage {
    /// Makes conversations for `connections` pollers and as many senders, and others until there are `messages`.
    pub(super) async fn furnish(server: &Running, connections: usize, messages: u64) -> Result<Self, String> {
        let pairs = |from: usize, count: usize| (from..from + count).map(Pair::new).collect::<Result<Vec<_>, _>>();
        let (readers, writers) = (pairs(0, connections)?, pairs(connections, connections)?);
        furnish(&server.chat, &writers, 1).await?;
        furnish(&server.chat, &readers, POLLED - PAGE).await?;
        let own = (POLLED + 1) * connections as u64;
        let others = usize::try_from(messages.saturating_sub(own).div_ceil(EACH)).map_err(|error| error.to_string())?;
        furnish(&server.chat, &pairs(2 * connections, others)?, EACH).await?;
        let readers = try_join_all(readers.into_iter().map(|pair| Reader::place(server, pair))).await?;
        Ok(Self { readers, writers, messages: own + others as u64 * EACH })
    }

    /// Waits for the first answer to a poll.
    pub(super) async fn first_answer(&self, server: &Running) -> Result<(), String> {
        let reader = self.readers.first().ok_or("nobody polls")?;
        let request = reader.poll(server, &reader.current)?;
        let mut connection = Connection::open(server.address).await.map_err(|error| error.to_string())?;
        let answer = connection.call(&request).await.map_err(|error| error.to_string())?;
        if answer.status == 200 { Ok(()) } else { Err(format!("the first answer has status {}", answer.status)) }
    }

    pub(super) async fn measure(
        &self,
        server: &Running,
        connections: usize,
        length: Duration,
        shared: bool,
    ) -> Result<Measured, String> {
        let readers = &self.readers[..connections];
        let idle = readers.iter().map(|reader| reader.idle(server)).collect::<Result<Vec<_>, _>>()?;
        let page = readers.iter().map(|reader| {
            reader.poll(server, &reader.behind).map(|request| Box::new(Repeat(request)) as Box<dyn Caller>)
        });
        let page = page.collect::<Result<Vec<_>, _>>()?;
        let senders = (0..connections).map(|index| {
            let pair = if shared { &self.writers[0] } else { &self.writers[index] };
            let run = format!("{connections}-{index}");
            Sender::new(server, pair, index % 2 == 1, run).map(|sender| Box::new(sender) as Box<dyn Caller>)
        });
        let senders = senders.collect::<Result<Vec<_>, _>>()?;
        Ok(Measured {
            idle: load::run(server.address, idle, length).await?,
            page: load::run(server.address, page, length).await?,
            send: load::run(server.address, senders, length).await?,
        })
    }

    /// One idle poller for each of the first `count` readers.
    pub(super) fn idle(&self, server: &Running, count: usize) -> Result<Vec<Box<dyn Caller>>, String> {
        self.readers[..count].iter().map(|reader| reader.idle(server)).collect()
    }
}

impl Reader {
    /// Lets the fifty messages of a page follow a cursor of the second user's.
    async fn place(server: &Running, pair: Pair) -> Result<Self, String> {
        let behind = list(server, &pair, None).await?.cursor;
        pair.write(&server.chat, POLLED - PAGE, POLLED).await?;
        let mut page = list(server, &pair, Some(behind.clone())).await?;
        if page.messages.len() as u64 != PAGE {
            return Err(format!("a poll brought {} messages instead of {PAGE}", page.messages.len()));
        }
        // What was just delivered is a change too; an idle poll comes after it.
        while !page.messages.is_empty() || page.has_more {
            page = list(server, &pair, Some(page.cursor)).await?;
        }
        Ok(Self { pair, behind, current: page.cursor })
    }

    fn poll(&self, server: &Running, cursor: &str) -> Result<Vec<u8>, String> {
        let (id, cursor) = (self.pair.conversation.as_str(), utf8_percent_encode(cursor, NON_ALPHANUMERIC));
        let path = format!("/messages/list?conversationId={id}&since={cursor}");
        Ok(client::get(&path, Some(&server.token(&self.pair.b)?)))
    }

    fn idle(&self, server: &Running) -> Result<Box<dyn Caller>, String> {
        Ok(Box::new(Idle(self.poll(server, &self.current)?)))
    }
}

async fn list(server: &Running, pair: &Pair, since: Option<String>) -> Result<Messages, String> {
    let conversation_id = pair.conversation.as_str().to_owned();
    let input = jobline_wire::ListMessages { conversation_id, since, ..Default::default() };
    server.chat.list(&pair.b, input).await.map_err(|error| error.to_string())
}

/// A poll that must bring nothing.
struct Idle(Vec<u8>);

impl Caller for Idle {
    fn request(&mut self) -> &[u8] {
        &self.0
    }

    fn accepts(&mut self, status: u16, body: &[u8]) -> bool {
        status == 200 && body.windows(IDLE.len()).any(|window| window == IDLE)
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
    fn new(server: &Running, pair: &Pair, other_way: bool, run: String) -> Result<Self, String> {
        let (from, to) = if other_way { (&pair.b, &pair.a) } else { (&pair.a, &pair.b) };
        let (token, receiver) = (server.token(from)?, to.to_string());
        Ok(Self { token, receiver, run, count: 0, request: String::new() })
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
