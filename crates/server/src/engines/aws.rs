//! The engines of the cloud, over one set of credentials and connections.

use super::{Kept, Rows};
use crate::config::ConfigError;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::{Builder, tls};
use jobline_chat::Clock;
use jobline_files_s3::{S3Files, Unusable};
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

    /// The table.
    pub(super) async fn dynamodb(&self, _table: &str) -> Result<Rows, ConfigError> {
        let _config = self.config().await;
        Err(ConfigError::new("store", "is dynamodb, which this build does not contain; accepted is embedded"))
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
        Ok(Kept { files: Arc::new(files), routes: None })
    }
}
