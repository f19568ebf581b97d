//! `jobline export` and `jobline import`: whole, torn at every byte, damaged, repeated.
#![allow(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

use async_trait::async_trait;
use jobline_chat::{
    Arrived, Chat, Clock, DownloadGrant, Error as ChatError, Files, JobId, Kept, Random, Result as ChatResult, Secrets,
    Settings, UploadGrant, UserId,
};
use jobline_server::files::LocalFiles;
use jobline_server::system::{SystemClock, SystemRandom};
use jobline_server::transfer::{Engines, Summary, export, import, unfinished_import};
use jobline_store::{
    Commit, Condition, Consistency, Error, Key, MemoryStore, Outcome, Page, Range, Row, Scan, Store, Token,
};
use jobline_store_embedded::{EmbeddedStore, Options};
use jobline_wire::{HostJobInput, JobStatus, ListMessages, Message, SendMessage, SyncQuery, UploadTarget};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A store and files in memory, a still clock, and a budget of writes after which everything fails.
struct Place {
    store: MemoryStore,
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    writes_left: AtomicI64,
    random: AtomicU64,
    now_ms: AtomicU64,
}

impl Place {
    fn empty() -> Self {
        Self {
            store: MemoryStore::new(),
            files: Mutex::default(),
            writes_left: AtomicI64::new(i64::MAX),
            random: AtomicU64::new(1),
            now_ms: AtomicU64::new(1_000_000),
        }
    }

    /// Rows of all kinds and files of all sizes that matter.
    async fn furnished() -> Self {
        Self::with_files(&[1, 192 * 1024 - 1, 192 * 1024, 192 * 1024 + 1, 500_000]).await
    }

    /// The same with less to read, for what is tried hundreds of times.
    async fn small() -> Self {
        Self::with_files(&[1, 100, 192 * 1024 + 5, 7]).await
    }

    async fn with_files(sizes: &[usize]) -> Self {
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

    async fn put(&self, partition: &str, sort: &str, value: &str) {
        let commit =
            Commit::builder(self.token()).put(Key::new(partition, sort), Condition::Any, value.to_owned(), None);
        let _ = self.store.commit(&commit.build().unwrap()).await.unwrap();
    }

    fn token(&self) -> Token {
        Token(self.bits())
    }

    fn engines(&self) -> Engines<'_> {
        Engines { store: self, scan: &self.store, files: self, clock: self, random: self }
    }

    async fn rows(&self) -> BTreeMap<Key, (Vec<u8>, Option<u64>)> {
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

    fn spend(&self) -> bool {
        self.writes_left.fetch_sub(1, Ordering::SeqCst) > 0
    }
}

async fn assert_same(one: &Place, other: &Place) {
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

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

#[tokio::test]
async fn everything_comes_back() {
    let (folder, from, to) = (Folder::new(), Place::furnished().await, Place::empty());
    let path = folder.path("all");
    let out = export(from.engines(), &path).await.unwrap();
    assert_eq!(out, Summary { rows: 42, files: 5, bytes: 1 + 3 * 192 * 1024 + 500_000 });
    assert_eq!(folder.names(), ["all"], "no partial file is left");
    assert_eq!(import(to.engines(), &path).await.unwrap(), out);
    assert_same(&from, &to).await;
    assert!(!unfinished_import(&to).await.unwrap());
}

#[tokio::test]
async fn an_empty_store_can_be_copied() {
    let (folder, to) = (Folder::new(), Place::empty());
    let out = export(Place::empty().engines(), &folder.path("all")).await.unwrap();
    assert_eq!(out, Summary::default());
    import(to.engines(), &folder.path("all")).await.unwrap();
    assert!(to.rows().await.is_empty());
}

#[tokio::test]
#[cfg(unix)]
async fn what_users_wrote_is_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    export(Place::furnished().await.engines(), &folder.path("all")).await.unwrap();
    let mode = std::fs::metadata(folder.path("all")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Every byte near the beginning and around the end of each line, and some of the others.
fn telling_lengths(whole: &[u8]) -> Vec<usize> {
    let ends = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    let mut lengths: Vec<usize> = ends.flat_map(|end| [end.saturating_sub(1), end, end + 1, end + 2]).collect();
    lengths.extend(0..200);
    lengths.extend((200..whole.len()).step_by(whole.len() / 40));
    lengths.retain(|length| *length <= whole.len());
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

#[tokio::test]
async fn an_export_that_was_killed_at_any_byte_goes_on() {
    let (folder, from) = (Folder::new(), Place::small().await);
    export(from.engines(), &folder.path("whole")).await.unwrap();
    let whole = std::fs::read(folder.path("whole")).unwrap();
    for length in telling_lengths(&whole) {
        std::fs::write(folder.path("again.partial"), &whole[..length]).unwrap();
        export(from.engines(), &folder.path("again")).await.unwrap_or_else(|error| panic!("at {length}: {error}"));
        assert!(std::fs::read(folder.path("again")).unwrap() == whole, "killed at {length}");
        std::fs::remove_file(folder.path("again")).unwrap();
    }
}

#[tokio::test]
async fn a_partial_file_is_never_completed_into_a_mixture() {
    let (folder, from) = (Folder::new(), Place::furnished().await);
    export(from.engines(), &folder.path("whole")).await.unwrap();
    let whole = std::fs::read(folder.path("whole")).unwrap();
    let refused = async |place: &Place, length: usize| {
        std::fs::write(folder.path("again.partial"), &whole[..length]).unwrap();
        export(place.engines(), &folder.path("again")).await.unwrap_err().to_string()
    };
    let other = Place::empty();
    other.put("CONVERSATION#0", "MESSAGE#0000", "{}").await;
    assert!(refused(&other, 1_000).await.contains("has changed"), "another store");
    from.put("z", "written meanwhile", "{}").await;
    assert!(refused(&from, whole.len()).await.contains("has changed"), "a row behind the last");
    from.put("CONVERSATION#0", "MESSAGE#0000", "{\"edited\":true}").await;
    assert!(refused(&from, 1_000).await.contains("has changed"), "a row that differs");
    std::fs::write(folder.path("again.partial"), "my shopping list\n").unwrap();
    let error = export(from.engines(), &folder.path("again")).await.unwrap_err().to_string();
    assert!(error.contains("not an unfinished export"), "{error}");
    assert_eq!(std::fs::read(folder.path("again.partial")).unwrap(), b"my shopping list\n", "it is left alone");
}

#[tokio::test]
async fn rows_that_expire_during_an_interruption_are_no_change() {
    let (folder, from) = (Folder::new(), Place::furnished().await);
    export(from.engines(), &folder.path("all")).await.unwrap();
    std::fs::rename(folder.path("all"), folder.path("all.partial")).unwrap();
    let gone = Commit::builder(from.token()).delete(Key::new("p", "mortal"), Condition::Any).build().unwrap();
    let _ = from.store.commit(&gone).await.unwrap();
    assert!(export(from.engines(), &folder.path("all")).await.is_err(), "it had time left to live");
    from.now_ms.store(2_000_000, Ordering::SeqCst);
    assert_eq!(export(from.engines(), &folder.path("all")).await.unwrap().rows, 42);
}

#[tokio::test]
async fn a_file_that_is_deleted_meanwhile_is_forgotten() {
    let (folder, from, to) = (Folder::new(), Place::furnished().await, Place::empty());
    export(from.engines(), &folder.path("all")).await.unwrap();
    let whole = std::fs::read(folder.path("all")).unwrap();
    let text = String::from_utf8_lossy(&whole);
    let in_the_last_file = text.rfind("{\"chunk\"").unwrap();
    std::fs::write(folder.path("again.partial"), &whole[..in_the_last_file]).unwrap();
    from.files.lock().unwrap().remove("file_4");
    assert_eq!(export(from.engines(), &folder.path("again")).await.unwrap().files, 4);
    import(to.engines(), &folder.path("again")).await.unwrap();
    assert_same(&from, &to).await;
}

#[tokio::test]
async fn exports_do_not_overwrite() {
    let (folder, from) = (Folder::new(), Place::furnished().await);
    std::fs::write(folder.path("all"), "precious").unwrap();
    let error = export(from.engines(), &folder.path("all")).await.unwrap_err().to_string();
    assert!(error.ends_with("exists already: name another file"), "{error}");
    assert_eq!(std::fs::read(folder.path("all")).unwrap(), b"precious");

    std::fs::write(folder.path("day.1.partial"), "").unwrap();
    export(from.engines(), &folder.path("day.2")).await.unwrap();
    assert_eq!(std::fs::read(folder.path("day.1.partial")).unwrap(), b"", "the partial file of another export");

    let busy = std::fs::File::create(folder.path("busy.partial")).unwrap();
    busy.lock().unwrap();
    let error = export(from.engines(), &folder.path("busy")).await.unwrap_err().to_string();
    assert!(error.contains("another process"), "{error}");
}

#[tokio::test]
async fn an_import_that_was_killed_anywhere_goes_on() {
    let (folder, from) = (Folder::new(), Place::furnished().await);
    for i in 0..2_000 {
        from.put("CONVERSATION#many", &format!("MESSAGE#{i:05}"), "{}").await;
    }
    let path = folder.path("all");
    export(from.engines(), &path).await.unwrap();
    for budget in 0.. {
        let to = Place::empty();
        to.writes_left.store(budget, Ordering::SeqCst);
        if import(to.engines(), &path).await.is_ok() {
            assert!(budget > 30, "the import was cut into {budget} pieces");
            break;
        }
        to.writes_left.store(i64::MAX, Ordering::SeqCst);
        if budget > 0 {
            assert!(unfinished_import(&to).await.unwrap(), "after {budget} writes");
            let error = export(to.engines(), &folder.path("of half a store")).await.unwrap_err().to_string();
            assert!(error.contains("unfinished import"), "{error}");
        }
        import(to.engines(), &path).await.unwrap();
        assert_same(&from, &to).await;
    }
}

#[tokio::test]
async fn a_repeated_import_does_not_repeat_what_is_done() {
    let (folder, from, to) = (Folder::new(), Place::furnished().await, Place::empty());
    for i in 0..2_000 {
        from.put("CONVERSATION#many", &format!("MESSAGE#{i:05}"), "{}").await;
    }
    export(from.engines(), &folder.path("all")).await.unwrap();
    to.writes_left.store(25, Ordering::SeqCst);
    assert!(import(to.engines(), &folder.path("all")).await.is_err());
    let whole = Place::empty();
    import(whole.engines(), &folder.path("all")).await.unwrap();
    let all = i64::MAX - whole.writes_left.load(Ordering::SeqCst);
    to.writes_left.store(i64::MAX, Ordering::SeqCst);
    import(to.engines(), &folder.path("all")).await.unwrap();
    let rest = i64::MAX - to.writes_left.load(Ordering::SeqCst);
    assert!(rest <= all - 16, "{rest} of {all}");
}

#[tokio::test]
async fn an_import_leaves_other_data_alone() {
    let (folder, from, to) = (Folder::new(), Place::furnished().await, Place::empty());
    export(from.engines(), &folder.path("one")).await.unwrap();
    from.put("z", "more", "{}").await;
    export(from.engines(), &folder.path("other")).await.unwrap();

    to.put("USER#theirs", "HEAD", "{}").await;
    let before = to.rows().await;
    let error = import(to.engines(), &folder.path("one")).await.unwrap_err().to_string();
    assert!(error.contains("holds other data already"), "{error}");
    assert_eq!(to.rows().await, before);

    let to = Place::empty();
    to.put("SYSTEM", "SECRETS", "{}").await;
    import(to.engines(), &folder.path("one")).await.unwrap();

    let to = Place::empty();
    to.writes_left.store(2, Ordering::SeqCst);
    assert!(import(to.engines(), &folder.path("one")).await.is_err());
    to.writes_left.store(i64::MAX, Ordering::SeqCst);
    let error = import(to.engines(), &folder.path("other")).await.unwrap_err().to_string();
    assert!(error.contains("another file"), "{error}");

    import(to.engines(), &folder.path("one")).await.unwrap();
    let rows = to.rows().await;
    assert_eq!(import(to.engines(), &folder.path("one")).await.unwrap().rows, 42, "all of it is there already");
    to.files.lock().unwrap().remove("file_2");
    assert!(import(to.engines(), &folder.path("one")).await.is_err(), "all but one file");
    assert_eq!(to.rows().await, rows);
}

#[tokio::test]
async fn cut_files_are_refused_before_anything_is_written() {
    let (folder, to) = (Folder::new(), Place::empty());
    export(Place::small().await.engines(), &folder.path("all")).await.unwrap();
    let whole = std::fs::read(folder.path("all")).unwrap();
    for length in telling_lengths(&whole).into_iter().filter(|length| *length < whole.len()) {
        std::fs::write(folder.path("cut"), &whole[..length]).unwrap();
        let error = import(to.engines(), &folder.path("cut")).await.unwrap_err().to_string();
        assert!(error.contains("is cut") || error.contains("not a Jobline export"), "{length}: {error}");
        assert!(!error.contains('\n'));
        assert!(to.rows().await.is_empty() && to.files.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn damaged_files_are_refused_before_anything_is_written() {
    let (folder, to) = (Folder::new(), Place::empty());
    export(Place::small().await.engines(), &folder.path("all")).await.unwrap();
    let whole = std::fs::read(folder.path("all")).unwrap();
    for at in telling_lengths(&whole).into_iter().filter(|at| *at < whole.len()) {
        let mut damaged = whole.clone();
        damaged[at] ^= 4;
        std::fs::write(folder.path("damaged"), damaged).unwrap();
        let error = import(to.engines(), &folder.path("damaged")).await.unwrap_err().to_string();
        assert!(!error.contains('\n') && error.contains("damaged"), "{at}: {error}");
        assert!(to.rows().await.is_empty() && to.files.lock().unwrap().is_empty());
    }
    let twice = [whole.as_slice(), whole.as_slice()].concat();
    std::fs::write(folder.path("twice"), twice).unwrap();
    assert!(import(to.engines(), &folder.path("twice")).await.is_err());
    let newer = String::from_utf8_lossy(&whole).replacen("\"version\":1", "\"version\":2", 1);
    std::fs::write(folder.path("newer"), newer).unwrap();
    let error = import(to.engines(), &folder.path("newer")).await.unwrap_err().to_string();
    assert!(error.contains("version 2"), "{error}");
    assert!(import(to.engines(), &folder.path("missing")).await.unwrap_err().to_string().contains("missing"));
}

/// A store, files and secrets on disk, as a server has them.
struct Machine {
    store: EmbeddedStore,
    files: Arc<LocalFiles>,
    secrets: Secrets,
    _folder: Folder,
}

impl Machine {
    async fn new() -> Self {
        let folder = Folder::new();
        let store = EmbeddedStore::open(&folder.path("store"), Options::default()).unwrap();
        let secrets = Secrets::load(&store, &SystemRandom).await.unwrap();
        let files = LocalFiles::new(folder.path("files"), "http://127.0.0.1", &[0; 32], Arc::new(SystemClock)).unwrap();
        Self { store, files: Arc::new(files), secrets, _folder: folder }
    }

    fn chat(&self) -> Chat {
        let (store, settings) = (Arc::new(self.store.clone()), Settings::default());
        Chat::new(store, self.files.clone(), Arc::new(SystemClock), Arc::new(SystemRandom), &self.secrets, settings)
    }

    fn engines(&self) -> Engines<'_> {
        let (clock, random) = (&SystemClock, &SystemRandom);
        Engines { store: &self.store, scan: &self.store, files: &*self.files, clock, random }
    }
}

async fn say(chat: &Chat, number: u64) -> Message {
    let input = SendMessage {
        receiver_id: Some("bob".into()),
        content: Some(format!("message {number}")),
        client_id: Some(format!("client-{number}")),
        ..SendMessage::default()
    };
    chat.send(&UserId::new("anna").unwrap(), input).await.unwrap().message
}

#[tokio::test]
async fn clients_go_on_with_their_cursors_after_a_move() {
    let (folder, from) = (Folder::new(), Machine::new().await);
    let (chat, bob) = (from.chat(), UserId::new("bob").unwrap());
    let participants = vec!["anna".into(), "bob".into()];
    let job = HostJobInput { title: "Fence".into(), participants, status: JobStatus::Open };
    chat.put_job(JobId::parse(1).unwrap(), job).await.unwrap();
    for number in 1..=4 {
        say(&chat, number).await;
    }
    let list = |since| ListMessages { conversation_id: "conv_anna_bob".into(), since, ..ListMessages::default() };
    let sync = |since| SyncQuery { since: Some(since), ..SyncQuery::default() };
    let cursor = chat.list(&bob, list(None)).await.unwrap().cursor;
    let synced = chat.sync(&bob, SyncQuery::default()).await.unwrap().cursor;
    let later = [say(&chat, 5).await.id, say(&chat, 6).await.id];
    std::fs::write(folder.path("bytes"), "the bytes of a file").unwrap();
    from.files.write("file_1_a", "text/plain", &folder.path("bytes")).await.unwrap();

    export(from.engines(), &folder.path("all")).await.unwrap();
    // A server was started on the new folder before, and made secrets of its own.
    let mut to = Machine::new().await;
    import(to.engines(), &folder.path("all")).await.unwrap();
    to.secrets = Secrets::load(&to.store, &SystemRandom).await.unwrap();
    let chat = to.chat();

    let page = chat.list(&bob, list(Some(cursor))).await.unwrap();
    let ids: Vec<_> = page.messages.iter().map(|message| message.id.clone()).collect();
    assert_eq!((ids.as_slice(), page.reset), (later.as_slice(), None));
    assert!(chat.list(&bob, list(Some(page.cursor))).await.unwrap().messages.is_empty());
    let news = chat.sync(&bob, sync(synced)).await.unwrap();
    let ids: Vec<_> = news.messages.iter().map(|message| message.id.clone()).collect();
    assert_eq!((ids.as_slice(), news.reset), (later.as_slice(), None));
    assert_eq!(say(&chat, 6).await.id, later[1], "a repeated send is known there too");
    assert_eq!(say(&chat, 7).await.number, 7);
    assert_eq!(to.files.read("file_1_a", 0, 100).await.unwrap(), b"the bytes of a file");
}
