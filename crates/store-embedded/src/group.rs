//! Decides commits against the rows, and against the changes of earlier commits that readers do not see yet.

use crate::cache::{Lookup, RowCache};
use crate::codec::{self, Head};
use crate::error::{guarded, read_error};
use fjall::{Keyspace, Slice};
use jobline_store::{Action, Commit, Condition, Error, Key, Outcome, Row, Token, Version};
use quick_cache::DefaultHashBuilder;
use std::collections::{HashMap, HashSet};

/// An encoded commit. Callers encode in parallel, because there is only one writer.
pub(crate) struct Prepared {
    token: Token,
    version: Version,
    operations: Vec<PreparedOperation>,
    pub(crate) bytes: usize,
}

struct PreparedOperation {
    row_key: Slice,
    condition: Condition,
    change: Option<Change>,
}

/// The change of a row: its new content, or its deletion.
#[derive(Clone)]
struct Change {
    head: Option<Head>,
    encoded: Option<Slice>,
    /// Whether the row is likely to be read: it existed or was looked up before.
    worth_caching: bool,
}

const DELETED: Change = Change { head: None, encoded: None, worth_caching: false };

impl Prepared {
    pub(crate) fn new(commit: &Commit) -> Result<Self, Error> {
        let version = commit.version();
        let mut operations = Vec::with_capacity(commit.operations().len());
        let (mut buffer, mut bytes) = (Vec::with_capacity(1024), 0);
        for operation in commit.operations() {
            let key = &operation.key;
            if key.partition.contains('\0') || key.sort.contains('\0') {
                return Err(Error::TooLarge(format!(
                    "the key {key:?} has a NUL character; the embedded engine cannot store it"
                )));
            }
            let change = match &operation.action {
                Action::Put { value, expires } => {
                    let head = Head { version, expires: *expires };
                    let encoded = codec::encode_row(&mut buffer, head, value);
                    bytes += encoded.len() + 128;
                    Some(Change { head: Some(head), encoded: Some(encoded), worth_caching: false })
                }
                Action::Delete => Some(DELETED),
                Action::Check => None,
            };
            let row_key = codec::encode_key(&mut buffer, &key.partition, &key.sort);
            bytes += row_key.len();
            operations.push(PreparedOperation { row_key, condition: operation.condition, change });
        }
        Ok(Self { token: commit.token(), version, operations, bytes })
    }

    pub(crate) fn token(&self) -> Token {
        self.token
    }
}

/// The usual number of rows in a commit.
const ROWS_PER_COMMIT: usize = 5;

/// The head of a row if it exists; the outer `None` if the row was not looked up.
type Seen = Option<Option<Head>>;

/// The rows as they are before the group.
pub(crate) struct Base<'a> {
    /// The previous group, which is being written.
    pub(crate) writing: Option<&'a Group>,
    pub(crate) cache: &'a RowCache,
    pub(crate) rows: &'a Keyspace,
}

impl Base<'_> {
    /// What is known of a row without the database.
    fn known(&self, row_key: &[u8]) -> Seen {
        if let Some(written) = self.writing.and_then(|group| group.change_of(row_key)) {
            return Some(written);
        }
        match self.cache.get(row_key) {
            Lookup::Hit(row) => Some(row.as_ref().map(head)),
            Lookup::Miss(_) => None,
        }
    }

    fn stored(&self, row_key: &[u8]) -> Result<Option<Head>, Error> {
        let row = guarded(|| self.rows.get(row_key).map_err(read_error))?;
        row.map(|row| codec::decode_head(&row).map(|(head, _)| head)).transpose()
    }
}

fn head(row: &Row) -> Head {
    Head { version: row.version, expires: row.expires }
}

/// The changes of one group.
#[derive(Default)]
pub(crate) struct Group {
    changes: HashMap<Slice, Change, DefaultHashBuilder>,
    /// Keys of the expiry index, and whether they exist afterwards.
    index: HashMap<Slice, bool, DefaultHashBuilder>,
    tokens: HashSet<Token, DefaultHashBuilder>,
}

impl Group {
    pub(crate) fn of(commits: usize) -> Self {
        let rows = commits * ROWS_PER_COMMIT;
        Self {
            changes: HashMap::with_capacity_and_hasher(rows, DefaultHashBuilder::default()),
            tokens: HashSet::with_capacity_and_hasher(commits, DefaultHashBuilder::default()),
            index: HashMap::default(),
        }
    }

    /// Decides `commit`, and adds its changes if all its conditions hold.
    pub(crate) fn decide(&mut self, mut commit: Prepared, base: &Base) -> Result<Outcome, Error> {
        if self.tokens.contains(&commit.token) || base.writing.is_some_and(|group| group.tokens.contains(&commit.token))
        {
            return Ok(Outcome::Committed);
        }
        let mut heads = Vec::with_capacity(commit.operations.len());
        for operation in &mut commit.operations {
            let mut seen = self.change_of(&operation.row_key).or_else(|| base.known(&operation.row_key));
            if let Some(change) = &mut operation.change {
                change.worth_caching = seen.is_some();
            }
            if seen.is_none() && operation.condition != Condition::Any {
                seen = Some(base.stored(&operation.row_key)?);
            }
            heads.push(seen);
        }
        let failing = commit.operations.iter().zip(&heads);
        let failing = failing.filter(|(operation, seen)| !holds(operation.condition, **seen));
        let failing: Vec<Key> =
            failing.map(|(operation, _)| codec::port_key(&operation.row_key)).collect::<Result<_, _>>()?;
        if failing.is_empty() {
            self.add(commit, heads);
            return Ok(Outcome::Committed);
        }
        if self.has_happened(&commit, &heads, base)? { Ok(Outcome::Committed) } else { Ok(Outcome::Conflict(failing)) }
    }

    fn change_of(&self, row_key: &[u8]) -> Seen {
        self.changes.get(row_key).map(|change| change.head)
    }

    /// Whether this commit was written before: all its rows are as it wrote them.
    fn has_happened(&self, commit: &Prepared, heads: &[Seen], base: &Base) -> Result<bool, Error> {
        let mut wrote = false;
        for (operation, seen) in commit.operations.iter().zip(heads) {
            let Some(change) = &operation.change else { continue };
            let seen = match seen {
                Some(seen) => *seen,
                None => base.stored(&operation.row_key)?,
            };
            if seen.map(|head| head.version) != change.head.map(|_| commit.version) {
                return Ok(false);
            }
            wrote |= change.head.is_some();
        }
        Ok(wrote)
    }

    fn add(&mut self, commit: Prepared, heads: Vec<Seen>) {
        self.tokens.insert(commit.token);
        for (operation, seen) in commit.operations.into_iter().zip(heads) {
            if let Some(change) = operation.change {
                self.change(operation.row_key, change, seen);
            }
        }
    }

    fn change(&mut self, row_key: Slice, mut change: Change, seen: Seen) {
        change.worth_caching |= seen.flatten().is_some();
        let before = seen.flatten().and_then(|head| head.expires);
        let after = change.head.and_then(|head| head.expires);
        // If the former expiry is unknown its entry stays, and the sweep finds that it does not match the row.
        if let Some(expires) = before.filter(|_| before != after) {
            self.index.insert(codec::expiry_key(expires, &row_key).into(), false);
        }
        if let Some(expires) = after {
            self.index.insert(codec::expiry_key(expires, &row_key).into(), true);
        }
        self.changes.insert(row_key, change);
    }

    /// Deletes an entry of the expiry index, and its row if the row still has that expiry. Returns whether the row did.
    pub(crate) fn expire(&mut self, entry: &[u8], base: &Base) -> Result<bool, Error> {
        let (expires, row_key) = codec::split_expiry_key(entry)?;
        let seen = match base.known(row_key) {
            Some(seen) => seen,
            None => base.stored(row_key)?,
        };
        let due = seen.is_some_and(|head| head.expires == Some(expires));
        if due {
            self.changes.insert(row_key.into(), DELETED);
        }
        self.index.insert(entry.into(), false);
        Ok(due)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.index.is_empty()
    }

    /// The keys of the rows that change.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Slice> {
        self.changes.keys()
    }

    /// The rows that change, as they are afterwards; the outer `None` for those that are not worth caching.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&Slice, Option<Option<Row>>)> {
        let row = |change: &Change| change.encoded.as_deref().map(codec::decode_row).transpose().ok();
        self.changes.iter().map(move |(key, change)| (key, change.worth_caching.then(|| row(change)).flatten()))
    }

    /// What the database has to write, sorted by key, which makes inserting into a memtable faster.
    pub(crate) fn items(&self) -> Vec<(Slice, Option<Slice>)> {
        let rows = self.changes.iter().map(|(key, change)| (key.clone(), change.encoded.clone()));
        let index = self.index.iter().map(|(key, exists)| (key.clone(), exists.then(Slice::default)));
        let mut items: Vec<_> = rows.chain(index).collect();
        items.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        items
    }

    /// The earliest expiry that this group adds to the index.
    pub(crate) fn earliest_expiry(&self) -> Option<u64> {
        self.changes.values().filter_map(|change| change.head?.expires).min()
    }

    pub(crate) fn tokens(&self) -> impl Iterator<Item = Token> {
        self.tokens.iter().copied()
    }
}

fn holds(condition: Condition, seen: Seen) -> bool {
    match condition {
        Condition::Any => true,
        Condition::Absent => seen == Some(None),
        Condition::Version(version) => seen.flatten().is_some_and(|head| head.version == version),
    }
}
