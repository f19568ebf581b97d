//! Stores that break their promises, which the simulation must detect.

use async_trait::async_trait;
use jobline_store::{
    Action, Commit, CommitBuilder, Condition, Consistency, Error, Key, Operation, Outcome, Page, Range, Row, Store,
    Token,
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

/// The fault of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// Some commits of messages are acknowledged and not carried out.
    Loses,
    /// A commit that is repeated after an unknown outcome is not recognised.
    ForgetsTokens,
    /// Some messages are stored twice.
    Doubles,
    /// Some pages have two rows in the wrong order.
    Reorders,
    /// Some commits are carried out after the next one, though they were acknowledged before it.
    Delays,
    /// Some commits leave out the operations on keys whose sort key begins with this.
    Halves(&'static str),
    /// Conditions are not checked.
    IgnoresConditions,
    /// Strong reads may show the state before the last write.
    ReadsThePast,
}

/// A store that shows its fault in about every eighth call.
pub struct Mutated {
    inner: Arc<dyn Store>,
    mutant: Mutant,
    calls: AtomicU64,
    held: Mutex<Option<Commit>>,
    /// The rows before their last write.
    past: Mutex<std::collections::HashMap<Key, Option<Row>>>,
}

impl Mutated {
    pub fn new(inner: Arc<dyn Store>, mutant: Mutant) -> Self {
        Self { inner, mutant, calls: AtomicU64::new(0), held: Mutex::default(), past: Mutex::default() }
    }

    fn is_faulty_call(&self) -> bool {
        self.calls.fetch_add(1, Ordering::Relaxed) % 8 == 5
    }

    /// Answers as if `commit` was carried out, if its conditions hold.
    async fn pretend(&self, commit: &Commit) -> Result<Outcome, Error> {
        let checks =
            commit.operations().iter().map(|operation| Operation { action: Action::Check, ..operation.clone() });
        let token = Token(commit.token().0 ^ 1 << 127);
        self.inner.commit(&checks.fold(Commit::builder(token), CommitBuilder::operation).build()?).await
    }

    async fn remember(&self, commit: &Commit) -> Result<(), Error> {
        for operation in commit.operations() {
            let row = self.inner.get(&operation.key, Consistency::Strong).await?;
            self.past.lock().expect("nobody panics with it").insert(operation.key.clone(), row);
        }
        Ok(())
    }

    fn past(&self, key: &Key) -> Option<Option<Row>> {
        self.past.lock().expect("nobody panics with it").get(key).cloned()
    }

    async fn commit_badly(&self, commit: &Commit) -> Result<Outcome, Error> {
        let rebuilt = |token: u128, operations: Vec<Operation>| {
            operations.into_iter().fold(Commit::builder(Token(token)), CommitBuilder::operation).build()
        };
        let (token, operations) = (commit.token().0, commit.operations().to_vec());
        match self.mutant {
            Mutant::Loses if has(commit, "MESSAGE#") && self.is_faulty_call() => self.pretend(commit).await,
            Mutant::ForgetsTokens => {
                let high = u128::from(self.calls.fetch_add(1, Ordering::Relaxed)) << 64;
                self.inner.commit(&rebuilt(token ^ high, operations)?).await
            }
            Mutant::Doubles if has(commit, "MESSAGE#") && self.is_faulty_call() => {
                let mut operations = operations;
                let twins = operations.iter().filter(|one| one.key.sort.starts_with("MESSAGE#")).cloned();
                let twins: Vec<_> = twins.map(|one| Operation { key: twin(&one.key), ..one }).collect();
                operations.extend(twins);
                self.inner.commit(&rebuilt(token, operations)?).await
            }
            Mutant::Delays if self.is_faulty_call() => {
                let outcome = self.pretend(commit).await?;
                if outcome == Outcome::Committed {
                    *self.held.lock().expect("nobody panics with it") = Some(commit.clone());
                }
                Ok(outcome)
            }
            Mutant::Delays => {
                let outcome = self.inner.commit(commit).await;
                let held = self.held.lock().expect("nobody panics with it").take();
                if let Some(held) = held {
                    drop(self.inner.commit(&held).await);
                }
                outcome
            }
            Mutant::Halves(prefix) if has(commit, prefix) && self.is_faulty_call() => {
                let (mut half, rest): (Vec<_>, Vec<_>) =
                    operations.into_iter().partition(|one| !one.key.sort.starts_with(prefix));
                half.extend(rest.into_iter().map(|one| Operation { action: Action::Check, ..one }));
                self.inner.commit(&rebuilt(token, half)?).await
            }
            Mutant::IgnoresConditions => {
                let any = operations.into_iter().map(|one| Operation { condition: Condition::Any, ..one }).collect();
                self.inner.commit(&rebuilt(token, any)?).await
            }
            Mutant::ReadsThePast => {
                self.remember(commit).await?;
                self.inner.commit(commit).await
            }
            _ => self.inner.commit(commit).await,
        }
    }
}

fn has(commit: &Commit, prefix: &str) -> bool {
    commit.operations().iter().any(|operation| operation.key.sort.starts_with(prefix))
}

/// A key right after `key`.
fn twin(key: &Key) -> Key {
    Key::new(&*key.partition, format!("{}2", key.sort))
}

#[async_trait]
impl Store for Mutated {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        match self.past(key) {
            Some(past) if self.is_faulty_call() => Ok(past),
            _ => self.inner.get(key, consistency).await,
        }
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        let rows = self.inner.get_many(keys, consistency).await?;
        if self.mutant != Mutant::ReadsThePast || !self.is_faulty_call() {
            return Ok(rows);
        }
        Ok(keys.iter().zip(rows).map(|(key, row)| self.past(key).unwrap_or(row)).collect())
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        let mut page = self.inner.range(range).await?;
        if self.mutant == Mutant::Reorders && page.rows.len() > 1 && self.is_faulty_call() {
            let last = page.rows.len() - 1;
            page.rows.swap(last - 1, last);
        }
        Ok(page)
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        self.commit_badly(commit).await
    }
}
