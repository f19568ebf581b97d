use crate::capacity;
use crate::commit::Unsettled;
use crate::failure::{Failure, Patience};
use crate::{Options, commit, query, read};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use jobline_store::{Commit, Consistency, Error, Key, Outcome, Page, Range, Row, Scan, ScanPage, Store};

/// The rows of one table.
pub struct DynamoDbStore {
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) options: Options,
    pub(crate) unsettled: Unsettled,
}

impl DynamoDbStore {
    /// The rows of `table`, a name or an ARN, in the account that `config` says. Connects with the first call.
    ///
    /// The engine tries again by itself, because it has to know what became of every single request; so the retries
    /// and timeouts of `config` are replaced.
    #[must_use]
    pub fn new(config: impl Into<Builder>, table: impl Into<String>, options: Options) -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(options.connect).operation_attempt_timeout(options.attempt);
        let config = config.into().retry_config(RetryConfig::disabled()).timeout_config(timeouts.build()).build();
        Self { client: Client::from_conf(config), table: table.into(), options, unsettled: Unsettled::default() }
    }

    pub(crate) fn patience(&self) -> Patience {
        Patience::new(&self.options)
    }

    /// What requests ask for, so that the observer can be told what they consumed.
    pub(crate) fn capacity(&self) -> Option<ReturnConsumedCapacity> {
        capacity::wanted(self.options.observer.as_ref())
    }
}

#[async_trait]
impl Store for DynamoDbStore {
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Row>, Error> {
        read::get(self, key, consistency).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Option<Row>>, Error> {
        read::get_many(self, keys, consistency).await
    }

    async fn range(&self, range: &Range) -> Result<Page, Error> {
        query::range(self, range).await
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, Error> {
        commit::commit(self, commit).await
    }
}

#[async_trait]
impl Scan for DynamoDbStore {
    async fn scan(&self, after: Option<&Key>, limit: usize) -> Result<ScanPage, Error> {
        query::scan(self, after, limit).await
    }

    /// What the table said some hours ago; 0 where the role may not ask.
    async fn estimate(&self) -> Result<u64, Error> {
        let mut patience = self.patience();
        loop {
            let error = match self.client.describe_table().table_name(&self.table).send().await {
                Ok(answer) => {
                    let items = answer.table().and_then(|table| table.item_count()).unwrap_or_default();
                    return Ok(items.try_into().unwrap_or_default());
                }
                Err(error) => error,
            };
            if aws_sdk_dynamodb::error::ProvideErrorMetadata::code(&error) == Some("AccessDeniedException") {
                return Ok(0);
            }
            patience.after(Failure::of("DescribeTable", &error)).await?;
        }
    }
}
