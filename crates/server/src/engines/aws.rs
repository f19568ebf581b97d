//! The engines of the cloud, over one set of credentials and connections.

use super::{Kept, Rows};
use crate::config::ConfigError;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::{Builder, tls};
use jobline_chat::Clock;
use jobline_files_s3::{S3Files, Unusable};
use jobline_store_dynamodb::{DynamoDbStore, Flaw, Options, TableError, WINDOW_BYTES};
use jobline_tools::transfer::Pace;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The account that the environment names: region, credentials, endpoints; looked up when an engine first asks.
pub(super) struct Cloud {
    account: OnceCell<SdkConfig>,
    /// Whether to look, before anything is served, whether the table and the bucket are what they should be. A function
    /// starts too often for that, and while somebody waits.
    looks_first: bool,
}

impl Cloud {
    pub(super) fn new(looks_first: bool) -> Self {
        Self { account: OnceCell::new(), looks_first }
    }

    /// What the standard `AWS_*` variables, profiles and the machine's role say.
    async fn config(&self) -> &SdkConfig {
        let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let http = Builder::new().tls_provider(ring).build_https();
        self.account.get_or_init(|| aws_config::defaults(BehaviorVersion::latest()).http_client(http).load()).await
    }

    /// The table. What DynamoDB does not tell for want of a permission is passed over: serving needs none of it.
    pub(super) async fn dynamodb(&self, table: &str) -> Result<Rows, ConfigError> {
        let store = Arc::new(DynamoDbStore::new(self.config().await, table, Options::default()));
        if self.looks_first {
            // Where nothing is answered, the first read of a row will say so.
            for flaw in store.check_table().await.unwrap_or_default() {
                match flaw {
                    Flaw::Unusable(why) => {
                        return Err(ConfigError::new("dynamodb-table", format_args!("is wrong: {why}")));
                    }
                    Flaw::Lacking(what) | Flaw::Hidden(what) => tracing::warn!("{what}"),
                }
            }
        }
        Ok(Rows { store: store.clone(), scan: store, upkeep: None, window_bytes: WINDOW_BYTES, pace: Pace::SINGLES })
    }

    /// The bucket; its URLs are its own, so there are no routes.
    pub(super) async fn s3(&self, bucket: &str, clock: Arc<dyn Clock>) -> Result<Kept, ConfigError> {
        let files = S3Files::new(self.config().await, bucket, clock);
        if self.looks_first {
            files
                .check()
                .await
                .map_err(|Unusable(why)| ConfigError::new("s3-bucket", format_args!("{bucket} {why}")))?;
        }
        // Without credentials nothing else will work either, and the first upload will say so.
        let origin =
            files.origin().await.inspect_err(|error| tracing::warn!(%error, "the bucket has no address yet")).ok();
        Ok(Kept { files: Arc::new(files), routes: None, origin })
    }
}

/// `jobline table create`: says what was done.
///
/// # Errors
/// What is in the way, and what to do about it.
pub async fn create_table(table: &str) -> Result<String, TableError> {
    let store = DynamoDbStore::new(Cloud::new(false).config().await, table, Options::default());
    let done = if store.create_table().await? { "is made" } else { "was there already, and fits" };
    Ok(format!("table {table} {done}"))
}

/// `jobline table check`: says what does not fit, each on a line of its own.
///
/// # Errors
/// When the table cannot be used, or does not answer: what to do about it.
pub async fn check_table(table: &str) -> Result<String, TableError> {
    let store = DynamoDbStore::new(Cloud::new(false).config().await, table, Options::default());
    let flaws = store.check_table().await?;
    if let Some(flaw) = flaws.iter().find(|flaw| matches!(flaw, Flaw::Unusable(_))) {
        return Err(TableError(flaw.to_string()));
    }
    let lines: Vec<String> = flaws.iter().map(|flaw| format!("but {flaw}\n")).collect();
    Ok(format!("table {table} can be used\n{}", lines.concat()).trim_end().to_owned())
}
