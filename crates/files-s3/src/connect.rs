use crate::S3Files;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_types::service_config::ServiceConfigKey;
use jobline_chat::Clock;
use std::sync::Arc;
use std::time::Duration;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(1);
/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(3);
/// How long all attempts may take, with the pauses between them: a request of the API has ten seconds.
const ALL: Duration = Duration::from_secs(7);
const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Why a bucket cannot hold files: one line for the operator, without the name of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable(pub String);

impl S3Files {
    /// Files in `bucket`, with the region, credentials and endpoint of `account`. Sends no request yet. URLs are made for
    /// the time that `clock` tells.
    #[must_use]
    pub fn new(account: &SdkConfig, bucket: &str, clock: Arc<dyn Clock>) -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).operation_timeout(ALL);
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_initial_backoff(FIRST_PAUSE)
            .with_max_backoff(LONGEST_PAUSE);
        let config = Builder::from(account)
            .behavior_version(BehaviorVersion::latest())
            .force_path_style(names_an_endpoint(account))
            // Compatible servers need not know the newer checksums, and a presigned URL must not ask for one that the
            // client did not announce.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .timeout_config(timeouts.build())
            .retry_config(retries)
            .build();
        Self { client: aws_sdk_s3::Client::from_conf(config), bucket: bucket.to_owned(), clock }
    }

    /// Checks that the bucket exists and may be used. If the service does not answer, the server starts anyway.
    ///
    /// # Errors
    /// [`Unusable`], when the service says so.
    pub async fn check(&self) -> Result<(), Unusable> {
        let Err(error) = self.client.list_objects_v2().bucket(&self.bucket).max_keys(1).send().await else {
            return Ok(());
        };
        let told = error.raw_response();
        let elsewhere = told.and_then(|response| response.headers().get("x-amz-bucket-region"));
        let why = match (told.map_or(0, |response| response.status().as_u16()), error.code().unwrap_or_default()) {
            (404, _) => "does not exist: create it, or correct the name".to_owned(),
            (301 | 307, _) | (400, "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
                let region = elsewhere.map(|region| format!(", {region}")).unwrap_or_default();
                format!("is in another region: set AWS_REGION to the bucket's{region}")
            }
            (403, "RequestTimeTooSkewed") => "cannot be used: this machine's clock is wrong".to_owned(),
            (400 | 401 | 403, code) => format!(
                "may not be used with these credentials ({}): they need s3:ListBucket on the bucket, and s3:GetObject, \
                 s3:PutObject and s3:DeleteObject on its objects",
                if code.is_empty() { "no reason given" } else { code }
            ),
            _ if error.as_service_error().is_none() && is_missing_setting(&error) => {
                format!("cannot be reached: {}", DisplayErrorContext(&error))
            }
            _ => return Ok(()),
        };
        Err(Unusable(why))
    }
}

/// Whether nothing was even sent, because the region or the like is missing.
fn is_missing_setting<E, R>(error: &aws_sdk_s3::error::SdkError<E, R>) -> bool {
    matches!(error, aws_sdk_s3::error::SdkError::ConstructionFailure(_))
}

/// Whether the environment names an endpoint for S3: then it is a compatible server, or S3 behind another address, and
/// the bucket is a part of the path.
fn names_an_endpoint(account: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_s3 = key.ok().and_then(|key| account.service_config()?.load_config(key));
    of_s3.is_some() || account.endpoint_url().is_some()
}
