//! The addresses and credentials of the doubles.

use axum::Router;
use jobline_api::app::{App, Parts};
use jobline_api::service::Service;
use jobline_chat::{Chat, Clock, Random, Secrets, Settings};
use jobline_files_s3::S3Files;
use jobline_files_s3::testing as s3;
use jobline_identity::{HostKey, Identity, IdentitySettings};
use jobline_server::serve::{Listening, serve};
use jobline_server::system::{SystemClock, SystemRandom};
use jobline_store_dynamodb::DynamoDbStore;
use jobline_store_dynamodb::Options;
use jobline_store_dynamodb::testing::Emulator;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use tokio::net::TcpListener;

pub const HOST_KEY: &str = "a-host-key-that-is-long-enough-for-the-tests";
pub const JWT_SECRET: &str = "a JWT secret that is long enough for the tests";
pub const TABLE: &str = "jobline";

/// A table and a bucket of one test's own.
pub struct Account {
    pub dynamodb: Emulator,
    /// The settings by which programs reach the table and the bucket.
    pub dynamodb_endpoint: String,
    pub s3_endpoint: String,
    pub bucket: String,
}

impl Account {
    pub async fn new() -> Self {
        let dynamodb = Emulator::start().await;
        dynamodb.store(TABLE, Options::default()).await;
        let dynamodb_endpoint = format!("http://{}", dynamodb.address());
        Self { dynamodb, dynamodb_endpoint, s3_endpoint: s3::endpoint().to_owned(), bucket: s3::bucket().await }
    }

    /// The server over this account, with `extra_routes` next to the API, for as long as the test's runtime lives.
    pub async fn serve(&self, extra_routes: Router) -> SocketAddr {
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let store = Arc::new(DynamoDbStore::new(self.dynamodb.config(), TABLE, Options::default()));
        let secrets = Secrets::load(&*store, &*random).await.unwrap();
        let account = s3::account(&self.s3_endpoint, s3::key()).await;
        let files = Arc::new(S3Files::new(&account, &self.bucket, clock.clone()));
        let tokens = IdentitySettings { jwt_secret: Some(JWT_SECRET.to_owned()), ..IdentitySettings::default() };
        let chat = Chat::new(store, files, clock.clone(), random.clone(), &secrets, Settings::default());
        let identity = Arc::new(Identity::new(tokens, clock.clone()).unwrap());
        let host_key = Some(HostKey::new(HOST_KEY).unwrap());
        let app = App::new(Parts { host_key, extra_routes, ..Parts::new(chat, identity, clock, random) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listening = Listening { tls: None, max_connections: 1_000 };
        tokio::spawn(serve(Service::new(app), listener, listening, std::future::pending()));
        address
    }

    /// The binary, set to this account, with nothing else in its environment.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jobline"));
        command.env_clear().envs([
            ("AWS_REGION", s3::REGION),
            ("AWS_ACCESS_KEY_ID", s3::key()),
            ("AWS_SECRET_ACCESS_KEY", s3::secret()),
            ("AWS_ENDPOINT_URL_DYNAMODB", &self.dynamodb_endpoint),
            ("AWS_ENDPOINT_URL_S3", &self.s3_endpoint),
            ("JOBLINE_STORE", "dynamodb"),
            ("JOBLINE_DYNAMODB_TABLE", TABLE),
            ("JOBLINE_FILES", "s3"),
            ("JOBLINE_S3_BUCKET", &self.bucket),
            ("JOBLINE_JWT_SECRET", JWT_SECRET),
            ("JOBLINE_HOST_KEY", HOST_KEY),
            ("JOBLINE_LOG", "error"),
        ]);
        command
    }
}
