//! The conversations that are measured: with durable sends, idle polls, and polls that bring fifty messages.

use super::args::BenchArgs;
use super::audience::Audience;
use super::changes::Changers;
use super::client::{self, Connection};
use super::fill::{Pair, end_of_sync, fill};
use super::load::{self, Caller, Figures, Pace, Repeat};
use super::mix::Mixed;
use super::server::Server;
use super::uploads::Uploader;
use super::writer::{Sender, Writer};
use futures_util::future::try_join_all;
use jobline_chat::{JobId, UserId};
use jobline_wire::limits::CREW_MEMBERS;
use jobline_wire::{HostJobInput, JobStatus, Messages, SendMessage};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::net::SocketAddr;
use std::time::Duration;

/// Messages in a polled conversation: some older ones, and then one page.
const POLLED: u64 = 60;
const PAGE: u64 = 50;
/// Messages in each conversation that only fills the store.
const EACH: u64 = 100;
/// The jobs of crews come after those of pairs.
const FIRST_CREW: u64 = 1_000_000_000;
/// As many as the most connections with which sends are measured.
const CREWS: usize = 1_024;
const IDLE: &[u8] = b"\"messages\":[]";
/// Polls in a batch of tRPC.
pub(super) const BATCH: usize = 10;

/// The conversations that are polled and written to.
pub(super) struct Dataset {
    readers: Vec<Reader>,
    writers: Vec<Writer>,
    crews: Vec<Crew>,
    /// The users who react and edit.
    pub changers: Changers,
    /// The users whose live connections are measured.
    pub audience: Audience,
    /// Messages in the store.
    pub messages: u64,
}

/// The polls of one user, as bytes of HTTP requests.
struct Reader {
    /// A poll that brings fifty messages.
    page: Vec<u8>,
    /// A poll that brings nothing.
    idle: Vec<u8>,
    /// A poll of everything that brings nothing.
    sync: Vec<u8>,
    /// The poll of a conversation that brings nothing, by tRPC.
    trpc: Vec<u8>,
    /// [`BATCH`] of them in one request.
    batch: Vec<u8>,
}

/// A crew, and the token of one of its members.
struct Crew {
    id: String,
    token: String,
}

/// The figures of polls.
pub(super) struct Polls {
    pub list: Figures,
    pub sync: Figures,
    pub trpc: Figures,
    pub batch: Figures,
    /// Polls of fifty messages.
    pub page: Figures,
}

impl Polls {
    /// No measurement yet.
    pub(super) fn none() -> Self {
        let [list, sync, trpc, batch, page] = std::array::from_fn(|_| Figures::none());
        Self { list, sync, trpc, batch, page }
    }

    /// Adds another measurement.
    pub(super) fn add(&mut self, other: &Self) {
        self.list.add(&other.list);
        self.sync.add(&other.sync);
        self.trpc.add(&other.trpc);
        self.batch.add(&other.batch);
        self.page.add(&other.page);
    }
}

impl Dataset {
    /// Makes conversations for `connections` pollers and as many senders, and others until there are `messages`.
    pub(super) async fn fill(server: &dyn Server, connections: usize, args: &BenchArgs) -> Result<Self, String> {
        let pairs = |from: usize, count: usize| (from..from + count).map(Pair::new).collect::<Result<Vec<_>, _>>();
        let (readers, writers) = (pairs(0, connections)?, pairs(connections, connections)?);
        fill(server.chat(), &writers, 1).await?;
        fill(server.chat(), &readers, POLLED - PAGE).await?;
        let own = (POLLED + 1) * connections as u64;
        let others =
            usize::try_from(args.messages.saturating_sub(own).div_ceil(EACH)).map_err(|error| error.to_string())?;
        fill(server.chat(), &pairs(2 * connections, others)?, EACH).await?;
        let readers = try_join_all(readers.into_iter().map(|pair| Reader::new(server, pair))).await?;
        let writers = writers.into_iter().map(|pair| Writer::new(server, pair)).collect::<Result<_, _>>()?;
        let crews = (0..connections.min(CREWS)).map(|index| Crew::new(server, index));
        let crews = try_join_all(crews).await?;
        let (changers, audience) = (Changers::fill(server).await?, Audience::fill(server, args).await?);
        Ok(Self { readers, writers, crews, changers, audience, messages: own + others as u64 * EACH })
    }

    /// Sends the first poll to a server and waits for its response.
    pub(super) async fn first_answer(&self, address: SocketAddr) -> Result<(), String> {
        let reader = self.readers.first().ok_or("nobody polls")?;
        let mut connection = Connection::open(address).await.map_err(|error| error.to_string())?;
        let answer = connection.call(&reader.idle).await.map_err(|error| error.to_string())?;
        if answer.status == 200 { Ok(()) } else { Err(format!("the first response has status {}", answer.status)) }
    }

    /// Idle polls of a conversation and of everything, the former by tRPC and in batches as well, and polls of fifty messages.
    pub(super) async fn poll(
        &self,
        address: SocketAddr,
        connections: usize,
        length: Duration,
    ) -> Result<Polls, String> {
        let readers = &self.readers[..connections];
        let idle = |request: fn(&Reader) -> &Vec<u8>, polls| -> Vec<Box<dyn Caller>> {
            readers.iter().map(|reader| Box::new(Idle { request: request(reader).clone(), polls }) as _).collect()
        };
        let pages = readers.iter().map(|reader| Box::new(Repeat(reader.page.clone())) as _).collect();
        let run = async |callers| load::run(address, callers, length, Pace::AsFast).await;
        Ok(Polls {
            list: run(self.idle(connections)).await?,
            sync: run(idle(|reader| &reader.sync, 1)).await?,
            trpc: run(idle(|reader| &reader.trpc, 1)).await?,
            batch: run(idle(|reader| &reader.batch, BATCH)).await?,
            page: run(pages).await?,
        })
    }

    /// How many bytes an idle poll and a poll of fifty messages bring.
    pub(super) async fn answer_bytes(&self, address: SocketAddr) -> Result<[usize; 2], String> {
        let reader = self.readers.first().ok_or("nobody polls")?;
        let mut connection = Connection::open(address).await.map_err(|error| error.to_string())?;
        let mut bytes = [0; 2];
        for (request, bytes) in [&reader.idle, &reader.page].into_iter().zip(&mut bytes) {
            *bytes = connection.call(request).await.map_err(|error| error.to_string())?.body.len();
        }
        Ok(bytes)
    }

    /// The number of conversations that senders can write into.
    pub(super) fn writers(&self) -> usize {
        self.writers.len()
    }

    /// Two users who write to each other.
    pub(super) fn writer(&self, place: usize) -> &Writer {
        &self.writers[place]
    }

    /// `count` senders, each in a conversation of its own or all in one; `run` is in the ids of what they send.
    pub(super) fn senders(&self, count: usize, shared: bool, run: &str) -> Vec<Box<dyn Caller>> {
        let sender = |index: usize| {
            let writer = if shared { &self.writers[0] } else { &self.writers[index] };
            Box::new(Sender::new(writer, index % 2, format!("{run}-{index}"))) as Box<dyn Caller>
        };
        (0..count).map(sender).collect()
    }

    /// `count` senders, each in its own crew of fifty members.
    pub(super) fn crew_senders(&self, count: usize, run: &str) -> Vec<Box<dyn Caller>> {
        let sender = |(index, crew): (usize, &Crew)| {
            let to = format!("\"conversationId\":\"{}\"", crew.id);
            Box::new(Sender::to(crew.token.clone(), to, format!("{run}-crew-{index}"))) as _
        };
        self.crews.iter().take(count).enumerate().map(sender).collect()
    }

    /// `count` callers of the founding document's mix, each in a conversation of its own.
    pub(super) fn mixed(&self, count: usize) -> Vec<Box<dyn Caller>> {
        self.writers.iter().take(count).map(|writer| Box::new(Mixed::new(writer)) as _).collect()
    }

    /// `count` callers that send files, each in a conversation of its own.
    pub(super) fn uploaders(&self, count: usize) -> Vec<Box<dyn Caller>> {
        self.writers.iter().take(count).map(|writer| Box::new(Uploader::new(writer)) as _).collect()
    }

    /// One idle poller for each of the first `count` readers.
    pub(super) fn idle(&self, count: usize) -> Vec<Box<dyn Caller>> {
        self.readers[..count]
            .iter()
            .map(|reader| Box::new(Idle { request: reader.idle.clone(), polls: 1 }) as _)
            .collect()
    }
}

impl Crew {
    async fn new(server: &dyn Server, index: usize) -> Result<Self, String> {
        let participants: Vec<String> = (0..CREW_MEMBERS).map(|nth| format!("bench-crew-{index}-{nth}")).collect();
        let sender = UserId::new(&participants[0]).ok_or("a user id")?;
        let job = JobId::parse(FIRST_CREW + index as u64).map_err(|error| error.to_string())?;
        let (title, status) = ("Build the stage".to_owned(), JobStatus::Open);
        let input = HostJobInput { title, participants, status, crew_history: None };
        server.chat().put_job(job, input).await.map_err(|error| error.to_string())?;
        let id = format!("crew_{}", job.get());
        let first = SendMessage {
            conversation_id: Some(id.clone()),
            content: Some("Who is there?".to_owned()),
            ..SendMessage::default()
        };
        server.chat().send(&sender, first).await.map_err(|error| error.to_string())?;
        Ok(Self { id, token: server.token(&sender)? })
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
        let end = end_of_sync(server.chat(), &pair.b).await?;
        let end = utf8_percent_encode(&end, NON_ALPHANUMERIC);
        let sync = client::get(&format!("/messages/sync?since={end}"), Some(&token));
        Ok(Self { page: poll(&behind), idle: poll(&page.cursor), sync, trpc: trpc(1), batch: trpc(BATCH) })
    }
}

async fn list(server: &dyn Server, pair: &Pair, since: Option<String>) -> Result<Messages, String> {
    let conversation_id = pair.conversation.as_str().to_owned();
    let input = jobline_wire::ListMessages { conversation_id, since, ..Default::default() };
    server.chat().list(&pair.b, input).await.map_err(|error| error.to_string())
}

/// A request of one or more polls that must bring nothing.
struct Idle {
    request: Vec<u8>,
    polls: usize,
}

impl Caller for Idle {
    fn request(&mut self) -> Option<&[u8]> {
        Some(&self.request)
    }

    fn accepts(&mut self, status: u16, body: &[u8]) -> bool {
        status == 200 && body.windows(IDLE.len()).filter(|window| *window == IDLE).count() == self.polls
    }
}
