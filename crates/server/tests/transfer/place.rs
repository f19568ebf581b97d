use async_trait::async_trait;
use jobline_chat::{
    Arrived, Clock, DownloadGrant, Error as ChatError, Files, Keep, Kept, Random, Result as ChatResult, UploadGrant,
};
use jobline_store::{
    Commit, Condition, Consistency, Error, Key, MemoryStore, Outcome, Page, Range, Row, Scan, Store, Token,
};
use jobline_tools::transfer::{Engines, Pace};
use jobline_wire::UploadTarget;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A store and files in memory, a clock that stands still, and a number of writes after which everything fails.
pub struct Place {
    pub store: MemoryStore,
    pub files: Mutex<BTreeMap<String, Vec<u8>>>,
    pub writes_left: AtomicI64,
    random: AtomicU64,
    pub now_ms: AtomicU64,
}

impl Place {
    pub fn empty() -> Self {
        Self {
            store: MemoryStore::new(),
            files: Mutex::default(),
            writes_left: AtomicI64::new(i64::MAX),
            random: AtomicU64::new(1),
            now_ms: AtomicU64::new(1_000_000),
        }
    }

    /// Rows of all kinds, and files of all relevant sizes.
    pub async fn with_job_and_users() -> Self {
        Self::with_files(&[1, 192 * 1024 - 1, 192 * 1024, 192 * 1024 + 1, 500_000]).await
    }

    /// The same with fewer rows, for tests that run hundreds of times.
    pub async fn small() -> Self {
        Self::with_files(&[1, 100, 192 * 1024 + 5, 7]).await
    }

    pub async fn with_files(sizes: &[usize]) -> Self {
        let place = Self::empty();
        for i in 0..40 {
            place
                .put(
                    &format!("CONVERSATION#{}", i % 7),
                    &format!("MESSAGE#{i:04}"),
                    "{\"v\":1,\"content\":\"👷 \\\"hé\\\"\"}",
                )
                .await;
        }
        place.put("USER#a", "HEAD", &"\u{1}\n\t".repeat(1_000)).await;
        let row = Commit::builder(place.token()).put(Key::new("p", "mortal"), Condition::Any, "{}", Some(2_000));
        let _ = place.store.commit(&row.build().unwrap()).await.unwrap();
        for (i, size) in sizes.iter().enumerate() {
            let bytes = (0..*size).map(|at| (at * 31 + i) as u8).collect();
            place.files.lock().unwrap().insert(format!("file_{i}"), bytes);
        }
        place
    }

    pub async fn put(&self, partition: &str, sort: &str, value: &str) {
        let commit =
            Commit::builder(self.token()).put(Key::new(partition, sort), Condition::Any, value.to_owned(), None);
        let _ = self.store.commit(&commit.build().unwrap()).await.unwrap();
    }

    pub fn token(&self) -> Token {
        Token(self.bits())
    }

    pub fn engines(&self) -> Engines<'_> {
        Engines { store: self, scan: &self.store, files: self, clock: self, random: self, pace: Pace::GROUPS }
    }

    pub async fn rows(&self) -> BTreeMap<Key, (Vec<u8>, Option<u64>)> {
        let (mut rows, mut after) = (BTreeMap::new(), None);
        loop {
            let page = self.store.scan(after.as_ref(), 1_000).await.unwrap();
            rows.extend(page.rows.into_iter().map(|(key, row)| (key, (row.value.to_vec(), row.expires))));
            after = page.next;
            if after.is_none() {
                return rows;
            }
        }
    }

    pub fn spend(&self) -> bool {
        self.writes_left.fetch_sub(1, Ordering::SeqCst) > 0
    }
}

pub async fn assert_same(one: &Place, other: &Place) {
    assert_eq!(one.rows().await, other.rows().await);
    assert!(*one.files.lock().unwrap() == *other.files.lock().unwrap(), "files differ");
}

#[async_trait]
impl Store for Place {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        self.store.get(key, consistency).await
    }
    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        self.store.get_many(keys, consistency).await
    }
    async fn range(&self, range: &Range) -> Result<Page, Error> {
        self.store.range(range).await
    }
    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        if self.spend() { self.store.commit(commit).await } else { Err(Error::Corrupt("killed".into())) }
    }
}

impl Random for Place {
    fn bits(&self) -> u128 {
        u128::from(self.random.fetch_add(1, Ordering::SeqCst)).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
    }
}

#[async_trait]
impl Clock for Place {
    fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::SeqCst)
    }
    async fn sleep(&self, _duration: Duration) {}
}

#[async_trait]
impl Files for Place {
    async fn upload_target(&self, _grant: &UploadGrant<'_>) -> ChatResult<UploadTarget> {
        Err(ChatError::not_found("file"))
    }
    fn file_id(&self, _file_url: &str) -> Option<String> {
        None
    }
    async fn download_url(&self, _grant: &DownloadGrant<'_>) -> ChatResult<String> {
        Err(ChatError::not_found("file"))
    }
    async fn arrived(&self, id: &str, head: usize) -> ChatResult<Option<Arrived>> {
        let files = self.files.lock().unwrap();
        Ok(files.get(id).map(|bytes| Arrived {
            size: bytes.len() as u64,
            head: bytes[..head.min(bytes.len())].to_vec(),
            tag: String::new(),
        }))
    }
    async fn keep(&self, _arrived: &Arrived, keep: Keep<'_>) -> ChatResult<Option<String>> {
        Ok(Some(keep.id.to_owned()))
    }
    async fn delete(&self, id: &str) -> ChatResult<()> {
        self.files.lock().unwrap().remove(id);
        Ok(())
    }
    async fn list(&self, after: Option<&str>, limit: usize) -> ChatResult<Vec<Kept>> {
        let files = self.files.lock().unwrap();
        let later = files.iter().filter(|(id, _)| after.is_none_or(|after| id.as_str() > after));
        Ok(later.take(limit.min(2)).map(|(id, bytes)| Kept { id: id.clone(), size: bytes.len() as u64 }).collect())
    }
    async fn read(&self, id: &str, offset: u64, length: usize) -> ChatResult<Vec<u8>> {
        let files = self.files.lock().unwrap();
        let bytes = files.get(id).ok_or_else(|| ChatError::not_found("file"))?;
        let begin = (offset as usize).min(bytes.len());
        Ok(bytes[begin..(begin + length).min(bytes.len())].to_vec())
    }
    async fn write(&self, id: &str, _content_type: &str, path: &Path) -> ChatResult<()> {
        if !self.spend() {
            return Err(ChatError::unavailable("killed"));
        }
        self.files.lock().unwrap().insert(id.to_owned(), std::fs::read(path).unwrap());
        Ok(())
    }
}
