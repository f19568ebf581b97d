//! Which folder the files of a table are in: servers that share a table must not have a folder each.

use crate::{
    base::{
        clock::Random,
        error::{Error, Result},
        rows::{self, LAYOUT},
    },
    keys,
};
use jobline_store::{Commit, Consistency, Store, Token};
use serde::{Deserialize, Serialize};

/// How often a lost race is run again.
const ATTEMPTS: usize = 8;

/// `SYSTEM` / `FILES`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FolderRow {
    v: u8,
    /// The rows that the folder belongs to. A row that was imported, or restored into another table, names another
    /// folder.
    store: String,
    folder: String,
}

/// Whether the files of the rows in `store` (how it is called) are in `folder` (what tells it from all others). The first
/// one that asks makes it so.
///
/// # Errors
/// `unavailable`.
pub async fn claim_folder(table: &dyn Store, random: &dyn Random, store: &str, folder: &str) -> Result<bool> {
    let mine = FolderRow { v: LAYOUT, store: store.to_owned(), folder: folder.to_owned() };
    for _ in 0..ATTEMPTS {
        let row = table.get(&keys::folder(), Consistency::Strong).await?;
        let known: Option<FolderRow> = row.as_ref().map(rows::decode).transpose()?;
        if let Some(known) = known.filter(|known| known.store == mine.store) {
            return Ok(known == mine);
        }
        let condition = rows::as_read(row.as_ref());
        let put = Commit::builder(Token(random.bits())).put(keys::folder(), condition, rows::encode(&mine), None);
        // Whatever the outcome is, what is there now is read, not assumed.
        let _read_again = table.commit(&put.build()?).await;
    }
    Err(Error::unavailable("the row that names the folder of the files cannot be written"))
}
