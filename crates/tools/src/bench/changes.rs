//! Reactions and edits. A user may make 30 a minute and edit a message five times, so many users make a few each: this
//! measures their latency, not the highest rate.

use super::client;
use super::fill::{Pair, fill};
use super::load::{self, Caller, Figures, Pace};
use super::server::Server;
use futures_util::{StreamExt, TryStreamExt, stream};
use jobline_chat::UserId;
use jobline_wire::ListMessages;
use jobline_wire::limits::EDITS;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Their jobs come after those of other pairs.
const FIRST: usize = 400_000_000;
const PAIRS: usize = 1_024;
/// Messages of each user, which are edited in turn.
const MESSAGES: usize = 4;
const AT_ONCE: usize = 64;
/// Requests of one measurement, at most.
const REQUESTS: usize = 400;
const EMOJI: [&str; 2] = ["👍", "❤️"];

/// Which change.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// A reaction to the other's message.
    React,
    /// An edit of one's own message.
    Edit,
}

/// The users who react and edit.
pub(super) struct Changers {
    people: Arc<[Changer]>,
    /// How many reactions and edits were requested.
    asked: [Arc<AtomicUsize>; 2],
}

struct Changer {
    token: String,
    conversation: String,
    own: Vec<String>,
    others: Vec<String>,
}

impl Changers {
    pub(super) async fn fill(server: &dyn Server) -> Result<Self, String> {
        let pairs = (FIRST..FIRST + PAIRS).map(Pair::new).collect::<Result<Vec<_>, _>>()?;
        fill(server.chat(), &pairs, MESSAGES as u64 * 2).await?;
        let users = stream::iter(pairs.iter().flat_map(|pair| [(pair, &pair.a), (pair, &pair.b)]));
        let people = users.map(|(pair, user)| changer(server, pair, user)).buffered(AT_ONCE);
        Ok(Self { people: people.try_collect::<Vec<_>>().await?.into(), asked: Default::default() })
    }

    /// Makes changes for `length`, fewer when that would be too many for the users.
    pub(super) async fn measure(
        &self,
        address: SocketAddr,
        change: Change,
        connections: usize,
        length: Duration,
    ) -> Result<Figures, String> {
        let asked = &self.asked[change as usize];
        let until = asked.load(Ordering::Relaxed) + REQUESTS;
        let caller = || {
            let (people, asked) = (Arc::clone(&self.people), Arc::clone(asked));
            Box::new(Changing { people, asked, until, change, request: String::new() }) as Box<dyn Caller>
        };
        load::run(address, (0..connections).map(|_| caller()).collect(), length, Pace::AsFast).await
    }
}

async fn changer(server: &dyn Server, pair: &Pair, user: &UserId) -> Result<Changer, String> {
    let conversation = pair.conversation.as_str().to_owned();
    let input = ListMessages { conversation_id: conversation.clone(), ..Default::default() };
    let listed = server.chat().list(user, input).await.map_err(|error| error.to_string())?;
    let (own, others): (Vec<_>, Vec<_>) =
        listed.messages.into_iter().partition(|message| message.sender_id == user.as_str());
    let ids = |messages: Vec<jobline_wire::Message>| messages.into_iter().map(|message| message.id).collect();
    Ok(Changer { token: server.token(user)?, conversation, own: ids(own), others: ids(others) })
}

/// Requests changes until there were enough.
struct Changing {
    people: Arc<[Changer]>,
    asked: Arc<AtomicUsize>,
    until: usize,
    change: Change,
    request: String,
}

impl Caller for Changing {
    fn request(&mut self) -> Option<&[u8]> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        if number >= self.until || number >= self.people.len() * MESSAGES * EDITS as usize {
            return None;
        }
        let Self { people, request, .. } = self;
        let changer = &people[number % people.len()];
        let round = number / people.len();
        let (path, ids, what) = match self.change {
            Change::React => {
                ("/messages/react", &changer.others, format!("\"emoji\":\"{}\"", EMOJI[round / MESSAGES % EMOJI.len()]))
            }
            Change::Edit => ("/messages/edit", &changer.own, format!("\"content\":\"I can come at {round}.\"")),
        };
        let message = &ids[round % ids.len()];
        let body = format!("{{\"conversationId\":\"{}\",\"messageId\":\"{message}\",{what}}}", changer.conversation);
        client::post(request, path, Some(&changer.token), &body);
        Some(request.as_bytes())
    }

    fn accepts(&mut self, status: u16, _body: &[u8]) -> bool {
        status == 200
    }
}
