//! A small world to test the domain in: a store, files in memory, a clock that is moved by hand, and users.
#![allow(dead_code, reason = "each test file uses its part of it")]
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use async_trait::async_trait;
use jobline_chat::{
    Announce, Arrived, Chat, Clock, ConversationId, DownloadGrant, Error, Files, JobId, Keep, Kept, Random, Result,
    Secrets, Settings, UploadGrant, UserId, iso,
};
use jobline_store::{Store, testing::Counting};
use jobline_wire::{
    Conversation, Conversations, HostJobInput, HostUserInput, JobStatus, ListConversations, ListMessages, MarkAsRead,
    Message, Messages, SendMessage, SentMessage, SyncQuery, Synced, UploadFile, UploadTarget,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// 2025-11-14T10:30:00Z.
pub const MORNING: u64 = 1_763_116_200_000;

/// A clock that stands still until it is moved. Sleeping does not move it, but lets other tasks run.
pub struct HandClock(AtomicU64);

impl HandClock {
    pub fn at(ms: u64) -> Self {
        Self(AtomicU64::new(ms))
    }

    pub fn forward(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn back(&self, ms: u64) {
        self.0.fetch_sub(ms, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    async fn sleep(&self, _: Duration) {
        tokio::task::yield_now().await;
    }
}

/// Random bits from a seed.
pub struct SeededRandom(Mutex<StdRng>);

impl SeededRandom {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Random for SeededRandom {
    fn bits(&self) -> u128 {
        self.0.lock().unwrap().random()
    }
}

/// Records announcements: to whom, about which conversation.
#[derive(Default)]
pub struct Announced(Mutex<Vec<(Vec<String>, String)>>, Mutex<Vec<Vec<String>>>);

impl Announced {
    /// The announcements since the last call.
    pub fn take(&self) -> Vec<(Vec<String>, String)> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// The users whose relations were announced as changed since the last call.
    pub fn take_relations(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut *self.1.lock().unwrap())
    }
}

impl Announce for Announced {
    fn moved(&self, users: &[&UserId], conversation: &ConversationId) {
        let users = users.iter().map(|user| user.to_string()).collect();
        self.0.lock().unwrap().push((users, conversation.as_str().to_owned()));
    }

    fn relations_changed(&self, users: &[&UserId]) {
        self.1.lock().unwrap().push(users.iter().map(|user| user.to_string()).collect());
    }
}

/// Files in memory; uploads are made by hand with [`MemoryFiles::upload`].
#[derive(Default)]
pub struct MemoryFiles {
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
    swap: Mutex<Option<Vec<u8>>>,
}

impl MemoryFiles {
    pub fn upload(&self, target: &UploadTarget, bytes: &[u8]) {
        let id = self.file_id(&target.file_url).expect("a target of these files");
        self.kept.lock().unwrap().insert(id, bytes.to_vec());
    }

    /// Bytes that nobody announced.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        self.kept.lock().unwrap().insert(name.to_owned(), bytes.to_vec());
    }

    pub fn count(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    /// Replaces the bytes of the next file that is proved, right after they were read.
    pub fn replace_after_the_proof(&self, bytes: &[u8]) {
        *self.swap.lock().unwrap() = Some(bytes.to_vec());
    }
}

#[async_trait]
impl Files for MemoryFiles {
    async fn upload_target(&self, grant: &UploadGrant<'_>) -> Result<UploadTarget> {
        Ok(UploadTarget {
            upload_url: format!("memory:up/{}", grant.id),
            method: "PUT".into(),
            headers: BTreeMap::from([("content-type".into(), grant.content_type.into())]),
            file_url: format!("memory:{}", grant.id),
            expires_at: iso(grant.expires_ms),
        })
    }

    fn file_id(&self, file_url: &str) -> Option<String> {
        file_url.strip_prefix("memory:").map(str::to_owned)
    }

    async fn download_url(&self, grant: &DownloadGrant<'_>) -> Result<String> {
        Ok(format!("memory:down/{}?until={}", grant.id, grant.expires_ms))
    }

    async fn arrived(&self, id: &str, head: usize) -> Result<Option<Arrived>> {
        let mut kept = self.kept.lock().unwrap();
        let Some(bytes) = kept.get_mut(id) else { return Ok(None) };
        let (size, tag) = (bytes.len() as u64, blake3::hash(bytes).to_string());
        let arrived = Arrived { size, head: bytes[..head.min(bytes.len())].to_vec(), tag };
        if let Some(swap) = self.swap.lock().unwrap().take() {
            *bytes = swap;
        }
        Ok(Some(arrived))
    }

    async fn keep(&self, arrived: &Arrived, keep: Keep<'_>) -> Result<Option<String>> {
        let mut kept = self.kept.lock().unwrap();
        if kept.get(keep.id).is_none_or(|bytes| blake3::hash(bytes).to_string() != arrived.tag) {
            return Ok(None);
        }
        Ok(Some(match keep.bytes {
            Some(bytes) => {
                kept.insert(keep.name.to_owned(), bytes);
                keep.name.to_owned()
            }
            None => keep.id.to_owned(),
        }))
    }

    async fn delete(&self, id: &str) -> Result<()> {
        self.kept.lock().unwrap().remove(id);
        Ok(())
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<Kept>> {
        let kept = self.kept.lock().unwrap();
        let rest = kept.iter().filter(|(id, _)| after.is_none_or(|after| id.as_str() > after));
        Ok(rest.take(limit).map(|(id, bytes)| Kept { id: id.clone(), size: bytes.len() as u64 }).collect())
    }

    async fn read(&self, id: &str, _: u64, _: usize) -> Result<Vec<u8>> {
        self.kept.lock().unwrap().get(id).cloned().ok_or_else(|| Error::not_found("file"))
    }

    async fn write(&self, _: &str, _: &str, _: &Path) -> Result<()> {
        Err(Error::unavailable("not part of these tests"))
    }
}

/// The domain over a store, with everything that tests need to control it.
pub struct World {
    pub chat: Chat,
    pub clock: Arc<HandClock>,
    pub files: Arc<MemoryFiles>,
    pub store: Arc<Counting>,
    pub announced: Arc<Announced>,
}

impl World {
    /// No rate limits, nothing expires.
    pub async fn new() -> Self {
        Self::with(Settings { send_rate: 0, upload_rate: 0, ..Settings::default() }).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::over(crate::engine::start().await.store, settings, 1).await
    }

    pub async fn over(store: Arc<dyn Store>, settings: Settings, seed: u64) -> Self {
        let clock = Arc::new(HandClock::at(MORNING));
        let random = Arc::new(SeededRandom::new(seed));
        let files = Arc::new(MemoryFiles::default());
        let store = Arc::new(Counting::new(store));
        let secrets = Secrets::load(&*store, &*random).await.unwrap();
        let announced = Arc::new(Announced::default());
        let (rows, bytes, time, told) = (store.clone(), files.clone(), clock.clone(), announced.clone());
        let chat = Chat::with_announcer(rows, bytes, time, random, &secrets, settings, told);
        Self { chat, clock, files, store, announced }
    }

    pub fn user(&self, id: &str) -> User<'_> {
        User { world: self, id: UserId::new(id).expect("a user id") }
    }

    /// Anna and Ben, who share the open job 1.
    pub async fn pair(&self) -> (User<'_>, User<'_>) {
        self.job(1, &["anna", "ben"], JobStatus::Open).await;
        (self.user("anna"), self.user("ben"))
    }

    pub async fn job(&self, id: u64, participants: &[&str], status: JobStatus) {
        let participants = participants.iter().map(|id| (*id).to_owned()).collect();
        let input = HostJobInput { title: format!("Job {id}"), participants, status, crew_history: None };
        self.chat.put_job(JobId::parse(id).unwrap(), input).await.unwrap();
    }

    pub async fn name(&self, id: &str, name: &str) {
        let input = HostUserInput { name: name.into(), ..HostUserInput::default() };
        self.chat.put_user(&UserId::new(id).unwrap(), input).await.unwrap();
    }
}

/// A user.
#[derive(Clone)]
pub struct User<'a> {
    world: &'a World,
    pub id: UserId,
}

impl User<'_> {
    pub fn chat(&self) -> &Chat {
        &self.world.chat
    }

    pub fn conversation(&self, other: &User<'_>) -> String {
        ConversationId::of(&self.id, &other.id).unwrap().as_str().to_owned()
    }

    pub async fn send(&self, to: &User<'_>, text: &str) -> Result<SentMessage> {
        self.send_as(SendMessage {
            receiver_id: Some(to.id.to_string()),
            content: Some(text.into()),
            ..Default::default()
        })
        .await
    }

    pub async fn send_once(&self, to: &User<'_>, text: &str, client_id: &str) -> Result<SentMessage> {
        self.send_as(SendMessage {
            receiver_id: Some(to.id.to_string()),
            content: Some(text.into()),
            client_id: Some(client_id.into()),
            ..Default::default()
        })
        .await
    }

    pub async fn send_as(&self, input: SendMessage) -> Result<SentMessage> {
        self.world.chat.send(&self.id, input).await
    }

    pub async fn list(&self, with: &User<'_>) -> Result<Messages> {
        self.list_as(ListMessages { conversation_id: self.conversation(with), ..Default::default() }).await
    }

    pub async fn list_since(&self, with: &User<'_>, since: &str) -> Result<Messages> {
        let since = Some(since.to_owned());
        self.list_as(ListMessages { conversation_id: self.conversation(with), since, ..Default::default() }).await
    }

    pub async fn list_as(&self, input: ListMessages) -> Result<Messages> {
        self.world.chat.list(&self.id, input).await
    }

    pub async fn read(&self, with: &User<'_>) -> Result<u64> {
        let input = MarkAsRead { conversation_id: self.conversation(with), up_to: None };
        Ok(self.world.chat.mark_as_read(&self.id, input).await?.unread_count)
    }

    pub async fn read_up_to(&self, with: &User<'_>, message: &Message) -> Result<u64> {
        let input = MarkAsRead { conversation_id: self.conversation(with), up_to: Some(message.id.clone()) };
        Ok(self.world.chat.mark_as_read(&self.id, input).await?.unread_count)
    }

    pub async fn conversations(&self) -> Result<Conversations> {
        self.conversations_since(None).await
    }

    pub async fn conversations_since(&self, since: Option<&str>) -> Result<Conversations> {
        let input = ListConversations { since: since.map(str::to_owned), limit: None };
        self.world.chat.conversations(&self.id, input).await
    }

    pub async fn only_conversation(&self) -> Conversation {
        let mut all = self.conversations().await.unwrap().conversations;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    pub async fn sync(&self, since: Option<&str>) -> Result<Synced> {
        self.sync_limit(since, None).await
    }

    pub async fn sync_limit(&self, since: Option<&str>, limit: Option<u32>) -> Result<Synced> {
        self.world.chat.sync(&self.id, SyncQuery { since: since.map(str::to_owned), limit, wait: None }).await
    }

    /// A `sync` as from a live connection: without recording the delivery that the cursor proves.
    pub async fn sync_unrecorded(&self, since: Option<&str>) -> Result<Synced> {
        let input = SyncQuery { since: since.map(str::to_owned), limit: Some(20), wait: None };
        self.world.chat.sync_unrecorded(&self.id, input).await
    }

    /// Announces, uploads and sends a file.
    pub async fn send_file(&self, to: &User<'_>, name: &str, content_type: &str, bytes: &[u8]) -> Result<SentMessage> {
        let target = self.announce(to, name, content_type, bytes.len() as u64).await?;
        self.world.files.upload(&target, bytes);
        self.send_uploaded(to, &target).await
    }

    pub async fn announce(&self, to: &User<'_>, name: &str, content_type: &str, size: u64) -> Result<UploadTarget> {
        let input = UploadFile {
            receiver_id: Some(to.id.to_string()),
            file_name: name.into(),
            file_size: size,
            content_type: content_type.into(),
            ..Default::default()
        };
        self.world.chat.upload_file(&self.id, input).await
    }

    pub async fn send_uploaded(&self, to: &User<'_>, target: &UploadTarget) -> Result<SentMessage> {
        let file_url = Some(target.file_url.clone());
        self.send_as(SendMessage { receiver_id: Some(to.id.to_string()), file_url, ..Default::default() }).await
    }
}

/// The contents of messages, for comparison.
pub fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.content.as_str()).collect()
}
