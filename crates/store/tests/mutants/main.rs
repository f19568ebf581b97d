//! The suite detects broken engines: each engine here breaks one promise, and the suite has to fail with that promise.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod scan;

use async_trait::async_trait;
use jobline_store::testing::{FaultRates, Faulty, WeaklyVisible, conformance};
use jobline_store::{
    Action, Bytes, Cached, Commit, Condition, Consistency, Direction, Error, Key, MemoryStore, Operation, Outcome,
    Page, Range, Row, Store, Token, Version,
};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Defect {
    Nothing,
    AbsentIgnored,
    VersionIgnored,
    ChecksIgnored,
    ValueForVersion,
    OneVersionForAll,
    HalfOfACommit,
    BatchesOf25,
    FirstConflictOnly,
    ConflictNamesAll,
    ConflictNamesNone,
    TokensForgotten,
    TokensForgottenForOneRow,
    RefusedRemembered,
    StrongIsEventual,
    EventualNever,
    CachedIsGone,
    Utf16Order,
    FromExclusive,
    ToInclusive,
    FlatKeys,
    ShortPageIsLast,
    NextRepeats,
    NextNeedsItsRow,
    NextLeadsNowhere,
    DescendingIgnored,
    LimitIgnored,
    ExpiryDropped,
    ExpiryIn32Bits,
    ExpiredIsAbsent,
    GetManySorted,
    GetManyDropsMissing,
    GetManyUnlimited,
    ValuesTrimmed,
    EmptyIsNothing,
    LargeRefused,
    Racy,
    RacyChecks,
}

use Defect::*;

/// A memory engine with a defect.
struct Mutant {
    defect: Defect,
    memory: Arc<dyn Store>,
    refused: Mutex<HashSet<Token>>,
    values: Mutex<HashMap<(Key, Version), Bytes>>,
    calls: Mutex<u128>,
}

impl Mutant {
    fn new(defect: Defect) -> Self {
        let memory: Arc<dyn Store> = match defect {
            StrongIsEventual => Arc::new(WeaklyVisible::new(Arc::new(MemoryStore::new()), 1, 3)),
            // Its empty pages name keys without a row, which would fail first.
            NextNeedsItsRow => Arc::new(MemoryStore::with_page_cap(usize::MAX)),
            _ => Arc::new(MemoryStore::new()),
        };
        Self { defect, memory, refused: Mutex::default(), values: Mutex::default(), calls: Mutex::new(1) }
    }

    fn consistency(&self, consistency: Consistency) -> Consistency {
        if self.defect == StrongIsEventual { Consistency::Eventual } else { consistency }
    }

    fn token(&self, commit: &Commit) -> Token {
        let mut calls = self.calls.lock().unwrap();
        *calls += 1;
        let fresh = *calls << 64;
        match self.defect {
            OneVersionForAll => Token(fresh | 7),
            TokensForgotten => Token(fresh | u128::from(commit.version().0)),
            TokensForgottenForOneRow if commit.operations().len() == 1 => Token(fresh | u128::from(commit.version().0)),
            _ => commit.token(),
        }
    }

    fn key(&self, key: &Key) -> Key {
        match self.defect {
            FlatKeys if key.partition.len() < 500 => Key::new("ALL", format!("{}{}", key.partition, key.sort)),
            _ => key.clone(),
        }
    }

    async fn condition(&self, operation: &Operation) -> Result<Condition, Error> {
        let Operation { key, condition, action } = operation;
        let row = self.memory.get(&self.key(key), Consistency::Strong).await?;
        let row = row.as_ref();
        let racy = self.defect == Racy || self.defect == RacyChecks && *action == Action::Check;
        let holds = match condition {
            Condition::Any => true,
            Condition::Absent => row.is_none(),
            Condition::Version(version) => row.is_some_and(|row| row.version == *version),
        };
        let was = match condition {
            Condition::Version(version) => self.values.lock().unwrap().get(&(key.clone(), *version)).cloned(),
            _ => None,
        };
        Ok(match (self.defect, condition) {
            (AbsentIgnored, Condition::Absent) | (VersionIgnored, Condition::Version(_)) => Condition::Any,
            (ChecksIgnored, _) if *action == Action::Check => Condition::Any,
            (ExpiredIsAbsent, Condition::Absent) if row.is_some_and(|row| row.expires == Some(1)) => Condition::Any,
            (ValueForVersion, Condition::Version(_)) if row.is_some_and(|row| Some(&row.value) == was.as_ref()) => {
                row.map_or(Condition::Any, |row| Condition::Version(row.version))
            }
            _ if racy && holds => Condition::Any,
            _ => *condition,
        })
    }

    fn action(&self, action: &Action) -> Action {
        let Action::Put { value, expires } = action else { return action.clone() };
        let text = std::str::from_utf8(value).unwrap();
        match self.defect {
            EmptyIsNothing if value.is_empty() => Action::Delete,
            ValuesTrimmed => Action::Put { value: text.trim_end().to_owned().into(), expires: *expires },
            ExpiryDropped => Action::Put { value: value.clone(), expires: None },
            ExpiryIn32Bits => Action::Put { value: value.clone(), expires: expires.map(|e| e & 0x7fff_ffff) },
            _ => action.clone(),
        }
    }

    async fn mutate(&self, commit: &Commit) -> Result<Commit, Error> {
        let mut builder = Commit::builder(self.token(commit));
        let count = if self.defect == BatchesOf25 { 25 } else { usize::MAX };
        for operation in commit.operations().iter().take(count) {
            let (condition, action) = (self.condition(operation).await?, self.action(&operation.action));
            builder = builder.operation(Operation { key: self.key(&operation.key), condition, action });
        }
        builder.build()
    }

    fn remember(&self, commit: &Commit) {
        for Operation { key, action, .. } in commit.operations() {
            if let Action::Put { value, .. } = action {
                self.values.lock().unwrap().insert((key.clone(), commit.version()), value.clone());
            }
        }
    }

    /// What is answered for a conflict over `keys`.
    async fn conflict(&self, commit: &Commit, mut keys: Vec<Key>) -> Outcome {
        match self.defect {
            FirstConflictOnly => keys.truncate(1),
            ConflictNamesNone => keys.clear(),
            ConflictNamesAll => keys = commit.operations().iter().map(|o| o.key.clone()).collect(),
            HalfOfACommit => {
                let before = commit.operations().iter().take_while(|o| !keys.contains(&o.key)).cloned();
                let half = before.fold(Commit::builder(commit.token()), |b, o| b.operation(o));
                if let Ok(half) = half.build() {
                    let _ = self.memory.commit(&half).await;
                }
            }
            _ => {}
        }
        self.refused.lock().unwrap().insert(commit.token());
        Outcome::Conflict(keys)
    }

    fn mutate_range(&self, range: &Range) -> Range {
        let mut range = Range { consistency: self.consistency(range.consistency), ..range.clone() };
        match self.defect {
            FlatKeys if range.partition.len() < 500 => {
                range.from.insert_str(0, &range.partition);
                range.to.insert_str(0, &range.partition);
                range.partition = "ALL".into();
            }
            ToInclusive => range.to.push('\0'),
            DescendingIgnored => range.direction = Direction::Ascending,
            LimitIgnored => range.limit += 1,
            _ => {}
        }
        range
    }

    async fn mutate_page(&self, range: &Range, mut page: Page) -> Page {
        match self.defect {
            FlatKeys if range.partition.len() < 500 => {
                for (key, _) in &mut page.rows {
                    *key = Key::new(&*range.partition, &key.sort[range.partition.len()..]);
                }
                page.next = page.next.map(|next| next[range.partition.len()..].to_owned());
            }
            FromExclusive => page.rows.retain(|(key, _)| key.sort != range.from),
            ShortPageIsLast if page.rows.len() < range.limit => page.next = None,
            NextRepeats if page.rows.len() > 1 && page.next.is_some() => {
                page.next = Some(page.rows[page.rows.len() - 2].0.sort.clone());
            }
            NextLeadsNowhere if page.next.is_some() => page = Page { rows: vec![], next: Some(range.from.clone()) },
            NextNeedsItsRow => {
                let named = range.from.strip_suffix('\0').map(|sort| Key::new(&*range.partition, sort));
                if let Some(named) = named
                    && !named.sort.is_empty()
                    && self.memory.get(&named, Consistency::Strong).await.unwrap().is_none()
                {
                    return Page { rows: vec![], next: None };
                }
            }
            Utf16Order => page.rows.sort_by_key(|(key, _)| key.sort.encode_utf16().collect::<Vec<_>>()),
            EventualNever if range.consistency == Consistency::Eventual => page.rows.clear(),
            _ => {}
        }
        page
    }
}

#[async_trait]
impl Store for Mutant {
    fn cached(&self, _: &Key) -> Cached {
        if self.defect == CachedIsGone { Cached::Row(None) } else { Cached::Unknown }
    }

    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        if self.defect == EventualNever && consistency == Consistency::Eventual {
            return Ok(None);
        }
        self.memory.get(&self.key(key), self.consistency(consistency)).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        let mut keys: Vec<Key> = keys.iter().map(|key| self.key(key)).collect();
        if self.defect == GetManySorted {
            keys.sort();
        }
        if self.defect == GetManyUnlimited {
            let mut rows = Vec::new();
            for key in keys {
                rows.push(self.memory.get(&key, consistency).await?);
            }
            return Ok(rows);
        }
        let mut rows = self.memory.get_many(&keys, self.consistency(consistency)).await?;
        if self.defect == GetManyDropsMissing {
            rows.retain(Option::is_some);
        }
        Ok(rows)
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        let page = self.memory.range(&self.mutate_range(range)).await?;
        Ok(self.mutate_page(range, page).await)
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        let large = |o: &Operation| matches!(&o.action, Action::Put { value, .. } if value.len() > 100_000);
        if self.defect == LargeRefused && commit.operations().iter().any(large) {
            return Err(Error::TooLarge("100 KB".into()));
        }
        if self.defect == RefusedRemembered && self.refused.lock().unwrap().contains(&commit.token()) {
            return Ok(Outcome::Committed);
        }
        let mutated = self.mutate(commit).await?;
        if matches!(self.defect, Racy | RacyChecks) {
            tokio::task::yield_now().await;
        }
        match self.memory.commit(&mutated).await? {
            Outcome::Committed => {
                self.remember(commit);
                Ok(Outcome::Committed)
            }
            Outcome::Conflict(keys) => {
                let own = |key: &Key| commit.operations().iter().map(|o| &o.key).find(|k| self.key(k) == *key).cloned();
                Ok(self.conflict(commit, keys.iter().filter_map(own).collect()).await)
            }
        }
    }
}

/// What the suite panics with, if it does.
async fn complaint(suite: impl Future<Output = ()> + Send + 'static) -> Option<String> {
    let panic = tokio::spawn(suite).await.err()?.into_panic();
    Some(panic.downcast_ref::<String>().cloned().unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned()))
}

/// Which promise each defect breaks.
const CAUGHT: [(Defect, &str); 37] = [
    (AbsentIgnored, "Absent of a row that is  there"),
    (VersionIgnored, "of a row that is not there"),
    (ChecksIgnored, "of a row that is not there"),
    (ValueForVersion, "a row that was deleted and written again is not mistaken for the old one"),
    (OneVersionForAll, "what was put is read"),
    (HalfOfACommit, "a commit with one failing condition does nothing"),
    (BatchesOf25, "get_many answers in the order of its keys, and None for missing rows"),
    (FirstConflictOnly, "a commit of checks fails as any other"),
    (ConflictNamesAll, "a commit with one failing condition does nothing and names its key"),
    (ConflictNamesNone, "a conflict names at least one key"),
    (TokensForgotten, "a repeated commit takes effect once"),
    (TokensForgottenForOneRow, "a repeated commit takes effect once"),
    (RefusedRemembered, "a refused commit leaves nothing behind"),
    (StrongIsEventual, "promise broken"),
    (EventualNever, "an eventual get shows the last state"),
    (CachedIsGone, "what is cached is what was committed last"),
    (Utf16Order, "byte order"),
    (FromExclusive, "a range begins with `from`"),
    (ToInclusive, "following `next` comes to an end"),
    (FlatKeys, "a commit within the limits is carried out: too large for the store: two operations for"),
    (ShortPageIsLast, "pages of any limit make up all rows"),
    (NextRepeats, "each row once"),
    (NextNeedsItsRow, "`next` stays valid when the row that it names is deleted"),
    (NextLeadsNowhere, "following `next` comes to an end"),
    (DescendingIgnored, "byte order"),
    (LimitIgnored, "a page has at most `limit` rows"),
    (ExpiryDropped, "`expires` comes back"),
    (ExpiryIn32Bits, "`expires` comes back"),
    (ExpiredIsAbsent, "an expired row that is still there counts as present"),
    (GetManySorted, "get_many answers in the order of its keys"),
    (GetManyDropsMissing, "get_many answers one place for each key"),
    (GetManyUnlimited, "get_many refuses too many keys"),
    (ValuesTrimmed, "a value comes back byte for byte"),
    (EmptyIsNothing, "a value comes back byte for byte"),
    (LargeRefused, "a commit within the limits is carried out"),
    (Racy, "happen"),
    (RacyChecks, "a check holds until its commit has happened"),
];

#[tokio::test]
async fn every_defect_is_caught_by_its_promise() {
    let unchanged = complaint(conformance::run_all(Arc::new(Mutant::new(Nothing)), 1)).await;
    assert_eq!(unchanged, None, "a mutant without a defect passes");
    let mut missed = Vec::new();
    for (defect, words) in CAUGHT {
        let complaint = complaint(conformance::run_all(Arc::new(Mutant::new(defect)), 1)).await;
        if !complaint.as_ref().is_some_and(|complaint| complaint.contains(words)) {
            missed.push((defect, complaint.map(|complaint| complaint.chars().take(200).collect::<String>())));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test]
async fn spurious_conflicts_are_a_fault_unless_they_are_allowed() {
    let rates = FaultRates { conflict: 0.05, ..FaultRates::default() };
    let store = || Arc::new(Faulty::new(Arc::new(MemoryStore::new()), 1, rates));
    assert!(complaint(conformance::run_all(store(), 1)).await.unwrap().contains("all conditions hold"));
    assert_eq!(complaint(conformance::run_all_under_faults(store(), 1)).await, None);
}

/// Injected faults must not hide a defect.
#[tokio::test]
async fn defects_are_caught_under_faults() {
    for defect in [AbsentIgnored, HalfOfACommit, TokensForgotten, ShortPageIsLast, Racy, RacyChecks] {
        let store = Arc::new(Faulty::new(Arc::new(Mutant::new(defect)), 1, FaultRates::all()));
        let complaint = complaint(conformance::run_all_under_faults(store, 1)).await;
        assert!(complaint.is_some_and(|words| words.contains("promise broken")), "{defect:?}");
    }
}
