use crate::client::TableClient;
use crate::failure::Failure;
use crate::options::Options;
use crate::{commit, query, read};
use async_trait::async_trait;
use aws_sdk_dynamodb::config::Builder;
use jobline_store::{Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Scan, ScanPage, Store};

/// The rows of one table.
pub struct DynamoDbStore {
    pub(crate) table: TableClient,
}

impl DynamoDbStore {
    /// The rows of `table`, a name or an ARN, in the account and region of `config`. Connects with the first call.
    ///
    /// The retries and timeouts of `config` are replaced: the engine retries by itself, because it has to know the outcome
    /// of every single request.
    #[must_use]
    pub fn new(config: impl Into<Builder>, table: impl Into<String>, options: Options) -> Self {
        Self { table: TableClient::new(config.into(), table.into(), options) }
    }
}

#[async_trait]
impl Store for DynamoDbStore {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        read::get(&self.table, key, consistency).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        read::get_many(&self.table, keys, consistency).await
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        query::range(&self.table, range).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        commit::commit(&self.table, commit).await
    }
}

#[async_trait]
impl Scan for DynamoDbStore {
    async fn scan(&self, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
        query::scan(&self.table, after, limit).await
    }

    /// The count that DynamoDB updates every few hours; 0 if the role may not ask for it.
    async fn estimate(&self) -> Result<u64, Error> {
        let mut retries = self.table.retries();
        loop {
            let error = match self.table.client.describe_table().table_name(&self.table.name).send().await {
                Ok(answer) => {
                    let items = answer.table().and_then(|table| table.item_count()).unwrap_or_default();
                    return Ok(items.try_into().unwrap_or_default());
                }
                Err(error) => error,
            };
            if aws_sdk_dynamodb::error::ProvideErrorMetadata::code(&error) == Some("AccessDeniedException") {
                return Ok(0);
            }
            retries.after(Failure::of("DescribeTable", &error)).await?;
        }
    }
}
