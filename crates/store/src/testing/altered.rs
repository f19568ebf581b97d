use crate::{Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Store};
use async_trait::async_trait;
use std::ops::Deref;
use std::sync::Arc;

/// A [`Store`] some of whose calls an [`Alteration`] answers, for tests that need one fault in one place.
pub struct Altered<A> {
    inner: Arc<dyn Store>,
    alteration: A,
}

/// The calls that a test alters. Each one that is not overridden passes the call on to `inner`.
#[async_trait]
pub trait Alteration: Send + Sync + 'static {
    /// Answers [`Store::get`].
    ///
    /// # Errors
    /// As [`Store::get`].
    async fn get(&self, inner: &dyn Store, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        inner.get(key, consistency).await
    }

    /// Answers [`Store::get_many`].
    ///
    /// # Errors
    /// As [`Store::get_many`].
    async fn get_many(
        &self,
        inner: &dyn Store,
        keys: &[Key],
        consistency: Consistency,
    ) -> Result<Vec<Option<Row>>, Error> {
        inner.get_many(keys, consistency).await
    }

    /// Answers [`Store::range`].
    ///
    /// # Errors
    /// As [`Store::range`].
    async fn range(&self, inner: &dyn Store, range: &Range) -> Result<Page, Error> {
        inner.range(range).await
    }

    /// Answers [`Store::commit`].
    ///
    /// # Errors
    /// As [`Store::commit`].
    async fn commit(&self, inner: &dyn Store, commit: &Commit) -> Result<Outcome, Error> {
        inner.commit(commit).await
    }
}

impl<A: Alteration> Altered<A> {
    /// `inner`, with the calls that `alteration` overrides.
    #[must_use]
    pub fn over(inner: Arc<dyn Store>, alteration: A) -> Arc<Self> {
        Arc::new(Self { inner, alteration })
    }
}

/// The alteration, so that a test can control it.
impl<A> Deref for Altered<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.alteration
    }
}

#[async_trait]
impl<A: Alteration> Store for Altered<A> {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        self.alteration.get(&*self.inner, key, consistency).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        self.alteration.get_many(&*self.inner, keys, consistency).await
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        self.alteration.range(&*self.inner, range).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        self.alteration.commit(&*self.inner, commit).await
    }
}
