//! The engines that are compared, each with the same two operations.

use crate::{Result, Rows};
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use jobline_store::{Commit, Condition, Key, Store, Token};
use jobline_store_embedded::{EmbeddedStore, Options};
use redb::{ReadableDatabase, TableDefinition};
use rusqlite::Connection;
use std::path::Path;

/// What is compared: writing rows durably, and reading one.
pub(crate) trait Engine {
    fn write(&mut self, rows: Rows) -> Result<()>;
    fn read(&mut self, key: &[u8]) -> Result<bool>;
    fn close(self: Box<Self>);
}

pub(crate) fn open(name: &str, folder: &Path) -> Result<Box<dyn Engine>> {
    Ok(match name {
        "fjall" => Box::new(Fjall::open(folder)?),
        "sqlite" => Box::new(Sqlite::open(folder)?),
        "redb" => Box::new(Redb::open(folder)?),
        _ => Box::new(Jobline::open(folder)?),
    })
}

struct Fjall(Database, Keyspace);

impl Fjall {
    fn open(folder: &Path) -> Result<Self> {
        let database = Database::builder(folder)
            .cache_size(8 << 20)
            .journal_compression(CompressionType::None)
            .worker_threads(2)
            .open()?;
        let rows = database.keyspace("rows", || KeyspaceCreateOptions::default().max_memtable_size(8 << 20))?;
        Ok(Self(database, rows))
    }
}

impl Engine for Fjall {
    fn write(&mut self, rows: Rows) -> Result<()> {
        let mut batch = self.0.batch().durability(Some(PersistMode::SyncData));
        rows.into_iter().for_each(|(key, value)| batch.insert(&self.1, key, value));
        Ok(batch.commit()?)
    }

    fn read(&mut self, key: &[u8]) -> Result<bool> {
        Ok(self.1.get(key)?.is_some())
    }

    fn close(self: Box<Self>) {}
}

struct Sqlite(Connection);

impl Sqlite {
    fn open(folder: &Path) -> Result<Self> {
        let connection = Connection::open(folder.join("sqlite"))?;
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192;
             CREATE TABLE IF NOT EXISTS rows (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",
        )?;
        Ok(Self(connection))
    }
}

impl Engine for Sqlite {
    fn write(&mut self, rows: Rows) -> Result<()> {
        let transaction = self.0.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO rows VALUES (?1, ?2)")?;
            for row in rows {
                insert.execute(row)?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn read(&mut self, key: &[u8]) -> Result<bool> {
        Ok(self.0.prepare_cached("SELECT 1 FROM rows WHERE key = ?1")?.exists([key])?)
    }

    fn close(self: Box<Self>) {}
}

pub(crate) const TABLE: TableDefinition<&[u8], &[u8]> = TableDefinition::new("rows");

struct Redb(redb::Database);

impl Redb {
    fn open(folder: &Path) -> Result<Self> {
        Ok(Self(redb::Builder::new().set_cache_size(16 << 20).create(folder.join("redb"))?))
    }
}

impl Engine for Redb {
    fn write(&mut self, rows: Rows) -> Result<()> {
        let transaction = self.0.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            for (key, value) in &rows {
                table.insert(key.as_slice(), value.as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn read(&mut self, key: &[u8]) -> Result<bool> {
        Ok(self.0.begin_read()?.open_table(TABLE)?.get(key)?.is_some())
    }

    fn close(self: Box<Self>) {}
}

struct Jobline {
    store: EmbeddedStore,
    runtime: tokio::runtime::Runtime,
    token: u128,
}

impl Jobline {
    fn open(folder: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Self { store: EmbeddedStore::open(folder, Options::default())?, runtime, token: 0 })
    }
}

impl Engine for Jobline {
    /// Commits of five rows, at once, so that they form a group as those of concurrent callers do.
    fn write(&mut self, rows: Rows) -> Result<()> {
        let mut commits = Vec::new();
        for rows in rows.chunks(5) {
            self.token += 1;
            let mut commit = Commit::builder(Token(self.token));
            for (key, value) in rows {
                commit = commit.put(port_key(key)?, Condition::Absent, value.clone(), None);
            }
            commits.push(commit.build()?);
        }
        let store = &self.store;
        self.runtime.block_on(async {
            // Each is queued when it is polled first.
            let mut waiting: Vec<_> = commits.iter().map(|commit| store.commit(commit)).collect();
            let mut done = Vec::new();
            std::future::poll_fn(|context| {
                waiting.retain_mut(|commit| match commit.as_mut().poll(context) {
                    std::task::Poll::Ready(outcome) => {
                        done.push(outcome);
                        false
                    }
                    std::task::Poll::Pending => true,
                });
                if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            })
            .await;
            done.into_iter().try_for_each(|outcome| outcome.map(drop))
        })?;
        Ok(())
    }

    fn read(&mut self, key: &[u8]) -> Result<bool> {
        let key = port_key(key)?;
        Ok(self.runtime.block_on(self.store.get(&key, jobline_store::Consistency::Strong))?.is_some())
    }

    fn close(self: Box<Self>) {
        self.runtime.block_on(self.store.close());
    }
}

pub(crate) fn port_key(key: &[u8]) -> Result<Key> {
    let text = std::str::from_utf8(key)?;
    let (partition, sort) = text.split_once('\0').ok_or("a key has two parts")?;
    Ok(Key::new(partition, sort))
}
