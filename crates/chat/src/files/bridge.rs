//! What `upload.rs` calls on a [`Context`] by a short name.

use crate::{
    base::{clock::Random, error::Result, id::UserId},
    context::Context,
    files::port::Files,
    host::{job_row::JobRow, permission},
};
use jobline_store::{CommitBuilder, Consistency, Key, Row};

impl Context {
    pub(super) fn files(&self) -> &dyn Files {
        &*self.files
    }

    pub(super) fn random(&self) -> &dyn Random {
        &*self.random
    }

    pub(super) fn file_horizon(&self, now: u64) -> u64 {
        self.retention.file_horizon(now)
    }

    pub(super) fn begin(&self) -> CommitBuilder {
        self.db.begin()
    }

    pub(super) async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>> {
        self.db.get(key, consistency).await
    }

    pub(super) async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>> {
        self.db.get_many(keys, consistency).await
    }

    pub(super) async fn commit_unconditionally(&self, builder: CommitBuilder) -> Result<()> {
        self.db.commit_unconditionally(builder).await
    }

    pub(super) async fn permit(
        &self,
        users: (&UserId, &UserId),
        wanted: Option<Option<&Row>>,
        last: Option<u64>,
        consistency: Consistency,
    ) -> Result<JobRow> {
        permission::check(self, users, wanted, last, consistency).await
    }
}
