//! A store in which something happens between two reads.

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use jobline_store::{
    Consistency, Error, Key, Page, Range, Row, Store,
    testing::{Alteration, Altered},
};
use std::sync::{Arc, Mutex};

/// The pending event, and the prefix of the keys before whose next read it happens.
type Coming = Option<(String, BoxFuture<'static, ()>)>;

/// A store in which something happens before the next read of rows with a prefix.
#[derive(Default)]
pub(crate) struct Meanwhile {
    coming: Mutex<Coming>,
}

impl Meanwhile {
    pub(crate) fn over(inner: Arc<dyn Store>) -> Arc<Altered<Self>> {
        Altered::over(inner, Self::default())
    }

    /// Lets `happens` happen before the next read of a row whose sort key begins with `prefix`.
    pub(crate) fn before_read_of(&self, prefix: &str, happens: impl Future<Output = ()> + Send + 'static) {
        *self.coming.lock().unwrap() = Some((prefix.to_owned(), Box::pin(happens)));
    }

    pub(crate) fn has_happened(&self) -> bool {
        self.coming.lock().unwrap().is_none()
    }

    async fn before(&self, sorts: &[String]) {
        let reads = |prefix: &str| sorts.iter().any(|sort| sort.starts_with(prefix));
        let happens = self.coming.lock().unwrap().take_if(|(prefix, _)| reads(prefix));
        if let Some((_, happens)) = happens {
            happens.await;
        }
    }
}

#[async_trait]
impl Alteration for Meanwhile {
    async fn get(&self, inner: &dyn Store, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        self.before(std::slice::from_ref(&key.sort)).await;
        inner.get(key, consistency).await
    }

    async fn get_many(
        &self,
        inner: &dyn Store,
        keys: &[Key],
        consistency: Consistency,
    ) -> Result<Vec<Option<Row>>, Error> {
        self.before(&keys.iter().map(|key| key.sort.clone()).collect::<Vec<_>>()).await;
        inner.get_many(keys, consistency).await
    }

    async fn range(&self, inner: &dyn Store, range: &Range) -> Result<Page, Error> {
        self.before(std::slice::from_ref(&range.from)).await;
        inner.range(range).await
    }
}
