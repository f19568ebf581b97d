//! The engines in AWS, which share credentials and connections.

use super::gateway::ApiGateway;
use super::{Claim, FileEngine, RowEngine};
use crate::config::ConfigError;
use async_trait::async_trait;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::{Builder, tls};
use jobline_chat::Clock;
use jobline_files_s3::{S3Files, Unusable};
use jobline_live::GatewayApi;
use jobline_store_dynamodb::{DynamoDbStore, Flaw, Options, TableError, WINDOW_BYTES};
use jobline_tools::transfer::Pace;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Region, credentials and endpoints from the environment, read when an engine first needs them.
pub(super) struct Cloud {
    account: OnceCell<SdkConfig>,
    /// Whether table and bucket are checked at the start. A function does not: it starts often, and while a client waits.
    checks_at_start: bool,
}

impl Cloud {
    pub(super) fn new(checks_at_start: bool) -> Self {
        Self { account: OnceCell::new(), checks_at_start }
    }

    /// The configuration from the standard `AWS_*` variables, profiles and the machine's role.
    async fn config(&self) -> &SdkConfig {
        let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let http = Builder::new().tls_provider(ring).build_https();
        self.account.get_or_init(|| aws_config::defaults(BehaviorVersion::latest()).http_client(http).load()).await
    }

    /// Opens the table. Checks that need a missing permission are skipped, since serving does not need it.
    pub(super) async fn dynamodb(&self, table: &str) -> Result<RowEngine, ConfigError> {
        let store = Arc::new(DynamoDbStore::new(self.config().await, table, Options::default()));
        if self.checks_at_start {
            // If DynamoDB does not respond here, the first read of a row will report it.
            for flaw in store.check_table().await.unwrap_or_default() {
                match flaw {
                    Flaw::Unusable(why) => {
                        return Err(ConfigError::new("dynamodb-table", format_args!("is wrong: {why}")));
                    }
                    Flaw::Lacking(what) | Flaw::Hidden(what) => tracing::warn!("{what}"),
                }
            }
        }
        Ok(RowEngine {
            store: store.clone(),
            scan: store,
            upkeep: None,
            window_bytes: WINDOW_BYTES,
            pace: Pace::SINGLES,
        })
    }

    /// The gateway that holds live connections at `url`.
    pub(super) async fn gateway(&self, url: &str) -> Arc<dyn GatewayApi> {
        Arc::new(ApiGateway::new(self.config().await, url))
    }

    /// Opens the bucket. Files have URLs of the bucket, so there are no routes.
    pub(super) async fn s3(&self, bucket: &str, clock: Arc<dyn Clock>) -> Result<FileEngine, ConfigError> {
        let files = S3Files::new(self.config().await, bucket, clock);
        if self.checks_at_start {
            files
                .check()
                .await
                .map_err(|Unusable(why)| ConfigError::new("s3-bucket", format_args!("{bucket} {why}")))?;
        }
        // Without credentials nothing else works either, and the first upload will report it.
        let origin = files
            .origin()
            .await
            .inspect_err(|error| tracing::warn!(%error, "the address of the bucket is not known yet"))
            .ok();
        let claim = Arc::new(Bucket { files: files.clone(), name: bucket.to_owned() });
        Ok(FileEngine { files: Arc::new(files), routes: None, origin, claim: Some(claim) })
    }
}

/// The bucket of a deployment.
struct Bucket {
    files: S3Files,
    name: String,
}

#[async_trait]
impl Claim for Bucket {
    async fn claim(&self, deployment: &str, store: &str) -> Result<(), ConfigError> {
        let claimed = self.files.claim(deployment, store).await;
        claimed.map_err(|Unusable(why)| ConfigError::new("s3-bucket", format_args!("{} {why}", self.name)))
    }
}

/// `jobline table create`. Returns what was done, in one line.
///
/// # Errors
/// What failed, and what to do about it.
pub async fn create_table(table: &str) -> Result<String, TableError> {
    let store = DynamoDbStore::new(Cloud::new(false).config().await, table, Options::default());
    let done = if store.create_table().await? { "is made" } else { "was there already, and fits" };
    Ok(format!("table {table} {done}"))
}

/// `jobline table check`. Returns what is wrong, one line for each flaw.
///
/// # Errors
/// When the table cannot be used, or DynamoDB does not respond: what to do about it.
pub async fn check_table(table: &str) -> Result<String, TableError> {
    let store = DynamoDbStore::new(Cloud::new(false).config().await, table, Options::default());
    let flaws = store.check_table().await?;
    if let Some(flaw) = flaws.iter().find(|flaw| matches!(flaw, Flaw::Unusable(_))) {
        return Err(TableError(flaw.to_string()));
    }
    let lines: Vec<String> = flaws.iter().map(|flaw| format!("but {flaw}\n")).collect();
    Ok(format!("table {table} can be used\n{}", lines.concat()).trim_end().to_owned())
}
