//! The SDK's client, bound to one table.

use crate::capacity;
use crate::failure::Retries;
use crate::options::Options;
use crate::unknown::UnknownCommits;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;

/// What every request to the table needs.
pub(crate) struct TableClient {
    pub(crate) client: Client,
    /// The table's name or ARN.
    pub(crate) name: String,
    pub(crate) options: Options,
    pub(crate) unknown_commits: UnknownCommits,
}

impl TableClient {
    pub(crate) fn new(config: Builder, name: String, options: Options) -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(options.connect).operation_attempt_timeout(options.attempt);
        let config = config.retry_config(RetryConfig::disabled()).timeout_config(timeouts.build()).build();
        Self { client: Client::from_conf(config), name, options, unknown_commits: UnknownCommits::default() }
    }

    /// The deadline of a call that begins now.
    pub(crate) fn retries(&self) -> Retries {
        Retries::new(&self.options)
    }

    /// The report that requests ask for, so that the observer learns what they consumed.
    pub(crate) fn capacity(&self) -> Option<ReturnConsumedCapacity> {
        capacity::wanted(self.options.observer.as_ref())
    }
}
