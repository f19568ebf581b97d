//! The browsers of a user that get push notifications.

use super::limits::Limits;
use crate::{
    base::{
        attempts::Attempts,
        error::{Error, Result},
        id::UserId,
        rows::{self, LAYOUT},
    },
    context::Context,
    keys,
    outbox::port::PushSubscription,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jobline_store::{Condition, Consistency, Key, Outcome, Row, Version};
use jobline_wire::{
    AddPush, PushChanged, RemovePush,
    limits::{ENDPOINT_BYTES, PUSH_SUBSCRIPTIONS},
};
use serde::{Deserialize, Serialize};

/// The same subscription again is written at most once a day: apps tell it at every start.
const RENEWED_EVERY_MS: u64 = 86_400_000;
/// Bytes of a point on P-256 without compression, and what it begins with.
const POINT_BYTES: usize = 65;
const UNCOMPRESSED: u8 = 4;
const AUTH_BYTES: usize = 16;

/// `USER#<id>` / `PUSH#<hash of the endpoint>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PushRow {
    v: u8,
    endpoint: String,
    p256dh: String,
    auth: String,
    /// When the browser told it last.
    at: u64,
}

/// A browser's subscription, with its row.
pub(crate) struct Browser {
    pub key: Key,
    pub subscription: PushSubscription,
    at: u64,
    version: Version,
}

/// Notes that a browser gets push notifications. With more than ten, the one renewed longest ago is removed. The commit
/// depends on the user's limits, which are read before the other browsers, so that calls at the same time cannot add
/// more.
///
/// # Errors
/// `invalid_request`, `rate_limited`, `unavailable`.
pub(crate) async fn add(cx: &Context, me: &UserId, input: AddPush) -> Result<PushChanged> {
    check(&input)?;
    let key = keys::push(me, &input.endpoint);
    let mut attempts = Attempts::strong(&cx.db);
    loop {
        let limits = cx.db.get(&keys::limits(me), Consistency::Strong).await?;
        let (now, mut others) = (cx.now(), list(cx, me).await?);
        let known = others.iter().position(|one| one.key == key).map(|at| others.remove(at));
        if known.is_some_and(|known| known.is_current(&input, now)) {
            return Ok(PushChanged {});
        }
        let AddPush { endpoint, keys, .. } = &input;
        let (endpoint, p256dh, auth) = (endpoint.clone(), keys.p256dh.clone(), keys.auth.clone());
        let row = PushRow { v: LAYOUT, endpoint, p256dh, auth, at: now };
        let mut commit = Limits::new(me, limits.as_ref())?.take_subscription(now, cx.db.begin())?;
        commit = commit.put(key.clone(), Condition::Any, rows::encode(&row), None);
        others.sort_by_key(|one| std::cmp::Reverse(one.at));
        for old in others.drain(others.len().min(PUSH_SUBSCRIPTIONS - 1)..) {
            commit = commit.delete(old.key, Condition::Any);
        }
        match cx.db.commit(commit).await? {
            Outcome::Committed => return Ok(PushChanged {}),
            Outcome::Conflict(keys) => attempts.after_conflict(&keys).await?,
        }
    }
}

/// Puts another subscription in the place of one that the browser of `user` had, whose keys only that browser and this server
/// know: they prove whose it is. The same again changes nothing.
///
/// # Errors
/// `invalid_request`, `not_found` for a subscription that is not one of the user's, or whose keys are others; `rate_limited`,
/// `unavailable`.
pub(crate) async fn renew(cx: &Context, user: &UserId, before: &AddPush, now: AddPush) -> Result<PushChanged> {
    let is_known = is_known(cx, user, before).await?;
    // When the call is repeated, the old subscription is gone and the new one is there.
    if !is_known && !self::is_known(cx, user, &now).await? {
        return Err(Error::not_found("subscription"));
    }
    let is_same = now.endpoint == before.endpoint;
    add(cx, user, now).await?;
    match is_known && !is_same {
        true => remove(cx, user, RemovePush { endpoint: before.endpoint.clone() }).await,
        false => Ok(PushChanged {}),
    }
}

/// Whether it is a subscription of the user with these keys. Hashes are compared in constant time.
async fn is_known(cx: &Context, user: &UserId, told: &AddPush) -> Result<bool> {
    let row = cx.db.get(&keys::push(user, &told.endpoint), Consistency::Strong).await?;
    let Some(row) = row.as_ref().map(rows::decode::<PushRow>).transpose()? else { return Ok(false) };
    let hash = |p256dh: &str, auth: &str| blake3::hash(format!("{p256dh} {auth}").as_bytes());
    Ok(hash(&row.p256dh, &row.auth) == hash(&told.keys.p256dh, &told.keys.auth))
}

/// Ends notifications for a browser. No error when it got none.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn remove(cx: &Context, me: &UserId, input: RemovePush) -> Result<PushChanged> {
    let key = keys::push(me, &input.endpoint);
    cx.db.commit_unconditionally(cx.db.begin().delete(key, Condition::Any)).await?;
    Ok(PushChanged {})
}

/// Ends notifications for every browser of a user.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn remove_all(cx: &Context, user: &UserId) -> Result<()> {
    for browser in list(cx, user).await? {
        cx.db.commit_unconditionally(cx.db.begin().delete(browser.key, Condition::Any)).await?;
    }
    Ok(())
}

/// The browsers of a user.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn list(cx: &Context, user: &UserId) -> Result<Vec<Browser>> {
    let rows = cx.db.range_all(keys::pushes(user)).await?;
    rows.into_iter().map(|(key, row)| Browser::read(key, &row)).collect()
}

/// Forgets a browser, unless it has told itself again meanwhile.
///
/// # Errors
/// `unavailable`.
pub(crate) async fn forget(cx: &Context, browser: Browser) -> Result<()> {
    let Browser { key, version, .. } = browser;
    let _told_itself_again = cx.db.commit(cx.db.begin().delete(key, Condition::Version(version))).await?;
    Ok(())
}

impl Browser {
    fn read(key: Key, row: &Row) -> Result<Self> {
        let PushRow { endpoint, p256dh, auth, at, .. } = rows::decode(row)?;
        Ok(Self { key, subscription: PushSubscription { endpoint, p256dh, auth }, at, version: row.version })
    }

    fn is_current(&self, input: &AddPush, now: u64) -> bool {
        let PushSubscription { p256dh, auth, .. } = &self.subscription;
        (p256dh, auth) == (&input.keys.p256dh, &input.keys.auth) && now < self.at.saturating_add(RENEWED_EVERY_MS)
    }
}

/// Whether the endpoint is one of a push service that this deployment calls is for its caller to know.
fn check(input: &AddPush) -> Result<()> {
    if input.endpoint.is_empty() || input.endpoint.len() > ENDPOINT_BYTES {
        return Err(Error::invalid("endpoint", format!("endpoint is a URL of at most {ENDPOINT_BYTES} bytes.")));
    }
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
    let is_point = |bytes: Vec<u8>| bytes.len() == POINT_BYTES && bytes[0] == UNCOMPRESSED;
    if !bytes(&input.keys.p256dh).is_some_and(is_point) {
        let detail = "keys.p256dh is the public key that PushSubscription.toJSON() gives: 65 bytes in base64url.";
        return Err(Error::invalid("keys.p256dh", detail));
    }
    if bytes(&input.keys.auth).is_none_or(|bytes| bytes.len() != AUTH_BYTES) {
        let detail = "keys.auth is the secret that PushSubscription.toJSON() gives: 16 bytes in base64url.";
        return Err(Error::invalid("keys.auth", detail));
    }
    Ok(())
}
