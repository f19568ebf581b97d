//! Where public keys come from, and when they are read again.

use super::cache::VerifiedTokens;
use super::fetch::{Fetch, JWKS_BYTES, is_trustworthy};
use super::jwks::KeySet;
use jobline_chat::Clock;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

/// How often keys are fetched from a URL when the response has no `max-age`, and the bounds for its `max-age`.
const URL_EVERY_MS: u64 = 600_000;
const URL_EVERY_BOUNDS_MS: (u64, u64) = (60_000, 3_600_000);
/// The first wait after a failure; it doubles with each one, up to [`URL_EVERY_MS`].
const RETRY_MS: u64 = 5_000;
/// An unknown `kid` triggers a fetch, but not more often than this: strangers can send any number of them.
const URL_UNKNOWN_EVERY_MS: u64 = 30_000;
/// How often a file is checked, which is cheap.
const FILE_EVERY_MS: u64 = 3_000;
/// The furthest that a refresh is scheduled ahead. A later one was scheduled before the clock was set back.
const FURTHEST_MS: u64 = URL_EVERY_BOUNDS_MS.1;

/// Why keys are read again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// They may have changed by now.
    Due,
    /// A token names a key that is not among them.
    UnknownKey,
}

/// Where a JWKS is.
pub(super) enum Origin {
    Url { url: String, fetch: Arc<dyn Fetch> },
    File { path: PathBuf, seen: Mutex<Option<Stamp>> },
}

/// Differs when a file was changed.
type Stamp = (SystemTime, u64);

/// What was read from an origin.
struct Read {
    /// `None`: nothing has changed since the last time.
    keys: Option<KeySet>,
    again_in_ms: u64,
}

impl Origin {
    pub(super) fn url(url: String, fetch: Arc<dyn Fetch>) -> Result<Self, String> {
        if !is_trustworthy(&url) {
            return Err("--jwks-url (JOBLINE_JWKS_URL) must be an https URL, or http on a loopback address".to_owned());
        }
        Ok(Self::Url { url, fetch })
    }

    pub(super) fn file(path: PathBuf) -> Self {
        Self::File { path, seen: Mutex::new(None) }
    }

    /// May block.
    fn load(&self) -> Result<Read, String> {
        match self {
            Self::Url { url, fetch } => {
                let fetched = fetch.fetch(url)?;
                let again_in_ms = fresh_for_ms(fetched.cache_control.as_deref());
                Ok(Read { keys: Some(KeySet::parse(&fetched.body)?), again_in_ms })
            }
            Self::File { path, seen } => {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                let keys = read_if_changed(path, &mut seen)?;
                Ok(Read { keys, again_in_ms: FILE_EVERY_MS })
            }
        }
    }

    fn retry_ms(&self, failures: u32) -> u64 {
        match self {
            Self::Url { .. } => RETRY_MS.saturating_mul(1 << failures.min(16)).min(URL_EVERY_MS),
            Self::File { .. } => FILE_EVERY_MS,
        }
    }

    fn unknown_every_ms(&self) -> u64 {
        match self {
            Self::Url { .. } => URL_UNKNOWN_EVERY_MS,
            Self::File { .. } => FILE_EVERY_MS,
        }
    }

    /// How late a refresh may be, in milliseconds, before requests do it themselves.
    fn patience_ms(&self) -> u64 {
        match self {
            Self::Url { .. } => 60_000,
            Self::File { .. } => FILE_EVERY_MS,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Url { url, .. } => format!("--jwks-url {url}"),
            Self::File { path, .. } => format!("--jwks-file {}", path.display()),
        }
    }
}

/// The `max-age` of a response in milliseconds, within bounds.
fn fresh_for_ms(cache_control: Option<&str>) -> u64 {
    let Some(text) = cache_control else { return URL_EVERY_MS };
    let (least, most) = URL_EVERY_BOUNDS_MS;
    let mut fresh_ms = URL_EVERY_MS;
    for directive in text.split(',').map(|one| one.trim().to_ascii_lowercase()) {
        if directive == "no-store" || directive == "no-cache" {
            return least;
        }
        if let Some(seconds) = directive.strip_prefix("max-age=").and_then(|text| text.parse::<u64>().ok()) {
            fresh_ms = seconds.saturating_mul(1_000).clamp(least, most);
        }
    }
    fresh_ms
}

fn read_if_changed(path: &Path, seen: &mut Option<Stamp>) -> Result<Option<KeySet>, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    let stamp = (metadata.modified().map_err(|error| error.to_string())?, metadata.len());
    if *seen == Some(stamp) {
        return Ok(None);
    }
    if metadata.len() > JWKS_BYTES {
        return Err(format!("it is larger than {JWKS_BYTES} bytes"));
    }
    let mut json = Vec::new();
    file.by_ref().take(JWKS_BYTES).read_to_end(&mut json).map_err(|error| error.to_string())?;
    let keys = KeySet::parse(&json)?;
    // The stamp is stored only after the file was read successfully, so a half-written file is read again.
    *seen = Some(stamp);
    Ok(Some(keys))
}

/// The keys of one origin, as last read. When it cannot be read, the keys stay.
pub(super) struct Source {
    origin: Origin,
    keys: RwLock<Arc<KeySet>>,
    verified: Arc<VerifiedTokens>,
    /// Held while the origin is read: other requests wait for the result instead of reading it too.
    reading: tokio::sync::Mutex<()>,
    due_ms: AtomicU64,
    /// When the source was last read for an unknown key.
    asked_ms: AtomicU64,
    failures: AtomicU32,
    loaded: AtomicBool,
}

impl Source {
    /// A file must be readable now. A URL need not be: that server may start later than this one.
    pub(super) fn new(origin: Origin, verified: Arc<VerifiedTokens>, now_ms: u64) -> Result<Self, String> {
        let source = Self {
            origin,
            keys: RwLock::default(),
            verified,
            reading: tokio::sync::Mutex::default(),
            due_ms: AtomicU64::new(0),
            asked_ms: AtomicU64::new(0),
            failures: AtomicU32::new(0),
            loaded: AtomicBool::new(false),
        };
        if matches!(source.origin, Origin::File { .. }) {
            let loaded = source.origin.load().map_err(|error| format!("{}: {error}", source.origin.name()))?;
            source.accept(loaded, now_ms);
        }
        Ok(source)
    }

    pub(super) fn keys(&self) -> Arc<KeySet> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether keys have ever been read.
    pub(super) fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    fn is_time(&self, why: Why, now_ms: u64) -> bool {
        match why {
            Why::Due => self.is_due(now_ms),
            Why::UnknownKey => self.may_ask_again(now_ms),
        }
    }

    /// Whether it is time for a refresh.
    fn is_due(&self, now_ms: u64) -> bool {
        let due_ms = self.due_ms.load(Ordering::Acquire);
        now_ms >= due_ms || due_ms.saturating_sub(now_ms) > FURTHEST_MS
    }

    /// Whether a refresh is so late that nothing seems to refresh in the background.
    pub(super) fn is_overdue(&self, now_ms: u64) -> bool {
        // Without any keys, there is no reason to wait.
        let patience_ms = if self.is_loaded() { self.origin.patience_ms() } else { 0 };
        let due_ms = self.due_ms.load(Ordering::Acquire);
        now_ms >= due_ms.saturating_add(patience_ms) || due_ms.saturating_sub(now_ms) > FURTHEST_MS
    }

    /// Whether an unknown key may trigger a refresh now: the first unknown key may at once, however recently the keys
    /// were read.
    fn may_ask_again(&self, now_ms: u64) -> bool {
        now_ms.abs_diff(self.asked_ms.load(Ordering::Acquire)) >= self.origin.unknown_every_ms()
    }

    pub(super) fn due_in_ms(&self, now_ms: u64) -> u64 {
        self.due_ms.load(Ordering::Acquire).saturating_sub(now_ms).min(FURTHEST_MS)
    }

    /// Reads the origin if it is still time for that once no other task is reading it.
    pub(super) async fn refresh(self: &Arc<Self>, clock: &Arc<dyn Clock>, why: Why) {
        if !self.is_time(why, clock.now_ms()) {
            return;
        }
        let (source, clock) = (Arc::clone(self), Arc::clone(clock));
        // In a task, so that the result is kept even if the request that started it is cancelled.
        let refresh = tokio::spawn(async move {
            let _turn = source.reading.lock().await;
            if source.is_time(why, clock.now_ms()) {
                if why == Why::UnknownKey {
                    source.asked_ms.store(clock.now_ms(), Ordering::Release);
                }
                source.read(&clock).await;
            }
        });
        if let Err(error) = refresh.await {
            tracing::error!(%error, "refreshing the signing keys failed");
        }
    }

    async fn read(self: &Arc<Self>, clock: &Arc<dyn Clock>) {
        let source = Arc::clone(self);
        let loaded = tokio::task::spawn_blocking(move || source.origin.load()).await;
        match loaded.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(loaded) => self.accept(loaded, clock.now_ms()),
            Err(reason) => {
                let failures = self.failures.fetch_add(1, Ordering::AcqRel);
                let retry_ms = self.origin.retry_ms(failures);
                self.due_ms.store(clock.now_ms() + retry_ms, Ordering::Release);
                let source = self.origin.name();
                tracing::warn!(
                    source,
                    reason,
                    retry_ms,
                    "the signing keys could not be read; the previous ones stay in use"
                );
            }
        }
    }

    fn accept(&self, loaded: Read, now_ms: u64) {
        self.failures.store(0, Ordering::Release);
        self.asked_ms.store(now_ms, Ordering::Release);
        self.due_ms.store(now_ms + loaded.again_in_ms, Ordering::Release);
        if let Some(keys) = loaded.keys
            && *self.keys() != keys
        {
            tracing::info!(source = self.origin.name(), keys = keys.len(), "the signing keys have changed");
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
            self.verified.forget();
        }
        self.loaded.store(true, Ordering::Release);
    }
}
