use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{BucketLocationConstraint, CorsConfiguration, CorsRule, CreateBucketConfiguration};
use aws_smithy_http_client::{Builder, tls};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The server's region.
pub const REGION: &str = "eu-west-1";
/// What the server starts with: id and secret of its owner's key.
const KEY: &str = "test";
/// Another server for the tests to run on, which has to be in [`REGION`], as `http://<key id>:<secret>@<host>:<port>`.
const ELSEWHERE: &str = "JOBLINE_TEST_S3";

/// Ends the server when this program closes its standard input, which it does however it ends.
const UNTIL_STDIN_CLOSES: &str = r#""$0" </dev/null & child=$!; cat >/dev/null; kill "$child"; wait"#;

/// A server, and the key of its owner.
struct Server {
    endpoint: String,
    key: String,
    secret: String,
    /// Kept for its standard input, which stays open as long as this.
    _process: Option<Child>,
}

/// Where the server listens. It is as strict with signatures and CORS as AWS, starts with the first call, and ends with
/// this program; or it is the one that `JOBLINE_TEST_S3` names.
///
/// # Panics
/// When `cargo xtask cloud-tools` has not installed it, or it does not start within a minute.
pub fn endpoint() -> &'static str {
    &server().endpoint
}

/// The id of its owner's key.
///
/// # Panics
/// As [`endpoint`].
pub fn key() -> &'static str {
    &server().key
}

/// The secret of its owner's key.
///
/// # Panics
/// As [`endpoint`].
pub fn secret() -> &'static str {
    &server().secret
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var(ELSEWHERE) {
        Ok(url) => elsewhere(&url).expect("JOBLINE_TEST_S3 is http://<key id>:<secret>@<host>:<port>"),
        Err(_) => start(),
    })
}

fn elsewhere(url: &str) -> Option<Server> {
    let (who, address) = url.strip_prefix("http://")?.rsplit_once('@')?;
    let (key, secret) = who.split_once(':')?;
    let (endpoint, key, secret) = (format!("http://{address}"), key.to_owned(), secret.to_owned());
    Some(Server { endpoint, key, secret, _process: None })
}

fn start() -> Server {
    let program = tools().join("bin/ministack");
    assert!(program.exists(), "{} is missing: cargo xtask cloud-tools", program.display());
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let child = Command::new("sh")
        .args(["-c", UNTIL_STDIN_CLOSES])
        .arg(program)
        .env("GATEWAY_PORT", address.port().to_string())
        .envs([("BIND_HOST", "127.0.0.1"), ("LAMBDA_EXECUTOR", "local"), ("IOT_MTLS_ENABLED", "0"), ("AUTH", "true")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(address).is_err() {
        assert!(
            Instant::now() < deadline,
            "the S3 server does not start: try {}",
            tools().join("bin/ministack").display()
        );
        std::thread::yield_now();
    }
    let (key, secret) = (KEY.to_owned(), KEY.to_owned());
    Server { endpoint: format!("http://{address}"), key, secret, _process: Some(child) }
}

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/cloud-tools")
}

/// The account that `key` belongs to, with the secret of the server's owner, reaching S3 at `endpoint`.
///
/// # Panics
/// As [`endpoint`].
pub async fn account(endpoint: &str, key: &str) -> SdkConfig {
    account_of(endpoint, key, secret()).await
}

/// The account that `key` with `secret` belongs to, reaching S3 at `endpoint`.
pub async fn account_of(endpoint: &str, key: &str, secret: &str) -> SdkConfig {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(key, secret, None, None, "test"))
        .endpoint_url(endpoint)
        .http_client(Builder::new().tls_provider(ring).build_https())
        .load()
        .await
}

/// A client that may do everything.
pub async fn client() -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&account(endpoint(), key()).await).force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.build())
}

/// A new bucket, set up as `docs/decisions/0006-s3-files.md` says, for pages of any origin; its name.
///
/// # Panics
/// When the server refuses it.
pub async fn bucket() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let name = format!("jobline-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let region = BucketLocationConstraint::from(REGION);
    let place = CreateBucketConfiguration::builder().location_constraint(region).build();
    let client = client().await;
    client.create_bucket().bucket(&name).create_bucket_configuration(place).send().await.expect("a new bucket");
    let rule = CorsRule::builder()
        .allowed_origins("*")
        .set_allowed_methods(Some(["PUT", "GET", "HEAD"].map(str::to_owned).to_vec()))
        .set_allowed_headers(Some(["content-type", "x-amz-checksum-sha256"].map(str::to_owned).to_vec()))
        .expose_headers("content-disposition")
        .build()
        .and_then(|rule| CorsConfiguration::builder().cors_rules(rule).build())
        .expect("a rule with origins and methods");
    match client.put_bucket_cors().bucket(&name).cors_configuration(rule).send().await {
        // A server that knows no CORS serves all tests but those in browsers.
        Err(error) if error.code() == Some("NotImplemented") => {}
        done => drop(done.expect("a bucket that takes rules")),
    }
    name
}
