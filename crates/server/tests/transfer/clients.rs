//! Moves from the view of clients.

use crate::folder::Folder;
use jobline_chat::{Chat, Files, JobId, Secrets, Settings, UserId};
use jobline_files_local::LocalFiles;
use jobline_server::system::{SystemClock, SystemRandom};
use jobline_store_embedded::{EmbeddedStore, Options};
use jobline_tools::transfer::{Engines, Pace, export, import};
use jobline_wire::{HostJobInput, JobStatus, ListMessages, Message, SendMessage, SyncQuery};
use std::sync::Arc;

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
        Engines { store: &self.store, scan: &self.store, files: &*self.files, clock, random, pace: Pace::GROUPS }
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
async fn cursors_stay_valid_after_a_move() {
    let (folder, from) = (Folder::new(), Machine::new().await);
    let (chat, bob) = (from.chat(), UserId::new("bob").unwrap());
    let participants = vec!["anna".into(), "bob".into()];
    let job = HostJobInput { title: "Fence".into(), participants, status: JobStatus::Open, crew_history: None };
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
    // A server was started on the new folder before, and created its own secrets.
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
