//! Rows that are written once in the life of a deployment, and are the same for every server.

use super::{
    clock::Random,
    error::{Error, Result},
    rows,
};
use jobline_store::{Commit, Condition, Consistency, Key, Store, Token};
use serde::{Serialize, de::DeserializeOwned};

/// The row that `store` holds at `key`. A store without it gets the result of `make`; servers that start at the same
/// time agree. `what` names it in an error.
///
/// # Errors
/// `unavailable`, and those of `make`.
pub(crate) async fn row<R: Serialize + DeserializeOwned>(
    store: &dyn Store,
    random: &dyn Random,
    (key, what): (Key, &str),
    make: impl Fn() -> Result<R>,
) -> Result<R> {
    let mut cause = String::new();
    for _ in 0..8 {
        if let Some(row) = store.get(&key, Consistency::Strong).await? {
            return rows::decode(&row);
        }
        let row = rows::encode(&make()?);
        let commit = Commit::builder(Token(random.bits())).put(key.clone(), Condition::Absent, row, None).build()?;
        // Whatever the outcome, this server or another may have written the row: the next round reads it.
        match store.commit(&commit).await {
            Err(error @ (jobline_store::Error::TooLarge(_) | jobline_store::Error::Corrupt(_))) => {
                return Err(error.into());
            }
            Err(error) => cause = format!(": {error}"),
            Ok(_) => {}
        }
    }
    Err(Error::unavailable(format!("the row of {what} cannot be written{cause}")))
}
