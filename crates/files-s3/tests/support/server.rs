//! An S3 server on this machine, as strict with signatures and CORS as AWS, for as long as the test program runs.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::config::{Credentials, Region};
use aws_sdk_s3::types::{BucketLocationConstraint, CorsConfiguration, CorsRule, CreateBucketConfiguration};
use aws_smithy_http_client::{Builder, tls};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub const REGION: &str = "eu-west-1";
/// What the server starts with: the key of the account's owner.
pub const KEY: &str = "test";

/// Ends the server when this program closes its standard input, which it does however it ends.
const UNTIL_STDIN_CLOSES: &str = r#""$0" </dev/null & child=$!; cat >/dev/null; kill "$child"; wait"#;

/// Where the server listens.
pub fn endpoint() -> &'static str {
    static SERVER: OnceLock<(String, Child)> = OnceLock::new();
    &SERVER.get_or_init(start).0
}

fn start() -> (String, Child) {
    let port = free_port();
    let program = tools().join("bin/ministack");
    assert!(program.exists(), "{} is missing: cargo xtask cloud-tools", program.display());
    let log = std::fs::File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ministack-{port}.log")));
    let child = Command::new("sh")
        .args(["-c", UNTIL_STDIN_CLOSES])
        .arg(program)
        .env("GATEWAY_PORT", port.to_string())
        .envs([("BIND_HOST", "127.0.0.1"), ("LAMBDA_EXECUTOR", "local"), ("IOT_MTLS_ENABLED", "0"), ("AUTH", "true")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log.unwrap())
        .spawn()
        .unwrap();
    let endpoint = format!("http://127.0.0.1:{port}");
    let deadline = Instant::now() + Duration::from_secs(60);
    while ureq::get(format!("{endpoint}/health")).call().is_err() {
        assert!(Instant::now() < deadline, "the S3 server did not start; its log is in target/tmp");
        std::thread::yield_now();
    }
    (endpoint, child)
}

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/cloud-tools")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The account that `key` belongs to, reaching S3 at `endpoint`.
pub async fn account(endpoint: &str, key: &str) -> SdkConfig {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(key, KEY, None, None, "test"))
        .endpoint_url(endpoint)
        .http_client(Builder::new().tls_provider(ring).build_https())
        .load()
        .await
}

/// A client that may do everything.
pub async fn client() -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&account(endpoint(), KEY).await).force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.build())
}

/// A new bucket, set up as `docs/decisions/0006-s3-files.md` says for pages of any origin; its name.
pub async fn bucket() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let name = format!("jobline-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let region = BucketLocationConstraint::from(REGION);
    let place = CreateBucketConfiguration::builder().location_constraint(region).build();
    client().await.create_bucket().bucket(&name).create_bucket_configuration(place).send().await.unwrap();
    let rule = CorsRule::builder()
        .allowed_origins("*")
        .set_allowed_methods(Some(["PUT", "GET", "HEAD"].map(str::to_owned).to_vec()))
        .set_allowed_headers(Some(["content-type", "x-amz-checksum-sha256"].map(str::to_owned).to_vec()));
    let cors = CorsConfiguration::builder().cors_rules(rule.build().unwrap()).build().unwrap();
    client().await.put_bucket_cors().bucket(&name).cors_configuration(cors).send().await.unwrap();
    name
}
