//! The VAPID key pair, which identifies a deployment to push services. Browsers subscribe with it, so a new one would
//! end every subscription: it is generated once.

use super::{
    clock::Random,
    error::{Error, Result},
    once,
    rows::LAYOUT,
};
use crate::keys;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jobline_store::Store;
use serde::{Deserialize, Serialize};

/// `SYSTEM` / `VAPID`.
#[derive(Serialize, Deserialize)]
struct VapidRow {
    v: u8,
    /// PKCS #8, base64.
    key: String,
}

/// The key pair that `store` holds; a store without one gets the result of `make`. Servers that start at the same time
/// agree.
///
/// # Errors
/// `unavailable`.
pub async fn push_key(
    store: &dyn Store,
    random: &dyn Random,
    make: impl Fn() -> Option<Vec<u8>> + Send + Sync,
) -> Result<Vec<u8>> {
    let new = || {
        let key = make().ok_or_else(|| Error::unavailable("a key for push notifications cannot be made"))?;
        Ok(VapidRow { v: LAYOUT, key: STANDARD.encode(key) })
    };
    let row = once::row(store, random, (keys::vapid(), "the key of push"), new).await?;
    STANDARD.decode(row.key).map_err(|_| Error::unavailable("the row of the key of push is damaged"))
}
