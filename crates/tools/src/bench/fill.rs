//! Filling a store with conversations, through the domain.

use futures_util::future::try_join_all;
use jobline_chat::{Chat, ConversationId, JobId, UserId};
use jobline_wire::{HostJobInput, JobStatus, SendMessage, SyncQuery};

/// Conversations that are filled at the same time, so that their sends share syncs.
const AT_ONCE: usize = 512;

/// Two users with a job.
#[derive(Clone)]
pub(super) struct Pair {
    pub a: UserId,
    pub b: UserId,
    pub conversation: ConversationId,
    job: JobId,
}

impl Pair {
    pub(super) fn new(index: usize) -> Result<Self, String> {
        let user = |side: &str| UserId::new(&format!("bench-{index}-{side}")).ok_or("a user id");
        let (a, b) = (user("a")?, user("b")?);
        let conversation = ConversationId::of(&a, &b).ok_or("a conversation id")?;
        let job = JobId::parse(index as u64 + 1).map_err(|error| error.to_string())?;
        Ok(Self { a, b, conversation, job })
    }

    /// Puts the job, and sends `messages` messages in turn from one to the other.
    pub(super) async fn fill(&self, chat: &Chat, messages: u64) -> Result<(), String> {
        let participants = vec![self.a.to_string(), self.b.to_string()];
        let job = HostJobInput {
            title: "Paint the fence".to_owned(),
            participants,
            status: JobStatus::Open,
            crew_history: None,
        };
        chat.put_job(self.job, job).await.map_err(|error| error.to_string())?;
        self.write(chat, 0, messages).await
    }

    /// Sends the messages with numbers from `from` up to, not including, `to`.
    pub(super) async fn write(&self, chat: &Chat, from: u64, to: u64) -> Result<(), String> {
        for number in from..to {
            let (sender, receiver) = if number % 2 == 0 { (&self.a, &self.b) } else { (&self.b, &self.a) };
            let input = SendMessage {
                receiver_id: Some(receiver.to_string()),
                content: Some(format!("I can come at {} and bring the ladder. Is the paint there?", number % 24)),
                client_id: Some(format!("fill-{number}")),
                ..SendMessage::default()
            };
            chat.send(sender, input).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// Fills every pair with `each` messages.
pub(super) async fn fill(chat: &Chat, pairs: &[Pair], each: u64) -> Result<(), String> {
    let shares = pairs.chunks(pairs.len().div_ceil(AT_ONCE).max(1)).map(<[Pair]>::to_vec);
    let tasks = shares.map(|share| {
        let chat = chat.clone();
        tokio::spawn(async move {
            for pair in share {
                pair.fill(&chat, each).await?;
            }
            Ok::<_, String>(())
        })
    });
    let results = try_join_all(tasks).await.map_err(|error| error.to_string())?;
    results.into_iter().collect()
}

/// The cursor of a user who has received everything.
pub(super) async fn end_of_sync(chat: &Chat, user: &UserId) -> Result<String, String> {
    let mut since = None;
    loop {
        let input = SyncQuery { since, ..SyncQuery::default() };
        let synced = chat.sync(user, input).await.map_err(|error| error.to_string())?;
        if synced.messages.is_empty() && !synced.has_more {
            return Ok(synced.cursor);
        }
        since = Some(synced.cursor);
    }
}
