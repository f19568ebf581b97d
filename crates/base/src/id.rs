//! Ids, checked when they are made from text.
//!
//! None of them contains `#` or `/`, so none can break the key layout of `keys.rs`.

use crate::error::{Error, Result};
use jobline_wire::limits::{JOB_ID_MAX, USER_ID_BYTES};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::hash::{Hash, Hasher};
use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

/// A user of the host: 1–128 bytes of `A–Z a–z 0–9 . _ | @ : + = ~ -`. Cloning it is cheap.
#[derive(Clone)]
pub struct UserId {
    /// The id itself, or the id of a pair that it is a part of.
    text: Arc<str>,
    at: Range<u16>,
}

impl UserId {
    /// `text` as a user id; `None` when it is not one.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        is_user_id(text).then(|| Self { text: text.into(), at: 0..length(text) })
    }

    /// `text` as a user id that was sent in `field`.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self> {
        Self::new(text).ok_or_else(|| {
            Error::invalid(
                field,
                format!("{field} is not a user id: 1 to 128 characters, each of A–Z a–z 0–9 . _ | @ : + = ~ -."),
            )
        })
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text[usize::from(self.at.start)..usize::from(self.at.end)]
    }
}

fn is_user_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._|@:+=~-".contains(&byte);
    (1..=USER_ID_BYTES).contains(&text.len()) && text.bytes().all(allowed)
}

/// The length of a user id, or of a part of a pair's id.
fn length(text: &str) -> u16 {
    u16::try_from(text.len()).expect("two user ids, each byte of them escaped, are shorter than 64 KiB")
}

impl PartialEq for UserId {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for UserId {}

impl PartialOrd for UserId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for UserId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for UserId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UserId").field(&self.as_str()).finish()
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for UserId {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| D::Error::custom("not a user id"))
    }
}

/// A job of the host: 1 to 2^53 − 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(u64);

impl JobId {
    /// `number` as a job id.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn parse(number: u64) -> Result<Self> {
        if (1..=JOB_ID_MAX).contains(&number) {
            return Ok(Self(number));
        }
        Err(Error::invalid("jobId", "jobId is a whole number from 1 to 9007199254740991."))
    }

    /// The id as a number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// A conversation: the pair of two users, `conv_<a>_<b>` with their ids in byte order, or the crew of a job, `crew_<job id>`.
///
/// In each user id `~` is written as `~0` and `_` as `~1`, so that the `_` in the middle is the only one after the prefix
/// and no two pairs share an id. User ids without those two characters appear as they are. Cloning it is cheap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId {
    text: Arc<str>,
    of: Of,
}

/// The kind of conversation, with its members.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Of {
    /// In byte order.
    Pair([UserId; 2]),
    Crew(JobId),
}

impl ConversationId {
    /// The conversation of two different users.
    #[must_use]
    pub fn of(one: &UserId, other: &UserId) -> Option<Self> {
        if one == other {
            return None;
        }
        let mut pair = [one.clone(), other.clone()];
        pair.sort();
        let text = ["conv_", &escape(pair[0].as_str()), "_", &escape(pair[1].as_str())].concat();
        Some(Self { text: text.into(), of: Of::Pair(pair) })
    }

    /// The conversation of all participants of a job.
    #[must_use]
    pub fn crew(job: JobId) -> Self {
        Self { text: format!("crew_{}", job.get()).into(), of: Of::Crew(job) }
    }

    /// `text` as a conversation id; `None` when no pair of users and no job has it.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        if let Some(job) = text.strip_prefix("crew_") {
            let crew = Self::crew(JobId::parse(job.parse().ok()?).ok()?);
            // Only the canonical form of the number is an id.
            return (*crew.text == *text).then_some(crew);
        }
        let (a, b) = text.strip_prefix("conv_")?.split_once('_')?;
        let users = [unescape(a)?, unescape(b)?];
        // Each user id has one escaped form, so two texts of one pair could differ only in the order.
        if !users.iter().all(|user| is_user_id(user)) || users[0] >= users[1] {
            return None;
        }
        let text: Arc<str> = text.into();
        let (first, second) = (length("conv_"), length(&text) - length(b));
        let [one, other] = users;
        let pair = [part(&text, first, one), part(&text, second, other)];
        Some(Self { text, of: Of::Pair(pair) })
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The two users of a pair, in byte order; `None` of a crew, whose members are in its row.
    #[must_use]
    pub fn pair(&self) -> Option<&[UserId; 2]> {
        match &self.of {
            Of::Pair(pair) => Some(pair),
            Of::Crew(_) => None,
        }
    }

    /// The job of a crew; `None` of a pair.
    #[must_use]
    pub fn crew_job(&self) -> Option<JobId> {
        match &self.of {
            Of::Pair(_) => None,
            Of::Crew(job) => Some(*job),
        }
    }

    /// Which of the two members of a pair `user` is, 0 or 1, and the other one.
    #[must_use]
    pub fn side(&self, user: &UserId) -> Option<(usize, &UserId)> {
        let [one, other] = self.pair()?;
        match user {
            _ if user == one => Some((0, other)),
            _ if user == other => Some((1, one)),
            _ => None,
        }
    }
}

/// The user whose id begins at `begin` in the id of a pair: shares that text, unless the id had to be unescaped.
fn part(pair: &Arc<str>, begin: u16, user: Cow<'_, str>) -> UserId {
    match user {
        Cow::Borrowed(user) => UserId { text: Arc::clone(pair), at: begin..begin + length(user) },
        Cow::Owned(user) => UserId { at: 0..length(&user), text: user.into() },
    }
}

fn escape(id: &str) -> Cow<'_, str> {
    if !id.contains(['~', '_']) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(id.replace('~', "~0").replace('_', "~1"))
}

fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['~', '_']) {
        return Some(Cow::Borrowed(text));
    }
    let mut id = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        match (char, char == '~') {
            (_, true) => id.push(match rest.next()? {
                '0' => '~',
                '1' => '_',
                _ => return None,
            }),
            ('_', _) => return None,
            _ => id.push(char),
        }
    }
    Some(Cow::Owned(id))
}

/// The most digits of the milliseconds in a message id.
const MS_DIGITS: usize = 14;

/// `message_<unix ms>_<nanoid>`: the milliseconds are its `createdAt`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId {
    text: String,
    at_ms: u64,
}

impl MessageId {
    /// A new id for a message accepted at `at_ms`.
    #[must_use]
    pub fn make(at_ms: u64, nanoid: &str) -> Self {
        let mut text = String::with_capacity("message__".len() + MS_DIGITS + nanoid.len());
        // Writing to a String does not fail.
        let _ = write!(text, "message_{at_ms}_{nanoid}");
        Self { text, at_ms }
    }

    /// `text` as a message id; `None` when it does not have that form.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let (ms, nanoid) = text.strip_prefix("message_")?.split_once('_')?;
        let at_ms: u64 = ms.parse().ok()?;
        let plain = nanoid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        let fits = plain && (1..=32).contains(&nanoid.len()) && ms.len() <= MS_DIGITS && at_ms.to_string() == ms;
        fits.then(|| Self { text: text.to_owned(), at_ms })
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// When the message was accepted, in Unix milliseconds.
    #[must_use]
    pub fn at_ms(&self) -> u64 {
        self.at_ms
    }
}
