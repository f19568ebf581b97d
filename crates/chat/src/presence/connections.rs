//! Live connections that something else than a server holds open, such as API Gateway: who is to be told that something
//! moved. On a server they are in its memory, and have no rows.

use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
        rows::{self, LAYOUT},
    },
    context::Context,
    keys,
};
use jobline_store::{CommitBuilder, Condition, Consistency, Key, Row};
use serde::{Deserialize, Serialize};

/// Ten minutes longer than API Gateway keeps a connection: the table removes what nobody else did.
const ROW_MS: u64 = 130 * 60_000;
/// The most connections of a user that are read. More are ended when they are opened.
const LOOKED_AT: usize = 20;

/// `USER#<id>` / `LIVE#<connection id>`, and `CONNECTION#<id>`, which says whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ConnectionRow {
    v: u8,
    user: String,
    /// When it was opened, in Unix milliseconds.
    at: u64,
    /// When its token expires, in Unix milliseconds.
    until: u64,
}

/// A live connection that has rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its id at the gateway that holds it open.
    pub id: String,
    /// Its user.
    pub user: UserId,
    /// When it was opened, in Unix milliseconds.
    pub opened_ms: u64,
    /// When its token expires, in Unix milliseconds. A later token moves it.
    pub token_expires_ms: u64,
}

/// Keeps a new connection: two rows, each in a commit of its own. One without the other does no harm, so they need not
/// cost a transaction.
pub(crate) async fn open(cx: &Context, connection: &Connection) -> Result<()> {
    let keys = keys_of(connection)?;
    let [owner, listed] = keys.map(|key| put(cx.db.begin(), key, Condition::Absent, connection).build());
    let (owner, listed) = (owner?, listed?);
    let (owner, listed) = futures_util::join!(cx.db.commit_built(&owner), cx.db.commit_built(&listed));
    // Names are never used again, so a row that is there already is this one.
    owner.and(listed).map(drop)
}

/// Keeps the later token of a connection.
pub(crate) async fn renew(cx: &Context, connection: &Connection) -> Result<()> {
    let rows = keys_of(connection)?.into_iter();
    let commit = rows.fold(cx.db.begin(), |commit, key| put(commit, key, Condition::Any, connection));
    cx.db.commit_unconditionally(commit).await
}

fn keys_of(Connection { id, user, .. }: &Connection) -> Result<[Key; 2]> {
    if keys::is_connection(id) {
        return Ok([keys::connection(id), keys::live(user, id)]);
    }
    Err(Error::unavailable("a connection has a name that no row can have"))
}

fn put(commit: CommitBuilder, key: Key, condition: Condition, connection: &Connection) -> CommitBuilder {
    let Connection { user, opened_ms, token_expires_ms, .. } = connection;
    let user = user.as_str().to_owned();
    let row = ConnectionRow { v: LAYOUT, user, at: *opened_ms, until: *token_expires_ms };
    commit.put(key, condition, rows::encode(&row), Some((opened_ms + ROW_MS) / 1_000))
}

/// The connection with this name; `None` when there is none, or it is over.
pub(crate) async fn find(cx: &Context, id: &str) -> Result<Option<Connection>> {
    if !keys::is_connection(id) {
        return Ok(None);
    }
    // Its first frame may come before an eventual read sees the row.
    let row = cx.db.get(&keys::connection(id), Consistency::Strong).await?;
    read(cx, id, row.as_ref())
}

/// The connections of `user`: the first twenty that are found. A connection that was opened a moment ago may be
/// missing: a client polls once it is open.
pub(crate) async fn of(cx: &Context, user: &UserId) -> Result<Vec<Connection>> {
    let rows = cx.db.range(keys::lives(user, LOOKED_AT)).await?;
    let named = rows.iter().filter_map(|(key, row)| Some((keys::live_connection(key)?, row)));
    named.filter_map(|(id, row)| read(cx, id, Some(row)).transpose()).collect()
}

/// Forgets a connection of `user` that is not there any more. The row that says whose it was expires by itself.
pub(crate) async fn forget(cx: &Context, user: &UserId, id: &str) -> Result<()> {
    cx.db.commit_unconditionally(cx.db.begin().delete(keys::live(user, id), Condition::Any)).await
}

fn read(cx: &Context, id: &str, row: Option<&Row>) -> Result<Option<Connection>> {
    let Some(row) = rows::live::<ConnectionRow>(row, cx.now())? else { return Ok(None) };
    let user = UserId::new(&row.user).ok_or_else(|| Error::unavailable("a stored connection is nobody's"))?;
    Ok(Some(Connection { id: id.to_owned(), user, opened_ms: row.at, token_expires_ms: row.until }))
}
