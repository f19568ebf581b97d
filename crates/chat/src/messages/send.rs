//! Sending: two reads at most, one commit, whatever comes along with the message.
//!
//! The commit holds everything that a send means: the message, the conversation's new end, both users' heads, the rate
//! bucket (in the sender's head), the `clientId`, the file's use and, the first time, both memberships. So nothing can be
//! there in part, and a repeated `clientId` meets its own row.

use crate::{
    base::error::{Error, Result},
    base::id::{ConversationId, JobId, MessageId, UserId},
    base::rows::{self, LAYOUT},
    base::text,
    chat::Chat,
    conversation::load::Loaded,
    conversation::row::Position,
    files::media,
    files::upload::FileRow,
    host::jobs::JobRow,
    keys,
    messages::rate::Bucket,
    messages::row::{Attachment, MessageRow, Shown, View},
};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Outcome, Row};
use jobline_wire::{Code, MessageType, SendMessage, SentMessage};
use serde::{Deserialize, Serialize};

/// `CONVERSATION#<id>` / `SENT#<sender>#<clientId>`: which message a send became, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SentRow {
    v: u8,
    message: String,
    /// A hash of the input: the same `clientId` with another one is refused.
    input: String,
}

/// A send whose form is right.
struct Draft {
    me: UserId,
    conversation: ConversationId,
    side: usize,
    /// The conversation was named by its id, so it has to exist.
    must_exist: bool,
    text: String,
    kind: Option<MessageType>,
    /// The file's id.
    file: Option<String>,
    job: Option<JobId>,
    client_id: Option<String>,
}

/// What became of an attempt to send.
enum Attempt {
    Sent(Box<Shown>),
    Lost(Vec<Key>),
}

impl Chat {
    /// Sends a message. When it answers, the message is durable; repeated with the same `clientId` it answers the first
    /// message again.
    ///
    /// # Errors
    /// All of the contract's that a send can meet; then nothing was stored.
    pub async fn send(&self, me: &UserId, input: SendMessage) -> Result<SentMessage> {
        let draft = self.draft(me, input)?;
        let mut attempts = self.attempts();
        let shown = loop {
            match self.attempt(&draft, attempts.consistency()).await {
                Ok(Attempt::Sent(shown)) => break *shown,
                Ok(Attempt::Lost(conflict)) => {
                    if let Some(first) = self.sent_before(&draft).await? {
                        return Ok(first);
                    }
                    attempts.again(&conflict).await?;
                }
                // What was read may have been stale: a refusal is only given on what is certain. A repetition of
                // something that was accepted is answered as it was then, whatever has become of the permission.
                // A commit of unknown outcome is no refusal: another attempt might send the message a second time.
                Err(refusal) if attempts.may_be_stale() && refusal.code != Code::Unavailable => attempts.insist(),
                Err(refusal) => {
                    return match self.sent_before(&draft).await {
                        Ok(first) => first.ok_or(refusal),
                        // Nothing more is known of what may have been stored.
                        Err(error) if [error.code, refusal.code] == [Code::Unavailable; 2] => Err(refusal),
                        Err(error) => Err(error),
                    };
                }
            }
        };
        let marks = crate::conversation::watermarks::Marks::default();
        self.answer(&draft, shown, marks).await
    }

    fn draft(&self, me: &UserId, input: SendMessage) -> Result<Draft> {
        let (conversation, must_exist) = addressed(me, input.receiver_id.as_deref(), input.conversation_id.as_deref())?;
        let side = conversation.side(me).ok_or_else(|| Error::not_found("conversation"))?;
        let file = match &input.file_url {
            Some(url) => Some(self.files().file_id(url).ok_or_else(not_your_file)?),
            None => None,
        };
        if file.is_none() && !matches!(input.kind, None | Some(MessageType::Text)) {
            return Err(Error::invalid(
                "type",
                "type says that a file comes with the message, but fileUrl is missing.",
            ));
        }
        if file.is_some() && input.kind == Some(MessageType::Text) {
            return Err(Error::invalid("type", "type is text, but a file comes with the message: leave type out."));
        }
        text::client_id(input.client_id.as_deref())?;
        Ok(Draft {
            me: me.clone(),
            side,
            conversation,
            must_exist,
            text: text::content(input.content, file.is_some())?,
            kind: input.kind,
            file,
            job: input.job_id.map(JobId::parse).transpose()?,
            client_id: input.client_id,
        })
    }

    /// One read, a decision, one commit; one read more when the job has to be found.
    async fn attempt(&self, draft: &Draft, consistency: Consistency) -> Result<Attempt> {
        let now = self.now();
        let (job, file) = (draft.job.map(keys::job), draft.file.as_deref().map(keys::file));
        let rest: Vec<Key> = job.iter().chain(&file).cloned().collect();
        let loaded = self.load_or_new(&draft.conversation, consistency, &rest, now).await?;
        if draft.must_exist && loaded.is_new() {
            return Err(Error::not_found("conversation"));
        }
        let users = (&draft.me, &draft.conversation.pair()[1 - draft.side]);
        let wanted = draft.job.map(|id| (id, loaded.rest[0].as_ref()));
        let job = self.permit(users, wanted, loaded.row.job.map(|(job, _)| job), consistency).await?;
        let told = loaded.row.job.filter(|(id, _)| *id == job.id).map(|(_, revision)| revision);
        if consistency == Consistency::Eventual && told.is_some_and(|told| told != job.revision) {
            // The participants were told of another state of the job than this read knows: it is stale.
            return Ok(Attempt::Lost(Vec::new()));
        }
        // Before the file: who sends too fast must not keep the file engine busy.
        let bucket = self.take(&loaded, draft.side, now)?;
        let file = match &draft.file {
            Some(_) => Some(self.check_file(draft, loaded.rest.last().and_then(Option::as_ref)).await?),
            None => None,
        };
        self.store(draft, loaded, &job, file, bucket, now).await
    }

    /// The sender's bucket after this message.
    fn take(&self, loaded: &Loaded, side: usize, now: u64) -> Result<Option<Bucket>> {
        let rate = self.settings().send_rate;
        if rate == 0 {
            return Ok(None);
        }
        let bucket = loaded.heads[side].bucket.unwrap_or_else(|| Bucket::full(rate, now));
        bucket.take(rate, now).map(Some).map_err(|wait| {
            let detail =
                format!("At most {rate} messages a minute are accepted. Send again in {} s.", wait.div_ceil(1_000));
            Error { retry_after_ms: Some(wait), ..Error::new(Code::RateLimited, detail) }
        })
    }

    async fn store(
        &self,
        draft: &Draft,
        mut loaded: Loaded,
        job: &JobRow,
        file: Option<(FileRow, Condition)>,
        bucket: Option<Bucket>,
        now: u64,
    ) -> Result<Attempt> {
        let before = loaded.row.log;
        let at = loaded.row.next_at(now);
        let id = MessageId::make(at, &crate::base::clock::nanoid(self.random()));
        let message = self.compose(draft, &mut loaded, &id, job, file.as_ref().map(|(file, _)| file));
        loaded.bump([0, 1], before, now);
        loaded.heads[draft.side].bucket = bucket;
        let expires = self.expires(at);
        let mut commit = self.begin().put(
            keys::message(&draft.conversation, &id),
            // The id is new; what else could be in the way is told by the conversation's condition.
            Condition::Any,
            rows::encode(&message),
            expires,
        );
        commit = self.put_companions(commit, draft, &loaded, &message, before);
        if loaded.row.job.map(|(about, _)| about) != Some(job.id) {
            commit = commit.put(about_key(job, &draft.conversation)?, Condition::Any, rows::encode(&LAYOUT), None);
        }
        loaded.row.job = Some((job.id, job.revision));
        if let Some((mut file, condition)) = file {
            file.used = Some(message.id.clone());
            let key = keys::file(draft.file.as_deref().unwrap_or_default());
            commit = commit.put(key, condition, rows::encode(&file), self.file_expires(at));
        }
        Ok(match self.commit_with(&loaded, commit, [0, 1]).await? {
            Outcome::Committed => Attempt::Sent(Box::new(Shown { row: message, updated: at })),
            Outcome::Conflict(keys) => Attempt::Lost(keys),
        })
    }

    /// The message as it will be stored; the conversation moves on to it.
    fn compose(
        &self,
        draft: &Draft,
        loaded: &mut Loaded,
        id: &MessageId,
        job: &JobRow,
        file: Option<&FileRow>,
    ) -> MessageRow {
        loaded.row.append_message(draft.side, id);
        MessageRow {
            v: LAYOUT,
            id: id.as_str().to_owned(),
            at: id.at_ms(),
            number: loaded.row.log.number,
            change: loaded.row.log.change,
            from: draft.side,
            ordinal: loaded.row.sides[draft.side].sent,
            kind: draft.kind.or(file.map(|file| media::message_type(&file.content_type))).unwrap_or(MessageType::Text),
            text: draft.text.clone(),
            job: Some(job.id),
            client: draft.client_id.clone(),
            file: file.zip(draft.file.clone()).map(|(file, id)| Attachment {
                id,
                name: file.name.clone(),
                size: file.size,
                content_type: file.content_type.clone(),
            }),
        }
    }

    /// The rows that only some sends have: the client id's, and the memberships of a new conversation.
    fn put_companions(
        &self,
        mut commit: CommitBuilder,
        draft: &Draft,
        loaded: &Loaded,
        message: &MessageRow,
        before: Position,
    ) -> CommitBuilder {
        if let Some(key) = draft.sent_key() {
            let sent = SentRow { v: LAYOUT, message: message.id.clone(), input: draft.fingerprint() };
            commit = commit.put(key, Condition::Absent, rows::encode(&sent), self.expires(message.at));
        }
        if before.number == 0 {
            for user in loaded.id.pair() {
                commit = commit.put(keys::membership(user, &loaded.id), Condition::Any, rows::encode(&LAYOUT), None);
            }
        }
        commit
    }

    /// The file that the draft names, if the sender may use it here and its bytes are what they were said to be.
    async fn check_file(&self, draft: &Draft, row: Option<&Row>) -> Result<(FileRow, Condition)> {
        let row = row.ok_or_else(not_your_file)?;
        let file: FileRow = rows::decode(row)?;
        if file.owner != draft.me.as_str() || file.conversation != draft.conversation.as_str() {
            return Err(not_your_file());
        }
        if file.used.is_some() {
            let detail = "This file is in a message already. Upload it again to send it once more.";
            return Err(Error::new(Code::FileAlreadyUsed, detail).at("fileUrl"));
        }
        if draft.kind == Some(MessageType::Image) && !media::shown_inline(&file.content_type) {
            let detail = format!("type is image, which a file of type {} is not; leave type out.", file.content_type);
            return Err(Error::invalid("type", detail));
        }
        if file.is_stale(self.now()) {
            let detail = "This file waited too long for its message and is gone. Upload it again.";
            return Err(Error::new(Code::FileNotUploaded, detail).at("fileUrl"));
        }
        let id = draft.file.as_deref().unwrap_or_default();
        let arrived = self.files().arrived(id, media::HEAD_BYTES).await?;
        let Some(arrived) = arrived.filter(|arrived| arrived.size == file.size) else {
            let detail = "The bytes of this file have not arrived. Upload them to uploadUrl first, then send.";
            return Err(Error::new(Code::FileNotUploaded, detail).at("fileUrl"));
        };
        if !media::proves(&file.content_type, &arrived.head) {
            let detail =
                format!("The bytes are not those of a file of type {}. Announce what it really is.", file.content_type);
            return Err(Error::new(Code::FileTypeMismatch, detail).at("fileUrl"));
        }
        if !self.files().keep(id, &arrived).await? {
            let detail = "The bytes of this file were replaced while they were looked at. Send the message again.";
            return Err(Error::new(Code::FileNotUploaded, detail).at("fileUrl"));
        }
        Ok((file, Condition::Version(row.version)))
    }

    /// The answer to an earlier send with the same client id, while its message lives.
    async fn sent_before(&self, draft: &Draft) -> Result<Option<SentMessage>> {
        let Some(key) = draft.sent_key() else { return Ok(None) };
        let now = self.now();
        let row = self.get(&key, Consistency::Strong).await?;
        let Some(sent) = rows::live::<SentRow>(row.as_ref(), now)? else {
            self.forget_sent(key, row).await?;
            return Ok(None);
        };
        let id = MessageId::new(&sent.message).ok_or_else(|| Error::unavailable("a SENT row names no message"))?;
        let wanted = [keys::message(&draft.conversation, &id), keys::conversation(&draft.conversation)];
        let found = self.get_many(&wanted, Consistency::Strong).await?;
        let message = rows::live::<MessageRow>(found[0].as_ref(), now)?.filter(|row| row.at >= self.horizon(now));
        let Some(message) = message else {
            self.forget_sent(key, row).await?;
            return Ok(None);
        };
        if sent.input != draft.fingerprint() {
            let detail = "This clientId was used for another message. Use a new one for each message.";
            return Err(Error::new(Code::ClientIdReused, detail).at("clientId"));
        }
        let conversation: Option<crate::conversation::row::ConversationRow> =
            found[1].as_ref().map(rows::decode).transpose()?;
        let marks = conversation.as_ref().map(|row| row.marks()).unwrap_or_default();
        let updated = match &conversation {
            Some(row) => {
                let only = std::slice::from_ref(&message);
                self.updated(&draft.conversation, marks, row.receipt, draft.side, only, Vec::new()).await?[0]
            }
            None => message.at,
        };
        self.answer(draft, Shown { row: message, updated }, marks).await.map(Some)
    }

    /// Makes a client id free again whose message is gone, though its row is still in the way.
    async fn forget_sent(&self, key: Key, row: Option<Row>) -> Result<()> {
        if let Some(row) = row {
            let drop = self.begin().delete(key, Condition::Version(row.version));
            let _lost_to_another_who_dropped_it = self.commit(drop).await?;
        }
        Ok(())
    }

    async fn answer(
        &self,
        draft: &Draft,
        shown: Shown,
        marks: crate::conversation::watermarks::Marks,
    ) -> Result<SentMessage> {
        let view = View { conversation: &draft.conversation, viewer: draft.side, marks, now: self.now() };
        let message = self.show(view, shown).await?;
        Ok(SentMessage { conversation_id: message.conversation_id.clone(), message })
    }
}

impl Draft {
    fn sent_key(&self) -> Option<Key> {
        Some(keys::sent(&self.conversation, &self.me, self.client_id.as_deref()?))
    }

    fn fingerprint(&self) -> String {
        let parts = (&self.text, &self.file, self.job.map(JobId::get));
        blake3::hash(&rows::encode(&parts)).to_hex()[..32].to_owned()
    }
}

/// The conversation that an input is for, and whether it has to exist already.
pub(crate) fn addressed(
    me: &UserId,
    receiver_id: Option<&str>,
    conversation_id: Option<&str>,
) -> Result<(ConversationId, bool)> {
    match (receiver_id, conversation_id) {
        (Some(receiver), None) => {
            let receiver = UserId::parse("receiverId", receiver)?;
            let id = ConversationId::of(me, &receiver);
            let id =
                id.ok_or_else(|| Error::invalid("receiverId", "receiverId is you. Messages go to somebody else."))?;
            Ok((id, false))
        }
        (None, Some(id)) => {
            let id = ConversationId::new(id).filter(|id| id.side(me).is_some());
            Ok((id.ok_or_else(|| Error::not_found("conversation"))?, true))
        }
        (None, None) => {
            Err(Error::invalid("receiverId", "Say whom it is for: receiverId or conversationId is missing."))
        }
        (Some(_), Some(_)) => {
            Err(Error::invalid("receiverId", "Say whom it is for once: receiverId or conversationId."))
        }
    }
}

fn about_key(job: &JobRow, conversation: &ConversationId) -> Result<Key> {
    Ok(keys::job_conversation(JobId::parse(job.id)?, conversation))
}

fn not_your_file() -> Error {
    let detail = "fileUrl is not one that uploadFile gave to you for this conversation. Call uploadFile first.";
    Error::new(Code::InvalidFile, detail).at("fileUrl")
}
