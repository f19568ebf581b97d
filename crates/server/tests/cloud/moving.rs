//! Moves from one machine to the cloud and back by `export` and `import`, each killed in the middle.

use crate::account::{Account, TABLE};
use jobline_chat::{Chat, Files, JobId, Secrets, Settings, UserId};
use jobline_files_local::LocalFiles;
use jobline_files_s3::S3Files;
use jobline_files_s3::testing::{self as s3, Link, LinkState};
use jobline_server::system::{SystemClock, SystemRandom};
use jobline_store::Store;
use jobline_store_dynamodb::{DynamoDbStore, Options};
use jobline_store_embedded::EmbeddedStore;
use jobline_wire::{HostJobInput, JobStatus, ListConversations, ListMessages, SendMessage, SyncQuery, UploadFile};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const FILES: usize = 6;
const FILE_BYTES: usize = 3_000_000;
const CONVERSATION: &str = "conv_anna_ben";

fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// A domain over existing engines.
async fn chat(store: Arc<dyn Store>, files: Arc<dyn Files>) -> Chat {
    let secrets = Secrets::load(&*store, &SystemRandom).await.unwrap();
    let settings = Settings { send_rate: 0, upload_rate: 0, ..Settings::default() };
    Chat::new(store, files, Arc::new(SystemClock), Arc::new(SystemRandom), &secrets, settings)
}

/// Opens the data folder while `look` runs.
async fn on_disk<T>(data: &Path, look: impl AsyncFnOnce(&Chat, &LocalFiles) -> T) -> T {
    let store = Arc::new(EmbeddedStore::open(&data.join("store"), jobline_store_embedded::Options::default()).unwrap());
    let files = LocalFiles::new(data.join("files"), "http://here", &[0; 32], Arc::new(SystemClock)).unwrap();
    let files = Arc::new(files);
    let found = look(&chat(store.clone(), files.clone()).await, &files).await;
    store.close().await;
    found
}

async fn in_cloud(account: &Account) -> Chat {
    let store = Arc::new(DynamoDbStore::new(account.dynamodb.config(), TABLE, Options::default()));
    let config = s3::account(s3::endpoint(), s3::key()).await;
    chat(store, Arc::new(S3Files::new(&config, &account.bucket, Arc::new(SystemClock)))).await
}

/// Two people talk, with pictures; Ben has read a part and continues to poll.
async fn furnish(chat: &Chat, files: &LocalFiles, folder: &TempDir) -> Cursors {
    let (anna, ben) = (user("anna"), user("ben"));
    let participants = vec!["anna".into(), "ben".into()];
    let job = HostJobInput { title: "Roof".into(), participants, status: JobStatus::Open, crew_history: None };
    chat.put_job(JobId::parse(1).unwrap(), job).await.unwrap();
    let say = async |text: String, file_url: Option<String>| {
        let input =
            SendMessage { receiver_id: Some("ben".into()), content: Some(text), file_url, ..SendMessage::default() };
        chat.send(&anna, input).await.unwrap().message
    };
    for number in 0..300 {
        say(format!("message {number} 👷 \"ä\"\n"), None).await;
    }
    let list = ListMessages { conversation_id: CONVERSATION.into(), ..ListMessages::default() };
    let cursors = Cursors {
        list: chat.list(&ben, list).await.unwrap().cursor,
        sync: chat.sync(&ben, SyncQuery::default()).await.unwrap().cursor,
    };
    for number in 0..FILES {
        let bytes: Vec<u8> =
            b"%PDF-".iter().copied().chain((0..FILE_BYTES).map(|at| (at * 31 + number) as u8)).collect();
        let path = folder.path().join("bytes");
        std::fs::write(&path, &bytes).unwrap();
        let announced = UploadFile {
            receiver_id: Some("ben".into()),
            file_name: format!("plan {number}.pdf"),
            file_size: bytes.len() as u64,
            content_type: "application/pdf".into(),
            ..UploadFile::default()
        };
        let target = chat.upload_file(&anna, announced).await.unwrap();
        files.write(&files.file_id(&target.file_url).unwrap(), "application/pdf", &path).await.unwrap();
        say(format!("plan {number}"), Some(target.file_url)).await;
    }
    say("the last word".into(), None).await;
    cursors
}

struct Cursors {
    list: String,
    sync: String,
}

/// Every answer to a polling client, byte for byte, except that file URLs are replaced by the bytes of the files, and
/// poll intervals are left out.
async fn told(chat: &Chat, cursors: &Cursors, files: &dyn Files) -> Value {
    let mut told = Vec::new();
    for id in ["anna", "ben"] {
        let me = user(id);
        told.push(json!(chat.conversations(&me, ListConversations::default()).await.unwrap()));
        let list = |since| ListMessages { conversation_id: CONVERSATION.into(), since, ..ListMessages::default() };
        told.push(json!(chat.list(&me, list(None)).await.unwrap()));
        if id == "ben" {
            told.push(json!(chat.list(&me, list(Some(cursors.list.clone()))).await.unwrap()));
            let since = SyncQuery { since: Some(cursors.sync.clone()), ..SyncQuery::default() };
            told.push(json!(chat.sync(&me, since).await.unwrap()));
        }
    }
    let mut told = Value::Array(told);
    replace_urls(&mut told);
    let mut bytes = Vec::new();
    for kept in files.list(None, 100).await.unwrap() {
        let hash = blake3::hash(&files.read(&kept.id, 0, usize::MAX >> 1).await.unwrap());
        bytes.push(json!([kept.id, kept.size, hash.to_string()]));
    }
    assert_eq!(bytes.len(), FILES);
    json!([told, bytes])
}

fn replace_urls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match name.as_str() {
                    "fileUrl" => *field = json!("…"),
                    "nextPollMs" => *field = json!(0),
                    _ => replace_urls(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(replace_urls),
        _ => {}
    }
}

/// Fails with only the first difference, since the whole values are very long.
#[track_caller]
fn assert_same(found: &Value, expected: &Value, at: &str) {
    match (found, expected) {
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs.for_each(|(index, (one, other))| assert_same(one, other, &format!("{at}[{index}]")));
        }
        (Value::Object(one), Value::Object(other)) if one.keys().eq(other.keys()) => {
            one.iter().for_each(|(name, field)| assert_same(field, &other[name], &format!("{at}.{name}")));
        }
        _ => assert_eq!(found, expected, "{at}"),
    }
}

/// The binary on a data folder.
fn on_machine(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobline"));
    command.env_clear().env("JOBLINE_DATA", data);
    command
}

fn begin(mut command: Command, what: &str, file: &Path) -> Child {
    command.arg(what).arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn finish(mut command: Command, arguments: &[&str], file: &Path) -> String {
    let output = command.args(arguments).arg(file).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Kills it as soon as `middle` is true, which must be before it ends.
fn kill_in(mut child: Child, middle: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !middle() {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before its middle");
        assert!(Instant::now() < deadline, "it never came to its middle");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_moves_to_the_cloud_and_back_without_a_difference() {
    let folder = tempfile::tempdir().unwrap();
    let (here, back) = (folder.path().join("here"), folder.path().join("back"));
    let (out, home) = (folder.path().join("out"), folder.path().join("home"));
    let cursors = on_disk(&here, async |chat, files| furnish(chat, files, &folder).await).await;
    // The first poll with Ben's cursors records delivery, which changes later answers.
    on_disk(&here, async |chat, files| told(chat, &cursors, files).await).await;
    let expected = on_disk(&here, async |chat, files| told(chat, &cursors, files).await).await;

    let partial = folder.path().join("out.partial");
    kill_in(begin(on_machine(&here), "export", &out), || length(&partial) > 2_000_000);
    assert!(!out.exists());
    finish(on_machine(&here), &["export"], &out);

    // Through links that go silent in the middle of the rows, and in the middle of the files.
    let mut account = Account::new().await;
    let (rows, files) = (Link::to(&account.dynamodb_endpoint).await, Link::to(s3::endpoint()).await);
    (account.dynamodb_endpoint, account.s3_endpoint) = (rows.endpoint.clone(), files.endpoint.clone());
    let rehearsed = finish(account.program(), &["import", "--dry-run"], &out);
    assert!(rehearsed.contains("The store is empty"), "{rehearsed}");
    rows.silent_after(150_000);
    kill_in(begin(account.program(), "import", &out), || rows.is_silent());
    rows.set(LinkState::Open);
    files.silent_after(2 * FILE_BYTES as i64);
    kill_in(begin(account.program(), "import", &out), || files.is_silent());
    files.set(LinkState::Open);
    let refused = account.program().arg("export").arg(&home).stdin(Stdio::null()).output().unwrap();
    assert!(!refused.status.success(), "half a conversation is no conversation");
    let rehearsed = finish(account.program(), &["import", "--dry-run"], &out);
    assert!(rehearsed.contains("interrupted"), "{rehearsed}");
    finish(account.program(), &["import"], &out);

    let bucket = S3Files::new(&s3::account(s3::endpoint(), s3::key()).await, &account.bucket, Arc::new(SystemClock));
    assert_same(&told(&in_cloud(&account).await, &cursors, &bucket).await, &expected, "in the cloud");

    let partial = folder.path().join("home.partial");
    files.silent_after(2 * FILE_BYTES as i64);
    kill_in(begin(account.program(), "export", &home), || files.is_silent());
    files.set(LinkState::Open);
    assert!(length(&partial) > 0 && !home.exists());
    finish(account.program(), &["export"], &home);
    kill_in(begin(on_machine(&back), "import", &home), || back.join("store").exists());
    finish(on_machine(&back), &["import"], &home);
    let found = on_disk(&back, async |chat, files| told(chat, &cursors, files).await).await;
    assert_same(&found, &expected, "on a machine again");
}
