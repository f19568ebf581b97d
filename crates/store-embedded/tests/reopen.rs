//! What a store keeps when it is closed, dropped or killed.
#![allow(clippy::unwrap_used, reason = "helpers of tests, too")]

mod common;

use common::{all_rows, block_on, commit, is_there, key, open, write};
use jobline_store::{Commit, Condition, Consistency, Error, Outcome, Store, Token};
use jobline_store_embedded::{EmbeddedStore, OpenError, Options};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn a_new_folder_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/store");
    drop(open(&path).unwrap());
    for made in [path.as_path(), path.parent().unwrap()] {
        assert_eq!(std::fs::metadata(made).unwrap().permissions().mode() & 0o777, 0o700, "{}", made.display());
    }
}

#[tokio::test]
async fn everything_survives_closing_and_dropping() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = 0;
    for round in 0..6 {
        let store = open(folder.path()).unwrap();
        assert_eq!(all_rows(&store).await.unwrap().len() as u64, written * 5, "round {round}");
        for number in 0..written {
            assert!(is_there(&store, number, 300).await.unwrap(), "commit {number} in round {round}");
        }
        write(&store, written..written + 50).await;
        written += 50;
        if round % 2 == 0 {
            store.close().await;
        }
    }
}

#[tokio::test]
async fn deletions_replacements_and_expiry_survive() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let first = Commit::builder(Token(1)).put(key(0, 0), Condition::Any, "old", Some(100));
    let first = first.put(key(0, 1), Condition::Any, "gone", None).put(key(0, 2), Condition::Any, "due", Some(100));
    assert_eq!(store.commit(&first.build().unwrap()).await.unwrap(), Outcome::Committed);
    let second = Commit::builder(Token(2)).put(key(0, 0), Condition::Any, "new", Some(300));
    let second = second.delete(key(0, 1), Condition::Any).build().unwrap();
    assert_eq!(store.commit(&second).await.unwrap(), Outcome::Committed);
    store.close().await;
    drop(store);

    let store = open(folder.path()).unwrap();
    let rows = store.get_many(&[key(0, 0), key(0, 1), key(0, 2)], Consistency::Strong).await.unwrap();
    let values: Vec<_> = rows.iter().map(|row| row.as_ref().map(|row| row.value.as_ref())).collect();
    assert_eq!(values, [Some(&b"new"[..]), None, Some(b"due")]);
    assert_eq!(store.commit(&second).await.unwrap(), Outcome::Committed, "a repeated token is recognised by its rows");
    assert_eq!(store.sweep_expired(200, 10).await.unwrap(), 1);
    assert_eq!(all_rows(&store).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    write(&store, 0..1).await;
    store.close().await;
    store.close().await;
    assert!(matches!(store.commit(&commit(1, 300)).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.get(&key(5, 5), Consistency::Strong).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.sweep_expired(9, 9).await, Err(Error::Unavailable(_))));
    assert_eq!(store.queue_depth(), 0);
}

#[tokio::test]
async fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    let line = error.to_string();
    assert!(line.contains(&*folder.path().to_string_lossy()) && !line.contains('\n'), "{line}");
    store.close().await;
    assert!(open(folder.path()).is_ok(), "after closing, another process may open it");
}

#[tokio::test]
async fn a_store_whose_creation_was_interrupted_is_created_again() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).unwrap());
    // The files that a crash leaves while the store is created.
    let id = "jobline-store format=1 id=";
    let state = std::fs::read(folder.path().join("store.state")).unwrap();
    assert!(state.starts_with(id.as_bytes()));
    std::fs::remove_file(folder.path().join("store.state")).unwrap();
    std::fs::remove_dir_all(folder.path().join("db")).unwrap();
    std::fs::write(folder.path().join("store.state.new"), &state[..100]).unwrap();
    let store = open(folder.path()).unwrap();
    write(&store, 0..3).await;
}

/// The environment variable that gives the child its folder.
const CHILD: &str = "JOBLINE_TEST_KILLED_STORE";

/// Runs only in the child process that is killed.
#[test]
fn killed_child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let (folder, first) = folder.split_once('|').unwrap();
    // Small memtables, so that kills also hit the writing of tables and changes of journals.
    let options = Options { memtable_bytes: 256 * 1024, ..Options::default() };
    let store = EmbeddedStore::open(Path::new(folder), options).unwrap();
    let first: u64 = first.parse().unwrap();
    block_on(async {
        let clients = (0..8).map(|client| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in (first + client..).step_by(8) {
                    let outcome = store.commit(&commit(number, 300)).await.unwrap();
                    assert_eq!(outcome, Outcome::Committed);
                    let line = format!("answered {number}\n");
                    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
                }
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
    });
}

/// Runs the child until it has acknowledged `enough` commits and kills it. Returns the numbers of those commits.
fn run_and_kill(folder: &Path, first: u64, enough: usize) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killed_child", "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, format!("{}|{first}", folder.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answered = Vec::new();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        // The last line may be incomplete, and the test harness writes to the first.
        let number = line.split_once("answered ").and_then(|(_, number)| number.parse::<u64>().ok());
        answered.extend(number);
        if answered.len() == enough {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    answered.truncate(answered.len().saturating_sub(1));
    answered
}

#[test]
fn answered_requests_survive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered = Vec::new();
    for (round, enough) in [1, 300, 3000, 40, 1000].into_iter().enumerate() {
        answered.extend(run_and_kill(folder.path(), round as u64 * 1_000_000, enough));
        let store = open(folder.path()).unwrap();
        block_on(async {
            for number in &answered {
                assert!(is_there(&store, *number, 300).await.unwrap(), "commit {number} was answered and is lost");
            }
            let rows = all_rows(&store).await.unwrap();
            assert_eq!(rows.len() % 5, 0, "commits are whole");
            assert!(rows.len() >= answered.len() * 5);
        });
        if round % 2 == 0 {
            block_on(store.close());
        }
    }
    assert!(answered.len() > 4000);
}
