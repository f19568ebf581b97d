//! The WebSocket API of API Gateway, which holds live connections while no function runs.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::retry::RetryConfig;
use aws_sdk_apigatewaymanagement::config::timeout::TimeoutConfig;
use aws_sdk_apigatewaymanagement::config::{BehaviorVersion, Builder};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use jobline_live::{GatewayApi, Posted};
use std::time::Duration;

/// How long one call may take. The caller waits less.
const CALL_MS: u64 = 1_000;

/// The `@connections` of a stage.
pub(super) struct ApiGateway(Client);

impl ApiGateway {
    /// Over the stage that clients reach at `url`, a `wss` address.
    pub(super) fn new(account: &SdkConfig, url: &str) -> Self {
        // A late frame is worth less than the next poll, so nothing is retried.
        let config = Builder::from(account)
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(url.replacen("ws", "http", 1))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_millis(CALL_MS)).build());
        Self(Client::from_conf(config.build()))
    }
}

#[async_trait]
impl GatewayApi for ApiGateway {
    async fn post(&self, connection: &str, text: String) -> Posted {
        let post = self.0.post_to_connection().connection_id(connection).data(Blob::new(text));
        match post.send().await {
            Ok(_) => Posted::Sent,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_gone_exception()) => Posted::Gone,
            Err(error) => {
                let error = aws_sdk_apigatewaymanagement::error::DisplayErrorContext(error);
                tracing::warn!(%error, "API Gateway did not take a frame; its client polls all the same");
                Posted::Failed
            }
        }
    }

    async fn end(&self, connection: &str) {
        // A connection that is gone counts as ended. For one that stays open, nothing is stored any more.
        let _ = self.0.delete_connection().connection_id(connection).send().await;
    }
}
